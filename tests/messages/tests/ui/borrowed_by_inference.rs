// That the local borrows is seen by type inference alone.
use resume_runtime::{checkpoint, resumable};

#[resumable]
fn walk(text: &str) -> usize {
    #[resume]
    let mut rest = text.trim();
    while let Some(cut) = rest.get(1..) {
        rest = cut;
        checkpoint!();
    }
    rest.len()
}

#[resumable]
fn parts(text: String) -> usize {
    #[resume]
    let (head, mut count) = (text.trim(), 3);
    #[resume]
    let Some(tail) = text.strip_prefix("a") else { return 0 };
    #[resume]
    let (left, right) = text.split_at(1);
    for _ in 0..3 {
        count += 1;
        checkpoint!();
    }
    head.len() + count + tail.len() + left.len() + right.len()
}

fn main() {}

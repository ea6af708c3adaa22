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

fn main() {}

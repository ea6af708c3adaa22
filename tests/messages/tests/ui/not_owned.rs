// A captured local must be owned: the error names it and offers the owned type or `#[transient]`.
use resume_runtime::{checkpoint, resumable};

#[resumable]
fn walk(text: &str) -> usize {
    #[resume]
    let mut rest = text;
    while let Some(cut) = rest.get(1..) {
        rest = cut;
        checkpoint!();
    }
    rest.len()
}

fn main() {}

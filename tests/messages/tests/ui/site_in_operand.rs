// A resume would lose the operands that came before.
use resume_runtime::{checkpoint, resumable};

#[resumable]
fn walk(n: u64) -> u64 {
    u64::max(n.pow(2), {
        checkpoint!();
        n
    })
}

fn main() {}

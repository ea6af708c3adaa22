// A site is a statement, not a value.
use resume_runtime::{checkpoint, resumable};

#[resumable]
fn walk(n: u64) -> u64 {
    let unit = checkpoint!();
    drop((unit, checkpoint!()));
    n
}

fn main() {}

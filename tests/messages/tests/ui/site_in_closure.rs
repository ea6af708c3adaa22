// A site cannot stand in a closure.
use resume_runtime::{checkpoint, resumable};

#[resumable]
fn walk(n: u64) -> u64 {
    let step = |k: u64| {
        checkpoint!();
        k + 1
    };
    step(n)
}

fn main() {}

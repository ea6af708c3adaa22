// An initialiser that holds a site cannot run again.
use resume_runtime::{checkpoint, resumable};

#[resumable]
fn walk(n: u64) -> u64 {
    let block = {
        checkpoint!();
        n + 1
    };
    checkpoint!();
    block
}

fn main() {}

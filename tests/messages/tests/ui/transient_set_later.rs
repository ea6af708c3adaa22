// What is made again on a resume needs an initialiser.
use resume_runtime::{checkpoint, resumable};

#[resumable]
fn walk(n: u64) -> u64 {
    #[transient]
    let start;
    start = n;
    checkpoint!();
    start
}

fn main() {}

// A site cannot stand in an inner item that is not resumable itself.
use resume_runtime::{checkpoint, resumable};

#[resumable]
fn walk(n: u64) -> u64 {
    fn helper(n: u64) -> u64 {
        checkpoint!();
        n
    }
    checkpoint!();
    helper(n)
}

fn main() {}

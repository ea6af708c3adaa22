// A site cannot stand in an `async` block.
use resume_runtime::{checkpoint, resumable};

#[resumable]
async fn walk(n: u64) -> u64 {
    let later = async {
        checkpoint!();
        n
    };
    later.await
}

fn main() {}

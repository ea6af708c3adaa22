// What a loop mentions before its site is alive there by the back edge.
use resume_runtime::{checkpoint, resumable};

#[resumable]
fn walk(n: u64) -> bool {
    let mut before = n;
    loop {
        before += 1;
        if before > 9 {
            return true;
        }
        checkpoint!(every = 2);
    }
}

fn main() {}

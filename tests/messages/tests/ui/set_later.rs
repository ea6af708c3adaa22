// `let p;` set later is mutable in effect.
use resume_runtime::{checkpoint, resumable};

#[resumable]
fn walk(n: u64) -> u64 {
    let start;
    if n > 3 {
        start = n;
    } else {
        start = 1;
    }
    checkpoint!();
    start
}

fn main() {}

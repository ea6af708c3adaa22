// A mutable local that is alive at a site must say `#[resume]` or `#[transient]`.
use resume_runtime::{checkpoint, resumable};

#[resumable]
fn walk(n: u64) -> u64 {
    let mut sum = 0;
    for k in 0..n {
        sum += k;
        checkpoint!();
    }
    sum
}

fn main() {}

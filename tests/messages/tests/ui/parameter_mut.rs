// A `mut` parameter that is alive at a site must say which.
use resume_runtime::{checkpoint, resumable};

#[resumable]
fn walk(mut sum: u64, n: u64) -> u64 {
    for k in 0..n {
        sum += k;
        checkpoint!();
    }
    sum
}

fn main() {}

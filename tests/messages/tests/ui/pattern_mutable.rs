// In a pattern each mutable name counts.
use resume_runtime::{checkpoint, resumable};

#[resumable]
fn walk(n: u64) -> u64 {
    let (mut low, high) = (n, n + 1);
    low += 1;
    checkpoint!();
    low + high
}

fn main() {}

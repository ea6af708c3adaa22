// One local cannot be both.
use resume_runtime::{checkpoint, resumable};

#[resumable]
fn walk(n: u64) -> u64 {
    #[resume]
    #[transient]
    let mut sum = n;
    sum += 1;
    checkpoint!();
    sum
}

fn main() {}

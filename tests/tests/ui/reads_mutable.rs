// An initialiser that reads a mutable local cannot run again.
use resume_runtime::{checkpoint, resumable};

#[resumable]
fn walk(n: u64) -> u64 {
    #[resume]
    let mut sum = n;
    sum += 1;
    let double = sum * 2;
    checkpoint!();
    sum + double
}

fn main() {}

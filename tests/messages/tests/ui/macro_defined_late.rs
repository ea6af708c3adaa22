// A macro counts in all of its block, so its name can have no other meaning before.
use resume_runtime::{checkpoint, resumable};

macro_rules! one {
    () => {
        1
    };
}

#[resumable]
fn walk(n: u64) -> u64 {
    #[resume]
    let mut sum = n + one!();
    macro_rules! one {
        () => {
            100
        };
    }
    checkpoint!();
    sum += one!();
    sum
}

fn main() {}

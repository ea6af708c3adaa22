// `#[resume]` stands on `let`, `for` and parameters only.
use resume_runtime::{checkpoint, resumable};

#[resumable]
fn walk(n: u64) -> u64 {
    #[resume]
    let mut sum = n;
    #[resume]
    while sum < 9 {
        sum += 1;
        checkpoint!();
    }
    #[transient]
    sum += 1;
    sum
}

fn main() {}

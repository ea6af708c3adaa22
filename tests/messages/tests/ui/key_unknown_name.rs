// A key is a format string over the parameters.
use resume_runtime::{checkpoint, resumable};

#[resumable(key = "{m}")]
fn walk(n: u64) -> u64 {
    #[resume]
    let mut sum = 0;
    for k in 0..n {
        sum += k;
        checkpoint!();
    }
    sum
}

fn main() {}

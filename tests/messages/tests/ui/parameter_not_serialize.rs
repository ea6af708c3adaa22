// A plain parameter names the run, so it must be `Serialize`.
use resume_runtime::{checkpoint, resumable};

struct Options {
    step: u64,
}

#[resumable]
fn walk(options: Options, n: u64) -> u64 {
    #[resume]
    let mut sum = 0;
    for _ in 0..n {
        sum += options.step;
        checkpoint!();
    }
    sum
}

fn main() {}

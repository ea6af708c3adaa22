// A `Result` whose error does not come from `resume_runtime::Error`.
use resume_runtime::{checkpoint, resumable};

#[derive(Debug)]
struct Mine;

#[resumable]
fn walk(n: u64) -> Result<u64, Mine> {
    #[resume]
    let mut sum = 0;
    for k in 0..n {
        sum += k;
        checkpoint!();
    }
    Ok(sum)
}

fn main() {}

// A local of a closure is not one of the function.
use resume_runtime::{checkpoint, resumable};

#[resumable]
fn walk(n: u64) -> u64 {
    let step = |k: u64| {
        #[resume]
        let x = k;
        x
    };
    checkpoint!();
    step(n)
}

fn main() {}

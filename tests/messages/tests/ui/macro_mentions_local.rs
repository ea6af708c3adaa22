// A macro stands before the locals of its block, so it can mention none.
use resume_runtime::{checkpoint, resumable};

#[resumable]
fn walk(n: u64) -> u64 {
    #[resume]
    let mut sum = n;
    macro_rules! add {
        ($n:expr) => {
            sum += $n
        };
    }
    add!(1);
    checkpoint!();
    add!(2);
    sum
}

fn main() {}

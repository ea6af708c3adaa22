// All independent mistakes of one function are shown in one compile.
use resume_runtime::{checkpoint, resumable};

#[resumable(on_return = forget)]
fn walk(n: u64, mut sum: u64) -> u64 {
    let mut one = n;
    let mut two = n;
    for k in 0..n {
        one += k;
        two += one;
        sum += two;
        let three = two * 2;
        checkpoint!(every = 0);
        sum += three;
    }
    let step = || checkpoint!();
    step();
    sum + one
}

fn main() {}

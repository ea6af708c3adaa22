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

struct Options;

struct Mine;

// What the types of the parameters and of the result do not allow is shown too.
#[resumable]
fn roam(options: &Options, #[resume] own: &mut Options, rows: &mut Vec<u64>) -> Result<u64, Mine> {
    let mut sum = 0;
    for row in 0..9 {
        sum += row;
        checkpoint!();
    }
    let _ = (options, own, rows);
    Ok(sum)
}

fn main() {}

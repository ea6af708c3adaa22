// A site that a macro makes: it cannot be seen when the function is made resumable.
use resume_runtime::{checkpoint, resumable};

macro_rules! site {
    () => {
        checkpoint!(every = 2)
    };
}

#[resumable]
fn walk(n: u64) -> u64 {
    #[resume]
    let mut sum = 0;
    for k in 0..n {
        sum += k;
        site!();
        checkpoint!();
    }
    sum
}

fn main() {
    walk(1);
}

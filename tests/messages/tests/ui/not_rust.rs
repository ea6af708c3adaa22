//! What rustc says of bad syntax is enough.

use resume_runtime::{checkpoint, resumable};

#[resumable]
fn sum(n: u64) -> u64 {
    #[resume]
    let mut sum = 0;
    for k in 0..n {
        sum += k
        sum ^= 1;
        checkpoint!();
    }
    sum
}

struct Walk(u64);

impl Walk {
    #[resumable]
    fn go(&self, #[transient] n: u64) -> u64 {
        #[resume]
        let mut sum = ;
        for k in 0..n {
            sum += k;
            checkpoint!(every = 3)
        }
        sum + self.0
    }
}

fn main() {
    sum(3) + Walk(1).go(3);
}

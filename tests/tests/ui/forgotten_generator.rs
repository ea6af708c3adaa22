// A generator that no snapshot can hold: `#[resume]` would be the next error.
use resume_runtime::{checkpoint, resumable};

mod rand {
    pub fn rng() -> impl FnMut() -> u64 {
        || 4
    }
}

#[resumable]
fn walk(n: u64) -> u64 {
    let mut rng = rand::rng();
    #[resume]
    let mut sum = 0;
    for _ in 0..n {
        sum += rng();
        checkpoint!();
    }
    sum
}

fn main() {}

// A generator that cannot be captured is a warning that names `resume_runtime::rng()`.
#![deny(warnings)]
use resume_runtime::{checkpoint, resumable};

mod rand {
    pub fn rng() -> u64 {
        4
    }

    pub fn random() -> u64 {
        4
    }
}

#[resumable]
fn walk(n: u64) -> u64 {
    #[resume]
    let mut sum = n;
    for _ in 0..n {
        sum += rand::rng() + rand::random();
        checkpoint!();
    }
    sum
}

fn main() {
    walk(1);
}

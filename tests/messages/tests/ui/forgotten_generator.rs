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

struct StdRng(u64);

impl StdRng {
    fn seed_from_u64(seed: u64) -> StdRng {
        StdRng(seed)
    }
}

#[resumable]
fn seeded(n: u64) -> u64 {
    let mut rng = StdRng::seed_from_u64(n);
    let mut own = resume_runtime::rng();
    for _ in 0..n {
        rng.0 += 1;
        let _ = &mut own;
        checkpoint!();
    }
    rng.0
}

fn main() {}

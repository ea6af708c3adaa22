// A generator that cannot be captured is a warning that names `resume_runtime::rng()`.
#![deny(warnings)]
use resume_runtime::{checkpoint, resumable};

mod rand {
    pub fn rng() -> u64 {
        4
    }

    pub fn random<T: From<u8>>() -> T {
        4.into()
    }

    pub fn thread_rng() -> u64 {
        4
    }
}

struct Dice;

impl Dice {
    fn random(&self) -> u64 {
        4
    }

    fn thread_rng(&self) -> u64 {
        4
    }
}

#[resumable]
fn walk(n: u64) -> u64 {
    #[resume]
    let mut sum = n;
    for _ in 0..n {
        sum += rand::rng() + rand::random::<u64>();
        checkpoint!();
    }
    // In what a macro is given, too.
    use rand::thread_rng;
    let drawn = vec![rand::random::<u64>(); 2];
    println!("{drawn:?} {}", (thread_rng() + 1).min(rand::thread_rng()));
    // No calls of them: a text, methods of these names.
    println!("rand::rng() {} {}", Dice.random(), Dice.thread_rng());
    sum
}

fn main() {
    walk(1);
}

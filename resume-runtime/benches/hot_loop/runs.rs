//! What a run costs besides its loops: entering it, saving, and `checkpoint!()` in a whole run.

use std::hint::black_box;

use resume_runtime::rand_chacha::ChaCha8Rng;
use resume_runtime::rand_chacha::rand_core::{Rng, SeedableRng};
use resume_runtime::{checkpoint, resumable};

use crate::bodies::normal;
use crate::measure::{median, nanoseconds};

/// Prints the tables of this module.
pub(crate) fn print_tables() {
    println!("| entering a run without a snapshot, and ending it | µs |\n|---|---|");
    println!("| as the root | {:.1} |", enter_root());
    println!("| as a child run | {:.2} |", enter_child());
    println!();

    println!("| one save, size of the state | ms |\n|---|---|");
    for (title, words) in [("64 B", 8), ("8 KiB", 1 << 10), ("1 MiB", 1 << 17), ("16 MiB", 1 << 21)] {
        println!("| {title} | {:.3} |", save(words));
    }
    println!();

    let (plain, resumable, ratio) = budget();
    println!("| `checkpoint!()`, saves included | plain, s | resumable, s | ratio |\n|---|---|---|---|");
    println!("| `Vec::push` of a ChaCha normal | {plain:.3} | {resumable:.3} | {ratio:.3} |");
    println!();
}

/// A run with next to nothing in it; each `call` is another run.
#[resumable]
fn enter(call: u64) -> u64 {
    #[resume]
    let mut sum = call;
    for i in 0..2 {
        sum += i;
        checkpoint!(interval = "60s");
    }
    sum
}

/// Microseconds to enter and to end a root run.
fn enter_root() -> f64 {
    median((0..2_001).map(|call| nanoseconds(|| enter(black_box(call))) / 1e3).collect())
}

/// A run of child runs.
#[resumable]
fn enter_many(#[transient] calls: u64) -> u64 {
    #[resume]
    let mut sum = 0;
    for call in 0..calls {
        sum += enter(black_box(call));
        checkpoint!(interval = "60s");
    }
    sum
}

/// Microseconds to enter and to end a child run.
fn enter_child() -> f64 {
    const CALLS: u64 = 1_000;
    let round = || (nanoseconds(|| enter_many(CALLS)) - nanoseconds(|| enter_many(0))) / CALLS as f64;
    median((0..21).map(|_| round() / 1e3).collect())
}

/// Saves a random state of `words` numbers at each of its passes.
#[resumable]
fn save_each(words: usize, #[transient] passes: u64) -> u64 {
    #[resume]
    let mut state: Vec<u64> = random(words);
    for pass in 0..passes {
        state[0] ^= pass;
        checkpoint!(every = 1);
    }
    state[0]
}

/// Words that no compression makes smaller.
fn random(words: usize) -> Vec<u64> {
    let mut rng = ChaCha8Rng::seed_from_u64(1);
    (0..words).map(|_| rng.next_u64()).collect()
}

/// Milliseconds of one save.
fn save(words: usize) -> f64 {
    const PASSES: u64 = 5;
    let time = |passes| nanoseconds(|| save_each(words, black_box(passes)));
    median((0..11).map(|_| (time(PASSES) - time(0)) / PASSES as f64 / 1e6).collect())
}

/// A walk that keeps all its positions, so that its snapshots grow.
fn walk(epochs: usize) -> Vec<f64> {
    let mut rng = ChaCha8Rng::seed_from_u64(1);
    let mut positions = Vec::new();
    let mut x = 0.0;
    for _ in 0..epochs {
        x += normal(&mut rng);
        positions.push(x);
    }
    positions
}

/// The same, with a checkpoint that finds out by itself how often it can afford to save.
#[resumable]
fn resumable_walk(epochs: usize) -> Vec<f64> {
    #[resume]
    let mut rng = ChaCha8Rng::seed_from_u64(1);
    #[resume]
    let mut positions = Vec::new();
    #[resume]
    let mut x = 0.0;
    for _ in 0..epochs {
        x += normal(&mut rng);
        positions.push(x);
        checkpoint!();
    }
    positions
}

/// Seconds of a whole walk, plain and resumable, and their ratio.
fn budget() -> (f64, f64, f64) {
    const EPOCHS: usize = 40_000_000;
    let [mut plain, mut resumable, mut ratios] = [const { Vec::new() }; 3];
    for _ in 0..9 {
        let first = nanoseconds(|| walk(black_box(EPOCHS))) / 1e9;
        let second = nanoseconds(|| resumable_walk(black_box(EPOCHS))) / 1e9;
        plain.push(first);
        resumable.push(second);
        ratios.push(second / first);
    }
    (median(plain), median(resumable), median(ratios))
}

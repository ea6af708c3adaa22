//! The mean position of a random walk: the smallest useful resumable program.
//!
//! ```text
//! cargo run --release --example monte_carlo -- [SEED] [EPOCHS]
//! ```
//!
//! Press Ctrl-C, or kill it in any other way, and run the same command again: it goes on inside the
//! loop and prints the mean that the uninterrupted run prints, to the last bit.

use std::env;
use std::error::Error;
use std::f64::consts::TAU;
use std::time::Instant;

use resume_runtime::rand_chacha::ChaCha8Rng;
use resume_runtime::rand_chacha::rand_core::{Rng, SeedableRng};
use resume_runtime::{checkpoint, resumable};

/// Walks `epochs` normal steps and averages the positions on the way.
///
/// A snapshot at exactly each 10,000th pass; `checkpoint!()` would find out by itself how often it
/// can afford one.
#[resumable]
pub fn mean_position(seed: u64, epochs: usize) -> f64 {
    #[resume]
    let mut rng = ChaCha8Rng::seed_from_u64(seed);
    #[resume]
    let mut positions = Vec::with_capacity(epochs);
    #[resume]
    let mut x = 0.0;
    for _ in 0..epochs {
        let step = normal(&mut rng);
        x += step;
        positions.push(x);
        checkpoint!(every = 10_000);
    }
    positions.iter().sum::<f64>() / epochs as f64
}

/// One standard normal number, by Box and Muller's method.
///
/// The method gives a second number for free. It is dropped, because a spare kept outside of the
/// generator would be state that no snapshot knows of.
pub fn normal(rng: &mut impl Rng) -> f64 {
    let radius = (-2.0 * (1.0 - uniform(rng)).ln()).sqrt();
    radius * (TAU * uniform(rng)).cos()
}

/// A number from 0 up to, but not including, 1.
fn uniform(rng: &mut impl Rng) -> f64 {
    (rng.next_u64() >> 11) as f64 / (1_u64 << 53) as f64
}

const USAGE: &str = "usage: monte_carlo [SEED] [EPOCHS], whole numbers";

fn main() -> Result<(), Box<dyn Error>> {
    let mut arguments = env::args().skip(1);
    let seed = arguments.next().map_or(Ok(42), |text| text.parse().or(Err(USAGE)))?;
    let epochs = arguments.next().map_or(Ok(1_000_000), |text| text.parse().or(Err(USAGE)))?;

    let start = Instant::now();
    let mean = mean_position(seed, epochs);
    println!("mean position: {mean}");
    println!("run time: {:.2} s (of this process)", start.elapsed().as_secs_f64());
    Ok(())
}

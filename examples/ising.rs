//! A magnet that is heated: the two-dimensional Ising model, one temperature after the other.
//!
//! ```text
//! cargo run --release --example ising -- [SIZE] [SWEEPS]
//! ```
//!
//! Runs inside a run: `heat` goes through the temperatures, and for each it calls `measure`, which
//! is resumable itself. Cut while the fifth temperature is sampled, the next start goes on with the
//! fifth, in the loop and at the sweep where it was. The random numbers are the run's own:
//! `resume_runtime::rng()` needs no seed, no local and no parameter, and its state is part of every
//! snapshot.

use std::env;
use std::error::Error;

use resume_runtime::rand_chacha::rand_core::Rng;
use resume_runtime::{checkpoint, resumable};
use serde::{Deserialize, Serialize};

/// Spins on a square whose edges are joined.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Lattice {
    size: usize,
    spins: Vec<i8>,
}

impl Lattice {
    /// A cold magnet: all spins up.
    pub fn new(size: usize) -> Self {
        Self { size, spins: vec![1; size * size] }
    }

    /// One Metropolis sweep: as many attempts to flip a spin as there are spins.
    pub fn sweep(&mut self, temperature: f64) {
        let mut rng = resume_runtime::rng();
        for _ in 0..self.spins.len() {
            let at = (rng.next_u64() % self.spins.len() as u64) as usize;
            let cost = 2.0 * f64::from(self.spins[at] * self.neighbours(at));
            if cost <= 0.0 || uniform(&mut rng) < (-cost / temperature).exp() {
                self.spins[at] = -self.spins[at];
            }
        }
    }

    /// The mean spin, from -1 to 1.
    pub fn magnetisation(&self) -> f64 {
        self.spins.iter().map(|&spin| f64::from(spin)).sum::<f64>() / self.spins.len() as f64
    }

    /// The sum of the four spins around one.
    fn neighbours(&self, at: usize) -> i8 {
        let (size, row, column) = (self.size, at / self.size, at % self.size);
        let spin = |row: usize, column: usize| self.spins[row % size * size + column % size];
        spin(row + 1, column) + spin(row + size - 1, column) + spin(row, column + 1) + spin(row, column + size - 1)
    }
}

/// Lets the lattice settle at a temperature, then averages its magnetisation.
///
/// The lattice belongs to the caller. `#[resume]` on the parameter saves it at each snapshot and
/// puts it back in place.
#[resumable]
pub fn measure(#[resume] lattice: &mut Lattice, temperature: f64, sweeps: usize) -> f64 {
    for _ in 0..sweeps / 4 {
        lattice.sweep(temperature);
        checkpoint!(label = "burn-in");
    }
    #[resume]
    let mut total = 0.0;
    for _ in 0..sweeps {
        lattice.sweep(temperature);
        total += lattice.magnetisation().abs();
        checkpoint!(label = "sampling");
    }
    total / sweeps as f64
}

/// Heats one lattice through the temperatures; gives each with its mean magnetisation.
#[resumable]
pub fn heat(size: usize, temperatures: &[f64], sweeps: usize) -> Vec<(f64, f64)> {
    #[resume]
    let mut lattice = Lattice::new(size);
    #[resume]
    let mut table = Vec::new();
    for &temperature in temperatures {
        table.push((temperature, measure(&mut lattice, temperature, sweeps)));
        checkpoint!(every = 1);
    }
    table
}

/// A number from 0 up to, but not including, 1.
fn uniform(rng: &mut impl Rng) -> f64 {
    (rng.next_u64() >> 11) as f64 / (1_u64 << 53) as f64
}

const USAGE: &str = "usage: ising [SIZE] [SWEEPS], whole numbers";

fn main() -> Result<(), Box<dyn Error>> {
    let mut arguments = env::args().skip(1);
    let size = arguments.next().map_or(Ok(64), |text| text.parse().or(Err(USAGE)))?;
    let sweeps = arguments.next().map_or(Ok(5_000), |text| text.parse().or(Err(USAGE)))?;
    let temperatures: Vec<f64> = (0..=10).map(|step| 1.5 + 0.2 * f64::from(step)).collect();

    println!("temperature  magnetisation");
    for (temperature, magnetisation) in heat(size, &temperatures, sweeps) {
        println!("{temperature:11.2}  {magnetisation:13.4}");
    }
    Ok(())
}

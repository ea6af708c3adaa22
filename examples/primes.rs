//! The next primes: a computation that is never over, with results on the way.
//!
//! ```text
//! cargo run --release --example primes -- 11      # finds 11 primes
//! cargo run --release --example primes -- 5       # goes on from there: 16 primes
//! ```
//!
//! Two things make that work. With `on_return = keep` a finished run leaves its last snapshot
//! behind. And the number asked for is `#[transient]`: it is not part of the run's identity, so
//! that both calls are the same run, and each call's own number counts.

use std::env;
use std::error::Error;

use resume_runtime::{checkpoint, resumable};

/// Finds `more` primes beyond those of earlier calls, and gives all of them.
///
/// A call that was cut is not over: the next one first finds what was still owed, and no more than
/// that.
#[resumable(on_return = keep)]
pub fn primes(#[transient] more: usize) -> Vec<u64> {
    #[resume]
    let mut primes = Vec::new();
    #[resume]
    let mut candidate = 2;
    #[resume]
    let mut goal = more;
    // Never restored as `true`: who takes up the snapshot of a finished call wants more.
    #[transient]
    let mut finished = more == 0;
    while !finished {
        if primes.len() == goal {
            goal += more;
        }
        if is_prime(candidate, &primes) {
            primes.push(candidate);
        }
        candidate += 1;
        finished = primes.len() == goal;
        checkpoint!(interval = "5s", when = finished);
    }
    primes
}

/// Whether none of the `smaller` primes divides `candidate`.
fn is_prime(candidate: u64, smaller: &[u64]) -> bool {
    smaller.iter().take_while(|&prime| prime * prime <= candidate).all(|&prime| !candidate.is_multiple_of(prime))
}

const USAGE: &str = "usage: primes [COUNT], a whole number";

fn main() -> Result<(), Box<dyn Error>> {
    let more = env::args().nth(1).map_or(Ok(11), |text| text.parse().or(Err(USAGE)))?;

    let primes = primes(more);
    println!("{} primes, the last of them: {:?}", primes.len(), &primes[primes.len().saturating_sub(5)..]);
    Ok(())
}

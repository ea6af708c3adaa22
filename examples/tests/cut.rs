//! The promise, for each example: cut at any pass and resumed, it gives what it gives uncut.
//!
//! The examples are taken in as modules, just as they are, and called with small sizes.

use std::error::Error;
use std::fs;
use std::time::Duration;

use resume_runtime::testing::{cut_at, cut_everywhere};

/// Takes in an example, whose `main` nobody calls here.
macro_rules! example {
    ($name:ident, $path:literal) => {
        #[path = $path]
        #[allow(dead_code, unreachable_pub, reason = "written as a program of its own")]
        mod $name;
    };
}

example!(monte_carlo, "../monte_carlo.rs");
example!(primes, "../primes.rs");
example!(ising, "../ising.rs");
example!(etl, "../etl.rs");
example!(async_crawl, "../async_crawl.rs");
example!(workflow, "../workflow.rs");

#[test]
fn monte_carlo() {
    cut_everywhere(|| monte_carlo::mean_position(7, 50).to_bits());
}

/// A call that is cut at its very last pass has found all that it was asked for, so the call that
/// resumes it finds more: what both must share is the primes up to there.
#[test]
fn primes() {
    cut_everywhere(|| {
        let mut primes = primes::primes(11);
        primes.truncate(11);
        primes
    });
}

#[test]
fn primes_go_on_after_the_end() {
    // The call that is cut, at its third pass, has 2 and 3.
    cut_at(3, || {
        let eleven = primes::primes(11);
        let sixteen = primes::primes(5);
        assert_eq!((eleven.len(), sixteen.len()), (11, 16));
        assert_eq!(sixteen.last(), Some(&53));
        sixteen
    });
}

#[test]
fn ising() {
    cut_everywhere(|| ising::heat(6, &[1.5, 2.3, 3.1], 8));
}

/// The caller's lattice comes back as the uncut run leaves it.
#[test]
fn ising_leaves_the_same_lattice() {
    cut_everywhere(|| {
        let mut lattice = ising::Lattice::new(6);
        let magnetisation = ising::measure(&mut lattice, 2.3, 12);
        (lattice, magnetisation)
    });
}

#[test]
fn etl() -> Result<(), Box<dyn Error>> {
    let folder = tempfile::tempdir()?;
    let (input, output) = (folder.path().join("orders.csv"), folder.path().join("bill.csv"));
    etl::sample(&input, 120)?;
    cut_everywhere(|| {
        let summary = etl::bill(&input, &output, Duration::ZERO).map_err(|error| error.to_string());
        (summary, fs::read_to_string(&output).map_err(|error| error.to_string()))
    });
    Ok(())
}

#[test]
fn async_crawl() -> Result<(), Box<dyn Error>> {
    let runtime = tokio::runtime::Runtime::new()?;
    let server = runtime.block_on(async_crawl::serve(30, Duration::ZERO))?;
    cut_everywhere(|| {
        let sizes = runtime.block_on(async_crawl::crawl("/0", server));
        sizes.map_err(|error| error.to_string())
    });
    Ok(())
}

#[test]
fn workflow() -> Result<(), Box<dyn Error>> {
    let folder = tempfile::tempdir()?;
    let log = folder.path().join("log");
    cut_everywhere(|| workflow::workflow(7, 12, &log).map_err(|error| error.to_string()));
    Ok(())
}

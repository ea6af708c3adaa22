//! What resumability costs: each loop as plain Rust and resumable, side by side in one process.
//!
//! ```text
//! cargo bench --bench hot_loop              # all of it, as markdown tables
//! cargo bench --bench hot_loop -- nested    # the loops and bodies whose name has this in it
//! ```
//!
//! `docs/benchmarks.md` says how the numbers are made and what they mean.

#[macro_use]
mod loops;
mod bodies;
#[allow(dead_code, reason = "loops run on one thread")]
#[path = "../../src/clock.rs"]
mod clock;
mod measure;
mod runs;

use std::env;
use std::io;

use measure::Pair;
use resume_runtime::configure;
use resume_runtime::store::Memory;

/// At most this many times the plain loop, with the site as the last statement of the body.
const TARGET: f64 = 1.03;
/// The same for a site in the middle of a body.
const TARGET_MIDDLE: f64 = 1.15;

fn main() -> io::Result<()> {
    let wanted = env::args().skip(1).find(|argument| !argument.starts_with('-')).unwrap_or_default();

    // Entering a run with locks in a folder takes as long as a hundred thousand passes, and no two times the same.
    configure().quiet(true).store_in(Memory::new());
    print_loops(&bodies::all(), &wanted);

    if "runs".contains(&wanted) {
        let store = env::temp_dir().join(format!("resume-bench-{}", std::process::id()));
        std::fs::create_dir_all(&store)?;
        configure().store(&store);
        runs::print_tables();
        std::fs::remove_dir_all(&store)?;
    }
    Ok(())
}

/// Measures and prints all pairs of which the loop's or the body's name contains `wanted`.
fn print_loops(pairs: &[Pair], wanted: &str) {
    let chosen: Vec<&Pair> =
        pairs.iter().filter(|pair| pair.body.contains(wanted) || pair.form.contains(wanted)).collect();
    if chosen.is_empty() {
        return;
    }
    println!("| loop | body | plain, ns a pass | resumable, ns a pass | ratio | target |");
    println!("|---|---|---|---|---|---|");
    for pair in chosen {
        let (plain, resumable) = pair.paces();
        let ratio = resumable.best / plain.best;
        let target = if pair.form.starts_with("middle") { TARGET_MIDDLE } else { TARGET };
        let (form, body) = (pair.form, pair.body);
        let mark = if ratio > target && !form.starts_with('(') { " (over)" } else { "" };
        println!("| {form} | {body} | {plain} | {resumable} | {ratio:.3}{mark} | {target:.2} |");
    }
    println!();
}

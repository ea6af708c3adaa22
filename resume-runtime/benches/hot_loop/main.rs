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
mod measure;
mod runs;

use std::env;
use std::io;
use std::process::{Command, ExitCode};

use measure::Pair;

/// At most this many times the plain loop, with the site as the last statement of the body.
const TARGET: f64 = 1.03;
/// The same for a site in the middle of a body.
const TARGET_MIDDLE: f64 = 1.15;

fn main() -> io::Result<ExitCode> {
    // What a program's user would set from outside: a store of its own, and no start lines.
    if env::var_os("RESUME_STORE").is_none() {
        return with_own_store();
    }
    let wanted = env::args().skip(1).find(|argument| !argument.starts_with('-')).unwrap_or_default();

    let all = bodies::all();
    print_loops(&all, &wanted);
    if "runs".contains(&wanted) {
        runs::print_tables();
    }
    Ok(ExitCode::SUCCESS)
}

/// Runs this program again with a store in a folder of its own, which is removed afterwards.
fn with_own_store() -> io::Result<ExitCode> {
    let store = env::temp_dir().join(format!("resume-bench-{}", std::process::id()));
    std::fs::create_dir_all(&store)?;
    let status = Command::new(env::current_exe()?)
        .args(env::args_os().skip(1))
        .env("RESUME_STORE", &store)
        .env("RESUME_QUIET", "1")
        .status()?;
    std::fs::remove_dir_all(&store)?;
    Ok(if status.success() { ExitCode::SUCCESS } else { ExitCode::FAILURE })
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
        let mark = if ratio > target { " (over)" } else { "" };
        println!("| {form} | {body} | {plain} | {resumable} | {ratio:.3}{mark} | {target:.2} |");
    }
    println!();
}

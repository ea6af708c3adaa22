//! A program to be killed: `simulate <mode> <size>` prints one line with its result.
//!
//! Modes: `nested`, `fallible`, `threads`, `slow`, `raise-<when>-<signals>` (sends itself signals at the given pass,
//! such as `raise-7-15` or `raise-7-2-2`), `loud-<signal>` (a signal comes while a value is being saved).

use std::process::ExitCode;
use std::sync::atomic::{AtomicU64, Ordering};
use std::thread;
use std::time::Duration;

use resume_runtime::rand_chacha::ChaCha8Rng;
use resume_runtime::rand_chacha::rand_core::{Rng, SeedableRng};
use resume_runtime::{checkpoint, resumable};
use serde::{Deserialize, Serialize, Serializer};

fn main() -> ExitCode {
    let mut arguments = std::env::args().skip(1);
    let mode = arguments.next().unwrap_or_default();
    let size = arguments.next().and_then(|text| text.parse().ok()).unwrap_or(20);
    let mut parts = mode.split('-');
    match parts.next().unwrap_or_default() {
        "nested" => println!("{:?}", nested(size, 11)),
        "slow" => println!("{}", slow(size)),
        "threads" => println!("{:?}", threads(size)),
        "loud" => println!("{}", loud(size, parts.next().and_then(|text| text.parse().ok()).unwrap_or(15))),
        "raise" => {
            let numbers: Vec<u64> = parts.filter_map(|part| part.parse().ok()).collect();
            println!("{}", raising(size, &numbers));
        }
        "fallible" => match fallible(size) {
            Ok(sum) => println!("{sum}"),
            Err(error) => {
                println!("stopped: {error}");
                return ExitCode::from(3);
            }
        },
        _ => {
            eprintln!("unknown mode {mode:?}");
            return ExitCode::from(2);
        }
    }
    ExitCode::SUCCESS
}

/// A little work, so that kills fall between passes as well.
fn work(rng: &mut impl Rng) -> f64 {
    (0..200).map(|_| f64::from(rng.next_u32()) / f64::from(u32::MAX)).sum::<f64>() / 200.0
}

/// Loops in loops with sites in both, child runs, a captured and an ambient generator, growing vectors.
#[resumable]
fn nested(size: usize, seed: u64) -> (f64, u64, Vec<f64>) {
    #[resume]
    let mut rng = ChaCha8Rng::seed_from_u64(seed);
    #[resume]
    let mut rows = Vec::new();
    #[resume]
    let mut sum = 0u64;
    let scale = seed as f64 * 0.5;
    for row in 0..size {
        #[resume]
        let mut mean = 0.0;
        for column in 0..size {
            mean += work(&mut rng) * scale / (column + 1) as f64;
            sum = sum.wrapping_mul(31).wrapping_add(resume_runtime::rng().next_u64());
            checkpoint!(every = 3);
        }
        if row % 3 == 0 {
            sum ^= walk(row as u64, size / 2, &mut rows);
        }
        rows.push(mean);
        checkpoint!(label = "row", every = 2, interval = "5ms");
    }
    (rows.iter().sum(), sum, rows)
}

/// The child run of `nested`, which has children of its own.
#[resumable]
fn walk(start: u64, steps: usize, #[resume] rows: &mut Vec<f64>) -> u64 {
    #[resume]
    let mut position = start;
    for step in 0..steps {
        position = position.wrapping_mul(5).wrapping_add(resume_runtime::rng().next_u64() % 1000);
        if step % 4 == 1 {
            position ^= descend(step as u64 % 3, position);
            rows.push(position as f64);
        }
        checkpoint!(every = 1);
    }
    position
}

/// A recursive child run.
#[resumable]
fn descend(depth: u64, seed: u64) -> u64 {
    #[resume]
    let mut sum = seed;
    for k in 0..2 {
        sum = sum.rotate_left(7) ^ k;
        if depth > 0 {
            sum = sum.wrapping_add(descend(depth - 1, sum));
        }
        checkpoint!(every = 1);
    }
    sum
}

/// A line for whoever waits for `runs` runs to be in the middle of their work.
fn tell_when_begun(k: u64, runs: u64) {
    static BEGUN: AtomicU64 = AtomicU64::new(0);
    if k == 3 && BEGUN.fetch_add(1, Ordering::SeqCst) + 1 == runs {
        eprintln!("all are under way");
    }
}

/// Saves rarely, each pass sleeps: for signals from outside.
#[resumable]
fn slow(size: usize) -> u64 {
    #[resume]
    let mut sum = 1u64;
    for k in 0..size as u64 {
        sum = sum.wrapping_mul(3).wrapping_add(k);
        thread::sleep(Duration::from_millis(2));
        checkpoint!(every = 1000);
    }
    sum
}

#[resumable]
fn one_of_many(number: u64, size: usize) -> u64 {
    #[resume]
    let mut sum = number;
    for k in 0..size {
        sum = sum.rotate_left(9).wrapping_add(resume_runtime::rng().next_u64());
        tell_when_begun(k as u64, 6);
        thread::sleep(Duration::from_millis(1));
        checkpoint!(every = 50);
    }
    sum
}

/// Several root runs at once.
fn threads(size: usize) -> Vec<u64> {
    let runs: Vec<_> = (0..6).map(|number| thread::spawn(move || one_of_many(number, size))).collect();
    runs.into_iter().map(|run| run.join().unwrap_or(0)).collect()
}

/// Passes of this process, not of the run.
static PASSES: AtomicU64 = AtomicU64::new(0);

fn send(signals: &[u64]) {
    for signal in signals {
        #[cfg(unix)]
        // SAFETY: `raise` has no preconditions.
        unsafe {
            libc::raise(i32::try_from(*signal).unwrap_or(libc::SIGTERM));
        }
        #[cfg(not(unix))]
        let _ = signal;
    }
}

/// Sends itself signals at a pass: `plan` is the number of the pass and the signals.
#[resumable]
fn raising(size: usize, #[transient] plan: &[u64]) -> u64 {
    #[resume]
    let mut sum = 1u64;
    for k in 0..size as u64 {
        sum = sum.wrapping_mul(7).wrapping_add(k);
        if plan.first() == Some(&(PASSES.fetch_add(1, Ordering::Relaxed) + 1)) {
            send(&plan[1..]);
        }
        checkpoint!(every = 1000);
    }
    sum
}

#[resumable]
fn fallible(size: usize) -> Result<u64, Box<dyn std::error::Error>> {
    #[resume]
    let mut sum = 1u64;
    for k in 0..size as u64 {
        tell_when_begun(k, 1);
        sum = sum.wrapping_mul(3).wrapping_add(k);
        thread::sleep(Duration::from_millis(2));
        checkpoint!(every = 1000);
    }
    Ok(sum)
}

/// A value whose saving is interrupted by a signal, once.
#[derive(Deserialize)]
struct Loud {
    signal: u64,
    sum: u64,
}

impl Serialize for Loud {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        if PASSES.fetch_add(1, Ordering::Relaxed) == 3 && std::env::var_os("LOUD").is_some() {
            send(&[self.signal]);
        }
        #[derive(Serialize)]
        struct Fields {
            signal: u64,
            sum: u64,
        }
        Fields { signal: self.signal, sum: self.sum }.serialize(serializer)
    }
}

#[resumable]
fn loud(size: usize, signal: u64) -> u64 {
    #[resume]
    let mut value = Loud { signal, sum: 1 };
    for k in 0..size as u64 {
        value.sum = value.sum.wrapping_mul(11).wrapping_add(k);
        checkpoint!(every = 2);
    }
    value.sum
}

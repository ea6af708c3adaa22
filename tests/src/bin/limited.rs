//! Runs that do not get the time they want: `limited <mode> <size>` prints what they give.

use std::process::ExitCode;
use std::thread;
use std::time::{Duration, Instant};

use resume_runtime::{Deadline, Error, Signal, checkpoint, configure, resumable, testing};

fn main() -> ExitCode {
    let mut arguments = std::env::args().skip(1);
    let mode = arguments.next().unwrap_or_default();
    let size = arguments.next().and_then(|text| text.parse().ok()).unwrap_or(20);
    match mode.as_str() {
        "slow" => println!("{}", slow(size)),
        "quick" => println!("{}", quick(size)),
        "nested" => println!("{}", outer(size)),
        "result" => return show(fallible(0, size)),
        "threads" => println!("{:?}", threads(size)),
        "pair" => println!("{:?}", pair(size)),
        "own" => {
            configure().deadline(Duration::from_millis(700)).exit_status(33);
            println!("{}", slow(size));
        }
        "instant" => {
            configure().deadline(Instant::now() + Duration::from_millis(700)).signals([Signal::Usr1, Signal::Usr2]);
            println!("{}", slow(size));
        }
        "more" => return more_time(size),
        "between" => between(size),
        "grace" => {
            configure().grace(Duration::from_millis(80));
            println!("{}", uneven(size));
        }
        "cut" => println!("{}", testing::cut_everywhere(|| outer(size))),
        _ => eprintln!("unknown mode {mode:?}"),
    }
    ExitCode::SUCCESS
}

/// What the program makes of a run that may come back as an error.
fn show(result: Result<u64, Error>) -> ExitCode {
    match result {
        Ok(sum) => println!("{sum}"),
        Err(error) => {
            println!("{:?} {} {:?}", error.kind(), error.is_interrupt(), error.signal());
            eprintln!("{error}");
            return ExitCode::from(error.exit_status());
        }
    }
    ExitCode::SUCCESS
}

/// Saves by itself only every 50th pass.
#[resumable]
fn slow(size: u64) -> u64 {
    #[resume]
    let mut sum = 1u64;
    for k in 0..size {
        sum = sum.wrapping_mul(3).wrapping_add(k);
        thread::sleep(Duration::from_millis(5));
        checkpoint!(every = 50);
    }
    sum
}

/// Millions of passes a second, and no snapshot that is asked for.
#[resumable]
fn quick(size: u64) -> u64 {
    #[resume]
    let mut sum = 1u64;
    for k in 0..size {
        sum = sum.wrapping_mul(3).wrapping_add(k);
        checkpoint!(every = u64::MAX);
    }
    sum
}

/// Nearly all passes are those of child runs.
#[resumable]
fn outer(size: u64) -> u64 {
    #[resume]
    let mut sum = 0u64;
    for k in 0..size {
        sum = sum.wrapping_mul(3).wrapping_add(inner(k));
        checkpoint!(every = 1);
    }
    sum
}

#[resumable]
fn inner(number: u64) -> u64 {
    #[resume]
    let mut sum = number;
    for k in 0..10 {
        sum = sum.rotate_left(5).wrapping_add(k);
        thread::sleep(Duration::from_millis(if testing_now() { 0 } else { 5 }));
        checkpoint!(every = 3);
    }
    sum
}

fn testing_now() -> bool {
    std::env::args().nth(1).as_deref() == Some("cut")
}

#[resumable]
fn fallible(number: u64, size: u64) -> Result<u64, Error> {
    #[resume]
    let mut sum = number;
    for k in 0..size {
        sum = sum.wrapping_mul(3).wrapping_add(k);
        thread::sleep(Duration::from_millis(5));
        checkpoint!(every = 10);
    }
    Ok(sum)
}

#[resumable]
fn one_of_many(number: u64, size: u64) -> u64 {
    #[resume]
    let mut sum = number;
    for k in 0..size {
        sum = sum.rotate_left(9).wrapping_add(k);
        thread::sleep(Duration::from_millis(5));
        checkpoint!(every = 1_000_000);
    }
    sum
}

/// Several root runs at once.
fn threads(size: u64) -> Vec<u64> {
    let runs: Vec<_> = (0..4).map(|number| thread::spawn(move || one_of_many(number, size))).collect();
    runs.into_iter().map(|run| run.join().unwrap_or(0)).collect()
}

/// Two that return their errors: either may be stopped alone.
fn pair(size: u64) -> Vec<String> {
    let runs: Vec<_> = (0..2).map(|number| thread::spawn(move || fallible(number, size))).collect();
    let show =
        |result: Result<u64, Error>| result.map_or_else(|error| format!("{:?}", error.kind()), |sum| sum.to_string());
    runs.into_iter().map(|run| run.join().map_or_else(|_| "panic".to_owned(), show)).collect()
}

/// Goes on after its deadline with more time.
fn more_time(size: u64) -> ExitCode {
    configure().deadline(Duration::from_millis(500));
    if show(fallible(0, size)) == ExitCode::SUCCESS {
        return ExitCode::SUCCESS;
    }
    configure().deadline(Deadline::none());
    resume_runtime::clear_interrupt();
    show(fallible(0, size))
}

/// A signal comes when no run is under way.
fn between(size: u64) {
    println!("{}", slow(2));
    #[cfg(unix)]
    // SAFETY: `raise` has no preconditions.
    unsafe {
        libc::raise(libc::SIGUSR1);
    }
    println!("{}", slow(size));
}

/// Quick passes, and one long part in the middle of them, twice.
#[resumable]
fn uneven(size: u64) -> u64 {
    #[resume]
    let mut sum = 1u64;
    for k in 0..size {
        if k % (size / 3 + 1) == size / 3 {
            thread::sleep(Duration::from_millis(200));
        }
        sum = sum.wrapping_mul(3).wrapping_add(k);
        checkpoint!(label = "step", interval = "1h");
    }
    sum
}

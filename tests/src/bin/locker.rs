//! A process that wants a run, for tests of who gets it: `locker <mode> <store>`.
//!
//! - `hold`: waits for the end of its input, tries to lock the run, says `held` or why not, and holds it until a file
//!   `release` is in the store.
//! - `time`: prints how many microseconds it takes to lock a run and to give it back, the median of many.
//! - `save`: locks the run and saves snapshots until it is ended, or has lost the run.

use std::io::{Read, Write};
use std::path::Path;
use std::process::ExitCode;
use std::time::{Duration, Instant};
use std::{fs, thread};

use resume_runtime::store::{Busy, Dir, Key, Lost, Store};

fn main() -> ExitCode {
    let mut arguments = std::env::args().skip(1);
    let mode = arguments.next().unwrap_or_default();
    let root = arguments.next().unwrap_or_default();
    let heartbeat = std::env::var("HEARTBEAT_MS").ok().and_then(|text| text.parse().ok());
    if let Some(millis) = heartbeat {
        resume_runtime::configure().heartbeat(Duration::from_millis(millis));
    }
    match mode.as_str() {
        "hold" => hold(Path::new(&root)),
        "save" => save(Path::new(&root)),
        "time" => time(Path::new(&root)),
        _ => panic!("unknown mode {mode:?}"),
    }
}

fn key() -> Key {
    Key::new("f", "1")
}

/// A line that a test sees at once.
fn say(text: &str) {
    println!("{text}");
    std::io::stdout().flush().expect("somebody listens");
}

fn hold(root: &Path) -> ExitCode {
    std::io::stdin().read_to_end(&mut Vec::new()).expect("an end of input");
    let lock = match Dir::new(root).lock(&key()) {
        Ok(lock) => lock,
        Err(busy) => {
            say(&format!("busy: {busy}"));
            return if matches!(busy, Busy::Held(_)) { ExitCode::SUCCESS } else { ExitCode::FAILURE };
        }
    };
    say("held");
    while !root.join("release").exists() {
        thread::sleep(Duration::from_millis(5));
    }
    lock.check().expect("it is held");
    drop(lock);
    let began = Instant::now();
    while has_thread() && began.elapsed() < Duration::from_secs(20) {
        thread::sleep(Duration::from_millis(5));
    }
    say(if has_thread() { "a thread is left behind" } else { "no thread is left behind" });
    ExitCode::SUCCESS
}

fn time(root: &Path) -> ExitCode {
    let store = Dir::new(root);
    let times = (0..3_000).map(|_| {
        let began = Instant::now();
        let lock = store.lock(&key()).expect("nobody else is here");
        let locked = began.elapsed();
        drop(lock);
        (locked, began.elapsed() - locked)
    });
    let (mut locking, mut giving_back): (Vec<_>, Vec<_>) = times.unzip();
    for times in [&mut locking, &mut giving_back] {
        times.sort_unstable();
        say(&format!("{} µs", times[times.len() / 2].as_micros()));
    }
    ExitCode::SUCCESS
}

/// Whether the thread that gives signs of life is there.
fn has_thread() -> bool {
    fs::read_dir("/proc/self/task")
        .into_iter()
        .flatten()
        .flatten()
        .any(|task| fs::read_to_string(task.path().join("comm")).is_ok_and(|name| name.trim() == "resume-lock"))
}

fn save(root: &Path) -> ExitCode {
    let store = Dir::new(root);
    let _lock = match store.lock(&key()) {
        Ok(lock) => lock,
        Err(busy) => {
            say(&format!("busy: {busy}"));
            return ExitCode::FAILURE;
        }
    };
    say("held");
    let first = store.list(&key()).expect("a list").last().map_or(1, |newest| newest + 1);
    for seq in first.. {
        let Err(error) = store.put(&key(), seq, format!("snapshot {seq} of {}", std::process::id()).as_bytes()) else {
            continue;
        };
        say(&format!("{error}"));
        if Lost::of(&error).is_some() {
            // Nor may it remove anything.
            let is_lost = |result: std::io::Result<()>| result.is_err_and(|error| Lost::of(&error).is_some());
            let others = store.clear(&key());
            return ExitCode::from(if is_lost(others) { 3 } else { 4 });
        }
    }
    ExitCode::SUCCESS
}

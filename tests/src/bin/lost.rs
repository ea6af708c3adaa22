//! A run that somebody else takes over: `lost <mode> <size>`, with `HEARTBEAT_MS` for its lock and `TABLE` for its file.
//!
//! Modes: `result` (its function returns a `Result`), `plain`, `nested` (nearly all passes are those of child runs),
//! `rare` (it never saves of its own accord), `table` (nor does this one; it writes a file).

use std::io::{self, Write};
use std::process::ExitCode;
use std::thread;
use std::time::Duration;

use resume_runtime::fs::OutputFile;
use resume_runtime::{Error, checkpoint, resumable};

fn main() -> ExitCode {
    let mut arguments = std::env::args().skip(1);
    let mode = arguments.next().unwrap_or_default();
    let size = arguments.next().and_then(|text| text.parse().ok()).unwrap_or(20);
    let heartbeat = std::env::var("HEARTBEAT_MS").ok().and_then(|text| text.parse().ok());
    if let Some(millis) = heartbeat {
        resume_runtime::configure().heartbeat(Duration::from_millis(millis));
    }
    let result = match mode.as_str() {
        "result" => result(size),
        "plain" => Ok(plain(size)),
        "nested" => nested(size),
        "rare" => rare(size),
        "table" => table(size).map_err(|error| error.downcast().expect("an error of the run")),
        _ => panic!("unknown mode {mode:?}"),
    };
    match result {
        Ok(sum) => println!("{sum}"),
        Err(error) => {
            println!("{:?}", error.kind());
            eprintln!("{error}");
            return ExitCode::from(error.exit_status());
        }
    }
    ExitCode::SUCCESS
}

fn step(sum: u64, k: u64) -> u64 {
    thread::sleep(Duration::from_millis(2));
    sum.wrapping_mul(3).wrapping_add(k)
}

#[resumable]
fn result(size: u64) -> Result<u64, Error> {
    #[resume]
    let mut sum = 1u64;
    for k in 0..size {
        sum = step(sum, k);
        checkpoint!(every = 2);
    }
    Ok(sum)
}

#[resumable]
fn plain(size: u64) -> u64 {
    #[resume]
    let mut sum = 1u64;
    for k in 0..size {
        sum = step(sum, k);
        checkpoint!(every = 2);
    }
    sum
}

#[resumable]
fn nested(size: u64) -> Result<u64, Error> {
    #[resume]
    let mut sum = 1u64;
    for k in 0..4 {
        sum = sum.wrapping_add(result(size / 4 + k)?);
        checkpoint!(every = 1);
    }
    Ok(sum)
}

#[resumable]
fn rare(size: u64) -> Result<u64, Error> {
    #[resume]
    let mut sum = 1u64;
    for k in 0..size {
        sum = step(sum, k);
        checkpoint!(interval = "1h");
    }
    Ok(sum)
}

#[resumable]
fn table(size: u64) -> io::Result<u64> {
    #[resume]
    let mut out = OutputFile::create(std::env::var_os("TABLE").expect("a path"))?;
    #[resume]
    let mut sum = 1u64;
    for k in 0..size {
        sum = step(sum, k);
        writeln!(out, "{k},{sum:01000}")?;
        checkpoint!(interval = "1h");
    }
    out.finish()?;
    Ok(sum)
}

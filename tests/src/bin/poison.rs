//! A program that dies where it is told to: `poison <how> <at> <size>` prints its result.
//!
//! `how` is `abort`, `panic`, `error`, `interrupt` or `nothing`, and happens from the pass `at` on; with `child-` before it,
//! in a child run.

use std::process;

use resume_runtime::{checkpoint, resumable};

type Outcome = Result<u64, Box<dyn std::error::Error>>;

fn main() {
    let mut arguments = std::env::args().skip(1);
    let mut how = arguments.next().unwrap_or_default();
    let is_child = how.starts_with("child-");
    how = how.replace("child-", "");
    let at = arguments.next().and_then(|text| text.parse().ok()).unwrap_or(u64::MAX);
    let size = arguments.next().and_then(|text| text.parse().ok()).unwrap_or(20);
    let outcome = if is_child { parent(size, &how, at) } else { steps(size, &how, at) };
    match outcome {
        Ok(sum) => println!("{sum}"),
        Err(error) => {
            println!("stopped: {error}");
            process::exit(3);
        }
    }
}

/// What happens at a pass, before it is saved.
fn die(how: &str) -> Outcome {
    match how {
        "abort" => process::abort(),
        "panic" => panic!("as it was told"),
        "error" => Err("as it was told".into()),
        "interrupt" => {
            resume_runtime::interrupt();
            Ok(0)
        }
        _ => Ok(0),
    }
}

/// Saves at every second pass.
#[resumable]
fn steps(size: u64, #[transient] how: &str, #[transient] at: u64) -> Outcome {
    #[resume]
    let mut sum = 1u64;
    for k in 0..size {
        if k >= at {
            die(how)?;
        }
        sum = sum.wrapping_mul(3).wrapping_add(k);
        checkpoint!(every = 2);
    }
    Ok(sum)
}

/// Saves at its second pass, and then calls a child run of `size` passes, which saves at each second of its own.
#[resumable]
fn parent(size: u64, #[transient] how: &str, #[transient] at: u64) -> Outcome {
    #[resume]
    let mut sum = 1u64;
    for k in 0..4 {
        sum = sum.wrapping_mul(5).wrapping_add(k);
        if k == 2 {
            sum ^= steps(size, how, at)?;
        }
        checkpoint!(every = 1);
    }
    Ok(sum)
}

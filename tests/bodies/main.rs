//! Runs generated bodies: plain once, resumable cut at each of its passes, and compares.
//!
//! `tests/programs/differential.rs` writes the bodies, builds this with `RESUME_BODIES` set to their folder, and runs it.
//! Prints a line for each seed: `ok <seed>` or `FAILED <seed>: <why>`.

// Generated code is not written for readers: unused locals, unreachable statements and needless brackets abound.
#![allow(warnings)]

mod prelude;

use std::panic::{self, AssertUnwindSafe};
use std::process::ExitCode;
use std::sync::mpsc;
use std::thread;
use std::time::Duration;

use prelude::Outcome;

include!(concat!(env!("RESUME_BODIES"), "/bodies.rs"));

/// What a body may take: a run that does not end is a failure, not a hang.
const LIMIT: Duration = Duration::from_secs(30);

fn main() -> ExitCode {
    let mut failed = 0;
    for (seed, plain, resumed) in BODIES {
        match check_in_time(*plain, *resumed) {
            Ok(()) => println!("ok {seed}"),
            Err(why) => {
                failed += 1;
                println!("FAILED {seed}: {}", why.replace('\n', "\n    "));
            }
        }
    }
    if failed == 0 { ExitCode::SUCCESS } else { ExitCode::FAILURE }
}

fn check_in_time(plain: fn() -> Outcome, resumed: fn() -> Outcome) -> Result<(), String> {
    let (sender, receiver) = mpsc::channel();
    thread::spawn(move || sender.send(check(plain, resumed)));
    receiver.recv_timeout(LIMIT).unwrap_or_else(|_| Err(format!("not done after {LIMIT:?}")))
}

fn check(plain: fn() -> Outcome, resumed: fn() -> Outcome) -> Result<(), String> {
    let checked = panic::catch_unwind(AssertUnwindSafe(|| {
        let want = plain();
        // Every cut run is compared with the uncut one by the runtime; the uncut one with plain Rust here.
        let got = prelude::whole(resumed);
        let uncut = prelude::uncut(resumed);
        if got == want { (want, uncut) } else { (want, got) }
    }));
    match checked {
        Ok((want, got)) if want == got => Ok(()),
        Ok((want, got)) => Err(format!("differs from plain Rust\nplain:     {want:?}\nresumable: {got:?}")),
        Err(payload) => Err(payload
            .downcast_ref::<String>()
            .cloned()
            .or_else(|| payload.downcast_ref::<&str>().map(|text| (*text).to_owned()))
            .unwrap_or_else(|| "panicked".to_owned())),
    }
}

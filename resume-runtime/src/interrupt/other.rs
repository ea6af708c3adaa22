//! Ctrl-C where there are no Unix signals.

use std::process;
use std::sync::Once;
use std::sync::atomic::Ordering;

use super::{FLAGS, Line};
use crate::interrupt::limits::{Signal, Signals};
use crate::report;

/// The number of SIGINT, for the status of the process.
const SIGINT: i32 = 2;

pub(super) fn install() -> Vec<Line> {
    let handler = || {
        if FLAGS.lethal.swap(true, Ordering::SeqCst) {
            process::exit(128 + SIGINT);
        }
        FLAGS.signal.store(SIGINT as usize, Ordering::SeqCst);
        FLAGS.raised.store(true, Ordering::SeqCst);
        // A run that began meanwhile may have taken that back.
        FLAGS.lethal.store(true, Ordering::SeqCst);
        super::announce::announce();
    };
    let unwatched = |error| {
        format!("Ctrl-C is not watched ({error}): let the program's own handler call resume_runtime::interrupt()")
    };
    ctrlc::set_handler(handler).err().map(|error| (report::notice as fn(&str), unwatched(error))).into_iter().collect()
}

/// There are none to add.
pub(super) fn add(signals: Signals) -> Vec<Line> {
    static ONCE: Once = Once::new();
    let asked: Vec<&str> = Signal::ALL.into_iter().filter(|signal| signals.has(*signal)).map(Signal::name).collect();
    let mut lines = Vec::new();
    if !asked.is_empty() {
        ONCE.call_once(|| {
            lines.push((report::notice as fn(&str), format!("there is no {} on this system", asked.join(", "))))
        });
    }
    lines
}

pub(super) fn name(_: i32) -> Option<&'static str> {
    Some("Ctrl-C")
}

pub(super) fn end(signal: Option<i32>) -> ! {
    let signal = signal.unwrap_or(SIGINT);
    super::end::flush(end_now, signal);
    end_now(signal)
}

fn end_now(signal: i32) -> ! {
    process::exit(128 + signal)
}

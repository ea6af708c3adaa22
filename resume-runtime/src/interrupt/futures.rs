//! How an `async` run ends the process: it leaves its future alone, for the thread has other futures to poll, whose runs
//! are to save as well. A thread of our own waits for them and ends the process.

use std::future::Future;
use std::panic::{AssertUnwindSafe, catch_unwind, resume_unwind};
use std::pin::Pin;
use std::sync::{Arc, Mutex, MutexGuard};
use std::task::{Context, Poll};
use std::thread;

use crate::error::Error;
use crate::mutex::locked;
use crate::report;

/// How many of the runs that were left are named, besides the first.
const NAMED: usize = 8;

/// What unwinds the future of a run that is left.
struct Left;

/// The runs that were left.
struct Runs {
    /// Whether a thread ends the process for the first of them.
    is_ending: bool,
    /// Why the others were left.
    others: Vec<String>,
}

fn runs() -> MutexGuard<'static, Runs> {
    static RUNS: Mutex<Runs> = Mutex::new(Runs { is_ending: false, others: Vec::new() });
    locked(&RUNS)
}

/// Leaves the function whose future is being polled by [`poll`], and sees to it that the process ends.
///
/// There is nothing that such a function could return, and to await something here would make the future hold all that is
/// alive at the site, which need not be `Send`.
pub(crate) fn leave(error: Error) -> ! {
    if cfg!(panic = "abort") {
        super::end(&error);
    }
    let mut runs = runs();
    if runs.is_ending {
        runs.others.push(error.to_string());
    } else {
        runs.is_ending = true;
        drop(runs);
        end_apart(error);
    }
    resume_unwind(Box::new(Left))
}

/// Ends the process from a thread that polls no future.
fn end_apart(error: Error) {
    let error = Arc::new(error);
    let ours = Arc::clone(&error);
    if thread::Builder::new().name("resume-end".to_owned()).spawn(move || super::end(&ours)).is_err() {
        super::end(&error);
    }
}

/// Polls the future of a run; `None` once it has been left, and must not be polled again.
pub(crate) fn poll<F: Future>(future: Pin<&mut F>, context: &mut Context<'_>) -> Option<Poll<F::Output>> {
    match catch_unwind(AssertUnwindSafe(|| future.poll(context))) {
        Ok(polled) => Some(polled),
        Err(payload) if payload.is::<Left>() => None,
        Err(payload) => resume_unwind(payload),
    }
}

/// Says why all but the first were left.
pub(super) fn report() {
    let others = std::mem::take(&mut runs().others);
    others.iter().take(NAMED).for_each(|why| report::notice(why));
    if let Some(more @ 1..) = others.len().checked_sub(NAMED) {
        report::notice(&format!("{more} more runs were stopped likewise"));
    }
}

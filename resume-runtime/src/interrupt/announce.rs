//! Says that a signal has come, and how old the newest snapshots are.

use std::cell::Cell;
use std::sync::{Mutex, MutexGuard};

use super::member::members;
use super::{ADDED, FLAGS, interrupted, signal, signals};
use crate::mutex::locked;
use crate::report;

/// How much has been said, as `LATER` and `AT_ONCE`. Locked while it is being said, so that no run ends the process in the middle
/// of it.
static SAID: Mutex<u8> = Mutex::new(0);
/// A signal has come that never ends the process by itself: schedulers send such signals, some more than once.
const LATER: u8 = 1;
/// A signal has come that ends the process when it comes again.
const AT_ONCE: u8 = 2;

thread_local! {
    /// Whether this thread is saying it, and `true` once that was taken back. What listens (a subscriber of `tracing`) is code of
    /// the user, which may do so, or call a resumable function.
    static SAYS: Cell<Option<bool>> = const { Cell::new(None) };
}

/// Says it, unless somebody has.
pub(super) fn announce() {
    if SAYS.get().is_some() {
        return;
    }
    let mut said = locked(&SAID);
    if !interrupted() {
        return;
    }
    let (name, more, kind) = match (signal(&FLAGS.signal), signal(&ADDED)) {
        (Some(signal), _) => (signals::name(signal), "; once more ends at once", AT_ONCE),
        (None, Some(added)) => (signals::name(added), "", LATER),
        // It was taken back meanwhile.
        (None, None) => return,
    };
    if *said >= kind {
        return;
    }
    *said = kind;
    let ages: Vec<String> = members().iter().map(|member| member.age()).collect();
    let runs = if ages.is_empty() { "the next run".to_owned() } else { ages.join(", ") };
    SAYS.set(Some(false));
    let _saying = Saying(said);
    report::notice(&format!("{}: saving at the next pass of {runs}{more}", name.unwrap_or("interrupt")));
}

/// The next signal is said again. Nobody says anything as long as what is given back is held.
pub(super) fn forget() -> Option<MutexGuard<'static, u8>> {
    // This very thread holds the lock while it is saying something.
    if SAYS.get().is_some() {
        SAYS.set(Some(true));
        return None;
    }
    let mut said = locked(&SAID);
    *said = 0;
    Some(said)
}

/// That this thread is saying it. Whoever listens may panic.
struct Saying(MutexGuard<'static, u8>);

impl Drop for Saying {
    fn drop(&mut self) {
        if SAYS.replace(None) == Some(true) {
            *self.0 = 0;
        }
    }
}

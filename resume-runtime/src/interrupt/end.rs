//! The end of the process, once the other runs have saved.

use std::io::Write;
use std::process;
use std::sync::atomic::Ordering;
use std::sync::{Arc, Mutex, MutexGuard};
use std::thread::{self, ThreadId};
use std::time::{Duration, Instant};

use super::member::{Member, members};
use super::{Asked, CAUSE, UNSAVED, futures, interrupted, raise, signals, watch};
use crate::config;
use crate::error::Error;
use crate::mutex::locked;
use crate::report;
use crate::store;

/// Ends the process, by the signal that came or with the status for being run again, once the runs on other threads have
/// saved or the grace period is over.
pub(crate) fn end(error: &Error) -> ! {
    let mut grace = config::grace();
    if error.is_in_time() {
        if !interrupted() {
            raise(Asked::File);
        }
        if let (Asked::Deadline, Some((deadline, _))) = (Asked::of(CAUSE.load(Ordering::SeqCst)), watch::deadline())
            && let Some(at) = deadline.at()
        {
            grace = grace.min(at.saturating_duration_since(Instant::now()));
        }
    }
    wait_for_others(grace);
    report::notice(&error.to_string());
    futures::report();
    store::give_back_all();
    if error.is_in_time() {
        // With any run of the process unsaved it is no success, whatever status is set.
        let status = error.exit_status().max(u8::from(UNSAVED.load(Ordering::SeqCst))).into();
        flush(|status| process::exit(status), status);
        process::exit(status)
    }
    signals::end(error.signal())
}

/// How long a future that was last polled on this very thread is waited for.
///
/// Another thread of its executor takes it up as soon as it is at leisure, and from then on it has the whole grace period.
/// Where there is no other thread, or the future shares its task with the one that ends the process, nobody will ever poll
/// it again, and nobody can tell.
const TO_MOVE: Duration = Duration::from_secs(1);

/// A run on this very thread cannot get on while we wait for it, unless it is a future that another thread takes up.
fn wait_for_others(grace: Duration) {
    threads().push(thread::current().id());
    let began = Instant::now();
    let mut was_told = false;
    loop {
        let waited = began.elapsed();
        let is_awaited =
            |member: &Member| member.is_elsewhere() || (waited < TO_MOVE && member.is_future.load(Ordering::Relaxed));
        let unsaved: Vec<Arc<Member>> = members().iter().filter(|member| !member.has_flushed()).cloned().collect();
        let names =
            |members: &[Arc<Member>]| members.iter().map(|member| member.label.clone()).collect::<Vec<_>>().join(", ");
        let (awaited, mut given_up): (Vec<_>, Vec<_>) = unsaved.into_iter().partition(|member| is_awaited(member));
        if awaited.is_empty() {
            given_up.retain(|member| member.is_future.load(Ordering::Relaxed));
            if !given_up.is_empty() {
                report::warning(&format!(
                    "{} is not polled by any other thread, and this one ends the process: it goes on from its last \
                     snapshot, if it has one",
                    names(&given_up)
                ));
            }
            return;
        }
        if waited >= grace {
            report::warning(&format!(
                "not waiting any longer for {}: it goes on from its last snapshot, if it has one",
                names(&awaited)
            ));
            return;
        }
        if !was_told && waited >= Duration::from_secs(1) {
            was_told = true;
            report::notice(&format!("waiting for {} to reach its next pass", names(&awaited)));
        }
        thread::sleep(Duration::from_millis(2));
    }
}

/// Flushes stdout, which the end by a signal would not. Whoever holds it for ever does not hold us up for ever.
pub(super) fn flush(then: fn(i32) -> !, number: i32) {
    let _ = thread::Builder::new().spawn(move || {
        thread::sleep(Duration::from_secs(2));
        then(number)
    });
    let _ = std::io::stdout().flush();
}

/// The threads that wait to end the process. Each of them was to do it, and none gets back to what else it does.
pub(super) fn threads() -> MutexGuard<'static, Vec<ThreadId>> {
    static THREADS: Mutex<Vec<ThreadId>> = Mutex::new(Vec::new());
    locked(&THREADS)
}

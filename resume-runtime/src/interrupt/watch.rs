//! The thread that looks at the time and at the stores, so that no run has to: at the end of the time, or where there is a
//! file `stop`, it asks the runs that this concerns.
//!
//! Each run is asked at the moment after which its next pass could come too late. Asked then, it stops at the same pass
//! as if it had reckoned at each of them.

use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Condvar, Mutex, Once, PoisonError};
use std::thread;
use std::time::{Duration, Instant};

use super::{Asked, Member, members};
use crate::deadline::Deadline;
use crate::report;

/// How often the stores are looked at, and the longest sleep while runs are under way.
const TICK: Duration = Duration::from_secs(1);
/// The shortest sleep.
const SHORTEST: Duration = Duration::from_millis(2);

/// The end of the time, and who said so.
static DEADLINE: Mutex<Option<(Deadline, &'static str)>> = Mutex::new(None);
/// Wakes the thread; waits on the list of runs.
static WAKE: Condvar = Condvar::new();
/// Whether the thread sleeps until a run begins.
static IDLE: AtomicBool = AtomicBool::new(false);

/// The end of the time, and who said so.
pub(super) fn deadline() -> Option<(Deadline, &'static str)> {
    *DEADLINE.lock().unwrap_or_else(PoisonError::into_inner)
}

/// Sets the end of the time for all runs, and begins to look after it.
pub(super) fn install(deadline: Option<(Deadline, &'static str)>) {
    static ONCE: Once = Once::new();
    let before = std::mem::replace(&mut *DEADLINE.lock().unwrap_or_else(PoisonError::into_inner), deadline);
    ONCE.call_once(|| {
        if let Err(error) = thread::Builder::new().name("resume-watch".into()).spawn(watch) {
            report::warning(&format!(
                "no thread can be started ({error}): deadlines and files `stop` are not looked at in this process"
            ));
        }
    });
    if before != deadline {
        // The thread must not miss this between its look and its sleep.
        let _members = members();
        WAKE.notify_all();
    }
}

/// A run begins, and is in the list.
pub(super) fn joined(member: &Member) {
    let now = Instant::now();
    let moment = deadline().and_then(|(deadline, _)| moment(member, &deadline, now, Duration::ZERO));
    let is_soon = moment.is_some_and(|moment| moment <= now + 2 * TICK);
    if moment.is_some_and(|moment| moment <= now) {
        member.ask(Asked::Deadline);
    }
    if IDLE.swap(false, Ordering::SeqCst) || is_soon {
        WAKE.notify_all();
    }
}

fn watch() {
    let mut looked: Option<Instant> = None;
    let mut was_empty = false;
    loop {
        // A store may take its time, so nobody waits for it.
        if looked.is_none_or(|looked| looked.elapsed() >= TICK) {
            looked = Some(Instant::now());
            let current: Vec<Arc<Member>> = members().iter().map(Arc::clone).collect();
            current.iter().filter(|member| !member.is_asked()).for_each(|member| member.look_for_stop());
        }
        let list = members();
        let pause = ask_in_time(&list);
        let is_empty = list.iter().all(|member| member.is_asked());
        // Where short runs follow one another, there may be none at just this moment.
        if is_empty && was_empty {
            IDLE.store(true, Ordering::SeqCst);
            drop(WAKE.wait(list).unwrap_or_else(PoisonError::into_inner));
        } else {
            drop(WAKE.wait_timeout(list, pause).unwrap_or_else(PoisonError::into_inner));
        }
        was_empty = is_empty;
    }
}

/// Asks the runs whose moment has come. Gives how long to sleep: half the way to the next moment, as what is measured
/// meanwhile may bring it nearer.
fn ask_in_time(list: &[Arc<Member>]) -> Duration {
    let Some((deadline, _)) = deadline() else { return TICK };
    let now = Instant::now();
    let all: Duration = list.iter().map(|member| member.gaps().cost()).sum();
    let mut next = now + 2 * TICK;
    for member in list.iter().filter(|member| !member.is_asked()) {
        let others = all.saturating_sub(member.gaps().cost());
        match moment(member, &deadline, now, others) {
            Some(moment) if moment <= now => member.ask(Asked::Deadline),
            Some(moment) => next = next.min(moment),
            None => {}
        }
    }
    (next.saturating_duration_since(now) / 2).clamp(SHORTEST, TICK)
}

/// When a run has to be asked; never, if there is no end.
fn moment(member: &Member, deadline: &Deadline, now: Instant, others: Duration) -> Option<Instant> {
    let need = member.gaps().need(now, deadline.total(), others);
    Some(deadline.at()?.checked_sub(need).unwrap_or(now))
}

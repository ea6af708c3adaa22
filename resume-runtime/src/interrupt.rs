//! Interrupts: a flag that every run looks at, what raises it, and the end of the process.
//!
//! A handler only sets flags. The first signal raises the interrupt; every active run saves at its next pass. The second
//! one ends the process at once, as does the first when no run is active: then there is nothing to wait for. A deadline
//! and a file `stop` ask single runs; the first run that obeys a deadline raises the interrupt for all.

pub(crate) mod deadline;
mod flags;
mod futures;
mod gaps;
pub(crate) mod limits;
#[cfg(test)]
mod modelled;
#[cfg(not(unix))]
#[path = "interrupt/other.rs"]
mod signals;
#[cfg(unix)]
#[path = "interrupt/unix.rs"]
mod signals;
mod watch;

use std::io::Write;
use std::process;
use std::sync::atomic::{AtomicBool, AtomicU8, AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, Once, PoisonError};
use std::thread::{self, ThreadId};
use std::time::{Duration, Instant};

use crate::config;
use crate::error::{Error, ErrorKind};
use crate::report;
use crate::run::node::{Home, Node};
use crate::store::{self, Key, Store};
use flags::Flags;
pub(crate) use futures::{leave, poll};
use gaps::{Gaps, Place};
use limits::InForce;

/// What `flags` is made of.
mod sync {
    pub(super) use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
}

static FLAGS: Flags =
    Flags { raised: AtomicBool::new(false), signal: AtomicUsize::new(0), lethal: AtomicBool::new(true) };
/// The one of the added signals that did; 0 for none.
static ADDED: AtomicUsize = AtomicUsize::new(0);
/// How much of that has been said, as `LATER` and `AT_ONCE`. Locked while it is being said, so that no run ends the process
/// in the middle of it.
static SAID: Mutex<u8> = Mutex::new(0);
/// What else did, as an `Asked`.
static CAUSE: AtomicU8 = AtomicU8::new(0);
/// Whether any single run has ever been asked.
static SINGLE: AtomicBool = AtomicBool::new(false);
/// Whether a run that was asked could not be saved.
static UNSAVED: AtomicBool = AtomicBool::new(false);
/// The status of a process that was stopped in time.
static STATUS: AtomicU8 = AtomicU8::new(0);
/// The root runs that are under way.
static ACTIVE: Mutex<Vec<Arc<Member>>> = Mutex::new(Vec::new());

/// What asks runs to stop, other than signals and [`interrupt`].
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
#[repr(u8)]
enum Asked {
    Nothing,
    /// The time is over.
    Deadline,
    /// A file in the run's folder.
    File,
}

impl Asked {
    fn of(number: u8) -> Asked {
        [Asked::Deadline, Asked::File].into_iter().find(|asked| *asked as u8 == number).unwrap_or(Asked::Nothing)
    }
}

/// Asks every active run to save at its next pass and to stop, as the first Ctrl-C does.
///
/// For programs that have a signal handler of their own: it only stores to an atomic, so a handler may call it.
pub fn interrupt() {
    FLAGS.raised.store(true, Ordering::SeqCst);
}

/// Takes an interrupt back: runs that start from now on are not stopped by it.
///
/// For programs that go on after their resumable functions have returned the interrupt as an error. A deadline stands:
/// if it is that, `configure().deadline(…)` has to give more time.
pub fn clear_interrupt() {
    // Before the list of runs is locked: whoever says something locks that too.
    *said() = 0;
    let members = members();
    ADDED.store(0, Ordering::SeqCst);
    CAUSE.store(Asked::Nothing as u8, Ordering::SeqCst);
    UNSAVED.store(false, Ordering::SeqCst);
    FLAGS.clear(members.is_empty());
}

/// Whether runs are asked to stop: one relaxed load.
#[inline(always)]
pub(crate) fn interrupted() -> bool {
    FLAGS.raised.load(Ordering::Relaxed)
}

/// Whether this run is asked to stop, with all others or alone: two loads, mostly.
#[inline]
pub(crate) fn stops(home: &Home) -> bool {
    interrupted() || (SINGLE.load(Ordering::Relaxed) && home.member.as_ref().is_some_and(|member| member.is_asked()))
}

/// Whether this run, which is at a pass, is asked to stop; it will. Where the time is over for one, it is for all.
pub(crate) fn obeys(home: &Home) -> bool {
    let stops = stops(home);
    if stops && (signal(&FLAGS.signal).is_some() || signal(&ADDED).is_some()) {
        // The thread that says so may come too late.
        announce();
    }
    if stops && home.member.as_ref().is_some_and(|member| member.asked() == Asked::Deadline) {
        raise(Asked::Deadline);
    }
    stops
}

fn raise(cause: Asked) {
    CAUSE.store(cause as u8, Ordering::SeqCst);
    interrupt();
}

fn signal(place: &AtomicUsize) -> Option<i32> {
    i32::try_from(place.load(Ordering::SeqCst)).ok().filter(|signal| *signal != 0)
}

/// The error of a run that has been stopped: why it was, and `what` that means.
pub(crate) fn error(node: &Node, what: &str) -> Error {
    let all = Asked::of(CAUSE.load(Ordering::SeqCst));
    let single = node.home.member.as_ref().map_or(Asked::Nothing, |member| member.asked());
    let (by, added) = (signal(&FLAGS.signal), signal(&ADDED));
    // A signal counts for more than all else: the process ends by it.
    let why = match (by, single, all, added) {
        (Some(_), ..) => "interrupted".to_owned(),
        (_, Asked::Deadline, ..) | (_, Asked::Nothing, Asked::Deadline, _) => {
            format!("stopped in time{}", end_of_time())
        }
        (_, Asked::File, ..) => match node.line().last().filter(|_| node.parent.is_some()) {
            Some(root) => format!("stopped by the file `stop` in the folder of {}", root.label()),
            None => "stopped by the file `stop` in its folder".to_owned(),
        },
        (_, _, Asked::File, _) => "stopped, as a file `stop` ends another run of this process".to_owned(),
        (.., Some(signal)) => format!("stopped by {}", signals::name(signal).unwrap_or("a signal")),
        _ => "interrupted".to_owned(),
    };
    let is_in_time = by.is_none() && (single, all, added) != (Asked::Nothing, Asked::Nothing, None);
    let error =
        Error::new(ErrorKind::Interrupted, format!("{} was {why}: {what}", node.label())).by_signal(by.or(added));
    let status = is_in_time.then(|| STATUS.load(Ordering::SeqCst));
    error.with_status(status).of(&node.key)
}

/// The error of a run that has not begun yet.
pub(crate) fn error_before(what: &str) -> Error {
    let (by, added) = (signal(&FLAGS.signal), signal(&ADDED));
    let is_in_time = by.is_none() && (Asked::of(CAUSE.load(Ordering::SeqCst)), added) != (Asked::Nothing, None);
    let status = is_in_time.then(|| STATUS.load(Ordering::SeqCst));
    Error::new(ErrorKind::Interrupted, what).by_signal(by.or(added)).with_status(status)
}

/// For a message: when the time is over, and who said so.
fn end_of_time() -> String {
    let source = |(deadline, source)| format!(" (the deadline, {source}: {deadline})");
    watch::deadline().map(source).unwrap_or_default()
}

/// Takes note of a pass at which the clock was read.
pub(crate) fn passed(node: &Node, site: u32, now: Instant) {
    if let Some(member) = &node.home.member {
        let place = Place { path: node.path, site: node.function.site(site) };
        let long = member.gaps().look(now, place, member.grace);
        if let Some((gap, from)) = long {
            gaps::warn(gap, member.grace, from, place);
        }
    }
}

/// Takes note of what it has cost the run to take its values for a snapshot.
pub(crate) fn took(home: &Home, cost: Duration) {
    if let Some(member) = &home.member {
        member.gaps().took(cost);
    }
}

/// Takes note of how long it has taken to make a snapshot durable.
pub(crate) fn wrote(home: &Home, cost: Duration) {
    if let Some(member) = &home.member {
        member.gaps().wrote(cost);
    }
}

/// A root run that is under way.
#[derive(Debug)]
pub(crate) struct Member {
    /// What people call it.
    label: String,
    /// The thread it was last seen on.
    thread: Mutex<ThreadId>,
    /// Whether it may be seen on another one yet.
    is_future: AtomicBool,
    /// Whether it has nothing left to save.
    has_flushed: AtomicBool,
    /// When its last snapshot was taken.
    saved: Mutex<Option<Instant>>,
    /// What asks it to stop, as an `Asked`.
    asked: AtomicU8,
    gaps: Mutex<Gaps>,
    grace: Duration,
    /// Where somebody may ask it to stop.
    store: Arc<dyn Store>,
    key: Key,
}

/// Keeps a root run in the list while it is under way.
#[derive(Debug)]
pub(crate) struct Membership(Arc<Member>);

impl Member {
    fn new(label: String, saved: Option<Instant>, store: &Arc<dyn Store>, key: &Key) -> Arc<Member> {
        Arc::new(Member {
            label,
            thread: Mutex::new(thread::current().id()),
            is_future: AtomicBool::new(false),
            has_flushed: AtomicBool::new(false),
            saved: Mutex::new(saved),
            asked: AtomicU8::new(Asked::Nothing as u8),
            gaps: Mutex::default(),
            grace: config::grace(),
            store: Arc::clone(store),
            key: key.clone(),
        })
    }

    /// Begins to count among the runs that are under way.
    pub(crate) fn join(label: String, saved: Option<Instant>, store: &Arc<dyn Store>, key: &Key) -> Membership {
        let member = Member::new(label, saved, store, key);
        let mut members = members();
        members.push(Arc::clone(&member));
        FLAGS.joined();
        drop(members);
        watch::joined(&member);
        Membership(member)
    }

    fn asked(&self) -> Asked {
        Asked::of(self.asked.load(Ordering::SeqCst))
    }

    fn is_asked(&self) -> bool {
        self.asked.load(Ordering::Relaxed) != Asked::Nothing as u8
    }

    fn ask(&self, asked: Asked) {
        self.asked.store(asked as u8, Ordering::SeqCst);
        SINGLE.store(true, Ordering::SeqCst);
    }

    pub(crate) fn look_for_stop(&self) {
        if self.store.stop_requested(&self.key) {
            self.ask(Asked::File);
        }
    }

    fn gaps(&self) -> MutexGuard<'_, Gaps> {
        self.gaps.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// It has nothing left to save; `is_unsaved` tells that it could not be.
    pub(crate) fn flushed(&self, is_unsaved: bool) {
        if is_unsaved {
            UNSAVED.store(true, Ordering::SeqCst);
        }
        self.has_flushed.store(true, Ordering::SeqCst);
    }

    pub(crate) fn saved(&self) {
        *self.saved.lock().unwrap_or_else(PoisonError::into_inner) = Some(Instant::now());
    }

    /// Takes note of the thread that a future is polled on.
    pub(crate) fn seen(&self) {
        self.is_future.store(true, Ordering::Relaxed);
        *self.thread.lock().unwrap_or_else(PoisonError::into_inner) = thread::current().id();
    }

    fn has_flushed(&self) -> bool {
        self.has_flushed.load(Ordering::SeqCst)
    }

    /// Whether it is on a thread that does not end the process, as this one does: there it gets on.
    fn is_elsewhere(&self) -> bool {
        let thread = *self.thread.lock().unwrap_or_else(PoisonError::into_inner);
        !ending().contains(&thread)
    }
}

impl Membership {
    pub(crate) fn member(&self) -> Arc<Member> {
        Arc::clone(&self.0)
    }
}

impl Drop for Membership {
    fn drop(&mut self) {
        let mut members = members();
        members.retain(|member| !Arc::ptr_eq(member, &self.0));
        if members.is_empty() {
            FLAGS.left();
        }
    }
}

/// The threads that wait to end the process. Each of them was to do it, and none gets back to what else it does.
fn ending() -> MutexGuard<'static, Vec<ThreadId>> {
    static ENDING: Mutex<Vec<ThreadId>> = Mutex::new(Vec::new());
    ENDING.lock().unwrap_or_else(PoisonError::into_inner)
}

fn members() -> MutexGuard<'static, Vec<Arc<Member>>> {
    ACTIVE.lock().unwrap_or_else(PoisonError::into_inner)
}

/// Looks after signals, the time and files `stop`, from the first root run on.
pub(crate) fn install(limits: &InForce) {
    static ONCE: Once = Once::new();
    ONCE.call_once(signals::install);
    signals::add(limits.signals);
    STATUS.store(limits.status, Ordering::SeqCst);
    watch::install(limits.deadline);
}

/// A signal has come that never ends the process by itself: schedulers send such signals, some more than once.
const LATER: u8 = 1;
/// A signal has come that ends the process when it comes again.
const AT_ONCE: u8 = 2;

fn said() -> MutexGuard<'static, u8> {
    SAID.lock().unwrap_or_else(PoisonError::into_inner)
}

/// Says that a signal has come, and how old the newest snapshots are; once, whoever comes first.
fn announce() {
    let mut said = said();
    let (name, more, kind) = match (signal(&FLAGS.signal), signal(&ADDED)) {
        (None, Some(added)) => (signals::name(added), "", LATER),
        (by, _) => (by.and_then(signals::name), "; once more ends at once", AT_ONCE),
    };
    if *said >= kind {
        return;
    }
    *said = kind;
    let members = members();
    let ages: Vec<String> = members
        .iter()
        .map(|member| {
            let saved = *member.saved.lock().unwrap_or_else(PoisonError::into_inner);
            match saved {
                Some(saved) => format!("{} (last snapshot {} old)", member.label, report::span(saved.elapsed())),
                None => format!("{} (no snapshot yet)", member.label),
            }
        })
        .collect();
    drop(members);
    let runs = if ages.is_empty() { "the next run".to_owned() } else { ages.join(", ") };
    report::notice(&format!("{}: saving at the next pass of {runs}{more}", name.unwrap_or("interrupt")));
}

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
    ending().push(thread::current().id());
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
fn flush(then: fn(i32) -> !, number: i32) {
    let _ = thread::Builder::new().spawn(move || {
        thread::sleep(Duration::from_secs(2));
        then(number)
    });
    let _ = std::io::stdout().flush();
}

//! Interrupts: a flag that every run looks at, what raises it, and the end of the process.
//!
//! A handler only sets flags. The first signal raises the interrupt; every active run saves at its next pass. The second
//! one ends the process at once, as does the first when no run is active: then there is nothing to wait for. A deadline
//! and a file `stop` ask single runs; the first run that obeys a deadline raises the interrupt for all.

mod announce;
pub(crate) mod deadline;
mod end;
mod flags;
mod futures;
mod gaps;
pub(crate) mod limits;
mod member;
#[cfg(test)]
mod modelled;
#[cfg(not(unix))]
#[path = "interrupt/other.rs"]
mod signals;
#[cfg(unix)]
#[path = "interrupt/unix.rs"]
mod signals;
mod watch;

use std::sync::Once;
use std::sync::atomic::{AtomicBool, AtomicU8, AtomicUsize, Ordering};
use std::time::{Duration, Instant};

use crate::error::{Error, ErrorKind};
use crate::run::node::{Home, Node};
pub(crate) use end::end;
use flags::Flags;
pub(crate) use futures::{leave, poll};
use gaps::Place;
use limits::InForce;
use member::members;
pub(crate) use member::{Member, Membership};

/// What `flags` is made of.
mod sync {
    pub(super) use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
}

static FLAGS: Flags =
    Flags { raised: AtomicBool::new(false), signal: AtomicUsize::new(0), lethal: AtomicBool::new(true) };
/// The one of the added signals that did; 0 for none.
static ADDED: AtomicUsize = AtomicUsize::new(0);
/// What else did, as an `Asked`.
static CAUSE: AtomicU8 = AtomicU8::new(0);
/// Whether any single run has ever been asked.
static SINGLE: AtomicBool = AtomicBool::new(false);
/// Whether a run that was asked could not be saved.
static UNSAVED: AtomicBool = AtomicBool::new(false);
/// The status of a process that was stopped in time.
static STATUS: AtomicU8 = AtomicU8::new(0);

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
    let _silent = announce::forget();
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
        announce::announce();
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

/// Something to say, and how.
type Line = (fn(&str), String);

/// Looks after signals, the time and files `stop`, from the first root run on.
pub(crate) fn install(limits: &InForce) {
    static ONCE: Once = Once::new();
    let mut lines = Vec::new();
    ONCE.call_once(|| lines = signals::install());
    lines.extend(signals::add(limits.signals));
    STATUS.store(limits.status, Ordering::SeqCst);
    watch::install(limits.deadline);
    // Not before: whoever listens may panic, or call a resumable function.
    lines.iter().for_each(|(say, line)| say(line));
}

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
use crate::interrupt::deadline::Deadline;
use crate::mutex::locked;
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
    *locked(&DEADLINE)
}

/// Sets the end of the time for all runs, and begins to look after it.
pub(super) fn install(deadline: Option<(Deadline, &'static str)>) {
    static ONCE: Once = Once::new();
    let before = std::mem::replace(&mut *locked(&DEADLINE), deadline);
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
        let pause = deadline().map_or(TICK, |(deadline, _)| ask_in_time(&list, &deadline, Instant::now()));
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
fn ask_in_time(list: &[Arc<Member>], deadline: &Deadline, now: Instant) -> Duration {
    let all: Duration = list.iter().map(|member| member.gaps().cost()).sum();
    let mut next = now + 2 * TICK;
    for member in list.iter().filter(|member| !member.is_asked()) {
        let others = all.saturating_sub(member.gaps().cost());
        match moment(member, deadline, now, others) {
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

#[cfg(test)]
mod tests {
    use super::{SHORTEST, TICK, ask_in_time};
    use crate::interrupt::deadline::Deadline;
    use crate::interrupt::gaps::Place;
    use crate::interrupt::{Asked, Member};
    use crate::run::function::Site;
    use crate::store::{Key, Memory, Store};
    use std::sync::Arc;
    use std::time::{Duration, Instant};

    static SITE: Site = Site::new(7, "for", &[], &[]);
    const SECOND: Duration = Duration::from_secs(1);

    fn member() -> Arc<Member> {
        let store: Arc<dyn Store> = Arc::new(Memory::new());
        Member::new("walk()".to_owned(), None, &store, &Key::new("walk", "1"))
    }

    fn pass(member: &Member, at: Instant) {
        member.gaps().look(at, Place { path: "walk", site: &SITE }, 3600 * SECOND);
    }

    /// Passes of ten seconds, a save of one, and 100 s.
    #[test]
    fn a_run_is_asked_before_its_last_pass_in_time() {
        let start = Instant::now();
        let deadline = Deadline::read("100s", start).expect("a duration");
        let member = member();
        member.gaps().wrote(SECOND);
        let mut now = start;
        let mut passes = 0;
        while member.asked() == Asked::Nothing {
            if (now - start).as_secs().is_multiple_of(10) {
                pass(&member, now);
                passes += 1;
            }
            now += SECOND;
            assert!(now < start + 100 * SECOND);
            ask_in_time(&[Arc::clone(&member)], &deadline, now);
        }
        // Less 12.5 s for the gap, 3 s for saves and 1 s: at 83.5 s, so the pass at 90 s is the last.
        assert_eq!((now - start).as_secs(), 84);
        assert_eq!(passes, 9);
        assert_eq!(member.asked(), Asked::Deadline);
    }

    /// One that has become slow is asked while nobody knows when its pass will come; its neighbour is not.
    #[test]
    fn a_gap_that_is_under_way_counts_for_its_run_alone() {
        let start = Instant::now();
        let deadline = Deadline::read("100s", start).expect("a duration");
        let (slow, quick) = (member(), member());
        for member in [&slow, &quick] {
            member.gaps().wrote(Duration::from_millis(1));
            pass(member, start);
        }
        let later = start + 50 * SECOND;
        pass(&quick, start + 25 * SECOND);
        pass(&quick, later);
        ask_in_time(&[Arc::clone(&slow), Arc::clone(&quick)], &deadline, later);
        assert_eq!((slow.asked(), quick.asked()), (Asked::Deadline, Asked::Nothing));
    }

    #[test]
    fn sleep_becomes_shorter_towards_the_end() {
        let start = Instant::now();
        let deadline = Deadline::read("1h", start).expect("a duration");
        let list = [member()];
        assert_eq!(ask_in_time(&list, &deadline, start), TICK);
        // A reserve of 30 s, and 30 s twice for a save of which nothing is known.
        let near = start + 3509 * SECOND + Duration::from_millis(500);
        assert_eq!(ask_in_time(&list, &deadline, near), Duration::from_millis(250));
        assert_eq!(ask_in_time(&list, &deadline, start + 3510 * SECOND - SHORTEST), SHORTEST);
        assert_eq!(list[0].asked(), Asked::Nothing);
        ask_in_time(&list, &deadline, start + 3510 * SECOND);
        assert_eq!(list[0].asked(), Asked::Deadline);
    }

    #[test]
    fn without_an_end_nobody_is_asked() {
        let list = [member()];
        ask_in_time(&list, &Deadline::none(), Instant::now());
        assert_eq!(list[0].asked(), Asked::Nothing);
    }
}

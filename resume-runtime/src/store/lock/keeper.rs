//! All locks that this process holds, and the one thread that gives signs of life for them.
//!
//! The thread is there while a lock is held, and for [`LINGER`] afterwards: where thousands of short runs follow one
//! another, they share one, and neither taking nor giving back a lock has to wake it.

use std::collections::{HashMap, HashSet};
use std::io;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Condvar, LazyLock, Mutex, MutexGuard, PoisonError};
use std::thread;
use std::time::{Duration, Instant};

use super::owned::Owned;
use crate::mutex::locked;

/// How long the thread waits for another lock when none is held.
const LINGER: Duration = Duration::from_millis(50);

#[derive(Default)]
struct Keeper {
    /// By the folder of the run.
    held: HashMap<PathBuf, Arc<Owned>>,
    /// The tokens of all locks that are held, or being taken or given back: none of them is a left-over.
    tokens: HashSet<String>,
    /// How many locks were taken so far.
    taken: u64,
    thread: Thread,
}

#[derive(Default)]
enum Thread {
    #[default]
    None,
    /// It looks by itself within [`LINGER`].
    Dozing,
    /// Until the next beat, at this pace. It wants to be woken when there is nothing left to do, or more.
    Asleep(Duration),
}

static KEEPER: LazyLock<Mutex<Keeper>> = LazyLock::new(Mutex::default);
static WAKE: Condvar = Condvar::new();

/// No method leaves it half changed, so one that panicked is no harm to the others.
fn keeper() -> MutexGuard<'static, Keeper> {
    locked(&KEEPER)
}

/// A token that others of this process must not take for a left-over, from before it can be read to after it is gone.
pub(super) fn announce(token: &str) {
    keeper().tokens.insert(token.to_owned());
}

pub(super) fn retract(token: &str) {
    keeper().tokens.remove(token);
}

pub(super) fn is_ours(token: &str) -> bool {
    keeper().tokens.contains(token)
}

/// From here on there are signs of life.
pub(super) fn hold(owned: &Arc<Owned>) {
    let mut keeper = keeper();
    keeper.held.insert(owned.folder().to_owned(), Arc::clone(owned));
    keeper.taken += 1;
    match keeper.thread {
        Thread::None => {
            let thread = thread::Builder::new().name("resume-lock".to_owned()).spawn(keep);
            // Without it the lock is held all the same; the next one tries again.
            if thread.is_ok() {
                keeper.thread = Thread::Dozing;
            }
        }
        Thread::Asleep(pace) if owned.pace() < pace => WAKE.notify_one(),
        Thread::Dozing | Thread::Asleep(_) => {}
    }
}

pub(super) fn release(owned: &Arc<Owned>) {
    let mut keeper = keeper();
    // Where a lock was removed by hand, there may be a newer one of the same run.
    if keeper.held.get(owned.folder()).is_some_and(|held| Arc::ptr_eq(held, owned)) {
        keeper.held.remove(owned.folder());
    }
    if keeper.held.is_empty() && matches!(keeper.thread, Thread::Asleep(_)) {
        WAKE.notify_one();
    }
}

/// The lock that covers a folder: that of its run, or of the run that it is below.
pub(super) fn covering(folder: &Path) -> Option<Arc<Owned>> {
    let keeper = keeper();
    folder.ancestors().find_map(|folder| keeper.held.get(folder)).map(Arc::clone)
}

/// Gives back all locks, as the process is about to end without leaving its runs: nobody shall have to wait until it
/// counts as dead. A snapshot that another thread is writing does not appear any more.
pub(crate) fn give_back_all() {
    let all: Vec<_> = keeper().held.values().map(Arc::clone).collect();
    for owned in all {
        owned.give_back();
    }
}

/// What the thread does.
fn keep() {
    let mut keeper = keeper();
    let mut last = Instant::now();
    loop {
        let taken = keeper.taken;
        let was_idle = keeper.held.is_empty();
        keeper.thread = Thread::Dozing;
        let doze = keeper.pace().map_or(LINGER, |pace| pace.min(LINGER));
        keeper = wait(keeper, doze);
        if keeper.held.is_empty() && keeper.taken == taken {
            keeper.thread = Thread::None;
            return;
        }
        if was_idle {
            last = Instant::now();
        }
        while let Some(pace) = keeper.pace() {
            let rest = (last + pace).saturating_duration_since(Instant::now());
            if !rest.is_zero() {
                keeper.thread = Thread::Asleep(pace);
                keeper = wait(keeper, rest);
                continue;
            }
            last = Instant::now();
            keeper = beat_all(keeper);
        }
    }
}

impl Keeper {
    /// The shortest time between two beats that a lock asks for; `None` if none is held.
    fn pace(&self) -> Option<Duration> {
        self.held.values().map(|owned| owned.pace()).min()
    }
}

/// One sign of life for each lock. Nobody else waits for the disk meanwhile.
fn beat_all(keeper: MutexGuard<'static, Keeper>) -> MutexGuard<'static, Keeper> {
    let all: Vec<_> = keeper.held.values().map(Arc::clone).collect();
    drop(keeper);
    for owned in all {
        owned.beat();
    }
    self::keeper()
}

fn wait(keeper: MutexGuard<'static, Keeper>, time: Duration) -> MutexGuard<'static, Keeper> {
    WAKE.wait_timeout(keeper, time).unwrap_or_else(PoisonError::into_inner).0
}

/// Whether what is to be written to `folder`, or removed from it, still is this process's to write. A folder that it
/// holds no lock for is somebody else's concern.
pub(in crate::store) fn check(folder: &Path) -> io::Result<()> {
    covering(folder).map_or(Ok(()), |owned| owned.check())
}

/// Whether `folder` still is this process's, where nothing is to be written or removed: a look at the name of the lock is
/// enough, and much cheaper.
pub(in crate::store) fn check_name(folder: &Path) -> io::Result<()> {
    covering(folder).map_or(Ok(()), |owned| if owned.is_in_place() { Ok(()) } else { owned.check() })
}

//! Who owns a run: a file `<identity>.lock` beside the run's folder, which says who, and whose last line its owner
//! rewrites every few seconds.
//!
//! Beside the folder and not in it, so that a run which never saves needs no folder.
//!
//! # How it is taken
//!
//! The lock is created as a new file, which fails where there is one; then it is locked by the system (`flock`) where
//! the system can; then it is signed with a token that no other lock has. In this order, so that a lock with a text is
//! locked already. Who finds a lock learns from it whether its owner lives:
//!
//! - The system has it locked for a process of this machine, or its process runs: *alive*.
//! - Its process is of this machine (name, start of the machine, pid namespace) and has ended, or its number belongs to
//!   a process that was started later; or the machine was started anew: *gone*, at once.
//! - Else nothing is known: it is watched. A change of its bytes is a sign of life. Without one for six beats of its
//!   owner (which the lock says) and of our own, it is *gone*. So is what is no lock of ours.
//! - A lock that is blank and stays so for a second is *gone*: its owner was killed before signing it, or a power cut has
//!   taken its bytes.
//!
//! Over one whose owner is gone, a new lock is put: a *claim*, `<identity>.lock.tmp`, created as a new file, locked and
//! signed like any lock. Then the old lock is looked at once more: it must be the same file with the same bytes. Then the
//! claim is renamed over it, and read back.
//!
//! # Why one process writes
//!
//! All of the above makes collisions rare, and nothing depends on it: a process may be taken for dead that was only
//! stopped for a while or cut off from the network; a file system may let two create one file. What counts is one thing:
//! **the lock's path leads to one file, and that holds one token.** A token is put there only by the process that made it
//! up, and once replaced or removed it never returns, as no process puts it there a second time. So there is a moment
//! until which a process has the run, and after it never again, and the times of two processes do not overlap.
//!
//! - The new owner reads its token back (*a*), then removes all unfinished files from the run's folder (*b*), then begins.
//! - The old owner makes an unfinished file, fills it, reads its own token back (*c*, [`check`]), and renames it (*d*).
//!
//! If *c* succeeds it was before *a*, so the unfinished file was there before *b*. Either *d* was before *b*: then the
//! snapshot was there before the new owner began, as if it had been saved a little earlier. Or *b* removed the file, and *d*
//! fails. In no case does anything appear in the folder afterwards. Removals cannot be fenced off like that; they are
//! preceded by the same check, and take only what an owner that went on from the newest snapshot does not need, or, at
//! the end of the run, what its result stands for.
//!
//! A crash leaves, after creating: a blank lock, as above; after creating a claim: the claim,
//! judged like a lock by the next one who wants to take over, and removed; anywhere else: a lock with the token of a
//! dead process. Who stands still between two steps of taking over and goes on when others have done it finds the old lock
//! changed, or its claim gone or renamed by another (whose token is in place then, and who finds it there), and begins anew.
//!
//! The heartbeat goes to the open file, not to the path, so it never spoils a lock that has taken its place. A lock is
//! removed by its owner, if the path still leads to it, while the system has it locked.

mod keeper;
mod newcomer;
mod owned;
mod process;
mod record;

use std::fs::{self, File, TryLockError};
use std::io;
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, LazyLock};
use std::time::{Duration, Instant};

pub(crate) use keeper::give_back_all;
pub(super) use keeper::{check, check_name};

use self::newcomer::Newcomer;
use self::owned::Owned;
use super::{Busy, Lock};
use crate::config;

/// After so many missed beats an owner counts as dead.
const MISSED: u32 = 6;

/// How locks are taken.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Options {
    /// Whether the system is asked to lock the file too.
    pub(crate) system: bool,
    /// The time between two signs of life.
    pub(crate) beat: Duration,
}

impl Options {
    /// How long an owner can be silent and alive.
    fn silence(self) -> Duration {
        self.beat * MISSED
    }
}

/// Whether these bytes are the whole text of a lock.
#[cfg(any(test, fuzzing))]
pub(crate) fn is_signed(bytes: &[u8]) -> bool {
    record::Record::parse(bytes).is_signed()
}

/// Takes the lock at `path`; `root` is the folder of the store.
pub(super) fn acquire(path: &Path, root: &Path) -> Result<Lock, Busy> {
    acquire_with(path, root, config::lock())
}

fn acquire_with(path: &Path, root: &Path, options: Options) -> Result<Lock, Busy> {
    let entered = Newcomer::new(path, options).enter()?;
    let owned = Arc::clone(&entered.owned);
    let held = Held { owned: entered.owned, path: path.to_owned(), root: root.to_owned() };
    let mut lock = Lock::new(held).with_check(move || owned.check());
    if entered.is_taken_over {
        lock = lock.taken_over();
    }
    Ok(match entered.warning {
        Some(warning) => lock.with_warning(warning),
        None => lock,
    })
}

/// What the system says about a file that it is asked to lock.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
enum System {
    Mine,
    Theirs,
    /// It has no locks here, or was not asked.
    Unknown,
}

impl System {
    fn lock(file: &File, options: Options) -> io::Result<System> {
        if !options.system {
            return Ok(System::Unknown);
        }
        match file.try_lock() {
            Ok(()) => Ok(System::Mine),
            Err(TryLockError::WouldBlock) => Ok(System::Theirs),
            Err(TryLockError::Error(error)) if has_no_locks(&error) => Ok(System::Unknown),
            Err(TryLockError::Error(error)) => Err(error),
        }
    }
}

/// Some cluster file systems are mounted without locks, or their lock service is down, or they lock only what can be
/// written.
fn has_no_locks(error: &io::Error) -> bool {
    #[cfg(unix)]
    if matches!(error.raw_os_error(), Some(libc::ENOLCK | libc::EBADF)) {
        return true;
    }
    error.kind() == io::ErrorKind::Unsupported
}

/// A run that is held. At its end the lock goes, and what is empty then.
struct Held {
    owned: Arc<Owned>,
    path: PathBuf,
    root: PathBuf,
}

impl Drop for Held {
    fn drop(&mut self) {
        keeper::release(&self.owned);
        if self.owned.give_back() && is_time_to_tidy() {
            tidy(&self.path, &self.root);
        }
    }
}

/// The folder of a store whose place nobody chose.
const USUAL: &str = ".checkpoints";

/// Removes the folders above a lock that was the last in them.
fn tidy(path: &Path, root: &Path) {
    // The folder of the store itself only under its usual name: any other is the user's.
    let is_ours = |folder: &&Path| folder.starts_with(root) && (*folder != root || folder.ends_with(USUAL));
    for folder in path.ancestors().skip(1).take_while(is_ours) {
        // Fails where anything is left in it.
        if fs::remove_dir(folder).is_err() {
            break;
        }
    }
}

/// Making and removing the folders above costs ten times as much as the lock. Where thousands of
/// short runs follow one another, doing so each time would be most of their time; so it is done
/// at most every 30 ms then, which is about 1 %. The first sixteen are free, and come back in as many pauses.
fn is_time_to_tidy() -> bool {
    const PAUSE: u64 = 30_000;
    const FREE: u64 = 16 * PAUSE;
    static START: LazyLock<Instant> = LazyLock::new(Instant::now);
    static NEXT: AtomicU64 = AtomicU64::new(0);
    let now = u64::try_from(START.elapsed().as_micros()).unwrap_or(u64::MAX).saturating_add(FREE);
    let later = |next: u64| (next <= now).then(|| next.max(now - FREE).saturating_add(PAUSE));
    NEXT.fetch_update(Ordering::Relaxed, Ordering::Relaxed, later).is_ok()
}

#[cfg(test)]
mod tests;

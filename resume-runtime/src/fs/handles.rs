//! The output files of one tree of runs: which handle of a file counts, and what may be cut off at the end.
//!
//! A run that goes on from its snapshot is shorter by what child runs have written since. They go on from snapshots of their
//! own, so nothing may be cut off before they have taken up their handles; and the handle that they take the place of must
//! not write any more.

use std::fs::OpenOptions;
use std::io;
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, Weak};

use crate::error::named;
use crate::mutex::locked;

/// Of all files of a tree.
#[derive(Default, Debug)]
pub(crate) struct Handles(Mutex<Lists>);

#[derive(Default, Debug)]
struct Lists {
    live: Vec<(PathBuf, Weak<AtomicBool>)>,
    /// Files that were let go of, and how long they are.
    tails: Vec<(PathBuf, u64)>,
    /// Whether the root run has come to its end.
    is_over: bool,
}

/// Of one handle: whether another one has taken its place.
pub(super) type Claim = Arc<AtomicBool>;

impl Handles {
    /// One more handle of a file.
    pub(super) fn add(&self, path: &Path) -> Claim {
        let claim = Claim::default();
        let mut lists = self.lists();
        lists.live.retain(|(_, live)| live.strong_count() > 0);
        lists.live.push((path.to_owned(), Arc::downgrade(&claim)));
        // It is this one's to cut.
        lists.tails.retain(|(there, _)| there != path);
        claim
    }

    /// All handles of a file but `own` lose it.
    pub(super) fn supersede(&self, path: &Path, own: &Claim) {
        for (_, live) in self.lists().live.iter().filter(|(there, _)| there == path) {
            if let Some(claim) = live.upgrade().filter(|claim| !Arc::ptr_eq(claim, own)) {
                claim.store(true, Ordering::SeqCst);
            }
        }
    }

    /// A file that is let go of has `length` bytes, and perhaps more behind them. Whether these may go at once: else they go
    /// when the root run has come to its end.
    pub(super) fn leave(&self, path: &Path, length: u64) -> bool {
        let mut lists = self.lists();
        if !lists.is_over {
            lists.tails.push((path.to_owned(), length));
        }
        lists.is_over
    }

    /// The root run has come to its end, and no child run can ask any more for what is behind the files that were let go of.
    /// `check` tells whether the run is this process's; it is asked if there are any.
    pub(crate) fn cut(&self, check: impl FnOnce() -> io::Result<()>) -> io::Result<()> {
        let tails = {
            let mut lists = self.lists();
            lists.is_over = true;
            std::mem::take(&mut lists.tails)
        };
        if tails.is_empty() {
            return Ok(());
        }
        check()?;
        // All are tried: nobody tries again.
        tails.iter().map(|(path, length)| cut_tail(path, *length)).fold(Ok(()), io::Result::and)
    }

    fn lists(&self) -> MutexGuard<'_, Lists> {
        locked(&self.0)
    }
}

fn cut_tail(path: &Path, length: u64) -> io::Result<()> {
    match OpenOptions::new().write(true).open(path) {
        Ok(file) if file.metadata()?.len() > length => file.set_len(length).and_then(|()| file.sync_data()),
        Ok(_) => Ok(()),
        // The program has moved it, or removed it.
        Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(()),
        Err(error) => Err(named(path, &error)),
    }
}

#[cfg(test)]
mod tests {
    use super::Handles;
    use crate::store::suite::Scratch;
    use std::fs;

    #[test]
    fn behind_a_file_that_cannot_be_cut_the_others_are() {
        let folder = Scratch::folder();
        let (blocked, other) = (folder.join("blocked"), folder.join("other"));
        fs::create_dir_all(&blocked).expect("made");
        fs::write(&other, "kept, and a tail").expect("written");
        let handles = Handles::default();
        assert!(!handles.leave(&blocked, 4) && !handles.leave(&other, 4));
        let error = handles.cut(|| Ok(())).expect_err("one cannot be cut");
        assert!(error.to_string().contains("blocked"), "{error}");
        assert_eq!(fs::read(&other).expect("read"), b"kept");
    }
}

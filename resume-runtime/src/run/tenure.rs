//! Whether a tree of runs is this process's still. A process that stood still for longer than its lock allows, or was cut off
//! from the network, is taken for dead, and another one goes on with its runs.

use std::io;
use std::sync::{Arc, OnceLock, Weak};

use crate::error::{Error, ErrorKind};
use crate::fs::Handles;
use crate::store::{Lock, Lost};

/// Shared by the runs of a tree and by the output files that they write, which may outlive them.
#[derive(Default, Debug)]
pub(crate) struct Tenure {
    /// What keeps other processes out, while the root run is under way.
    lock: Weak<Lock>,
    /// Why it is over, once that is known.
    lost: OnceLock<String>,
    /// The output files of the tree.
    pub(crate) handles: Handles,
}

impl Tenure {
    pub(crate) fn by(lock: &Arc<Lock>) -> Tenure {
        Tenure { lock: Arc::downgrade(lock), ..Tenure::default() }
    }

    /// Why the runs are not this process's any more, once that is known.
    pub(crate) fn lost(&self) -> Option<&str> {
        self.lost.get().map(String::as_str)
    }

    /// Whether it is known that they are not.
    pub(crate) fn is_over(&self) -> bool {
        self.lost.get().is_some()
    }

    /// Looks whether they are, as must be done before anything is written that another process may have gone on with.
    /// [`Tenure::is_over`] tells an error that is for good from one that is not: the lock could not be read.
    pub(crate) fn check(&self) -> io::Result<()> {
        let checked = self.lock.upgrade().map_or(Ok(()), |lock| lock.check());
        if let Err(error) = &checked {
            self.note(error);
        }
        match self.lost() {
            Some(why) => Err(io::Error::other(why)),
            None => checked,
        }
    }

    /// Whether they belong to somebody else by now. Asked after something could not be written or removed: `error` may say
    /// so itself, or only show it, such as a temporary file that the new owner has removed.
    pub(crate) fn is_lost_by(&self, error: &io::Error) -> bool {
        self.note(error);
        if !self.is_over() {
            let _ = self.check();
        }
        self.is_over()
    }

    fn note(&self, error: &io::Error) {
        if let Some(lost) = Lost::of(error) {
            self.lost.get_or_init(|| lost.to_string());
        }
    }

    /// The error of `what`, a run or a file of one, when they are lost because of `why`.
    pub(crate) fn error(what: &str, why: &str) -> Error {
        Error::new(ErrorKind::Busy, format!("{what} cannot go on: {why}")).advise(
            "nothing, where another process goes on with it: its work so far was kept. Else call it again. A process that \
             stands still for longer than its locks allow is taken for dead; configure().heartbeat(…) sets how long that is",
        )
    }
}

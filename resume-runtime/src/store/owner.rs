//! Who has a run: its lock, and what others are told.

use std::any::Any;
use std::fmt::{self, Debug, Display, Formatter};
use std::io;
use std::path::{Path, PathBuf};

use super::{Key, Store};
use crate::error::{Error, ErrorKind};
use crate::interrupt;

/// A run that is held; dropped, it is free again.
#[must_use = "the run is free again as soon as this is dropped"]
pub struct Lock {
    // Goes before what checks it.
    _held: Box<dyn Any + Send + Sync>,
    check: Option<Box<Check>>,
    warning: Option<String>,
    is_taken_over: bool,
    is_of_new_run: bool,
}

/// Tells whether a lock is held still.
type Check = dyn Fn() -> io::Result<()> + Send + Sync;

impl Lock {
    /// Wraps whatever holds the run until it is dropped.
    pub fn new(held: impl Any + Send + Sync) -> Lock {
        Lock { _held: Box::new(held), check: None, warning: None, is_taken_over: false, is_of_new_run: false }
    }

    /// Adds what [`Lock::check`] asks, for a lock that can be lost.
    pub fn with_check(mut self, check: impl Fn() -> io::Result<()> + Send + Sync + 'static) -> Lock {
        self.check = Some(Box::new(check));
        self
    }

    /// Marks a lock whose former holder did not give it back: that one may still be in the middle of something.
    pub fn taken_over(mut self) -> Lock {
        self.is_taken_over = true;
        self
    }

    /// Whether the former holder did not give it back. What that one left unfinished must be removed before anything else
    /// is done.
    pub fn is_taken_over(&self) -> bool {
        self.is_taken_over
    }

    /// Marks a lock of a run of which the store has nothing when it is taken: no snapshots, no child runs, no request to stop.
    /// They are not looked for then.
    pub fn of_new_run(mut self) -> Lock {
        self.is_of_new_run = true;
        self
    }

    /// Whether the store has nothing of the run, so that there is nothing to look for.
    pub fn is_of_new_run(&self) -> bool {
        self.is_of_new_run
    }

    /// Whether the run is held still. A process that stood still for minutes, or was cut off from the network, may have
    /// been taken for dead.
    ///
    /// Costs opening and reading a small file. To be asked after a snapshot has been written and before it gets its name,
    /// and before anything is removed.
    ///
    /// # Errors
    /// One that [`Lost::of`] knows if the run is held no more, which is for good: it is of the kind `Other`. Any other if the
    /// lock could not be read: then nothing may be written or removed at this moment, and the next check may succeed.
    pub fn check(&self) -> io::Result<()> {
        self.check.as_ref().map_or(Ok(()), |check| check())
    }

    /// Marks a lock that does not keep everybody out, and says why.
    pub fn with_warning(mut self, warning: impl Into<String>) -> Lock {
        self.warning = Some(warning.into());
        self
    }

    /// Why a second process might not be kept out, where that is so.
    pub fn warning(&self) -> Option<&str> {
        self.warning.as_deref()
    }
}

impl Debug for Lock {
    fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {
        f.debug_struct("Lock").field("warning", &self.warning).finish_non_exhaustive()
    }
}

/// Why a run could not be locked.
#[non_exhaustive]
#[derive(Debug)]
pub enum Busy {
    /// Somebody has it.
    Held(Holder),
    /// The store could not say: a folder that cannot be written, a full disk.
    Io(io::Error),
}

/// The error of a process that had a run and has it no more: it must not write or remove anything of it.
#[derive(Clone, Debug)]
pub struct Lost {
    lock: PathBuf,
    holder: Holder,
}

impl Lost {
    /// `lock` says what `holder` has now; one that knows nothing, if nobody has it.
    pub fn new(lock: &Path, holder: Holder) -> Lost {
        Lost { lock: lock.to_owned(), holder }
    }

    /// What `error` says about a lost run, if that is what it is.
    pub fn of(error: &io::Error) -> Option<&Lost> {
        error.get_ref()?.downcast_ref()
    }

    /// Who has it, as far as can be told.
    pub fn holder(&self) -> &Holder {
        &self.holder
    }
}

impl Display for Lost {
    fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {
        let lock = self.lock.display();
        if self.holder == Holder::default() {
            return write!(f, "this process no longer has the run: its lock {lock} was removed");
        }
        write!(f, "this process no longer has the run: {} has it ({lock})", self.holder)
    }
}

impl std::error::Error for Lost {}

impl From<Lost> for io::Error {
    fn from(lost: Lost) -> io::Error {
        io::Error::other(lost)
    }
}

/// Who holds a run, as far as can be told.
#[non_exhaustive]
#[derive(Clone, PartialEq, Eq, Default, Debug)]
pub struct Holder {
    /// The process.
    pub pid: Option<u32>,
    /// The machine it is on.
    pub host: Option<String>,
    /// When it took the run, in UTC.
    pub since: Option<String>,
    /// When it last gave a sign of life, in UTC by its own clock.
    pub beat: Option<String>,
    /// Whether it is this process, where that is known better than by its number.
    is_us: Option<bool>,
}

impl Holder {
    /// A holder to be reported; whatever is not known is `None`.
    pub fn new(pid: Option<u32>, host: Option<String>, since: Option<String>) -> Holder {
        Holder { pid, host, since, ..Holder::default() }
    }

    /// Adds when it last gave a sign of life.
    #[must_use]
    pub fn with_beat(mut self, beat: Option<String>) -> Holder {
        self.beat = beat;
        self
    }

    pub(crate) fn known_to_be_us(mut self, is_us: Option<bool>) -> Holder {
        self.is_us = is_us;
        self
    }

    /// Whether it is this process. A number without a machine is one of this machine.
    pub(super) fn is_us(&self) -> bool {
        self.is_us.unwrap_or(self.host.is_none() && self.pid == Some(std::process::id()))
    }
}

impl Display for Holder {
    fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {
        match (self.pid, &self.host) {
            (Some(pid), Some(host)) => write!(f, "process {pid} on {host}")?,
            (Some(pid), None) => write!(f, "process {pid}")?,
            (None, _) => f.write_str("another process")?,
        }
        if let Some(since) = &self.since {
            write!(f, " since {since}")?;
        }
        match &self.beat {
            Some(beat) => write!(f, ", last heartbeat {beat}"),
            None => Ok(()),
        }
    }
}

impl Display for Busy {
    fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {
        match self {
            Busy::Held(holder) => write!(f, "held by {holder}"),
            Busy::Io(error) => Display::fmt(error, f),
        }
    }
}

impl std::error::Error for Busy {}

impl From<io::Error> for Busy {
    fn from(error: io::Error) -> Busy {
        Busy::Io(error)
    }
}

impl Busy {
    /// The error that a run which cannot start for this reason ends with.
    pub(crate) fn into_error(self, store: &dyn Store, key: &Key) -> Error {
        let error = match self {
            Busy::Held(holder) => {
                let mut what = format!("this run is in use by {holder}");
                if holder.is_us() {
                    what += " (this very process, in another call)";
                }
                Error::new(ErrorKind::Busy, what).advise(
                    "wait for it to end, or stop it: its work so far is kept.\n\
                     Two runs side by side need different arguments, or stores of their own \
                     (RESUME_STORE=<folder>).",
                )
            }
            Busy::Io(source) if source.kind() == io::ErrorKind::Interrupted && interrupt::interrupted() => {
                interrupt::error_before("interrupted while waiting for a sign of life of the run's former owner")
            }
            Busy::Io(source) => Error::new(ErrorKind::Store, "the run could not be locked").caused_by(source).advise(
                "make the folder writable, or choose another one with RESUME_STORE=<folder>; \
                     RESUME_OFF=1 runs without any snapshots.",
            ),
        };
        error.of(key).at(store.place(key))
    }
}

#[cfg(test)]
mod tests {
    use super::{Busy, Holder};
    use crate::error::ErrorKind;
    use crate::store::{Key, Memory, Store};

    #[test]
    fn busy_names_process_and_host() {
        let store = Memory::new();
        let key = Key::new("f", "1");
        let holder = Holder::new(Some(7), Some("node3".into()), None);
        let error = Busy::Held(holder).into_error(&store, &key);
        assert_eq!(error.kind(), ErrorKind::Busy);
        assert!(error.to_string().contains("process 7 on node3"), "{error}");
        assert_eq!(error.run(), Some("f/1"));
        assert!(!error.to_string().contains("this very process"));

        let _lock = store.lock(&key).expect("free");
        let error = store.lock(&key).expect_err("held").into_error(&store, &key);
        assert!(error.to_string().contains("this very process"), "{error}");
    }
}

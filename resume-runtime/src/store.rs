//! Where snapshots live, behind one small trait.
//!
//! A store keeps bytes under a [`Key`] and a sequence number, nothing more: what a snapshot
//! consists of is no concern of it. Snapshots are immutable once they are there.

mod dir;
mod disk;
mod durable;
mod lock;
mod memory;
mod starts;
#[cfg(test)]
pub(crate) mod suite;
mod usage;
mod ways;

use std::any::Any;
use std::fmt::{self, Debug, Display, Formatter};
use std::io::{self, Write};
use std::path::{Path, PathBuf};

pub use dir::Dir;
pub(crate) use dir::{file_name, open_file};
pub(crate) use durable::sync_folder;
#[cfg(any(test, fuzzing))]
pub(crate) use lock::is_signed as is_signed_lock;
pub(crate) use lock::{Options as LockOptions, give_back_all};
pub use memory::Memory;

use crate::error::{Error, ErrorKind};
use crate::interrupt;

/// A place for snapshots. All implementations pass one suite of tests (`store/suite.rs`).
///
/// Only the holder of a run's [`Lock`] writes to the run and what is below it; reading is free.
pub trait Store: Send + Sync + Debug {
    /// The sequence numbers of the run's snapshots, ascending; none for an unknown run.
    fn list(&self, key: &Key) -> io::Result<Vec<u64>>;

    /// Opens one snapshot to be read; `NotFound` if it is not there.
    fn open(&self, key: &Key, seq: u64) -> io::Result<Box<dyn Object>>;

    /// Adds a snapshot, whole or not at all: the bytes that `content` writes, which is called at most once. When it
    /// returns, a power cut cannot take the snapshot back. If `content` fails there is none, and the error is its own.
    /// One that is there already is never overwritten: that is `AlreadyExists`.
    fn write(&self, key: &Key, seq: u64, content: &mut Content<'_>) -> io::Result<()>;

    /// Removes one snapshot; one that is not there is no error.
    fn remove(&self, key: &Key, seq: u64) -> io::Result<()>;

    /// Removes the run and all below it, its child runs too, but not its lock. What is below goes
    /// first: a run without snapshots never finds child runs of an earlier life.
    fn clear(&self, key: &Key) -> io::Result<()>;

    /// Takes a snapshot that cannot be read out of the list, keeps its bytes, and tells where.
    fn set_aside(&self, key: &Key, seq: u64) -> io::Result<String>;

    /// The same for one that can be read, but that no start from it got on from. Only the last of these has to be kept. As
    /// [`Store::set_aside`] by default.
    fn set_poisoned_aside(&self, key: &Key, seq: u64) -> io::Result<String> {
        self.set_aside(key, seq)
    }

    /// How many starts from this snapshot are on record. A store that keeps no such record has none, and runs of it never
    /// step back over a snapshot that crashes them.
    fn starts(&self, key: &Key, seq: u64) -> io::Result<u32> {
        let _ = (key, seq);
        Ok(0)
    }

    /// Puts so many on record. The record goes with its snapshot, and a new one has none. It need not outlive a power cut,
    /// and should take no longer than a few microseconds.
    fn set_starts(&self, key: &Key, seq: u64, starts: u32) -> io::Result<()> {
        let _ = (key, seq, starts);
        Ok(())
    }

    /// Takes the run for the caller alone, against other processes and other threads of this one.
    /// Gone when dropped, or with the process.
    fn lock(&self, key: &Key) -> Result<Lock, Busy>;

    /// Whether somebody has asked the run to stop, by whatever means the store has for it. Asked about once a second while
    /// the run is under way, on another thread. A request counts once: the call that answers `true` withdraws it.
    fn stop_requested(&self, key: &Key) -> bool {
        let _ = key;
        false
    }

    /// Whether there may be runs below `key`: `true` where that cannot be told.
    fn holds_runs(&self, key: &Key) -> bool {
        let _ = key;
        true
    }

    /// How many bytes the store holds, all runs together; `None` if that cannot be told. Asked about once a second while a run
    /// saves and there is a limit, on another thread.
    fn used(&self) -> Option<u64> {
        None
    }

    /// Where a snapshot is or would be, for people.
    fn locate(&self, key: &Key, seq: u64) -> String;

    /// Where the run is or would be, for people.
    fn place(&self, key: &Key) -> String;

    /// The bytes of one snapshot; `NotFound` if it is not there.
    fn get(&self, key: &Key, seq: u64) -> io::Result<Vec<u8>> {
        let mut object = self.open(key, seq)?;
        let size = usize::try_from(object.size()).map_err(|_| io::ErrorKind::OutOfMemory)?;
        read(&mut *object, 0, size)
    }

    /// Adds a snapshot of these bytes; see [`Store::write`].
    fn put(&self, key: &Key, seq: u64, bytes: &[u8]) -> io::Result<()> {
        self.write(key, seq, &mut |out| out.write_all(bytes))
    }
}

/// Writes the bytes of a snapshot, in pieces of its own choice.
pub type Content<'a> = dyn FnMut(&mut dyn Write) -> io::Result<()> + 'a;

/// A snapshot that is being read. It stays readable while it is open, also if it is removed meanwhile.
pub trait Object: Send {
    /// How many bytes it has.
    fn size(&self) -> u64;

    /// Fills `into` with the bytes from `offset` on; `UnexpectedEof` if there are not so many.
    fn read_at(&mut self, offset: u64, into: &mut [u8]) -> io::Result<()>;
}

/// The `length` bytes from `offset` on. Asks for no more memory than the object has bytes.
pub(crate) fn read(object: &mut dyn Object, offset: u64, length: usize) -> io::Result<Vec<u8>> {
    let there = object.size().saturating_sub(offset);
    if there < length as u64 {
        return Err(io::ErrorKind::UnexpectedEof.into());
    }
    let mut bytes = vec![0; length];
    object.read_at(offset, &mut bytes)?;
    Ok(bytes)
}

/// The name of a run in a store: function and identity, and for child runs what leads down to them.
#[derive(Clone, PartialEq, Eq, Hash, PartialOrd, Ord, Debug)]
pub struct Key(Vec<String>);

impl Key {
    /// The longest component, in bytes; room is left for what a store adds to file names.
    pub const LONGEST: usize = 100;

    /// A root run. Paths such as `krate::module::function` are turned into names that are safe as
    /// file names on every system, and still differ where the paths differ.
    pub fn new(function: &str, identity: &str) -> Key {
        Key(vec![safe(function), safe(identity)])
    }

    /// Something below this run.
    #[must_use]
    pub fn child(&self, component: &str) -> Key {
        let mut components = self.0.clone();
        components.push(safe(component));
        Key(components)
    }

    /// The names from the top down: safe as file names, at most [`Key::LONGEST`] bytes each.
    pub fn components(&self) -> &[String] {
        &self.0
    }

    /// Whether `other` is this run or something below it.
    pub(crate) fn holds(&self, other: &Key) -> bool {
        other.0.starts_with(&self.0)
    }
}

impl Display for Key {
    fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0.join("/"))
    }
}

/// A file name for `text`: `::` becomes `.`, and whatever else had to be changed or cut leaves a
/// hash of the whole, so that two texts never share a name.
fn safe(text: &str) -> String {
    let plain = text.replace("::", ".");
    let mut name: String =
        plain.chars().map(|c| if c.is_alphanumeric() || matches!(c, '_' | '-' | '.') { c } else { '_' }).collect();
    if name == plain && name.len() <= Key::LONGEST && !begins_badly(&name) && !ends_badly(&name) {
        return name;
    }
    if begins_badly(&name) {
        name.insert(0, '_');
    }
    let hash = format!("-{}", &blake3::hash(text.as_bytes()).to_hex()[..16]);
    let mut end = name.len().min(Key::LONGEST - hash.len());
    while !name.is_char_boundary(end) {
        end -= 1;
    }
    name.truncate(end);
    name + &hash
}

/// Names that are hidden, or mean a device to Windows.
fn begins_badly(name: &str) -> bool {
    let stem = name.split('.').next().unwrap_or_default().to_ascii_lowercase();
    let port = stem.strip_prefix("com").or_else(|| stem.strip_prefix("lpt"));
    matches!(stem.as_str(), "" | "con" | "prn" | "aux" | "nul" | "lock")
        || port.is_some_and(|rest| rest.len() == 1 && rest.bytes().all(|b| b.is_ascii_digit()))
}

/// Names that Windows cuts, or that `Dir` gives to files of its own.
fn ends_badly(name: &str) -> bool {
    matches!(name.rsplit('.').next(), Some("" | "snap" | "starts" | "gone" | "tmp" | "damaged" | "poisoned" | "lock"))
}

/// A run that is held; dropped, it is free again.
#[must_use = "the run is free again as soon as this is dropped"]
pub struct Lock {
    // Goes before what checks it.
    _held: Box<dyn Any + Send + Sync>,
    check: Option<Box<Check>>,
    warning: Option<String>,
    is_taken_over: bool,
}

/// Tells whether a lock is held still.
type Check = dyn Fn() -> io::Result<()> + Send + Sync;

impl Lock {
    /// Wraps whatever holds the run until it is dropped.
    pub fn new(held: impl Any + Send + Sync) -> Lock {
        Lock { _held: Box::new(held), check: None, warning: None, is_taken_over: false }
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

    /// Whether the run is held still. A process that stood still for minutes, or was cut off from the network, may have
    /// been taken for dead.
    ///
    /// Costs opening and reading a small file. To be asked after a snapshot has been written and before it gets its name,
    /// and before anything is removed. [`Lost::of`] tells an error that is for good from one that is not: the lock could not
    /// be read, so nothing may be written at this moment.
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
    fn is_us(&self) -> bool {
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
    use super::{Busy, Holder, Key, Memory, Store, begins_badly, ends_badly, safe};
    use crate::error::ErrorKind;

    #[test]
    fn key_reads_like_a_path() {
        let key = Key::new("walk::mean_position", "12ab").child("under-7").child("0-f-9");
        assert_eq!(key.to_string(), "walk.mean_position/12ab/under-7/0-f-9");
        assert!(Key::new("walk::mean_position", "12ab").holds(&key));
        assert!(!key.holds(&Key::new("walk::mean_position", "12ab")));
    }

    #[test]
    fn names_are_safe_and_still_differ() {
        let long = "λ".repeat(200);
        let texts = [
            "",
            ".",
            "..",
            "a/b",
            "a\\b",
            "a:b",
            "<T as S<1>>::run",
            "<T as S<2>>::run",
            "lock",
            "x.snap",
            "x.lock",
            "con",
            "COM1.x",
            "nul",
            ".hidden",
            "a\0b",
            "tail.",
            &long,
            &long[2..],
            "a_b",
        ];
        let names: Vec<_> = texts.iter().map(|text| safe(text)).collect();
        for (i, name) in names.iter().enumerate() {
            assert!(!name.is_empty() && name.len() <= Key::LONGEST, "{name}");
            assert!(!name.starts_with('.') && !name.ends_with('.'), "{name}");
            assert!(!name.contains(['/', '\\', ':', '<', '>', '\0']), "{name}");
            assert!(!begins_badly(name) && !ends_badly(name), "{name}");
            assert!(!names[..i].contains(name), "{name} twice");
        }
    }

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

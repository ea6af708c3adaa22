//! Where snapshots live, behind one small trait.
//!
//! A store keeps bytes under a [`Key`] and a sequence number, nothing more: what a snapshot
//! consists of is no concern of it. Snapshots are immutable once they are there.

mod dir;
mod disk;
mod durable;
mod lock;
mod memory;
mod owner;
pub(crate) mod quota;
mod starts;
#[cfg(test)]
pub(crate) mod suite;
mod usage;
mod ways;

use std::fmt::{self, Debug, Display, Formatter};
use std::io::{self, Write};

pub use dir::Dir;
pub(crate) use dir::{file_name, open_file};
pub(crate) use durable::sync_folder;
#[cfg(any(test, fuzzing))]
pub(crate) use lock::is_signed as is_signed_lock;
pub(crate) use lock::{Options as LockOptions, give_back_all};
pub use memory::Memory;
pub use owner::{Busy, Holder, Lock, Lost};

/// A place for snapshots. All implementations pass one suite of tests (`store/suite.rs`).
///
/// Only the holder of a run's [`Lock`] writes to the run and what is below it; reading is free.
///
/// # Errors
/// A few kinds of [`io::Error`] mean something, as each method says; any other kind means that the store could not do it now,
/// and nothing about what it holds. Callers do not repeat a call because of `Interrupted`: a store does that itself,
/// where it may be done. What writes or removes may find that the run is another process's by now: then the error is one that
/// [`Lost::of`] tells from others, and it was not done.
pub trait Store: Send + Sync + Debug {
    /// The sequence numbers of the run's snapshots, ascending; none for an unknown run.
    ///
    /// # Errors
    /// That they cannot be read now. Never `NotFound` for want of snapshots: the list is empty then.
    fn list(&self, key: &Key) -> io::Result<Vec<u64>>;

    /// Opens one snapshot to be read.
    ///
    /// # Errors
    /// `NotFound` if it is not there. `InvalidData` if something is there that is known to be no snapshot, and to stay so:
    /// the run takes it for damaged, and goes on from an older one. Any other kind ends the start: the snapshot may be sound.
    fn open(&self, key: &Key, seq: u64) -> io::Result<Box<dyn Object>>;

    /// Adds a snapshot, whole or not at all: the bytes that `content` writes, which is called at most once. When it
    /// returns, a power cut cannot take the snapshot back. If `content` fails there is none, and the error is its own.
    /// One that is there already is never overwritten.
    ///
    /// # Errors
    /// That of `content`, as it is. `AlreadyExists` if there is a snapshot of this number, which stays as it is. After any other
    /// error the store has removed what it wrote, as far as it could, and the number is free for another attempt.
    fn write(&self, key: &Key, seq: u64, content: &mut Content<'_>) -> io::Result<()>;

    /// Removes one snapshot; one that is not there is no error.
    ///
    /// # Errors
    /// That it could not be removed now. Callers may try again after the next snapshot.
    fn remove(&self, key: &Key, seq: u64) -> io::Result<()>;

    /// Removes the run and all below it, its child runs too, but not its lock. What is below goes
    /// first: a run without snapshots never finds child runs of an earlier life. An unknown run is no error.
    ///
    /// # Errors
    /// That something of it could not be removed. Never `NotFound` because nothing was there.
    fn clear(&self, key: &Key) -> io::Result<()>;

    /// Takes a snapshot that cannot be read out of the list, keeps its bytes, and tells where.
    ///
    /// # Errors
    /// `NotFound` if it is not there. After any other error it may be listed still, or not.
    fn set_aside(&self, key: &Key, seq: u64) -> io::Result<String>;

    /// Takes a snapshot out of the list that can be read, but that no start got on from; keeps its bytes, and tells where. Only
    /// the last of these has to be kept. As [`Store::set_aside`] by default.
    ///
    /// # Errors
    /// As for [`Store::set_aside`].
    fn set_poisoned_aside(&self, key: &Key, seq: u64) -> io::Result<String> {
        self.set_aside(key, seq)
    }

    /// How many starts from this snapshot are on record. A store that keeps no such record has none, and runs of it never
    /// step back over a snapshot that crashes them.
    ///
    /// # Errors
    /// That the record cannot be read now. Where there is none, of an unknown snapshot too, it is 0 and not `NotFound`.
    fn starts(&self, key: &Key, seq: u64) -> io::Result<u32> {
        let _ = (key, seq);
        Ok(0)
    }

    /// Puts so many on record. The record goes with its snapshot, and a new one has none. It need not outlive a power cut,
    /// and should take no longer than a few microseconds. The runtime marks the last snapshot of a call by a number beyond
    /// that of any starts, so a store keeps it as it is.
    ///
    /// # Errors
    /// That it could not be put there; no kind has a meaning. A run starts and goes on without.
    fn set_starts(&self, key: &Key, seq: u64, starts: u32) -> io::Result<()> {
        let _ = (key, seq, starts);
        Ok(())
    }

    /// Takes the run for the caller alone, against other processes and other threads of this one.
    /// Gone when dropped, or with the process.
    ///
    /// # Errors
    /// [`Busy::Held`] if somebody has the run, this process included, in another call. [`Busy::Io`] if the store cannot tell or
    /// cannot lock; that of `Interrupted` if it was waiting, and gave up as runs are asked to stop.
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

    /// The names of what is directly below `key`: the last components of keys. None where that cannot be told; left-overs
    /// of a process that was killed then stay until the run is cleared.
    ///
    /// # Errors
    /// That they cannot be read now. Never `NotFound`: an unknown run has none.
    fn below(&self, key: &Key) -> io::Result<Vec<String>> {
        let _ = key;
        Ok(Vec::new())
    }

    /// How many bytes the store holds, all runs together; `None` if that cannot be told. Asked about once a second while a run
    /// saves and there is a limit, on another thread.
    fn used(&self) -> Option<u64> {
        None
    }

    /// Where a snapshot is or would be; shown in messages only.
    fn locate(&self, key: &Key, seq: u64) -> String;

    /// Where the run is or would be; shown in messages only.
    fn place(&self, key: &Key) -> String;

    /// The bytes of one snapshot.
    ///
    /// # Errors
    /// As for [`Store::open`] and [`Object::read_at`]; `OutOfMemory` if there are more than this machine can address.
    fn get(&self, key: &Key, seq: u64) -> io::Result<Vec<u8>> {
        let mut object = self.open(key, seq)?;
        let size = usize::try_from(object.size()).map_err(|_| io::ErrorKind::OutOfMemory)?;
        read(&mut *object, 0, size)
    }

    /// Adds a snapshot of these bytes; see [`Store::write`].
    ///
    /// # Errors
    /// As for [`Store::write`].
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

    /// Fills `into` with the bytes from `offset` on.
    ///
    /// # Errors
    /// `UnexpectedEof` if there are not so many; nothing is asked of `into` then. The run takes that, and `InvalidData`, for a
    /// damaged snapshot, and goes on from an older one. Any other kind ends the start, as the snapshot may be sound.
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

#[cfg(test)]
mod tests {
    use super::{Key, begins_badly, ends_badly, safe};

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
}

//! A file that a run writes.

mod state;

pub(super) use state::depth;

use std::fmt;
use std::fs::OpenOptions;
use std::io::{self, Write};
use std::path::{Path, PathBuf};
use std::sync::{Mutex, PoisonError};

use serde::de::{Deserialize, Deserializer, Error as _};
use serde::ser::{Error as _, Serialize, Serializer};

use super::chain::Chain;
use super::frame::Form;
use super::trouble;
use crate::codec;
use crate::error::named;
use crate::mutex::locked;
use crate::run::node;
use state::{Saved, State};

/// A file that a run writes, for a captured local: a resume cuts it back to where it was at the snapshot, and goes on
/// there.
///
/// ```no_run
/// use resume_runtime::fs::OutputFile;
/// use resume_runtime::{checkpoint, resumable};
/// use std::io::Write;
///
/// #[resumable]
/// fn table(rows: u64) -> std::io::Result<()> {
///     #[resume]
///     let mut out = OutputFile::create("table.csv")?;
///     for n in 0..rows {
///         writeln!(out, "{n},{}", n * n)?;
///         checkpoint!();
///     }
///     out.finish()
/// }
/// ```
///
/// **Writing** is buffered. A write that the disk refuses is an error of that `write` or of a later one, of `flush` or of
/// `finish`; what it had taken before stays in its memory and is tried again.
///
/// **A snapshot** makes what was written durable first, so that no snapshot ever tells of bytes that a power cut can take.
/// If that fails, the snapshot fails: the run goes on with those that it has. Once the system could not make bytes durable
/// (a failed `fsync`), it cannot be known which of them are lost: every further write fails, so that the run stops, and
/// its next start goes back to the last snapshot.
///
/// **A resume** opens the file, and checks its length and its bytes: all of them up to 64 MiB, the last megabyte or two of
/// a longer one. A file that is missing, shorter or changed is an error. Then it is cut back to the length that it had.
///
/// **A process that lost its run** to another one, which took it for dead, writes nothing more: that one goes on with the
/// file. The bytes that it has in memory are dropped, and each call is an error of the kind `ResourceBusy`.
///
/// **At the end** call [`finish`](OutputFile::finish): it tells of errors, and the file is safe from a power cut before the
/// snapshots of the run are removed. A file that is only dropped is flushed; an error is a warning on stderr.
///
/// The path is made absolute when the file is opened: a run that is moved to another folder does not find it there. Only
/// regular files can be cut back, so nothing else is opened.
pub struct OutputFile(Mutex<Box<State>>);

impl OutputFile {
    /// A new file; one that is there is emptied.
    ///
    /// # Errors
    /// If it cannot be opened for reading and writing, or is no regular file.
    pub fn create(path: impl AsRef<Path>) -> io::Result<OutputFile> {
        OutputFile::open(path.as_ref(), Form::Plain, true)
    }

    /// A file that is gone on with at its end; it need not be there.
    ///
    /// Before the first snapshot of the run nothing tells where that was: a run that is killed earlier starts afresh, and
    /// appends to what it wrote. A `checkpoint!(every = 1)` directly behind this line is that snapshot.
    ///
    /// # Errors
    /// If it cannot be opened for reading and writing, or is no regular file.
    pub fn append(path: impl AsRef<Path>) -> io::Result<OutputFile> {
        OutputFile::open(path.as_ref(), Form::Plain, false)
    }

    /// A new file, compressed as by `gzip -6`. Each snapshot ends a member, and the next write begins another: together
    /// they are one gzip file. Where they end depends on when snapshots were taken, so it is the content that equals that
    /// of an uninterrupted run, not the compressed bytes.
    ///
    /// # Errors
    /// As for [`create`](OutputFile::create).
    #[cfg(feature = "gz")]
    pub fn create_gz(path: impl AsRef<Path>) -> io::Result<OutputFile> {
        OutputFile::open(path.as_ref(), Form::Gz(GZ_LEVEL), true)
    }

    /// Goes on behind the members that a gzip file has; compressed as by [`create_gz`](OutputFile::create_gz).
    ///
    /// # Errors
    /// As for [`append`](OutputFile::append).
    #[cfg(feature = "gz")]
    pub fn append_gz(path: impl AsRef<Path>) -> io::Result<OutputFile> {
        OutputFile::open(path.as_ref(), Form::Gz(GZ_LEVEL), false)
    }

    /// A new file, compressed with zstd of a level of 1 to 22 (0 is zstd's default). Each snapshot ends a frame, and the
    /// next write begins another: together they are one zstd file. Where they end depends on when snapshots were taken, so
    /// it is the content that equals that of an uninterrupted run, not the compressed bytes.
    ///
    /// # Errors
    /// As for [`create`](OutputFile::create).
    #[cfg(feature = "zstd")]
    pub fn create_zstd(path: impl AsRef<Path>, level: i32) -> io::Result<OutputFile> {
        OutputFile::open(path.as_ref(), Form::Zstd(level), true)
    }

    /// Goes on behind the frames that a zstd file has; compressed as by [`create_zstd`](OutputFile::create_zstd).
    ///
    /// # Errors
    /// As for [`append`](OutputFile::append).
    #[cfg(feature = "zstd")]
    pub fn append_zstd(path: impl AsRef<Path>, level: i32) -> io::Result<OutputFile> {
        OutputFile::open(path.as_ref(), Form::Zstd(level), false)
    }

    fn open(path: &Path, form: Form, is_new: bool) -> io::Result<OutputFile> {
        let tenure = state::tenure();
        state::check_owner(tenure.as_deref(), path)?;
        let open = move || {
            let path = std::path::absolute(path)?;
            // Child runs may go on with what this one wrote in an earlier life.
            let has_tail = is_new && node::has_inherited_children();
            let mut options = OpenOptions::new();
            let mut file = options.read(true).write(true).create(true).truncate(is_new && !has_tail).open(&path)?;
            let metadata = file.metadata()?;
            if !metadata.is_file() {
                return Ok(Err(trouble::not_a_file(&path)));
            }
            let chain = if is_new { Chain::new() } else { Chain::at_end_of(&mut file, metadata.len())? };
            let state = State::new(path, Box::new(file), form, chain, tenure);
            Ok(Ok(OutputFile::of(match (is_new, has_tail) {
                (true, true) => state.made().with_tail(),
                (true, false) => state.made(),
                (false, _) => state.appending(),
            })))
        };
        open().map_err(|error| named(path, &error))?
    }

    fn of(state: State) -> OutputFile {
        OutputFile(Mutex::new(Box::new(state)))
    }

    fn state(&mut self) -> &mut State {
        self.0.get_mut().unwrap_or_else(PoisonError::into_inner)
    }

    /// Where it is, as an absolute path.
    pub fn path(&self) -> PathBuf {
        locked(&self.0).path().to_owned()
    }

    #[cfg(feature = "csv")]
    pub(super) fn flush_shared(&self) -> io::Result<()> {
        locked(&self.0).flush()
    }

    /// Brings all that was written to the disk, so that a power cut does not take it.
    ///
    /// # Errors
    /// If it cannot be written, or not be made durable.
    pub fn sync_all(&mut self) -> io::Result<()> {
        self.state().sync_all()
    }

    /// Ends the file: all that was written is on the disk, and its compression is complete.
    ///
    /// # Errors
    /// If it cannot be written, or not be made durable.
    pub fn finish(mut self) -> io::Result<()> {
        self.state().finish()
    }
}

/// The level of `gzip` itself.
#[cfg(feature = "gz")]
const GZ_LEVEL: u32 = 6;

impl Write for OutputFile {
    /// Takes the bytes, or none of them.
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.state().write(bytes)
    }

    fn flush(&mut self) -> io::Result<()> {
        self.state().flush()
    }
}

impl fmt::Debug for OutputFile {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("OutputFile").field(&self.path()).finish()
    }
}

/// As a snapshot does it: what was written is made durable, then its place, length and checksum are told.
impl Serialize for OutputFile {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let mut state = locked(&self.0);
        let saved = match (codec::is_naming(), codec::is_looking()) {
            (true, _) => state.named().map_err(S::Error::custom)?,
            (false, true) => state.seen(),
            (false, false) => state.save().map_err(S::Error::custom)?,
        };
        saved.serialize(serializer)
    }
}

/// As a resume does it: the file is checked, and cut back to what it had.
impl<'de> Deserialize<'de> for OutputFile {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<OutputFile, D::Error> {
        let saved = Saved::deserialize(deserializer)?;
        State::restore(saved).map(OutputFile::of).map_err(D::Error::custom)
    }
}

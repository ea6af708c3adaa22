//! A file that a run reads.

mod state;

use std::fmt;
use std::io::{self, BufRead, Read, Seek, SeekFrom};
use std::path::{Path, PathBuf};
use std::sync::{Mutex, PoisonError};

use serde::de::{Deserialize, Deserializer, Error as _};
use serde::ser::{Error as _, Serialize, Serializer};

use super::{medium, trouble};
use crate::codec;
use crate::error::named;
use crate::mutex::locked;
use state::{Saved, State};

/// A file that a run reads, for a captured local: a resume goes on where it was in it, and notices if it has changed.
///
/// ```no_run
/// use resume_runtime::fs::InputFile;
/// use resume_runtime::{checkpoint, resumable};
///
/// #[resumable]
/// fn count(path: &str) -> std::io::Result<u64> {
///     #[resume]
///     let mut input = InputFile::open(path)?;
///     #[resume]
///     let mut words = 0;
///     while let Some(line) = input.next_line()? {
///         words += line.split_whitespace().count() as u64;
///         checkpoint!();
///     }
///     Ok(words)
/// }
/// ```
///
/// **What a resume checks.** The file must not be shorter than at the snapshot. Of what it had then, up to 1 MiB is read
/// again and compared: all of a file of that size, else sixteen pieces spread over it, its beginning and its end among them.
/// If its size or its time of change is another one than at the snapshot, all that the run had read from its beginning on
/// is read again and compared too. So a change is noticed wherever the run has been, and in files of up to 1 MiB anywhere;
/// in the part of a longer file that was not read yet, one that keeps the size may be missed.
///
/// A file that has only **grown** is gone on with: the run reads what was added when it comes to it, as a run that was
/// never cut does. A copy with another time of change is as good as the file.
///
/// The path is made absolute when the file is opened.
pub struct InputFile(Mutex<Box<State>>);

impl InputFile {
    /// Opens a file at its beginning.
    ///
    /// # Errors
    /// If it cannot be opened, or is no regular file.
    pub fn open(path: impl AsRef<Path>) -> io::Result<InputFile> {
        let path = path.as_ref();
        let open = || {
            let path = std::path::absolute(path)?;
            Ok(match medium::open(&path)? {
                Some(file) => Ok(InputFile::of(State::new(path, file))),
                None => Err(trouble::not_a_file(&path)),
            })
        };
        open().map_err(|error| named(path, &error))?
    }

    fn of(state: State) -> InputFile {
        InputFile(Mutex::new(Box::new(state)))
    }

    fn state(&mut self) -> &mut State {
        self.0.get_mut().unwrap_or_else(PoisonError::into_inner)
    }

    /// Where it is, as an absolute path.
    pub fn path(&self) -> PathBuf {
        locked(&self.0).path().to_owned()
    }

    /// The next line, without its end (`\n` or `\r\n`); `None` at the end of the file.
    ///
    /// # Errors
    /// If it cannot be read, or is not UTF-8.
    pub fn next_line(&mut self) -> io::Result<Option<String>> {
        let mut line = String::new();
        if self.read_line(&mut line)? == 0 {
            return Ok(None);
        }
        if line.ends_with('\n') {
            line.pop();
            if line.ends_with('\r') {
                line.pop();
            }
        }
        Ok(Some(line))
    }
}

impl Read for InputFile {
    fn read(&mut self, bytes: &mut [u8]) -> io::Result<usize> {
        let read = self.fill_buf()?.read(bytes)?;
        self.consume(read);
        Ok(read)
    }
}

impl BufRead for InputFile {
    fn fill_buf(&mut self) -> io::Result<&[u8]> {
        self.state().fill()
    }

    fn consume(&mut self, amount: usize) {
        self.state().consume(amount);
    }
}

impl Seek for InputFile {
    fn seek(&mut self, to: SeekFrom) -> io::Result<u64> {
        self.state().seek(to)
    }
}

impl fmt::Debug for InputFile {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("InputFile").field(&self.path()).finish()
    }
}

/// As a snapshot does it: where it is, and what tells whether it has changed.
impl Serialize for InputFile {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let mut state = locked(&self.0);
        let saved = if codec::is_looking() { state.seen() } else { state.save().map_err(S::Error::custom)? };
        saved.serialize(serializer)
    }
}

/// As a resume does it: the file is checked, and gone on with where it was.
impl<'de> Deserialize<'de> for InputFile {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<InputFile, D::Error> {
        let saved = Saved::deserialize(deserializer)?;
        State::restore(saved).map(InputFile::of).map_err(D::Error::custom)
    }
}

//! What an input file consists of, what a snapshot holds of it, and how it goes on from there.

use std::fs::File;
use std::io::{self, SeekFrom};
use std::path::{Path, PathBuf};
use std::time::UNIX_EPOCH;

use serde::{Deserialize, Serialize};

use crate::error::named;
use crate::fs::chain::{Chain, Depth, Sum};
use crate::fs::hash::Hash;
use crate::fs::medium::{self, Medium};
use crate::fs::place::Place;
use crate::fs::trouble::{Trouble, What, Why};

/// Bytes read at once, at most, and to a multiple of: however often it is cut, it reads the same pieces.
const PIECE: u64 = 1 << 16;

/// How many pieces a print is of.
const PRINTED: u64 = 16;

pub(super) struct State {
    path: PathBuf,
    file: File,
    /// What was read ahead, from `start` on.
    ahead: Vec<u8>,
    start: u64,
    /// How much of it has been taken.
    taken: usize,
    /// Of all that was read, from the first byte on without a gap.
    chain: Chain,
    /// The print that was last made, and of which state of the file.
    print: Option<(Stamp, u64)>,
}

/// What a snapshot holds.
#[derive(Serialize, Deserialize)]
pub(super) struct Saved {
    path: Place,
    offset: u64,
    stamp: Stamp,
    print: u64,
    read: Sum,
}

/// What tells that a file has changed, as far as the system knows.
#[derive(Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
struct Stamp {
    length: u64,
    /// Nanoseconds since 1970.
    changed: Option<i128>,
}

impl Stamp {
    fn of(file: &File) -> io::Result<Stamp> {
        let metadata = file.metadata()?;
        let changed = metadata.modified().ok().map(|time| match time.duration_since(UNIX_EPOCH) {
            Ok(after) => after.as_nanos() as i128,
            Err(before) => -(before.duration().as_nanos() as i128),
        });
        Ok(Stamp { length: metadata.len(), changed })
    }
}

impl State {
    pub(super) fn new(path: PathBuf, file: File) -> State {
        State { path, file, ahead: Vec::new(), start: 0, taken: 0, chain: Chain::new(), print: None }
    }

    pub(super) fn path(&self) -> &Path {
        &self.path
    }

    fn offset(&self) -> u64 {
        self.start + self.taken as u64
    }

    pub(super) fn fill(&mut self) -> io::Result<&[u8]> {
        if self.taken >= self.ahead.len() {
            self.read_ahead().map_err(|error| named(&self.path, &error))?;
        }
        Ok(self.ahead.get(self.taken..).unwrap_or_default())
    }

    fn read_ahead(&mut self) -> io::Result<()> {
        let start = self.offset();
        (self.start, self.taken) = (start, 0);
        self.ahead.resize((PIECE - start % PIECE) as usize, 0);
        let read = medium::read_full(&mut self.file, &mut self.ahead, start);
        self.ahead.truncate(*read.as_ref().unwrap_or(&0));
        read?;
        if let Some(known) = self.chain.length().checked_sub(start)
            && let Some(new) = usize::try_from(known).ok().and_then(|known| self.ahead.get(known..))
        {
            self.chain.update(new);
        }
        Ok(())
    }

    // What is taken may have been read ahead before a cut.
    pub(super) fn consume(&mut self, amount: usize) {
        self.go_to(self.offset().saturating_add(amount as u64));
    }

    pub(super) fn seek(&mut self, to: SeekFrom) -> io::Result<u64> {
        let offset = match to {
            SeekFrom::Start(offset) => Some(offset),
            SeekFrom::Current(by) => self.offset().checked_add_signed(by),
            SeekFrom::End(by) => self.file.length()?.checked_add_signed(by),
        };
        let before_the_start = || io::Error::new(io::ErrorKind::InvalidInput, "a seek to before the start of the file");
        let offset = offset.ok_or_else(before_the_start)?;
        self.go_to(offset);
        Ok(offset)
    }

    fn go_to(&mut self, offset: u64) {
        match offset.checked_sub(self.start) {
            Some(within) if within <= self.ahead.len() as u64 => self.taken = within as usize,
            _ => {
                self.ahead.clear();
                (self.start, self.taken) = (offset, 0);
            }
        }
    }

    pub(super) fn save(&mut self) -> io::Result<Saved> {
        let stamp = Stamp::of(&self.file).map_err(|error| named(&self.path, &error))?;
        let print = match self.print {
            Some((made_of, print)) if made_of == stamp => print,
            _ => print(&mut self.file, stamp.length).map_err(|error| named(&self.path, &error))?,
        };
        self.print = Some((stamp, print));
        Ok(Saved { stamp, print, read: self.chain.sum(), ..self.seen() })
    }

    /// Where it is, without touching the file: for a caller that only compares.
    pub(super) fn seen(&self) -> Saved {
        Saved {
            path: Place::new(&self.path),
            offset: self.offset(),
            stamp: Stamp::default(),
            print: 0,
            read: Sum::default(),
        }
    }

    pub(super) fn restore(saved: Saved) -> Result<State, Trouble> {
        let path = saved.path.to_path();
        let trouble = |why| Trouble { what: What::Input, path: path.clone(), why };
        let file = medium::open(&path).map_err(|error| match error.kind() {
            io::ErrorKind::NotFound => trouble(Why::Missing),
            _ => trouble(Why::Unusable(error)),
        })?;
        State::go_on(saved, file.ok_or_else(|| trouble(Why::NotAFile))?).map_err(trouble)
    }

    fn go_on(saved: Saved, mut file: File) -> Result<State, Why> {
        let Saved { path, offset, stamp, print: had_print, read } = saved;
        let had = stamp.length;
        let found = Stamp::of(&file).map_err(Why::Unusable)?;
        if found.length < had {
            return Err(Why::Shorter { has: found.length, had });
        }
        if print(&mut file, had).map_err(Why::Unusable)? != had_print {
            return Err(Why::Changed { had });
        }
        let is_untouched = found == stamp && stamp.changed.is_some();
        let depth = if is_untouched { Depth::Tail } else { Depth::Whole };
        let chain = read.take_up(&mut file, depth).map_err(Why::Unusable)?.ok_or(Why::Changed { had })?;
        Ok(State { start: offset, chain, print: None, ..State::new(path.to_path(), file) })
    }
}

/// A checksum of up to sixteen pieces of the first `length` bytes, spread evenly, the first and the last among them.
fn print(file: &mut File, length: u64) -> io::Result<u64> {
    let pieces = length.div_ceil(PIECE).min(PRINTED);
    let last = length.saturating_sub(PIECE);
    let mut hash = Hash::new();
    let mut piece = vec![0; PIECE.min(length) as usize];
    for number in 0..pieces {
        // In a file that is not longer than these pieces they overlap, and leave no gap.
        let start = (u128::from(last) * u128::from(number) / u128::from(pieces.max(2) - 1)) as u64;
        let read = medium::read_full(file, &mut piece, start)?;
        hash.update(&piece[..read]);
    }
    Ok(hash.digest())
}

#[cfg(test)]
mod tests {
    use super::{PIECE, PRINTED, print};
    use crate::store::suite::Scratch;
    use std::fs::{self, File};
    use std::io;

    /// Each byte of a short file counts; of a longer one, those of sixteen pieces.
    #[test]
    fn a_print_is_of_the_whole_of_a_short_file() -> io::Result<()> {
        let folder = Scratch::folder();
        let path = folder.join("file");
        let whole = PIECE * PRINTED;
        for length in [0, 1, PIECE - 1, PIECE, PIECE + 1, 2 * PIECE + 7, whole - 1, whole, 3 * whole + 5] {
            let bytes = vec![5; length as usize];
            fs::write(&path, &bytes)?;
            let before = print(&mut File::open(&path)?, length)?;
            fs::write(&path, [&bytes, &b"more"[..]].concat())?;
            assert_eq!(print(&mut File::open(&path)?, length)?, before, "{length}: grown");
            let step = (length / 23).max(1);
            for place in (0..length).step_by(step as usize).filter(|_| length <= whole).chain(length.checked_sub(1)) {
                let mut changed = bytes.clone();
                changed[place as usize] = 6;
                fs::write(&path, &changed)?;
                assert_ne!(print(&mut File::open(&path)?, length)?, before, "{length}: changed at {place}");
            }
        }
        Ok(())
    }
}

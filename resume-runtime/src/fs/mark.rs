//! What a snapshot says of output files, for who asks before any value is taken up: may a run go on from it?
//!
//! Child runs that write one file after the other each leave a snapshot that tells of it. Once one of them runs again, those
//! of the later ones are of bytes that are no more; they begin anew then, on top of their parent's snapshot.

use std::cell::RefCell;
use std::fs::{File, OpenOptions};
use std::io;
use std::path::PathBuf;

use serde::{Deserialize, Serialize};

use super::chain::Sum;
use super::output::depth;
use super::place::Place;

/// An output file at a snapshot.
#[derive(Clone, PartialEq, Debug, Serialize, Deserialize)]
pub(crate) struct Mark {
    path: Place,
    sum: Sum,
    /// What the file had when the run opened it to append to it; none of one that it has made.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    began: Option<Sum>,
}

impl Mark {
    pub(super) fn new(path: Place, sum: Sum, began: Option<Sum>) -> Mark {
        Mark { path, sum, began }
    }

    #[cfg(test)]
    pub(crate) fn sample() -> Mark {
        let sum = super::chain::Chain::new().sum();
        Mark::new(Place::new(std::path::Path::new("/data/rows")), sum.clone(), Some(sum))
    }

    pub(crate) fn path(&self) -> PathBuf {
        self.path.to_path()
    }

    /// Whether a run may go on from the snapshot. What cannot be read now is found out, and said, when it is taken up.
    pub(crate) fn fits(&self) -> bool {
        match File::open(self.path()) {
            Ok(file) => holds(file, &self.sum).unwrap_or(true),
            Err(error) => error.kind() != io::ErrorKind::NotFound,
        }
    }

    /// Whether a run that begins anew finds the file as it found it the first time, once [`rewind`](Mark::rewind) is done.
    pub(crate) fn can_rewind(&self) -> bool {
        let Some(began) = &self.began else { return true };
        File::open(self.path()).and_then(|file| holds(file, began)).unwrap_or(false)
    }

    /// Takes what the run has appended off the file.
    pub(crate) fn rewind(&self) -> io::Result<()> {
        let Some(began) = &self.began else { return Ok(()) };
        let file = OpenOptions::new().write(true).open(self.path())?;
        file.set_len(began.length)?;
        file.sync_data()
    }
}

/// Whether the file begins with what `sum` was taken of.
fn holds(mut file: File, sum: &Sum) -> io::Result<bool> {
    Ok(file.metadata()?.len() >= sum.length && sum.take_up(&mut file, depth(sum))?.is_some())
}

thread_local! {
    static MARKS: RefCell<Option<Vec<Mark>>> = const { RefCell::new(None) };
}

/// Gives what `capture` saves of output files.
pub(crate) fn of<T>(capture: impl FnOnce() -> T) -> (T, Vec<Mark>) {
    struct End(Option<Vec<Mark>>);
    impl Drop for End {
        fn drop(&mut self) {
            MARKS.replace(self.0.take());
        }
    }
    let end = End(MARKS.replace(Some(Vec::new())));
    let value = capture();
    let marks = MARKS.take().unwrap_or_default();
    drop(end);
    (value, marks)
}

/// An output file is being saved.
pub(super) fn note(mark: impl FnOnce() -> Mark) {
    MARKS.with_borrow_mut(|marks| {
        if let Some(marks) = marks {
            marks.push(mark());
        }
    });
}

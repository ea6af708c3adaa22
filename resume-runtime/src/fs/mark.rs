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
use super::medium;
use super::output::depth;
use super::place::Place;
use crate::run::node;
use crate::store::Key;

/// An output file at a snapshot.
#[derive(Clone, PartialEq, Debug, Serialize, Deserialize)]
pub(crate) struct Mark {
    path: Place,
    sum: Sum,
    /// How it was opened, as far as is known.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    opening: Option<Opening>,
}

/// How a file was opened.
#[derive(Clone, PartialEq, Debug, Serialize, Deserialize)]
pub(super) struct Opening {
    /// The key of the run that did.
    by: String,
    /// What the file had, if it was to be appended to; none if it was made anew.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    had: Option<Sum>,
}

impl Opening {
    /// By the run that this thread is in.
    pub(super) fn now(had: Option<Sum>) -> Option<Opening> {
        let node = node::current()?;
        if had.is_some() {
            node.line().for_each(|node| node.state().appended += 1);
        }
        Some(Opening { by: node.key.to_string(), had })
    }

    pub(super) fn is_to_append(&self) -> bool {
        self.had.is_some()
    }
}

impl Mark {
    pub(super) fn new(path: Place, sum: Sum, opening: Option<Opening>) -> Mark {
        Mark { path, sum, opening }
    }

    #[cfg(test)]
    pub(crate) fn sample() -> Mark {
        let sum = super::chain::Chain::new().sum();
        let opening = Opening { by: "f/1".to_owned(), had: Some(sum.clone()) };
        Mark { path: Place::new(std::path::Path::new("/data/rows")), sum, opening: Some(opening) }
    }

    pub(crate) fn path(&self) -> PathBuf {
        self.path.to_path()
    }

    /// Whether a run may go on from the snapshot. What cannot be read now is found out, and said, when it is taken up.
    pub(crate) fn fits(&self) -> bool {
        match medium::open(&self.path()) {
            Ok(Some(file)) => holds(file, &self.sum).unwrap_or(true),
            Ok(None) => true,
            Err(error) => error.kind() != io::ErrorKind::NotFound,
        }
    }

    /// Whether the run called `key` has opened it to append to it.
    pub(crate) fn is_appended(&self, key: &Key) -> bool {
        self.had(key).is_some()
    }

    /// What the file had, if the run called `key` has opened it to append to it.
    fn had(&self, key: &Key) -> Option<&Sum> {
        self.opening.as_ref().filter(|opening| opening.by == key.to_string())?.had.as_ref()
    }

    /// Whether the run called `key` can begin anew with the file, once [`rewind`](Mark::rewind) is done: it makes it anew, or
    /// finds there what it found the first time. One that it was lent is its caller's, who knows where to go on.
    pub(crate) fn can_rewind(&self, key: &Key) -> bool {
        match (&self.opening, self.had(key)) {
            (None, _) => self.fits(),
            (Some(_), None) => true,
            (Some(_), Some(had)) => {
                medium::open(&self.path()).is_ok_and(|file| file.is_some_and(|file| holds(file, had).unwrap_or(false)))
            }
        }
    }

    /// Takes what the run called `key` has appended off the file.
    pub(crate) fn rewind(&self, key: &Key) -> io::Result<()> {
        let Some(had) = self.had(key) else { return Ok(()) };
        let file = OpenOptions::new().write(true).open(self.path())?;
        file.set_len(had.length)?;
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
            let _ = MARKS.try_with(|marks| marks.replace(self.0.take()));
        }
    }
    // A thread that ends may still run destructors of its own when this is gone.
    let Ok(before) = MARKS.try_with(|marks| marks.replace(Some(Vec::new()))) else { return (capture(), Vec::new()) };
    let end = End(before);
    let value = capture();
    let marks = MARKS.take().unwrap_or_default();
    drop(end);
    (value, marks)
}

/// An output file is being saved.
pub(super) fn note(mark: impl FnOnce() -> Mark) {
    let note = |marks: &RefCell<Option<Vec<Mark>>>| {
        if let Some(marks) = &mut *marks.borrow_mut() {
            marks.push(mark());
        }
    };
    let _ = MARKS.try_with(note);
}

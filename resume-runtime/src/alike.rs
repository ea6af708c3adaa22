//! Functions that are called alike: two closures of one function as the type argument of a generic one, or two functions of one
//! name in different blocks. A run of the one would be taken for a run of the other.

use std::any::TypeId;
use std::collections::BTreeMap;
use std::sync::{Mutex, PoisonError};

use crate::call::Place;
use crate::error::{Error, ErrorKind};

/// The functions that have had a run in this process.
static KNOWN: Mutex<BTreeMap<&str, TypeId>> = Mutex::new(BTreeMap::new());

/// Takes note of the function.
///
/// # Errors
/// If another one of that path has had a run.
pub(crate) fn check(place: Place) -> Result<(), Error> {
    let mut known = KNOWN.lock().unwrap_or_else(PoisonError::into_inner);
    let first = *known.entry(place.path).or_insert(place.code);
    drop(known);
    if first == place.code {
        return Ok(());
    }
    let what = format!(
        "two functions are called `{}`, and nothing tells their runs apart: closures have no name, and two functions of one \
         name in one function have the same",
        place.path
    );
    let advice = "name the run, and the closure in it, with `#[resumable(key = \"…\")]`, or give one of the functions another name";
    Err(Error::new(ErrorKind::Ambiguous, what).of(place.path).advise(advice))
}

//! Functions that are called alike: two closures of one function as the type argument of a generic one, or two functions of one
//! name in different blocks. A run of the one would be taken for a run of the other.

use std::any::TypeId;
use std::collections::BTreeMap;
use std::sync::{Mutex, PoisonError};

use crate::call::Place;
use crate::error::{Error, ErrorKind};

/// The functions that have had a run in this process, by path and by the key of the run, if it has one.
static KNOWN: Mutex<Known> = Mutex::new(Known::new());

type Known = BTreeMap<(&'static str, Option<[u8; 32]>), TypeId>;

/// Each key takes up a place; a program of that many runs has long shown what its functions are.
const MOST: usize = 100_000;

/// Takes note of the function; `key` is the hash of what a run of it is called by the user.
///
/// # Errors
/// If another one of that path and key has had a run.
pub(crate) fn check(place: Place, key: Option<[u8; 32]>) -> Result<(), Error> {
    let mut known = KNOWN.lock().unwrap_or_else(PoisonError::into_inner);
    if known.len() > MOST {
        known.clear();
    }
    let first = *known.entry((place.path, key)).or_insert(place.code);
    drop(known);
    if first == place.code {
        return Ok(());
    }
    let what = format!(
        "two functions are called `{}`, and nothing tells their runs apart: closures have no name, and two functions of one \
         name in one function have the same",
        place.path
    );
    let advice = "name the run with a `#[resumable(key = \"…\")]` that is another for each closure, or give one of the functions \
                  another name";
    Err(Error::new(ErrorKind::Ambiguous, what).of(place.path).advise(advice))
}

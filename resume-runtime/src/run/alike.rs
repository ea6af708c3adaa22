//! Functions that are called alike: two closures of one function as the type argument of a generic one, or two functions of one
//! name in different blocks. A run of the one would be taken for a run of the other.

use std::any::TypeId;
use std::collections::BTreeMap;
use std::sync::Mutex;

use crate::error::{Error, ErrorKind};
use crate::mutex::locked;
use crate::run::call::Place;

/// The functions of the root runs of this process, by the identities of the runs.
static KNOWN: Mutex<BTreeMap<[u8; 32], TypeId>> = Mutex::new(BTreeMap::new());

/// Each run takes up a place; a program of that many has long shown what its functions are.
const MOST: usize = 100_000;

/// Takes note of the function of a run.
///
/// # Errors
/// If another function has had a run of that identity.
pub(crate) fn check(place: Place, identity: [u8; 32]) -> Result<(), Error> {
    let mut known = locked(&KNOWN);
    if known.len() > MOST {
        known.clear();
    }
    let first = *known.entry(identity).or_insert(place.code);
    drop(known);
    if first == place.code {
        return Ok(());
    }
    let what = format!(
        "two functions are called `{}`, and nothing tells these runs of them apart: closures have no name, and two functions of \
         one name in one function have the same",
        place.path
    );
    let advice = "give the runs an argument that differs, name them with a `#[resumable(key = \"…\")]` that does, or give one of \
                  the functions another name";
    Err(Error::new(ErrorKind::Ambiguous, what).of(place.path).advise(advice))
}

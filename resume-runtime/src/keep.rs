//! Which snapshots of a run are kept.

use std::collections::{BTreeMap, BTreeSet};

use crate::saver::Known;

/// How many snapshots of a run are kept.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) struct Keep(usize);

impl Default for Keep {
    fn default() -> Keep {
        Keep(2)
    }
}

/// The snapshots to be kept, of those that are there.
pub(crate) fn kept(keep: Keep, there: &BTreeMap<u64, Option<Known>>) -> BTreeSet<u64> {
    there.keys().rev().take(keep.0).copied().collect()
}

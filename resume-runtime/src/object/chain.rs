//! How long a snapshot may lean on earlier files.
//!
//! A file stays while one of its blocks is needed, with all its others. So that these do not pile up, a file of which
//! little is needed is given up: what is needed of it is stored again, in the new one.

use std::collections::{BTreeMap, BTreeSet, HashSet};

use super::{Hash, Index};

/// The most that the files of a snapshot may hold, in what a full one holds.
const MOST: f64 = 1.8;
/// The most files that a snapshot may need.
const FILES: usize = 128;

/// The files to be given up for a snapshot of these blocks, of which `written` holds those that are new. What is packed
/// counts as what it is stored in, on both sides.
pub(crate) fn given_up(before: &Index, written: &Index, blocks: impl Iterator<Item = Hash>) -> BTreeSet<u64> {
    let mut needed: BTreeMap<u64, u64> = BTreeMap::new();
    let (mut fresh, mut seen) = (table(before), HashSet::new());
    for hash in blocks {
        if !seen.insert(hash) {
            continue;
        }
        match (before.places.get(&hash), written.places.get(&hash)) {
            (Some(place), _) => *needed.entry(place.object).or_default() += u64::from(place.size),
            (None, Some(place)) => fresh += u64::from(place.size),
            (None, None) => {}
        }
    }
    let size = |object: &u64| before.sizes.get(object).copied().unwrap_or_default();
    let full = fresh + needed.values().sum::<u64>();
    let mut total = fresh + needed.keys().map(size).sum::<u64>();
    let mut all = BTreeSet::new();
    while total as f64 > MOST * full as f64 {
        // The one with the most that nobody needs; there is one, or the total would be that of a full snapshot.
        let worst = needed.iter().max_by_key(|(object, needed)| size(object).saturating_sub(**needed));
        let Some((object, live)) = worst.map(|(object, live)| (*object, *live)).filter(|(o, live)| size(o) > *live)
        else {
            break;
        };
        total -= size(&object) - live;
        needed.remove(&object);
        all.insert(object);
    }
    if needed.len() >= FILES {
        // Half of them at once, the smallest, so that this is seldom.
        let mut smallest: Vec<(u64, u64)> = needed.iter().map(|(object, live)| (*live, *object)).collect();
        smallest.sort_unstable();
        all.extend(smallest.iter().take(FILES / 2).map(|(_, object)| *object));
    }
    all
}

/// What the newest file holds besides blocks: as much as the next one will.
fn table(before: &Index) -> u64 {
    let Some((newest, size)) = before.sizes.last_key_value() else { return 0 };
    let own = before.places.values().filter(|place| place.object == *newest);
    size.saturating_sub(own.map(|place| u64::from(place.size)).sum())
}

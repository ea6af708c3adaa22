//! Which snapshot a run goes on from: the newest good one, or what the settings say.

mod named;

use named::named;

use crate::buffer::Buffer;
use crate::config::Settings;
use crate::error::{Error, ErrorKind};
use crate::object::Index;
use crate::recover::lineage::Lineage;
use crate::recover::poison;
use crate::recover::{self, Found, list};
use crate::snapshot::Snapshot;
use crate::store::{Key, Lock, Store};

/// The snapshot to go on from, and what is known of the others.
pub(crate) struct Picked {
    pub(crate) snapshot: Option<Box<Snapshot>>,
    /// Its captured values.
    pub(crate) values: Vec<(String, Buffer)>,
    /// Its blocks, as far as they are in this run's own files.
    pub(crate) index: Index,
    /// Its number.
    pub(crate) seq: Option<u64>,
    /// This one and those before it that it goes on from, ascending.
    pub(crate) good: Vec<u64>,
    /// Those of other lives, which stay whatever becomes of this one.
    pub(crate) others: Vec<u64>,
    /// Which are which, for the snapshots to come.
    pub(crate) lineage: Lineage,
    /// The number for the beginning of this life, where it must be told from another.
    pub(crate) beginning: Option<u64>,
    /// Newer ones that cannot be read, and why.
    pub(crate) skipped: Vec<(u64, String)>,
    /// Those that have been started from too often without getting on, the newest first. Where nothing else was left,
    /// the one that was taken is among them.
    pub(crate) poisoned: Vec<u64>,
    /// Whether the settings name it.
    pub(crate) is_named: bool,
    /// The number of the next one: above all that are there.
    pub(crate) next: u64,
    /// Why it is this one, or none.
    pub(crate) note: Option<String>,
}

impl Default for Picked {
    fn default() -> Picked {
        Picked {
            snapshot: None,
            values: Vec::new(),
            index: Index::default(),
            seq: None,
            good: Vec::new(),
            others: Vec::new(),
            lineage: Lineage::default(),
            beginning: None,
            skipped: Vec::new(),
            poisoned: Vec::new(),
            is_named: false,
            next: 1,
            note: None,
        }
    }
}

/// For a root run, as the settings say; `lock` is held.
pub(crate) fn root(settings: &Settings, store: &dyn Store, key: &Key, lock: &Lock) -> Result<Picked, Error> {
    match (&settings.from, settings.fresh) {
        (None, false) if lock.is_of_new_run() => Ok(Picked::default()),
        (None, true) => fresh(store, key),
        (Some(from), false) => named(from, store, key),
        (None, false) => unpoisoned(store, key),
        (Some(_), true) => Err(Error::new(
            ErrorKind::Config,
            "RESUME_FRESH and RESUME_FROM contradict each other: the one starts anew, the other from a snapshot (or `fresh` and \
             `from` of `configure()` do)",
        )
        .of(key)
        .advise("unset one of them, or leave it out")),
    }
}

/// The newest good one.
pub(crate) fn newest(store: &dyn Store, key: &Key) -> Result<Picked, Error> {
    newest_but(store, key, &|_| false)
}

/// The newest good one that runs get on from, if there is one.
pub(crate) fn unpoisoned(store: &dyn Store, key: &Key) -> Result<Picked, Error> {
    let mut picked = newest_but(store, key, &|seq| poison::is_poisoned(store, key, seq))?;
    picked.note = picked.seq.and_then(|seq| poison::note(seq, &picked.poisoned));
    Ok(picked)
}

fn newest_but(store: &dyn Store, key: &Key, is_avoided: &dyn Fn(u64) -> bool) -> Result<Picked, Error> {
    let Some(found) = recover::newest_but(store, key, is_avoided)? else {
        return Ok(Picked::default());
    };
    let next = found.next();
    let Found { seq, loaded, skipped, avoided } = found;
    let there = list(store, key)?;
    let lineage = loaded.snapshot.lineage.clone().among(&there);
    let (good, others) = apart(&there, seq, &lineage);
    Ok(Picked {
        snapshot: Some(Box::new(loaded.snapshot)),
        values: loaded.values,
        index: loaded.index,
        seq: Some(seq),
        good,
        others,
        lineage,
        skipped,
        poisoned: avoided,
        next,
        ..Picked::default()
    })
}

/// Those up to `seq` that are of its life, and all that are of another.
fn apart(there: &[u64], seq: u64, lineage: &Lineage) -> (Vec<u64>, Vec<u64>) {
    let (good, others): (Vec<u64>, Vec<u64>) = there.iter().partition(|there| lineage.holds(**there));
    (good.into_iter().filter(|there| *there <= seq).collect(), others)
}

/// None, whatever there is. What there is stays: it is not counted as this life's own.
pub(crate) fn nothing(store: &dyn Store, key: &Key) -> Result<Picked, Error> {
    let others = list(store, key)?;
    let next = following(&others);
    Ok(Picked { lineage: Lineage::born(next), next, others, ..Picked::default() })
}

/// No snapshot for a root run, as the settings say. What child runs have saved in an earlier life is not for this one either,
/// nor is what they save in this one for an earlier life: so it has a beginning to stand on.
fn fresh(store: &dyn Store, key: &Key) -> Result<Picked, Error> {
    let picked = nothing(store, key)?;
    let count = picked.others.len();
    Ok(Picked {
        beginning: Some(picked.next),
        next: picked.next.saturating_add(1),
        note: match count {
            0 => None,
            1 => Some("1 snapshot ignored, as a fresh start was asked for".to_owned()),
            _ => Some(format!("{count} snapshots ignored, as a fresh start was asked for")),
        },
        ..picked
    })
}

fn following(there: &[u64]) -> u64 {
    there.last().map_or(1, |newest| newest.saturating_add(1))
}

#[cfg(test)]
mod tests {
    use super::{fresh, named, unpoisoned};
    use crate::error::ErrorKind;
    use crate::object::tests::file;
    use crate::recover::lineage::Lineage;
    use crate::snapshot::Snapshot;
    use crate::store::{Key, Memory, Store};
    use std::path::Path;

    fn key() -> Key {
        Key::new("f", "1")
    }

    fn bytes(lineage: &Lineage) -> Vec<u8> {
        let (function, identity, site) = ("f".to_owned(), "1".to_owned(), "for".to_owned());
        file(&Snapshot { function, identity, site, lineage: lineage.clone(), ..Snapshot::default() }, &[])
    }

    fn store(lives: &[(u64, &Lineage)]) -> Memory {
        let store = Memory::new();
        for (seq, lineage) in lives {
            store.put(&key(), *seq, &bytes(lineage)).expect("put");
        }
        store
    }

    /// 1 and 2, then RESUME_FRESH, and 4 and 5.
    fn begun_afresh() -> Memory {
        let (old, new) = (Lineage::default(), Lineage::born(3));
        store(&[(1, &old), (2, &old), (4, &new), (5, &new)])
    }

    #[test]
    fn a_fresh_life_counts_its_own_alone() {
        let store = begun_afresh();
        let picked = unpoisoned(&store, &key()).expect("picked");
        assert_eq!((picked.seq, &*picked.good, &*picked.others, picked.next), (Some(5), &[4, 5][..], &[1, 2][..], 6));
        assert_eq!(picked.lineage, Lineage::born(3));
        let again = fresh(&store, &key()).expect("picked");
        assert_eq!((again.beginning, again.next, again.lineage), (Some(6), 7, Lineage::born(6)));
        assert_eq!(again.others, [1, 2, 4, 5]);
        assert_eq!(again.note.as_deref(), Some("4 snapshots ignored, as a fresh start was asked for"));
        for seq in [1, 2, 4] {
            store.remove(&key(), seq).expect("removed");
        }
        let one = fresh(&store, &key()).expect("picked").note;
        assert_eq!(one.as_deref(), Some("1 snapshot ignored, as a fresh start was asked for"));
    }

    #[test]
    fn nothing_leads_back_behind_it() {
        let store = begun_afresh();
        for seq in [4, 5] {
            store.set_starts(&key(), seq, 3).expect("set");
        }
        assert_eq!(unpoisoned(&store, &key()).expect("picked").seq, Some(4), "rather than 2");
        for seq in [4, 5] {
            store.set_starts(&key(), seq, 0).expect("set");
        }
        store.remove(&key(), 4).expect("removed");
        store.remove(&key(), 5).expect("removed");
        // Its table is sound, and a block is not.
        let snapshot = Snapshot { site: "for".into(), lineage: Lineage::born(3), ..Snapshot::default() };
        let mut damaged = file(&snapshot, &[("long", (0..5000).map(|n| (n % 251) as u8).collect())]);
        damaged[30] ^= 1;
        store.put(&key(), 5, &damaged).expect("put");
        let error = unpoisoned(&store, &key()).map(|picked| picked.seq).expect_err("2 is of another life");
        assert_eq!(error.kind(), ErrorKind::Damaged);
        assert!(error.to_string().contains("RESUME_FROM"), "{error}");
        assert_eq!(named(Path::new("2"), &store, &key()).expect("picked").good, [1, 2]);
    }

    /// A life that begins is no snapshot to step back to: that would be to begin anew unasked.
    #[test]
    fn a_beginning_is_where_child_runs_stand() {
        let (old, new) = (Lineage::default(), Lineage::born(2));
        let store = store(&[(1, &old)]);
        let beginning = Snapshot { function: "f".into(), identity: "1".into(), lineage: new, ..Snapshot::default() };
        store.put(&key(), 2, &file(&beginning, &[])).expect("put");
        let picked = unpoisoned(&store, &key()).expect("picked");
        assert_eq!((picked.seq, &*picked.good), (Some(2), &[2][..]));
        store.put(&key(), 3, b"").expect("put");
        assert_eq!(unpoisoned(&store, &key()).map(|_| ()).expect_err("damaged").kind(), ErrorKind::Damaged);
    }

    #[test]
    fn what_was_gone_back_behind_is_another_way() {
        let whole = Lineage::default();
        let store = store(&[(1, &whole), (2, &whole), (3, &whole), (4, &whole)]);
        let picked = named(Path::new("2"), &store, &key()).expect("picked");
        assert_eq!((&*picked.good, &*picked.others, picked.next), (&[1, 2][..], &[3, 4][..], 5));
        store.put(&key(), 5, &bytes(&picked.lineage)).expect("put");
        let later = unpoisoned(&store, &key()).expect("picked");
        assert_eq!((&*later.good, &*later.others), (&[1, 2, 5][..], &[3, 4][..]));
        store.set_starts(&key(), 5, 3).expect("set");
        assert_eq!(unpoisoned(&store, &key()).expect("picked").seq, Some(2), "not 4");
        // The other way stands as it is.
        assert_eq!(named(Path::new("4"), &store, &key()).expect("picked").good, [1, 2, 3, 4]);
        for seq in [3, 4] {
            store.remove(&key(), seq).expect("removed");
        }
        assert!(unpoisoned(&store, &key()).expect("picked").lineage.is_whole());
    }
}

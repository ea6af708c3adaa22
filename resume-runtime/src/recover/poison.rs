//! Snapshots that no start gets on from: one that crashes the program each time would do so for ever.
//!
//! A start of a root run from a snapshot is recorded beside it. The record goes when any run of the tree has saved, and
//! is taken back by an orderly end: a return, an `Err`, an interrupt. A panic, a kill, a lack of memory leave it there.
//! What has `MOST` of them is stepped over, as it may be the cause: a loop that was entered with a value that cannot be,
//! a state that takes more memory than there is. It may as well not be, so nothing is lost by that: it is kept, and where
//! nothing else is left the run goes on from it.

use std::sync::Mutex;

use crate::mutex::locked;
use crate::recover::pick::Picked;
use crate::run::ends;
use crate::store::{Key, Store};

/// So many starts that did not get on make a run step back.
const MOST: u32 = 3;

/// Whether a run should rather go on from another snapshot.
pub(crate) fn is_poisoned(store: &dyn Store, key: &Key, seq: u64) -> bool {
    store.starts(key, seq).is_ok_and(|record| ends::starts(record) >= MOST)
}

/// What is to be said of a run that goes on from `seq`, with these that have been started from too often; none if there
/// are none.
pub(crate) fn note(seq: u64, poisoned: &[u64]) -> Option<String> {
    if poisoned.contains(&seq) {
        return Some(format!(
            "snapshot {seq} has been started from {MOST} times without getting on, and there is no other to go back to: \
             see how those starts ended; RESUME_FRESH=1 starts afresh (the snapshots are kept)"
        ));
    }
    let named = match poisoned {
        [] => return None,
        [one] => format!("snapshot {one}"),
        more => {
            let numbers: Vec<String> = more.iter().rev().map(u64::to_string).collect();
            format!("each of the snapshots {}", numbers.join(", "))
        }
    };
    Some(format!("{named} has been started from {MOST} times without getting on; going on from {seq}"))
}

/// The record of the start that a root run and those below it are in, as long as it stands.
#[derive(Default, Debug)]
pub(crate) struct Start(Mutex<Option<Record>>);

#[derive(Debug)]
struct Record {
    key: Key,
    seq: u64,
    /// What was on record before this one.
    before: u32,
}

impl Start {
    /// Records a start from the snapshot that was picked. That it cannot be recorded is no reason not to start.
    pub(crate) fn record(&self, store: &dyn Store, key: &Key, picked: &Picked) {
        let (Some(seq), Some(snapshot)) = (picked.seq, &picked.snapshot) else { return };
        // One that was asked for by name is what the user wants, and what is over gives its result back.
        if picked.is_named || snapshot.finished {
            return;
        }
        // Where nothing else is left its count begins anew; the newer ones stay stepped over.
        let is_anew = picked.poisoned.contains(&seq);
        let before = store.starts(key, seq).unwrap_or_default();
        let before = if is_anew { ends::mark(before) } else { before };
        if store.set_starts(key, seq, before.saturating_add(1)).is_ok() {
            self.replace(Some(Record { key: key.clone(), seq, before }));
        }
    }

    /// A run of the tree has saved: whatever happens next, the snapshot it started from was none to crash on.
    pub(crate) fn got_on(&self, store: &dyn Store) {
        if let Some(Record { key, seq, before }) = self.replace(None) {
            let _ = store.set_starts(&key, seq, ends::mark(before));
        }
    }

    /// The run ends in an orderly way: this start does not count.
    pub(crate) fn take_back(&self, store: &dyn Store) {
        if let Some(Record { key, seq, before }) = self.replace(None) {
            let _ = store.set_starts(&key, seq, before);
        }
    }

    /// The snapshot is gone, and its record with it.
    pub(crate) fn forget(&self) {
        self.replace(None);
    }

    fn replace(&self, record: Option<Record>) -> Option<Record> {
        std::mem::replace(&mut locked(&self.0), record)
    }
}

#[cfg(test)]
mod tests {
    use super::{MOST, Start, is_poisoned, note};
    use crate::object::tests::file;
    use crate::recover::pick::{self, Picked};
    use crate::snapshot::Snapshot;
    use crate::store::{Key, Memory, Store};

    fn key() -> Key {
        Key::new("f", "1")
    }

    fn bytes(line: u32) -> Vec<u8> {
        file(&Snapshot { line, ..Snapshot::default() }, &[])
    }

    /// Snapshots 5, 6 and 7.
    fn store() -> Memory {
        let store = Memory::new();
        for seq in 5..=7 {
            store.put(&key(), seq, &bytes(seq as u32)).expect("put");
        }
        store
    }

    /// A start that dies; what it went on from, and what it said.
    fn die(store: &Memory) -> (Option<u64>, Option<String>) {
        let picked = pick::unpoisoned(store, &key()).expect("picked");
        Start::default().record(store, &key(), &picked);
        (picked.seq, picked.note)
    }

    fn starts(store: &Memory) -> [u32; 3] {
        [5, 6, 7].map(|seq| store.starts(&key(), seq).expect("known"))
    }

    #[test]
    fn three_starts_that_die_make_it_step_back() {
        let store = store();
        for _ in 0..MOST {
            assert_eq!(die(&store), (Some(7), None));
        }
        assert!(is_poisoned(&store, &key(), 7));
        let picked = pick::unpoisoned(&store, &key()).expect("picked");
        assert_eq!((picked.seq, &*picked.poisoned, picked.next), (Some(6), &[7][..], 8));
        assert_eq!(picked.good, [5, 6]);
        assert_eq!(picked.snapshot.map(|snapshot| snapshot.line), Some(6));
        let said = picked.note.expect("said");
        assert_eq!(said, "snapshot 7 has been started from 3 times without getting on; going on from 6");
        for seq in [6, 5] {
            for _ in 0..MOST {
                assert_eq!(die(&store).0, Some(seq));
            }
        }
        assert_eq!(starts(&store), [3, 3, 3]);
        let (seq, said) = die(&store);
        assert_eq!(
            seq,
            Some(5),
            "never from the start, nor from one whose output files are longer than they are by then"
        );
        assert!(said.is_some_and(|said| said.contains("RESUME_FRESH=1")));
        assert_eq!(starts(&store), [1, 3, 3], "its count begins anew");
        assert_eq!(
            die(&store),
            (
                Some(5),
                Some(
                    "each of the snapshots 6, 7 has been started from 3 times without getting on; going on from 5"
                        .to_owned()
                )
            )
        );
        assert_eq!(store.list(&key()).ok(), Some(vec![5, 6, 7]));
    }

    #[test]
    fn a_start_that_ends_or_gets_on_does_not_count() {
        let store = store();
        for _ in 0..2 {
            die(&store);
        }
        let picked = pick::unpoisoned(&store, &key()).expect("picked");
        let start = Start::default();
        start.record(&store, &key(), &picked);
        assert_eq!(starts(&store), [0, 0, 3]);
        start.take_back(&store);
        assert_eq!(starts(&store), [0, 0, 2]);
        start.record(&store, &key(), &picked);
        start.got_on(&store);
        start.take_back(&store);
        assert_eq!(starts(&store), [0, 0, 0]);
    }

    #[test]
    fn what_is_named_or_over_is_not_counted() {
        let store = store();
        let picked = Picked { is_named: true, ..pick::unpoisoned(&store, &key()).expect("picked") };
        Start::default().record(&store, &key(), &picked);
        let over = Snapshot { finished: true, ..Snapshot::default() };
        let picked = Picked { snapshot: Some(Box::new(over)), ..pick::unpoisoned(&store, &key()).expect("picked") };
        Start::default().record(&store, &key(), &picked);
        Start::default().record(&store, &key(), &Picked::default());
        assert_eq!(starts(&store), [0, 0, 0]);
    }

    /// Better one that may crash than none.
    #[test]
    fn where_the_others_are_damaged_it_is_taken_nevertheless() {
        let store = Memory::new();
        for (seq, bytes) in [(5, vec![]), (6, bytes(6)), (7, vec![1])] {
            store.put(&key(), seq, &bytes).expect("put");
        }
        store.set_starts(&key(), 6, MOST).expect("set");
        let picked = pick::unpoisoned(&store, &key()).expect("picked");
        assert_eq!((picked.seq, picked.next), (Some(6), 8));
        assert_eq!(picked.skipped.iter().map(|(seq, _)| *seq).collect::<Vec<_>>(), [7], "older ones are not looked at");
        assert!(picked.note.is_some_and(|note| note.contains("no other")));
    }

    /// One that has been damaged since is none to go back to, whatever its count.
    #[test]
    fn a_poisoned_one_may_be_damaged_too() {
        let store = Memory::new();
        for (seq, bytes) in [(6, vec![]), (7, bytes(7))] {
            store.put(&key(), seq, &bytes).expect("put");
            store.set_starts(&key(), seq, MOST).expect("set");
        }
        let picked = pick::unpoisoned(&store, &key()).expect("picked");
        assert_eq!((picked.seq, &*picked.poisoned, picked.next), (Some(7), &[7][..], 8));
    }

    #[test]
    fn several_are_named() {
        assert_eq!(note(4, &[]), None);
        let said = note(4, &[7, 6, 5]).expect("said");
        assert!(said.starts_with("each of the snapshots 5, 6, 7 has been started from 3 times"), "{said}");
        assert!(said.ends_with("going on from 4"), "{said}");
    }
}

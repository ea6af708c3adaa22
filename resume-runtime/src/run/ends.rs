//! Where calls of a run end that is kept for a later one.
//!
//! The later call goes on from the last snapshot of the earlier one. Those before it are in the middle of the earlier call: who
//! steps back to one of them gives the result of that again, as if it were its own. So nobody does.
//!
//! It stands in the record of starts from the snapshot, as more than so many cannot be.

use std::io;

use crate::store::{Key, Store};

/// What an end adds to the number of starts.
const ENDED: u32 = 1_000;

/// Of what a store has on record, how many starts there were.
pub(crate) fn starts(record: u32) -> u32 {
    record % ENDED
}

/// Of what a store has on record, what is not the number of starts.
pub(crate) fn mark(record: u32) -> u32 {
    record - starts(record)
}

/// Whether a call has ended with the snapshot.
pub(crate) fn is_end(store: &dyn Store, key: &Key, seq: u64) -> bool {
    store.starts(key, seq).is_ok_and(|record| record >= ENDED)
}

/// A call has ended with the snapshot.
pub(crate) fn set_end(store: &dyn Store, key: &Key, seq: u64) -> io::Result<()> {
    let record = store.starts(key, seq)?;
    if record < ENDED { store.set_starts(key, seq, record + ENDED) } else { Ok(()) }
}

#[cfg(test)]
mod tests {
    use super::{is_end, set_end};
    use crate::error::ErrorKind;
    use crate::object::tests::file;
    use crate::recover::pick;
    use crate::recover::poison::Start;
    use crate::snapshot::Snapshot;
    use crate::store::{Key, Memory, Store};

    fn key() -> Key {
        Key::new("f", "1")
    }

    /// Snapshots 5, 6 and 7; a call ended with 6.
    fn store(newest: &[u8]) -> Memory {
        let store = Memory::new();
        let bytes = |line| file(&Snapshot { line, ..Snapshot::default() }, &[]);
        for (seq, bytes) in [(5, &*bytes(5)), (6, &*bytes(6)), (7, newest)] {
            store.put(&key(), seq, bytes).expect("put");
        }
        set_end(&store, &key(), 6).expect("put on record");
        store
    }

    #[test]
    fn nobody_steps_back_behind_an_end() {
        let store = store(b"damaged");
        for dies in 0..8 {
            let picked = pick::unpoisoned(&store, &key()).expect("picked");
            assert_eq!(picked.seq, Some(6), "{dies}");
            Start::default().record(&store, &key(), &picked);
            assert!(is_end(&store, &key(), 6) && !is_end(&store, &key(), 5));
        }
    }

    #[test]
    fn an_end_outlives_a_start_that_gets_on() {
        let store = store(&file(&Snapshot::default(), &[]));
        for _ in 0..3 {
            let picked = pick::unpoisoned(&store, &key()).expect("picked");
            assert_eq!(picked.seq, Some(7));
            Start::default().record(&store, &key(), &picked);
        }
        let picked = pick::unpoisoned(&store, &key()).expect("picked");
        assert_eq!(picked.seq, Some(6));
        let start = Start::default();
        start.record(&store, &key(), &picked);
        start.take_back(&store);
        start.record(&store, &key(), &picked);
        start.got_on(&store);
        assert!(is_end(&store, &key(), 6));
    }

    #[test]
    fn a_damaged_end_is_an_error() {
        let store = Memory::new();
        let whole = file(&Snapshot::default(), &[]);
        store.put(&key(), 5, &whole).expect("put");
        store.put(&key(), 6, b"damaged").expect("put");
        set_end(&store, &key(), 6).expect("put on record");
        let error = pick::newest(&store, &key()).map(drop).expect_err("nothing to go on from");
        assert_eq!(error.kind(), ErrorKind::Damaged);
        assert!(error.to_string().contains("RESUME_FROM=5"), "{error}");
    }
}

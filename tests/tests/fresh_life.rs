//! A life that was begun afresh, and could not be saved at first: no later start takes up the life before it.

use std::io;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering::SeqCst};
use std::sync::{Arc, Mutex};

use resume_runtime::store::{Busy, Content, Key, Lock, Memory, Object, Store};
use resume_runtime::{Error, ErrorKind, checkpoint, clear_interrupt, configure, interrupt, resumable};

/// Fails to write as often as it is told to, and remembers the run that it was to write of.
#[derive(Clone, Debug, Default)]
struct Failing {
    inner: Memory,
    fails: Arc<AtomicU64>,
    has_failed: Arc<AtomicBool>,
    key: Arc<Mutex<Option<Key>>>,
}

impl Store for Failing {
    fn write(&self, key: &Key, seq: u64, content: &mut Content<'_>) -> io::Result<()> {
        *self.key.lock().expect("no panic") = Some(key.clone());
        if self.fails.fetch_update(SeqCst, SeqCst, |fails| fails.checked_sub(1)).is_ok() {
            self.has_failed.store(true, SeqCst);
            return Err(io::ErrorKind::StorageFull.into());
        }
        self.inner.write(key, seq, content)
    }

    fn list(&self, key: &Key) -> io::Result<Vec<u64>> {
        self.inner.list(key)
    }
    fn open(&self, key: &Key, seq: u64) -> io::Result<Box<dyn Object>> {
        self.inner.open(key, seq)
    }
    fn remove(&self, key: &Key, seq: u64) -> io::Result<()> {
        self.inner.remove(key, seq)
    }
    fn clear(&self, key: &Key) -> io::Result<()> {
        self.inner.clear(key)
    }
    fn set_aside(&self, key: &Key, seq: u64) -> io::Result<String> {
        self.inner.set_aside(key, seq)
    }
    fn lock(&self, key: &Key) -> Result<Lock, Busy> {
        self.inner.lock(key)
    }
    fn below(&self, key: &Key) -> io::Result<Vec<String>> {
        self.inner.below(key)
    }
    fn holds_runs(&self, key: &Key) -> bool {
        self.inner.holds_runs(key)
    }
    fn locate(&self, key: &Key, seq: u64) -> String {
        self.inner.locate(key, seq)
    }
    fn place(&self, key: &Key) -> String {
        self.inner.place(key)
    }
}

static STOP: AtomicU64 = AtomicU64::new(0);

#[resumable]
fn count() -> Result<u64, Error> {
    #[resume]
    let mut sum = 0;
    for pass in 0..100_u64 {
        sum += pass;
        if pass == STOP.load(SeqCst) {
            interrupt();
        }
        checkpoint!(every = 1);
    }
    Ok(sum)
}

/// Runs up to that pass, whose snapshot is taken.
fn run_to(pass: u64) {
    STOP.store(pass, SeqCst);
    let error = count().expect_err("it is interrupted");
    assert!(error.is_interrupt(), "{error}");
    clear_interrupt();
}

#[test]
fn its_beginning_is_saved_with_its_first_snapshot_that_is() {
    let store = Failing::default();
    configure().store_in(store.clone()).quiet(true);
    run_to(7);
    let key = store.key.lock().expect("no panic").clone().expect("it has been saved");
    let old = store.list(&key).expect("listed");

    configure().fresh(true);
    store.fails.store(1, SeqCst);
    run_to(60);
    configure().fresh(false);
    assert!(store.has_failed.load(SeqCst));

    // All of the new life but its beginning is lost.
    let new: Vec<u64> = store.list(&key).expect("listed").into_iter().filter(|seq| !old.contains(seq)).collect();
    assert!(new.len() > 1, "{new:?} stand on a beginning");
    for &seq in &new[1..] {
        store.remove(&key, seq).expect("removed");
        store.put(&key, seq, b"nothing").expect("written");
    }
    STOP.store(u64::MAX, SeqCst);
    let error = count().expect_err("the old life is not the one that was asked for");
    assert_eq!(error.kind(), ErrorKind::Damaged, "{error}");
}

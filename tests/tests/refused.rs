//! A store that takes nothing for a while: a run with many child runs says so once, and does not try again for each of them.

use std::io;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering::SeqCst};

use resume_runtime::store::{Busy, Content, Key, Lock, Memory, Object, Store};
use resume_runtime::{checkpoint, configure, resumable};

/// Counts what it is asked to write, and refuses it as long as it is told to.
#[derive(Clone, Debug, Default)]
struct Refusing {
    inner: Memory,
    refuses: Arc<AtomicBool>,
    asked: Arc<AtomicU64>,
}

impl Store for Refusing {
    fn write(&self, key: &Key, seq: u64, content: &mut Content<'_>) -> io::Result<()> {
        self.asked.fetch_add(1, SeqCst);
        match self.refuses.load(SeqCst) {
            true => Err(io::ErrorKind::StorageFull.into()),
            false => self.inner.write(key, seq, content),
        }
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

const CHILDREN: u64 = 2_000;

#[resumable]
fn child(n: u64) -> u64 {
    #[resume]
    let mut sum = n;
    for k in 0..4 {
        sum += k;
        checkpoint!(every = 3);
    }
    sum
}

#[resumable]
fn parent() -> u64 {
    #[resume]
    let mut sum = 0;
    for n in 0..CHILDREN {
        sum += child(n);
        checkpoint!(every = 100);
    }
    sum
}

#[test]
fn child_runs_do_not_try_each_by_itself() {
    let store = Refusing::default();
    configure().store_in(store.clone()).quiet(true);
    let want = parent();
    assert!(store.asked.swap(0, SeqCst) > CHILDREN, "each child run is saved once, and the parent");
    store.refuses.store(true, SeqCst);
    assert_eq!(parent(), want);
    let asked = store.asked.load(SeqCst);
    assert!(asked > 0 && asked < CHILDREN / 10, "asked {asked} times");
}

//! A store in memory that refuses to write for as long as it is told to.

use std::io;
use std::sync::atomic::{AtomicU64, Ordering::SeqCst};
use std::sync::{Arc, Mutex};

use resume_runtime::store::{Busy, Content, Key, Lock, Memory, Object, Store};

/// A store in memory that can be told to refuse.
#[derive(Clone, Debug, Default)]
pub struct Refusing {
    /// What it has taken.
    pub inner: Memory,
    /// How many more times it refuses.
    pub refuses: Arc<AtomicU64>,
    /// How often it was asked to write.
    pub asked: Arc<AtomicU64>,
    /// The run that it was last asked to write of.
    pub key: Arc<Mutex<Option<Key>>>,
}

impl Store for Refusing {
    fn write(&self, key: &Key, seq: u64, content: &mut Content<'_>) -> io::Result<()> {
        self.asked.fetch_add(1, SeqCst);
        *self.key.lock().expect("no panic") = Some(key.clone());
        match self.refuses.fetch_update(SeqCst, SeqCst, |left| left.checked_sub(1)) {
            Ok(_) => Err(io::ErrorKind::StorageFull.into()),
            Err(_) => self.inner.write(key, seq, content),
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

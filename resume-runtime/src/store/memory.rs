//! Snapshots in memory, for tests and for those who want no files.

use std::collections::{BTreeMap, HashSet};
use std::io;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use super::{Busy, Holder, Key, Lock, Store};

/// A store in memory. Clones share their content, which goes with the last of them.
#[derive(Clone, Default, Debug)]
pub struct Memory(Arc<Mutex<Content>>);

#[derive(Default, Debug)]
struct Content {
    runs: BTreeMap<Key, BTreeMap<u64, Vec<u8>>>,
    damaged: BTreeMap<Key, Vec<(u64, Vec<u8>)>>,
    locked: HashSet<Key>,
}

impl Memory {
    /// An empty store.
    pub fn new() -> Memory {
        Memory::default()
    }

    /// No method leaves the content half changed, so one that panicked is no harm to the others.
    fn content(&self) -> MutexGuard<'_, Content> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Store for Memory {
    fn list(&self, key: &Key) -> io::Result<Vec<u64>> {
        let content = self.content();
        Ok(content.runs.get(key).into_iter().flat_map(|run| run.keys().copied()).collect())
    }

    fn get(&self, key: &Key, seq: u64) -> io::Result<Vec<u8>> {
        let content = self.content();
        let bytes = content.runs.get(key).and_then(|run| run.get(&seq));
        bytes.cloned().ok_or_else(|| io::ErrorKind::NotFound.into())
    }

    fn put(&self, key: &Key, seq: u64, bytes: &[u8]) -> io::Result<()> {
        let mut content = self.content();
        let run = content.runs.entry(key.clone()).or_default();
        if run.contains_key(&seq) {
            return Err(io::ErrorKind::AlreadyExists.into());
        }
        run.insert(seq, bytes.to_vec());
        Ok(())
    }

    fn remove(&self, key: &Key, seq: u64) -> io::Result<()> {
        if let Some(run) = self.content().runs.get_mut(key) {
            run.remove(&seq);
        }
        Ok(())
    }

    fn clear(&self, key: &Key) -> io::Result<()> {
        let mut content = self.content();
        content.runs.retain(|run, _| !key.holds(run));
        content.damaged.retain(|run, _| !key.holds(run));
        Ok(())
    }

    fn set_aside(&self, key: &Key, seq: u64) -> io::Result<String> {
        let mut content = self.content();
        let bytes = content.runs.get_mut(key).and_then(|run| run.remove(&seq));
        let bytes = bytes.ok_or_else(|| io::Error::from(io::ErrorKind::NotFound))?;
        content.damaged.entry(key.clone()).or_default().push((seq, bytes));
        Ok(format!("{}.damaged", self.locate(key, seq)))
    }

    fn lock(&self, key: &Key) -> Result<Lock, Busy> {
        if !self.content().locked.insert(key.clone()) {
            return Err(Busy::Held(Holder::new(Some(std::process::id()), None, None)));
        }
        Ok(Lock::new(Held { store: self.clone(), key: key.clone() }))
    }

    fn locate(&self, key: &Key, seq: u64) -> String {
        format!("memory:{key}/{seq:08}")
    }

    fn place(&self, key: &Key) -> String {
        format!("memory:{key}")
    }
}

/// Gives the run free when dropped.
struct Held {
    store: Memory,
    key: Key,
}

impl Drop for Held {
    fn drop(&mut self) {
        self.store.content().locked.remove(&self.key);
    }
}

#[cfg(test)]
mod tests {
    use super::Memory;

    crate::store::suite::tests!(Memory::new());
}

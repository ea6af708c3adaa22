//! Snapshots in memory, for tests and for those who want no files.

use std::collections::btree_map::Entry;
use std::collections::{BTreeMap, HashSet};
use std::io;
use std::sync::{Arc, Mutex, MutexGuard};

use super::{Busy, Holder, Key, Lock, Object, Store};
use crate::mutex::locked;

/// A store in memory. Clones share their content, which goes with the last of them.
#[derive(Clone, Default, Debug)]
pub struct Memory(Arc<Mutex<Content>>);

/// The snapshots of a run, by their numbers.
type Run = BTreeMap<u64, Arc<Vec<u8>>>;

#[derive(Default, Debug)]
struct Content {
    runs: BTreeMap<Key, Run>,
    aside: Vec<(Key, u64, Arc<Vec<u8>>)>,
    starts: BTreeMap<(Key, u64), u32>,
    locked: HashSet<Key>,
}

impl Memory {
    /// An empty store.
    pub fn new() -> Memory {
        Memory::default()
    }

    /// Takes a snapshot out of the list, and keeps its bytes.
    fn take(&self, key: &Key, seq: u64) -> io::Result<()> {
        let mut content = self.content();
        let bytes = content.runs.get_mut(key).and_then(|run| run.remove(&seq));
        let bytes = bytes.ok_or_else(|| io::Error::from(io::ErrorKind::NotFound))?;
        content.aside.push((key.clone(), seq, bytes));
        content.starts.remove(&(key.clone(), seq));
        Ok(())
    }

    /// No method leaves the content half changed, so one that panicked is no harm to the others.
    fn content(&self) -> MutexGuard<'_, Content> {
        locked(&self.0)
    }
}

/// The bytes of a snapshot, which nobody changes.
struct Opened(Arc<Vec<u8>>);

impl Object for Opened {
    fn size(&self) -> u64 {
        self.0.len() as u64
    }

    fn read_at(&mut self, offset: u64, into: &mut [u8]) -> io::Result<()> {
        let start = usize::try_from(offset).map_err(|_| io::ErrorKind::UnexpectedEof)?;
        let bytes = self.0.get(start..).and_then(|rest| rest.get(..into.len()));
        into.copy_from_slice(bytes.ok_or(io::ErrorKind::UnexpectedEof)?);
        Ok(())
    }
}

impl Store for Memory {
    fn list(&self, key: &Key) -> io::Result<Vec<u64>> {
        let content = self.content();
        Ok(content.runs.get(key).into_iter().flat_map(|run| run.keys().copied()).collect())
    }

    fn open(&self, key: &Key, seq: u64) -> io::Result<Box<dyn Object>> {
        let content = self.content();
        let bytes = content.runs.get(key).and_then(|run| run.get(&seq));
        match bytes {
            Some(bytes) => Ok(Box::new(Opened(Arc::clone(bytes)))),
            None => Err(io::ErrorKind::NotFound.into()),
        }
    }

    fn write(&self, key: &Key, seq: u64, content: &mut super::Content<'_>) -> io::Result<()> {
        let mut bytes = Vec::new();
        content(&mut bytes)?;
        let mut content = self.content();
        match content.runs.entry(key.clone()).or_default().entry(seq) {
            Entry::Occupied(_) => Err(io::ErrorKind::AlreadyExists.into()),
            Entry::Vacant(place) => {
                place.insert(Arc::new(bytes));
                content.starts.remove(&(key.clone(), seq));
                Ok(())
            }
        }
    }

    fn remove(&self, key: &Key, seq: u64) -> io::Result<()> {
        let mut content = self.content();
        if let Some(run) = content.runs.get_mut(key) {
            run.remove(&seq);
        }
        content.starts.remove(&(key.clone(), seq));
        Ok(())
    }

    fn clear(&self, key: &Key) -> io::Result<()> {
        let mut content = self.content();
        content.runs.retain(|run, _| !key.holds(run));
        content.aside.retain(|(run, ..)| !key.holds(run));
        content.starts.retain(|(run, _), _| !key.holds(run));
        Ok(())
    }

    fn set_aside(&self, key: &Key, seq: u64) -> io::Result<String> {
        self.take(key, seq)?;
        Ok(format!("{}.damaged", self.locate(key, seq)))
    }

    fn set_poisoned_aside(&self, key: &Key, seq: u64) -> io::Result<String> {
        self.take(key, seq)?;
        Ok(format!("{}.poisoned", self.locate(key, seq)))
    }

    fn below(&self, key: &Key) -> io::Result<Vec<String>> {
        let content = self.content();
        let depth = key.components().len();
        let mut names: Vec<String> = content
            .runs
            .keys()
            .filter(|run| key.holds(run))
            .filter_map(|run| run.components().get(depth).cloned())
            .collect();
        names.dedup();
        Ok(names)
    }

    fn starts(&self, key: &Key, seq: u64) -> io::Result<u32> {
        Ok(self.content().starts.get(&(key.clone(), seq)).copied().unwrap_or_default())
    }

    fn set_starts(&self, key: &Key, seq: u64, starts: u32) -> io::Result<()> {
        self.content().starts.insert((key.clone(), seq), starts);
        Ok(())
    }

    fn lock(&self, key: &Key) -> Result<Lock, Busy> {
        if !self.content().locked.insert(key.clone()) {
            return Err(Busy::Held(Holder::new(Some(std::process::id()), None, None)));
        }
        Ok(Lock::new(Held { store: self.clone(), key: key.clone() }))
    }

    fn holds_runs(&self, key: &Key) -> bool {
        self.content().runs.keys().any(|run| key.holds(run))
    }

    fn used(&self) -> Option<u64> {
        let content = self.content();
        let listed = content.runs.values().flat_map(BTreeMap::values);
        let aside = content.aside.iter().map(|(.., bytes)| bytes);
        Some(listed.chain(aside).map(|bytes| bytes.len() as u64).sum())
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

//! Snapshots in memory, for tests and for those who want no files.

use std::collections::btree_map::Entry;
use std::collections::{BTreeMap, HashSet};
use std::io;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use super::{Busy, Holder, Key, Lock, Object, Store};

/// A store in memory. Clones share their content, which goes with the last of them.
#[derive(Clone, Default, Debug)]
pub struct Memory(Arc<Mutex<Content>>);

/// The snapshots of a run, by their numbers.
type Run = BTreeMap<u64, Arc<Vec<u8>>>;

#[derive(Default, Debug)]
struct Content {
    runs: BTreeMap<Key, Run>,
    damaged: Vec<(Key, u64, Arc<Vec<u8>>)>,
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
        match self.content().runs.entry(key.clone()).or_default().entry(seq) {
            Entry::Occupied(_) => Err(io::ErrorKind::AlreadyExists.into()),
            Entry::Vacant(place) => {
                place.insert(Arc::new(bytes));
                Ok(())
            }
        }
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
        content.damaged.retain(|(run, ..)| !key.holds(run));
        Ok(())
    }

    fn set_aside(&self, key: &Key, seq: u64) -> io::Result<String> {
        let mut content = self.content();
        let bytes = content.runs.get_mut(key).and_then(|run| run.remove(&seq));
        let bytes = bytes.ok_or_else(|| io::Error::from(io::ErrorKind::NotFound))?;
        content.damaged.push((key.clone(), seq, bytes));
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

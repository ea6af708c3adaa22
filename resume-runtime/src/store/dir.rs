//! Snapshots as files: `<root>/<function>/<identity>/00000001.snap`, child runs in folders below.

use std::collections::HashSet;
use std::fs::{self, File};
use std::io::{self, Read, Seek, SeekFrom};
use std::path::{Path, PathBuf};
use std::sync::{Mutex, MutexGuard, PoisonError};

use super::{Busy, Content, Key, Lock, Object, Store, durable, lock};
use crate::report;

/// What the file of a snapshot ends with.
const SUFFIX: &str = ".snap";

/// What the lock of a run adds to the name of its folder.
const LOCK: &str = ".lock";

/// The file in a run's folder that asks the run to stop.
const STOP: &str = "stop";

/// A folder of the file system as a store.
///
/// A file `stop` in a run's folder asks the run to save and stop at its next pass: `touch .checkpoints/f/1a2b/stop`. It is
/// removed when it is seen, so that the next start goes on. One that is there before the run starts stops it at its first
/// pass.
#[derive(Debug)]
pub struct Dir {
    root: PathBuf,
    /// The runs whose folder this process has made safe from a power cut, with all folders above.
    durable: Mutex<HashSet<Key>>,
}

impl Dir {
    /// The store in the folder `root`, which is made when something is to be put there.
    pub fn new(root: impl AsRef<Path>) -> Dir {
        let root = root.as_ref();
        // A program that changes its working directory must not lose its snapshots.
        let root = std::path::absolute(root).unwrap_or_else(|_| root.to_owned());
        Dir { root, durable: Mutex::default() }
    }

    /// The folder.
    pub fn root(&self) -> &Path {
        &self.root
    }

    fn folder(&self, key: &Key) -> PathBuf {
        self.root.join(key.components().iter().collect::<PathBuf>())
    }

    fn file(&self, key: &Key, seq: u64) -> PathBuf {
        self.folder(key).join(file_name(seq))
    }

    /// Beside the run's folder.
    fn lock_file(&self, key: &Key) -> PathBuf {
        let mut path = self.folder(key).into_os_string();
        path.push(LOCK);
        path.into()
    }

    fn durable(&self) -> MutexGuard<'_, HashSet<Key>> {
        self.durable.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Makes the way down to a folder safe from a power cut: each folder's name is an entry of the
    /// one above it.
    fn sync_above(&self, folder: &Path) -> io::Result<()> {
        for above in folder.ancestors().skip(1) {
            let is_ours = above.starts_with(&self.root);
            match durable::sync_folder(above) {
                // What is above the store may well be closed to us.
                Err(error) if is_ours => return Err(error),
                _ if is_ours => {}
                _ => break,
            }
        }
        Ok(())
    }
}

/// The file of a snapshot.
struct Opened {
    file: File,
    size: u64,
}

/// Opens the file of a snapshot, wherever it is.
pub(crate) fn open_file(path: &Path) -> io::Result<Box<dyn Object>> {
    // Opening a pipe under this name could last for ever.
    let about = fs::metadata(path)?;
    if !about.is_file() {
        return Err(io::Error::new(io::ErrorKind::InvalidData, "not a regular file"));
    }
    Ok(Box::new(Opened { size: about.len(), file: File::open(path)? }))
}

impl Object for Opened {
    fn size(&self) -> u64 {
        self.size
    }

    fn read_at(&mut self, offset: u64, into: &mut [u8]) -> io::Result<()> {
        self.file.seek(SeekFrom::Start(offset))?;
        self.file.read_exact(into)
    }
}

impl Store for Dir {
    fn list(&self, key: &Key) -> io::Result<Vec<u64>> {
        let entries = match fs::read_dir(self.folder(key)) {
            Err(e) if e.kind() == io::ErrorKind::NotFound => return Ok(Vec::new()),
            entries => entries?,
        };
        let mut found = Vec::new();
        for entry in entries {
            found.extend(entry?.file_name().to_str().and_then(parse));
        }
        found.sort_unstable();
        Ok(found)
    }

    fn open(&self, key: &Key, seq: u64) -> io::Result<Box<dyn Object>> {
        open_file(&self.file(key, seq))
    }

    fn write(&self, key: &Key, seq: u64, content: &mut Content<'_>) -> io::Result<()> {
        let folder = self.folder(key);
        let is_new = make(&folder)?;
        durable::write(&folder, &file_name(seq), content)?;
        if is_new || !self.durable().contains(key) {
            self.sync_above(&folder)?;
            self.durable().insert(key.clone());
        }
        Ok(())
    }

    fn remove(&self, key: &Key, seq: u64) -> io::Result<()> {
        unless_missing(fs::remove_file(self.file(key, seq)))
    }

    fn clear(&self, key: &Key) -> io::Result<()> {
        self.durable().retain(|known| !key.holds(known));
        let folder = self.folder(key);
        let entries = match fs::read_dir(&folder) {
            Err(e) if e.kind() == io::ErrorKind::NotFound => return Ok(()),
            entries => entries?,
        };
        let mut files = Vec::new();
        let mut had_folders = false;
        for entry in entries {
            let entry = entry?;
            if entry.file_type()?.is_dir() {
                had_folders = true;
                unless_missing(fs::remove_dir_all(entry.path()))?;
            } else {
                files.push(entry.path());
            }
        }
        // Child runs that came back after a power cut would be taken for those of a later life of
        // this run, so they must be gone for good before its own snapshots are.
        if had_folders {
            durable::sync_folder(&folder)?;
        }
        // Killed in the middle, the run has still its newest snapshot.
        files.sort();
        for file in files {
            unless_missing(fs::remove_file(file))?;
        }
        unless_missing(fs::remove_dir(&folder))
    }

    fn set_aside(&self, key: &Key, seq: u64) -> io::Result<String> {
        let folder = self.folder(key);
        let from = file_name(seq);
        // A number may have been set aside before, in an earlier life of the run.
        for n in 1_u32.. {
            let more = if n == 1 { String::new() } else { format!("-{n}") };
            let to = format!("{from}.damaged{more}");
            match durable::rename(&folder, &from, &to) {
                Err(e) if e.kind() == io::ErrorKind::AlreadyExists => {}
                result => return result.map(|()| folder.join(to).display().to_string()),
            }
        }
        Err(io::ErrorKind::AlreadyExists.into())
    }

    fn lock(&self, key: &Key) -> Result<Lock, Busy> {
        let lock = lock::acquire(&self.lock_file(key), &self.root)?;
        durable::sweep(&self.folder(key));
        Ok(lock)
    }

    fn stop_requested(&self, key: &Key) -> bool {
        let file = self.folder(key).join(STOP);
        // A look first: where nothing may be written, removing fails before it is known whether there is a file.
        if !fs::symlink_metadata(&file).is_ok_and(|found| !found.is_dir()) {
            return false;
        }
        match fs::remove_file(&file) {
            Err(e) if e.kind() != io::ErrorKind::NotFound => {
                report::warning(&format!(
                    "{} stops the run, but cannot be removed ({e}): remove it, or the next start stops too",
                    file.display()
                ));
            }
            _ => {}
        }
        true
    }

    fn locate(&self, key: &Key, seq: u64) -> String {
        self.file(key, seq).display().to_string()
    }

    fn place(&self, key: &Key) -> String {
        self.folder(key).display().to_string()
    }
}

/// Makes a folder with all above it; tells whether it was not there before.
pub(super) fn make(folder: &Path) -> io::Result<bool> {
    // Another run may be done at this moment and remove the folders above, which it found empty.
    for _ in 0..100 {
        match fs::create_dir(folder) {
            Ok(()) => return Ok(true),
            Err(e) if e.kind() == io::ErrorKind::AlreadyExists => return Ok(false),
            Err(e) if e.kind() != io::ErrorKind::NotFound => return Err(e),
            Err(_) => {}
        }
        match folder.parent().map(fs::create_dir_all) {
            Some(Err(e)) if e.kind() != io::ErrorKind::NotFound => return Err(e),
            _ => {}
        }
    }
    fs::create_dir_all(folder).map(|()| true)
}

/// The name of a snapshot's file.
pub(crate) fn file_name(seq: u64) -> String {
    format!("{seq:08}{SUFFIX}")
}

/// The inverse of `file_name`; other names are not snapshots.
fn parse(name: &str) -> Option<u64> {
    let seq = name.strip_suffix(SUFFIX)?.parse().ok()?;
    (file_name(seq) == name).then_some(seq)
}

/// What is to be gone may be gone already.
fn unless_missing(result: io::Result<()>) -> io::Result<()> {
    match result {
        Err(e) if e.kind() == io::ErrorKind::NotFound => Ok(()),
        result => result,
    }
}

#[cfg(test)]
mod tests {
    use super::{Dir, file_name, parse};
    use crate::store::suite::Scratch;
    use crate::store::{Key, Store};
    use std::{fs, io};

    crate::store::suite::tests!(Scratch::store());

    fn key() -> Key {
        Key::new("f", "1")
    }

    #[test]
    fn file_names_sort_and_come_back() {
        for seq in [0, 1, 99_999_999, 100_000_000, u64::MAX] {
            assert_eq!(parse(&file_name(seq)), Some(seq));
        }
        for name in ["1.snap", "+0000001.snap", "00000001", "00000001.snap.damaged", ".snap", "x"] {
            assert_eq!(parse(name), None, "{name}");
        }
    }

    #[test]
    fn other_files_are_not_listed() -> io::Result<()> {
        let store = Scratch::store();
        store.put(&key(), 3, b"x")?;
        let folder = store.root().join("f/1");
        fs::write(folder.join("00000004.snap.77-1.tmp"), b"half")?;
        fs::write(folder.join("notes.txt"), b"mine")?;
        assert_eq!(store.list(&key())?, [3]);
        Ok(())
    }

    #[test]
    fn a_request_to_stop_counts_once_and_is_no_snapshot() -> io::Result<()> {
        let store = Scratch::store();
        assert!(!store.stop_requested(&key()));
        let folder = store.root().join("f/1");
        fs::create_dir_all(&folder)?;
        fs::write(folder.join("stop"), b"")?;
        store.put(&key(), 1, b"x")?;
        assert_eq!(store.list(&key())?, [1]);
        assert!(!store.stop_requested(&Key::new("f", "2")));
        assert!(store.stop_requested(&key()));
        assert!(!store.stop_requested(&key()));
        fs::write(folder.join("stop"), b"")?;
        store.clear(&key())?;
        assert!(!folder.exists());
        Ok(())
    }

    #[test]
    fn a_folder_in_place_of_a_snapshot_is_invalid_data() -> io::Result<()> {
        let store = Scratch::store();
        fs::create_dir_all(store.root().join("f/1/00000002.snap"))?;
        let kind = store.get(&key(), 2).map_err(|e| e.kind());
        assert_eq!(kind, Err(io::ErrorKind::InvalidData));
        Ok(())
    }

    #[test]
    fn nothing_is_written_before_it_is_needed() -> io::Result<()> {
        let folder = Scratch::folder();
        let store = Dir::new(folder.join("deep/down"));
        assert_eq!(store.list(&key())?, [0_u64; 0]);
        store.clear(&key())?;
        assert_eq!(fs::read_dir(&*folder)?.count(), 0);
        Ok(())
    }

    #[test]
    fn a_store_outlives_its_handle_and_its_folder() -> io::Result<()> {
        let store = Scratch::store();
        store.put(&key(), 1, b"one")?;
        assert_eq!(Dir::new(store.root()).get(&key(), 1)?, b"one");
        fs::remove_dir_all(store.root())?;
        store.put(&key(), 2, b"two")?;
        assert_eq!(store.list(&key())?, [2]);
        Ok(())
    }

    #[test]
    fn set_aside_twice_keeps_both() -> io::Result<()> {
        let store = Scratch::store();
        for bytes in [b"one", b"two"] {
            store.put(&key(), 1, bytes)?;
            store.set_aside(&key(), 1)?;
        }
        let folder = store.root().join("f/1");
        assert_eq!(fs::read(folder.join("00000001.snap.damaged"))?, b"one");
        assert_eq!(fs::read(folder.join("00000001.snap.damaged-2"))?, b"two");
        Ok(())
    }
}

//! Snapshots as files: `<root>/<function>/<identity>/00000001.snap`, child runs in folders below.

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, MutexGuard};
use std::{fs, io};

use super::disk::{Disk, Entry, Os};
use super::durable::{self, again};
use super::ways::Ways;
use super::{Busy, Content, Key, Lock, Object, Store, lock, starts, usage};
use crate::mutex::locked;
use crate::report;

/// What the file of a snapshot ends with.
const SUFFIX: &str = ".snap";

/// What the name of a snapshot that no start got on from ends with.
const POISONED: &str = "poisoned";

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
    disk: Box<dyn Disk>,
    root: PathBuf,
    /// Runs whose folder is safe from a power cut, with all on the way down to it.
    durable: Mutex<BTreeSet<Key>>,
    ways: Arc<Ways>,
}

impl Dir {
    /// The store in the folder `root`, which is made when something is to be put there.
    pub fn new(root: impl AsRef<Path>) -> Dir {
        Dir { ways: Ways::of_process(), ..Dir::on(Box::new(Os), root.as_ref()) }
    }

    pub(super) fn on(disk: Box<dyn Disk>, root: &Path) -> Dir {
        // A program that changes its working directory must not lose its snapshots.
        let root = std::path::absolute(root).unwrap_or_else(|_| root.to_owned());
        Dir { disk, root, durable: Mutex::default(), ways: Arc::default() }
    }

    /// The folder.
    pub fn root(&self) -> &Path {
        &self.root
    }

    pub(super) fn folder(&self, key: &Key) -> PathBuf {
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

    fn durable(&self) -> MutexGuard<'_, BTreeSet<Key>> {
        locked(&self.durable)
    }

    /// The folder of a run, or one below it, may be another by now.
    fn forget(&self, key: &Key) {
        let mut durable = self.durable();
        // One behind the other in their order.
        let gone: Vec<Key> = durable.range(key.clone()..).take_while(|known| key.holds(known)).cloned().collect();
        for known in gone {
            durable.remove(&known);
        }
    }

    /// Gives a snapshot a name that is none of a snapshot.
    fn rename(&self, key: &Key, seq: u64, mark: &str) -> io::Result<String> {
        let folder = self.folder(key);
        lock::check(&folder)?;
        let from = file_name(seq);
        // A number may have been set aside before, in an earlier life of the run.
        for n in 1_u32.. {
            let more = if n == 1 { String::new() } else { format!("-{n}") };
            let to = format!("{from}.{mark}{more}");
            match durable::rename(&*self.disk, &folder, &from, &to) {
                Err(e) if e.kind() == io::ErrorKind::AlreadyExists => {}
                result => {
                    result?;
                    starts::forget(&self.file(key, seq));
                    return Ok(folder.join(to).display().to_string());
                }
            }
        }
        Err(io::ErrorKind::AlreadyExists.into())
    }

    /// Removes what was set aside as poisoned before: a program that dies for ever would fill the disk with them. They
    /// could be read, and the run has got on without them.
    fn drop_poisoned(&self, key: &Key, but: &str) {
        let folder = self.folder(key);
        for entry in self.entries(&folder).unwrap_or_default() {
            let path = folder.join(&entry.name);
            if path.extension().is_some_and(|end| end == POISONED) && path != Path::new(but) {
                let _ = again(|| self.disk.remove_file(&path));
            }
        }
    }

    /// Makes the folder of a run, safe from a power cut: each folder's name is an entry of the one above it.
    ///
    /// That a folder was there already does not mean that its name is durable: a process that was killed may have made
    /// it a moment ago. So the way down is synced once for each run, and what leads down to the runs once.
    fn make_durable(&self, key: &Key, folder: &Path) -> io::Result<()> {
        let made = durable::make(&*self.disk, folder)?;
        if made.is_some() {
            self.forget(key);
        } else if self.durable().contains(key) {
            return Ok(());
        }
        let run: PathBuf = key.components().iter().take(2).collect();
        for step in self.ways.steps(&*self.disk, folder, &self.root.join(run), made) {
            self.disk.sync_folder(step.above).map_err(|error| {
                let what = format!("the folder {} could not be synced: {error}", step.above.display());
                io::Error::new(error.kind(), what)
            })?;
            self.ways.done(step);
        }
        self.durable().insert(key.clone());
        Ok(())
    }

    /// What is in a folder, in the order of its names; nothing, if there is no such folder.
    fn entries(&self, folder: &Path) -> io::Result<Vec<Entry>> {
        let mut entries = durable::unless_missing(again(|| self.disk.list(folder)))?;
        entries.sort_unstable();
        Ok(entries)
    }
}

/// Opens the file of a snapshot, wherever it is.
pub(crate) fn open_file(path: &Path) -> io::Result<Box<dyn Object>> {
    again(|| Os.open(path))
}

impl Store for Dir {
    fn list(&self, key: &Key) -> io::Result<Vec<u64>> {
        let entries = self.entries(&self.folder(key))?;
        let mut found: Vec<u64> = entries.iter().filter_map(|entry| entry.name.to_str().and_then(parse)).collect();
        found.sort_unstable();
        Ok(found)
    }

    fn open(&self, key: &Key, seq: u64) -> io::Result<Box<dyn Object>> {
        again(|| self.disk.open(&self.file(key, seq)))
    }

    fn write(&self, key: &Key, seq: u64, content: &mut Content<'_>) -> io::Result<()> {
        let folder = self.folder(key);
        self.make_durable(key, &folder)?;
        starts::forget(&self.file(key, seq));
        durable::write(&*self.disk, &folder, &file_name(seq), content)
    }

    fn remove(&self, key: &Key, seq: u64) -> io::Result<()> {
        lock::check(&self.folder(key))?;
        durable::unless_missing(again(|| self.disk.remove_file(&self.file(key, seq))))?;
        starts::forget(&self.file(key, seq));
        Ok(())
    }

    /// In one step: a snapshot needs files of earlier ones, and child runs those of the snapshot that they stand on, so a
    /// part of a folder would be worse than all of it.
    fn clear(&self, key: &Key) -> io::Result<()> {
        self.forget(key);
        let folder = self.folder(key);
        // Most runs that are quick have saved nothing.
        if self.disk.list(&folder).is_err_and(|e| e.kind() == io::ErrorKind::NotFound) {
            return lock::check_name(&folder);
        }
        let gone = durable::gone(&folder);
        lock::check(&folder)?;
        let mut renamed = again(|| self.disk.rename(&folder, &gone));
        if renamed.as_ref().is_err_and(|e| e.kind() == io::ErrorKind::AlreadyExists) {
            again(|| self.disk.remove_tree(&gone))?;
            renamed = again(|| self.disk.rename(&folder, &gone));
        }
        match renamed {
            Err(e) if e.kind() == io::ErrorKind::NotFound => return Ok(()),
            renamed => renamed?,
        }
        if let Some(above) = folder.parent() {
            self.disk.sync_folder(above)?;
        }
        again(|| self.disk.remove_tree(&gone))
    }

    fn set_aside(&self, key: &Key, seq: u64) -> io::Result<String> {
        self.rename(key, seq, "damaged")
    }

    fn set_poisoned_aside(&self, key: &Key, seq: u64) -> io::Result<String> {
        let place = self.rename(key, seq, POISONED)?;
        self.drop_poisoned(key, &place);
        Ok(place)
    }

    fn starts(&self, key: &Key, seq: u64) -> io::Result<u32> {
        starts::count(&self.file(key, seq))
    }

    fn set_starts(&self, key: &Key, seq: u64, starts: u32) -> io::Result<()> {
        lock::check(&self.folder(key))?;
        starts::set(&self.file(key, seq), starts)
    }

    fn lock(&self, key: &Key) -> Result<Lock, Busy> {
        let mut lock = lock::acquire(&self.lock_file(key), &self.root)?;
        // While the run was not ours, somebody else may have removed its folder and made it again.
        self.forget(key);
        let folder = self.folder(key);
        if durable::refresh(&*self.disk, &folder) {
            let swept = durable::sweep(&*self.disk, &folder);
            // Whoever had the run before may wake up yet: as long as its unfinished file is there, it could get its name.
            if lock.is_taken_over() {
                swept?;
            }
        } else {
            lock = lock.of_new_run();
        }
        // Whatever stays is tried again by the next holder of the lock.
        let _ = again(|| self.disk.remove_tree(&durable::gone(&folder)));
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

    fn holds_runs(&self, key: &Key) -> bool {
        match fs::read_dir(self.folder(key)) {
            Ok(mut entries) => entries.next().is_some(),
            Err(error) => error.kind() != io::ErrorKind::NotFound,
        }
    }

    fn below(&self, key: &Key) -> io::Result<Vec<String>> {
        let folders = self.entries(&self.folder(key))?.into_iter().filter(|entry| entry.is_folder);
        Ok(folders.filter_map(|entry| entry.name.into_string().ok()).collect())
    }

    fn used(&self) -> Option<u64> {
        usage::bytes(&self.root).ok()
    }

    fn locate(&self, key: &Key, seq: u64) -> String {
        self.file(key, seq).display().to_string()
    }

    fn place(&self, key: &Key) -> String {
        self.folder(key).display().to_string()
    }
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
    fn a_run_is_new_as_long_as_it_has_nothing_in_the_store() -> Result<(), Box<dyn std::error::Error>> {
        let store = Scratch::store();
        assert!(store.lock(&key())?.is_of_new_run());
        let folder = store.root().join("f/1");
        fs::create_dir_all(&folder)?;
        fs::write(folder.join("stop"), b"")?;
        let lock = store.lock(&key())?;
        assert!(!lock.is_of_new_run() && store.stop_requested(&key()));
        store.put(&key().child("under-0").child("0-g"), 1, b"x")?;
        drop(lock);
        assert!(!store.lock(&key())?.is_of_new_run());
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

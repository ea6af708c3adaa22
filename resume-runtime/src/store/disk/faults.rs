//! Calls that fail: each call of each method of the store, once and for good, with each error that disks and networks
//! are known for.

use std::collections::BTreeSet;
use std::io::{self, Write};
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, MutexGuard};

use super::power::{History, life};
use super::sim::{Lie, Sim};
use super::{Disk, Entry, Identity, Object, Output};
use crate::store::{Dir, Key, Store};

const ERRORS: [i32; 5] = [libc::ENOSPC, libc::EIO, libc::EACCES, libc::EINTR, libc::ESTALE];

/// What goes wrong.
#[derive(Clone, Copy, Debug)]
enum Fault {
    Error(i32),
    /// A write takes no more than so many bytes.
    Short(usize),
}

#[derive(Default, Debug)]
struct Plan {
    fault: Option<Fault>,
    /// How many calls go well before.
    after: usize,
    /// Only one call is hit, or all that follow.
    is_once: bool,
    /// The calls that were hit.
    hit: Vec<&'static str>,
    /// Files of which a sync has failed.
    unsound: BTreeSet<PathBuf>,
    /// What was done with such a file and must not be.
    broken: Option<String>,
}

/// A disk on which calls fail as planned.
#[derive(Clone, Debug)]
struct Faulty {
    disk: Sim,
    plan: Arc<Mutex<Plan>>,
}

impl Faulty {
    fn plan(&self) -> MutexGuard<'_, Plan> {
        self.plan.lock().expect("no panic while it is held")
    }

    /// The fault that hits this call.
    fn hits(&self, call: &'static str) -> Option<Fault> {
        let mut plan = self.plan();
        let fault = plan.fault?;
        if matches!(fault, Fault::Short(_)) && call != "write" {
            return None;
        }
        if plan.after > 0 {
            plan.after -= 1;
            return None;
        }
        plan.hit.push(call);
        if plan.is_once {
            plan.fault = None;
        }
        Some(fault)
    }

    fn pass(&self, call: &'static str) -> io::Result<()> {
        match self.hits(call) {
            Some(Fault::Error(number)) => Err(io::Error::from_raw_os_error(number)),
            Some(Fault::Short(_)) | None => Ok(()),
        }
    }

    fn plan_fault(&self, fault: Fault, after: usize, is_once: bool) {
        *self.plan() = Plan { fault: Some(fault), after, is_once, ..Plan::default() };
    }

    /// The calls that were hit; the disk is sound from here on.
    fn heal(&self) -> Vec<&'static str> {
        let plan = std::mem::take(&mut *self.plan());
        assert_eq!(plan.broken, None);
        plan.hit
    }
}

impl Disk for Faulty {
    fn create(&self, path: &Path) -> io::Result<Box<dyn Output>> {
        self.pass("create")?;
        let output = self.disk.create(path)?;
        Ok(Box::new(FaultyOutput { output, path: path.to_owned(), disk: self.clone() }))
    }

    fn open(&self, path: &Path) -> io::Result<Box<dyn Object>> {
        self.pass("open")?;
        let object = self.disk.open(path)?;
        Ok(Box::new(FaultyObject { object, disk: self.clone() }))
    }

    fn rename(&self, from: &Path, to: &Path) -> io::Result<()> {
        self.pass("rename")?;
        let mut plan = self.plan();
        if plan.unsound.contains(from) {
            plan.broken = Some(format!("{} is used after its sync failed", from.display()));
        }
        self.disk.rename(from, to)
    }

    fn remove_file(&self, path: &Path) -> io::Result<()> {
        self.pass("remove_file")?;
        self.disk.remove_file(path)
    }

    fn remove_tree(&self, path: &Path) -> io::Result<()> {
        self.pass("remove_tree")?;
        self.disk.remove_tree(path)
    }

    fn create_folder(&self, path: &Path) -> io::Result<()> {
        self.pass("create_folder")?;
        self.disk.create_folder(path)
    }

    fn list(&self, folder: &Path) -> io::Result<Vec<Entry>> {
        self.pass("list")?;
        self.disk.list(folder)
    }

    fn sync_folder(&self, folder: &Path) -> io::Result<()> {
        self.pass("sync_folder")?;
        self.disk.sync_folder(folder)
    }

    fn identity(&self, folder: &Path) -> Option<Identity> {
        self.disk.identity(folder)
    }
}

struct FaultyOutput {
    output: Box<dyn Output>,
    path: PathBuf,
    disk: Faulty,
}

impl Write for FaultyOutput {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        match self.disk.hits("write") {
            Some(Fault::Error(number)) => Err(io::Error::from_raw_os_error(number)),
            Some(Fault::Short(0)) => Ok(0),
            Some(Fault::Short(length)) => self.output.write(&bytes[..length.min(bytes.len())]),
            None => self.output.write(bytes),
        }
    }

    fn flush(&mut self) -> io::Result<()> {
        self.output.flush()
    }
}

impl Output for FaultyOutput {
    fn sync(&mut self) -> io::Result<()> {
        let failed = self.disk.pass("sync");
        let mut plan = self.disk.plan();
        if plan.unsound.contains(&self.path) {
            plan.broken = Some(format!("the sync of {} is tried again", self.path.display()));
        }
        if failed.is_err() {
            plan.unsound.insert(self.path.clone());
        }
        failed.and_then(|()| self.output.sync())
    }
}

struct FaultyObject {
    object: Box<dyn Object>,
    disk: Faulty,
}

impl Object for FaultyObject {
    fn size(&self) -> u64 {
        self.object.size()
    }

    fn read_at(&mut self, offset: u64, into: &mut [u8]) -> io::Result<()> {
        self.disk.pass("read")?;
        self.object.read_at(offset, into)
    }
}

fn key() -> Key {
    Key::new("f", "1")
}

/// A run with so many snapshots, on a disk that is to fail.
fn history(saves: usize) -> (Faulty, History) {
    let sim = Sim::new(Lie::None);
    let disk = Faulty { disk: sim.clone(), plan: Arc::default() };
    let mut history = History::on(Box::new(disk.clone()), sim);
    for _ in 0..saves {
        history.try_save(&key()).expect("a sound disk");
    }
    (disk, history)
}

/// What a process finds that has not seen the fault: the numbers, each of them whole.
fn found(history: &History) -> Vec<u64> {
    let store = Dir::on(Box::new(history.sim.clone()), history.store.root());
    let seqs = store.list(&key()).expect("listed");
    for seq in &seqs {
        let bytes = store.get(&key(), *seq).expect("there");
        assert!(life(&key(), *seq, &bytes).is_some(), "{seq} is torn");
    }
    seqs
}

fn unfinished(history: &History) -> usize {
    let entries = history.sim.list(&history.store.folder(&key())).unwrap_or_default();
    entries.iter().filter(|entry| entry.name.as_encoded_bytes().ends_with(b".tmp")).count()
}

/// One save of which one call fails, or all from there on; gives whether there was such a call.
fn save_with(saves: usize, fault: Fault, after: usize, is_once: bool) -> bool {
    let (disk, mut history) = history(saves);
    let before = found(&history);
    disk.plan_fault(fault, after, is_once);
    let saved = history.try_save(&key());
    let hit = disk.heal();
    let case = format!("{fault:?} {hit:?} after {after} calls: {saved:?}");
    let there = found(&history);
    match &saved {
        Ok(seq) => assert_eq!(there.last(), Some(seq), "{case}"),
        // With the disk gone for good, what was done cannot be taken back.
        Err(_) if !is_once && there.len() > before.len() => assert!(there.starts_with(&before), "{case}"),
        Err(_) => assert_eq!(there, before, "{case}"),
    }
    if let (Err(error), Fault::Error(number)) = (&saved, fault) {
        assert_eq!(error.kind(), io::Error::from_raw_os_error(number).kind(), "{case}");
    }
    if is_once {
        assert_eq!(unfinished(&history), 0, "{case}");
    }
    // The caller has been told the truth, and the next save is as good as any.
    let next = history.try_save(&key()).unwrap_or_else(|error| panic!("{case}; then {error}"));
    assert_eq!(found(&history).last(), Some(&next), "{case}");
    history.check().unwrap_or_else(|why| panic!("{case}; after a power cut {why}"));
    !hit.is_empty()
}

/// With each call of a first and of a later save, until there are no more.
fn each_save_with(fault: Fault, is_once: bool) {
    for saves in [0, 1, 3] {
        let calls = (0..).take_while(|after| save_with(saves, fault, *after, is_once)).count();
        let least = if matches!(fault, Fault::Error(_)) { 6 } else { 2 };
        assert!(calls >= least, "{fault:?}: only {calls} calls");
    }
}

#[test]
fn each_call_of_a_save_fails_once() {
    for number in ERRORS {
        each_save_with(Fault::Error(number), true);
    }
}

/// Not by an interruption: that is over when the signal is.
#[test]
fn each_call_of_a_save_fails_and_all_after_it() {
    for number in ERRORS.into_iter().filter(|number| *number != libc::EINTR) {
        each_save_with(Fault::Error(number), false);
    }
}

#[test]
fn an_interrupted_call_is_made_again_unless_it_is_a_sync() {
    for after in 0.. {
        let (disk, mut history) = history(0);
        disk.plan_fault(Fault::Error(libc::EINTR), after, true);
        let saved = history.try_save(&key());
        match disk.heal().as_slice() {
            [] => return,
            ["sync" | "sync_folder"] => assert!(saved.is_err()),
            call => assert!(saved.is_ok(), "{call:?}"),
        }
    }
}

#[test]
fn short_writes_are_completed() {
    for length in [1, 511, 512] {
        for is_once in [true, false] {
            let (disk, mut history) = history(1);
            disk.plan_fault(Fault::Short(length), 0, is_once);
            history.try_save(&key()).expect("saved");
            let hits = disk.heal().len();
            assert!(if is_once { hits == 1 } else { hits > 2 });
            assert_eq!(found(&history), [1, 2]);
            history.check().unwrap_or_else(|why| panic!("{why}"));
        }
    }
}

#[test]
fn a_disk_that_takes_nothing_is_an_error() {
    each_save_with(Fault::Short(0), true);
    each_save_with(Fault::Short(0), false);
}

/// Each call of what is not a save fails once: an error or not, what is there stays there, and again it works.
fn each_call_of(act: impl Fn(&History) -> io::Result<()>, check: impl Fn(&History)) {
    for number in ERRORS {
        for after in 0.. {
            let (disk, history) = history(3);
            disk.plan_fault(Fault::Error(number), after, true);
            let first = act(&history);
            let hit = disk.heal();
            found(&history);
            if first.is_err() {
                act(&history).unwrap_or_else(|error| panic!("after {hit:?}: {error}"));
            }
            check(&history);
            if hit.is_empty() {
                break;
            }
        }
    }
}

#[test]
fn reading_fails_and_nothing_is_lost() {
    let read = |history: &History| {
        for seq in history.store.list(&key())? {
            history.store.get(&key(), seq)?;
        }
        Ok(())
    };
    each_call_of(read, |history| assert_eq!(found(history), [2, 3]));
}

#[test]
fn removing_fails_and_can_be_repeated() {
    each_call_of(|history| history.store.remove(&key(), 2), |history| assert_eq!(found(history), [3]));
    each_call_of(|history| history.store.clear(&key()), |history| assert_eq!(found(history), [0; 0]));
}

#[test]
fn setting_aside_fails_and_keeps_the_bytes() {
    let act = |history: &History| match history.store.set_aside(&key(), 3) {
        // Done before its last call failed.
        Err(e) if e.kind() == io::ErrorKind::NotFound => Ok(()),
        result => result.map(drop),
    };
    each_call_of(act, |history| {
        assert_eq!(found(history), [2]);
        let aside = history.store.folder(&key()).join("00000003.snap.damaged");
        assert!(history.sim.open(&aside).is_ok());
    });
}

//! A folder on a disk, a store in it that tells what is written when, and durable writes by hand to compare with.

use std::fs::{self, File};
use std::io::{self, Write};
use std::path::{Path, PathBuf};
use std::sync::{Arc, Condvar, Mutex};
use std::thread;
use std::time::Duration;

use resume_runtime::configure;
use resume_runtime::store::{Busy, Content, Dir, Key, Lock, Object, Store};

use crate::measure::{Cost, Moment};

/// A folder for everything that the benchmark writes.
pub(crate) struct Disk {
    folder: PathBuf,
    pub(crate) log: Arc<Log>,
}

/// The snapshots written so far.
#[derive(Default, Debug)]
pub(crate) struct Log {
    written: Mutex<Vec<Entry>>,
    more: Condvar,
}

/// A snapshot.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Entry {
    pub(crate) bytes: u64,
    /// When it was safe on disk.
    pub(crate) at: Moment,
}

impl Disk {
    /// The runs of this process keep their snapshots there from now on.
    pub(crate) fn new() -> io::Result<Disk> {
        let folder = Path::new(env!("CARGO_TARGET_TMPDIR")).join(format!("snapshots-{}", std::process::id()));
        fs::create_dir_all(&folder)?;
        let log = Arc::new(Log::default());
        let store = Watched { dir: Dir::new(folder.join("store")), log: Arc::clone(&log) };
        configure().store_in(store).quiet(true);
        Ok(Disk { folder, log })
    }

    pub(crate) fn remove(self) -> io::Result<()> {
        fs::remove_dir_all(self.folder)
    }

    /// The folder of it all.
    pub(crate) fn folder(&self) -> &Path {
        &self.folder
    }

    /// The folder of the store.
    pub(crate) fn store(&self) -> PathBuf {
        self.folder.join("store")
    }

    /// What it takes until a file of these bytes cannot be lost in a power cut.
    pub(crate) fn write_durably(&self, bytes: &[u8]) -> io::Result<Cost> {
        let (temporary, name) = (self.folder.join("raw.tmp"), self.folder.join("raw"));
        let start = Moment::now();
        let mut file = File::create_new(&temporary)?;
        file.write_all(bytes)?;
        file.sync_all()?;
        fs::rename(&temporary, &name)?;
        File::open(&self.folder)?.sync_all()?;
        let cost = start.until(Moment::now());
        fs::remove_file(name)?;
        Ok(cost)
    }

    /// A file of so many bytes, to be read.
    pub(crate) fn file(&self, bytes: &[u8]) -> io::Result<PathBuf> {
        let path = self.folder.join("payload");
        fs::write(&path, bytes)?;
        File::open(&path)?.sync_all()?;
        Ok(path)
    }
}

impl Log {
    /// All of them, in order.
    pub(crate) fn written(&self) -> Vec<Entry> {
        self.written.lock().expect("no writer panics").clone()
    }

    /// Waits until there are so many, and the writer has nothing to do.
    pub(crate) fn wait_for(&self, count: usize) -> Moment {
        let written = self.written.lock().expect("no writer panics");
        let written = self.more.wait_while(written, |written| written.len() < count).expect("no writer panics");
        let last = written[count - 1].at;
        drop(written);
        // It still removes what is not needed any more, and goes to sleep.
        thread::sleep(Duration::from_millis(5));
        last
    }

    pub(crate) fn clear(&self) {
        self.written.lock().expect("no writer panics").clear();
    }
}

/// A folder that writes down what is written to it.
#[derive(Debug)]
struct Watched {
    dir: Dir,
    log: Arc<Log>,
}

/// Counts the bytes that go through.
struct Counting<'a> {
    out: &'a mut dyn Write,
    bytes: u64,
}

impl Write for Counting<'_> {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        let written = self.out.write(bytes)?;
        self.bytes += written as u64;
        Ok(written)
    }

    fn flush(&mut self) -> io::Result<()> {
        self.out.flush()
    }
}

impl Store for Watched {
    fn write(&self, key: &Key, seq: u64, content: &mut Content<'_>) -> io::Result<()> {
        let mut bytes = 0;
        self.dir.write(key, seq, &mut |out| {
            let mut counting = Counting { out, bytes: 0 };
            content(&mut counting)?;
            bytes = counting.bytes;
            Ok(())
        })?;
        self.log.written.lock().expect("no reader panics").push(Entry { bytes, at: Moment::now() });
        self.log.more.notify_all();
        Ok(())
    }

    fn list(&self, key: &Key) -> io::Result<Vec<u64>> {
        self.dir.list(key)
    }

    fn open(&self, key: &Key, seq: u64) -> io::Result<Box<dyn Object>> {
        self.dir.open(key, seq)
    }

    fn remove(&self, key: &Key, seq: u64) -> io::Result<()> {
        self.dir.remove(key, seq)
    }

    fn clear(&self, key: &Key) -> io::Result<()> {
        self.dir.clear(key)
    }

    fn set_aside(&self, key: &Key, seq: u64) -> io::Result<String> {
        self.dir.set_aside(key, seq)
    }

    fn lock(&self, key: &Key) -> Result<Lock, Busy> {
        self.dir.lock(key)
    }

    fn locate(&self, key: &Key, seq: u64) -> String {
        self.dir.locate(key, seq)
    }

    fn place(&self, key: &Key) -> String {
        self.dir.place(key)
    }
}

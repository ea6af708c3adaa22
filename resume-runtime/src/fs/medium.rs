//! What is done to a file: few things, so that a test can stand in for the disk.

use std::fs::{self, File};
use std::io::{self, Read, Seek, SeekFrom, Write};
use std::path::Path;

use crate::store;

pub(super) trait Medium: Send {
    fn length(&mut self) -> io::Result<u64>;

    /// Reads some bytes; none at the end.
    fn read_at(&mut self, bytes: &mut [u8], at: u64) -> io::Result<usize>;

    /// Writes some bytes, and tells how many.
    fn write_at(&mut self, bytes: &[u8], at: u64) -> io::Result<usize>;

    fn cut(&mut self, length: u64) -> io::Result<()>;

    /// Makes what it holds survive a power cut.
    fn sync(&mut self) -> io::Result<()>;

    /// Makes its name survive a power cut.
    fn sync_name(&mut self, path: &Path) -> io::Result<()>;
}

impl Medium for File {
    fn length(&mut self) -> io::Result<u64> {
        self.metadata().map(|metadata| metadata.len())
    }

    fn read_at(&mut self, bytes: &mut [u8], at: u64) -> io::Result<usize> {
        self.seek(SeekFrom::Start(at))?;
        self.read(bytes)
    }

    // Not behind wherever the last call came to: after one that failed, nobody knows where that is.
    fn write_at(&mut self, bytes: &[u8], at: u64) -> io::Result<usize> {
        self.seek(SeekFrom::Start(at))?;
        self.write(bytes)
    }

    fn cut(&mut self, length: u64) -> io::Result<()> {
        self.set_len(length)
    }

    fn sync(&mut self) -> io::Result<()> {
        self.sync_data()
    }

    fn sync_name(&mut self, path: &Path) -> io::Result<()> {
        let mut folders = path.ancestors().skip(1);
        if let Some(folder) = folders.next() {
            store::sync_folder(folder)?;
        }
        // The program may have made these just before; those further up may well be closed to us.
        for folder in folders {
            if store::sync_folder(folder).is_err() {
                break;
            }
        }
        Ok(())
    }
}

/// Opens a regular file to be read; `None` if it is something else. That is found out before, as opening a pipe waits
/// for who writes to it, perhaps for ever.
pub(super) fn open(path: &Path) -> io::Result<Option<File>> {
    if !fs::metadata(path)?.is_file() {
        return Ok(None);
    }
    let file = File::open(path)?;
    Ok(file.metadata()?.is_file().then_some(file))
}

/// Reads until the place is full or the file ends.
pub(super) fn read_full(medium: &mut dyn Medium, bytes: &mut [u8], at: u64) -> io::Result<usize> {
    let mut full = 0;
    while full < bytes.len() {
        match medium.read_at(&mut bytes[full..], at + full as u64) {
            Ok(0) => break,
            Ok(read) => full += read,
            Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
            Err(error) => return Err(error),
        }
    }
    Ok(full)
}

#[cfg(test)]
pub(super) mod tests {
    use super::Medium;
    use std::io;
    use std::path::Path;
    use std::sync::{Arc, Mutex, MutexGuard};

    /// A file on a disk that can be looked into, and be told to fail.
    #[derive(Clone, Default)]
    pub(in crate::fs) struct Disk(Arc<Mutex<Platters>>);

    #[derive(Default)]
    pub(in crate::fs) struct Platters {
        /// What the system shows.
        pub(in crate::fs) shown: Vec<u8>,
        /// What a power cut leaves at least.
        pub(in crate::fs) durable: Vec<u8>,
        pub(in crate::fs) is_named: bool,
        /// How many bytes it still has room for.
        pub(in crate::fs) room: Option<usize>,
        pub(in crate::fs) sync_fails: bool,
        pub(in crate::fs) syncs: u32,
    }

    impl Disk {
        pub(in crate::fs) fn holding(bytes: &[u8]) -> Disk {
            let platters = Platters { shown: bytes.to_vec(), durable: bytes.to_vec(), ..Platters::default() };
            Disk(Arc::new(Mutex::new(platters)))
        }

        /// Look once in a statement: the second look would wait for the first.
        pub(in crate::fs) fn look(&self) -> MutexGuard<'_, Platters> {
            self.0.try_lock().expect("one look at a time")
        }

        pub(in crate::fs) fn shown(&self) -> Vec<u8> {
            self.look().shown.clone()
        }

        pub(in crate::fs) fn durable(&self) -> Vec<u8> {
            self.look().durable.clone()
        }
    }

    impl Medium for Disk {
        fn length(&mut self) -> io::Result<u64> {
            Ok(self.look().shown.len() as u64)
        }

        fn read_at(&mut self, bytes: &mut [u8], at: u64) -> io::Result<usize> {
            let shown = self.shown();
            let there = shown.get(at as usize..).unwrap_or_default();
            let read = there.len().min(bytes.len());
            bytes[..read].copy_from_slice(&there[..read]);
            Ok(read)
        }

        fn write_at(&mut self, bytes: &[u8], at: u64) -> io::Result<usize> {
            let mut platters = self.look();
            let taken = platters.room.map_or(bytes.len(), |room| room.min(bytes.len()));
            if taken == 0 {
                return Err(io::ErrorKind::StorageFull.into());
            }
            platters.room = platters.room.map(|room| room - taken);
            let end = at as usize + taken;
            if platters.shown.len() < end {
                platters.shown.resize(end, 0);
            }
            platters.shown[at as usize..end].copy_from_slice(&bytes[..taken]);
            Ok(taken)
        }

        fn cut(&mut self, length: u64) -> io::Result<()> {
            self.look().shown.truncate(length as usize);
            Ok(())
        }

        fn sync(&mut self) -> io::Result<()> {
            let mut platters = self.look();
            platters.syncs += 1;
            if platters.sync_fails {
                return Err(io::Error::other("the disk is gone"));
            }
            platters.durable = platters.shown.clone();
            Ok(())
        }

        fn sync_name(&mut self, _: &Path) -> io::Result<()> {
            self.look().is_named = true;
            Ok(())
        }
    }
}

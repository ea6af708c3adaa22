//! All that a store does to the file system, behind one small trait, so that tests can put a disk in place of it that
//! fails, or that loses its power.
//!
//! What each call promises is what POSIX promises and no more; the order that makes a snapshot durable out of them is
//! in `durable`.

#[cfg(all(test, unix))]
mod faults;
#[cfg(all(test, unix))]
mod power;
#[cfg(all(test, unix))]
mod sim;
#[cfg(all(test, unix))]
mod snapshots;
#[cfg(all(test, unix))]
mod strange;

use std::ffi::OsString;
use std::fmt::Debug;
use std::fs::{self, File, OpenOptions};
use std::io::{self, Write};
use std::path::Path;
use std::time::SystemTime;

use super::Object;

/// A file system. No call is repeated inside: what comes back is what the system said the first time.
pub(super) trait Disk: Send + Sync + Debug {
    /// Makes a file; `AlreadyExists` if anything has that name.
    fn create(&self, path: &Path) -> io::Result<Box<dyn Output>>;

    /// Opens a regular file; `InvalidData` if it is something else, which is not even touched.
    fn open(&self, path: &Path) -> io::Result<Box<dyn Object>>;

    /// Gives a file another name in its folder, and replaces nothing: `AlreadyExists` if anything has that name.
    fn rename(&self, from: &Path, to: &Path) -> io::Result<()>;

    /// Removes one name of a file.
    fn remove_file(&self, path: &Path) -> io::Result<()>;

    /// Removes a folder with all below it; follows no links.
    fn remove_tree(&self, path: &Path) -> io::Result<()>;

    /// Makes one folder; the one above it has to be there.
    fn create_folder(&self, path: &Path) -> io::Result<()>;

    /// What is in a folder, in any order.
    fn list(&self, folder: &Path) -> io::Result<Vec<Entry>>;

    /// Makes what happened to the names in a folder survive a power cut.
    fn sync_folder(&self, folder: &Path) -> io::Result<()>;

    /// What tells a folder from any other that may get its name; `None` where nothing does.
    fn identity(&self, folder: &Path) -> Option<Identity>;
}

/// A number may come again when a folder has been removed, but not at the same time.
#[derive(Clone, PartialEq, Eq, Debug)]
pub(super) struct Identity {
    pub(super) device: u64,
    pub(super) number: u64,
    pub(super) made: SystemTime,
}

/// A new file that is being written. A write may take fewer bytes than it was given.
pub(super) trait Output: Write {
    /// Makes its bytes and its length survive a power cut, its name not.
    fn sync(&mut self) -> io::Result<()>;
}

/// A name in a folder.
#[derive(PartialEq, Eq, PartialOrd, Ord, Debug)]
pub(super) struct Entry {
    pub(super) name: OsString,
    /// It is a folder itself, not a link to one.
    pub(super) is_folder: bool,
}

/// The file system of the operating system.
#[derive(Debug)]
pub(super) struct Os;

impl Disk for Os {
    fn create(&self, path: &Path) -> io::Result<Box<dyn Output>> {
        let file = OpenOptions::new().write(true).create_new(true).open(path)?;
        Ok(Box::new(NewFile { file, length: 0, started: 0, collected: Vec::new() }))
    }

    fn open(&self, path: &Path) -> io::Result<Box<dyn Object>> {
        // Opening a pipe could last for ever, and opening a device could do anything.
        let not_a_file = || io::Error::new(io::ErrorKind::InvalidData, "not a regular file");
        if !fs::metadata(path)?.is_file() {
            return Err(not_a_file());
        }
        let file = File::open(path)?;
        let about = file.metadata()?;
        if !about.is_file() {
            return Err(not_a_file());
        }
        Ok(Box::new(OpenFile { file, size: about.len() }))
    }

    fn rename(&self, from: &Path, to: &Path) -> io::Result<()> {
        // One entry of the journal instead of the two that a second name and its removal take.
        #[cfg(target_os = "linux")]
        {
            use rustix::fs::{CWD, RenameFlags, renameat_with};
            use rustix::io::Errno;
            match renameat_with(CWD, from, CWD, to, RenameFlags::NOREPLACE) {
                // The file system or the kernel does not know how, or a sandbox does not know the call.
                Err(Errno::INVAL | Errno::NOSYS | Errno::OPNOTSUPP | Errno::PERM) => {}
                result => return Ok(result?),
            }
        }
        rename_by_link(from, to)
    }

    fn remove_file(&self, path: &Path) -> io::Result<()> {
        fs::remove_file(path)
    }

    fn remove_tree(&self, path: &Path) -> io::Result<()> {
        fs::remove_dir_all(path)
    }

    fn create_folder(&self, path: &Path) -> io::Result<()> {
        fs::create_dir(path)
    }

    fn list(&self, folder: &Path) -> io::Result<Vec<Entry>> {
        let entry = |entry: io::Result<fs::DirEntry>| {
            let entry = entry?;
            Ok(Entry { name: entry.file_name(), is_folder: entry.file_type()?.is_dir() })
        };
        fs::read_dir(folder)?.map(entry).filter(|entry| !is_missing(entry)).collect()
    }

    fn sync_folder(&self, folder: &Path) -> io::Result<()> {
        // Elsewhere a folder cannot be opened, and the system writes names through by itself.
        if !cfg!(unix) {
            return Ok(());
        }
        let opened = match File::open(folder) {
            // What is above a store may well be closed to us, but then we have not changed it either.
            Err(e) if e.kind() == io::ErrorKind::PermissionDenied && !may_change(folder) => return Ok(()),
            opened => opened?,
        };
        match sync_names(&opened) {
            // Some network file systems do not know fsync of a folder.
            Err(e) if matches!(e.kind(), io::ErrorKind::InvalidInput | io::ErrorKind::Unsupported) => Ok(()),
            result => result,
        }
    }

    #[cfg(unix)]
    fn identity(&self, folder: &Path) -> Option<Identity> {
        use std::os::unix::fs::MetadataExt;
        let about = fs::metadata(folder).ok()?;
        Some(Identity { device: about.dev(), number: about.ino(), made: about.created().ok()? })
    }

    #[cfg(not(unix))]
    fn identity(&self, _: &Path) -> Option<Identity> {
        None
    }
}

#[cfg(unix)]
fn may_change(folder: &Path) -> bool {
    rustix::fs::access(folder, rustix::fs::Access::WRITE_OK).is_ok()
}

#[cfg(not(unix))]
fn may_change(_: &Path) -> bool {
    false
}

/// Removed by somebody else between the listing and the look at it.
fn is_missing<T>(result: &io::Result<T>) -> bool {
    matches!(result, Err(e) if e.kind() == io::ErrorKind::NotFound)
}

/// The new name is first made as a second one, which fails if it is in use, and then the old one is dropped.
fn rename_by_link(from: &Path, to: &Path) -> io::Result<()> {
    match fs::hard_link(from, to) {
        Err(e) if e.kind() == io::ErrorKind::AlreadyExists && !is_same(from, to) => return Err(e),
        // A file system without second names. The run's lock keeps others from getting between.
        Err(e) if e.kind() != io::ErrorKind::AlreadyExists => {
            return match fs::symlink_metadata(to) {
                Ok(_) => Err(io::ErrorKind::AlreadyExists.into()),
                Err(_) => fs::rename(from, to),
            };
        }
        _ => {}
    }
    // The file is in place: a left-over second name is swept later.
    let _ = fs::remove_file(from);
    Ok(())
}

/// Whether two names are of one file: over a network, the answer to a link that was made can get lost, and the call
/// that the system then repeats finds the new name in use.
#[cfg(unix)]
fn is_same(one: &Path, other: &Path) -> bool {
    use std::os::unix::fs::MetadataExt;
    let number = |path| fs::symlink_metadata(path).map(|about| (about.dev(), about.ino())).ok();
    number(one).is_some_and(|one| number(other) == Some(one))
}

#[cfg(not(unix))]
fn is_same(_: &Path, _: &Path) -> bool {
    false
}

/// A file that is being read.
struct OpenFile {
    file: File,
    size: u64,
}

impl Object for OpenFile {
    fn size(&self) -> u64 {
        self.size
    }

    #[cfg(unix)]
    fn read_at(&mut self, offset: u64, into: &mut [u8]) -> io::Result<()> {
        std::os::unix::fs::FileExt::read_exact_at(&self.file, into, offset)
    }

    #[cfg(not(unix))]
    fn read_at(&mut self, offset: u64, into: &mut [u8]) -> io::Result<()> {
        use std::io::{Read, Seek, SeekFrom};
        self.file.seek(SeekFrom::Start(offset))?;
        self.file.read_exact(into)
    }
}

/// A file that is being written, in pieces that begin where a page does.
struct NewFile {
    file: File,
    /// How many bytes have been written.
    length: u64,
    /// How many of them are on their way to the disk.
    started: u64,
    /// Those to be written next.
    collected: Vec<u8>,
}

/// How many bytes are written at once. They lie evenly in the file: what begins within a page costs the system more pages of
/// the small kind, and a second look at those on the border. And few enough to be in the processor's caches still.
const PIECE: usize = 256 << 10;

/// After how many bytes the disk is set to work, while the rest is still being made.
const EARLY: u64 = 1 << 20;

impl NewFile {
    fn write_collected(&mut self) -> io::Result<()> {
        self.file.write_all(&self.collected)?;
        self.length += self.collected.len() as u64;
        self.collected.clear();
        Ok(())
    }
}

impl Write for NewFile {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        let taken = bytes.len().min(PIECE - self.collected.len());
        self.collected.extend_from_slice(&bytes[..taken]);
        if self.collected.len() == PIECE {
            self.write_collected()?;
        }
        if self.length - self.started >= EARLY {
            start_writing(&self.file, self.started);
            self.started = self.length;
        }
        Ok(taken)
    }

    fn flush(&mut self) -> io::Result<()> {
        self.write_collected()
    }
}

impl Output for NewFile {
    fn sync(&mut self) -> io::Result<()> {
        self.write_collected()?;
        sync_bytes(&self.file)
    }
}

/// Has the system begin to write all it has from `offset` on. An error shows up in the `sync` that follows.
#[cfg(target_os = "linux")]
fn start_writing(file: &File, offset: u64) {
    // The call is for pages that are not needed any more; those that are not on the disk yet it sends there.
    let _ = rustix::fs::fadvise(file, offset, None, rustix::fs::Advice::DontNeed);
}

#[cfg(not(target_os = "linux"))]
fn start_writing(_: &File, _: u64) {}

/// The length of a new file is part of what `fdatasync` writes; its times are not, and nobody needs them.
///
/// Not by the standard library where we can do without, which repeats a call that a signal interrupted: what the first
/// one has met is then not reported by the second.
#[cfg(target_os = "linux")]
fn sync_bytes(file: &File) -> io::Result<()> {
    Ok(rustix::fs::fdatasync(file)?)
}

#[cfg(not(target_os = "linux"))]
fn sync_bytes(file: &File) -> io::Result<()> {
    file.sync_data()
}

/// Of a folder, names count as more than data, so this is a full `fsync`.
#[cfg(target_os = "linux")]
fn sync_names(folder: &File) -> io::Result<()> {
    Ok(rustix::fs::fsync(folder)?)
}

#[cfg(not(target_os = "linux"))]
fn sync_names(folder: &File) -> io::Result<()> {
    folder.sync_all()
}

#[cfg(test)]
mod tests {
    use super::{Disk, Os, PIECE, rename_by_link};
    use crate::store::suite::Scratch;
    use std::path::Path;
    use std::{fs, io};

    /// Both ways of giving a name, of which a system may have only one.
    const WAYS: [fn(&Path, &Path) -> io::Result<()>; 2] = [|from, to| Os.rename(from, to), rename_by_link];

    fn kind<T>(result: io::Result<T>) -> Option<io::ErrorKind> {
        result.err().map(|error| error.kind())
    }

    #[test]
    fn a_name_is_given_once() -> io::Result<()> {
        for rename in WAYS {
            let folder = Scratch::folder();
            let [a, b, c] = ["a", "b", "c"].map(|name| folder.join(name));
            assert_eq!(kind(rename(&a, &b)), Some(io::ErrorKind::NotFound));
            fs::write(&a, b"one")?;
            rename(&a, &b)?;
            assert!(!a.exists());
            fs::write(&c, b"two")?;
            assert_eq!(kind(rename(&c, &b)), Some(io::ErrorKind::AlreadyExists));
            assert_eq!((fs::read(&b)?, fs::read(&c)?), (b"one".to_vec(), b"two".to_vec()));
        }
        Ok(())
    }

    #[test]
    fn folders_are_renamed_too() -> io::Result<()> {
        for rename in WAYS {
            let folder = Scratch::folder();
            let [a, b] = ["a", "b"].map(|name| folder.join(name));
            fs::create_dir_all(a.join("deep"))?;
            rename(&a, &b)?;
            assert!(b.join("deep").is_dir() && !a.exists());
        }
        Ok(())
    }

    #[test]
    #[cfg(unix)]
    fn a_link_that_leads_nowhere_is_not_replaced() -> io::Result<()> {
        for rename in WAYS {
            let folder = Scratch::folder();
            let [a, b] = ["a", "b"].map(|name| folder.join(name));
            fs::write(&a, b"one")?;
            std::os::unix::fs::symlink("nowhere", &b)?;
            assert_eq!(kind(rename(&a, &b)), Some(io::ErrorKind::AlreadyExists));
            assert!(a.exists() && fs::read_link(&b)?.ends_with("nowhere"));
        }
        Ok(())
    }

    #[test]
    #[cfg(unix)]
    fn a_link_whose_answer_got_lost_is_done() -> io::Result<()> {
        let folder = Scratch::folder();
        let [a, b] = ["a", "b"].map(|name| folder.join(name));
        fs::write(&a, b"one")?;
        fs::hard_link(&a, &b)?;
        rename_by_link(&a, &b)?;
        assert!(!a.exists() && b.exists());
        Ok(())
    }

    #[test]
    fn a_file_is_whole_however_it_is_cut_into_pieces() -> io::Result<()> {
        let byte = |i: usize| ((i as u32).wrapping_mul(0x9e37_79b9) >> 24) as u8;
        for (length, step) in
            [(0, 1), (1, 1), (PIECE - 1, 77_777), (PIECE, PIECE), (9 * PIECE + 5, 131_072), (3 * PIECE, 2 * PIECE + 1)]
        {
            let folder = Scratch::folder();
            let path = folder.join("a");
            let bytes: Vec<u8> = (0..length).map(byte).collect();
            let mut output = Os.create(&path)?;
            for piece in bytes.chunks(step) {
                output.write_all(piece)?;
            }
            output.sync()?;
            assert!(fs::read(&path)? == bytes, "{length} bytes, {step} at a time");
            drop(output);
            assert_eq!(kind(Os.create(&path).map(drop)), Some(io::ErrorKind::AlreadyExists));
            let mut object = Os.open(&path)?;
            assert_eq!(object.size(), length as u64);
            assert_eq!(kind(object.read_at(length as u64, &mut [0])), Some(io::ErrorKind::UnexpectedEof));
        }
        Ok(())
    }
}

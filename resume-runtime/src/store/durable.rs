//! The one place where files come to be and change their names, so that a power cut at any moment
//! leaves either the file whole, or not there.

use std::fs::{self, File, OpenOptions};
use std::io;
use std::path::Path;
use std::time::{SystemTime, UNIX_EPOCH};

use super::Content;

/// What every unfinished file ends with.
const SUFFIX: &str = ".tmp";

/// Writes `folder/name` whole, safe from a power cut once it returns. Never overwrites.
///
/// A temporary file in the same folder, fsync, its new name, fsync of the folder: in this order,
/// as a name must never be on disk before the bytes it stands for.
pub(super) fn write(folder: &Path, name: &str, content: &mut Content<'_>) -> io::Result<()> {
    let temporary = folder.join(temporary_name(name));
    let mut file = OpenOptions::new().write(true).create_new(true).open(&temporary)?;
    let written = content(&mut file).and_then(|()| file.sync_all());
    // Some systems do not rename what is open.
    drop(file);
    let published = written.and_then(|()| publish(&temporary, &folder.join(name)));
    if published.is_err() {
        let _ = fs::remove_file(&temporary);
    }
    published?;
    sync_folder(folder)
}

/// Gives a file of `folder` another name, never one that is in use.
pub(super) fn rename(folder: &Path, from: &str, to: &str) -> io::Result<()> {
    publish(&folder.join(from), &folder.join(to))?;
    sync_folder(folder)
}

/// Makes what happened to the names in a folder survive a power cut.
pub(crate) fn sync_folder(folder: &Path) -> io::Result<()> {
    // Elsewhere a folder cannot be opened, and the system writes names through by itself.
    if !cfg!(unix) {
        return Ok(());
    }
    match File::open(folder)?.sync_all() {
        // Some network file systems do not know fsync of a folder.
        Err(e) if matches!(e.kind(), io::ErrorKind::InvalidInput | io::ErrorKind::Unsupported) => Ok(()),
        result => result,
    }
}

/// Removes what a killed process left unfinished. Only for the holder of the run's lock.
pub(super) fn sweep(folder: &Path) {
    let Ok(entries) = fs::read_dir(folder) else {
        return;
    };
    for entry in entries.flatten() {
        if entry.file_name().to_string_lossy().ends_with(SUFFIX) {
            let _ = fs::remove_file(entry.path());
        }
    }
}

/// Process and time, so that no left-over of another process is ever met: in a container every
/// process may have the same number.
fn temporary_name(name: &str) -> String {
    let now = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
    format!("{name}.{}-{:x}{SUFFIX}", std::process::id(), now.as_nanos())
}

/// A rename that fails where the new name is in use. A plain rename would replace that file, so
/// the new name is first made as a second one, which fails, and then the old one is dropped.
fn publish(from: &Path, to: &Path) -> io::Result<()> {
    match fs::hard_link(from, to) {
        Ok(()) => {
            // The file is in place: a left-over second name is swept later.
            let _ = fs::remove_file(from);
            Ok(())
        }
        Err(e) if e.kind() == io::ErrorKind::AlreadyExists => Err(e),
        // A file system without second names. The run's lock keeps others from getting between.
        Err(_) if to.try_exists()? => Err(io::ErrorKind::AlreadyExists.into()),
        Err(_) => fs::rename(from, to),
    }
}

#[cfg(test)]
mod tests {
    use super::{publish, rename, sweep, temporary_name, write};
    use crate::store::suite::Scratch;
    use std::{fs, io};

    #[test]
    fn write_leaves_the_file_alone_in_its_folder() -> io::Result<()> {
        let folder = Scratch::folder();
        write(&folder, "a", &mut |out| out.write_all(b"one"))?;
        assert_eq!(fs::read(folder.join("a"))?, b"one");
        assert_eq!(fs::read_dir(&*folder)?.count(), 1);
        Ok(())
    }

    #[test]
    fn nothing_is_overwritten_and_nothing_left_behind() -> io::Result<()> {
        let folder = Scratch::folder();
        write(&folder, "a", &mut |out| out.write_all(b"one"))?;
        let again = write(&folder, "a", &mut |out| out.write_all(b"two")).map_err(|e| e.kind());
        assert_eq!(again, Err(io::ErrorKind::AlreadyExists));
        write(&folder, "b", &mut |out| out.write_all(b"two"))?;
        let taken = rename(&folder, "b", "a").map_err(|e| e.kind());
        assert_eq!(taken, Err(io::ErrorKind::AlreadyExists));
        assert_eq!(fs::read(folder.join("a"))?, b"one");
        assert_eq!(fs::read_dir(&*folder)?.count(), 2);
        Ok(())
    }

    #[test]
    fn publish_reports_a_missing_file() {
        let folder = Scratch::folder();
        let result = publish(&folder.join("none"), &folder.join("a")).map_err(|e| e.kind());
        assert_eq!(result, Err(io::ErrorKind::NotFound));
    }

    #[test]
    fn sweep_takes_only_the_unfinished() -> io::Result<()> {
        let folder = Scratch::folder();
        write(&folder, "a", &mut |out| out.write_all(b"one"))?;
        fs::write(folder.join(temporary_name("b")), b"half")?;
        sweep(&folder);
        assert_eq!(fs::read_dir(&*folder)?.count(), 1);
        Ok(())
    }
}

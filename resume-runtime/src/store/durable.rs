//! The one place where files come to be and change their names, so that a power cut at any moment
//! leaves either the file whole, or not there.

use std::collections::HashSet;
use std::ffi::OsStr;
use std::io;
use std::path::{Path, PathBuf};
use std::time::{SystemTime, UNIX_EPOCH};

use super::disk::{Disk, Os};
use super::{Content, lock, starts};

/// What every unfinished file ends with.
const SUFFIX: &str = ".tmp";
/// What the folder of a run that goes ends with, behind a dot.
const GONE: &str = "gone";

/// Writes `folder/name` whole, safe from a power cut once it returns. Never overwrites; leaves nothing after an error.
///
/// A temporary file in the same folder, fsync, its new name, fsync of the folder: in this order,
/// as a name must never be on disk before the bytes it stands for.
pub(super) fn write(disk: &dyn Disk, folder: &Path, name: &str, content: &mut Content<'_>) -> io::Result<()> {
    let temporary = folder.join(temporary_name(name));
    let place = folder.join(name);
    let mut file = again(|| disk.create(&temporary))?;
    // After a failed fsync the system may take the bytes for written, so that a second one would succeed and mean
    // nothing: there is none, and the file goes.
    let written = content(&mut file).and_then(|()| file.sync());
    // Some systems do not rename what is open.
    drop(file);
    // Here and not earlier: whoever takes the run over from now on removes the temporary file first.
    let allowed = written.and_then(|()| lock::check(folder));
    if let Err(error) = allowed.and_then(|()| again(|| disk.rename(&temporary, &place))) {
        let _ = again(|| disk.remove_file(&temporary));
        return Err(error);
    }
    // Nobody knows then whether the name would outlive a power cut; the number stays free for the next attempt.
    disk.sync_folder(folder).inspect_err(|_| {
        let _ = again(|| disk.remove_file(&place));
    })
}

/// Gives a file of `folder` another name, never one that is in use.
pub(super) fn rename(disk: &dyn Disk, folder: &Path, from: &str, to: &str) -> io::Result<()> {
    again(|| disk.rename(&folder.join(from), &folder.join(to)))?;
    disk.sync_folder(folder)
}

/// Makes what happened to the names in a folder survive a power cut, on the real disk.
pub(crate) fn sync_folder(folder: &Path) -> io::Result<()> {
    Os.sync_folder(folder)
}

/// Makes a folder with all above it; gives the highest one that was not there before.
pub(super) fn make<'a>(disk: &dyn Disk, folder: &'a Path) -> io::Result<Option<&'a Path>> {
    let mut highest = None;
    let mut missing = io::Error::from(io::ErrorKind::NotFound);
    // Another run may be done at this moment and remove the folders above, which it found empty.
    for _ in 0..100 {
        match again(|| disk.create_folder(folder)) {
            Ok(()) => return Ok(highest.or(Some(folder))),
            Err(e) if e.kind() == io::ErrorKind::AlreadyExists => return Ok(highest),
            Err(e) if e.kind() != io::ErrorKind::NotFound => return Err(e),
            Err(e) => missing = e,
        }
        if let Some(above) = folder.parent() {
            // All of them are on one way down.
            highest = highest.into_iter().chain(make(disk, above)?).min();
        }
    }
    let what = format!("the folder {} cannot be made: {missing}", folder.display());
    Err(io::Error::new(missing.kind(), what))
}

/// Has a network file system ask its server what is in a folder: it may answer a listing from what it knew a minute ago,
/// when the run was on this machine before, and miss the newest snapshot. A change that it makes itself shows it that others
/// have made some. What cannot be done here is no reason not to start. Tells whether there is a folder.
pub(super) fn refresh(disk: &dyn Disk, folder: &Path) -> bool {
    let name = folder.join(temporary_name("look"));
    match again(|| disk.create(&name)) {
        Ok(_) => {
            let _ = again(|| disk.remove_file(&name));
            true
        }
        Err(e) => e.kind() != io::ErrorKind::NotFound,
    }
}

/// Removes what a killed process left unfinished in a folder and below it. Only for the holder of the run's lock.
///
/// # Errors
/// The first thing that could not be looked at or removed; all else is.
pub(super) fn sweep(disk: &dyn Disk, folder: &Path) -> io::Result<()> {
    let mut swept = Ok(());
    let entries = unless_missing(again(|| disk.list(folder)))?;
    let names: HashSet<&OsStr> = entries.iter().map(|entry| &*entry.name).collect();
    for entry in &entries {
        let path = folder.join(entry.name.as_os_str());
        let done = if entry.is_folder && path.extension().is_some_and(|extension| extension == GONE) {
            unless_missing(again(|| disk.remove_tree(&path)))
        } else if entry.is_folder {
            sweep(disk, &path)
        } else if entry.name.to_str().is_some_and(is_temporary) || starts::is_orphan(&entry.name, &names) {
            unless_missing(again(|| disk.remove_file(&path)))
        } else {
            Ok(())
        };
        swept = swept.and(done);
    }
    swept
}

/// What is not there need not be looked at or removed.
pub(super) fn unless_missing<T: Default>(result: io::Result<T>) -> io::Result<T> {
    match result {
        Err(e) if e.kind() == io::ErrorKind::NotFound => Ok(T::default()),
        result => result,
    }
}

/// The name that the folder of a run gets when it is to go: all of it is gone in one step, whenever its files are.
pub(super) fn gone(folder: &Path) -> PathBuf {
    let mut name = folder.as_os_str().to_owned();
    name.push(".");
    name.push(GONE);
    name.into()
}

/// A call that a signal interrupted did nothing, and is made again.
pub(super) fn again<T>(mut call: impl FnMut() -> io::Result<T>) -> io::Result<T> {
    loop {
        match call() {
            Err(e) if e.kind() == io::ErrorKind::Interrupted => {}
            result => return result,
        }
    }
}

/// Process and time, so that no left-over of another process is ever met: in a container every
/// process may have the same number.
fn temporary_name(name: &str) -> String {
    let now = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
    format!("{name}.{}-{:x}{SUFFIX}", std::process::id(), now.as_nanos())
}

/// Whether `temporary_name` could have made this name. Nobody else's file is removed.
fn is_temporary(name: &str) -> bool {
    let tag = name.strip_suffix(SUFFIX).and_then(|rest| rest.rsplit_once('.'));
    let Some((process, time)) = tag.and_then(|(_, tag)| tag.split_once('-')) else {
        return false;
    };
    process.parse::<u32>().is_ok() && u128::from_str_radix(time, 16).is_ok()
}

#[cfg(test)]
mod tests {
    use super::{Os, make, refresh, rename, sweep, temporary_name, write};
    use crate::store::suite::Scratch;
    use std::{fs, io};

    #[test]
    fn write_leaves_the_file_alone_in_its_folder() -> io::Result<()> {
        let folder = Scratch::folder();
        write(&Os, &folder, "a", &mut |out| out.write_all(b"one"))?;
        assert_eq!(fs::read(folder.join("a"))?, b"one");
        assert_eq!(fs::read_dir(&*folder)?.count(), 1);
        Ok(())
    }

    #[test]
    fn nothing_is_overwritten_and_nothing_left_behind() -> io::Result<()> {
        let folder = Scratch::folder();
        write(&Os, &folder, "a", &mut |out| out.write_all(b"one"))?;
        let again = write(&Os, &folder, "a", &mut |out| out.write_all(b"two")).map_err(|e| e.kind());
        assert_eq!(again, Err(io::ErrorKind::AlreadyExists));
        write(&Os, &folder, "b", &mut |out| out.write_all(b"two"))?;
        let taken = rename(&Os, &folder, "b", "a").map_err(|e| e.kind());
        assert_eq!(taken, Err(io::ErrorKind::AlreadyExists));
        assert_eq!(fs::read(folder.join("a"))?, b"one");
        assert_eq!(fs::read_dir(&*folder)?.count(), 2);
        Ok(())
    }

    #[test]
    fn make_gives_the_highest_folder_it_made() -> io::Result<()> {
        let folder = Scratch::folder();
        let deep = folder.join("a/b/c");
        assert_eq!(make(&Os, &deep)?, Some(&*folder.join("a")));
        assert_eq!(make(&Os, &deep)?, None);
        let deeper = deep.join("d");
        assert_eq!(make(&Os, &deeper)?, Some(&*deeper));
        Ok(())
    }

    #[test]
    #[cfg(unix)]
    fn make_gives_up_where_a_link_leads_nowhere() -> io::Result<()> {
        let folder = Scratch::folder();
        std::os::unix::fs::symlink("nowhere", folder.join("a"))?;
        let deep = folder.join("a/b/c");
        assert_eq!(make(&Os, &deep).map_err(|e| e.kind()), Err(io::ErrorKind::NotFound));
        Ok(())
    }

    #[test]
    fn a_look_leaves_nothing_behind() -> io::Result<()> {
        let folder = Scratch::folder();
        assert!(!refresh(&Os, &folder.join("none")));
        assert!(refresh(&Os, &folder));
        assert_eq!(fs::read_dir(&*folder)?.count(), 0);
        Ok(())
    }

    #[test]
    fn sweep_takes_only_the_unfinished() -> io::Result<()> {
        let folder = Scratch::folder();
        write(&Os, &folder, "a", &mut |out| out.write_all(b"one"))?;
        fs::write(folder.join(temporary_name("b")), b"half")?;
        fs::create_dir(folder.join(temporary_name("c")))?;
        for name in ["notes.tmp", ".tmp", "a.tmp", "a.7-x.tmp", "a.7-1.tmp2", "7-1.tmp"] {
            fs::write(folder.join(name), b"mine")?;
        }
        sweep(&Os, &folder)?;
        assert_eq!(fs::read_dir(&*folder)?.count(), 8);
        let below = folder.join("under-1").join("0-g");
        fs::create_dir_all(&below)?;
        write(&Os, &below, "a", &mut |out| out.write_all(b"one"))?;
        fs::write(below.join(temporary_name("b")), b"half")?;
        sweep(&Os, &folder)?;
        assert_eq!(fs::read_dir(&below)?.count(), 1);
        Ok(())
    }
}

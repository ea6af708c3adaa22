//! How often runs were started from a snapshot without getting on: a file beside it, of as many bytes.
//!
//! Only its length counts, as that changes at once and cannot be torn. Nothing here is made safe from a power cut: a
//! start that is forgotten in one means that the run steps back a start later.

use std::collections::HashSet;
use std::ffi::OsStr;
use std::fs::{self, OpenOptions};
use std::io;
use std::path::{Path, PathBuf};

use super::durable::unless_missing;

/// What the file ends with, where that of the snapshot ends with `.snap`.
const SUFFIX: &str = "starts";
const SNAPSHOT: &str = "snap";

fn file(snapshot: &Path) -> PathBuf {
    snapshot.with_extension(SUFFIX)
}

/// Whether a file is a record of a snapshot that is none of these.
pub(super) fn is_orphan(name: &OsStr, there: &HashSet<&OsStr>) -> bool {
    let name = Path::new(name);
    let is_record = name.extension().is_some_and(|end| end == SUFFIX);
    let is_number = |stem: &OsStr| stem.as_encoded_bytes().iter().all(u8::is_ascii_digit);
    // Anything else is somebody's own.
    is_record && name.file_stem().is_some_and(is_number) && !there.contains(name.with_extension(SNAPSHOT).as_os_str())
}

/// How many are on record.
pub(super) fn count(snapshot: &Path) -> io::Result<u32> {
    match fs::symlink_metadata(file(snapshot)) {
        Ok(about) if about.is_file() => Ok(u32::try_from(about.len()).unwrap_or(u32::MAX)),
        Ok(_) => Ok(0),
        Err(e) if e.kind() == io::ErrorKind::NotFound => Ok(0),
        Err(e) => Err(e),
    }
}

/// Puts so many on record.
pub(super) fn set(snapshot: &Path, count: u32) -> io::Result<()> {
    let file = file(snapshot);
    if count > 0 {
        return OpenOptions::new().write(true).create(true).truncate(false).open(file)?.set_len(count.into());
    }
    unless_missing(fs::remove_file(file))
}

/// Forgets them, as the snapshot goes or is a new one. What cannot be removed costs a step back at most.
pub(super) fn forget(snapshot: &Path) {
    let _ = fs::remove_file(file(snapshot));
}

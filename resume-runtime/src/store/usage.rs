//! How much a folder holds.

use std::path::Path;
use std::{fs, io};

use super::durable::unless_missing;

/// The lengths of all files below a folder, added up. What goes meanwhile is not there; links are not followed.
pub(super) fn bytes(folder: &Path) -> io::Result<u64> {
    let mut total = 0;
    let mut folders = vec![folder.to_owned()];
    while let Some(folder) = folders.pop() {
        for entry in if_there(fs::read_dir(folder))?.into_iter().flatten() {
            let Some(entry) = if_there(entry)? else { continue };
            match if_there(entry.metadata())? {
                Some(about) if about.is_dir() => folders.push(entry.path()),
                Some(about) => total += about.len(),
                None => {}
            }
        }
    }
    Ok(total)
}

fn if_there<T>(result: io::Result<T>) -> io::Result<Option<T>> {
    unless_missing(result.map(Some))
}

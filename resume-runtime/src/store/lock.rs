//! One process at a time in a run: a file `<identity>.lock` beside the run's folder, locked by the
//! system, which frees it with the process that held it, however that ended.
//!
//! Beside the folder and not in it, so that a run which never saves needs no folder: a file is made
//! and removed in 30 µs on ext4, a folder in 120 µs.

use std::fs::{self, File, OpenOptions, TryLockError};
use std::io::{self, Read, Write};
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{LazyLock, OnceLock};
use std::time::{Duration, Instant, SystemTime, UNIX_EPOCH};

use super::{Busy, Holder, Lock, dir};

/// Takes the lock at `path`; `root` is the folder of the store.
pub(super) fn acquire(path: &Path, root: &Path) -> Result<Lock, Busy> {
    // Whoever is done removes the lock and the folders above, between any two of the steps below.
    for _ in 0..10_000 {
        match attempt(path, root)? {
            Attempt::Locked(lock) => return Ok(lock),
            Attempt::Removed => {}
            Attempt::NoFolder => {
                path.parent().map_or(Ok(false), dir::make)?;
            }
        }
    }
    let what = format!("{} is removed again and again", path.display());
    Err(Busy::Io(io::Error::other(what)))
}

enum Attempt {
    Locked(Lock),
    /// By its former holder, after we opened it.
    Removed,
    NoFolder,
}

fn attempt(path: &Path, root: &Path) -> Result<Attempt, Busy> {
    let mut open = OpenOptions::new();
    let mut file = match open.read(true).write(true).create(true).truncate(false).open(path) {
        Err(e) if e.kind() == io::ErrorKind::NotFound => return Ok(Attempt::NoFolder),
        file => file?,
    };
    let warning = match file.try_lock() {
        Ok(()) => None,
        Err(TryLockError::WouldBlock) => {
            return holder(path).map_or(Ok(Attempt::Removed), |holder| Err(Busy::Held(holder)));
        }
        Err(TryLockError::Error(error)) if has_no_locks(&error) => Some(format!(
            "the file system of {} has no locks: nothing keeps a second process out of this run",
            root.display()
        )),
        Err(TryLockError::Error(error)) => return Err(error.into()),
    };
    if !is_same(&file, path) {
        return Ok(Attempt::Removed);
    }
    // Who we are is for people; on a full disk the lock holds without it.
    let _ = sign(&mut file);
    let lock = Lock::new(Held { file, path: path.to_owned(), root: root.to_owned() });
    Ok(Attempt::Locked(match warning {
        Some(warning) => lock.with_warning(warning),
        None => lock,
    }))
}

/// A run that is held. At its end the lock goes, and what is empty then.
struct Held {
    file: File,
    path: PathBuf,
    root: PathBuf,
}

impl Drop for Held {
    fn drop(&mut self) {
        // Without a way to see whether a path still is our file, nothing may be removed. And a lock
        // that was removed by hand may be somebody else's by now.
        if !cfg!(unix) || !is_same(&self.file, &self.path) {
            return;
        }
        // The lock goes while it is held: whoever has opened it before sees that it has no name
        // any more, and makes a new one.
        if fs::remove_file(&self.path).is_ok() && is_time_to_tidy() {
            tidy(&self.path, &self.root);
        }
    }
}

/// The folder of a store whose place nobody chose.
const USUAL: &str = ".checkpoints";

/// Removes the folders above a lock that was the last in them.
fn tidy(path: &Path, root: &Path) {
    // The folder of the store itself only under its usual name: any other is the user's.
    let is_ours = |folder: &&Path| folder.starts_with(root) && (*folder != root || folder.ends_with(USUAL));
    for folder in path.ancestors().skip(1).take_while(is_ours) {
        // Fails where anything is left in it.
        if fs::remove_dir(folder).is_err() {
            break;
        }
    }
}

/// Making and removing the folders above costs ten times as much as the lock. Where thousands of
/// short runs follow one another, doing so each time would be most of their time; so it is done
/// at most every 30 ms, which is about 1 %.
fn is_time_to_tidy() -> bool {
    const PAUSE: u64 = 30_000;
    static START: LazyLock<Instant> = LazyLock::new(Instant::now);
    static NEXT: AtomicU64 = AtomicU64::new(0);
    let now = u64::try_from(START.elapsed().as_micros()).unwrap_or(u64::MAX);
    let next = NEXT.load(Ordering::Relaxed);
    let later = now.saturating_add(PAUSE);
    now >= next && NEXT.compare_exchange(next, later, Ordering::Relaxed, Ordering::Relaxed).is_ok()
}

/// Whether `path` still leads to `file`. While we have the file open, its number is not reused.
#[cfg(unix)]
fn is_same(file: &File, path: &Path) -> bool {
    use std::os::unix::fs::MetadataExt;
    match (file.metadata(), fs::metadata(path)) {
        (Ok(ours), Ok(there)) => (ours.dev(), ours.ino()) == (there.dev(), there.ino()),
        _ => false,
    }
}

/// Elsewhere a lock is never removed (see `Held`), so it cannot have been replaced.
#[cfg(not(unix))]
fn is_same(_: &File, _: &Path) -> bool {
    true
}

/// Some cluster file systems are mounted without locks, or their lock service is down.
fn has_no_locks(error: &io::Error) -> bool {
    #[cfg(unix)]
    if error.raw_os_error() == Some(libc::ENOLCK) {
        return true;
    }
    error.kind() == io::ErrorKind::Unsupported
}

/// Writes who holds the lock, for the error of the next one who comes.
fn sign(file: &mut File) -> io::Result<()> {
    let pid = std::process::id();
    let since = utc(SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default());
    let text = format!("pid {pid}\nhost {}\nsince {since}\n", host());
    file.write_all(text.as_bytes())?;
    // What a killed process wrote may have been longer.
    if file.metadata()?.len() > text.len() as u64 {
        file.set_len(text.len() as u64)?;
    }
    Ok(())
}

/// Who has signed the lock; `None` if it is gone, and the run free.
fn holder(path: &Path) -> Option<Holder> {
    // Between taking and signing it there is a moment in which it is empty.
    for _ in 0..10 {
        let found = File::open(path).and_then(|file| {
            let mut bytes = Vec::new();
            file.take(4096).read_to_end(&mut bytes)?;
            Ok(parse(&String::from_utf8_lossy(&bytes)))
        });
        match found {
            Ok(holder) if holder.pid.is_some() => return Some(holder),
            Ok(_) => std::thread::sleep(Duration::from_millis(1)),
            Err(e) if e.kind() == io::ErrorKind::NotFound => return None,
            // Where a lock keeps out readers too, it cannot be told.
            Err(_) => break,
        }
    }
    Some(Holder::default())
}

fn parse(text: &str) -> Holder {
    let line = |name: &str| text.lines().find_map(|line| line.strip_prefix(name)).map(str::trim);
    Holder {
        pid: line("pid ").and_then(|pid| pid.parse().ok()),
        host: line("host ").map(str::to_owned),
        since: line("since ").map(str::to_owned),
    }
}

/// Whether a lock is held by this process: a process number alone may be used on many machines.
pub(super) fn is_us(holder: &Holder) -> bool {
    holder.pid == Some(std::process::id()) && holder.host.as_ref().is_none_or(|name| name == host())
}

/// The name of this machine.
fn host() -> &'static str {
    static HOST: OnceLock<String> = OnceLock::new();
    HOST.get_or_init(|| {
        ["/proc/sys/kernel/hostname", "/etc/hostname"]
            .iter()
            .filter_map(|path| fs::read_to_string(path).ok())
            .chain(["HOSTNAME", "COMPUTERNAME"].iter().filter_map(|name| std::env::var(name).ok()))
            .map(|name| name.trim().to_owned())
            .find(|name| !name.is_empty())
            .unwrap_or_else(|| "an unknown host".to_owned())
    })
}

/// `2026-01-31 23:59:59 UTC`, from the time since 1970.
fn utc(since_1970: Duration) -> String {
    let seconds = since_1970.as_secs();
    // Days are counted from 1 March of the year 0, which puts leap days at the end of a year, in
    // eras of 400 years, which are all of one length.
    let days = seconds / 86_400 + 719_468;
    let (era, day_of_era) = (days / 146_097, days % 146_097);
    let year_of_era = (day_of_era - day_of_era / 1_460 + day_of_era / 36_524 - day_of_era / 146_096) / 365;
    let day_of_year = day_of_era - (365 * year_of_era + year_of_era / 4 - year_of_era / 100);
    let month_from_march = (5 * day_of_year + 2) / 153;
    let day = day_of_year - (153 * month_from_march + 2) / 5 + 1;
    let month = (month_from_march + 2) % 12 + 1;
    let year = era * 400 + year_of_era + u64::from(month <= 2);
    let (hour, minute, second) = (seconds / 3600 % 24, seconds / 60 % 60, seconds % 60);
    format!("{year}-{month:02}-{day:02} {hour:02}:{minute:02}:{second:02} UTC")
}

#[cfg(test)]
mod tests;

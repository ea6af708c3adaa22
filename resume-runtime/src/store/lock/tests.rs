//! Two processes are two handles here: the system's lock belongs to the open file, and a token to one lock.

mod lost;
mod others;

use super::{Options, USUAL, acquire_with, record, tidy};
use crate::store::suite::Scratch;
use crate::store::{Busy, Dir, Key, Lock, Store};
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicU32, Ordering};
use std::time::{Duration, Instant};
use std::{fs, io, thread};

/// With the system's locks, and without.
const WAYS: [bool; 2] = [true, false];

fn key() -> Key {
    Key::new("f", "1")
}

fn lock_file(root: &Path) -> PathBuf {
    root.join("f/1.lock")
}

/// Beats so seldom that a test which waits for one never ends.
fn slow(system: bool) -> Options {
    Options { system, beat: Duration::from_secs(100) }
}

fn quick(system: bool) -> Options {
    Options { system, beat: Duration::from_millis(15) }
}

fn acquire(root: &Path, options: Options) -> Result<Lock, Busy> {
    acquire_with(&lock_file(root), root, options)
}

/// All files in a folder and below it.
fn files(folder: &Path) -> Vec<PathBuf> {
    let Ok(entries) = fs::read_dir(folder) else {
        return Vec::new();
    };
    let mut found = Vec::new();
    for path in entries.flatten().map(|entry| entry.path()) {
        if path.is_dir() {
            found.extend(files(&path));
        } else {
            found.push(path);
        }
    }
    found
}

/// Puts a lock there as another process would leave it.
fn leave(root: &Path, text: impl AsRef<[u8]>) -> io::Result<()> {
    fs::create_dir_all(root.join("f"))?;
    fs::write(lock_file(root), text)
}

#[test]
fn a_second_process_learns_who_has_it() {
    let first = Scratch::store();
    let second = Dir::new(first.root());
    let lock = first.lock(&key());
    let Err(Busy::Held(holder)) = second.lock(&key()) else { panic!("locked twice") };
    assert_eq!(holder.pid, Some(std::process::id()));
    assert!(holder.host.is_some() && holder.since.is_some() && holder.beat.is_some());
    assert!(holder.to_string().contains("last heartbeat"));
    assert!(holder.is_us());
    drop(lock);
    assert!(second.lock(&key()).is_ok());
}

#[test]
fn a_lock_is_all_that_is_written_and_no_file_stays() -> Result<(), Busy> {
    for system in WAYS {
        let root = Scratch::folder();
        let lock = acquire(&root, slow(system))?;
        assert!(!lock.is_taken_over());
        lock.check()?;
        assert_eq!(files(&root), [lock_file(&root)]);
        assert!(matches!(acquire(&root, slow(system)), Err(Busy::Held(holder)) if holder.is_us()));
        drop(lock);
        assert!(files(&root).is_empty());
    }
    Ok(())
}

#[test]
fn empty_folders_go_but_not_one_that_the_user_chose() -> io::Result<()> {
    for (name, stays) in [(USUAL, false), ("chosen", true)] {
        let folder = Scratch::folder();
        let root = folder.join(name);
        fs::create_dir_all(root.join("f"))?;
        tidy(&root.join("f/1.lock"), &root);
        assert!(!root.join("f").exists());
        assert_eq!(root.exists(), stays);
    }
    Ok(())
}

#[test]
fn folders_with_anything_in_them_stay() -> Result<(), Busy> {
    let store = Scratch::store();
    let lock = store.lock(&key())?;
    store.put(&key(), 1, b"x")?;
    drop(lock);
    tidy(&lock_file(store.root()), store.root());
    assert_eq!(files(store.root()), [store.root().join("f/1/00000001.snap")]);
    Ok(())
}

#[test]
fn a_lock_removed_by_hand_does_not_take_that_of_another() -> Result<(), Busy> {
    for system in WAYS {
        let root = Scratch::folder();
        let first = acquire(&root, slow(system))?;
        fs::remove_file(lock_file(&root))?;
        let second = acquire(&root, slow(system))?;
        drop(first);
        second.check()?;
        assert!(matches!(acquire(&root, slow(system)), Err(Busy::Held(_))));
        drop(second);
    }
    Ok(())
}

#[test]
fn many_threads_that_lock_and_remove_never_hold_it_together() {
    for system in WAYS {
        let folder = Scratch::folder();
        let root = folder.join(USUAL);
        let inside = AtomicU32::new(0);
        let work = || {
            let mut entered = 0;
            while entered < 30 {
                match acquire(&root, slow(system)) {
                    Err(Busy::Io(error)) => panic!("{error}"),
                    Err(Busy::Held(holder)) => {
                        assert_eq!(holder.pid, Some(std::process::id()));
                        thread::yield_now();
                    }
                    Ok(lock) => {
                        assert_eq!(inside.fetch_add(1, Ordering::SeqCst), 0);
                        entered += 1;
                        thread::yield_now();
                        inside.fetch_sub(1, Ordering::SeqCst);
                        drop(lock);
                        // Each time, so that the folders above come and go under the others.
                        tidy(&lock_file(&root), &root);
                    }
                }
            }
        };
        thread::scope(|scope| (0..8).for_each(|_| drop(scope.spawn(work))));
        assert!(files(&root).is_empty());
    }
}

/// A thread may give up on a lock that the others have in turn, but some thread always gets it.
#[test]
fn of_many_threads_one_takes_over() -> io::Result<()> {
    for system in WAYS {
        for _ in 0..20 {
            let root = Scratch::folder();
            leave(&root, others::gone())?;
            let taken = AtomicU32::new(0);
            let work = || {
                if let Ok(lock) = acquire(&root, slow(system)) {
                    taken.fetch_add(1, Ordering::SeqCst);
                    lock.check().expect("it is ours");
                    // For as long as the others may need to see it.
                    std::mem::forget(lock);
                }
            };
            thread::scope(|scope| (0..6).for_each(|_| drop(scope.spawn(work))));
            assert_eq!(taken.into_inner(), 1);
            assert_eq!(files(&root), [lock_file(&root)]);
        }
    }
    Ok(())
}

#[test]
fn a_held_lock_shows_signs_of_life() -> Result<(), Busy> {
    for system in WAYS {
        let root = Scratch::folder();
        let lock = acquire(&root, quick(system))?;
        let first = fs::read_to_string(lock_file(&root))?;
        let began = Instant::now();
        let mut later = first.clone();
        while later == first && began.elapsed() < Duration::from_secs(20) {
            thread::sleep(Duration::from_millis(5));
            later = fs::read_to_string(lock_file(&root))?;
        }
        let fixed = |text: &str| text.lines().filter(|line| !line.starts_with("beat ")).map(str::to_owned).collect();
        let (before, after): (Vec<String>, Vec<String>) = (fixed(&first), fixed(&later));
        assert!(before == after && first.len() == later.len() && first != later, "{first}{later}");
        lock.check()?;
    }
    Ok(())
}

#[test]
fn whatever_lies_there_is_no_reason_to_hang() -> io::Result<()> {
    let root = Scratch::folder();
    let refused = || {
        let Err(Busy::Io(error)) = acquire(&root, slow(true)) else { panic!("it is no lock") };
        let said = error.to_string();
        let file = lock_file(&root).display().to_string();
        assert!(said.contains(&file) && said.ends_with("is not a file: remove it"), "{said}");
    };
    fs::create_dir_all(lock_file(&root))?;
    refused();
    fs::remove_dir(lock_file(&root))?;
    #[cfg(unix)]
    {
        std::os::unix::fs::symlink("nowhere", lock_file(&root))?;
        refused();
        fs::remove_file(lock_file(&root))?;
        if std::process::Command::new("mkfifo").arg(lock_file(&root)).status().is_ok_and(|status| status.success()) {
            refused();
        }
    }
    Ok(())
}

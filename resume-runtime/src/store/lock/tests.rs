//! Two processes are two handles here: a lock belongs to the open file, not to the process.

use super::{Holder, USUAL, parse, tidy, utc};
use crate::store::suite::Scratch;
use crate::store::{Busy, Dir, Key, Store};
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicU32, Ordering};
use std::time::Duration;
use std::{fs, io, thread};

fn key() -> Key {
    Key::new("f", "1")
}

fn lock_file(store: &Dir) -> PathBuf {
    store.root().join("f/1.lock")
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

#[test]
fn a_second_process_learns_who_has_it() {
    let first = Scratch::store();
    let second = Dir::new(first.root());
    let lock = first.lock(&key());
    let Err(Busy::Held(holder)) = second.lock(&key()) else { panic!("locked twice") };
    assert_eq!(holder.pid, Some(std::process::id()));
    assert!(holder.host.is_some() && holder.since.is_some());
    drop(lock);
    assert!(second.lock(&key()).is_ok());
}

#[test]
fn a_lock_is_all_that_is_written_and_no_file_stays() -> Result<(), Busy> {
    let store = Scratch::store();
    let lock = store.lock(&key())?;
    assert_eq!(files(store.root()), [lock_file(&store)]);
    drop(lock);
    assert!(files(store.root()).is_empty());
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
    tidy(&lock_file(&store), store.root());
    assert_eq!(files(store.root()), [store.root().join("f/1/00000001.snap")]);
    Ok(())
}

#[test]
fn what_a_killed_process_left_is_taken_over() -> Result<(), Busy> {
    let store = Scratch::store();
    let folder = store.root().join("f/1");
    fs::create_dir_all(&folder)?;
    fs::write(lock_file(&store), format!("pid 1\nhost gone\n{}", "x".repeat(500)))?;
    fs::write(folder.join("00000001.snap.1-0.tmp"), b"half")?;
    let lock = store.lock(&key())?;
    assert!(!fs::read_to_string(lock_file(&store))?.contains('x'));
    assert_eq!(files(store.root()), [lock_file(&store)]);
    drop(lock);
    Ok(())
}

#[test]
fn a_lock_removed_by_hand_does_not_take_that_of_another() -> Result<(), Busy> {
    let store = Scratch::store();
    let first = store.lock(&key())?;
    fs::remove_file(lock_file(&store))?;
    let second = store.lock(&key())?;
    drop(first);
    assert!(matches!(store.lock(&key()), Err(Busy::Held(_))));
    drop(second);
    Ok(())
}

#[test]
fn many_threads_that_lock_and_remove_never_hold_it_together() {
    let folder = Scratch::folder();
    let root = folder.join(USUAL);
    let inside = AtomicU32::new(0);
    let work = || {
        let store = Dir::new(&root);
        let mut entered = 0;
        while entered < 50 {
            match store.lock(&key()) {
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
                    tidy(&root.join("f/1.lock"), &root);
                }
            }
        }
    };
    thread::scope(|scope| (0..8).for_each(|_| drop(scope.spawn(work))));
    assert!(files(&root).is_empty());
}

#[test]
fn a_strange_lock_file_names_nobody() {
    for text in ["", "pid", "pid x\n", "\u{fffd}\u{fffd}", "host \n"] {
        assert_eq!(parse(text).pid, None);
    }
    let holder = parse("pid 7\nhost n3\nsince 2026\n");
    assert_eq!(holder, Holder::new(Some(7), Some("n3".into()), Some("2026".into())));
    assert_eq!(holder.to_string(), "process 7 on n3 since 2026");
}

#[test]
fn dates_are_right() {
    let cases = [
        (0, "1970-01-01 00:00:00 UTC"),
        (951_782_399, "2000-02-28 23:59:59 UTC"),
        (951_782_400, "2000-02-29 00:00:00 UTC"),
        (951_868_800, "2000-03-01 00:00:00 UTC"),
        (1_798_761_599, "2026-12-31 23:59:59 UTC"),
        (1_798_761_600, "2027-01-01 00:00:00 UTC"),
    ];
    for (seconds, text) in cases {
        assert_eq!(utc(Duration::from_secs(seconds)), text);
    }
}

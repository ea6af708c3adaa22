//! What people and other programs leave in the folder of a run: looked at, and never touched.

use std::ffi::OsStr;
use std::os::unix::ffi::OsStrExt;
use std::os::unix::fs::{PermissionsExt, symlink};
use std::os::unix::net::UnixListener;
use std::path::PathBuf;
use std::process::Command;
use std::{fs, io};

use crate::store::suite::Scratch;
use crate::store::{Dir, Key, Store};

fn key() -> Key {
    Key::new("f", "1")
}

/// A store with a sound snapshot 1, the folder of its run, and beside the snapshot whatever `make` puts there.
fn with(make: impl FnOnce(PathBuf) -> io::Result<()>) -> io::Result<Scratch<Dir>> {
    let store = Scratch::store();
    store.put(&key(), 1, b"sound")?;
    make(store.folder(&key()))?;
    Ok(store)
}

/// All names, with those of what is below.
fn names(store: &Dir) -> io::Result<Vec<PathBuf>> {
    let mut names: Vec<PathBuf> =
        fs::read_dir(store.folder(&key()))?.map(|entry| Ok(entry?.path())).collect::<io::Result<_>>()?;
    names.sort();
    Ok(names)
}

/// Listing, opening, locking and saving work beside it, and it stays.
fn is_left_alone(store: &Dir, listed: &[u64]) -> io::Result<()> {
    let before = names(store)?;
    let lock = store.lock(&key()).expect("free");
    assert_eq!(store.list(&key())?, listed);
    for seq in listed {
        // Whatever comes of it, it comes at once.
        let _ = store.get(&key(), *seq);
    }
    assert_eq!(store.get(&key(), 1)?, b"sound");
    assert_eq!(names(store)?, before);
    store.put(&key(), 7, b"next")?;
    assert_eq!(store.get(&key(), 7)?, b"next");
    store.remove(&key(), 7)?;
    assert_eq!(names(store)?, before);
    drop(lock);
    Ok(())
}

fn kind(store: &Dir, seq: u64) -> Option<io::ErrorKind> {
    store.get(&key(), seq).err().map(|error| error.kind())
}

#[test]
fn a_folder_with_the_name_of_a_snapshot() -> io::Result<()> {
    let store = with(|folder| fs::create_dir_all(folder.join("00000002.snap/deep")))?;
    is_left_alone(&store, &[1, 2])?;
    assert_eq!(kind(&store, 2), Some(io::ErrorKind::InvalidData));
    assert_eq!(kind_of_put(&store, 2), Some(io::ErrorKind::AlreadyExists));
    let place = store.set_aside(&key(), 2)?;
    assert!(PathBuf::from(place).join("deep").is_dir());
    is_left_alone(&store, &[1])
}

#[test]
fn pipes_and_sockets() -> io::Result<()> {
    let store = with(|folder| {
        let made = Command::new("mkfifo").arg(folder.join("00000002.snap")).status()?;
        assert!(made.success());
        UnixListener::bind(folder.join("00000003.snap")).map(drop)
    })?;
    is_left_alone(&store, &[1, 2, 3])?;
    for seq in [2, 3] {
        assert_eq!(kind(&store, seq), Some(io::ErrorKind::InvalidData));
    }
    Ok(())
}

#[test]
fn links() -> io::Result<()> {
    let store = with(|folder| {
        symlink("00000001.snap", folder.join("00000002.snap"))?;
        symlink("nowhere", folder.join("00000003.snap"))?;
        symlink("00000004.snap", folder.join("00000004.snap"))?;
        symlink("/", folder.join("00000005.snap"))?;
        symlink("/dev/zero", folder.join("00000006.snap"))
    })?;
    is_left_alone(&store, &[1, 2, 3, 4, 5, 6])?;
    assert_eq!(store.get(&key(), 2)?, b"sound");
    assert_eq!(kind(&store, 3), Some(io::ErrorKind::NotFound));
    assert!(kind(&store, 4).is_some());
    assert_eq!(kind(&store, 5), Some(io::ErrorKind::InvalidData));
    assert_eq!(kind(&store, 6), Some(io::ErrorKind::InvalidData));
    // A link that leads nowhere is in use too.
    assert_eq!(kind_of_put(&store, 3), Some(io::ErrorKind::AlreadyExists));
    Ok(())
}

fn kind_of_put(store: &Dir, seq: u64) -> Option<io::ErrorKind> {
    store.put(&key(), seq, b"x").err().map(|error| error.kind())
}

#[test]
fn names_that_are_no_text() -> io::Result<()> {
    let odd = [&b"\xff\xfe.snap"[..], b"0000000\xff.snap", b"00000002.snap.\xff-1.tmp", b"\n", b"00000002.snap\n"];
    let store = with(|folder| odd.iter().try_for_each(|name| fs::write(folder.join(OsStr::from_bytes(name)), b"x")))?;
    is_left_alone(&store, &[1])
}

#[test]
fn numbers_beyond_all_bounds() -> io::Result<()> {
    let store = with(|folder| {
        fs::write(folder.join(format!("{}.snap", u64::MAX)), b"x")?;
        fs::write(folder.join("18446744073709551616.snap"), b"x")?;
        fs::write(folder.join("-0000001.snap"), b"x")
    })?;
    is_left_alone(&store, &[1, u64::MAX])
}

/// Whoever may read everything finds nothing strange about it.
#[test]
fn a_file_that_may_not_be_read() -> io::Result<()> {
    let store = with(|folder| {
        let path = folder.join("00000002.snap");
        fs::write(&path, b"secret")?;
        fs::set_permissions(path, fs::Permissions::from_mode(0o000))
    })?;
    is_left_alone(&store, &[1, 2])?;
    assert!(matches!(kind(&store, 2), None | Some(io::ErrorKind::PermissionDenied)));
    Ok(())
}

/// Links below a run lead out of the store; its end does not follow them.
#[test]
fn clear_follows_no_links() -> io::Result<()> {
    let outside = Scratch::folder();
    fs::write(outside.join("mine"), b"mine")?;
    let store = with(|folder| {
        symlink(&*outside, folder.join("under-1"))?;
        fs::create_dir(folder.join("under-2"))?;
        symlink(&*outside, folder.join("under-2/link"))
    })?;
    store.clear(&key())?;
    assert!(!store.folder(&key()).exists());
    assert_eq!(fs::read(outside.join("mine"))?, b"mine");
    Ok(())
}

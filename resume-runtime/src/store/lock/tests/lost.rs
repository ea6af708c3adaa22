//! What a process may still do when its run was taken over.

use super::*;
use crate::store::Lost;

/// Puts the lock of another process in place of the one that is there, as taking over does.
fn take_over(root: &Path) -> io::Result<()> {
    let text = others::gone();
    fs::write(root.join("f/other"), text)?;
    fs::rename(root.join("f/other"), lock_file(root))
}

fn is_lost<T>(result: io::Result<T>) -> bool {
    result.err().is_some_and(|error| Lost::of(&error).is_some_and(|lost| lost.holder().pid == Some(u32::MAX)))
}

#[test]
fn nothing_is_written_or_removed_any_more() -> Result<(), Busy> {
    let store = Scratch::store();
    let lock = store.lock(&key())?;
    let child = key().child("under-2").child("0-g");
    for (key, seq) in [(&key(), 1), (&key(), 2), (&child, 1)] {
        store.put(key, seq, b"mine")?;
    }
    take_over(store.root())?;
    let before = files(store.root());
    assert!(is_lost(lock.check()));
    for key in [&key(), &child] {
        assert!(is_lost(store.put(key, 3, b"late")));
        assert!(is_lost(store.remove(key, 1)));
        assert!(is_lost(store.set_aside(key, 1)));
        assert!(is_lost(store.clear(key)));
    }
    // For good, even if the other one is done meanwhile.
    fs::remove_file(lock_file(store.root()))?;
    assert!(is_lost(store.put(&key(), 3, b"late")));
    fs::write(lock_file(store.root()), others::gone())?;
    drop(lock);
    assert_eq!(files(store.root()), before, "nor is the lock of the other one removed");
    let text = Lost::new(Path::new("1.lock"), crate::store::Holder::new(Some(7), Some("n3".into()), None)).to_string();
    assert!(text.contains("process 7 on n3"), "{text}");
    Ok(())
}

/// Taken over while the bytes of a snapshot are being written: it never appears.
#[test]
fn a_snapshot_that_was_being_written_does_not_appear() -> Result<(), Busy> {
    let store = Scratch::store();
    let lock = store.lock(&key())?;
    store.put(&key(), 1, b"mine")?;
    let result = store.write(&key(), 2, &mut |out| {
        out.write_all(b"late")?;
        take_over(store.root())
    });
    assert!(is_lost(result));
    assert_eq!(store.list(&key())?, [1]);
    drop(lock);
    Ok(())
}

#[test]
fn a_lock_that_was_removed_is_lost_to_nobody() -> Result<(), Busy> {
    for system in WAYS {
        let root = Scratch::folder();
        let lock = acquire(&root, slow(system))?;
        fs::remove_file(lock_file(&root))?;
        let error = lock.check().expect_err("it is gone");
        assert!(Lost::of(&error).is_some_and(|lost| *lost.holder() == crate::store::Holder::default()));
        assert!(error.to_string().contains("was removed"), "{error}");
    }
    Ok(())
}

/// Not to be able to tell is no permission, nor is it for good.
#[test]
#[cfg(unix)]
fn a_lock_that_cannot_be_read_is_not_lost() -> Result<(), Busy> {
    let root = Scratch::folder();
    let lock = acquire(&root, slow(true))?;
    fs::rename(root.join("f"), root.join("away"))?;
    fs::write(root.join("f"), "")?;
    let error = lock.check().expect_err("it cannot be read");
    assert!(Lost::of(&error).is_none(), "{error}");
    fs::remove_file(root.join("f"))?;
    fs::rename(root.join("away"), root.join("f"))?;
    lock.check()?;
    Ok(())
}

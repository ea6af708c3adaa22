//! What every store must do, as one set of tests for all of them: `suite::tests!(MyStore::new())`
//! in the tests of a store.

use std::ops::Deref;
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicU32, Ordering};
use std::{fs, io, thread};

use super::{Busy, Dir, Key, Store};

type Outcome = Result<(), Busy>;

/// One test for each function below; the expression makes an empty store, or a guard of one.
macro_rules! tests {
    ($store:expr) => {
        crate::store::suite::tests!($store;
            an_unknown_run_is_empty, what_was_put_comes_back, numbers_ascend,
            nothing_is_overwritten, one_of_many_wins_a_number, removed_is_gone,
            content_that_fails_leaves_nothing, what_is_open_stays_readable, reading_ends_with_the_bytes,
            runs_do_not_mix, clear_takes_all_below, clear_keeps_the_lock,
            set_aside_is_listed_no_more, starts_go_with_their_snapshot, what_is_below_is_named, what_is_used_is_counted, a_lock_is_exclusive, locks_of_runs_are_independent,
            many_threads_share_a_store, places_name_the_run);
    };
    ($store:expr; $($name:ident),*) => {
        mod suite {
            use super::*;
            $(
                #[test]
                fn $name() -> Result<(), crate::store::Busy> {
                    let store = $store;
                    crate::store::suite::$name(&*crate::store::suite::Guard::guard(&store))
                }
            )*
        }
    };
}
pub(crate) use tests;

/// Lets `tests!` take both a store and a guard of one.
pub(crate) trait Guard {
    fn guard(&self) -> &dyn Store;
}

impl<S: Store> Guard for S {
    fn guard(&self) -> &dyn Store {
        self
    }
}

impl Guard for Scratch<Dir> {
    fn guard(&self) -> &dyn Store {
        &self.content
    }
}

/// A folder of a test's own, gone with it.
pub(crate) struct Scratch<T> {
    content: T,
    folder: PathBuf,
}

impl Scratch<PathBuf> {
    pub(crate) fn folder() -> Scratch<PathBuf> {
        Scratch::new(Path::to_owned)
    }
}

impl Scratch<Dir> {
    pub(crate) fn store() -> Scratch<Dir> {
        Scratch::new(|folder| Dir::new(folder))
    }
}

impl<T> Scratch<T> {
    fn new(content: impl FnOnce(&Path) -> T) -> Scratch<T> {
        static COUNT: AtomicU32 = AtomicU32::new(0);
        let n = COUNT.fetch_add(1, Ordering::Relaxed);
        let folder = std::env::temp_dir().join(format!("resume-{}-{n}", std::process::id()));
        let _ = fs::remove_dir_all(&folder);
        fs::create_dir_all(&folder).expect("a folder for the test");
        Scratch { content: content(&folder), folder }
    }
}

impl<T> Deref for Scratch<T> {
    type Target = T;
    fn deref(&self) -> &T {
        &self.content
    }
}

impl<T> Drop for Scratch<T> {
    fn drop(&mut self) {
        let _ = fs::remove_dir_all(&self.folder);
    }
}

fn key() -> Key {
    Key::new("krate::f", "12ab")
}

fn kind<T>(result: io::Result<T>) -> Option<io::ErrorKind> {
    result.err().map(|error| error.kind())
}

pub(crate) fn an_unknown_run_is_empty(store: &dyn Store) -> Outcome {
    assert_eq!(store.list(&key())?, [0_u64; 0]);
    assert_eq!(kind(store.get(&key(), 1)), Some(io::ErrorKind::NotFound));
    store.remove(&key(), 1)?;
    store.clear(&key())?;
    assert_eq!(kind(store.set_aside(&key(), 1)), Some(io::ErrorKind::NotFound));
    Ok(())
}

pub(crate) fn what_was_put_comes_back(store: &dyn Store) -> Outcome {
    let large: Vec<u8> = (0..1 << 20).map(|i: u32| (i.wrapping_mul(0x9e37_79b9) >> 24) as u8).collect();
    for (seq, bytes) in [(1, &[][..]), (2, &[0]), (3, &large)] {
        store.put(&key(), seq, bytes)?;
        assert!(store.get(&key(), seq)? == bytes);
    }
    Ok(())
}

pub(crate) fn numbers_ascend(store: &dyn Store) -> Outcome {
    for seq in [10, 9, 100_000_000, 0, 99_999_999] {
        store.put(&key(), seq, b"x")?;
    }
    assert_eq!(store.list(&key())?, [0, 9, 10, 99_999_999, 100_000_000]);
    Ok(())
}

pub(crate) fn nothing_is_overwritten(store: &dyn Store) -> Outcome {
    store.put(&key(), 1, b"first")?;
    assert_eq!(kind(store.put(&key(), 1, b"second")), Some(io::ErrorKind::AlreadyExists));
    assert_eq!(store.get(&key(), 1)?, b"first");
    assert_eq!(store.list(&key())?, [1]);
    Ok(())
}

pub(crate) fn one_of_many_wins_a_number(store: &dyn Store) -> Outcome {
    let won = AtomicU32::new(0);
    thread::scope(|scope| {
        for n in 0_u8..8 {
            let won = &won;
            scope.spawn(move || {
                if store.put(&key(), 1, &[n; 1000]).is_ok() {
                    won.fetch_add(1, Ordering::Relaxed);
                }
            });
        }
    });
    assert_eq!(won.into_inner(), 1);
    let bytes = store.get(&key(), 1)?;
    assert!(bytes.len() == 1000 && bytes.iter().all(|b| Some(b) == bytes.first()));
    Ok(())
}

pub(crate) fn removed_is_gone(store: &dyn Store) -> Outcome {
    store.put(&key(), 1, b"x")?;
    store.put(&key(), 2, b"y")?;
    store.remove(&key(), 1)?;
    store.remove(&key(), 1)?;
    assert_eq!(store.list(&key())?, [2]);
    assert_eq!(kind(store.get(&key(), 1)), Some(io::ErrorKind::NotFound));
    Ok(())
}

pub(crate) fn content_that_fails_leaves_nothing(store: &dyn Store) -> Outcome {
    store.put(&key(), 1, b"good")?;
    let failed = store.write(&key(), 2, &mut |out| {
        out.write_all(b"half")?;
        Err(io::Error::other("its own"))
    });
    assert_eq!(failed.map_err(|error| error.to_string()), Err("its own".to_owned()));
    assert_eq!(store.list(&key())?, [1]);
    store.put(&key(), 2, b"whole")?;
    assert_eq!(store.get(&key(), 2)?, b"whole");
    Ok(())
}

pub(crate) fn what_is_open_stays_readable(store: &dyn Store) -> Outcome {
    store.put(&key(), 1, b"0123456789")?;
    let mut object = store.open(&key(), 1)?;
    store.remove(&key(), 1)?;
    store.clear(&key())?;
    let mut there = [0; 4];
    object.read_at(3, &mut there)?;
    assert_eq!((object.size(), &there), (10, b"3456"));
    Ok(())
}

pub(crate) fn reading_ends_with_the_bytes(store: &dyn Store) -> Outcome {
    store.put(&key(), 1, b"0123456789")?;
    let mut object = store.open(&key(), 1)?;
    for (offset, length) in [(10, 0), (0, 10)] {
        object.read_at(offset, &mut vec![0; length])?;
    }
    for (offset, length) in [(10, 1), (7, 4), (1 << 40, 1)] {
        assert_eq!(kind(object.read_at(offset, &mut vec![0; length])), Some(io::ErrorKind::UnexpectedEof));
    }
    Ok(())
}

pub(crate) fn runs_do_not_mix(store: &dyn Store) -> Outcome {
    let others = [Key::new("krate::f", "12ac"), Key::new("krate::g", "12ab"), key().child("12ab")];
    store.put(&key(), 1, b"mine")?;
    for (seq, other) in (2..).zip(&others) {
        store.put(other, seq, b"theirs")?;
    }
    assert_eq!(store.list(&key())?, [1]);
    for (seq, other) in (2..).zip(&others) {
        assert_eq!(store.list(other)?, [seq]);
    }
    store.clear(&key())?;
    assert_eq!(store.list(&others[0])?, [2]);
    assert_eq!(store.list(&others[1])?, [3]);
    Ok(())
}

pub(crate) fn clear_takes_all_below(store: &dyn Store) -> Outcome {
    let below = key().child("under-1");
    let deep = below.child("0-g-77");
    for (key, seq) in [(&key(), 1), (&key(), 2), (&deep, 5), (&key().child("under-2"), 6)] {
        store.put(key, seq, b"x")?;
    }
    store.clear(&below)?;
    assert_eq!(store.list(&deep)?, [0_u64; 0]);
    assert_eq!(store.list(&key().child("under-2"))?, [6]);
    assert_eq!(store.list(&key())?, [1, 2]);
    store.clear(&key())?;
    assert_eq!(store.list(&key())?, [0_u64; 0]);
    assert_eq!(store.list(&key().child("under-2"))?, [0_u64; 0]);
    // And all of it can be made again.
    store.put(&deep, 1, b"y")?;
    assert_eq!(store.get(&deep, 1)?, b"y");
    Ok(())
}

pub(crate) fn clear_keeps_the_lock(store: &dyn Store) -> Outcome {
    let lock = store.lock(&key())?;
    store.put(&key(), 1, b"x")?;
    store.clear(&key())?;
    assert!(matches!(store.lock(&key()), Err(Busy::Held(_))));
    drop(lock);
    drop(store.lock(&key())?);
    Ok(())
}

pub(crate) fn set_aside_is_listed_no_more(store: &dyn Store) -> Outcome {
    store.put(&key(), 1, b"good")?;
    store.put(&key(), 2, b"damaged")?;
    let place = store.set_aside(&key(), 2)?;
    assert!(place.contains("00000002") && place.contains("damaged"), "{place}");
    assert_eq!(store.list(&key())?, [1]);
    assert_eq!(kind(store.get(&key(), 2)), Some(io::ErrorKind::NotFound));
    Ok(())
}

pub(crate) fn starts_go_with_their_snapshot(store: &dyn Store) -> Outcome {
    for seq in 1..=5 {
        store.put(&key(), seq, b"x")?;
        assert_eq!(store.starts(&key(), seq)?, 0);
        for count in [1, 2, 1, 0, 3] {
            store.set_starts(&key(), seq, count)?;
            assert_eq!(store.starts(&key(), seq)?, count);
        }
    }
    assert_eq!(store.list(&key())?, [1, 2, 3, 4, 5]);
    store.remove(&key(), 1)?;
    store.set_aside(&key(), 2)?;
    let place = store.set_poisoned_aside(&key(), 3)?;
    assert!(place.contains("00000003") && place.contains("poisoned"), "{place}");
    assert_eq!(store.list(&key())?, [4, 5]);
    // The lock's holder sweeps the folder; what is on record stays.
    drop(store.lock(&key())?);
    for (seq, count) in [(1, 0), (2, 0), (3, 0), (4, 3), (5, 3)] {
        assert_eq!(store.starts(&key(), seq)?, count, "{seq}");
    }
    store.clear(&key())?;
    assert_eq!(store.starts(&key(), 5)?, 0);
    // A record that outlived its snapshot, which somebody has moved away, is none of the next one's.
    store.put(&key(), 1, b"x")?;
    store.set_starts(&key(), 2, 3)?;
    store.put(&key(), 2, b"y")?;
    assert_eq!(store.starts(&key(), 2)?, 0);
    Ok(())
}

pub(crate) fn what_is_below_is_named(store: &dyn Store) -> Outcome {
    let below = || store.below(&key());
    assert_eq!(below()?, [""; 0]);
    store.put(&key(), 1, b"x")?;
    assert_eq!(below()?, [""; 0]);
    for name in ["under-2-ab", "under-1-cd"] {
        for child in ["0-g", "1-g"] {
            store.put(&key().child(name).child(child), 1, b"x")?;
        }
    }
    assert_eq!(below()?, ["under-1-cd", "under-2-ab"]);
    store.clear(&key().child("under-1-cd"))?;
    assert_eq!(below()?, ["under-2-ab"]);
    Ok(())
}

pub(crate) fn what_is_used_is_counted(store: &dyn Store) -> Outcome {
    assert_eq!(store.used(), Some(0));
    store.put(&key(), 1, &[1; 1000])?;
    store.put(&key().child("under-1"), 1, &[1; 300])?;
    store.put(&Key::new("krate::g", "1"), 1, &[1; 20])?;
    assert_eq!(store.used(), Some(1320));
    store.set_aside(&Key::new("krate::g", "1"), 1)?;
    assert_eq!(store.used(), Some(1320), "it is still there");
    store.remove(&key(), 1)?;
    assert_eq!(store.used(), Some(320));
    Ok(())
}

pub(crate) fn a_lock_is_exclusive(store: &dyn Store) -> Outcome {
    let lock = store.lock(&key())?;
    assert_eq!(lock.warning(), None);
    for _ in 0..2 {
        let Err(Busy::Held(holder)) = store.lock(&key()) else { panic!("locked twice") };
        assert_eq!(holder.pid, Some(std::process::id()));
    }
    let from_elsewhere = thread::scope(|scope| scope.spawn(|| store.lock(&key()).is_ok()).join());
    assert!(matches!(from_elsewhere, Ok(false)));
    drop(lock);
    drop(store.lock(&key())?);
    drop(store.lock(&key())?);
    Ok(())
}

pub(crate) fn locks_of_runs_are_independent(store: &dyn Store) -> Outcome {
    let first = store.lock(&key())?;
    let second = store.lock(&Key::new("krate::f", "12ac"))?;
    let third = store.lock(&key().child("under-1"))?;
    drop(first);
    assert!(store.lock(&Key::new("krate::f", "12ac")).is_err());
    drop((second, third));
    Ok(())
}

pub(crate) fn many_threads_share_a_store(store: &dyn Store) -> Outcome {
    let results = thread::scope(|scope| {
        let run = |n: u64| -> Outcome {
            let key = Key::new("krate::f", &n.to_string());
            for round in 0..10 {
                let lock = store.lock(&key)?;
                store.put(&key, round, &n.to_le_bytes())?;
                store.put(&key.child("under-0"), round, b"child")?;
                assert_eq!(store.get(&key, round)?, n.to_le_bytes());
                store.clear(&key)?;
                assert_eq!(store.list(&key)?, [0_u64; 0]);
                drop(lock);
            }
            Ok(())
        };
        let threads: Vec<_> = (0..4).map(|n| scope.spawn(move || run(n))).collect();
        threads.into_iter().map(thread::ScopedJoinHandle::join).collect::<Vec<_>>()
    });
    for result in results {
        result.expect("no panic")?;
    }
    Ok(())
}

pub(crate) fn places_name_the_run(store: &dyn Store) -> Outcome {
    for text in [store.place(&key()), store.locate(&key(), 7)] {
        assert!(text.contains("krate.f") && text.contains("12ab"), "{text}");
    }
    assert!(store.locate(&key(), 7).contains("00000007"));
    Ok(())
}

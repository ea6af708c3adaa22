use super::{MOST, ROOM, Saved, State};
use crate::fs::chain::{BLOCK, Chain};
use crate::fs::frame::Form;
use crate::fs::medium::tests::Disk;
use crate::fs::trouble::Why;
use crate::run::tenure::Tenure;
use crate::store::{Holder, Lock, Lost};
use std::io;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

fn on(disk: &Disk) -> State {
    owned(disk, None)
}

fn owned(disk: &Disk, tenure: Option<Arc<Tenure>>) -> State {
    State::new(PathBuf::from("/out"), Box::new(disk.clone()), Form::Plain, Chain::new(), tenure)
}

/// A row that tells its number.
fn row(number: usize) -> Vec<u8> {
    format!("{number},{}\n", number * number).repeat(1 + number % 300).into_bytes()
}

fn rows(count: usize) -> Vec<u8> {
    (0..count).flat_map(row).collect()
}

fn copy(saved: &Saved) -> Saved {
    Saved {
        path: saved.path.clone(),
        form: saved.form,
        sum: saved.sum.clone(),
        given: saved.given,
        opening: saved.opening.clone(),
    }
}

/// A disk after a power cut: what was made durable, and as much of the rest as `shown` had of it.
fn after_power_cut(durable: &[u8], shown: &[u8], kept: usize) -> Disk {
    let mut left = durable.to_vec();
    let more = shown.get(durable.len()..).unwrap_or_default();
    left.extend_from_slice(&more[..more.len().min(kept)]);
    Disk::holding(&left)
}

#[test]
fn a_snapshot_never_tells_of_bytes_that_a_power_cut_can_take() {
    let disk = Disk::default();
    let mut state = on(&disk);
    let mut snapshots = Vec::new();
    for number in 0..120 {
        assert_eq!(state.write(&row(number)).unwrap(), row(number).len());
        if number % 7 == 0 {
            let saved = state.save().unwrap();
            assert!(disk.look().is_named);
            assert!(disk.durable().len() as u64 >= saved.sum.length);
            snapshots.push((number + 1, saved));
        }
        // The power may go after any write, and take all that was not made durable, or some of it.
        let (durable, shown) = (disk.durable(), disk.shown());
        let (done, newest) = snapshots.last().unwrap();
        for kept in [0, 5, usize::MAX] {
            let left = after_power_cut(&durable, &shown, kept);
            let mut again = State::go_on(copy(newest), Box::new(left.clone()), None, false).expect("it is all there");
            (*done..130).for_each(|number| assert_eq!(again.write(&row(number)).unwrap(), row(number).len()));
            again.finish().unwrap();
            assert!(left.durable() == rows(130), "cut after row {number}");
            // The cuts that follow look at this moment only.
            if number % 20 != 0 {
                break;
            }
        }
    }
    // Rows are written in pieces, and the oldest snapshot is as good as the newest.
    let (done, oldest) = snapshots.first().unwrap();
    let left = Disk::holding(&disk.shown());
    let mut again = State::go_on(copy(oldest), Box::new(left.clone()), None, false).expect("it is all there");
    (*done..120).for_each(|number| assert_eq!(again.write(&row(number)).unwrap(), row(number).len()));
    drop(again);
    assert!(left.shown() == rows(120));
}

#[test]
fn who_only_looks_touches_nothing_and_sees_what_is_saved() {
    let disk = Disk::default();
    let mut state = on(&disk);
    for number in 0..40 {
        state.write(&row(number)).unwrap();
        let before = disk.shown();
        let seen = state.seen();
        assert!(disk.shown() == before && disk.look().syncs == number as u32);
        assert_eq!(seen.sum, state.save().unwrap().sum);
    }
}

#[test]
fn nothing_new_is_not_made_durable_twice() {
    let disk = Disk::default();
    let mut state = on(&disk);
    state.write(b"row").unwrap();
    let first = state.save().unwrap();
    assert_eq!(state.save().unwrap().sum, first.sum);
    assert_eq!(disk.look().syncs, 1);
    let mut again = State::go_on(first, Box::new(disk.clone()), None, false).expect("as it was");
    again.save().unwrap();
    assert_eq!(disk.look().syncs, 1);
}

#[test]
fn a_full_disk_takes_no_byte_twice_and_loses_none() {
    let disk = Disk::default();
    disk.look().room = Some(100_000);
    let mut state = on(&disk);
    let (mut refused, mut failed) = (0, 0);
    let mut number = 0;
    while number < 900 {
        match state.write(&row(number)) {
            Ok(taken) => {
                assert_eq!(taken, row(number).len());
                number += 1;
            }
            Err(error) => {
                assert_eq!(error.kind(), std::io::ErrorKind::StorageFull);
                assert!(error.to_string().contains("/out"), "{error}");
                refused += 1;
                // Somebody makes room, though little.
                disk.look().room = Some(30_001);
            }
        }
        failed += u32::from(number % 10 == 0 && state.save().is_err());
        assert!(state.waiting.len() < ROOM + MOST);
    }
    assert!(refused > 3 && failed > 3, "{refused} {failed}");
    disk.look().room = None;
    state.finish().unwrap();
    assert!(disk.durable() == rows(900));
}

#[test]
fn what_could_not_be_made_durable_stops_the_run() {
    let disk = Disk::default();
    let mut state = on(&disk);
    state.write(b"kept\n").unwrap();
    let saved = state.save().unwrap();
    state.write(b"lost\n").unwrap();
    disk.look().sync_fails = true;
    assert!(state.save().is_err());
    // A second one would succeed, without the bytes.
    disk.look().sync_fails = false;
    assert!(state.save().is_err());
    assert!(state.flush().is_err() && state.finish().is_err());
    let error = state.write(b"more\n").unwrap_err().to_string();
    assert!(error.contains("/out") && error.contains("start the program again"), "{error}");
    assert_eq!(disk.look().syncs, 2);
    assert_eq!(disk.durable(), b"kept\n");
    let left = Disk::holding(b"kept\n");
    let mut again = State::go_on(saved, Box::new(left.clone()), None, false).expect("as it was");
    again.write(b"lost\n").unwrap();
    again.finish().unwrap();
    assert_eq!(left.durable(), b"kept\nlost\n");
}

#[test]
fn a_file_that_is_not_as_it_was_is_refused_and_left_alone() {
    let disk = Disk::default();
    let mut state = on(&disk);
    for _ in 0..3 * BLOCK / 1024 {
        state.write(&[7; 1024]).unwrap();
    }
    let saved = state.save().unwrap();
    let mut longer = disk.shown();
    longer.extend_from_slice(b"what the killed run wrote");
    for place in [0, longer.len() / 2, saved.sum.length as usize - 1] {
        let mut changed = longer.clone();
        changed[place] = 8;
        let left = Disk::holding(&changed);
        let refused = State::go_on(copy(&saved), Box::new(left.clone()), None, false);
        assert!(matches!(refused, Err(Why::Changed { had }) if had == saved.sum.length));
        assert!(left.shown() == changed);
    }
    let short = Disk::holding(&longer[..100]);
    let refused = State::go_on(copy(&saved), Box::new(short), None, false);
    assert!(matches!(refused, Err(Why::Shorter { has: 100, .. })));
}

#[test]
fn a_large_write_is_taken_in_pieces() {
    let disk = Disk::default();
    let mut state = on(&disk);
    let bytes = rows(3000);
    let mut rest = &bytes[..];
    while !rest.is_empty() {
        let taken = state.write(rest).unwrap();
        assert!(taken > 0 && taken <= MOST);
        rest = &rest[taken..];
    }
    drop(state);
    assert!(disk.shown() == bytes);
}

/// A run that is lost to another process as soon as that is said.
fn tenure() -> (Arc<Tenure>, Arc<Lock>, Arc<AtomicBool>) {
    let is_lost = Arc::new(AtomicBool::new(false));
    let seen = Arc::clone(&is_lost);
    let lock = Arc::new(Lock::new(()).with_check(move || match seen.load(Ordering::Relaxed) {
        true => Err(Lost::new(Path::new("/run.lock"), Holder::default()).into()),
        false => Ok(()),
    }));
    (Arc::new(Tenure::by(&lock)), lock, is_lost)
}

#[test]
fn who_has_lost_the_run_writes_and_cuts_nothing() {
    let disk = Disk::default();
    let (tenure, _lock, is_lost) = tenure();
    let mut state = owned(&disk, Some(Arc::clone(&tenure)));
    state.write(b"one\n").unwrap();
    let saved = state.save().unwrap();
    state.write(b"two\n").unwrap();
    state.flush().unwrap();
    state.write(b"three\n").unwrap();
    is_lost.store(true, Ordering::Relaxed);

    for refused in [state.flush(), state.sync_all(), state.finish(), state.save().map(drop)] {
        let error = refused.unwrap_err();
        assert_eq!(error.kind(), io::ErrorKind::ResourceBusy);
        assert!(error.to_string().contains("the output file /out cannot go on: this process no longer has the run"));
    }
    let refused = State::go_on(saved, Box::new(disk.clone()), Some(tenure), false);
    assert!(matches!(refused, Err(Why::Unusable(error)) if error.kind() == io::ErrorKind::ResourceBusy));
    drop(state);
    assert_eq!(disk.shown(), b"one\ntwo\n");
}

#[test]
fn what_could_not_be_asked_is_asked_again() {
    let disk = Disk::default();
    let asked = AtomicBool::new(false);
    let lock = Arc::new(Lock::new(()).with_check(move || match asked.swap(true, Ordering::Relaxed) {
        true => Ok(()),
        false => Err(io::Error::other("no answer")),
    }));
    let mut state = owned(&disk, Some(Arc::new(Tenure::by(&lock))));
    state.write(b"one\n").unwrap();
    assert_eq!(state.flush().unwrap_err().to_string(), "/out: no answer");
    assert_eq!(disk.shown(), b"");
    state.finish().unwrap();
    assert_eq!(disk.shown(), b"one\n");
}

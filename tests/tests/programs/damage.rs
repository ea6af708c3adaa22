//! A store damaged at random: the program gives the right result or says which file is damaged. It never panics for any
//! other reason, never hangs, takes no memory that the files do not back, and deletes nothing that it could not read.
//!
//! `RESUME_KILLS=<rounds>` for a longer test, `RESUME_SEED=<seed>` for that of an earlier one.
#![cfg(unix)]

use std::fs;
use std::path::{Path, PathBuf};

use resume_tests::child::{Program, Scratch, rounds};
use resume_tests::random::Random;

const LIVES: &str = env!("CARGO_BIN_EXE_lives");

fn scratch() -> Scratch {
    Scratch::new(env!("CARGO_TARGET_TMPDIR"), "damage")
}

/// A run whose snapshots refer to the files of earlier ones, as its vector only grows.
fn half_done() -> Scratch {
    let folder = scratch();
    let run = Program::new(LIVES, folder.path(), &["big", "1", "18"]).run();
    assert!(!run.status.success(), "{run:?}");
    assert!(folder.snapshots().len() > 3, "each holds what is new: {:?}", folder.snapshots());
    folder
}

/// Does something to a file that nobody should do; tells what.
fn damage(file: &Path, others: &[PathBuf], random: &mut Random) -> String {
    let mut bytes = fs::read(file).expect("a file");
    // What a file says of itself is short and lies at its end.
    let at = match random.below(3) {
        0 => random.below(bytes.len()),
        1 => bytes.len() - 1 - random.below(bytes.len().min(1500)),
        _ => random.below(bytes.len().min(40)),
    };
    let what = match random.below(8) {
        0 | 1 => {
            bytes[at] ^= 1 << random.below(8);
            format!("a bit of byte {at} flipped")
        }
        2 => {
            let end = bytes.len().min(at + 1 + random.below(16));
            bytes[at..end].fill_with(|| random.next() as u8);
            format!("bytes from {at} to {end} changed")
        }
        3 => {
            let end = bytes.len().min((at / 512 + 1) * 512);
            bytes[at / 512 * 512..end].fill(0);
            format!("the sector of byte {at} zeroed")
        }
        4 => {
            bytes.truncate(at);
            format!("cut to {at} bytes")
        }
        5 => {
            bytes.extend((0..=random.below(100)).map(|_| random.next() as u8));
            "made longer".to_owned()
        }
        6 => {
            let other = random.pick(others);
            bytes = fs::read(&other).expect("a file");
            format!("replaced by {}", other.display())
        }
        _ => {
            fs::remove_file(file).expect("removed");
            return "removed".to_owned();
        }
    };
    fs::write(file, bytes).expect("written");
    what
}

fn copy(from: &Scratch) -> Scratch {
    let to = scratch();
    for file in from.snapshots() {
        let place = to.path().join(file.strip_prefix(from.path()).expect("below the store"));
        fs::create_dir_all(place.parent().expect("a folder")).expect("a folder");
        fs::copy(&file, place).expect("a copy");
    }
    to
}

/// Damages a copy of `original` in each round: how many gave the right result, and how many were refused.
fn rounds_of(rounds: u64, seed: u64, original: &Scratch, want: &str) -> (u32, u32) {
    let mut random = Random::new(seed);
    let (mut right, mut refused) = (0, 0);
    for round in 0..rounds {
        let store = copy(original);
        let files = store.snapshots();
        let file = random.pick(&files);
        let what = format!("round {round}, seed {seed}: {} {}", file.display(), damage(&file, &files, &mut random));
        let before = store.files().into_iter().filter(|path| path.extension().is_some_and(|end| end == "snap"));
        let before: Vec<_> = before.map(|path| (path.clone(), fs::read(path).expect("a file"))).collect();
        // Two gigabytes are many times what the program needs.
        let run = Program::new(LIVES, store.path(), &["big", "1"]).run_in_shell("ulimit -v 2000000; exec \"$@\"");
        assert!(run.signal().is_none() && !run.says(&["BUG"]), "{what}: {run:?}");
        if run.status.success() {
            right += 1;
            assert_eq!(run.out, want, "{what}: {}", run.err);
            continue;
        }
        refused += 1;
        let number = file.file_stem().expect("a name").to_string_lossy().into_owned();
        let short = format!("snapshot {}", number.trim_start_matches('0'));
        assert!(run.says(&["damaged"]) || run.says(&["format version"]), "{what}: {run:?}");
        assert!(run.says(&[&number]) || run.says(&[&short]), "{what}: {run:?}");
        for (path, bytes) in before {
            assert!(fs::read(&path).is_ok_and(|there| there == bytes), "{what}: {} has changed", path.display());
        }
    }
    (right, refused)
}

#[test]
fn damaged_at_random() {
    let seed: u64 =
        std::env::var("RESUME_SEED").ok().and_then(|text| text.parse().ok()).unwrap_or(std::process::id().into());
    println!("seed {seed}");
    let want = Program::new(LIVES, scratch().path(), &["big", "1"]).run().success();
    let original = half_done();
    // The second half has the seed that follows.
    let half = rounds(120).div_ceil(2);
    let ((right, refused), (more_right, more_refused)) = std::thread::scope(|scope| {
        let other = scope.spawn(|| rounds_of(half, seed.wrapping_add(1), &original, &want));
        (rounds_of(half, seed, &original, &want), other.join().expect("it says why"))
    });
    let (right, refused) = (right + more_right, refused + more_refused);
    println!("{right} gave the right result, {refused} were refused");
    assert!(right > 0 && refused > 0, "the damages are too much alike");
}

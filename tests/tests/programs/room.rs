//! A store that may hold so many bytes and no more.

use std::fs;
use std::path::PathBuf;

use resume_tests::child::{Program, Scratch};

const LIVES: &str = env!("CARGO_BIN_EXE_lives");

fn scratch() -> Scratch {
    Scratch::new(env!("CARGO_TARGET_TMPDIR"), "room")
}

/// The run `number`, interrupted at this pass of its process; it saves at each.
fn noise(folder: &Scratch, number: &str, stop: &str) -> Program {
    Program::new(LIVES, folder.path(), &["noise", number, stop])
}

fn size(files: &[PathBuf]) -> u64 {
    files.iter().map(|file| fs::metadata(file).expect("a file").len()).sum()
}

/// Ten snapshots of each of two runs, and what finished runs have kept.
fn full() -> (Scratch, Vec<PathBuf>) {
    let folder = scratch();
    for (mode, number) in [("keep", "3"), ("memo", "5")] {
        Program::new(LIVES, folder.path(), &[mode, number]).run().success();
    }
    noise(&folder, "2", "10").run();
    let others = folder.snapshots();
    noise(&folder, "1", "10").run();
    assert_eq!(folder.snapshots().len(), others.len() + 10);
    assert!(size(&folder.snapshots()) > 160_000);
    (folder, others)
}

fn own(folder: &Scratch, others: &[PathBuf]) -> Vec<PathBuf> {
    folder.snapshots().into_iter().filter(|file| !others.contains(file)).collect()
}

#[test]
fn a_run_gives_up_its_own_oldest_snapshots() {
    let (folder, others) = full();
    let before = own(&folder, &others);
    let run = noise(&folder, "1", "1").env("RESUME_STORE_LIMIT", "0.13MB").run();
    assert!(run.says(&["resumed at pass 10"]) && !run.says(&["limit"]), "{run:?}");
    let after = own(&folder, &others);
    assert!(size(&folder.snapshots()) <= 130_000, "{after:?}");
    assert!(size(&folder.snapshots()) > 115_000, "no more than has to go: {after:?}");
    assert!(!after.contains(&before[0]) && after.contains(&before[9]), "the oldest goes first: {after:?}");
    assert!(others.iter().all(|file| file.is_file()));
    let rest = noise(&folder, "1", "100").run();
    assert!(rest.says(&["resumed at pass 11"]), "{rest:?}");
    assert_eq!(rest.success(), noise(&scratch(), "1", "100").run().success());
}

/// The newest stands, whatever the limit is, and that is said once.
#[test]
fn a_limit_that_cannot_be_met_is_a_warning() {
    let (folder, others) = full();
    let run = noise(&folder, "1", "5").env("RESUME_STORE_LIMIT", "20 kB").run();
    assert_eq!(run.err.matches("more than its limit of 20.0 kB").count(), 1, "{run:?}");
    assert!(others.iter().all(|file| file.is_file()));
    let rest = noise(&folder, "1", "100").run();
    assert!(rest.says(&["resumed at pass 15"]), "{rest:?}");
    assert_eq!(rest.success(), noise(&scratch(), "1", "100").run().success());
}

#[test]
fn a_limit_that_is_none_is_an_error() {
    let run = noise(&scratch(), "1", "5").env("RESUME_STORE_LIMIT", "much").run();
    assert!(!run.status.success() && run.says(&["RESUME_STORE_LIMIT=much", "10GB"]), "{run:?}");
    // A plain function does not look at it.
    noise(&scratch(), "1", "5").env("RESUME_STORE_LIMIT", "much").env("RESUME_OFF", "1").run().success();
}

//! Lives of one run side by side: begun afresh with RESUME_FRESH, or from an earlier snapshot with RESUME_FROM. None takes
//! anything of another for its own, and none takes from another what that needs.
//!
//! A life ends by a panic here, which waits until everything is written.

use resume_tests::child::{Program, Run, Scratch};

const BRANCHES: &str = env!("CARGO_BIN_EXE_branches");
const NEVER: &str = "1000";

fn scratch() -> Scratch {
    Scratch::new(env!("CARGO_TARGET_TMPDIR"), "branches")
}

fn program(folder: &Scratch, mode: &str, at: &str, size: &str) -> Program {
    Program::new(BRANCHES, folder.path(), &[mode, at, size])
}

fn dies(program: &Program) -> Run {
    let run = program.run();
    assert!(!run.status.success(), "{run:?}");
    run
}

/// The numbers of the root run's snapshots.
fn numbers(folder: &Scratch) -> Vec<u64> {
    let stem = |path: std::path::PathBuf| path.file_stem().and_then(|stem| stem.to_str()?.parse().ok());
    folder.snapshots().into_iter().filter_map(stem).collect()
}

#[test]
fn a_fresh_life_that_is_killed_takes_nothing_from_the_one_before() {
    let folder = scratch();
    let whole = program(&scratch(), "all", NEVER, "12").run().success();
    dies(&program(&folder, "last", "3", "12"));
    let before = numbers(&folder);
    assert_eq!(before.last(), Some(&3));
    dies(&program(&folder, "last", "2", "12").env("RESUME_FRESH", "1"));
    for at in ["6", "9"] {
        let later = dies(&program(&folder, "last", at, "12"));
        assert!(later.says(&["resumed at pass"]), "{later:?}");
        assert!(numbers(&folder).starts_with(&before), "{before:?} in {:?}", numbers(&folder));
    }
    assert_eq!(program(&folder, "last", NEVER, "12").run().success(), whole);
    // They outlive this life, as they would have if it had not been killed.
    assert_eq!(numbers(&folder), before);
    let old = program(&folder, "last", NEVER, "12").run();
    assert!(old.says(&["resumed at pass 3"]), "{old:?}");
    assert_eq!(old.success(), whole);
    assert_eq!(folder.files().len(), 0);
}

/// Child runs that saved before the first pass of their root, in one life and in the next.
#[test]
fn child_runs_of_a_life_before_are_not_found() {
    let whole = |data: &str| program(&scratch(), "sums", NEVER, "4").env("DATA", data).run().success();
    let (old, new) = (whole("1"), whole("2"));
    assert_ne!(old, new);
    for first in ["2", "6", "8"] {
        for second in ["1", "3", "4", "5", "8", "9"] {
            let folder = scratch();
            dies(&program(&folder, "sums", first, "4"));
            dies(&program(&folder, "sums", second, "4").env("DATA", "2").env("RESUME_FRESH", "1"));
            let end = program(&folder, "sums", NEVER, "4").env("DATA", "2").run();
            let from = if second == "9" { "resumed at pass 1" } else { "begins where RESUME_FRESH began" };
            assert!(end.says(&[from]), "{first}, {second}: {end:?}");
            assert_eq!(end.success(), new, "{first}, {second}");
        }
    }
}

/// Each way that a fresh life has gone comes to its end with it.
#[test]
fn a_fresh_life_leaves_no_branch_behind() {
    let folder = scratch();
    let whole = program(&scratch(), "all", NEVER, "12").run().success();
    dies(&program(&folder, "all", "2", "12"));
    dies(&program(&folder, "all", "6", "12").env("RESUME_FRESH", "1"));
    let there = numbers(&folder);
    dies(&program(&folder, "last", "5", "12").env("RESUME_FROM", &there[4].to_string()));
    dies(&program(&folder, "last", "9", "12").env("RESUME_FROM", &there[6].to_string()));
    assert_eq!(program(&folder, "last", NEVER, "12").run().success(), whole);
    assert_eq!(numbers(&folder), [1, 2]);
}

/// Nor a snapshot that could not be read, where the run came to its end before it would have saved the next.
#[test]
fn a_fresh_life_leaves_nothing_damaged_behind() {
    let folder = scratch();
    let poison = |how: &str, at: &str| Program::new(env!("CARGO_BIN_EXE_poison"), folder.path(), &[how, at, "5"]);
    dies(&poison("panic", "2"));
    dies(&poison("interrupt", "4").env("RESUME_FRESH", "1"));
    let newest = folder.snapshots().pop().expect("it has saved");
    resume_tests::child::damage(&newest).expect("it can be written");
    let end = poison("nothing", "0").run();
    assert!(end.status.success() && end.says(&["resumed at pass 4", "stepped back over"]), "{end:?}");
    assert_eq!(numbers(&folder), [1]);
}

/// Nobody can read then which life it was of.
#[test]
fn a_fresh_life_that_is_damaged_all_over_is_not_taken_for_the_one_before() {
    for at in ["1", "5"] {
        let folder = scratch();
        dies(&program(&folder, "last", "2", "12"));
        let before = numbers(&folder).len();
        dies(&program(&folder, "last", at, "12").env("RESUME_FRESH", "1"));
        // The one behind those of the life before says that another has begun.
        let own = folder.snapshots().into_iter().skip(before + 1);
        own.for_each(|path| std::fs::write(path, b"gone").expect("it can be written"));
        let lost = dies(&program(&folder, "last", NEVER, "12"));
        assert!(lost.says(&["damaged", "RESUME_FROM"]), "{lost:?}");
        let back = program(&folder, "last", NEVER, "12").env("RESUME_FROM", "2").run();
        assert!(back.status.success() && back.says(&["resumed at pass 2"]), "{back:?}");
    }
}

/// Its root has saved nothing of its own then.
#[test]
fn what_a_fresh_life_saves_in_a_child_run_is_found() {
    let folder = scratch();
    let whole = program(&scratch(), "sums", NEVER, "4").run().success();
    dies(&program(&folder, "sums", "3", "4").env("RESUME_FRESH", "1"));
    let again = dies(&program(&folder, "sums", "6", "4"));
    assert!(again.says(&["begins where RESUME_FRESH began"]), "{again:?}");
    let counted = numbers(&folder).len();
    dies(&program(&folder, "sums", "5", "4").env("RESUME_FRESH", "1"));
    assert!(numbers(&folder).len() > counted, "all that was there stays");
    assert_eq!(program(&folder, "sums", NEVER, "4").run().success(), whole);
}

#[test]
fn what_newer_snapshots_need_stays_when_a_run_goes_back_behind_them() {
    let whole = program(&scratch(), "all", NEVER, "12").run().success();
    for at in ["9", "10", "11"] {
        let folder = scratch();
        dies(&program(&folder, "all", "6", "12"));
        assert_eq!(numbers(&folder), [1, 2, 3, 4, 5, 6]);
        dies(&program(&folder, "last", "8", "12").env("RESUME_FROM", "3"));
        dies(&program(&folder, "last", at, "12"));
        for seq in ["4", "5", "6"] {
            let named = dies(&program(&folder, "last", "6", "12").env("RESUME_FROM", seq));
            assert!(named.says(&[&format!("resumed at pass {seq}")]), "{named:?}");
        }
        let end = program(&folder, "last", NEVER, "12").env("RESUME_FROM", "6").run();
        assert!(end.says(&["resumed at pass 6"]), "{end:?}");
        assert_eq!(end.success(), whole);
        assert_eq!(folder.files().len(), 0);
    }
}

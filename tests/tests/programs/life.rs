//! The life of a run on disk: finished, kept, memoized, failed, shared, steered by the environment.

use resume_tests::child::{Program, Run, Scratch};

const LIVES: &str = env!("CARGO_BIN_EXE_lives");
const BRANCHES: &str = env!("CARGO_BIN_EXE_branches");
const SIMULATE: &str = env!("CARGO_BIN_EXE_simulate");

fn scratch() -> Scratch {
    Scratch::new(env!("CARGO_TARGET_TMPDIR"), "life")
}

fn lives(folder: &Scratch, arguments: &[&str]) -> Program {
    Program::new(LIVES, folder.path(), arguments)
}

/// `sum 30` interrupted at its 11th pass: two snapshots, at passes 8 and 11.
fn half_done() -> Scratch {
    let folder = scratch();
    let run = lives(&folder, &["sum", "30", "11"]).run();
    assert!(!run.status.success(), "{run:?}");
    assert_eq!(folder.snapshots().len(), 2, "{run:?}");
    folder
}

fn whole() -> String {
    lives(&scratch(), &["sum", "30"]).run().success()
}

#[track_caller]
fn resumed(run: &Run) {
    assert!(run.says(&["resumed"]), "{run:?}");
}

#[test]
fn a_finished_run_leaves_nothing() {
    let folder = scratch();
    lives(&folder, &["sum", "30"]).run().success();
    assert_eq!(folder.snapshots().len(), 0);
    let again = lives(&folder, &["sum", "30"]).run();
    assert!(again.says(&["fresh"]) && !again.says(&["resumed"]), "{again:?}");
    // No folder either, where one run soon follows another.
    lives(&folder, &["enter", "3"]).run().success();
    assert_eq!(std::fs::read_dir(folder.path()).expect("the store").count(), 0);
}

#[test]
fn one_start_line_each_run() {
    let folder = half_done();
    let run = lives(&folder, &["sum", "30"]).run();
    resumed(&run);
    assert_eq!(run.err.lines().count(), 1, "{run:?}");
    assert_eq!(run.success(), whole());
    let quiet = lives(&folder, &["sum", "30"]).env("RESUME_QUIET", "1").run();
    assert_eq!(quiet.err, "");
}

/// A call that goes on from what was kept is another one, whose child runs begin anew.
#[test]
fn child_runs_of_a_finished_call_are_over() {
    let folder = scratch();
    for goal in [1, 3, 4, 4, 9] {
        let run = lives(&folder, &["more", &goal.to_string()]).run();
        assert!(!run.says(&["child run"]), "{run:?}");
        assert_eq!(run.success(), format!("{}\n", goal + 10));
    }
    let folder = scratch();
    lives(&folder, &["once", "3"]).run().success();
    let is_below = |path: &std::path::PathBuf| path.to_string_lossy().contains("under-");
    assert!(!folder.files().iter().any(is_below), "{:?}", folder.files());
}

/// The folders of runs within one another would make a path that the system refuses.
#[test]
fn runs_too_deep_for_the_store_run_again() {
    let whole = lives(&scratch(), &["deep", "150"]).run();
    assert_eq!(whole.err.matches("what is so deep is not saved").count(), 1, "{whole:?}");
    // Of the runs that are left first some are too deep, and the last ones are not.
    for stop in ["20", "140"] {
        let folder = scratch();
        let run = lives(&folder, &["deep", "150", stop]).run();
        assert!(!run.status.success(), "{run:?}");
        let run = lives(&folder, &["deep", "150"]).run();
        resumed(&run);
        assert_eq!(run.success(), whole.out, "stopped at {stop}");
        assert_eq!(folder.snapshots().len(), 0);
    }
}

/// Only what is said at the start of a run can be turned off.
#[test]
fn quiet_runs_tell_of_interrupts() {
    let run = lives(&scratch(), &["sum", "30", "11"]).env("RESUME_QUIET", "1").run();
    assert!(!run.status.success() && !run.says(&["fresh"]), "{run:?}");
    assert!(run.says(&["sum(size = 30) was interrupted: it is saved"]), "{run:?}");
}

/// Another argument is another run.
#[test]
fn arguments_name_the_run() {
    let folder = half_done();
    let other = lives(&folder, &["sum", "31"]).run();
    assert!(!other.says(&["resumed"]), "{other:?}");
    assert_eq!(folder.snapshots().len(), 2, "the first run's snapshots stand");
    resumed(&lives(&folder, &["sum", "30"]).run());
}

#[test]
fn a_hash_map_as_an_argument_names_one_run() {
    for _ in 0..5 {
        let folder = scratch();
        lives(&folder, &["configured", "12", "17"]).run();
        resumed(&lives(&folder, &["configured", "12"]).run());
    }
}

#[test]
fn keep_goes_on() {
    let folder = scratch();
    assert_eq!(lives(&folder, &["keep", "3"]).run().success(), "[1, 4, 9]\n");
    assert_eq!(lives(&folder, &["keep", "2"]).run().success(), "[1, 4, 9, 16, 25]\n");
    assert_eq!(lives(&folder, &["keep", "0"]).run().success(), "[1, 4, 9, 16, 25]\n");
}

#[test]
fn memoize_gives_back_result_and_state() {
    let folder = scratch();
    assert_eq!(lives(&folder, &["memo", "4"]).run().success(), "14 [1, 0, 1, 2, 3] 4\n");
    assert_eq!(lives(&folder, &["memo", "4"]).run().success(), "14 [1, 0, 1, 2, 3] 0\n");
    assert_eq!(lives(&folder, &["memo", "3"]).run().success(), "5 [1, 0, 1, 2] 3\n");
}

#[test]
fn an_error_is_not_an_end() {
    let folder = scratch();
    let failed = lives(&folder, &["fails", "6"]).env("FAIL", "1").run();
    assert!(failed.out.contains("the net is down"), "{failed:?}");
    let run = lives(&folder, &["fails", "6"]).run();
    resumed(&run);
    assert_eq!(run.success(), "Ok(15)\n");
}

#[test]
fn hash_maps_are_refused_in_a_for() {
    let run = lives(&scratch(), &["map", "9"]).run();
    assert!(!run.status.success(), "{run:?}");
    assert!(run.says(&["hash"]) && run.says(&["BTreeMap"]) | run.says(&["sort"]), "{run:?}");
    let folder = scratch();
    lives(&folder, &["ordered", "30", "8"]).run();
    let run = lives(&folder, &["ordered", "30"]).run();
    resumed(&run);
    assert_eq!(run.success(), lives(&scratch(), &["ordered", "30"]).run().success());
}

/// The second of two processes in one run gets an error that names the first.
#[test]
fn two_processes() {
    let folder = scratch();
    // More than it ever gets to do.
    let program = Program::new(SIMULATE, folder.path(), &["slow", "100000"]);
    let mut first = program.start();
    first.wait_for_line("started fresh");
    let second = program.run();
    assert!(!second.status.success() && second.says(&[&first.pid().to_string()]), "{second:?}");
    // Another run is not in the way.
    Program::new(SIMULATE, folder.path(), &["slow", "3"]).run().success();
    // A lock ends with its process, however that ends.
    first.kill();
    first.finish();
    let mut third = program.start();
    third.wait_for_line("started fresh");
    third.kill();
    third.finish();
}

#[test]
fn off_is_the_plain_function() {
    let folder = half_done();
    let before = folder.files();
    let run = lives(&folder, &["sum", "30"]).env("RESUME_OFF", "1").run();
    assert_eq!(run.err, "");
    assert_eq!(run.success(), whole());
    assert_eq!(folder.files(), before);
}

#[test]
fn fresh_starts_anew() {
    let folder = half_done();
    let run = lives(&folder, &["sum", "30"]).env("RESUME_FRESH", "1").run();
    assert!(!run.says(&["resumed"]), "{run:?}");
    assert_eq!(run.success(), whole());
}

#[test]
fn from_takes_the_snapshot_named() {
    let folder = half_done();
    let oldest = folder.snapshots().remove(0);
    let run = lives(&folder, &["sum", "30"]).env("RESUME_FROM", &oldest.display().to_string()).run();
    resumed(&run);
    assert_eq!(run.success(), whole());
    let missing = lives(&folder, &["sum", "30"]).env("RESUME_FROM", "/nowhere/00000001.snap").run();
    assert!(!missing.status.success() && missing.says(&["/nowhere"]), "{missing:?}");
}

#[test]
fn fresh_and_from_contradict_each_other() {
    let folder = half_done();
    let both = lives(&folder, &["sum", "30"]).env("RESUME_FRESH", "1").env("RESUME_FROM", "3").run();
    assert!(!both.status.success() && both.says(&["RESUME_FRESH and RESUME_FROM contradict each other"]), "{both:?}");
    assert_eq!(folder.snapshots().len(), 2);
    resumed(&lives(&folder, &["sum", "30"]).env("RESUME_FRESH", "0").env("RESUME_FROM", "3").run());
}

#[test]
fn require_fails_without_a_snapshot() {
    let run = lives(&scratch(), &["sum", "30"]).env("RESUME_REQUIRE", "1").run();
    assert!(!run.status.success() && run.says(&["snapshot"]), "{run:?}");
    let folder = half_done();
    let run = lives(&folder, &["sum", "30"]).env("RESUME_REQUIRE", "1").run();
    resumed(&run);
    assert_eq!(run.success(), whole());
}

/// A run that has saved nothing itself goes on in its child runs, and that is what was required.
#[test]
fn child_runs_that_go_on_are_told_of() {
    let sums = |folder: &Scratch, at: &str| Program::new(BRANCHES, folder.path(), &["sums", at, "4"]);
    let folder = scratch();
    let first = sums(&folder, "3").run();
    assert!(!first.status.success() && first.says(&["started fresh"]), "{first:?}");
    let fresh = sums(&folder, "1000").env("RESUME_FRESH", "1").env("RESUME_REQUIRE", "1").run();
    assert!(!fresh.status.success() && fresh.says(&["a snapshot is required"]), "{fresh:?}");
    let again = sums(&folder, "1000").env("RESUME_REQUIRE", "1").run();
    assert!(again.says(&["begins anew; its child runs go on"]) && !again.says(&["fresh"]), "{again:?}");
    assert_eq!(again.success(), sums(&scratch(), "1000").run().success());
}

/// What a kill left, between a snapshot and the removal of what stood on the one before.
#[test]
fn what_stood_on_earlier_snapshots_goes() {
    let folder = half_done();
    let newest = folder.snapshots().pop().expect("a snapshot");
    let run = newest.parent().expect("the run");
    let names = ["under-1-ab", "under-99-ab", "under-1", "results"];
    for name in names {
        std::fs::create_dir_all(run.join(name).join("0-g-12")).expect("a folder");
    }
    std::fs::write(run.join("00000001.starts"), b"x").expect("a record");
    lives(&folder, &["sum", "30", "5"]).run();
    assert_eq!(names.map(|name| run.join(name).exists()), [false, true, true, true]);
    assert!(!run.join("00000001.starts").exists());
    assert_eq!(lives(&folder, &["sum", "30"]).run().success(), whole());
}

/// Entering where there is no snapshot: at most 100 µs, and nothing written but the lock.
#[test]
fn entering_is_cheap() {
    let folder = scratch();
    let run = lives(&folder, &["enter", "300"]).env("RESUME_QUIET", "1").run();
    let micros: u64 = run.success().trim().parse().expect("a number");
    println!("entering takes {micros} µs");
    // Debug builds and busy machines are slower; the target itself is in the benchmark.
    assert!(micros <= 1000, "{micros} µs");
    assert_eq!(folder.snapshots().len(), 0);
}

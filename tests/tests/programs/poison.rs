//! A program that dies each time it goes on from a snapshot steps back to the one before, and nothing is lost by that.
//!
//! A life that has saved ends by a panic here, which waits until everything is written, so that each test knows what is
//! there; one that has not may be aborted.

use resume_tests::child::{Program, Run, Scratch};

const POISON: &str = env!("CARGO_BIN_EXE_poison");

fn scratch() -> Scratch {
    Scratch::new(env!("CARGO_TARGET_TMPDIR"), "poison")
}

fn run(folder: &Scratch, how: &str, at: u64) -> Run {
    Program::new(POISON, folder.path(), &[how, &at.to_string(), "20"]).run()
}

fn whole(how: &str) -> String {
    run(&scratch(), how, u64::MAX).success()
}

/// The names of the files below the store, without their folders.
fn names(folder: &Scratch) -> Vec<String> {
    let name = |path: std::path::PathBuf| path.file_name().map(|name| name.to_string_lossy().into_owned());
    folder.files().into_iter().filter_map(name).filter(|name| !name.ends_with(".lock")).collect()
}

/// Snapshots 1 to 5 were taken after 2, 4, … 10 passes; from the eleventh pass on the program dies.
#[test]
fn three_starts_that_die_make_it_step_back() {
    for how in ["abort", "panic"] {
        let folder = scratch();
        let first = run(&folder, "panic", 10);
        assert!(!first.status.success() && first.says(&["fresh"]), "{first:?}");
        assert_eq!(names(&folder), ["00000004.snap", "00000005.snap"]);
        for n in 1..=3 {
            let again = run(&folder, how, 10);
            assert!(again.says(&["resumed at pass 10"]) && !again.says(&["without getting on"]), "{n}: {again:?}");
        }
        assert_eq!(names(&folder), ["00000004.snap", "00000005.snap", "00000005.starts"]);
        // It dies at the same pass, having saved: that one is new, and the one it stepped over is kept.
        let back = run(&folder, "panic", 10);
        assert!(back.says(&["resumed at pass 8"]), "{back:?}");
        assert!(
            back.says(&["snapshot 5 has been started from 3 times without getting on; going on from 4"]),
            "{back:?}"
        );
        assert!(back.says(&["00000005.snap.poisoned"]), "{back:?}");
        assert_eq!(names(&folder), ["00000004.snap", "00000005.snap.poisoned", "00000006.snap"]);
        let healed = run(&folder, "nothing", 0);
        assert!(healed.says(&["resumed at pass 10"]), "{healed:?}");
        assert_eq!(healed.success(), whole("nothing"));
        assert_eq!(names(&folder), [""; 0]);
    }
}

/// A program that dies for ever does not fill the disk with what it stepped over.
#[test]
fn the_last_one_is_kept_aside() {
    let folder = scratch();
    for _ in 0..3 * 4 + 1 {
        run(&folder, "panic", 10);
    }
    let aside: Vec<String> = names(&folder).into_iter().filter(|name| name.ends_with(".poisoned")).collect();
    assert_eq!(aside, ["00000007.snap.poisoned"]);
    assert_eq!(run(&folder, "nothing", 0).success(), whole("nothing"));
}

/// Where each of them has been tried, the oldest is tried again and again: never from the start.
#[test]
fn where_all_have_been_tried_it_stays_with_the_oldest() {
    let folder = scratch();
    run(&folder, "panic", 10);
    // It dies on its way to the next snapshot, from whichever it goes on.
    for (start, from) in [10, 10, 10, 8, 8, 8, 8, 8, 8].into_iter().enumerate() {
        let again = run(&folder, "abort", 0);
        assert!(again.says(&[&format!("resumed at pass {from}")]), "{start}: {again:?}");
        let is_last_resort = again.says(&["no other to go back to", "RESUME_FRESH=1"]);
        assert_eq!(is_last_resort, start == 6, "{again:?}");
    }
    let again = run(&folder, "nothing", 0);
    assert!(again.says(&["resumed at pass 8", "no other to go back to", "RESUME_FRESH=1"]), "{again:?}");
    assert_eq!(again.success(), whole("nothing"));
}

#[test]
fn the_only_one_is_gone_on_from_nevertheless() {
    let folder = scratch();
    run(&folder, "panic", 3);
    assert_eq!(names(&folder), ["00000001.snap"]);
    for _ in 0..3 {
        assert!(!run(&folder, "abort", 0).says(&["without getting on"]));
    }
    let again = run(&folder, "abort", 0);
    assert!(
        again.says(&["resumed at pass 2", "snapshot 1 has been started from 3 times", "RESUME_FRESH=1"]),
        "{again:?}"
    );
    let again = run(&folder, "nothing", 0);
    assert!(!again.says(&["without getting on"]), "the count begins anew: {again:?}");
    assert_eq!(again.success(), whole("nothing"));
}

/// An `Err` is no death, and an interrupt saves.
#[test]
fn an_orderly_end_does_not_count() {
    let folder = scratch();
    run(&folder, "panic", 10);
    for _ in 0..2 {
        run(&folder, "abort", 10);
    }
    for _ in 0..4 {
        let ended = run(&folder, "error", 10);
        assert!(ended.says(&["resumed at pass 10"]) && ended.out.starts_with("stopped"), "{ended:?}");
        assert_eq!(names(&folder), ["00000004.snap", "00000005.snap", "00000005.starts"]);
    }
    run(&folder, "abort", 10);
    assert!(run(&folder, "interrupt", 8).says(&["resumed at pass 8", "going on from 4"]));
    assert!(!names(&folder).iter().any(|name| name.ends_with(".starts")), "{:?}", names(&folder));
}

#[test]
fn a_snapshot_that_is_named_is_taken() {
    let folder = scratch();
    run(&folder, "panic", 10);
    for _ in 0..3 {
        run(&folder, "abort", 10);
    }
    let program = Program::new(POISON, folder.path(), &["nothing", "0", "20"]);
    let named = program.env("RESUME_FROM", "5").run();
    assert!(named.says(&["resumed at pass 10"]) && !named.says(&["without getting on"]), "{named:?}");
    assert_eq!(named.success(), whole("nothing"));
}

/// What a child run saves is progress of its root, and a root that steps back finds no child runs of the later snapshot.
#[test]
fn child_runs_count_for_their_root() {
    let folder = scratch();
    run(&folder, "child-panic", 5);
    // Each of these gets on by two passes of the child run.
    for at in [7, 9, 11, 13, 15] {
        let again = run(&folder, "child-panic", at);
        assert!(again.says(&["resumed at pass 2"]) && !again.says(&["without getting on"]), "{at}: {again:?}");
    }
    // These do not.
    for _ in 0..3 {
        assert!(run(&folder, "child-abort", 15).says(&["resumed at pass 2"]));
    }
    let back = run(&folder, "child-nothing", 0);
    assert!(back.says(&["resumed at pass 1", "snapshot 2 has been started from 3 times"]), "{back:?}");
    assert_eq!(back.success(), whole("child-nothing"));
}

/// The snapshots before the one that a call ended with are in the middle of that call.
#[test]
fn a_call_never_steps_back_into_an_earlier_one() {
    let folder = scratch();
    let call = |more: &str| Program::new(env!("CARGO_BIN_EXE_lives"), folder.path(), &["keep", more]);
    assert_eq!(call("3").run().success(), "[1, 4, 9]\n");
    for _ in 0..3 {
        assert!(!call("2").env("DIE", "1").run().status.success());
    }
    let run = call("2").run();
    assert!(run.says(&["without getting on, and there is no other to go back to"]), "{run:?}");
    assert_eq!(run.success(), "[1, 4, 9, 16, 25]\n");
}

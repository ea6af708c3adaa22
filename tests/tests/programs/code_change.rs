//! What happens to a snapshot when the code has changed since.

use resume_tests::child::{Program, Run, Scratch};

const CHANGING: &str = env!("CARGO_BIN_EXE_changing");
const EDITED: &str = env!("CARGO_BIN_EXE_edited");
const SIZE: &str = "30";

/// The original is interrupted at its 11th pass; then `version` is started.
fn change_to(version: &str) -> (Scratch, Run) {
    let folder = Scratch::new(env!("CARGO_TARGET_TMPDIR"), version);
    let first = Program::new(CHANGING, folder.path(), &["original", SIZE, "11"]).run();
    assert!(!first.status.success(), "{first:?}");
    assert_eq!(folder.snapshots().len(), 2, "every = 4 and the interrupt; the newest two stay: {first:?}");
    let run = Program::new(CHANGING, folder.path(), &[version, SIZE]).run();
    (folder, run)
}

fn undisturbed() -> String {
    let folder = Scratch::new(env!("CARGO_TARGET_TMPDIR"), "undisturbed");
    Program::new(CHANGING, folder.path(), &["original", SIZE]).run().success()
}

#[test]
fn same_code_resumes() {
    let (_folder, run) = change_to("original");
    assert!(run.says(&["resumed"]), "{run:?}");
    assert_eq!(run.success(), undisturbed());
}

/// Layout and comments of the text are not code, and attributes and visibility not the body: no line about a change.
#[test]
fn what_is_not_the_body_does_not_count() {
    for version in ["spaced", "around"] {
        let (_folder, run) = change_to(version);
        assert!(run.says(&["resumed"]) && !run.says(&["chang"]), "{version}: {run:?}");
        assert_eq!(run.success(), undisturbed());
    }
}

#[test]
fn another_body_resumes_and_says_so() {
    let (_folder, run) = change_to("body");
    let (_other, same) = change_to("original");
    assert!(run.says(&["resumed"]) && run.says(&["chang"]), "{run:?}");
    assert_ne!(run.err, same.err);
    assert_eq!(run.success(), undisturbed());
}

#[test]
fn strict_refuses_another_body() {
    let (folder, run) = change_to("strict");
    assert!(!run.status.success() && run.says(&["walk"]), "{run:?}");
    assert_eq!(folder.snapshots().len(), 2, "nothing is deleted");
}

/// The error lists what was added and removed and the ways on; nothing is deleted.
#[test]
fn another_layout_is_an_error() {
    let (folder, run) = change_to("layout");
    assert!(!run.status.success(), "{run:?}");
    assert!(run.says(&["sum", "total", "extra"]), "{run:?}");
    assert!(run.says(&["rename"]) && run.says(&["default"]), "{run:?}");
    assert!(run.says(&["another layout of", "changing.rs:"]), "it says where: {run:?}");
    assert!(run.says(&["removed  `sum: u64` at site `here`", "added "]), "{run:?}");
    assert_eq!(folder.snapshots().len(), 2, "nothing is deleted");
    let back = Program::new(CHANGING, folder.path(), &["original", SIZE]).run();
    assert!(back.says(&["resumed"]), "{back:?}");
    assert_eq!(back.success(), undisturbed());
}

#[test]
fn a_moved_site_is_an_error() {
    let (folder, run) = change_to("moved");
    assert!(!run.status.success() && run.says(&["here"]), "{run:?}");
    assert_eq!(folder.snapshots().len(), 2, "nothing is deleted");
}

/// The one that is gone and the one that is new are likely the same: what differs besides the label comes in the same error.
#[test]
fn a_site_with_another_label_is_compared_too() {
    let (folder, run) = change_to("relabelled");
    assert!(!run.status.success(), "{run:?}");
    assert!(run.says(&["added ", "site `elsewhere`", "checkpoint!(…, label = \"here\")"]), "{run:?}");
    assert!(run.says(&["`total` at site `elsewhere`", "rename = \"sum\"", "removed", "`sum: u64` at site"]), "{run:?}");
    assert_eq!(folder.snapshots().len(), 2, "nothing is deleted");
}

#[test]
fn rename_and_default_take_up_an_older_snapshot() {
    let (_folder, run) = change_to("migrated");
    assert!(run.says(&["resumed"]), "{run:?}");
    assert_eq!(run.success(), undisturbed());
}

#[test]
fn a_migrated_snapshot_goes_on() {
    let (_folder, run) = change_to("version");
    assert!(run.says(&["resumed", "version 0 to 2"]), "{run:?}");
    assert_eq!(run.success(), undisturbed());
}

#[test]
fn another_version_without_a_way_is_an_error() {
    let (folder, run) = change_to("no-migrate");
    assert!(!run.status.success() && run.says(&["version 0", "version 3", "migrate = path"]), "{run:?}");
    assert_eq!(folder.snapshots().len(), 2, "nothing is deleted");
}

/// A `migrate` knows the versions before its own. What it would make of a newer one could fit, and be wrong.
#[test]
fn a_newer_version_is_not_migrated() {
    let folder = Scratch::new(env!("CARGO_TARGET_TMPDIR"), "newer");
    let program = |arguments: &[&str]| Program::new(CHANGING, folder.path(), arguments);
    program(&["no-migrate", SIZE, "11"]).run();
    let before = folder.snapshots();
    let run = program(&["version", SIZE]).run();
    assert!(!run.status.success() && run.says(&["version 3 of", "the older version 2", "newer code"]), "{run:?}");
    assert_eq!(folder.snapshots(), before);
}

#[test]
fn a_migration_that_leaves_something_out_is_told_what() {
    let (folder, run) = change_to("bad-migrate");
    assert!(!run.status.success() && run.says(&["site `here`", "move_to(\"there\")"]), "{run:?}");
    assert_eq!(folder.snapshots().len(), 2, "nothing is deleted");
    let (folder, run) = change_to("lacking-migrate");
    assert!(!run.status.success() && run.says(&["`highest`", "in `migrate`: old.put(\"highest\", &…)?"]), "{run:?}");
    assert_eq!(folder.snapshots().len(), 2, "nothing is deleted");
}

#[test]
fn a_retyped_local_is_named_with_both_types() {
    let (folder, run) = change_to("retyped");
    assert!(!run.status.success(), "{run:?}");
    assert!(run.says(&["`sum` was saved as `u64` and is a `String` now", "old.take(\"sum\")"]), "{run:?}");
    assert_eq!(folder.snapshots().len(), 2, "nothing is deleted");
}

#[test]
fn fresh_ignores_and_keeps() {
    let folder = Scratch::new(env!("CARGO_TARGET_TMPDIR"), "fresh");
    let program = |arguments: &[&str]| Program::new(CHANGING, folder.path(), arguments);
    program(&["original", SIZE, "11"]).run();
    let before = folder.snapshots();
    let run = program(&["layout", SIZE, "6"]).env("RESUME_FRESH", "1").run();
    assert!(!run.says(&["resumed"]), "{run:?}");
    let after = folder.snapshots();
    assert!(before.iter().all(|path| after.contains(path)), "{before:?} {after:?}");
}

/// The site at the end of each pass, with something behind it, in a branch, and at the start of the next pass, which is the same
/// moment as the end of the last: each takes up what another has left.
#[test]
fn a_site_moved_within_its_pass_leaves_no_item_out() {
    let pairs = [
        ("end", "end"),
        ("end", "middle"),
        ("end", "branch"),
        ("end", "start"),
        ("middle", "end"),
        ("branch", "end"),
        ("branch", "middle"),
        ("start", "end"),
        ("start", "start"),
    ];
    for items in ["ranges", "characters", "inclusive", "ends_of_types", "slices", "arrays", "chains"] {
        let folder = Scratch::new(env!("CARGO_TARGET_TMPDIR"), &format!("edited-{items}"));
        let walk = |version: &str, stop: &str| Program::new(EDITED, folder.path(), &[items, version, stop]).run();
        let whole = walk("end", "100").success();
        for (before, after) in pairs {
            // In the first turn of the inner loop, at its end, and in its second turn.
            for stop in ["1", "3", "5"] {
                let cut = walk(before, stop);
                assert!(!cut.status.success() && cut.says(&["as far as this one goes"]), "{cut:?}");
                let run = walk(after, "100");
                assert!(run.says(&["resumed"]), "{run:?}");
                if (before, after, stop) == ("end", "start", "3") {
                    // There is no next pass, at whose start the site could be.
                    assert!(!run.status.success(), "{run:?}");
                    assert_eq!(walk(before, "100").success(), whole);
                    continue;
                }
                assert_eq!(run.success(), whole, "{items}: {before} to {after} at {stop}");
            }
        }
    }
}

/// Which code they were called by is all that is known of a run that has saved nothing itself.
#[test]
fn child_runs_of_code_that_has_changed_are_spoken_of() {
    let folder = Scratch::new(env!("CARGO_TARGET_TMPDIR"), "edited-parts");
    let parts = |version: &str, stop: &str| Program::new(EDITED, folder.path(), &["parts", version, stop]).run();
    assert!(!parts("before", "5").status.success());
    let run = parts("before", "7");
    assert!(run.says(&["begins anew; its child runs go on"]), "{run:?}");
    let run = parts("after", "100");
    assert!(run.says(&["started fresh", "under other code of it is not taken up"]), "{run:?}");
    assert_eq!(run.success().trim(), "[45]");
}

//! A process that stood still for so long that another one took its run over: it ends with an error, and spoils nothing.
#![cfg(target_os = "linux")]

use std::fs::{self, File};
use std::io::Write;
use std::path::PathBuf;

use resume_tests::child::{Program, Run, Running, Scratch};

const LOST: &str = env!("CARGO_BIN_EXE_lost");

fn scratch() -> Scratch {
    Scratch::new(env!("CARGO_TARGET_TMPDIR"), "lost")
}

/// Without the system's locks, as on a file system that has none between two machines.
fn program(folder: &Scratch, mode: &str) -> Program {
    let table = table(folder);
    Program::new(LOST, folder.path(), &[mode, "200"])
        .env("RESUME_LOCK", "files")
        .env("HEARTBEAT_MS", "20")
        .env("TABLE", table.to_str().expect("a path of UTF-8"))
}

/// The output file.
fn table(folder: &Scratch) -> PathBuf {
    folder.path().join("table.csv")
}

fn whole(mode: &str) -> String {
    program(&scratch(), mode).run().success()
}

fn lock(folder: &Scratch) -> Option<(PathBuf, String)> {
    let path = folder.files().into_iter().find(|path| path.extension().is_some_and(|end| end == "lock"))?;
    let text = fs::read_to_string(&path).ok()?;
    text.contains("\nbeat ").then_some((path, text))
}

/// Stops a process and waits until it stands.
fn stop(running: &mut Running) {
    running.signal(libc::SIGSTOP);
    let stat = format!("/proc/{}/stat", running.pid());
    assert!(running.wait_for(|| fs::read_to_string(&stat).is_ok_and(|stat| stat.contains(") T "))));
}

/// Makes a lock that of another machine: there, nothing is known of its process but its heartbeat.
fn move_away(folder: &Scratch) {
    let (path, text) = lock(folder).expect("a lock");
    let host = text.lines().find_map(|line| line.strip_prefix("host ")).expect("a host");
    let moved = text.replacen(&format!("host {host}\n"), &format!("host {}\n", "x".repeat(host.len())), 1);
    // In place and to the same length: it stays the file that its owner has open.
    let mut file = File::options().write(true).open(path).expect("a lock");
    file.write_all(moved.as_bytes()).expect("it can be written");
}

/// Starts a run, and lets it stand still on what seems to be another machine.
fn standing(folder: &Scratch, mode: &str) -> Running {
    let mut first = program(folder, mode).start();
    let has_begun = || match mode {
        "rare" => true,
        "table" => table(folder).exists(),
        _ => folder.snapshots().len() >= 2,
    };
    assert!(first.wait_for(|| lock(folder).is_some() && has_begun()));
    stop(&mut first);
    move_away(folder);
    first
}

fn ends_with_the_error(run: &Run, mode: &str) {
    if mode == "plain" {
        assert!(run.says(&["panicked"]) && run.out.is_empty() && run.status.code() == Some(101), "{run:?}");
    } else {
        assert!(run.out == "Busy\n" && run.status.code() == Some(1), "{run:?}");
    }
    assert!(run.says(&["cannot go on", "no longer has the run"]), "{run:?}");
    assert!(!run.says(&["could not be saved"]) && !run.says(&["could not be removed"]), "{run:?}");
}

/// The new owner is in the middle of it.
#[test]
fn who_has_lost_its_run_ends_and_the_other_goes_on() {
    for mode in ["result", "plain", "nested"] {
        let want = whole(mode);
        let folder = scratch();
        let mut first = standing(&folder, mode);
        let second = program(&folder, mode).start();
        let is_taken = || lock(&folder).is_some_and(|(_, text)| text.starts_with(&format!("pid {}\n", second.pid())));
        assert!(first.wait_for(is_taken));
        first.signal(libc::SIGCONT);
        let first = first.finish();
        ends_with_the_error(&first, mode);
        let second = second.finish();
        // Of the third there are only snapshots of its child runs.
        assert!(mode == "nested" || second.says(&["resumed"]), "{second:?}");
        assert_eq!(second.success(), want);
        assert_eq!(folder.files(), Vec::<PathBuf>::new());
    }
}

/// The new owner has come to its end: nobody has the run, and it is not begun again. Found out by a save, or, where there
/// is none, at the end.
#[test]
fn who_has_lost_its_run_does_not_do_it_again() {
    for mode in ["result", "rare"] {
        let want = whole(mode);
        let folder = scratch();
        let mut first = standing(&folder, mode);
        assert_eq!(program(&folder, mode).run().success(), want);
        assert_eq!(folder.files(), Vec::<PathBuf>::new());
        first.signal(libc::SIGCONT);
        ends_with_the_error(&first.finish(), mode);
        assert_eq!(folder.files(), Vec::<PathBuf>::new());
    }
}

/// Nor does it write to its output file any more, neither what it had in memory nor what it computes yet.
#[test]
fn who_has_lost_its_run_leaves_its_file_alone() {
    let folder = scratch();
    let mut first = standing(&folder, "table");
    program(&folder, "table").run().success();
    let path = table(&folder);
    assert_eq!(fs::read_to_string(&path).expect("the file").lines().count(), 200);
    // As it is done by whoever has the result.
    fs::write(&path, "read, and emptied\n").expect("it can be written");
    first.signal(libc::SIGCONT);
    let first = first.finish();
    ends_with_the_error(&first, "table");
    assert!(first.says(&["the output file", "table.csv"]), "{first:?}");
    assert_eq!(fs::read_to_string(&path).expect("the file"), "read, and emptied\n");
}

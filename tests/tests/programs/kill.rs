//! Programs killed at random moments, and ended by signals: the next start goes on, and the result is the same.
//!
//! `RESUME_KILLS=<rounds>` for a longer test: that many rounds of each kind.
#![cfg(unix)]

use std::thread;
use std::time::{Duration, Instant};

use resume_tests::child::{Program, Running, Scratch, rounds};
use resume_tests::random::Random;

const SIMULATE: &str = env!("CARGO_BIN_EXE_simulate");

fn scratch(name: &str) -> Scratch {
    Scratch::new(env!("CARGO_TARGET_TMPDIR"), name)
}

/// The output of the run that nobody disturbs, and how long it takes.
fn undisturbed(arguments: &[&str]) -> (String, Duration) {
    let folder = scratch("undisturbed");
    let start = Instant::now();
    let out = Program::new(SIMULATE, folder.path(), arguments).run().success();
    (out, start.elapsed())
}

/// Ends a program at random moments, a hundred times, then lets it come to its end. Counts how often it was resumed.
fn disturb(name: &str, mut end: impl FnMut(&mut Running, &mut Random)) {
    let (arguments, rounds) = (&["nested", "10"], rounds(100));
    let (want, time) = undisturbed(arguments);
    let folder = scratch(name);
    let program = Program::new(SIMULATE, folder.path(), arguments);
    let mut random = Random::new(std::process::id().into());
    println!("{name}: seed {}, {time:?} undisturbed", std::process::id());
    let (mut resumed, mut finished, mut unbegun) = (0, 0, 0);
    for round in 0..rounds {
        let mut running = program.start();
        // Where one was ended while it made its lock, the lock is blank, and the next one waits for a second: longer than
        // most rounds last.
        if unbegun >= 5 {
            running.wait_for_line("nested(size = 10, seed = 11): ");
        }
        // Rounds that end early leave more of the run to those that follow.
        let micros = u64::try_from(time.as_micros()).expect("a short run") / 3;
        thread::sleep(Duration::from_micros(random.next() % micros.max(1)));
        end(&mut running, &mut random);
        let run = running.finish();
        assert!(!run.says(&["panicked"]) && !run.says(&["damaged"]), "round {round}: {run:?}");
        resumed += u64::from(run.says(&["resumed"]));
        unbegun = if run.says(&["nested("]) { 0 } else { unbegun + 1 };
        if run.status.success() {
            finished += 1;
            assert_eq!(run.out, want, "round {round}: {}", run.err);
        } else {
            assert!(run.signal().is_some(), "round {round}: it failed by itself: {run:?}");
        }
    }
    println!("{name}: {rounds} rounds, {resumed} resumed, {finished} came to their end");
    assert_eq!(program.run().success(), want);
    assert!(resumed > rounds / 10, "only {resumed} of {rounds} rounds were resumed");
    assert_eq!(folder.snapshots(), Vec::<std::path::PathBuf>::new(), "a finished run leaves nothing behind");
}

#[test]
fn killed_at_random_moments() {
    disturb("killed", |running, _| running.kill());
}

#[test]
fn interrupted_at_random_moments() {
    disturb("interrupted", |running, _| running.signal(libc::SIGINT));
}

#[test]
fn terminated_at_random_moments() {
    disturb("terminated", |running, _| running.signal(libc::SIGTERM));
}

#[test]
fn hung_up_at_random_moments() {
    disturb("hung-up", |running, _| running.signal(libc::SIGHUP));
}

/// A signal, and shortly after it another one, of the same kind or not.
fn disturb_twice(name: &str, first: i32) {
    disturb(name, |running, random| {
        running.signal(first);
        thread::sleep(Duration::from_micros(random.next() % 1500));
        running.signal(random.pick(&[libc::SIGINT, libc::SIGTERM]));
    });
}

#[test]
fn interrupted_twice_at_random_moments() {
    disturb_twice("interrupted-twice", libc::SIGINT);
}

#[test]
fn terminated_twice_at_random_moments() {
    disturb_twice("terminated-twice", libc::SIGTERM);
}

#[test]
fn killed_after_an_interrupt() {
    disturb("after", |running, random| {
        running.signal(random.pick(&[libc::SIGINT, libc::SIGTERM]));
        thread::sleep(Duration::from_micros(random.next() % 1500));
        running.kill();
    });
}

/// The first signal: one snapshot at the next pass, then the end by that signal.
#[test]
fn a_signal_ends_the_process_by_itself() {
    for (signal, shell) in [(libc::SIGINT, "130"), (libc::SIGTERM, "143"), (libc::SIGHUP, "129")] {
        let (want, _) = undisturbed(&["raise", "40"]);
        let folder = scratch("signal");
        let plan = format!("raise-7-{signal}");
        let program = Program::new(SIMULATE, folder.path(), &[&plan, "40"]);
        let run = program.run();
        assert_eq!(run.signal(), Some(signal), "{run:?}");
        assert_eq!(folder.snapshots().len(), 1, "{run:?}");
        let shown = program.run_in_shell("\"$@\"; echo \"status $?\"");
        assert!(shown.out.contains(&format!("status {shell}")), "{shown:?}");
        let rest = Program::new(SIMULATE, folder.path(), &["raise", "40"]).run();
        assert!(rest.says(&["resumed"]), "{rest:?}");
        assert_eq!(rest.success(), want);
    }
}

/// The second signal ends it at once; the last snapshot stands.
#[test]
fn two_signals_end_it_at_once() {
    let (want, _) = undisturbed(&["raise", "40"]);
    let folder = scratch("two");
    let first = Program::new(SIMULATE, folder.path(), &["raise-5-15", "40"]).run();
    assert_eq!(first.signal(), Some(libc::SIGTERM), "{first:?}");
    let before = folder.snapshots();
    let second = Program::new(SIMULATE, folder.path(), &["raise-9-2-2", "40"]).run();
    assert_eq!(second.signal(), Some(libc::SIGINT), "{second:?}");
    assert_eq!(folder.snapshots(), before, "no snapshot after the second signal, none lost");
    assert_eq!(Program::new(SIMULATE, folder.path(), &["raise", "40"]).run().success(), want);
}

#[test]
fn a_signal_while_saving() {
    for signal in ["2", "15"] {
        let mode = format!("loud-{signal}");
        let (want, _) = undisturbed(&[&mode, "60"]);
        let folder = scratch("loud");
        let program = Program::new(SIMULATE, folder.path(), &[&mode, "60"]);
        let run = program.clone().env("LOUD", "1").run();
        assert_eq!(run.signal().map(|n| n.to_string()).as_deref(), Some(signal), "{run:?}");
        assert!(!folder.snapshots().is_empty(), "{run:?}");
        let rest = program.run();
        assert!(rest.says(&["resumed"]), "{rest:?}");
        assert_eq!(rest.success(), want);
    }
}

/// A function that returns a `Result` gets the error; the program decides.
#[test]
fn a_result_comes_back() {
    let (want, _) = undisturbed(&["fallible", "600"]);
    let folder = scratch("fallible");
    let program = Program::new(SIMULATE, folder.path(), &["fallible", "600"]);
    let mut running = program.start();
    running.wait_for_line("all are under way");
    running.signal(libc::SIGINT);
    let run = running.finish();
    assert_eq!(run.status.code(), Some(3), "{run:?}");
    assert!(run.out.starts_with("stopped: "), "{run:?}");
    let rest = program.run();
    assert!(rest.says(&["resumed"]), "{rest:?}");
    assert_eq!(rest.success(), want);
}

/// All runs of all threads have flushed before the process goes.
#[test]
fn many_threads_flush() {
    let (want, _) = undisturbed(&["threads", "600"]);
    let folder = scratch("threads");
    let program = Program::new(SIMULATE, folder.path(), &["threads", "600"]);
    let mut running = program.start();
    running.wait_for_line("all are under way");
    running.signal(libc::SIGTERM);
    let run = running.finish();
    assert_eq!(run.signal(), Some(libc::SIGTERM), "{run:?}");
    assert_eq!(folder.snapshots().len(), 6, "{run:?}");
    let rest = program.run();
    assert_eq!(rest.err.to_lowercase().matches("resumed").count(), 6, "{rest:?}");
    assert_eq!(rest.success(), want);
}

/// `nohup`: a signal that the parent has set to be ignored stays ignored.
#[test]
fn an_ignored_signal_stays_ignored() {
    let (want, _) = undisturbed(&["raise", "40"]);
    let folder = scratch("nohup");
    let run = Program::new(SIMULATE, folder.path(), &["raise-7-1", "40"]).run_in_shell("trap '' HUP; exec \"$@\"");
    assert_eq!(run.success(), want);
}

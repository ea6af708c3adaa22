//! Time limits, signals of schedulers and files `stop`: the run saves and stops in time, and the next start goes on.

use std::fs;
use std::path::{Path, PathBuf};
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use resume_tests::child::{Program, Run, Running, Scratch};

const LIMITED: &str = env!("CARGO_BIN_EXE_limited");
/// `EX_TEMPFAIL`: run me again.
const AGAIN: i32 = 75;

fn scratch() -> Scratch {
    Scratch::new(env!("CARGO_TARGET_TMPDIR"), "limits")
}

fn limited(folder: &Scratch, arguments: &[&str]) -> Program {
    Program::new(LIMITED, folder.path(), arguments)
}

/// What nobody stops.
fn whole(arguments: &[&str]) -> String {
    limited(&scratch(), arguments).run().success()
}

#[track_caller]
fn stopped(run: &Run) {
    assert_eq!(run.status.code(), Some(AGAIN), "{run:?}");
    assert!(!run.says(&["panicked"]), "{run:?}");
}

/// Starts it again and again, as a batch system does, until it comes to its end. Gives the output and the runs before.
#[track_caller]
fn again_and_again(program: &Program) -> (String, Vec<Run>) {
    let mut runs = Vec::new();
    loop {
        let run = program.run();
        if run.status.success() {
            return (run.out, runs);
        }
        stopped(&run);
        // A child run that is stopped before its parent has a snapshot goes on by itself.
        let before = runs.last().filter(|before: &&Run| !before.says(&["/under-0-"]));
        assert!(before.is_none() || run.says(&["resumed"]), "{run:?}");
        runs.push(run);
        assert!(runs.len() < 100, "it does not get on: {runs:?}");
    }
}

fn since_1970(later: Duration) -> String {
    let now = SystemTime::now().duration_since(UNIX_EPOCH).expect("after 1970");
    (now + later).as_secs().to_string()
}

/// Waits until the run has a folder, where it can be asked to stop.
#[track_caller]
fn folder_of_run(running: &mut Running, folder: &Scratch) -> PathBuf {
    assert!(running.wait_for(|| !folder.snapshots().is_empty()), "no snapshot");
    let snapshot = folder.snapshots().remove(0);
    snapshot.parent().expect("a folder").to_owned()
}

#[test]
fn stops_in_time_and_goes_on() {
    let folder = scratch();
    let program = limited(&folder, &["slow", "300"]).env("RESUME_DEADLINE", "1s");
    let (out, runs) = again_and_again(&program);
    assert!(!runs.is_empty());
    assert!(runs.iter().all(|run| run.says(&["stopped in time", "RESUME_DEADLINE", "saved"])), "{runs:?}");
    assert_eq!(out, whole(&["slow", "300"]));
    assert_eq!(folder.snapshots(), Vec::<PathBuf>::new());
}

#[test]
fn child_runs_stop_in_time() {
    let folder = scratch();
    let (out, runs) = again_and_again(&limited(&folder, &["nested", "30"]).env("RESUME_DEADLINE", "0:00:01"));
    assert!(!runs.is_empty());
    assert_eq!(out, whole(&["nested", "30"]));
}

/// A site that is not looked at in each pass, and never due by itself.
#[test]
fn a_quick_loop_stops_in_time() {
    let folder = scratch();
    let program = limited(&folder, &["quick", "9000000000000000000"]).env("RESUME_DEADLINE", "600ms");
    let first = program.run();
    stopped(&first);
    assert_eq!(folder.snapshots().len(), 1, "{first:?}");
    let second = program.run();
    stopped(&second);
    assert!(second.says(&["resumed"]), "{second:?}");
}

#[test]
fn the_program_sets_its_own_limit() {
    let folder = scratch();
    let run = limited(&folder, &["own", "400"]).run();
    assert_eq!(run.status.code(), Some(33), "{run:?}");
    let wins = limited(&folder, &["own", "400"]).env("RESUME_DEADLINE", "none").run();
    assert!(wins.says(&["resumed"]), "{wins:?}");
    assert_eq!(wins.success(), whole(&["slow", "400"]));
    stopped(&limited(&scratch(), &["own", "400"]).env("RESUME_EXIT_STATUS", "75").run());
    stopped(&limited(&scratch(), &["instant", "400"]).run());
}

#[test]
fn a_result_comes_back_and_the_program_decides() {
    let folder = scratch();
    let run = limited(&folder, &["result", "400"]).env("RESUME_DEADLINE", "600ms").run();
    stopped(&run);
    assert_eq!(run.out, "Interrupted true None\n");
    assert!(run.says(&["stopped in time"]), "{run:?}");
    let rest = limited(&folder, &["result", "400"]).run();
    assert!(rest.says(&["resumed"]), "{rest:?}");
    assert_eq!(rest.success(), whole(&["result", "400"]));
}

#[test]
fn more_time_lets_it_go_on() {
    let run = limited(&scratch(), &["more", "300"]).run();
    let want = whole(&["result", "300"]);
    assert_eq!(run.success(), format!("Interrupted true None\n{want}"));
}

#[test]
fn all_threads_stop_in_time() {
    let folder = scratch();
    let program = limited(&folder, &["threads", "400"]).env("RESUME_DEADLINE", "1500ms");
    let run = program.run();
    stopped(&run);
    assert_eq!(folder.snapshots().len(), 4, "{run:?}");
    assert_eq!(again_and_again(&program).0, whole(&["threads", "400"]));
}

/// Nothing is left of the time: the first pass is the last, and the work is not lost.
#[test]
fn no_time_at_all_is_one_pass() {
    let folder = scratch();
    let program = limited(&folder, &["slow", "5"]).env("RESUME_DEADLINE", "2020-01-01T00:00:00Z");
    let (out, runs) = again_and_again(&program);
    assert_eq!(runs.len(), 5);
    assert_eq!(out, whole(&["slow", "5"]));
}

#[test]
fn the_end_of_a_slurm_job_is_known() {
    let folder = scratch();
    let program = limited(&folder, &["slow", "600"]);
    let slurm = |end: &str| program.clone().env("SLURM_JOB_END_TIME", end);
    let run = slurm(&since_1970(Duration::from_secs(2))).run();
    stopped(&run);
    assert!(run.says(&["stopped in time", "SLURM_JOB_END_TIME"]), "{run:?}");
    // A word of the user's own counts for more; a job that is over, or nonsense, for nothing.
    let short = |end: &str| limited(&scratch(), &["slow", "20"]).env("SLURM_JOB_END_TIME", end);
    let own = slurm(&since_1970(Duration::from_secs(1))).env("RESUME_DEADLINE", "none").run();
    assert!(own.says(&["resumed"]), "{own:?}");
    assert_eq!(own.success(), whole(&["slow", "600"]));
    let over = short("1000000000").run();
    assert!(over.says(&["SLURM_JOB_END_TIME=1000000000 is over", "RESUME_DEADLINE"]), "{over:?}");
    assert_eq!(over.success(), whole(&["slow", "20"]));
    let odd = short("tomorrow").run();
    assert!(odd.says(&["SLURM_JOB_END_TIME=tomorrow", "RESUME_DEADLINE"]), "{odd:?}");
    assert_eq!(odd.success(), whole(&["slow", "20"]));
}

#[test]
fn what_cannot_be_read_is_an_error() {
    for (name, value, what) in [
        ("RESUME_DEADLINE", "soon", "2026-01-31T23:59:59Z"),
        ("RESUME_DEADLINE", "3600", "a duration"),
        ("RESUME_DEADLINE", "1:30", "1:30:00"),
        ("RESUME_DEADLINE", "2026-01-31T23:59:59", "offset"),
        ("RESUME_SIGNALS", "USR1,KILL", "`KILL`"),
        ("RESUME_EXIT_STATUS", "256", "0 to 255"),
    ] {
        let folder = scratch();
        let run = limited(&folder, &["result", "5"]).env(name, value).run();
        assert_eq!(run.status.code(), Some(1), "{run:?}");
        assert_eq!(run.out, "Config false None\n");
        assert!(run.says(&[&format!("{name}={value}"), what, "what to do"]), "{run:?}");
        assert_eq!(folder.files(), Vec::<PathBuf>::new());
        let off = limited(&folder, &["result", "5"]).env(name, value).env("RESUME_OFF", "1").run();
        assert_eq!(off.success(), whole(&["result", "5"]));
    }
}

#[cfg(unix)]
mod signals {
    use super::*;

    fn program(folder: &Scratch, mode: &str) -> Program {
        limited(folder, &[mode, "300"]).env("RESUME_SIGNALS", "USR1,SIGUSR2")
    }

    #[test]
    fn a_schedulers_signal_stops_it_with_a_status() {
        for signal in [libc::SIGUSR1, libc::SIGUSR2] {
            let folder = scratch();
            let mut running = program(&folder, "slow").start();
            folder_of_run(&mut running, &folder);
            // Schedulers may send it to the script and to its children.
            running.signal(signal);
            running.signal(signal);
            let run = running.finish();
            stopped(&run);
            let name = if signal == libc::SIGUSR1 { "SIGUSR1" } else { "SIGUSR2" };
            assert!(run.says(&[&format!("{name}: saving"), &format!("stopped by {name}")]), "{run:?}");
            let rest = program(&folder, "slow").run();
            assert!(rest.says(&["resumed"]), "{rest:?}");
            assert_eq!(rest.success(), whole(&["slow", "300"]));
        }
    }

    #[test]
    fn a_result_tells_the_signal() {
        let folder = scratch();
        let mut running = program(&folder, "result").start();
        folder_of_run(&mut running, &folder);
        running.signal(libc::SIGUSR1);
        let run = running.finish();
        stopped(&run);
        assert_eq!(run.out, format!("Interrupted true Some({})\n", libc::SIGUSR1));
    }

    #[test]
    fn the_others_end_it_by_themselves_all_the_same() {
        let folder = scratch();
        let mut running = program(&folder, "slow").env("RESUME_DEADLINE", "1h").start();
        folder_of_run(&mut running, &folder);
        running.signal(libc::SIGTERM);
        let run = running.finish();
        assert_eq!(run.signal(), Some(libc::SIGTERM), "{run:?}");
        assert!(run.says(&["was interrupted"]), "{run:?}");
    }

    #[test]
    fn nobody_looks_at_them_unasked() {
        let folder = scratch();
        let mut running = limited(&folder, &["slow", "300"]).start();
        folder_of_run(&mut running, &folder);
        running.signal(libc::SIGUSR1);
        assert_eq!(running.finish().signal(), Some(libc::SIGUSR1));
    }

    #[test]
    fn one_that_comes_between_runs_stops_the_next() {
        let folder = scratch();
        let run = program(&folder, "between").run();
        stopped(&run);
        assert_eq!(run.out, whole(&["slow", "2"]));
        assert_eq!(folder.snapshots().len(), 1, "{run:?}");
    }
}

fn ask(folder: &Path) {
    fs::write(folder.join("stop"), b"").expect("it can be written");
}

#[test]
fn a_stop_file_stops_the_run_once() {
    let folder = scratch();
    let program = limited(&folder, &["slow", "600"]);
    let mut running = program.start();
    let place = folder_of_run(&mut running, &folder);
    ask(&place);
    let run = running.finish();
    stopped(&run);
    assert!(run.says(&["stopped by the file `stop`"]), "{run:?}");
    assert!(!place.join("stop").exists());
    let rest = program.run();
    assert!(rest.says(&["resumed"]), "{rest:?}");
    assert_eq!(rest.success(), whole(&["slow", "600"]));
}

/// Whoever looks first says where the file was: nearly always a child run, whose own folder is another one.
#[test]
fn a_stop_file_is_in_the_folder_of_the_root_run() {
    let folder = scratch();
    let mut running = limited(&folder, &["nested", "600"]).start();
    let place = folder_of_run(&mut running, &folder);
    ask(place.ancestors().find(|place| place.with_extension("lock").exists()).expect("the folder of the root run"));
    let run = running.finish();
    stopped(&run);
    let by_root = run.says(&["outer(size = 600) was stopped by the file `stop` in its folder"]);
    assert!(by_root || run.says(&["`stop` in the folder of outer(size = 600)"]), "{run:?}");
}

/// It was asked when it was not running, and before it had saved anything.
#[test]
fn a_stop_file_from_before_counts() {
    let folder = scratch();
    let program = limited(&folder, &["slow", "40"]);
    let mut running = program.start();
    let is_lock = |path: &PathBuf| path.extension().is_some_and(|end| end == "lock");
    assert!(running.wait_for(|| folder.files().iter().any(is_lock)));
    let lock = folder.files().into_iter().find(is_lock).expect("a lock");
    running.kill();
    running.finish();
    let place = lock.with_extension("");
    fs::create_dir_all(&place).expect("it can be made");
    ask(&place);
    let run = program.run();
    stopped(&run);
    assert_eq!(folder.snapshots().len(), 1, "{run:?}");
    let rest = program.run();
    assert!(rest.says(&["resumed at pass 1 "]), "{rest:?}");
    assert_eq!(rest.success(), whole(&["slow", "40"]));
    assert!(!place.exists(), "a finished run leaves nothing behind");
}

/// Another run of the same process goes on, if the program can go on at all.
#[test]
fn a_stop_file_is_for_one_run() {
    let folder = scratch();
    let program = limited(&folder, &["pair", "500"]);
    let mut running = program.start();
    assert!(running.wait_for(|| folder.snapshots().len() >= 2));
    let place = folder.snapshots().remove(0);
    ask(place.parent().expect("a folder"));
    let run = running.finish();
    let out = run.success();
    assert_eq!(out.matches("Interrupted").count(), 1, "{out}");
    assert_eq!(program.run().success(), whole(&["pair", "500"]));
}

#[test]
fn passes_too_far_apart_are_a_warning() {
    let folder = scratch();
    let run = limited(&folder, &["grace", "3000000"]).run();
    let text = "passed between two passes of the site `step` in line";
    assert_eq!(run.err.matches(text).count(), 1, "{run:?}");
    assert!(run.says(&["grace period of 0.1 s", "checkpoint!()", "configure().grace", "limited::uneven"]), "{run:?}");
    let quiet = limited(&folder, &["slow", "20"]).run();
    assert!(!quiet.says(&["grace"]), "{quiet:?}");
}

/// A test of the promise is not bothered by any of it.
#[test]
fn tests_have_all_the_time() {
    let folder = scratch();
    let plain = limited(&folder, &["cut", "4"]).run().success();
    let program = limited(&folder, &["cut", "4"]).env("RESUME_DEADLINE", "0s").env("RESUME_SIGNALS", "USR1");
    assert_eq!(program.run().success(), plain);
}

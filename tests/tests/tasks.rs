//! A process that an interrupt ends out of an `async` run, while others are in the hands of the same executor.
#![cfg(unix)]

use std::future::poll_fn;
use std::path::Path;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering::SeqCst};
use std::task::Poll;
use std::thread;
use std::time::{Duration, Instant};

use resume_runtime::{checkpoint, resumable};
use resume_tests::child::{Program, Run, Scratch};

/// Says which of the programs below this very executable is to be.
const ROLE: &str = "RESUME_TESTS_TASKS";
const MILLISECOND: Duration = Duration::from_millis(1);

static PASSES: [AtomicU64; 20] = [const { AtomicU64::new(0) }; 20];
static IS_RAISED: AtomicBool = AtomicBool::new(false);

/// Ends by an interrupt alone, and has no `Result` to tell it by: it ends the process.
#[resumable]
async fn count(which: usize) -> u64 {
    #[resume]
    let mut sum = which as u64;
    loop {
        sum += 1;
        PASSES[which].fetch_add(1, SeqCst);
        let mut is_back = false;
        poll_fn(|context| {
            if is_back {
                return Poll::Ready(());
            }
            is_back = true;
            // At the end of the thread's queue, from which others take.
            context.waker().wake_by_ref();
            Poll::Pending
        })
        .await;
        if sum == u64::MAX {
            return sum;
        }
        checkpoint!(interval = "1h");
    }
}

fn wait_for(what: impl Fn() -> bool) {
    let began = Instant::now();
    while !what() {
        assert!(began.elapsed() < Duration::from_secs(60), "waited in vain");
        thread::sleep(MILLISECOND);
    }
}

/// The same in a plain function: it keeps its thread, and ends the process out of it.
#[resumable]
fn block(which: usize) -> u64 {
    #[resume]
    let mut sum = which as u64;
    loop {
        sum += 1;
        PASSES[which].fetch_add(1, SeqCst);
        thread::sleep(MILLISECOND);
        if sum == u64::MAX {
            return sum;
        }
        checkpoint!(interval = "1h");
    }
}

/// So many runs that the threads poll in turns.
fn many(threads: usize, runs: usize) {
    let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(threads).build().expect("a runtime");
    for which in 0..runs {
        drop(runtime.spawn(count(which)));
    }
    terminate(runs);
}

/// Two runs on two threads, of which one is busy until a moment after the signal. The other one polls a future and is blocked
/// by a plain function then.
fn blocked(threads: usize) {
    static BUSY: AtomicU64 = AtomicU64::new(0);
    let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(threads).build().expect("a runtime");
    for _ in 1..threads {
        runtime.spawn(async {
            BUSY.fetch_add(1, SeqCst);
            wait_for(|| IS_RAISED.load(SeqCst));
            thread::sleep(100 * MILLISECOND);
        });
    }
    wait_for(|| BUSY.load(SeqCst) == threads as u64 - 1);
    drop(runtime.spawn(count(0)));
    runtime.spawn(async {
        // The future has been polled, on this very thread.
        poll_fn(|context| {
            context.waker().wake_by_ref();
            if PASSES[0].load(SeqCst) > 0 { Poll::Ready(()) } else { Poll::Pending }
        })
        .await;
        block(1)
    });
    terminate(2);
}

/// Sends this process a signal as soon as so many runs get on.
fn terminate(runs: usize) {
    wait_for(|| PASSES[..runs].iter().all(|passes| passes.load(SeqCst) > 0));
    // SAFETY: it only sends a signal.
    unsafe { libc::kill(libc::getpid(), libc::SIGTERM) };
    IS_RAISED.store(true, SeqCst);
    thread::sleep(Duration::from_secs(60));
}

/// Does nothing unless it is started by the tests below.
#[test]
fn in_a_process_of_its_own() {
    match std::env::var(ROLE).as_deref() {
        Ok("many") => many(2, PASSES.len()),
        Ok("one thread") => many(1, 2),
        Ok("blocked") => blocked(1),
        Ok("taken up") => blocked(2),
        _ => {}
    }
}

fn run(folder: &Scratch, role: &str) -> Run {
    let this = std::env::current_exe().expect("it has a path");
    let this = this.to_str().expect("a text");
    let folder: &Path = folder.path();
    let run = Program::new(this, folder, &["--exact", "in_a_process_of_its_own", "--nocapture"]).env(ROLE, role).run();
    assert_eq!(run.signal(), Some(libc::SIGTERM), "{run:?}");
    run
}

fn scratch() -> Scratch {
    Scratch::new(env!("CARGO_TARGET_TMPDIR"), "tasks")
}

#[test]
fn all_runs_are_saved_though_there_are_more_than_threads() {
    let folder = scratch();
    let run = run(&folder, "many");
    assert_eq!(folder.snapshots().len(), PASSES.len(), "{run:?}");
    assert!(run.says(&["more runs were stopped likewise"]), "{run:?}");
}

#[test]
fn both_runs_of_a_single_thread_are_saved() {
    let folder = scratch();
    let run = run(&folder, "one thread");
    assert_eq!(folder.snapshots().len(), 2, "{run:?}");
}

#[test]
fn a_run_that_another_thread_takes_up_is_saved() {
    let folder = scratch();
    let run = run(&folder, "taken up");
    assert_eq!(folder.snapshots().len(), 2, "{run:?}");
}

/// The process ends nevertheless, and says what is lost.
#[test]
fn a_run_that_nobody_polls_any_more_is_named() {
    let folder = scratch();
    let run = run(&folder, "blocked");
    assert_eq!(folder.snapshots().len(), 1, "{run:?}");
    assert!(run.says(&["is not polled by any other thread"]), "{run:?}");
}

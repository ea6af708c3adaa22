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

static PASSES: [AtomicU64; 2] = [const { AtomicU64::new(0) }; 2];
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

/// Two runs that one thread polls in turns; with more than one thread, the others are busy until a moment after the signal.
fn program(threads: usize) {
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
    for which in 0..2 {
        drop(runtime.spawn(count(which)));
    }
    wait_for(|| PASSES.iter().all(|passes| passes.load(SeqCst) > 10));
    // SAFETY: it only sends a signal.
    unsafe { libc::kill(libc::getpid(), libc::SIGTERM) };
    IS_RAISED.store(true, SeqCst);
    thread::sleep(Duration::from_secs(60));
}

/// Does nothing unless it is started by the tests below.
#[test]
fn in_a_process_of_its_own() {
    if let Ok(threads) = std::env::var(ROLE) {
        program(threads.parse().expect("a number"));
    }
}

fn run(folder: &Scratch, threads: &str) -> Run {
    let this = std::env::current_exe().expect("it has a path");
    let this = this.to_str().expect("a text");
    let folder: &Path = folder.path();
    Program::new(this, folder, &["--exact", "in_a_process_of_its_own", "--nocapture"]).env(ROLE, threads).run()
}

fn scratch() -> Scratch {
    Scratch::new(env!("CARGO_TARGET_TMPDIR"), "tasks")
}

#[test]
fn a_run_that_another_thread_takes_up_is_saved() {
    let folder = scratch();
    let run = run(&folder, "2");
    assert_eq!(run.signal(), Some(libc::SIGTERM), "{run:?}");
    assert_eq!(folder.snapshots().len(), 2, "{run:?}");
}

/// The process ends nevertheless, and says what is lost.
#[test]
fn a_run_that_nobody_polls_any_more_is_named() {
    let folder = scratch();
    let run = run(&folder, "1");
    assert_eq!(run.signal(), Some(libc::SIGTERM), "{run:?}");
    assert_eq!(folder.snapshots().len(), 1, "{run:?}");
    assert!(run.says(&["is not polled by any other thread"]), "{run:?}");
}

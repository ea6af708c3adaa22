//! Runs on many threads, in rayon's pool, in tasks of tokio that go from thread to thread; whole, and interrupted.

use std::cell::RefCell;
use std::future::{Future, poll_fn};
use std::pin::Pin;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Mutex, MutexGuard, PoisonError, mpsc};
use std::task::{Context, Poll};
use std::thread;

use rayon::prelude::*;
use resume_runtime::rand_chacha::rand_core::Rng;
use resume_runtime::store::Memory;
use resume_runtime::{Error, checkpoint, clear_interrupt, configure, interrupt, resumable};

const RUNS: u64 = 48;

/// An interrupt is one for all runs of the process, so one test after the other. Each has a store of its own.
fn alone() -> MutexGuard<'static, ()> {
    static ALONE: Mutex<()> = Mutex::new(());
    let guard = ALONE.lock().unwrap_or_else(PoisonError::into_inner);
    clear_interrupt();
    configure().quiet(true).store_in(Memory::new());
    guard
}

/// The pass, counted over all runs of the process, that interrupts; 0 for none.
static INTERRUPTS: AtomicU64 = AtomicU64::new(0);

fn tick() {
    if INTERRUPTS.fetch_update(Ordering::SeqCst, Ordering::SeqCst, |left| left.checked_sub(1)) == Ok(1) {
        interrupt();
    }
}

/// A run with child runs, both of which draw from its generator.
#[resumable]
fn walk(number: u64) -> Result<u64, Error> {
    #[resume]
    let mut sum = number;
    for k in 0..30 {
        sum = sum.rotate_left(3) ^ resume_runtime::rng().next_u64();
        if k % 7 == 2 {
            sum ^= part(k, 5, &mut sum.clone())?;
        }
        tick();
        checkpoint!(every = 4);
    }
    Ok(sum)
}

#[resumable]
fn part(number: u64, steps: u64, #[resume] start: &mut u64) -> Result<u64, Error> {
    for k in 0..steps {
        *start = start.wrapping_mul(5).wrapping_add(k ^ number) ^ resume_runtime::rng().next_u64();
        tick();
        checkpoint!(every = 2);
    }
    Ok(*start)
}

/// Does all runs, interrupts them somewhere, and does them again until they are done.
fn check<R: PartialEq + std::fmt::Debug>(all: impl Fn() -> Vec<Result<R, Error>>, alone: impl Fn(u64) -> R) {
    let want: Vec<R> = (0..RUNS).map(&alone).collect();
    let whole: Vec<R> = all().into_iter().map(|result| result.expect("nobody interrupts")).collect();
    assert_eq!(whole, want);
    let mut stopped = 0;
    for pass in [1, 2, 50, 333, 700, 1_000, 200] {
        INTERRUPTS.store(pass, Ordering::SeqCst);
        for (result, want) in all().into_iter().zip(&want) {
            match result {
                Ok(result) => assert_eq!(&result, want),
                Err(error) => {
                    assert!(error.is_interrupt(), "{error}");
                    stopped += 1;
                }
            }
        }
        INTERRUPTS.store(0, Ordering::SeqCst);
        clear_interrupt();
    }
    assert!(stopped > 0);
    let rest: Vec<R> = all().into_iter().map(|result| result.expect("nobody interrupts")).collect();
    assert_eq!(rest, want);
}

#[test]
fn on_threads() {
    let _alone = alone();
    check(
        || {
            let runs: Vec<_> = (0..RUNS).map(|number| thread::spawn(move || walk(number))).collect();
            runs.into_iter().map(|run| run.join().expect("no panic")).collect()
        },
        |number| walk(number).expect("nobody interrupts"),
    );
}

#[test]
fn in_rayon() {
    let _alone = alone();
    let pool = rayon::ThreadPoolBuilder::new().num_threads(4).build().expect("a pool");
    check(
        || pool.install(|| (0..RUNS).into_par_iter().map(walk).collect()),
        |number| walk(number).expect("nobody interrupts"),
    );
}

/// Runs that use rayon themselves. While such a run waits for its pieces, its thread may take another run of the pool in
/// between, which then is a child run. With a seed and arguments of its own it gives the same all the same.
#[resumable(seed = number)]
fn spread(number: u64) -> Result<u64, Error> {
    #[resume]
    let mut sum = number;
    for k in 0..6 {
        let pieces: Result<Vec<u64>, Error> = (0..4).into_par_iter().map(|piece| bit(number, k, piece)).collect();
        sum = pieces?.into_iter().fold(sum, |sum, piece| sum.rotate_left(9) ^ piece);
        sum ^= resume_runtime::rng().next_u64();
        tick();
        checkpoint!(every = 1);
    }
    Ok(sum)
}

#[resumable(seed = (number, step, piece))]
fn bit(number: u64, step: u64, piece: u64) -> Result<u64, Error> {
    #[resume]
    let mut sum = number ^ step ^ piece;
    for _ in 0..5 {
        sum = sum.rotate_left(5) ^ resume_runtime::rng().next_u64();
        tick();
        checkpoint!(every = 2);
    }
    Ok(sum)
}

#[test]
fn in_rayon_that_is_in_runs_in_rayon() {
    let _alone = alone();
    let pool = rayon::ThreadPoolBuilder::new().num_threads(4).build().expect("a pool");
    check(
        || pool.install(|| (0..RUNS).into_par_iter().map(spread).collect()),
        |number| spread(number).expect("nobody interrupts"),
    );
}

/// Comes back on whatever thread is free.
struct Yield(bool);

impl Future for Yield {
    type Output = ();

    fn poll(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<()> {
        if std::mem::replace(&mut self.0, true) {
            return Poll::Ready(());
        }
        context.waker().wake_by_ref();
        Poll::Pending
    }
}

#[resumable]
async fn wander(number: u64) -> Result<(u64, bool), Error> {
    #[resume]
    let mut sum = number;
    #[transient]
    let mut threads = vec![thread::current().id()];
    for k in 0..30 {
        sum = sum.rotate_left(3) ^ resume_runtime::rng().next_u64();
        Yield(false).await;
        threads.push(thread::current().id());
        if k % 7 == 2 {
            sum ^= stroll(k).await?;
        }
        tick();
        checkpoint!(every = 4);
    }
    Ok((sum, threads.iter().any(|thread| *thread != threads[0])))
}

#[resumable]
async fn stroll(number: u64) -> Result<u64, Error> {
    #[resume]
    let mut sum = number;
    for _ in 0..5 {
        sum = sum.rotate_left(3) ^ resume_runtime::rng().next_u64();
        Yield(false).await;
        tick();
        checkpoint!(every = 2);
    }
    Ok(sum)
}

#[test]
fn in_tasks_that_change_threads() {
    static MOVED: AtomicU64 = AtomicU64::new(0);
    let _alone = alone();
    let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(4).build().expect("a runtime");
    let result = |result: Result<(u64, bool), Error>| {
        result.map(|(sum, has_moved)| {
            MOVED.fetch_add(u64::from(has_moved), Ordering::Relaxed);
            sum
        })
    };
    check(
        || {
            let runs: Vec<_> = (0..RUNS).map(|number| runtime.spawn(wander(number))).collect();
            runs.into_iter().map(|run| result(runtime.block_on(run).expect("no panic"))).collect()
        },
        |number| result(runtime.block_on(wander(number))).expect("nobody interrupts"),
    );
    println!("{} runs came to their end on another thread than they began", MOVED.load(Ordering::Relaxed));
}

type Child = Pin<Box<dyn Future<Output = Result<u64, Error>> + Send>>;

/// Child runs that were not awaited to their end.
static LEFT: Mutex<Vec<Child>> = Mutex::new(Vec::new());

#[resumable]
async fn leaves_a_child(number: u64) -> Result<u64, Error> {
    #[resume]
    let mut sum = number;
    for k in 0..3 {
        sum += k;
        checkpoint!(every = 1);
    }
    let mut child: Child = Box::pin(stroll(number));
    for _ in 0..3 {
        poll_fn(|context| Poll::Ready(child.as_mut().poll(context).is_ready())).await;
    }
    LEFT.lock().expect("no panic").push(child);
    Ok(sum)
}

/// Its snapshots would be nobody's: the run that they belong to is over, and its lock is gone.
#[test]
fn a_child_run_that_outlives_its_run_saves_nothing() {
    let _alone = alone();
    let folder = resume_tests::child::Scratch::new(env!("CARGO_TARGET_TMPDIR"), "threads");
    configure().store(folder.path());
    let runtime = tokio::runtime::Builder::new_current_thread().build().expect("a runtime");
    assert_eq!(runtime.block_on(leaves_a_child(4)).expect("nobody interrupts"), 7);
    let child = LEFT.lock().expect("no panic").pop().expect("one is left");
    assert!(folder.files().is_empty());
    runtime.block_on(child).expect("it comes to its end");
    assert!(folder.files().is_empty(), "{:?}", folder.files());
}

/// Runs when the thread ends: of its other locals, some are gone by then.
struct AtTheEnd(mpsc::Sender<u64>);

impl Drop for AtTheEnd {
    fn drop(&mut self) {
        let sum = stroll_plainly(3);
        self.0.send(sum).expect("somebody waits");
    }
}

#[resumable]
fn stroll_plainly(number: u64) -> u64 {
    #[resume]
    let mut sum = number;
    for k in 0..5 {
        sum += k;
        checkpoint!(every = 2);
    }
    sum
}

#[test]
fn in_the_destructor_of_a_local_of_a_thread() {
    thread_local! {
        static LAST: RefCell<Option<AtTheEnd>> = const { RefCell::new(None) };
    }
    let _alone = alone();
    let (sender, receiver) = mpsc::channel();
    let thread = thread::spawn(move || {
        // Locals go in the order in which they were first used.
        LAST.set(Some(AtTheEnd(sender)));
        stroll_plainly(4)
    });
    assert_eq!(thread.join().expect("no panic"), 14);
    assert_eq!(receiver.recv().expect("the run has come to its end"), 13);
}

//! Runs on several threads, and asynchronous ones.

use crate::PutAll;
use std::future::Future;
use std::pin::pin;
use std::sync::mpsc;
use std::task::{Context, Poll, Waker};
use std::thread;

use resume_runtime::__v0_1 as private;
use resume_runtime::rand_chacha::rand_core::Rng;
use resume_runtime::{Error, ErrorKind, testing};

use crate::{function, get, site};

/// Waits for a word while its run is open.
fn waiting(n: u64, word: Option<mpsc::Receiver<()>>, begun: Option<mpsc::Sender<()>>) -> Result<u64, Error> {
    let function = function!("waiting", []);
    let call = private::Call::new(function, private::path_of(&|| ())).argument("n", &n);
    let mut run = get!(call.open(private::Returns::<Result<u64, Error>>::NEW.kind()));
    if let Some(begun) = begun {
        begun.send(()).expect("somebody listens");
    }
    if let Some(word) = word {
        word.recv().expect("somebody speaks");
    }
    run.done(Ok(n))
}

#[test]
fn two_threads_cannot_be_in_one_run() {
    crate::set_up();
    let (say, word) = mpsc::channel();
    let (begin, begun) = mpsc::channel();
    let first = thread::spawn(move || waiting(1, Some(word), Some(begin)));
    begun.recv().expect("begun");
    let error = waiting(1, None, None).expect_err("busy");
    assert_eq!(error.kind(), ErrorKind::Busy);
    assert!(error.to_string().contains(&std::process::id().to_string()), "{error}");
    assert_eq!(waiting(2, None, None).ok(), Some(2));
    say.send(()).expect("it waits");
    assert_eq!(first.join().expect("no panic").ok(), Some(1));
    assert_eq!(waiting(1, None, None).ok(), Some(1));
}

/// Gives the others a turn.
async fn turn() {
    let mut is_over = false;
    std::future::poll_fn(|context| {
        if std::mem::replace(&mut is_over, true) {
            return Poll::Ready(());
        }
        context.waker().wake_by_ref();
        Poll::Pending
    })
    .await;
}

async fn crawl(n: u64, depth: u64) -> Result<u64, Error> {
    let function = function!("crawl", [site("for", &["sum", "for"], &["for"])]);
    let call = private::Call::new(function, private::path_of(&|| ())).argument("n", &n);
    let mut run = get!(call.argument("depth", &depth).open_async(private::Returns::<Result<u64, Error>>::NEW.kind()));
    let context = run.context();
    context
        .enter(async move {
            let target = run.target();
            let mut left_1 = run.credit(1);
            let mut sum = if target == 0 { 0 } else { get!(run.take("sum")) };
            let mut cursor = if target == 0 { private::Steps::new(0..n) } else { get!(run.take_steps("for")) };
            if target == 1 {
                run.arrived();
            }
            while let Some(block) = cursor.block(&mut { left_1 }) {
                for i in block {
                    turn().await;
                    sum += i + resume_runtime::rng().next_u64() % 100;
                    if depth > 0 {
                        sum += Box::pin(crawl(2, depth - 1)).await?;
                    }
                    left_1 -= 1;
                }
                if left_1 == 0 {
                    if run.due(1, 0, private::Trigger::new().every(2)) {
                        get!(run.put_all(
                            1,
                            &[left_1],
                            &[("sum", private::Save(&sum).value()), ("for", private::Save(&cursor.here()).value())]
                        ));
                    }
                    left_1 = run.credit(1);
                }
            }
            run.done(Ok(sum))
        })
        .await
}

fn is_send<T: Send>(value: T) -> T {
    value
}

/// Polls each of the futures in turn, on this thread.
fn both<F: Future>(a: F, b: F) -> (F::Output, F::Output) {
    let (mut a, mut b) = (pin!(a), pin!(b));
    let (mut x, mut y) = (None, None);
    let mut context = Context::from_waker(Waker::noop());
    loop {
        if x.is_none()
            && let Poll::Ready(value) = a.as_mut().poll(&mut context)
        {
            x = Some(value);
        }
        if y.is_none()
            && let Poll::Ready(value) = b.as_mut().poll(&mut context)
        {
            y = Some(value);
        }
        if let (Some(_), Some(_)) = (&x, &y) {
            return (x.expect("it is there"), y.expect("it is there"));
        }
    }
}

#[test]
fn futures_do_not_mix_their_runs() {
    crate::set_up();
    let alone = testing_free(3);
    let (x, y) = both(is_send(crawl(3, 1)), is_send(crawl(4, 1)));
    assert_eq!(x.ok(), Some(alone));
    assert_eq!(y.ok(), Some(testing_free(4)));
}

/// The run alone.
fn testing_free(n: u64) -> u64 {
    both(crawl(n, 1), crawl(n + 100, 0)).0.expect("whole")
}

#[test]
fn futures_are_cut_at_each_pass() {
    let report = testing::cut_everywhere(|| both(crawl(3, 1), crawl(5, 0)).0.ok());
    assert!(report.passes > 10, "{report}");
}

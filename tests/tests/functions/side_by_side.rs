//! Child runs whose futures are polled in turns: what one of them draws, and which of two alike it is, depends on the others.

use resume_runtime::rand_chacha::rand_core::Rng;
use resume_runtime::testing::cut_everywhere;
use resume_runtime::{checkpoint, resumable, rng};
use std::future::{Future, poll_fn};
use std::pin::{Pin, pin};
use std::task::{Context, Poll, Waker};

fn block_on<F: Future>(future: F) -> F::Output {
    let mut future = pin!(future);
    let mut context = Context::from_waker(Waker::noop());
    loop {
        if let Poll::Ready(result) = future.as_mut().poll(&mut context) {
            return result;
        }
    }
}

async fn turn() {
    let mut is_back = false;
    poll_fn(|_| if std::mem::replace(&mut is_back, true) { Poll::Ready(()) } else { Poll::Pending }).await;
}

async fn both<A: Future, B: Future>(a: A, b: B) -> (A::Output, B::Output) {
    let (mut a, mut b) = (pin!(a), pin!(b));
    let (mut of_a, mut of_b) = (None, None);
    poll_fn(|context| {
        if of_a.is_none()
            && let Poll::Ready(result) = a.as_mut().poll(context)
        {
            of_a = Some(result);
        }
        if of_b.is_none()
            && let Poll::Ready(result) = b.as_mut().poll(context)
        {
            of_b = Some(result);
        }
        if of_a.is_some() && of_b.is_some() { Poll::Ready(()) } else { Poll::Pending }
    })
    .await;
    (of_a.expect("ready"), of_b.expect("ready"))
}

#[resumable]
async fn first(id: u64, steps: u64) -> u64 {
    #[resume]
    let mut sum = id;
    for i in 0..steps {
        sum = sum.wrapping_mul(31) + i + rng().next_u64() % 8;
        turn().await;
        checkpoint!(every = 1);
    }
    sum
}

#[resumable]
async fn second(#[resume] state: &mut Vec<u64>) -> u64 {
    #[resume]
    let mut sum = 0_u64;
    for i in 0..4 {
        state.push(i);
        sum = sum.wrapping_mul(31) + state[0];
        turn().await;
        checkpoint!(every = 1);
    }
    sum
}

async fn lane(id: u64, steps: u64, state: &mut Vec<u64>) -> u64 {
    first(id, steps).await.wrapping_add(second(state).await)
}

#[resumable]
async fn lanes(alone: u64) -> (u64, u64, Vec<u64>) {
    #[resume]
    let (mut a, mut b) = (vec![100], vec![200]);
    #[resume]
    let before = first(7, alone).await;
    #[resume]
    let (x, y) = both(lane(1, 3, &mut a), lane(2, 5, &mut b)).await;
    #[resume]
    let after = first(8, 3).await;
    checkpoint!(every = 1);
    a.extend(b);
    (x ^ before, y ^ after, a)
}

/// No run, only a part of its caller.
async fn noise(steps: u64) -> u64 {
    let mut sum = 0_u64;
    for _ in 0..steps {
        sum = sum.rotate_left(7) ^ rng().next_u64();
        turn().await;
    }
    sum
}

/// Draws of its own come between those of the child run.
#[resumable]
async fn noisy(before: bool) -> (u64, u64) {
    #[resume]
    let mut sum = if before { noise(2).await } else { 0 };
    checkpoint!(every = 1);
    #[resume]
    let (a, b) = both(first(1, 4), noise(5)).await;
    sum ^= a;
    checkpoint!(every = 1);
    sum ^= first(2, 2).await;
    checkpoint!(every = 1);
    (sum, b)
}

#[test]
fn a_run_draws_beside_its_child_run() {
    for before in [false, true] {
        let _ = cut_everywhere(|| block_on(noisy(before)));
    }
}

/// One begins where the other is, and both are given up.
#[resumable]
async fn given_up() -> u64 {
    #[resume]
    let mut sum = 0;
    for i in 0..3 {
        let mut other: Pin<Box<dyn Future<Output = u64>>> = Box::pin(first(i, 9));
        let begun = poll_fn(|context| Poll::Ready(other.as_mut().poll(context).is_pending())).await;
        sum += u64::from(begun) + first(i + 10, 2).await % 100;
        drop(other);
        sum += first(i + 20, 2).await % 100;
        checkpoint!(every = 1);
    }
    sum
}

#[test]
fn child_runs_side_by_side_run_again_with_their_parent() {
    for alone in [0, 3] {
        let report = cut_everywhere(|| block_on(lanes(alone)));
        assert!(report.to_string().contains("pass"), "{report}");
    }
    let _ = cut_everywhere(|| block_on(given_up()));
}

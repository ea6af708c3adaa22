//! Parameters are dropped at the end, the last one first, as they are in plain Rust.

use std::cell::RefCell;
use std::future::Future;
use std::pin::pin;
use std::task::{Context, Poll, Waker};

use resume_runtime::{checkpoint, resumable, testing};

thread_local! {
    static DROPPED: RefCell<Vec<&'static str>> = const { RefCell::new(Vec::new()) };
}

struct Says(&'static str);

impl Drop for Says {
    fn drop(&mut self) {
        DROPPED.with_borrow_mut(|dropped| dropped.push(self.0));
    }
}

/// The same body, plain and resumable.
macro_rules! functions {
    ($($name:ident, $resumable:ident: |$($parameter:ident: $type:ty),*| $(-> $result:ty)? $body:block)*) => {
        mod plain {
            use super::*;
            macro_rules! checkpoint {
                ($every:ident = $passes:literal) => {};
            }
            $(
                #[allow(unused_variables, reason = "they are there to be dropped")]
                pub(super) async fn $name($($parameter: $type),*) $(-> $result)? $body
            )*
        }
        $(
            #[resumable]
            #[allow(unused_variables, reason = "they are there to be dropped")]
            async fn $resumable($(#[transient] $parameter: $type),*) $(-> $result)? $body
        )*
    };
}

functions! {
    at_its_end, at_its_end_resumed: |first: Says, second: (Says, u8), third: Says| {
        let own = Says("own");
        for pass in 0..3 {
            let _ = (&first.0, &third.0);
            checkpoint!(every = 1);
        }
        let _ = (&second, own);
    }

    by_a_return, by_a_return_resumed: |first: Says, second: (Says, u8), third: Says| -> u64 {
        for pass in 0..3 {
            if pass == 2 {
                return third.0.len() as u64 + first.0.len() as u64;
            }
            checkpoint!(every = 1);
        }
        0
    }

    one_that_is_moved, one_that_is_moved_resumed: |first: Says, second: (Says, u8), third: Says| {
        for pass in 0..3 {
            checkpoint!(every = 1);
        }
        drop(second);
    }

    without_a_site, without_a_site_resumed: |first: Says, second: (Says, u8), third: Says| {
        let _ = first.0.len();
    }
}

fn run<R>(future: impl Future<Output = R>) -> R {
    match pin!(future).poll(&mut Context::from_waker(Waker::noop())) {
        Poll::Ready(result) => result,
        Poll::Pending => panic!("it waits for nothing"),
    }
}

/// What is dropped, in which order.
fn order<F: Future>(function: fn(Says, (Says, u8), Says) -> F) -> Vec<&'static str> {
    DROPPED.take();
    run(function(Says("first"), (Says("second"), 0), Says("third")));
    DROPPED.take()
}

#[test]
fn parameters_of_futures_are_dropped_as_in_plain_rust() {
    assert_eq!(order(plain::at_its_end), ["own", "third", "second", "first"]);
    assert_eq!(order(at_its_end_resumed), order(plain::at_its_end));
    assert_eq!(order(by_a_return_resumed), order(plain::by_a_return));
    assert_eq!(order(one_that_is_moved_resumed), order(plain::one_that_is_moved));
    assert_eq!(order(without_a_site_resumed), order(plain::without_a_site));
}

#[test]
fn and_so_they_are_after_a_cut() {
    testing::cut_everywhere(|| order(at_its_end_resumed));
}

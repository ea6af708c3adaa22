//! A subscriber of `tracing` that does what programs do at an interrupt while it is being told of one: it takes the interrupt
//! back, and calls a resumable function.
#![cfg(unix)]

use std::sync::atomic::{AtomicU64, Ordering::SeqCst};

use resume_runtime::store::Memory;
use resume_runtime::{Error, checkpoint, clear_interrupt, configure, resumable};
use tracing::field::{Field, Visit};
use tracing::span::{Attributes, Id, Record};
use tracing::{Event, Metadata, Subscriber};

/// How often it was told that a signal has come.
static TOLD: AtomicU64 = AtomicU64::new(0);

struct Listener;

impl Subscriber for Listener {
    fn enabled(&self, _: &Metadata<'_>) -> bool {
        true
    }

    fn new_span(&self, _: &Attributes<'_>) -> Id {
        Id::from_u64(1)
    }

    fn record(&self, _: &Id, _: &Record<'_>) {}

    fn record_follows_from(&self, _: &Id, _: &Id) {}

    fn event(&self, event: &Event<'_>) {
        struct Look(bool);
        impl Visit for Look {
            fn record_debug(&mut self, _: &Field, value: &dyn std::fmt::Debug) {
                self.0 |= format!("{value:?}").starts_with("SIGTERM: saving");
            }
        }
        let mut look = Look(false);
        event.record(&mut look);
        if look.0 {
            clear_interrupt();
            assert_eq!(sum(10, 10).ok(), Some(45));
            TOLD.fetch_add(1, SeqCst);
        }
    }

    fn enter(&self, _: &Id) {}

    fn exit(&self, _: &Id) {}
}

/// Sends itself a signal in one of the passes.
#[resumable]
fn sum(n: u64, #[transient] signal_at: u64) -> Result<u64, Error> {
    #[resume]
    let mut sum = 0;
    for k in 0..n {
        sum += k;
        if k == signal_at {
            // Not SIGINT, which a shell has its background jobs ignore.
            // SAFETY: the signal has a handler, which only sets flags.
            assert_eq!(unsafe { libc::raise(libc::SIGTERM) }, 0);
        }
        checkpoint!(every = 1);
    }
    Ok(sum)
}

#[test]
fn who_is_told_of_an_interrupt_may_take_it_back() {
    configure().store_in(Memory::new()).quiet(true);
    tracing::subscriber::set_global_default(Listener).expect("there is no other");
    for at in [50, 60] {
        let before = TOLD.load(SeqCst);
        // Whether it is stopped depends on who comes first: its next pass, or the thread that tells.
        assert!(sum(100, at).map_or_else(|error| error.is_interrupt(), |sum| sum == 4950));
        while TOLD.load(SeqCst) == before {
            std::thread::yield_now();
        }
        assert_eq!(sum(100, u64::MAX).ok(), Some(4950));
    }
    assert_eq!(TOLD.load(SeqCst), 2, "each signal is told of once");
}

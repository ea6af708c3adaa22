//! `handover` in every order that threads can take: loom runs each test once for each of them.

#[allow(clippy::duplicate_mod, reason = "that is the point of it")]
#[path = "handover.rs"]
mod handover;

use std::sync::Mutex;

use handover::{Handover, Work};

/// What the modelled `handover` is made of.
mod sync {
    pub(super) use loom::sync::{Arc, Condvar, Mutex, MutexGuard};
    pub(super) use loom::thread;
}

/// What has been done, in order. Not part of the model: whatever the order, the outcome is the same.
type Log = std::sync::Arc<Mutex<Vec<u32>>>;

/// Writes its number into a log.
struct Entry {
    number: u32,
    log: Log,
}

/// Panics when it is done.
const PANICS: u32 = 666;

impl Work for Entry {
    type Tools = ();
    type Buffer = Vec<u8>;

    fn work(&mut self, (): &mut ()) {
        loom::thread::yield_now();
        assert_ne!(self.number, PANICS);
        self.log.lock().expect("a log").push(self.number);
    }

    fn panicked(&mut self) {
        self.log.lock().expect("a log").push(self.number + 1);
    }

    fn into_buffer(self) -> Vec<u8> {
        vec![1]
    }
}

fn explore(test: impl Fn(&sync::Arc<Handover<Entry>>, &Log) + Sync + Send + 'static) {
    let mut model = loom::model::Builder::new();
    // Most faults need one change between threads at a bad moment, a few need two.
    model.preemption_bound = Some(3);
    model.check(move || {
        let log = Log::default();
        test(&sync::Arc::new(Handover::new()), &log);
    });
}

fn hand_over(handover: &Handover<Entry>, log: &Log, number: u32) {
    // Whether it is one that was used before is up to the order.
    let buffer = handover.buffer();
    assert!(buffer.len() <= 1);
    handover.give_back(buffer);
    assert!(handover.start(|| ()));
    assert!(handover.put(Entry { number, log: std::sync::Arc::clone(log) }).is_ok());
}

fn done(log: &Log) -> Vec<u32> {
    log.lock().expect("a log").clone()
}

#[test]
fn all_is_done_in_order_before_flush_returns() {
    explore(|handover, log| {
        for number in 1..=3 {
            hand_over(handover, log, number);
        }
        handover.flush();
        assert_eq!(done(log), [1, 2, 3]);
        assert!(!handover.is_full());
        handover.close();
    });
}

#[test]
fn close_waits_for_what_was_handed_over() {
    explore(|handover, log| {
        hand_over(handover, log, 1);
        hand_over(handover, log, 2);
        handover.close();
        assert_eq!(done(log), [1, 2]);
        assert!(handover.is_closed());
        assert!(handover.put(Entry { number: 3, log: std::sync::Arc::clone(log) }).is_err());
        assert!(!handover.start(|| ()));
        handover.flush();
    });
}

#[test]
fn a_panic_holds_nobody_up() {
    explore(|handover, log| {
        hand_over(handover, log, PANICS);
        hand_over(handover, log, 1);
        handover.flush();
        assert_eq!(done(log), [PANICS + 1, 1]);
        handover.close();
    });
}

/// A child run on a thread of its own may wait while the root run ends.
#[test]
fn who_flushes_while_another_closes_comes_back() {
    explore(|handover, log| {
        hand_over(handover, log, 1);
        let (other, theirs) = (sync::Arc::clone(handover), std::sync::Arc::clone(log));
        let waiting = loom::thread::spawn(move || {
            other.flush();
            assert_eq!(done(&theirs), [1]);
        });
        handover.close();
        assert_eq!(done(log), [1]);
        waiting.join().expect("no panic");
    });
}

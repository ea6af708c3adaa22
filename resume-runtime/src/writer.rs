//! The thread that saves: a run waits until its values are in memory, and goes on while they are written.
//!
//! One thread for a root run and all child runs below it, from the first snapshot to the end of the root run. One snapshot is
//! being written and one may wait, so at most two buffers are in use, and snapshots become durable in the order in which they
//! were taken: a child run's never without the one of its parent that it stands on.

use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};
use std::thread::{self, JoinHandle};

use crate::pack::{Compression, Packer};
use crate::saver::{Job, Saver};
use crate::taken::Taken;

/// See above. Without a thread of its own it writes at once: in tests, and where no thread can be had.
#[derive(Debug)]
pub(crate) struct Writer {
    shared: Arc<Shared>,
    compression: Compression,
    is_inline: bool,
}

#[derive(Default, Debug)]
struct Shared {
    state: Mutex<State>,
    changed: Condvar,
}

#[derive(Default, Debug)]
struct State {
    /// The snapshot that waits.
    waiting: Option<(Arc<Saver>, Job)>,
    /// Whether one is being written.
    is_writing: bool,
    /// No more will come.
    is_closing: bool,
    thread: Option<JoinHandle<()>>,
    /// Buffers that are not in use.
    spare: Vec<Taken>,
}

impl Shared {
    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn wait_while(&self, condition: impl Fn(&State) -> bool) -> MutexGuard<'_, State> {
        let state = self.changed.wait_while(self.state(), |state| condition(state));
        state.unwrap_or_else(PoisonError::into_inner)
    }
}

impl Writer {
    /// One with a thread, which begins with the first snapshot.
    pub(crate) fn background(compression: Compression) -> Writer {
        Writer { shared: Arc::default(), compression, is_inline: false }
    }

    /// One that writes at once.
    pub(crate) fn inline(compression: Compression) -> Writer {
        Writer { is_inline: true, ..Writer::background(compression) }
    }

    /// Whether a snapshot that is taken now would have to wait before it may be.
    pub(crate) fn is_full(&self) -> bool {
        self.shared.state().waiting.is_some()
    }

    /// A buffer for the next snapshot, once there is room for one more.
    pub(crate) fn buffer(&self) -> Taken {
        self.shared.wait_while(|state| state.waiting.is_some()).spare.pop().unwrap_or_default()
    }

    /// Takes a buffer back.
    pub(crate) fn give_back(&self, taken: Taken) {
        self.shared.give_back(taken.reused());
    }

    /// Saves a snapshot, now or soon.
    pub(crate) fn submit(&self, saver: &Arc<Saver>, mut job: Job) {
        if self.is_inline || !self.is_running() {
            saver.save(&mut job, &mut Packer::new(self.compression));
            return self.give_back(job.taken);
        }
        let mut state = self.shared.wait_while(|state| state.waiting.is_some());
        state.waiting = Some((Arc::clone(saver), job));
        drop(state);
        self.shared.changed.notify_all();
    }

    /// Waits until all that was submitted has been saved, or could not be.
    pub(crate) fn flush(&self) {
        drop(self.shared.wait_while(|state| state.waiting.is_some() || state.is_writing));
    }

    /// Waits for the last snapshot, and for the thread to end.
    pub(crate) fn close(&self) {
        let thread = {
            let mut state = self.shared.state();
            state.is_closing = true;
            state.thread.take()
        };
        self.shared.changed.notify_all();
        if let Some(thread) = thread {
            // It catches its own panics.
            let _ = thread.join();
        }
        *self.shared.state() = State::default();
    }

    /// Whether the thread is there, or can be had.
    fn is_running(&self) -> bool {
        let mut state = self.shared.state();
        if state.thread.is_none() {
            let (shared, compression) = (Arc::clone(&self.shared), self.compression);
            let thread = thread::Builder::new().name("resume-writer".to_owned());
            state.thread = thread.spawn(move || shared.run(&mut Packer::new(compression))).ok();
        }
        state.thread.is_some()
    }
}

impl Shared {
    fn run(&self, packer: &mut Packer) {
        loop {
            let mut state = self.wait_while(|state| state.waiting.is_none() && !state.is_closing);
            let Some((saver, mut job)) = state.waiting.take() else { return };
            state.is_writing = true;
            drop(state);
            self.changed.notify_all();
            // Whoever waits for this thread would wait for ever.
            let saved = catch_unwind(AssertUnwindSafe(|| saver.save(&mut job, packer)));
            if saved.is_err() {
                saver.fail_to_take(job.seq, "BUG: writing it panicked");
            }
            self.give_back(job.taken.reused());
            self.state().is_writing = false;
            self.changed.notify_all();
        }
    }

    fn give_back(&self, taken: Taken) {
        let mut state = self.state();
        if state.spare.len() < 2 {
            state.spare.push(taken);
        }
    }
}

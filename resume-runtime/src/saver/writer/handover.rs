//! How work passes from a run to the thread that does it: one piece is being done, and one may wait.
//!
//! `modelled` compiles this file once more, with locks and threads that a test plays through in every order.

use std::fmt::{self, Debug, Formatter};
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::PoisonError;

use super::sync::thread::{self, JoinHandle};
use super::sync::{Arc, Condvar, Mutex, MutexGuard};

/// Something to be done on the thread.
pub(super) trait Work: Send + 'static {
    /// What the thread has for all of them.
    type Tools;
    /// What is used again when it is done.
    type Buffer: Send + Default + 'static;

    fn work(&mut self, tools: &mut Self::Tools);

    /// It has panicked.
    fn panicked(&mut self);

    fn into_buffer(self) -> Self::Buffer;
}

/// Hands work over to a thread: one piece is being done, and one may wait.
pub(super) struct Handover<W: Work>(Arc<Shared<W>>);

struct Shared<W: Work> {
    state: Mutex<State<W>>,
    changed: Condvar,
}

struct State<W: Work> {
    waiting: Option<W>,
    /// Whether one is being done.
    is_working: bool,
    /// No more will come.
    is_closing: bool,
    thread: Option<JoinHandle<()>>,
    /// Buffers that are not in use.
    spare: Vec<W::Buffer>,
}

impl<W: Work> Handover<W> {
    pub(super) fn new() -> Handover<W> {
        let state = State { waiting: None, is_working: false, is_closing: false, thread: None, spare: Vec::new() };
        Handover(Arc::new(Shared { state: Mutex::new(state), changed: Condvar::new() }))
    }

    /// Whether a piece waits.
    pub(super) fn is_full(&self) -> bool {
        self.0.state().waiting.is_some()
    }

    /// A buffer for the next piece, once there is room for one more.
    pub(super) fn buffer(&self) -> W::Buffer {
        self.0.wait_while(|state| state.waiting.is_some()).spare.pop().unwrap_or_default()
    }

    /// Takes a buffer back.
    pub(super) fn give_back(&self, buffer: W::Buffer) {
        self.0.give_back(buffer);
    }

    /// Whether the thread is there, or can be had. Where all is over there is none any more.
    pub(super) fn start(&self, tools: impl FnOnce() -> W::Tools + Send + 'static) -> bool {
        let mut state = self.0.state();
        if state.thread.is_none() && !state.is_closing {
            let shared = Arc::clone(&self.0);
            let thread = thread::Builder::new().name("resume-writer".to_owned());
            state.thread = thread.spawn(move || shared.run(&mut tools())).ok();
        }
        state.thread.is_some()
    }

    /// Hands a piece over, once there is room for it; gives it back when all is over.
    pub(super) fn put(&self, work: W) -> Result<(), W> {
        let mut state = self.0.wait_while(|state| state.waiting.is_some());
        if state.is_closing {
            return Err(work);
        }
        state.waiting = Some(work);
        drop(state);
        self.0.changed.notify_all();
        Ok(())
    }

    /// Waits until all that was handed over is done.
    pub(super) fn flush(&self) {
        drop(self.0.wait_while(|state| state.waiting.is_some() || state.is_working));
    }

    /// Waits for the last piece, and for the thread to end. From here on nothing is taken any more.
    pub(super) fn close(&self) {
        let thread = {
            let mut state = self.0.state();
            state.is_closing = true;
            state.thread.take()
        };
        if let Some(thread) = thread {
            self.0.changed.notify_all();
            // It catches its own panics.
            let _ = thread.join();
        }
        self.0.state().spare = Vec::new();
    }

    pub(super) fn is_closed(&self) -> bool {
        self.0.state().is_closing
    }
}

impl<W: Work> Shared<W> {
    fn state(&self) -> MutexGuard<'_, State<W>> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn wait_while(&self, condition: impl Fn(&State<W>) -> bool) -> MutexGuard<'_, State<W>> {
        let mut state = self.state();
        while condition(&state) {
            state = self.changed.wait(state).unwrap_or_else(PoisonError::into_inner);
        }
        state
    }

    /// What the thread does.
    fn run(&self, tools: &mut W::Tools) {
        loop {
            let mut state = self.wait_while(|state| state.waiting.is_none() && !state.is_closing);
            let Some(mut work) = state.waiting.take() else { return };
            state.is_working = true;
            drop(state);
            self.changed.notify_all();
            // Whoever waits for this thread would wait for ever.
            if catch_unwind(AssertUnwindSafe(|| work.work(tools))).is_err() {
                // What it says of that may panic too.
                let _ = catch_unwind(AssertUnwindSafe(|| work.panicked()));
            }
            self.give_back(work.into_buffer());
            self.state().is_working = false;
            self.changed.notify_all();
        }
    }

    fn give_back(&self, buffer: W::Buffer) {
        let mut state = self.state();
        if state.spare.len() < 2 && !state.is_closing {
            state.spare.push(buffer);
        }
    }
}

impl<W: Work> Debug for Handover<W> {
    fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {
        f.debug_struct("Handover").finish_non_exhaustive()
    }
}

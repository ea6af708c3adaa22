//! The flags that handlers of signals set, while runs begin and end.
//!
//! `modelled` compiles this file once more, with atomics that a test plays through in every order.

use super::sync::{AtomicBool, AtomicUsize, Ordering::SeqCst};

/// What handlers of signals tell the runs. A handler does, in this order: end the process if the signal is lethal; say which
/// one came; raise the interrupt; make the next one lethal.
pub(super) struct Flags {
    /// Whether runs are asked to save and stop.
    pub(super) raised: AtomicBool,
    /// The signal that asked them; 0 for none.
    pub(super) signal: AtomicUsize,
    /// Whether the next signal does what it does by default: end the process.
    pub(super) lethal: AtomicBool,
}

impl Flags {
    /// A run has begun, so the first signal asks it to stop. After that one the next ends the process, whatever begins
    /// meanwhile.
    pub(super) fn joined(&self) {
        if !self.is_signalled() {
            self.lethal.swap(false, SeqCst);
            // A handler that ran in between has made the next one lethal, and that must stand.
            if self.is_signalled() {
                self.lethal.swap(true, SeqCst);
            }
        }
    }

    /// The last run has ended: there is nothing to wait for.
    pub(super) fn left(&self) {
        self.lethal.store(true, SeqCst);
    }

    /// The interrupt is taken back; `is_empty` tells that no run is under way.
    pub(super) fn clear(&self, is_empty: bool) {
        self.signal.store(0, SeqCst);
        self.raised.store(false, SeqCst);
        self.lethal.store(is_empty, SeqCst);
    }

    fn is_signalled(&self) -> bool {
        self.raised.load(SeqCst) && self.signal.load(SeqCst) != 0
    }
}

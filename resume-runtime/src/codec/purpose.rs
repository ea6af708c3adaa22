//! What a value is turned into bytes for.
//!
//! A value that stands for something outside of the program (an output file) makes that as durable as the snapshot will be
//! when it is saved, and must not when it is only looked at: to be compared or to name a run. serde has no way to
//! tell it, so the thread does.

use std::cell::Cell;

thread_local! {
    static LOOKS: Cell<u32> = const { Cell::new(0) };
    static NAMES: Cell<bool> = const { Cell::new(false) };
}

/// Values are only looked at, on this thread, until it is dropped.
pub(super) struct Look(());

impl Look {
    pub(super) fn begin() -> Look {
        LOOKS.set(LOOKS.get() + 1);
        Look(())
    }
}

impl Drop for Look {
    fn drop(&mut self) {
        LOOKS.set(LOOKS.get().saturating_sub(1));
    }
}

/// Turns a value into bytes only to look at it.
pub(crate) fn looking<T>(look: impl FnOnce() -> T) -> T {
    let _look = Look::begin();
    look()
}

/// Whether the value that is being turned into bytes is only looked at.
pub(crate) fn is_looking() -> bool {
    LOOKS.get() > 0
}

/// Turns a value into the bytes that name a run.
pub(crate) fn naming<T>(name: impl FnOnce() -> T) -> T {
    struct End(bool);
    impl Drop for End {
        fn drop(&mut self) {
            NAMES.set(self.0);
        }
    }
    let _end = End(NAMES.replace(true));
    name()
}

/// Whether the bytes are to name a run. What differs from start to start of the program for no other reason than that the
/// run was under way, such as the length of its output file, must not be among them.
pub(crate) fn is_naming() -> bool {
    NAMES.get()
}

//! Locks that outlive a panic: what is behind each is whole between any two statements, so a thread that panicked while it had
//! one is no reason for others to.

use std::sync::{Mutex, MutexGuard, PoisonError};

/// Locks it, whatever became of those who had it before.
pub(crate) fn locked<T: ?Sized>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

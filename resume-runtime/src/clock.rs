//! Clocks that the standard library does not have.

use std::time::Duration;

/// The processor time of this thread: of nothing that ran beside it.
#[cfg(unix)]
pub(crate) fn thread_time() -> Duration {
    read(rustix::time::ClockId::ThreadCPUTime)
}

/// The processor time of this process, all threads together.
#[cfg(unix)]
pub(crate) fn process_time() -> Duration {
    read(rustix::time::ClockId::ProcessCPUTime)
}

#[cfg(unix)]
fn read(clock: rustix::time::ClockId) -> Duration {
    let time = rustix::time::clock_gettime(clock);
    Duration::new(u64::try_from(time.tv_sec).unwrap_or_default(), u32::try_from(time.tv_nsec).unwrap_or_default())
}

/// Elsewhere the time on the wall has to do: it is at least as much.
#[cfg(not(unix))]
pub(crate) fn thread_time() -> Duration {
    use std::sync::LazyLock;
    use std::time::Instant;
    static START: LazyLock<Instant> = LazyLock::new(Instant::now);
    START.elapsed()
}

/// Not known elsewhere.
#[cfg(not(unix))]
pub(crate) fn process_time() -> Duration {
    Duration::ZERO
}

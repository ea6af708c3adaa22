//! Clocks, medians, and what a cell of a table looks like.

use std::cell::Cell;
use std::time::{Duration, Instant};

/// The processor time that this thread has used.
#[cfg(unix)]
pub(crate) fn thread_time() -> Duration {
    clock(libc::CLOCK_THREAD_CPUTIME_ID)
}

/// The processor time that all threads of the process have used.
#[cfg(unix)]
pub(crate) fn process_time() -> Duration {
    clock(libc::CLOCK_PROCESS_CPUTIME_ID)
}

#[cfg(unix)]
#[allow(unsafe_code, reason = "the standard library has no such clock")]
fn clock(which: libc::clockid_t) -> Duration {
    let mut time = libc::timespec { tv_sec: 0, tv_nsec: 0 };
    // SAFETY: the pointer leads to a `timespec` of this function's own, and the call writes one there.
    let failed = unsafe { libc::clock_gettime(which, &mut time) };
    assert_eq!(failed, 0, "no clock");
    Duration::new(time.tv_sec as u64, time.tv_nsec as u32)
}

/// Elsewhere the time on the wall has to do.
#[cfg(not(unix))]
pub(crate) fn thread_time() -> Duration {
    use std::sync::LazyLock;
    use std::time::Instant;
    static START: LazyLock<Instant> = LazyLock::new(Instant::now);
    START.elapsed()
}

#[cfg(not(unix))]
pub(crate) fn process_time() -> Duration {
    thread_time()
}

/// A point in time, on the wall and by the processor time of the process.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Moment {
    wall: Instant,
    processors: Duration,
}

/// Seconds from one moment to another.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Cost {
    pub(crate) wall: f64,
    pub(crate) processors: f64,
}

impl Moment {
    pub(crate) fn now() -> Moment {
        Moment { wall: Instant::now(), processors: process_time() }
    }

    pub(crate) fn until(self, end: Moment) -> Cost {
        Cost {
            wall: (end.wall - self.wall).as_secs_f64(),
            processors: (end.processors - self.processors).as_secs_f64(),
        }
    }
}

/// The cells of a row: what two contenders took, in milliseconds, and how many times as much the second did.
pub(crate) fn cells(aim: f64, first: &[Cost], second: &[Cost]) -> String {
    let of = |costs: &[Cost], part: fn(&Cost) -> f64| -> Vec<f64> { costs.iter().map(part).collect() };
    let [walls, processors] = [|cost: &Cost| cost.wall, |cost: &Cost| cost.processors];
    let (one, two) = (of(first, walls), of(second, walls));
    let (best_one, best_two) = (least(&one) * 1e3, least(&two) * 1e3);
    let (one, two) = (median(one) * 1e3, median(two) * 1e3);
    let used = median(of(second, processors)) / median(of(first, processors));
    format!(
        "{one:.2} ({best_one:.2}) | {two:.2} ({best_two:.2}) | {} ({}) | {used:.2} | {aim}",
        against(aim, two / one),
        against(aim, best_two / best_one)
    )
}

/// A table whose head is printed with its first row.
pub(crate) struct Table {
    head: &'static str,
    has_begun: Cell<bool>,
}

impl Table {
    pub(crate) fn new(head: &'static str) -> Table {
        Table { head, has_begun: Cell::new(false) }
    }

    pub(crate) fn row(&self, row: &str) {
        if !self.has_begun.replace(true) {
            println!("\n| {} |\n|{}", self.head, "---|".repeat(self.head.split(" | ").count()));
        }
        println!("| {row} |");
    }
}

/// The middle one.
pub(crate) fn median(mut values: Vec<f64>) -> f64 {
    values.sort_by(f64::total_cmp);
    values[values.len() / 2]
}

/// The least.
pub(crate) fn least(values: &[f64]) -> f64 {
    values.iter().copied().fold(f64::INFINITY, f64::min)
}

/// A ratio, with a mark if it misses its aim.
pub(crate) fn against(aim: f64, ratio: f64) -> String {
    format!("{ratio:.2}{}", if ratio > aim { " (over)" } else { "" })
}

//! Timing of pairs: in turns, each in several places of the program.

use std::fmt;
use std::hint::black_box;
use std::rc::Rc;
use std::time::Instant;

use crate::clock::thread_time;

/// How often each copy of a pair is measured.
const ROUNDS: usize = 21;

/// The copies of each function: see `shift`.
const COPIES: usize = 8;

/// Code before the loop, more of it in each copy of a function, so that the loop begins at another address.
///
/// Whether a short loop straddles the lines in which the processor fetches code can double its time, and the linker
/// knows nothing of that. So each function is measured in several places, and the best one counts.
#[inline(always)]
pub(crate) fn shift<const COPY: usize>() {
    for step in 0..COPY {
        black_box(step);
    }
}

/// Passes until the next call: what `by_hand` does instead of looking at triggers.
#[inline(never)]
pub(crate) fn refill() -> u64 {
    black_box(1_000)
}

/// One loop, plain and resumable.
pub(crate) struct Pair {
    pub(crate) form: &'static str,
    pub(crate) body: &'static str,
    /// Passes of one call.
    passes: usize,
    plain: [Call; COPIES],
    resumable: [Call; COPIES],
}

/// A function: called with `true` for all passes, with `false` for none.
type Call = Box<dyn Fn(bool)>;

/// Nanoseconds a pass: of the copy that the linker has put best, and of the one it has put worst.
#[derive(Clone, Copy)]
pub(crate) struct Pace {
    pub(crate) best: f64,
    pub(crate) worst: f64,
}

impl Pair {
    /// A pair of functions with one loop over `data`.
    pub(crate) fn single<T: 'static, R: 'static>(
        form: &'static str,
        body: &'static str,
        data: &Rc<[T]>,
        plain: [fn(&[T]) -> R; COPIES],
        resumable: [fn(&[T]) -> R; COPIES],
    ) -> Self {
        let passes = data.len();
        let call = |function: fn(&[T]) -> R| -> Call {
            let data = Rc::clone(data);
            Box::new(move |all| {
                let part = if all { &data[..] } else { &[] };
                black_box(function(black_box(part)));
            })
        };
        Self { form, body, passes, plain: plain.map(call), resumable: resumable.map(call) }
    }

    /// A pair of functions that go `rows` times over `row`, which stays in the fastest cache.
    pub(crate) fn nested<T: 'static, R: 'static>(
        form: &'static str,
        body: &'static str,
        row: &Rc<[T]>,
        rows: usize,
        plain: [fn(&[T], usize) -> R; COPIES],
        resumable: [fn(&[T], usize) -> R; COPIES],
    ) -> Self {
        let passes = row.len() * rows;
        let call = |function: fn(&[T], usize) -> R| -> Call {
            let row = Rc::clone(row);
            Box::new(move |all| {
                let rows = if all { rows } else { 0 };
                black_box(function(black_box(&row), black_box(rows)));
            })
        };
        Self { form, body, passes, plain: plain.map(call), resumable: resumable.map(call) }
    }

    /// Measures the loops, plain and resumable, without the entering of the function.
    ///
    /// Entering costs the same whatever the loop (it has a table of its own), but would count for much in calls as
    /// short as these: the time of a call without passes is taken off the time of a call with all of them. All copies
    /// take turns, and of each the quickest round counts: whatever else the machine does can only add to a time.
    pub(crate) fn paces(&self) -> (Pace, Pace) {
        let copies: Vec<&Call> = self.plain.iter().chain(&self.resumable).collect();
        let mut quickest = vec![(f64::INFINITY, f64::INFINITY); copies.len()];
        for _ in 0..ROUNDS {
            for (call, (entering, whole)) in copies.iter().zip(&mut quickest) {
                *entering = entering.min(processor_time(|| call(false)));
                *whole = whole.min(processor_time(|| call(true)));
            }
        }
        let times: Vec<f64> =
            quickest.iter().map(|(entering, whole)| (whole - entering) / self.passes as f64).collect();
        let (plain, resumable) = times.split_at(COPIES);
        (Pace::of(plain), Pace::of(resumable))
    }
}

impl fmt::Display for Pace {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(out, "{:.3} ({:.3})", self.best, self.worst)
    }
}

impl Pace {
    fn of(times: &[f64]) -> Self {
        let best = times.iter().copied().fold(f64::INFINITY, f64::min);
        let worst = times.iter().copied().fold(0.0, f64::max);
        Self { best, worst }
    }
}

/// The nanoseconds for which `work` has a processor: what other programs take is not counted.
fn processor_time(work: impl FnOnce()) -> f64 {
    let start = thread_time();
    work();
    thread_time().saturating_sub(start).as_nanos() as f64
}

/// The time that `work` takes.
pub(crate) fn nanoseconds<R>(work: impl FnOnce() -> R) -> f64 {
    let start = Instant::now();
    black_box(work());
    start.elapsed().as_nanos() as f64
}

/// The middle one of the values.
pub(crate) fn median(mut values: Vec<f64>) -> f64 {
    values.sort_by(f64::total_cmp);
    values[values.len() / 2]
}

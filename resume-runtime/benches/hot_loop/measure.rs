//! Timing of pairs: interleaved, with the median of the ratios.

use std::hint::black_box;
use std::rc::Rc;
use std::time::Instant;

/// How often each pair is measured.
const ROUNDS: usize = 41;

/// One loop, plain and resumable.
pub(crate) struct Pair {
    pub(crate) form: &'static str,
    pub(crate) body: &'static str,
    /// Passes of one call.
    pub(crate) passes: usize,
    /// The plain function: called with `true` for all passes, with `false` for none.
    pub(crate) plain: Box<dyn Fn(bool)>,
    /// The resumable function, alike.
    pub(crate) resumable: Box<dyn Fn(bool)>,
}

/// What came out for a pair: nanoseconds a pass, and how many times the plain ones.
pub(crate) struct Ratio {
    pub(crate) plain: f64,
    pub(crate) resumable: f64,
    pub(crate) ratio: f64,
}

impl Pair {
    /// A pair of functions with one loop over `data`.
    pub(crate) fn single<T: 'static, R: 'static>(
        form: &'static str,
        body: &'static str,
        data: &Rc<[T]>,
        plain: fn(&[T]) -> R,
        resumable: fn(&[T]) -> R,
    ) -> Self {
        let passes = data.len();
        let call = |function: fn(&[T]) -> R| -> Box<dyn Fn(bool)> {
            let data = Rc::clone(data);
            Box::new(move |all| {
                let part = if all { &data[..] } else { &[] };
                black_box(function(black_box(part)));
            })
        };
        Self { form, body, passes, plain: call(plain), resumable: call(resumable) }
    }

    /// A pair of functions that go `rows` times over `row`, which stays in the fastest cache.
    pub(crate) fn nested<T: 'static, R: 'static>(
        form: &'static str,
        body: &'static str,
        row: &Rc<[T]>,
        rows: usize,
        plain: fn(&[T], usize) -> R,
        resumable: fn(&[T], usize) -> R,
    ) -> Self {
        let passes = row.len() * rows;
        let call = |function: fn(&[T], usize) -> R| -> Box<dyn Fn(bool)> {
            let row = Rc::clone(row);
            Box::new(move |all| {
                let rows = if all { rows } else { 0 };
                black_box(function(black_box(&row), black_box(rows)));
            })
        };
        Self { form, body, passes, plain: call(plain), resumable: call(resumable) }
    }

    /// Measures the loops without the entering of the function.
    ///
    /// Entering costs the same whatever the loop (it has a table of its own), but would count for
    /// much in calls as short as these: each round takes the time of a call without passes off the
    /// time of a call with all of them. The two functions take turns in going first, so that
    /// neither gains by what the other leaves in the caches.
    pub(crate) fn ratio(&self) -> Ratio {
        let [mut plain, mut resumable, mut ratios] = [const { Vec::new() }; 3];
        for round in 0..ROUNDS {
            let (first, second) = if round % 2 == 0 {
                let first = self.loop_time(&self.plain);
                (first, self.loop_time(&self.resumable))
            } else {
                let second = self.loop_time(&self.resumable);
                (self.loop_time(&self.plain), second)
            };
            plain.push(first);
            resumable.push(second);
            ratios.push(second / first);
        }
        Ratio { plain: median(plain), resumable: median(resumable), ratio: median(ratios) }
    }

    /// Nanoseconds a pass of one call.
    fn loop_time(&self, function: &dyn Fn(bool)) -> f64 {
        let entering = nanoseconds(|| function(false));
        (nanoseconds(|| function(true)) - entering) / self.passes as f64
    }
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

//! Tests of the promise: cut a function at its passes, resume it, and compare.
//!
//! ```
//! use resume_runtime::{checkpoint, resumable, testing};
//!
//! #[resumable]
//! fn sum(n: u64) -> u64 {
//!     #[resume]
//!     let mut sum = 0;
//!     for k in 0..n {
//!         sum += k;
//!         checkpoint!();
//!     }
//!     sum
//! }
//!
//! let report = testing::cut_everywhere(|| sum(3));
//! assert_eq!(report.passes, 3);
//! ```

mod session;

use std::any::Any;
use std::fmt::{self, Debug, Display, Formatter};
use std::ops::RangeInclusive;
use std::panic::{AssertUnwindSafe, catch_unwind, resume_unwind};
use std::sync::Arc;

use session::{Event, Plan, Saving};
pub(crate) use session::{Session, current};

/// What a test has done.
#[non_exhaustive]
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Report {
    /// The passes of the uninterrupted call, those of child runs included.
    pub passes: u64,
    /// The runs of the uninterrupted call, child runs included.
    pub runs: u64,
    /// How often it was cut and resumed.
    pub cuts: u64,
}

impl Display for Report {
    fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {
        let Report { passes, runs, cuts } = self;
        if *runs == 0 {
            return f.write_str("no run was seen, so nothing was cut: runs on other threads are none of the test's");
        }
        let ending = if *runs == 1 { "" } else { "s" };
        write!(f, "{passes} passes of {runs} run{ending}, cut and resumed {cuts} times: the same result each time")
    }
}

/// Runs `f` once whole, then once for each pass of each site, those of child runs included: cut there, resumed, and run to
/// its end.
///
/// The snapshots are in memory, in a store of each cut's own, so tests may run side by side. Runs on threads that `f`
/// starts are none of them: where it has no others, nothing is cut, and the report says so. Where `f` has child runs each
/// pass is cut twice: once with the snapshots that its sites ask for, once with one at each pass.
///
/// # Panics
/// At the first pass after which the result differs; the message names it and, where it can, the local. And at the first one
/// that cannot be saved.
#[track_caller]
pub fn cut_everywhere<R: PartialEq + Debug>(f: impl Fn() -> R) -> Report {
    let whole = Whole::run(&f);
    whole.cut_in(1..=whole.report.passes, &f)
}

/// Runs `f` once whole, then cuts it at one pass, counted from 1, and compares as [`cut_everywhere`] does.
///
/// # Panics
/// If the result differs, if the pass cannot be saved, or if there is no such pass.
#[track_caller]
pub fn cut_at<R: PartialEq + Debug>(pass: u64, f: impl Fn() -> R) -> Report {
    let whole = Whole::run(&f);
    let passes = whole.report.passes;
    assert!((1..=passes).contains(&pass), "pass {pass} cannot be cut: there are {passes} passes, counted from 1");
    whole.cut_in(pass..=pass, &f)
}

/// The uninterrupted call.
struct Whole<R> {
    result: R,
    report: Report,
}

impl<R: PartialEq + Debug> Whole<R> {
    fn run(f: &impl Fn() -> R) -> Whole<R> {
        let session = Session::new(Plan::default());
        let result = session.within(f);
        let (passes, runs) = session.counts();
        Whole { result, report: Report { passes, runs, cuts: 0 } }
    }

    /// Cuts each of these passes.
    #[track_caller]
    fn cut_in(&self, passes: RangeInclusive<u64>, f: &impl Fn() -> R) -> Report {
        // With a single run there is nothing that an earlier snapshot could do to a later one.
        let savings = if self.report.runs > 1 { &[Saving::AsAsked, Saving::Always][..] } else { &[Saving::AsAsked] };
        let mut report = self.report;
        for pass in passes {
            for saving in savings {
                self.cut(f, pass, *saving);
                report.cuts += 1;
            }
        }
        report
    }

    #[track_caller]
    fn cut(&self, f: &impl Fn() -> R, pass: u64, saving: Saving) {
        let got = resume(f, pass, Plan { saving, ..Plan::default() }).0;
        if !self.is_same(&got) {
            panic!("{}", self.difference(f, pass, saving, &got));
        }
    }

    /// A result that is not even equal to itself (a NaN in it) is compared by how it is shown.
    fn is_same(&self, got: &R) -> bool {
        #[allow(clippy::eq_op, reason = "what holds a NaN is not equal to itself")]
        let is_equal_to_itself = self.result == self.result;
        self.result == *got || (!is_equal_to_itself && format!("{:?}", self.result) == format!("{got:?}"))
    }

    /// Runs it all once more, looking at each pass, to find out where it begins to differ.
    fn difference(&self, f: &impl Fn() -> R, pass: u64, saving: Saving, got: &R) -> String {
        let events = record(f);
        let place = events.get(pass as usize - 1).map_or_else(String::new, |event| format!(" ({event})"));
        let compared = Plan { saving, compare: Some(Arc::new(events)), ..Plan::default() };
        let session = resume(f, pass, compared).1;
        let found = session.difference().unwrap_or_else(|| {
            "no captured value differs at a later pass: look for state that is not captured (a static, a file, a \
             clock, a transient local)"
                .to_owned()
        });
        format!(
            "cut at pass {pass}{place} and resumed, the result differs\n  uninterrupted: {:?}\n        resumed: {got:?}\n  \
             {found}",
            self.result
        )
    }
}

/// The values of all passes of an uninterrupted call.
fn record<R>(f: &impl Fn() -> R) -> Vec<Event> {
    let session = Session::new(Plan { is_recording: true, ..Plan::default() });
    session.within(f);
    session.events()
}

/// Cuts `f` at a pass, then runs it to its end as `plan` says; what is saved before the cut, it says too.
#[track_caller]
fn resume<R>(f: &impl Fn() -> R, pass: u64, plan: Plan) -> (R, Arc<Session>) {
    let session = Session::new(Plan { cut_at: Some(pass), saving: plan.saving, ..Plan::default() });
    let cut = catch_unwind(AssertUnwindSafe(|| session.within(f)));
    match cut {
        Err(payload) if !session.is_cut() => fail(pass, "before it was cut", payload),
        // A cut that was caught on its way is a cut all the same, whatever came of it: a panic of the catcher's own too.
        _ => assert!(
            session.is_cut(),
            "pass {pass} was not reached again: the function is not the same each time it is called"
        ),
    }
    let session = session.resumed_with(plan);
    match catch_unwind(AssertUnwindSafe(|| session.within(f))) {
        Ok(result) => (result, session),
        Err(payload) => fail(pass, "after it was resumed", payload),
    }
}

/// What unwinds the stack where a run is cut.
struct Cut;

/// Goes on with a panic that is not ours.
fn fail(pass: u64, when: &str, payload: Box<dyn Any + Send>) -> ! {
    eprintln!("resume: cut at pass {pass}: the panic above came {when}");
    resume_unwind(payload)
}

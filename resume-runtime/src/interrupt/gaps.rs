//! How long a run goes without a look at whether it is to stop, and what a save costs it: what a stop in time is made of.
//!
//! The times are those of looks at the clock, about each 40 µs where passes are quick. A pass in the middle of a long
//! computation shows at the next look.

use std::sync::Mutex;
use std::time::{Duration, Instant};

use crate::mutex::locked;
use crate::report;
use crate::run::function::Site;

/// What has been measured of a root run and the runs below it.
#[derive(Default, Debug)]
pub(super) struct Gaps {
    /// The last look: when, and at which site.
    last: Option<(Instant, Place)>,
    /// The longest time between two looks.
    longest: Duration,
    /// What it takes to take the values.
    taking: Option<Duration>,
    /// What it takes to write them.
    writing: Option<Duration>,
}

/// A site, and the path of the function that it stands in.
#[derive(Clone, Copy, Debug)]
pub(super) struct Place {
    pub(super) path: &'static str,
    pub(super) site: &'static Site,
}

impl Gaps {
    /// A look at the clock. Gives the place of the last one, and how long ago that was, if that is longer than `grace`.
    pub(super) fn look(&mut self, now: Instant, place: Place, grace: Duration) -> Option<(Duration, Place)> {
        // What a run does before its first pass is not done between any two, so it says nothing of those to come.
        let (then, before) = self.last.replace((now, place))?;
        let gap = now.saturating_duration_since(then);
        self.longest = self.longest.max(gap);
        (gap > grace).then_some((gap, before))
    }

    pub(super) fn took(&mut self, cost: Duration) {
        self.taking = Some(decaying(self.taking, cost));
    }

    pub(super) fn wrote(&mut self, cost: Duration) {
        self.writing = Some(decaying(self.writing, cost));
    }

    /// What a save takes, as far as is known.
    pub(super) fn cost(&self) -> Duration {
        self.taking.unwrap_or_default() + self.writing.unwrap_or_default()
    }

    /// How long before the end of a time of `total` the run has to be asked to stop, if that is to be in time: the next
    /// pass comes, it is saved, and that while others (`others`) are saved too.
    pub(super) fn need(&self, now: Instant, total: Duration, others: Duration) -> Duration {
        // The gap that is under way may become the longest.
        let gap = self.last.map_or(Duration::ZERO, |(then, _)| self.longest.max(now.saturating_duration_since(then)));
        // The one before may still wait to be written, and the one before that be under way.
        let cost = match self.writing {
            Some(writing) => self.cost() * 2 + writing,
            None => unmeasured(total) * 2,
        };
        (gap + gap / 4).saturating_add(cost).saturating_add(others).saturating_add(reserve(total))
    }
}

/// One that was quick for once, as a disk's cache was empty, is no promise.
fn decaying(before: Option<Duration>, cost: Duration) -> Duration {
    before.map_or(cost, |before| cost.max(before.mul_f64(0.75)))
}

/// What is left over in any case: a scheduler's clock, the end of the process.
fn reserve(total: Duration) -> Duration {
    (total / 100).clamp(Duration::from_millis(100), Duration::from_secs(30))
}

/// What a save is taken to cost before there has been one.
fn unmeasured(total: Duration) -> Duration {
    (total / 40).clamp(Duration::from_millis(50), Duration::from_secs(30))
}

/// Warns that a signal may come too early for a run, once for each site.
pub(super) fn warn(gap: Duration, grace: Duration, from: Place, to: Place) {
    static WARNED: Mutex<Vec<&Site>> = Mutex::new(Vec::new());
    let mut warned = locked(&WARNED);
    if !warned.iter().any(|site| std::ptr::eq(*site, to.site)) {
        warned.push(to.site);
        drop(warned);
        report::warning(&text(gap, grace, from, to));
    }
}

fn text(gap: Duration, grace: Duration, from: Place, to: Place) -> String {
    let way = match std::ptr::eq(from.site, to.site) {
        true => format!("between two passes of {}", name(to)),
        false => format!("on the way from {} to {}", name(from), name(to)),
    };
    format!(
        "{} passed {way}, more than the grace period of {}: an interrupt or a time limit may end the process before it is \
         saved. Put another `checkpoint!()` inside that part, or, if whoever stops it waits so long, say so: \
         `configure().grace(…)`",
        report::span(gap),
        report::span(grace)
    )
}

fn name(Place { path, site }: Place) -> String {
    let label = site.label.map(|label| format!(" `{label}`")).unwrap_or_default();
    format!("the site{label} in line {} of `{path}`", site.line)
}

#[cfg(test)]
mod tests {
    use super::{Gaps, Place, text};
    use crate::run::function::Site;
    use std::time::{Duration, Instant};

    static SITES: [Site; 2] = [Site::new(7, "for", &[], &[]), Site::new(9, "row", &[], &[]).labelled()];

    fn place(site: usize) -> Place {
        Place { path: "a::walk", site: &SITES[site] }
    }

    const SECOND: Duration = Duration::from_secs(1);

    #[test]
    fn what_comes_before_the_first_pass_is_no_gap() {
        let start = Instant::now();
        let mut gaps = Gaps::default();
        assert!(gaps.look(start + 100 * SECOND, place(0), SECOND).is_none());
        assert_eq!(gaps.longest, Duration::ZERO);
        assert!(gaps.look(start + 101 * SECOND, place(0), SECOND).is_none());
        assert!(gaps.look(start + 103 * SECOND, place(1), SECOND).is_some_and(|(gap, _)| gap == 2 * SECOND));
        assert!(gaps.look(start + 104 * SECOND, place(0), SECOND).is_none());
        assert_eq!(gaps.longest, 2 * SECOND);
    }

    #[test]
    fn what_is_needed_grows_with_the_gaps_and_the_cost() {
        let start = Instant::now();
        let total = 1000 * SECOND;
        let mut gaps = Gaps::default();
        // A hundredth, and twice a fortieth.
        assert_eq!(gaps.need(start, total, Duration::ZERO), 60 * SECOND);
        gaps.took(SECOND);
        gaps.wrote(4 * SECOND);
        gaps.wrote(SECOND);
        // 1 s and 3 s twice, and 3 s once more.
        assert_eq!(gaps.need(start, total, 2 * SECOND), 23 * SECOND);
        gaps.look(start, place(0), SECOND);
        gaps.look(start + 20 * SECOND, place(0), SECOND);
        assert_eq!(gaps.need(start + 21 * SECOND, total, Duration::ZERO), 46 * SECOND);
        assert_eq!(gaps.need(start + 60 * SECOND, total, Duration::ZERO), 71 * SECOND, "40 s are under way");
    }

    #[test]
    fn a_warning_names_the_sites() {
        let one = text(90 * SECOND, 60 * SECOND, place(0), place(0));
        assert!(one.starts_with("90 s passed between two passes of the site in line 7 of `a::walk`"), "{one}");
        let two = text(90 * SECOND, 60 * SECOND, place(0), place(1));
        assert!(two.contains("from the site in line 7 of `a::walk` to the site `row` in line 9"), "{two}");
    }
}

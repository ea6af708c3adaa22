//! When a snapshot is due, and how many passes may go by until the runtime looks again.
//!
//! Looking costs a few nanoseconds, reading the clock some more; a pass may cost a tenth of a nanosecond, or an hour. So a
//! site gets a *credit*: a number of passes it may make unlooked. It follows the measured pace of the site, and ends where
//! `every` comes due, so that this falls on its passes exactly.

pub(crate) mod budget;
pub(crate) mod load;

use std::time::{Duration, Instant};

/// The arguments of one `checkpoint!(…)`, at one pass. None at all means: within the usual budget.
#[derive(Clone, Copy, Default, Debug)]
pub struct Trigger {
    budget: Option<f64>,
    pub(crate) every: Option<u64>,
    pub(crate) interval: Option<Duration>,
    pub(crate) when: Option<bool>,
}

impl Trigger {
    /// `checkpoint!()`
    #[inline]
    pub const fn new() -> Trigger {
        Trigger { budget: None, every: None, interval: None, when: None }
    }

    /// `every = n`; a computed 0 means each pass.
    #[inline]
    #[must_use]
    pub const fn every(mut self, passes: u64) -> Trigger {
        self.every = Some(if passes == 0 { 1 } else { passes });
        self
    }

    /// `interval = "30s"`
    #[inline]
    #[must_use]
    pub const fn interval(mut self, interval: Duration) -> Trigger {
        self.interval = Some(interval);
        self
    }

    /// `when = condition`
    #[inline]
    #[must_use]
    pub const fn when(mut self, condition: bool) -> Trigger {
        self.when = Some(condition);
        self
    }

    /// `budget = "2%"`: the share of its time that the run may spend on snapshots.
    #[inline]
    #[must_use]
    pub const fn budget(mut self, share: f64) -> Trigger {
        self.budget = Some(share);
        self
    }

    /// The share of its time that the run may spend, if that decides.
    pub(crate) fn share(&self) -> Option<f64> {
        let is_bare = self.every.is_none() && self.interval.is_none() && self.when.is_none();
        self.budget.or(is_bare.then_some(budget::USUAL))
    }
}

/// The passes of one site.
#[derive(Debug)]
pub(crate) struct Counter {
    /// All of them, over all processes of the run.
    pub(crate) passes: u64,
    /// Those since `every` was last served.
    pub(crate) since: u64,
    /// The credit that is out: of these passes, those that are not `left` have been made.
    granted: u64,
    /// The `every` that was last seen; 0 for none.
    every: u64,
    pace: Pace,
}

impl Counter {
    pub(crate) fn new(passes: u64, since: u64) -> Counter {
        Counter { passes, since, granted: 0, every: 0, pace: Pace::new() }
    }

    /// Counts the passes that were made of the credit when `left` of it is left.
    #[inline]
    pub(crate) fn count(&mut self, left: u64) {
        let made = self.granted.saturating_sub(left);
        self.passes = self.passes.saturating_add(made);
        self.since = self.since.saturating_add(made);
        self.granted = left.min(self.granted);
    }

    /// How many passes may be made until the next look.
    #[inline]
    pub(crate) fn credit(&mut self) -> u64 {
        let mut credit = self.pace.block;
        if self.every != 0 {
            credit = credit.min(self.every.saturating_sub(self.since).max(1));
        }
        self.granted = credit;
        credit
    }

    /// Gives a credit that is counted nowhere else.
    pub(crate) fn grant(&mut self, credit: u64) -> u64 {
        self.granted = credit;
        credit
    }

    /// Takes note of what the site says, and whether that makes this pass due without a look at the clock.
    #[inline]
    pub(crate) fn is_due(&mut self, trigger: &Trigger) -> bool {
        self.every = trigger.every.unwrap_or(0);
        (self.every != 0 && self.since >= self.every) || trigger.when == Some(true)
    }

    /// Whether it is not yet time to look at the clock again.
    #[inline]
    pub(crate) fn needs_no_clock(&mut self) -> bool {
        let needs_none = self.pace.looks > 0;
        self.pace.looks -= u32::from(needs_none);
        needs_none
    }

    /// The time, from which the pace is taken too.
    pub(crate) fn clock(&mut self) -> Instant {
        self.pace.look(self.passes)
    }
}

/// What a block of passes should take: a look at a site costs about a hundredth of that.
const BLOCK: f64 = 4e-6;
/// The most passes in a block. If all passes become slow at once, so many go by until that is seen.
const LONGEST: u64 = 65_536;
/// Passes quicker than that are of vectorised code, in which none turns slow by itself: the quicker they are, the longer are
/// their blocks. What the compiler decides before the loop may be another thing when it is entered again: then one block is
/// too long, and the next one is not.
const VECTORISED: f64 = 0.5e-9;
/// The clock is read about that often: reading it costs well below a hundredth of that.
const LOOK: f64 = 40e-6;
/// The most looks without one at the clock.
const LOOKS: u32 = 16;

/// How fast passes of one site go by.
#[derive(Debug)]
struct Pace {
    /// Passes that take about `BLOCK` at the current pace.
    block: u64,
    /// Looks until the next one at the clock.
    looks: u32,
    /// The last look at the clock: when, and after how many passes.
    last: Option<(Instant, u64)>,
}

impl Pace {
    fn new() -> Pace {
        Pace { block: 1, looks: 0, last: None }
    }

    /// Reads the clock and sets the pace: down at once, up by steps, as one quick pass says little.
    fn look(&mut self, passes: u64) -> Instant {
        let now = Instant::now();
        if let Some((then, before)) = self.last.replace((now, passes)) {
            let made = passes.saturating_sub(before).max(1);
            let each = (now - then).as_secs_f64() / made as f64;
            let block = BLOCK * (VECTORISED / each).max(1.0);
            let fitting = if each > 0.0 { (block / each) as u64 } else { LONGEST };
            self.block = fitting.clamp(1, LONGEST.min(self.block * 8));
            let looks = LOOK / (each * self.block as f64).max(1e-9);
            self.looks = (looks as u32).min(LOOKS);
        }
        now
    }
}

#[cfg(test)]
mod tests {
    use super::{Counter, Trigger};
    use std::time::Duration;

    #[test]
    fn every_falls_on_its_passes_exactly() {
        let mut counter = Counter::new(0, 0);
        let trigger = Trigger::new().every(1000);
        let (mut made, mut due) = (0, Vec::new());
        while made < 10_000 {
            made += counter.credit();
            counter.count(0);
            if counter.is_due(&trigger) {
                due.push(made);
                counter.since = 0;
            }
            if !counter.needs_no_clock() {
                counter.clock();
            }
        }
        assert_eq!(due, (1..=10).map(|k| k * 1000).collect::<Vec<_>>());
        assert_eq!(counter.passes, made);
    }

    #[test]
    fn what_is_left_of_a_credit_is_not_counted() {
        let mut counter = Counter::new(7, 3);
        counter.grant(10);
        counter.count(6);
        assert_eq!((counter.passes, counter.since), (11, 7));
        counter.count(6);
        counter.count(5);
        assert_eq!((counter.passes, counter.since), (12, 8));
    }

    /// The site looks at its condition itself.
    #[test]
    fn a_condition_leaves_the_credit_as_it_is() {
        let mut counter = Counter::new(0, 0);
        let longest = (0..200).map(|_| {
            let credit = counter.credit();
            counter.count(0);
            assert!(!counter.is_due(&Trigger::new().when(false)));
            counter.clock();
            credit
        });
        assert!(longest.max() > Some(100));
        assert!(counter.is_due(&Trigger::new().when(true)));
    }

    #[test]
    fn slow_passes_are_looked_at_each() {
        let mut counter = Counter::new(0, 0);
        for _ in 0..100_000 {
            counter.credit();
            counter.count(0);
            if !counter.needs_no_clock() {
                counter.clock();
            }
        }
        assert!(counter.credit() > 100);
        counter.count(0);
        counter.clock();
        std::thread::sleep(Duration::from_millis(30));
        counter.granted = 1;
        counter.count(0);
        counter.clock();
        assert_eq!(counter.credit(), 1);
    }
}

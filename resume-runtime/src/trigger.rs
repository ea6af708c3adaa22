//! When a snapshot is due, and how many passes may go by until the runtime looks again.
//!
//! Looking costs a few nanoseconds, reading the clock some more; a pass may cost a tenth of a nanosecond, or an hour. So a
//! site gets a *credit*: a number of passes it may make unlooked. It follows the measured pace of the site, and ends where
//! `every` comes due, so that this falls on its passes exactly.

use std::time::{Duration, Instant};

/// The arguments of one `checkpoint!(…)`, at one pass. None at all means: within the budget.
#[derive(Clone, Copy, Default, Debug)]
pub struct Trigger {
    pub(crate) every: Option<u64>,
    pub(crate) interval: Option<Duration>,
    pub(crate) when: Option<bool>,
}

impl Trigger {
    /// `checkpoint!()`
    #[inline]
    pub const fn new() -> Trigger {
        Trigger { every: None, interval: None, when: None }
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

    /// Whether the run's budget decides.
    pub(crate) fn is_budget(&self) -> bool {
        self.every.is_none() && self.interval.is_none() && self.when.is_none()
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
    /// Whether each pass is to be looked at, as it has a condition of its own.
    each: bool,
    pace: Pace,
}

impl Counter {
    pub(crate) fn new(passes: u64, since: u64) -> Counter {
        Counter { passes, since, granted: 0, every: 0, each: false, pace: Pace::new() }
    }

    /// Counts the passes that were made of the credit when `left` of it is left.
    #[inline]
    pub(crate) fn count(&mut self, left: u64) {
        let made = self.granted.saturating_sub(left);
        self.passes += made;
        self.since += made;
        self.granted = left.min(self.granted);
    }

    /// How many passes may be made until the next look.
    #[inline]
    pub(crate) fn credit(&mut self) -> u64 {
        let mut credit = if self.each { 1 } else { self.pace.block };
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
        self.each = trigger.when.is_some();
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
const BLOCK: f64 = 2e-6;
/// The most passes in a block. If all passes become slow at once, so many go by until that is seen.
const LONGEST: u64 = 16_384;
/// The clock is read about that often: reading it costs well below a hundredth of that.
const LOOK: f64 = 20e-6;
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
            let fitting = if each > 0.0 { (BLOCK / each) as u64 } else { LONGEST };
            self.block = fitting.clamp(1, LONGEST.min(self.block * 8));
            let looks = LOOK / (each * self.block as f64).max(1e-9);
            self.looks = (looks as u32).min(LOOKS);
        }
        now
    }
}

/// The share of its time that a run may spend on `checkpoint!()`.
const SHARE: f64 = 0.01;
/// What writing anything at all is taken to cost until it has been measured.
const FIXED: Duration = Duration::from_millis(4);
/// What a byte is taken to cost until it has been measured, in seconds: encode, pack, write.
const PER_BYTE: f64 = 10e-9;
/// What a byte costs to count.
const PER_COUNTED: f64 = 2e-9;

/// Keeps the cost of `checkpoint!()` within its share of the run's time.
#[derive(Debug)]
pub(crate) struct Budget {
    began: Instant,
    /// When a snapshot was last taken, or tried.
    last: Instant,
    /// All that has been spent so far.
    spent: Duration,
    /// What the next one is expected to cost; nothing is known before the first.
    expected: Option<Duration>,
    /// Before the first: no attempt until the run has lasted so long.
    patience: Duration,
}

impl Budget {
    pub(crate) fn new(now: Instant) -> Budget {
        Budget { began: now, last: now, spent: Duration::ZERO, expected: None, patience: FIXED.div_f64(SHARE) }
    }

    pub(crate) fn is_due(&self, now: Instant) -> bool {
        match self.expected {
            None => now - self.began >= self.patience,
            Some(cost) => {
                now.saturating_duration_since(self.last).mul_f64(SHARE) >= cost
                    && (now - self.began).mul_f64(SHARE) >= self.spent + cost
            }
        }
    }

    /// Whether the first snapshot has to be measured before it may be taken: the most bytes that the budget allows.
    pub(crate) fn limit(&self, now: Instant) -> usize {
        if self.expected.is_some() {
            return usize::MAX;
        }
        let budget = (now - self.began).mul_f64(SHARE).saturating_sub(self.spent + FIXED);
        (budget.as_secs_f64() / (PER_BYTE + PER_COUNTED)) as usize
    }

    /// The first snapshot would be too large by now: it is measured again when twice the time has gone by.
    pub(crate) fn refuse(&mut self, began: Instant, now: Instant) {
        self.spent += now - began;
        self.patience = (now - self.began) * 2;
    }

    /// A snapshot has been taken, or tried.
    pub(crate) fn spend(&mut self, began: Instant, now: Instant, _size: usize) {
        let cost = now - began;
        let growth = match self.expected {
            Some(before) if !before.is_zero() => cost.div_duration_f64(before).clamp(1.0, 2.0),
            _ => 1.0,
        };
        self.expected = Some(cost.mul_f64(growth));
        self.spent += cost;
        self.last = now;
    }
}

#[cfg(test)]
mod tests {
    use super::{Budget, Counter, Trigger};
    use std::time::{Duration, Instant};

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

    #[test]
    fn budget_holds_for_a_growing_state() {
        let start = Instant::now();
        let mut budget = Budget::new(start);
        let (mut now, mut spent) = (start, Duration::ZERO);
        for _ in 0..200_000 {
            now += Duration::from_millis(10);
            if budget.is_due(now) {
                // One millisecond for each second that the run has lasted.
                let cost = (now - start).div_f64(1000.0);
                budget.spend(now, now + cost, 0);
                now += cost;
                spent += cost;
                assert!(spent <= (now - start).mul_f64(0.0105), "{spent:?} of {:?}", now - start);
            }
        }
        assert!(spent > (now - start).mul_f64(0.005));
    }

    #[test]
    fn first_snapshot_waits_until_it_fits() {
        let start = Instant::now();
        let mut budget = Budget::new(start);
        assert!(!budget.is_due(start + Duration::from_millis(100)));
        let now = start + Duration::from_secs(1);
        assert!(budget.is_due(now));
        assert!(budget.limit(now) < 1_000_000);
        budget.refuse(now, now + Duration::from_millis(1));
        assert!(!budget.is_due(now));
        assert!(budget.is_due(start + Duration::from_secs(3)));
    }
}

//! How often `checkpoint!()` saves: as often as its share of the run's time allows, by measure.
//!
//! A snapshot costs the run the time that it waits for its values to be taken, and the time of the writer, where that takes
//! it away from the run. What the next one will cost follows from the last. An attempt at a larger one than the budget allows
//! for is given up as soon as that shows, so the share holds for a state that grows tenfold at once too.

use std::time::{Duration, Instant};

/// The share of its time that a run may spend on `checkpoint!()`.
pub(crate) const USUAL: f64 = 0.01;
/// What saving anything at all is taken to cost until it has been measured.
const FIXED: Duration = Duration::from_millis(1);
/// What taking a byte is taken to cost until it has been measured, in seconds: into fresh memory, on a busy machine.
const PER_BYTE: f64 = 2e-9;
/// The writer rests for so many times as long as it was at work: where it costs the run nothing, snapshots would follow one
/// another without a pause, and the disk is not the run's alone.
const REST: u32 = 20;
/// Smaller states tell little of what a byte costs.
const TELLING: usize = 64 * 1024;

/// What bounds the time between two snapshots besides the budget.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Pacing {
    /// The longest, whatever a snapshot costs.
    pub(crate) longest_gap: Duration,
    /// The mean time between failures, if it is known.
    pub(crate) between_failures: Option<Duration>,
}

impl Pacing {
    pub(crate) const USUAL: Pacing = Pacing { longest_gap: Duration::from_secs(600), between_failures: None };
}

/// Keeps the cost of `checkpoint!()` within its share of the run's time.
#[derive(Debug)]
pub(crate) struct Budget {
    pacing: Pacing,
    began: Instant,
    /// When a snapshot was last taken.
    last: Instant,
    /// All that has been spent so far.
    spent: Duration,
    /// For how long the run is expected to wait for the next one, as it did for the last.
    stall: Duration,
    /// What the writer has taken of the run's time for the last one.
    behind: Duration,
    /// How long the writer was at work for it, whatever else the processors had to do.
    wrote: Duration,
    /// What a byte costs, in seconds.
    per_byte: f64,
    /// What may be spent on the attempt that is under way; nothing bounds one that is overdue.
    allowed: Option<Duration>,
}

impl Budget {
    pub(crate) fn new(now: Instant, pacing: Pacing) -> Budget {
        Budget {
            pacing,
            began: now,
            last: now,
            spent: Duration::ZERO,
            stall: FIXED,
            behind: Duration::ZERO,
            wrote: Duration::ZERO,
            per_byte: PER_BYTE,
            allowed: None,
        }
    }

    /// Whether a snapshot may be tried now, within `share` of the run's time.
    pub(crate) fn is_due(&mut self, now: Instant, share: f64) -> bool {
        let gap = now.saturating_duration_since(self.last);
        if gap >= self.pacing.longest_gap {
            self.allowed = None;
            return true;
        }
        let left = (now - self.began).mul_f64(share).saturating_sub(self.spent);
        self.allowed = Some(left);
        let cost = self.cost();
        left >= cost && gap.mul_f64(share) >= cost && gap >= self.wrote * REST && gap >= self.worth_it()
    }

    /// What the next snapshot is expected to cost.
    fn cost(&self) -> Duration {
        self.stall + self.behind
    }

    /// The time between snapshots that loses least, if it is known how often the machine fails.
    ///
    /// Source: J. T. Daly, "A higher order estimate of the optimum checkpoint interval for restart dumps", Future Generation
    /// Computer Systems 22 (2006) 303-312, equation 37; to first order `sqrt(2 * cost * mean)`, as J. W. Young,
    /// "A first order approximation to the optimum checkpoint interval", Communications of the ACM 17 (1974) 530-531.
    fn worth_it(&self) -> Duration {
        let Some(mean) = self.pacing.between_failures else { return Duration::ZERO };
        let (cost, mean) = (self.cost().as_secs_f64(), mean.as_secs_f64());
        let seconds = if cost < 2.0 * mean {
            let ratio = cost / (2.0 * mean);
            (2.0 * cost * mean).sqrt() * (1.0 + ratio.sqrt() / 3.0 + ratio / 9.0) - cost
        } else {
            mean
        };
        Duration::try_from_secs_f64(seconds).unwrap_or_default()
    }

    /// The most bytes that may be taken in the attempt that begins now.
    pub(crate) fn limit(&self) -> usize {
        self.allowed.map_or(usize::MAX, |allowed| (allowed.as_secs_f64() / self.per_byte) as usize)
    }

    /// The attempt has been given up after `cost`, as at least so many bytes would have been needed. If it cost much of what it
    /// might, they were counted one by one, and how many there are is not known: the next one waits for twice as much. If it
    /// cost little, a value said how long it is: what that costs is waited for, and a quarter more than this time at least.
    pub(crate) fn refuse(&mut self, cost: Duration, needed: usize) {
        self.spent += cost;
        let limit = self.limit();
        if (TELLING..usize::MAX).contains(&limit) {
            self.per_byte = self.per_byte.max(cost.as_secs_f64() / limit as f64);
        }
        let allowed = self.allowed.unwrap_or_default();
        let more = if cost * 8 > allowed { 2.0 } else { 1.25 };
        let known = Duration::try_from_secs_f64(needed as f64 * self.per_byte).unwrap_or(allowed);
        self.stall = known.max(allowed.max(FIXED).mul_f64(more));
    }

    /// What the writer has taken of the run's time for what it wrote last, and for how long it was at work.
    pub(crate) fn charge(&mut self, spent: Duration, wrote: Duration) {
        self.spent += spent;
        (self.behind, self.wrote) = (spent, wrote);
    }

    /// `size` bytes have been taken, or tried.
    pub(crate) fn spend(&mut self, began: Instant, now: Instant, size: usize) {
        let cost = now - began;
        if size >= TELLING {
            let measured = cost.as_secs_f64() / size as f64;
            // Dearer at once, cheaper by and by: the first buffer is dearer than those that are used again.
            self.per_byte = measured.max((self.per_byte + measured) / 2.0);
        }
        self.stall = cost;
        self.spent += cost;
        self.last = now;
        self.allowed = None;
    }
}

#[cfg(test)]
mod tests {
    use super::{Budget, Pacing, USUAL};
    use std::time::{Duration, Instant};

    /// A run with passes of `pass` and states of the sizes that `size` gives, each byte costing `per_byte` seconds.
    /// Gives the time spent, the time gone by, and the longest gap.
    fn run(
        pacing: Pacing,
        passes: u32,
        pass: impl Fn(Duration) -> Duration,
        size: impl Fn(Duration) -> usize,
        per_byte: f64,
    ) -> (Duration, Duration, Duration) {
        let start = Instant::now();
        let mut budget = Budget::new(start, pacing);
        let (mut now, mut spent, mut saved) = (start, Duration::ZERO, start);
        let mut longest = Duration::ZERO;
        for _ in 0..passes {
            now += pass(now - start);
            if !budget.is_due(now, USUAL) {
                continue;
            }
            let began = now;
            let (size, limit) = (size(now - start), budget.limit());
            now += Duration::from_secs_f64(per_byte * size.min(limit) as f64) + Duration::from_micros(2);
            spent += now - began;
            if size > limit {
                budget.refuse(now - began, limit + 1);
            } else {
                budget.spend(began, now, size);
                longest = longest.max(now - saved);
                saved = now;
            }
        }
        (spent, now - start, longest)
    }

    #[test]
    fn the_share_holds_for_states_and_passes_of_all_sizes() {
        let endless = Pacing { longest_gap: Duration::MAX, ..Pacing::USUAL };
        for size in [1_000, 1_000_000, 100_000_000, 1_000_000_000] {
            for pass in [1_000, 1_000_000, 1_000_000_000] {
                let pass = Duration::from_nanos(pass);
                let (spent, total, _) = run(endless, 200_000, |_| pass, |_| size, 4e-10);
                let share = spent.as_secs_f64() / total.as_secs_f64();
                assert!(share <= 0.0101, "{size} bytes, {pass:?}: {share}");
            }
        }
    }

    #[test]
    fn the_share_holds_when_the_state_or_the_pass_changes_tenfold() {
        let endless = Pacing { longest_gap: Duration::MAX, ..Pacing::USUAL };
        let later = Duration::from_secs(100);
        let grows = |now| if now < later { 10_000_000 } else { 100_000_000 };
        let shrinks = |now| if now < later { 100_000_000 } else { 10_000_000 };
        let slows = |now| Duration::from_millis(if now < later { 1 } else { 10 });
        let quickens = |now| Duration::from_millis(if now < later { 10 } else { 1 });
        let even = |_| Duration::from_millis(2);
        for (spent, total, _) in [
            run(endless, 150_000, even, grows, 4e-10),
            run(endless, 150_000, even, shrinks, 4e-10),
            run(endless, 150_000, slows, |_| 10_000_000, 4e-10),
            run(endless, 150_000, quickens, |_| 10_000_000, 4e-10),
        ] {
            let share = spent.as_secs_f64() / total.as_secs_f64();
            assert!((0.004..=0.0101).contains(&share), "{share}");
        }
    }

    #[test]
    fn values_that_are_slow_to_encode_cost_no_more_and_are_saved() {
        let endless = Pacing { longest_gap: Duration::MAX, ..Pacing::USUAL };
        let (spent, total, longest) =
            run(endless, 400_000, |_| Duration::from_millis(1), |_| 60_000_000, 10.0 * super::PER_BYTE);
        let share = spent.as_secs_f64() / total.as_secs_f64();
        assert!(share <= 0.0101, "{share}");
        assert!(longest > Duration::ZERO, "nothing is saved");
    }

    #[test]
    fn a_state_whose_size_is_known_is_saved_as_soon_as_it_may_be() {
        let start = Instant::now();
        let mut budget = Budget::new(start, Pacing::USUAL);
        let (size, mut now) = (64_000_000, start);
        let cost = Duration::from_micros(2);
        loop {
            now += Duration::from_millis(1);
            if budget.is_due(now, USUAL) {
                if budget.limit() >= size {
                    break;
                }
                budget.refuse(cost, size);
            }
        }
        // 128 ms is a hundredth of that.
        assert!((now - start).as_secs_f64() < 12.9, "{:?}", now - start);
    }

    #[test]
    fn the_longest_gap_wins() {
        let pacing = Pacing { longest_gap: Duration::from_secs(60), ..Pacing::USUAL };
        let (_, _, longest) = run(pacing, 10_000, |_| Duration::from_secs(1), |_| 1_000_000_000, 1e-8);
        assert!(longest <= Duration::from_secs(75), "{longest:?}");
    }

    #[test]
    fn a_writer_without_a_processor_of_its_own_counts() {
        let start = Instant::now();
        let mut budget = Budget::new(start, Pacing::USUAL);
        let (mut now, mut spent) = (start, Duration::ZERO);
        for _ in 0..100_000 {
            now += Duration::from_millis(1);
            if budget.is_due(now, USUAL) {
                budget.spend(now, now + Duration::from_micros(100), 1_000_000);
                budget.charge(Duration::from_millis(3), Duration::from_millis(5));
                now += Duration::from_micros(3100);
                spent += Duration::from_micros(3100);
            }
        }
        let share = spent.as_secs_f64() / (now - start).as_secs_f64();
        assert!((0.005..=0.0101).contains(&share), "{share}");
    }

    #[test]
    fn a_writer_that_costs_nothing_rests_all_the_same() {
        let start = Instant::now();
        let mut budget = Budget::new(start, Pacing::USUAL);
        let (mut now, mut count) = (start, 0);
        for _ in 0..100_000 {
            now += Duration::from_millis(1);
            if budget.is_due(now, USUAL) {
                budget.spend(now, now + Duration::from_micros(100), 1_000_000);
                budget.charge(Duration::ZERO, Duration::from_millis(5));
                count += 1;
            }
        }
        // One in 100 ms, where the stall alone would allow for one in 10.
        assert!((900..=1000).contains(&count), "{count}");
    }

    #[test]
    fn where_failures_are_rare_snapshots_are() {
        let mean = Duration::from_secs(24 * 3600);
        let pacing = Pacing { longest_gap: Duration::MAX, between_failures: Some(mean) };
        let mut budget = Budget::new(Instant::now(), pacing);
        budget.stall = Duration::from_secs(1);
        // sqrt(2 * 1 * 86400) = 415.7; the terms of higher order add 0.3 and take 1.
        let seconds = budget.worth_it().as_secs_f64();
        assert!((415.0..415.2).contains(&seconds), "{seconds}");
        budget.stall = 3 * mean;
        assert_eq!(budget.worth_it(), mean);
    }
}

//! How often saving is tried while it fails.

use std::sync::Mutex;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, Instant};

use crate::mutex::locked;

/// How long nothing is tried after a snapshot could not be saved: not at all the first time, then longer and longer.
#[derive(Default, Debug)]
pub(crate) struct Retry {
    pause: Option<Duration>,
    until: Option<Instant>,
}

impl Retry {
    const SHORTEST: Duration = Duration::from_millis(50);
    const LONGEST: Duration = Duration::from_secs(30);

    /// Whether a snapshot may be tried.
    pub(crate) fn is_time(&mut self, is_failing: bool, now: impl FnOnce() -> Instant) -> bool {
        if !is_failing {
            *self = Retry::default();
            return true;
        }
        let now = now();
        if self.until.is_some_and(|until| now < until) {
            return false;
        }
        let pause = self.pause.map_or(Retry::SHORTEST, |pause| (pause * 2).min(Retry::LONGEST));
        *self = Retry { pause: Some(pause), until: now.checked_add(pause) };
        true
    }
}

/// What child runs need not find out by themselves, nor say, each anew.
#[derive(Default, Debug)]
pub(crate) struct Pauses {
    fails: AtomicBool,
    retry: Mutex<Retry>,
}

impl Pauses {
    /// For what fails each time.
    pub(crate) fn always() -> Pauses {
        Pauses { fails: AtomicBool::new(true), ..Pauses::default() }
    }

    /// Whether it may be tried.
    pub(crate) fn is_time(&self) -> bool {
        let fails = self.fails.load(Ordering::Acquire);
        locked(&self.retry).is_time(fails, Instant::now)
    }

    /// What became of it.
    pub(crate) fn stands(&self, fails: bool) {
        self.fails.store(fails, Ordering::Release);
    }
}

#[cfg(test)]
mod tests {
    use super::Retry;
    use std::time::{Duration, Instant};

    #[test]
    fn pauses_grow_while_saving_fails() {
        let mut retry = Retry::default();
        let start = Instant::now();
        let at = |millis: u64| move || start + Duration::from_millis(millis);
        assert!(retry.is_time(false, at(0)));
        let tried: Vec<u64> = (0..2_000_000).step_by(10).filter(|millis| retry.is_time(true, at(*millis))).collect();
        let pauses: Vec<u64> = tried.windows(2).map(|pair| pair[1] - pair[0]).collect();
        let expected = [50, 100, 200, 400, 800, 1_600, 3_200, 6_400, 12_800, 25_600, 30_000, 30_000];
        assert_eq!(pauses[..12], expected);
        // As soon as it works again, all is as at first.
        assert!(retry.is_time(false, at(2_000_001)) && retry.is_time(false, at(2_000_002)));
        assert!(retry.is_time(true, at(2_000_003)) && !retry.is_time(true, at(2_000_050)));
    }
}

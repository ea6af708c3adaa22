//! How many bytes a store may hold.

use std::sync::Mutex;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, Instant};

use crate::config::Configure;
use crate::mutex::locked;
use crate::store::Store;

/// A store is not measured more often than this, nor does that take more than a fiftieth of the writer's time.
const PAUSE: Duration = Duration::from_secs(1);
const SHARE: u32 = 50;

impl Configure {
    /// How many bytes the store may hold, all runs together; no limit by default. `RESUME_STORE_LIMIT=10GB` overrides it.
    ///
    /// After a snapshot, once a second at most, it is looked how much it holds. If that is more, the run removes its own kept
    /// snapshots, the oldest first; never its newest one, one that is pinned, or anything of another run. What finished runs
    /// have kept stays too. If the limit cannot be met by that, there is one warning.
    #[allow(clippy::return_self_not_must_use, reason = "a call takes effect at once")]
    pub fn store_limit(self, bytes: u64) -> Configure {
        self.set(|settings| settings.store_limit = Some(bytes))
    }
}

/// What one tree of runs does about it.
#[derive(Default, Debug)]
pub(crate) struct Quota {
    limit: Option<u64>,
    next: Mutex<Option<Instant>>,
    was_said: AtomicBool,
}

impl Quota {
    pub(crate) fn new(limit: Option<u64>) -> Quota {
        Quota { limit, ..Quota::default() }
    }

    /// By how many bytes the store holds too much; 0 if that has been asked a moment ago, or cannot be told.
    pub(crate) fn excess(&self, store: &dyn Store) -> u64 {
        self.excess_at(store, Instant::now())
    }

    fn excess_at(&self, store: &dyn Store, now: Instant) -> u64 {
        let Some(limit) = self.limit else { return 0 };
        let mut next = locked(&self.next);
        if next.is_some_and(|next| now < next) {
            return 0;
        }
        let began = Instant::now();
        let used = store.used();
        *next = now.checked_add(PAUSE.max(began.elapsed() * SHARE));
        used.unwrap_or_default().saturating_sub(limit)
    }

    /// The limit, if it has to be said that it is not met: once.
    pub(crate) fn complaint(&self) -> Option<u64> {
        self.limit.filter(|_| !self.was_said.swap(true, Ordering::Relaxed))
    }
}

/// A number of bytes as people write it: `500MB`, `1.5 GiB`, `1000000`.
pub(crate) fn parse(text: &str) -> Result<u64, String> {
    let text = text.trim();
    let digits = text.find(|c: char| !c.is_ascii_digit() && c != '.').unwrap_or(text.len());
    let (number, unit) = text.split_at(digits);
    let factor = match unit.trim().to_ascii_lowercase().as_str() {
        "" | "b" | "bytes" => Some(1.0),
        "k" | "kb" => Some(1e3),
        "m" | "mb" => Some(1e6),
        "g" | "gb" => Some(1e9),
        "t" | "tb" => Some(1e12),
        "kib" => Some(1024.0),
        "mib" => Some(1024f64.powi(2)),
        "gib" => Some(1024f64.powi(3)),
        "tib" => Some(1024f64.powi(4)),
        _ => None,
    };
    match (number.parse::<f64>(), factor) {
        (Ok(number), Some(factor)) => Ok((number * factor) as u64),
        _ => Err("not a number of bytes; write it as in `500MB` or `10GB`".to_owned()),
    }
}

#[cfg(test)]
mod tests {
    use super::{PAUSE, Quota, parse};
    use crate::store::{Key, Memory, Store};
    use std::time::Instant;

    #[test]
    fn sizes_are_read_as_people_write_them() {
        for (text, bytes) in [
            ("0", 0),
            ("1000000", 1_000_000),
            ("10GB", 10_000_000_000),
            ("10 gb", 10_000_000_000),
            ("1.5GiB", 1_610_612_736),
            ("500M", 500_000_000),
            ("7 bytes", 7),
            (" 2TB ", 2_000_000_000_000),
        ] {
            assert_eq!(parse(text), Ok(bytes), "{text}");
        }
        for text in ["", "GB", "-1", "1e9", "ten", "10 apples", "1.2.3MB", "1,5GB"] {
            assert!(parse(text).is_err(), "{text}");
        }
    }

    #[test]
    fn a_store_is_measured_at_most_once_a_second() {
        let store = Memory::new();
        store.put(&Key::new("f", "1"), 1, &[0; 1000]).expect("put");
        assert_eq!(Quota::new(None).excess(&store), 0);
        assert_eq!(Quota::new(Some(1000)).excess(&store), 0);
        let quota = Quota::new(Some(300));
        let now = Instant::now();
        assert_eq!(quota.excess_at(&store, now), 700);
        assert_eq!(quota.excess_at(&store, now), 0);
        assert_eq!(quota.excess_at(&store, now + PAUSE / 2), 0);
        // However long measuring has taken here.
        assert_eq!(quota.excess_at(&store, now + PAUSE * 1000), 700);
        assert_eq!((quota.complaint(), quota.complaint()), (Some(300), None));
    }
}

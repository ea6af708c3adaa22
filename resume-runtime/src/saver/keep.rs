//! Which snapshots of a run are kept.

use std::collections::{BTreeMap, BTreeSet};
use std::time::Duration;

use crate::saver::Known;

/// Which snapshots of a run are kept: by default the newest two.
///
/// Where they are more than 16, one more for each 16 of them may be there for a while.
///
/// The newest one always is, and so is whatever an earlier file holds of the ones that are kept. By function:
/// `#[resumable(keep = last(5))]`; for all of the process: [`configure().keep(…)`](crate::Configure::keep).
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub struct Keep(Policy);

#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
enum Policy {
    Last(usize),
    All,
    Within(Duration),
    /// The newest two, and the last one of each such span of time.
    Each(Duration),
}

impl Keep {
    /// The newest `count`; of `0` the newest one.
    pub const fn last(count: usize) -> Keep {
        Keep(Policy::Last(if count == 0 { 1 } else { count }))
    }

    /// All of them.
    pub const fn all() -> Keep {
        Keep(Policy::All)
    }

    /// Those that were taken within this time before the newest one, and the newest two.
    pub const fn within(time: Duration) -> Keep {
        Keep(Policy::Within(time))
    }

    /// The last one of each hour (UTC), and the newest two.
    pub const fn hourly() -> Keep {
        Keep(Policy::Each(Duration::from_secs(3600)))
    }

    /// The last one of each day (UTC), and the newest two.
    pub const fn daily() -> Keep {
        Keep(Policy::Each(Duration::from_secs(24 * 3600)))
    }

    /// Whether it is time to look which of so many files may go, when so many snapshots were saved since the last time.
    ///
    /// Looking at all of them takes as long as there are many. It is done after each save while there are few, and else so
    /// seldom that a save costs as much as that of a run that has just begun: at most one in `SPARE` is there too many.
    pub(crate) fn is_time(self, there: usize, saved: usize) -> bool {
        self.0 != Policy::All && saved.saturating_mul(SPARE) >= there
    }
}

/// See [`Keep::is_time`].
const SPARE: usize = 16;

impl Default for Keep {
    fn default() -> Keep {
        Keep::last(2)
    }
}

/// The snapshots to be kept, of those that are there. One of which nothing is known stays: it could not be read.
pub(crate) fn kept(keep: Keep, pinned: Option<&str>, there: &BTreeMap<u64, Option<Known>>) -> BTreeSet<u64> {
    let count = match keep.0 {
        Policy::Last(count) => count,
        Policy::All => usize::MAX,
        Policy::Within(_) | Policy::Each(_) => 2,
    };
    let mut kept: BTreeSet<u64> = there.keys().rev().take(count).copied().collect();
    kept.extend(there.iter().filter(|(_, known)| known.is_none()).map(|(seq, _)| seq));
    let known = || there.iter().rev().filter_map(|(seq, known)| known.as_ref().map(|known| (*seq, known)));
    // By the times of the snapshots alone: a clock that is wrong today takes nothing away.
    let newest = known().map(|(_, known)| known.saved_at).max().unwrap_or_default();
    match keep.0 {
        Policy::Within(time) => {
            let time = u64::try_from(time.as_nanos()).unwrap_or(u64::MAX);
            kept.extend(known().filter(|(_, known)| newest - known.saved_at <= time).map(|(seq, _)| seq));
        }
        Policy::Each(span) => {
            let span = u64::try_from(span.as_nanos()).unwrap_or(u64::MAX);
            let mut seen = BTreeSet::new();
            kept.extend(known().filter(|(_, known)| seen.insert(known.saved_at / span)).map(|(seq, _)| seq));
        }
        Policy::Last(_) | Policy::All => {}
    }
    let is_pinned = |known: &Known| pinned.is_some_and(|label| known.site == label);
    kept.extend(known().find(|(_, known)| is_pinned(known)).map(|(seq, _)| seq));
    kept
}

/// The files that these snapshots need, their own included.
pub(crate) fn needed(kept: &BTreeSet<u64>, there: &BTreeMap<u64, Option<Known>>) -> BTreeSet<u64> {
    let needs = |seq: &u64| there.get(seq).and_then(Option::as_ref).map_or(&[][..], |known| &known.needs);
    kept.iter().flat_map(|seq| needs(seq).iter().copied().chain([*seq])).collect()
}

/// Those of the kept snapshots that may go for want of room, the oldest first: not the newest, nor the pinned one, nor one
/// that could not be read.
pub(crate) fn expendable(kept: &BTreeSet<u64>, pinned: Option<&str>, there: &BTreeMap<u64, Option<Known>>) -> Vec<u64> {
    let known = |seq: &u64| there.get(seq).and_then(Option::as_ref);
    let is_pinned = |seq: &u64| known(seq).is_some_and(|known| pinned.is_some_and(|label| known.site == label));
    let pin = kept.iter().rev().copied().find(|seq| is_pinned(seq));
    let newest = kept.last().copied();
    kept.iter().copied().filter(|seq| known(seq).is_some() && Some(*seq) != newest && Some(*seq) != pin).collect()
}

#[cfg(test)]
mod tests {
    use super::{Keep, expendable, kept, needed};
    use crate::saver::Known;
    use std::collections::BTreeMap;
    use std::time::Duration;

    const HOUR: u64 = 3600 * 1_000_000_000;

    /// Number n was taken after n * 20 minutes; the fifth at `burn-in`, the third cannot be read.
    fn there() -> BTreeMap<u64, Option<Known>> {
        let known = |n: u64| {
            let site = if n == 5 { "burn-in" } else { "for" };
            Known { needs: vec![n], saved_at: n * HOUR / 3, site: site.to_owned() }
        };
        (1..=10).map(|n| (n, (n != 3).then(|| known(n)))).collect()
    }

    fn numbers(keep: Keep, pinned: Option<&str>) -> Vec<u64> {
        kept(keep, pinned, &there()).into_iter().collect()
    }

    #[test]
    fn what_goes_for_want_of_room() {
        let all = kept(Keep::all(), None, &there());
        assert_eq!(expendable(&all, None, &there()), [1, 2, 4, 5, 6, 7, 8, 9]);
        assert_eq!(expendable(&all, Some("burn-in"), &there()), [1, 2, 4, 6, 7, 8, 9]);
        assert_eq!(expendable(&[10].into(), None, &there()), [0; 0]);
        let mut there = there();
        if let Some(Some(newest)) = there.get_mut(&10) {
            newest.needs = vec![4, 7, 10];
        }
        assert_eq!(needed(&[3, 10].into(), &there), [3, 4, 7, 10].into());
    }

    /// The files looked at, over all saves, grow as the saves do.
    #[test]
    fn what_is_kept_does_not_make_saves_dearer() {
        for (keep, most) in [(Keep::all(), 0), (Keep::hourly(), 17), (Keep::last(1_000_000), 17)] {
            let (mut looked_at, mut saved) = (0, 0);
            for there in 1..=100_000 {
                saved += 1;
                if keep.is_time(there, saved) {
                    looked_at += there;
                    saved = 0;
                }
            }
            assert!(looked_at <= most * 100_000, "{keep:?}: {looked_at}");
        }
        assert!((1..=16).all(|there| Keep::default().is_time(there, 1)));
    }

    #[test]
    fn each_policy_keeps_what_it_says() {
        assert_eq!(numbers(Keep::default(), None), [3, 9, 10]);
        assert_eq!(numbers(Keep::last(4), None), [3, 7, 8, 9, 10]);
        assert_eq!(numbers(Keep::last(0), None), [3, 10]);
        assert_eq!(numbers(Keep::all(), None), (1..=10).collect::<Vec<_>>());
        assert_eq!(numbers(Keep::within(Duration::from_secs(3700)), None), [3, 7, 8, 9, 10]);
        assert_eq!(numbers(Keep::within(Duration::ZERO), None), [3, 9, 10]);
        assert_eq!(numbers(Keep::hourly(), None), [2, 3, 5, 8, 9, 10]);
        assert_eq!(numbers(Keep::daily(), None), [3, 9, 10]);
        assert_eq!(numbers(Keep::default(), Some("burn-in")), [3, 5, 9, 10]);
    }
}

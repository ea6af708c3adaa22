//! Which files of a run's folder are of the life that a snapshot was taken in, and which are of another.
//!
//! A life that begins with `RESUME_FRESH` ignores all that is there, and one that begins with `RESUME_FROM` all that is
//! newer. It stays, and must never be taken for its own: neither when snapshots are counted that may go, nor when a later
//! start steps back over one that is damaged.

use serde::{Deserialize, Serialize};

/// Which files of a run's folder are of one life. Each snapshot carries that of its own.
#[derive(Clone, PartialEq, Eq, Default, Debug, Serialize, Deserialize)]
pub(crate) struct Lineage {
    /// Smaller numbers are of lives before `RESUME_FRESH`. They outlive the run.
    #[serde(default)]
    pub(crate) born: u64,
    /// Numbers, from the first to the last, that `RESUME_FROM` went back behind. They go with the run.
    #[serde(default)]
    besides: Vec<(u64, u64)>,
}

impl Lineage {
    /// That of a life which has nothing to do with what was there before number `born`.
    pub(crate) fn born(born: u64) -> Lineage {
        Lineage { born, besides: Vec::new() }
    }

    /// Without the numbers from `first` to `last`.
    pub(crate) fn without(mut self, first: u64, last: u64) -> Lineage {
        if first <= last {
            self.besides.push((first, last));
        }
        self
    }

    /// As long as only these files are there.
    pub(crate) fn among(mut self, there: &[u64]) -> Lineage {
        self.besides.retain(|(first, last)| there.iter().any(|seq| first <= seq && seq <= last));
        self
    }

    pub(crate) fn holds(&self, seq: u64) -> bool {
        seq >= self.born && !self.besides.iter().any(|(first, last)| *first <= seq && seq <= *last)
    }

    /// What a snapshot says that was stepped over holds too.
    pub(crate) fn join(&mut self, newer: Lineage) {
        self.born = self.born.max(newer.born);
        self.besides.extend(newer.besides);
    }

    pub(crate) fn is_whole(&self) -> bool {
        *self == Lineage::default()
    }
}

#[cfg(test)]
mod tests {
    use super::Lineage;

    #[test]
    fn each_life_has_its_own_numbers() {
        let own = |lineage: &Lineage| (1..=9).filter(|seq| lineage.holds(*seq)).collect::<Vec<_>>();
        let mut lineage = Lineage::default().without(4, 6);
        assert_eq!(own(&lineage), [1, 2, 3, 7, 8, 9]);
        assert_eq!(own(&Lineage::born(5)), [5, 6, 7, 8, 9]);
        assert!(Lineage::default().without(4, 3).is_whole());
        assert!(lineage.clone().among(&[3, 7]).is_whole());
        assert_eq!(lineage.clone().among(&[5, 7]), lineage);
        lineage.join(Lineage::born(2).without(8, 8));
        assert_eq!(own(&lineage), [2, 3, 7, 9]);
    }
}

//! What a child run begins with: what its parent lends it, and where the generators are that it draws from.
//!
//! The same call at the same place is not always the same step. On the way out of a parent that fails, a destructor may call
//! what the next life calls there for the next item. Its snapshot is taken up only by a call that begins with the same.

use std::sync::atomic::Ordering;
use std::time::{Duration, Instant};

use crate::codec::{self, Capture};
use crate::run::function::Function;
use crate::run::value::Value;

/// The most bytes of what is lent that are looked at: it is done at each call of a child run.
const MOST: usize = 1 << 14;

/// A function whose arguments it takes so long to look at is not looked at again, if they are too long.
const SLOW: Duration = Duration::from_micros(100);

/// What a call is lent: a sum over it, if it is short, and a hash of the sizes of its types.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Lent {
    sum: Option<u64>,
    shape: u64,
}

/// The bits of a mark that tell the shape of what is lent.
const SHAPE: u64 = 0xffff << 48;

impl Lent {
    pub(crate) fn nothing() -> Lent {
        Lent { sum: Some(0), shape: 0 }
    }

    /// And one more value. Its bytes count in any order: a hash set has another one in each process.
    pub(crate) fn and(self, value: &dyn Value, function: &Function) -> Lent {
        let lent = Lent { sum: None, shape: mix(self.shape ^ value.size() as u64) };
        let Some(sum) = self.sum.filter(|_| !function.is_lent_much.load(Ordering::Relaxed)) else { return lent };
        let began = Instant::now();
        let mut into = Capture::default();
        if codec::naming(|| codec::looking(|| value.capture(&mut into, MOST))).is_err() {
            function.is_lent_much.fetch_or(began.elapsed() > SLOW, Ordering::Relaxed);
            return lent;
        }
        let salt = mix(sum ^ into.bytes.len() as u64);
        let sum = into.bytes.iter().fold(salt, |sum, byte| sum.wrapping_add(mix(salt ^ u64::from(*byte))));
        Lent { sum: Some(sum), ..lent }
    }

    /// With the place of the generator: what tells calls apart.
    pub(crate) fn at(self, position: u64) -> Option<u64> {
        let sum = self.sum?.wrapping_add(mix(position));
        Some((mix(sum) & !SHAPE) | (self.shape & SHAPE))
    }
}

/// Whether two calls began with different values, as far as that is known. Values of types that have changed in between are
/// not compared.
pub(crate) fn differ(then: Option<u64>, now: Option<u64>) -> bool {
    matches!((then, now), (Some(then), Some(now)) if then & SHAPE == now & SHAPE && then != now)
}

/// The finaliser of SplitMix64 (Steele, Lea and Flood, 2014).
fn mix(number: u64) -> u64 {
    let number = number.wrapping_add(0x9e37_79b9_7f4a_7c15);
    let number = (number ^ (number >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
    let number = (number ^ (number >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
    number ^ (number >> 31)
}

#[cfg(test)]
mod tests {
    use super::{Lent, differ};
    use crate::run::function::Function;
    use crate::run::value::Save;
    use std::collections::HashSet;

    fn mark<T: serde::Serialize>(value: &T) -> Option<u64> {
        static FUNCTION: Function = Function::new(1);
        Lent::nothing().and(Save(value).value(), &FUNCTION).at(3)
    }

    #[test]
    fn other_values_of_one_type_differ() {
        assert!(!differ(mark(&(1_u32, 2.5)), mark(&(1_u32, 2.5))));
        assert!(differ(mark(&(1_u32, 2.5)), mark(&(2_u32, 2.5))));
        assert!(differ(mark(&vec![1_u8, 2]), mark(&vec![1_u8, 2, 3])));
        let set = |numbers: &[u32]| numbers.iter().copied().collect::<HashSet<u32>>();
        assert!(!differ(mark(&set(&[1, 2, 300])), mark(&set(&[300, 2, 1]))));
        assert!(differ(mark(&set(&[1, 2, 300])), mark(&set(&[300, 2, 4]))));
    }

    /// A field more that has a default: the snapshot of the old one is taken up all the same.
    #[test]
    fn what_cannot_be_compared_does_not_differ() {
        assert!(!differ(mark(&(1_u32, 2.5)), mark(&(1_u32, 2.5, 0_u64))));
        assert!(!differ(mark(&vec![0_u8; 1 << 20]), mark(&vec![1_u8; 1 << 20])));
        assert!(!differ(None, mark(&1)));
    }
}

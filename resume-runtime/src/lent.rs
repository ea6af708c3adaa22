//! What a child run begins with: what its parent lends it, and where the generators are that it draws from.
//!
//! The same call at the same place is not always the same step. On the way out of a parent that fails, a destructor may call
//! what the next life calls there for the next item. Its snapshot is taken up only by a call that begins with the same.

use std::sync::atomic::Ordering;

use crate::codec::{self, Capture};
use crate::function::Function;
use crate::value::Value;

/// The most bytes of what is lent that are looked at: it is done at each call of a child run.
const MOST: usize = 4096;

/// A sum over what a call is lent, or nothing where that is too long.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Lent(Option<u64>);

impl Lent {
    pub(crate) fn nothing() -> Lent {
        Lent(Some(0))
    }

    /// And one more value. Its bytes count in any order: a hash set has another one in each process.
    pub(crate) fn and(self, value: &dyn Value, function: &Function) -> Lent {
        let Some(sum) = self.0.filter(|_| !function.is_lent_much.load(Ordering::Relaxed)) else { return Lent(None) };
        let mut into = Capture::default();
        if codec::naming(|| codec::looking(|| value.capture(&mut into, MOST))).is_err() {
            // It may have cost something to find that out.
            function.is_lent_much.store(true, Ordering::Relaxed);
            return Lent(None);
        }
        let salt = mix(sum ^ into.bytes.len() as u64);
        Lent(Some(into.bytes.iter().fold(salt, |sum, byte| sum.wrapping_add(mix(salt ^ u64::from(*byte))))))
    }

    /// With the place of the generators: what tells calls apart.
    pub(crate) fn at(self, position: u64) -> Option<u64> {
        self.0.map(|sum| sum.wrapping_add(mix(position)))
    }
}

/// The finaliser of SplitMix64 (Steele, Lea and Flood, 2014).
pub(crate) fn mix(number: u64) -> u64 {
    let number = number.wrapping_add(0x9e37_79b9_7f4a_7c15);
    let number = (number ^ (number >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
    let number = (number ^ (number >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
    number ^ (number >> 31)
}

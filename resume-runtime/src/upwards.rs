//! The blocks of a `while` or `loop` over an integer that each pass makes greater by one, as long as it is less than some
//! bound: how far it may go until the next look is known before, so that no pass need be counted.

use std::collections::{BTreeMap, BTreeSet, BinaryHeap, HashMap, HashSet, LinkedList, VecDeque};
use std::marker::PhantomData;
use std::ops::Deref;
use std::rc::Rc;
use std::sync::Arc;

use crate::cursor::Step;

/// One block of passes.
///
/// Its limit is never beyond the bound, and the compiler sees that: what the bound says of each pass, be it the user's own
/// condition or the check of an index, costs nothing in the loop.
#[derive(Clone, Copy, Debug)]
pub struct Upwards<T> {
    from: T,
    limit: T,
}

impl<T: Step> Upwards<T> {
    /// At most `left` passes from `next` on, and none where that is not less than `bound`.
    #[inline(always)]
    pub fn new(next: T, bound: T, left: u64) -> Upwards<T> {
        let limit = next.upwards(left);
        Upwards { from: next, limit: if limit < bound { limit } else { bound } }
    }

    /// Whether the pass that begins at `next` is one of the block.
    #[inline(always)]
    pub fn has(&self, next: T) -> bool {
        next < self.limit
    }

    /// Whether there is no pass at `next`, which has come to the bound as that is now.
    #[inline(always)]
    pub fn is_over(&self, next: T, bound: T) -> bool {
        next >= bound
    }

    /// How many passes have been made when `next` comes next.
    #[inline(always)]
    pub fn made(&self, next: T) -> u64 {
        self.from.distance(next)
    }
}

/// A bound for where the user's may not be read once more: as far as a block from `next` on may go.
#[inline(always)]
pub fn unread<T: Step>(next: T) -> T {
    next.upwards(u64::MAX)
}

/// Something with a length, asked whether that may be read once more than the user does: `Length::of(&x).is_fixed()`.
///
/// The method of the types of the standard library is found first; all other types, whose `len` may do anything, reach that
/// of `Other` through `Deref`.
#[derive(Debug)]
pub struct Length<'a, T: ?Sized>(Other, PhantomData<&'a T>);

/// Any other type.
#[derive(Debug)]
pub struct Other(());

impl<'a, T: ?Sized> Length<'a, T> {
    /// That of `_value`.
    #[inline(always)]
    pub fn of(_value: &'a T) -> Length<'a, T> {
        Length(Other(()), PhantomData)
    }
}

impl<T: Lengthy + ?Sized> Length<'_, T> {
    /// Whether reading it has no effect.
    #[inline(always)]
    pub fn is_fixed(&self) -> bool {
        true
    }
}

impl Other {
    /// Whether reading it is known to have no effect.
    #[inline(always)]
    pub fn is_fixed(&self) -> bool {
        false
    }
}

impl<T: ?Sized> Deref for Length<'_, T> {
    type Target = Other;

    #[inline(always)]
    fn deref(&self) -> &Other {
        &self.0
    }
}

/// What the standard library tells the length of.
pub trait Lengthy {}

macro_rules! lengthy {
    ($([$($generics:tt)*] $type:ty),* $(,)?) => { $(impl<$($generics)*> Lengthy for $type {})* };
}

lengthy! {
    [] str, [] String, [T] [T], [T, const N: usize] [T; N], [T] Vec<T>, [T] VecDeque<T>, [T] LinkedList<T>,
    [T] BinaryHeap<T>, [T] BTreeSet<T>, [K, V] BTreeMap<K, V>, [T, S] HashSet<T, S>, [K, V, S] HashMap<K, V, S>,
    [T: Lengthy + ?Sized] &T, [T: Lengthy + ?Sized] &mut T, [T: Lengthy + ?Sized] Box<T>, [T: Lengthy + ?Sized] Rc<T>,
    [T: Lengthy + ?Sized] Arc<T>,
}

#[cfg(test)]
mod tests {
    use super::{Length, Upwards, unread};
    use crate::cursor::Step;
    use std::ops::Deref;

    /// Goes from `next` to `bound` in blocks of at most `left` and gives how long they were.
    fn blocks<T: Step>(mut next: T, bound: T, left: u64) -> Vec<u64> {
        let mut lengths = Vec::new();
        while next < bound {
            let block = Upwards::new(next, bound, left);
            while block.has(next) {
                next = next.forth();
            }
            lengths.push(block.made(next));
        }
        lengths
    }

    #[test]
    fn blocks_end_at_the_credit_and_at_the_bound() {
        assert_eq!(blocks(0_usize, 10, 4), [4, 4, 2]);
        assert_eq!(blocks(-3_i8, 4, 7), [7]);
        assert_eq!(blocks(3_u64, 3, 7), [0; 0]);
        assert_eq!(blocks(7_i32, 3, 7), [0; 0]);
    }

    #[test]
    fn blocks_may_reach_the_end_of_the_type() {
        assert_eq!(blocks(250_u8, 255, u64::MAX), [5]);
        assert_eq!(blocks(-128_i8, 127, 200), [127, 127, 1]);
        assert_eq!(blocks(u64::MAX - 5, u64::MAX, 3), [3, 2]);
        assert_eq!(blocks(i128::MAX - 2, i128::MAX, u64::MAX), [2]);
    }

    #[test]
    fn beyond_the_bound_there_is_no_pass() {
        for (next, bound) in [(5_u32, 5), (9, 5), (u32::MAX, 0)] {
            let block = Upwards::new(next, bound, 100);
            assert!(!block.has(next) && block.is_over(next, bound));
            assert_eq!(block.made(next), 0);
            assert!(!block.is_over(next, u32::MAX) || next == u32::MAX);
        }
    }

    #[test]
    fn a_bound_that_is_not_read_ends_no_block_but_at_the_end_of_the_type() {
        let block = Upwards::new(3_u8, unread(3), 9);
        assert!(block.has(11) && !block.has(12) && !block.is_over(12, unread(12)));
        assert!(block.is_over(255, unread(255)));
        assert!(!block.is_over(254, unread(254)));
    }

    #[test]
    fn only_the_lengths_of_the_standard_library_are_read_once_more() {
        struct Own(Vec<u8>);
        impl Deref for Own {
            type Target = Vec<u8>;
            fn deref(&self) -> &Vec<u8> {
                &self.0
            }
        }
        let (list, own) = (vec![1, 2], Own(vec![3]));
        assert!(Length::of(&list).is_fixed() && Length::of(&&list[..]).is_fixed() && Length::of(&[0; 3]).is_fixed());
        assert!(Length::of(&"text").is_fixed() && Length::of(&Box::new(list)).is_fixed());
        assert!(!Length::of(&own).is_fixed() && !Length::of(&(0..9)).is_fixed() && own.len() == 1);
    }
}

//! The blocks of a `while` or `loop` over an integer that each pass makes greater by one, until it meets some bound: how far
//! it may go until the next look is known before, so that no pass need be counted.

use std::marker::PhantomData;
use std::ops::Deref;

use crate::loops::cursor::Step;

/// One block of passes.
///
/// Its limit is never beyond the bound, and the compiler sees that: what the bound says of each pass, be it the user's own
/// condition or the check of an index, costs nothing in the loop. Where no bound is known, or where the number may go past it
/// and around the end of its type, the block is blind: it counts, and only the user's condition ends the loop.
#[derive(Clone, Copy, Debug)]
pub struct Upwards<T> {
    from: T,
    limit: T,
    left: u64,
    is_blind: bool,
}

impl<T: Step> Upwards<T> {
    /// At most `left` passes from `next` on while that is less than `bound`.
    #[inline(always)]
    pub fn below(next: T, bound: Option<T>, left: u64) -> Upwards<T> {
        Self::new(next, bound, left)
    }

    /// At most `left` passes from `next` on until that is greater than `last`.
    #[inline(always)]
    pub fn up_to(next: T, last: Option<T>, left: u64) -> Upwards<T> {
        Self::new(next, last.and_then(T::after), left)
    }

    /// At most `left` passes from `next` on until that is `bound`, which stays what it is.
    #[inline(always)]
    pub fn until(next: T, bound: Option<T>, left: u64) -> Upwards<T> {
        Self::new(next, bound.filter(|bound| next <= *bound), left)
    }

    #[inline(always)]
    fn new(next: T, bound: Option<T>, left: u64) -> Upwards<T> {
        let limit = next.upwards(left);
        let (limit, is_blind) = match bound {
            Some(bound) => (if limit < bound { limit } else { bound }, false),
            None => (limit, true),
        };
        // A blind one may go around the end of the type, but not back to where it began.
        Upwards { from: next, limit, left: left.min(T::SPAN), is_blind }
    }

    /// Whether the pass that begins at `next` is one of the block.
    #[inline(always)]
    pub fn has(&self, next: T) -> bool {
        if self.is_blind { self.made(next) < self.left } else { next < self.limit }
    }

    /// Whether only the user's condition tells where the loop ends.
    #[inline(always)]
    pub fn is_blind(&self) -> bool {
        self.is_blind
    }

    /// Whether there is no pass at `next`, which has come to the bound as that is now.
    #[inline(always)]
    pub fn is_over(&self, next: T, bound: Option<T>) -> bool {
        bound.is_some_and(|bound| next >= bound)
    }

    /// Whether there is no pass at `next`, which has come past the last one as that is now.
    #[inline(always)]
    pub fn is_past(&self, next: T, last: Option<T>) -> bool {
        last.is_some_and(|last| next > last)
    }

    /// Whether `next` comes right after `at`.
    #[inline(always)]
    pub fn is_next(&self, at: T, next: T) -> bool {
        at.forth() == next
    }

    /// How many passes have been made when `next` comes next.
    #[inline(always)]
    pub fn made(&self, next: T) -> u64 {
        self.from.distance(next)
    }
}

/// What a number is compared with, which need not be of its type: `Against::of(&i, &n).value()`.
///
/// The method for two of one type is found first; for any others, that of `Unlike` through `Deref`.
#[derive(Debug)]
pub struct Against<'a, A, B>(Unlike<'a, A>, &'a B);

/// What a number is compared with that is of another type.
#[derive(Debug)]
pub struct Unlike<'a, A>(PhantomData<&'a A>);

impl<'a, A, B> Against<'a, A, B> {
    /// `bound`, with which `_index` is compared.
    #[inline(always)]
    pub fn of(_index: &'a A, bound: &'a B) -> Against<'a, A, B> {
        Against(Unlike(PhantomData), bound)
    }
}

impl<T: Step> Against<'_, T, T> {
    /// The bound.
    #[inline(always)]
    pub fn value(&self) -> Option<T> {
        Some(*self.1)
    }
}

impl<A> Unlike<'_, A> {
    /// None that could be used.
    #[inline(always)]
    pub fn value(&self) -> Option<A> {
        None
    }
}

impl<'a, A, B> Deref for Against<'a, A, B> {
    type Target = Unlike<'a, A>;

    #[inline(always)]
    fn deref(&self) -> &Unlike<'a, A> {
        &self.0
    }
}

#[cfg(test)]
mod tests {
    use super::{Against, Upwards};
    use crate::loops::cursor::Step;

    /// Goes on from `next` in blocks of at most `left` while `goes_on`, and gives how long they were.
    fn walk<T: Step>(
        mut next: T,
        left: u64,
        block: impl Fn(T, u64) -> Upwards<T>,
        goes_on: impl Fn(T) -> bool,
    ) -> Vec<u64> {
        let mut lengths = Vec::new();
        while goes_on(next) {
            let block = block(next, left);
            while block.has(next) {
                if !goes_on(next) {
                    assert!(block.is_blind(), "it knew better");
                    break;
                }
                next = next.forth();
            }
            lengths.push(block.made(next));
        }
        lengths
    }

    fn below<T: Step>(next: T, bound: T, left: u64) -> Vec<u64> {
        walk(next, left, |next, left| Upwards::below(next, Some(bound), left), |next| next < bound)
    }

    fn up_to<T: Step>(next: T, last: T, left: u64) -> Vec<u64> {
        walk(next, left, |next, left| Upwards::up_to(next, Some(last), left), |next| next <= last)
    }

    fn until<T: Step>(next: T, bound: T, left: u64) -> Vec<u64> {
        walk(next, left, |next, left| Upwards::until(next, Some(bound), left), |next| next != bound)
    }

    #[test]
    fn blocks_end_at_the_credit_and_at_the_bound() {
        assert_eq!(below(0_usize, 10, 4), [4, 4, 2]);
        assert_eq!(below(-3_i8, 4, 7), [7]);
        assert_eq!(below(3_u64, 3, 7), [0; 0]);
        assert_eq!(below(7_i32, 3, 7), [0; 0]);
        assert_eq!(up_to(0_usize, 10, 4), [4, 4, 3]);
        assert_eq!(up_to(3_u64, 3, 7), [1]);
        assert_eq!(up_to(7_i32, 3, 7), [0; 0]);
        assert_eq!(until(0_usize, 10, 4), [4, 4, 2]);
        assert_eq!(until(3_u64, 3, 7), [0; 0]);
    }

    #[test]
    fn blocks_may_reach_the_end_of_the_type() {
        assert_eq!(below(250_u8, 255, u64::MAX), [5]);
        assert_eq!(below(-128_i8, 127, 200), [127, 127, 1]);
        assert_eq!(below(u64::MAX - 5, u64::MAX, 3), [3, 2]);
        assert_eq!(below(i128::MAX - 2, i128::MAX, u64::MAX), [2]);
        assert_eq!(up_to(250_u8, 254, 3), [3, 2]);
    }

    #[test]
    fn a_number_that_goes_around_the_end_of_its_type_is_counted() {
        assert_eq!(until(250_u8, 3, 4), [4, 4, 1]);
        assert_eq!(until(3_i8, 2, u64::MAX), [255]);
        assert_eq!(until(u64::MAX, 1, 100), [2]);
        let block = Upwards::up_to(254_u8, Some(255), 1000);
        assert!(block.is_blind() && block.has(255) && block.has(0) && block.has(252) && !block.has(253));
        assert_eq!((block.made(252), block.made(253)), (254, 255));
    }

    #[test]
    fn beyond_the_bound_there_is_no_pass() {
        for (next, bound) in [(5_u32, 5), (9, 5), (u32::MAX, 0)] {
            let block = Upwards::below(next, Some(bound), 100);
            assert!(!block.has(next) && block.is_over(next, Some(bound)) && !block.is_blind());
            assert_eq!(block.made(next), 0);
            assert!(block.is_past(next, Some(bound)) == (next != bound));
            assert!(!block.is_over(next, Some(u32::MAX)) || next == u32::MAX);
            assert!(!block.is_over(next, None) && !block.is_past(next, None));
        }
    }

    #[test]
    fn a_bound_that_is_not_known_ends_no_block() {
        let block = Upwards::below(3_u8, None, 9);
        assert!(block.is_blind() && block.has(11) && !block.has(12));
        let block = Upwards::below(253_u8, None, 9);
        assert!(block.is_blind() && block.has(5) && !block.has(6));
    }

    #[test]
    fn only_a_bound_of_the_same_type_is_known() {
        struct Other;
        assert_eq!(Against::of(&1_u8, &7_u8).value(), Some(7));
        assert_eq!(Against::of(&1, &7_u64).value(), Some(7));
        assert_eq!(Against::of(&1_i32, &7_u8).value(), None);
        assert_eq!(Against::of(&1_u64, &Other).value(), None);
    }
}

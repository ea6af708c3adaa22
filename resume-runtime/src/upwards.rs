//! The blocks of a `while` or `loop` over an integer that each pass makes greater by one, as long as it is less than some
//! bound: how far it may go until the next look is known before, so that no pass need be counted.

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

#[cfg(test)]
mod tests {
    use super::Upwards;
    use crate::cursor::Step;

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
}

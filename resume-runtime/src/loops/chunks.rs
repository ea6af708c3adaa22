//! Iterators that can be divided: the loop over a chunk of one is compiled like the plain one, without a test of its own.

use std::iter::{Copied, Enumerate, Rev, Skip, StepBy, Take};
use std::ops::{Range, RangeInclusive};
use std::slice;
use std::str::Bytes;

use crate::loops::items::{Cursor, Position};
use crate::loops::stretch::Stretch;

/// An iterator that knows how many items are left, and is quickly divided into the next ones and those behind.
pub trait Divide: Iterator + Sized {
    /// How many items are left, or `usize::MAX` if there are more.
    fn left(&self) -> usize;

    /// The next `count` items; what is left begins behind them. There have to be as many.
    fn divide(&mut self, count: usize) -> Self;
}

impl<T> Divide for slice::Iter<'_, T> {
    #[inline(always)]
    fn left(&self) -> usize {
        self.len()
    }

    #[inline(always)]
    fn divide(&mut self, count: usize) -> Self {
        let (block, rest) = self.as_slice().split_at(count);
        *self = rest.iter();
        block.iter()
    }
}

impl<T> Divide for slice::IterMut<'_, T> {
    #[inline(always)]
    fn left(&self) -> usize {
        self.len()
    }

    #[inline(always)]
    fn divide(&mut self, count: usize) -> Self {
        let (block, rest) = std::mem::take(self).into_slice().split_at_mut(count);
        *self = rest.iter_mut();
        block.iter_mut()
    }
}

/// Iterators over memory or numbers that jump from both ends, whatever they jump over, without running code of the user.
///
/// Not `Zip`, `StepBy` of a range, and those with a closure: from the end they go item by item.
pub trait Jump: Clone + DoubleEndedIterator {}

macro_rules! jump {
    ($([$($generics:tt)*] $type:ty),* $(,)?) => { $( impl<$($generics)*> Jump for $type {} )* };
}

/// Those of them that are divided so where a loop is over them.
macro_rules! divide {
    ($([$($generics:tt)*] $type:ty),* $(,)?) => { $(
        jump!([$($generics)*] $type);

        impl<$($generics)*> Divide for $type {
            #[inline(always)]
            fn left(&self) -> usize {
                self.size_hint().0
            }

            #[inline(always)]
            fn divide(&mut self, count: usize) -> Self {
                let (there, all) = self.size_hint();
                let mut block = self.clone();
                if count < there {
                    block.nth_back(there - count - 1);
                }
                // One more than can be counted: all numbers of a type.
                if all.is_none() {
                    block.next_back();
                }
                if count > 0 {
                    self.nth(count - 1);
                }
                block
            }
        }
    )* };
}

// A loop over a range itself has a cursor of its own.
jump!(['a, T] slice::Iter<'a, T>);
macro_rules! numbers {
    ($($number:ty)*) => { jump! { $([] Range<$number>, [] RangeInclusive<$number>,)* } };
}

numbers!(u8 u16 u32 usize i8 i16 i32 isize);
// Elsewhere there may be many more than can be counted.
#[cfg(target_pointer_width = "64")]
numbers!(u64 i64);

divide! {
    ['a, T] slice::Chunks<'a, T>,
    ['a, T] slice::ChunksExact<'a, T>,
    ['a, T] slice::RChunks<'a, T>,
    ['a, T] slice::RChunksExact<'a, T>,
    ['a, T] slice::Windows<'a, T>,
    ['a] Bytes<'a>,
    ['a, T: Copy + 'a, I: Jump + Iterator<Item = &'a T>] Copied<I>,
    [I: Jump + ExactSizeIterator] Enumerate<I>,
    [I: Jump] Rev<I>,
    [I: Jump + ExactSizeIterator] Skip<I>,
    [I: Jump + ExactSizeIterator] Take<I>,
    ['a, T] StepBy<slice::Iter<'a, T>>,
}

/// A cursor over an iterator that is handed out in chunks.
pub struct Chunks<I> {
    left: I,
    given: u64,
}

impl<I: Divide> Cursor for Chunks<I> {
    #[inline(always)]
    fn skip(&mut self, count: u64) -> bool {
        let Some(skipped) = usize::try_from(count).ok().filter(|count| *count <= self.left.left()) else {
            return false;
        };
        self.given = count;
        // A slice is moved by the number in any case: on one of two ways, its pointer would be written back in each pass.
        self.left.divide(skipped);
        true
    }

    #[inline(always)]
    fn types(&self) -> Option<(&'static str, &'static str)> {
        None
    }
}

impl<I: Divide> Chunks<I> {
    #[inline]
    pub(super) fn new(left: I) -> Chunks<I> {
        Chunks { left, given: 0 }
    }

    /// As many items as leave something of the credit, or a single one; `None` when there are no more.
    #[inline(always)]
    pub fn stretch(&mut self, credit: u64) -> Option<Stretch<I>> {
        Stretch::of(credit, |left| self.block(left))
    }

    /// At most `left` items, which are counted off, and at least one; `None` when there are no more.
    #[inline(always)]
    pub fn block(&mut self, left: &mut u64) -> Option<I> {
        let there = self.left.left();
        if there == 0 {
            return None;
        }
        let count = usize::try_from((*left).max(1)).map_or(there, |most| most.min(there));
        *left = left.saturating_sub(count as u64);
        let block = self.left.divide(count);
        self.given += count as u64;
        Some(block)
    }

    /// One item.
    #[inline(always)]
    #[allow(clippy::should_implement_trait, reason = "an iterator could be advanced by accident")]
    pub fn next(&mut self) -> Option<I::Item> {
        let item = self.left.next()?;
        self.given += 1;
        Some(item)
    }

    /// The cursor to be saved when all given items are done.
    #[inline]
    pub fn here(&self) -> Position {
        Position(self.given)
    }

    /// The cursor to be saved while the last given item is in work: it gives that item again.
    #[inline]
    pub fn again(&self) -> Position {
        Position(self.given - 1)
    }
}

#[cfg(test)]
mod tests {
    use super::Divide;
    use crate::loops::items::Source;
    use crate::loops::items::tests::check;

    #[test]
    fn items_are_the_same_in_chunks() {
        let words = ["a", "bc", "", "d", "e", "f", "gh"];
        let (mut own, text) = (words.map(str::to_owned), words.concat());
        for length in [0, 1, 2, 7] {
            let words = &words[..length];
            check!(words);
            check!(&mut own[..length]);
            check!(words.chunks(2));
            check!(words.chunks_exact(2));
            check!(words.rchunks(3));
            check!(words.rchunks_exact(3));
            check!(words.windows(2));
            check!(words.iter().copied());
            check!(words.iter().enumerate());
            check!(words.iter().rev());
            check!(words.iter().skip(1));
            check!(words.iter().take(3));
            check!(words.iter().step_by(3));
            check!(words.iter().rev().enumerate().skip(2).take(4).rev());
            check!(text.bytes());
            check!((0..length).rev());
            check!((0..=length as u64).rev());
            check!((-3..length as i64).rev());
            check!((3..length as u8).enumerate());
        }
    }

    /// There are 2^64 of them, one more than `usize::MAX`.
    #[test]
    fn there_may_be_one_more_than_can_be_counted() {
        let mut all = (0..=usize::MAX).rev();
        assert_eq!((all.left(), all.divide(2).collect::<Vec<_>>()), (usize::MAX, vec![usize::MAX, usize::MAX - 1]));
        assert_eq!((all.left(), all.next()), (usize::MAX - 1, Some(usize::MAX - 2)));
        let mut blocks = Source::new((0..=usize::MAX).rev()).cursor();
        assert_eq!(blocks.block(&mut 3).map(Iterator::count), Some(3));
        assert_eq!(blocks.next(), Some(usize::MAX - 3));
    }
}

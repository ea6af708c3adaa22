//! Iterators that can be divided: the loop over a chunk of one is compiled like the plain one, without a test of its own.

use std::iter::{Copied, Enumerate, Rev, Skip, StepBy, Take};
use std::slice;
use std::str::Bytes;

use crate::loops::items::{Cursor, Position};
use crate::loops::stretch::Stretch;

/// An iterator that knows how many items are left, and is quickly divided into the next ones and those behind.
pub trait Divide: Iterator + Sized {
    /// How many items are left.
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

/// Iterators over memory that jump from both ends, whatever they jump over, without running code of the user.
///
/// Not `Zip`, and those with a closure: from the end they go item by item. And none over ranges: which way a loop is compiled
/// would depend on the type of the numbers, which may be inferred only from the body.
pub trait Jump: Clone + DoubleEndedIterator + ExactSizeIterator {}

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
                self.len()
            }

            #[inline(always)]
            fn divide(&mut self, count: usize) -> Self {
                let (there, mut block) = (self.left(), self.clone());
                if count < there {
                    block.nth_back(there - count - 1);
                }
                if count > 0 {
                    self.nth(count - 1);
                }
                block
            }
        }
    )* };
}

jump!(['a, T] slice::Iter<'a, T>);
divide! {
    ['a, T] slice::Chunks<'a, T>,
    ['a, T] slice::ChunksExact<'a, T>,
    ['a, T] slice::RChunks<'a, T>,
    ['a, T] slice::RChunksExact<'a, T>,
    ['a, T] slice::Windows<'a, T>,
    ['a] Bytes<'a>,
    ['a, T: Copy + 'a, I: Jump + Iterator<Item = &'a T>] Copied<I>,
    [I: Jump] Enumerate<I>,
    [I: Jump] Rev<I>,
    [I: Jump] Skip<I>,
    [I: Jump] Take<I>,
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
        }
    }
}

//! Cursors of `for` loops over ranges: the range that is left, in blocks.
//!
//! A loop whose site is its last statement runs in blocks: an inner loop over a plain range, without any test. The cursor
//! between two blocks is all that a snapshot needs, so a pass costs what it costs in the plain loop.

use std::net::{Ipv4Addr, Ipv6Addr};
use std::ops::{Range, RangeFrom, RangeInclusive};

use serde::de::DeserializeOwned;
use serde::{Deserialize, Serialize};

use crate::loops::stretch::Stretch;

/// What ranges can count over.
pub trait Step: Copy + PartialOrd + Serialize + DeserializeOwned {
    /// The most steps after which `distance` still tells how many they were.
    const SPAN: u64 = u64::MAX;

    /// `steps` further, but not beyond `end`; `self <= end`.
    fn ahead(self, steps: u64, end: Self) -> Self;
    /// The one before; there is one.
    fn back(self) -> Self;
    /// The one after; there is one.
    fn forth(self) -> Self;
    /// The one after, unless this is the last of the type.
    fn after(self) -> Option<Self>;
    /// The steps from here to `end`; `self <= end`, and they fit.
    fn distance(self, end: Self) -> u64;
    /// At most `steps` further, and as many if the type has them and can count them; not beyond its last.
    fn upwards(self, steps: u64) -> Self;
    /// The number that the index is, if the type has it.
    #[inline(always)]
    fn from_index(_index: usize) -> Option<Self> {
        None
    }
}

macro_rules! integers {
    ($($type:ident as $unsigned:ident in $wide:ident),*) => { $(
        impl Step for $type {
            #[allow(clippy::cast_possible_truncation, reason = "of more than 64 bits")]
            const SPAN: u64 = $unsigned::MAX as u64;

            #[inline(always)]
            fn ahead(self, steps: u64, end: $type) -> $type {
                let distance = (end as $unsigned).wrapping_sub(self as $unsigned);
                if distance as $wide <= steps as $wide {
                    end
                } else {
                    self.wrapping_add(steps as $type)
                }
            }

            #[inline(always)]
            fn back(self) -> $type {
                self.wrapping_sub(1)
            }

            #[inline(always)]
            fn forth(self) -> $type {
                self.wrapping_add(1)
            }

            #[inline(always)]
            fn after(self) -> Option<$type> {
                self.checked_add(1)
            }

            #[inline(always)]
            fn distance(self, end: $type) -> u64 {
                (end as $unsigned).wrapping_sub(self as $unsigned) as u64
            }

            #[inline(always)]
            fn upwards(self, steps: u64) -> $type {
                self.saturating_add($type::try_from(steps).unwrap_or($type::MAX))
            }

            #[inline(always)]
            fn from_index(index: usize) -> Option<$type> {
                $type::try_from(index).ok()
            }
        }
    )* };
}

integers!(
    u8 as u8 in u64, u16 as u16 in u64, u32 as u32 in u64, u64 as u64 in u64, usize as usize in u64,
    i8 as u8 in u64, i16 as u16 in u64, i32 as u32 in u64, i64 as u64 in u64, isize as usize in u64,
    u128 as u128 in u128, i128 as u128 in u128
);

/// Types that count like an integer, once turned into one and back.
macro_rules! mapped {
    ($($type:ident as $number:ident, $to:expr, $from:expr, $last:expr);* $(;)?) => { $(
        impl Step for $type {
            #[inline]
            fn ahead(self, steps: u64, end: $type) -> $type {
                $from(Step::ahead($to(self), steps, $to(end)))
            }

            #[inline]
            fn back(self) -> $type {
                $from($to(self) - 1)
            }

            #[inline]
            fn forth(self) -> $type {
                $from($to(self) + 1)
            }

            #[inline]
            fn after(self) -> Option<$type> {
                (self < $last).then(|| self.forth())
            }

            #[inline]
            fn distance(self, end: $type) -> u64 {
                Step::distance($to(self), $to(end))
            }

            #[inline]
            fn upwards(self, steps: u64) -> $type {
                self.ahead(steps, $last)
            }
        }
    )* };
}

mapped! {
    char as u32, number_of, char_of, char::MAX;
    Ipv4Addr as u32, u32::from, Ipv4Addr::from, Ipv4Addr::BROADCAST;
    Ipv6Addr as u128, u128::from, Ipv6Addr::from, Ipv6Addr::from(u128::MAX);
}

/// The first and the number of code points that are no characters: a range steps over them.
const GAP: (u32, u32) = (0xD800, 0x800);

#[inline]
fn number_of(c: char) -> u32 {
    let code = u32::from(c);
    if code < GAP.0 { code } else { code - GAP.1 }
}

#[inline]
fn char_of(number: u32) -> char {
    let code = if number < GAP.0 { number } else { number + GAP.1 };
    char::from_u32(code).unwrap_or(char::MAX)
}

/// The cursor of a loop over a range of type `R`.
///
/// It is what a snapshot holds too: an array of where the range began (for "how far"), what comes next, and the end.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Steps<R: Steppable>(R::State);

/// The ranges that have a cursor.
pub trait Steppable: Sized {
    #[doc(hidden)]
    type State: Clone + Serialize + DeserializeOwned;
    #[doc(hidden)]
    fn begin(self) -> Self::State;
    /// Behind the next item, if there is one.
    #[doc(hidden)]
    fn forth(steps: &Steps<Self>) -> Option<Steps<Self>>;
    /// In front of the last item that was given; where it is, if there was none.
    #[doc(hidden)]
    fn back(steps: &Steps<Self>) -> Steps<Self>;
}

impl<R: Steppable> Steps<R> {
    /// The cursor before the first item.
    #[inline(always)]
    pub fn new(range: R) -> Steps<R> {
        Steps(range.begin())
    }
}

/// The moves by one item; the condition tells whether any item was given.
macro_rules! moves {
    (|$steps:ident| $has_given:expr) => {
        fn forth(steps: &Steps<Self>) -> Option<Steps<Self>> {
            let mut further: Steps<Self> = Steps(steps.0);
            further.next().map(|_| further)
        }

        fn back($steps: &Steps<Self>) -> Steps<Self> {
            if $has_given { $steps.again() } else { Steps($steps.0) }
        }
    };
}

impl<T: Step> Steppable for Range<T> {
    /// Began at, next, end.
    type State = (T, T, T);

    #[inline(always)]
    fn begin(self) -> (T, T, T) {
        (self.start, self.start, self.end)
    }

    moves!(|steps| steps.0.0 < steps.0.1);
}

impl<T: Step> Steppable for RangeInclusive<T> {
    /// Began at, next, last, and whether that has been given.
    type State = (T, T, T, bool);

    #[inline(always)]
    fn begin(self) -> (T, T, T, bool) {
        let is_over = self.is_empty();
        let (start, last) = self.into_inner();
        (start, start, last, is_over)
    }

    moves!(|steps| steps.0.0 < steps.0.1 || steps.0.3);
}

impl<T: Step> Steppable for RangeFrom<T> {
    /// Began at, next.
    type State = (T, T);

    #[inline(always)]
    fn begin(self) -> (T, T) {
        (self.start, self.start)
    }

    moves!(|steps| steps.0.0 < steps.0.1);
}

impl<T: Step> Steps<Range<T>> {
    /// Where the range ends.
    #[inline(always)]
    pub(crate) fn end(&self) -> T {
        self.0.2
    }

    /// As many items as leave something of the credit, or a single one; `None` when there are no more.
    #[inline(always)]
    pub fn stretch(&mut self, credit: u64) -> Option<Stretch<Range<T>>> {
        Stretch::of(credit, |left| self.block(left))
    }

    /// At most `left` items, which are counted off, and at least one; `None` when there are no more.
    #[inline(always)]
    pub fn block(&mut self, left: &mut u64) -> Option<Range<T>> {
        let (_, next, end) = self.0;
        if next < end {
            let stop = next.ahead((*left).max(1), end);
            *left = left.saturating_sub(next.distance(stop));
            self.0.1 = stop;
            Some(next..stop)
        } else {
            None
        }
    }

    /// One item.
    #[inline(always)]
    #[allow(clippy::should_implement_trait, reason = "an iterator could be advanced by accident")]
    pub fn next(&mut self) -> Option<T> {
        let (_, next, end) = self.0;
        if next < end {
            self.0.1 = next.forth();
            Some(next)
        } else {
            None
        }
    }

    /// The cursor to be saved when all given items are done.
    #[inline]
    pub fn here(&self) -> Steps<Range<T>> {
        Steps(self.0)
    }

    /// The cursor to be saved while the last given item is in work: it gives that item again.
    #[inline]
    pub fn again(&self) -> Steps<Range<T>> {
        let (began, next, end) = self.0;
        Steps((began, next.back(), end))
    }
}

impl<T: Step> Steps<RangeInclusive<T>> {
    /// As many items as leave something of the credit, or a single one; `None` when there are no more.
    #[inline(always)]
    pub fn stretch(&mut self, credit: u64) -> Option<Stretch<Numbers<T>>> {
        Stretch::of(credit, |left| self.block(left))
    }

    /// At most `left` items, which are counted off, and at least one; `None` when there are no more.
    #[inline(always)]
    pub fn block(&mut self, left: &mut u64) -> Option<Numbers<T>> {
        let (_, next, last, is_over) = self.0;
        if is_over {
            return None;
        }
        let stop = next.ahead((*left).max(1) - 1, last);
        let further = next.distance(stop);
        *left = left.saturating_sub(1).saturating_sub(further);
        self.pass(stop);
        Some(Numbers { next, left: further.saturating_add(1) })
    }

    /// One item.
    #[inline(always)]
    #[allow(clippy::should_implement_trait, reason = "an iterator could be advanced by accident")]
    pub fn next(&mut self) -> Option<T> {
        let (_, next, _, is_over) = self.0;
        if is_over {
            return None;
        }
        self.pass(next);
        Some(next)
    }

    /// Marks everything up to `stop` as given.
    #[inline(always)]
    fn pass(&mut self, stop: T) {
        let last = self.0.2;
        if stop < last {
            self.0.1 = stop.forth();
        } else {
            self.0.1 = last;
            self.0.3 = true;
        }
    }

    /// The cursor to be saved when all given items are done.
    #[inline]
    pub fn here(&self) -> Steps<RangeInclusive<T>> {
        Steps(self.0)
    }

    /// The cursor to be saved while the last given item is in work: it gives that item again.
    #[inline]
    pub fn again(&self) -> Steps<RangeInclusive<T>> {
        let (began, next, last, is_over) = self.0;
        let current = if is_over { last } else { next.back() };
        Steps((began, current, last, false))
    }
}

/// So many numbers, one after the other. A `RangeInclusive` is slower: its end is not told by the number alone.
#[derive(Clone, Debug)]
pub struct Numbers<T> {
    next: T,
    left: u64,
}

impl<T: Step> Iterator for Numbers<T> {
    type Item = T;

    #[inline(always)]
    fn next(&mut self) -> Option<T> {
        self.left = self.left.checked_sub(1)?;
        let number = self.next;
        // Behind the last of the type nothing is asked for.
        self.next = number.after().unwrap_or(number);
        Some(number)
    }
}

impl<T: Step> Steps<RangeFrom<T>> {
    /// As many items as leave something of the credit, or a single one; `None` when there are no more.
    ///
    /// # Panics
    /// Where the type ends, as the plain loop does in a debug build.
    #[inline(always)]
    pub fn stretch(&mut self, credit: u64) -> Option<Stretch<Range<T>>> {
        Stretch::of(credit, |left| self.block(left))
    }

    /// At most `left` items, which are counted off, and at least one.
    ///
    /// # Panics
    /// Where the type ends, as the plain loop does in a debug build.
    #[inline(always)]
    pub fn block(&mut self, left: &mut u64) -> Option<Range<T>> {
        let next = self.0.1;
        let stop = next.upwards((*left).max(1));
        if stop <= next {
            overflow();
        }
        *left = left.saturating_sub(next.distance(stop));
        self.0.1 = stop;
        Some(next..stop)
    }

    /// One item.
    ///
    /// # Panics
    /// Where the type ends, as the plain loop does in a debug build.
    #[inline(always)]
    #[allow(clippy::should_implement_trait, reason = "an iterator could be advanced by accident")]
    pub fn next(&mut self) -> Option<T> {
        let next = self.0.1;
        match next.after() {
            Some(after) => self.0.1 = after,
            None => overflow(),
        }
        Some(next)
    }

    /// The cursor to be saved when all given items are done.
    #[inline]
    pub fn here(&self) -> Steps<RangeFrom<T>> {
        Steps(self.0)
    }

    /// The cursor to be saved while the last given item is in work: it gives that item again.
    #[inline]
    pub fn again(&self) -> Steps<RangeFrom<T>> {
        let (began, next) = self.0;
        Steps((began, next.back()))
    }
}

#[cold]
#[inline(never)]
fn overflow() -> ! {
    panic!("attempt to add with overflow")
}

#[cfg(test)]
mod tests;

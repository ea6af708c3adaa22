//! Cursors of `for` loops over everything but ranges.
//!
//! An iterator is not saved: it is made again on resume and advanced to where it was. Those that can be divided are handed out
//! in chunks (`chunks`); all others are counted.

use std::any::type_name;
use std::marker::PhantomData;
use std::ops::{Deref, DerefMut};

use serde::{Deserialize, Serialize};

use crate::loops::chunks::{Chunks, Divide};
use crate::loops::stretch::Stretch;

/// An iterator on its way to its cursor: `(&mut Source::new(EXPR)).cursor()`.
///
/// The method of a source that can be divided is found first; all other types reach that of `Other` through `DerefMut`.
pub struct Source<I>(Other<I>);

/// A source of anything else.
pub struct Other<I> {
    iterator: Option<I>,
    made_from: fn() -> &'static str,
}

impl<I: Iterator> Source<I> {
    /// The iterator that a `for` loop would make of `source`.
    #[inline]
    pub fn new<S: IntoIterator<IntoIter = I>>(source: S) -> Source<I> {
        Source(Other { iterator: Some(source.into_iter()), made_from: type_name::<S> })
    }
}

impl<I> Other<I> {
    #[inline]
    fn take(&mut self) -> I {
        match self.iterator.take() {
            Some(iterator) => iterator,
            None => panic!("BUG: a source was used twice"),
        }
    }
}

impl<I> Deref for Source<I> {
    type Target = Other<I>;

    #[inline]
    fn deref(&self) -> &Other<I> {
        &self.0
    }
}

impl<I> DerefMut for Source<I> {
    #[inline]
    fn deref_mut(&mut self) -> &mut Other<I> {
        &mut self.0
    }
}

impl<I: Divide> Source<I> {
    /// A cursor in chunks.
    #[inline]
    pub fn cursor(&mut self) -> Chunks<I> {
        Chunks::new(self.take())
    }
}

impl<I: Iterator> Other<I> {
    /// A cursor that counts.
    #[inline]
    pub fn cursor(&mut self) -> Counted<I> {
        Counted { iterator: self.take(), given: 0, is_over: false, made_from: self.made_from }
    }
}

/// What `Run::items` does with a cursor before the loop begins.
pub trait Cursor {
    /// Skips the first `count` items; `false` if there are fewer.
    fn skip(&mut self, count: u64) -> bool;
    /// The names of the types of what the loop is over, and of its iterator, unless these are known to give the same items
    /// again.
    fn types(&self) -> Option<(&'static str, &'static str)>;
}

/// The position that a snapshot holds.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Position(pub(crate) u64);

/// A cursor that counts the items it gives.
pub struct Counted<I> {
    iterator: I,
    given: u64,
    is_over: bool,
    made_from: fn() -> &'static str,
}

impl<I: Iterator> Cursor for Counted<I> {
    #[inline(always)]
    fn skip(&mut self, count: u64) -> bool {
        self.given = count;
        skip(&mut self.iterator, count)
    }

    #[inline(always)]
    fn types(&self) -> Option<(&'static str, &'static str)> {
        Some(((self.made_from)(), type_name::<I>()))
    }
}

/// Advances with `nth`, which is quick where the iterator can jump.
#[inline(always)]
fn skip<I: Iterator>(iterator: &mut I, mut count: u64) -> bool {
    while count > 0 {
        let step = usize::try_from(count).unwrap_or(usize::MAX);
        if iterator.nth(step - 1).is_none() {
            return false;
        }
        count -= step as u64;
    }
    true
}

impl<I: Iterator> Counted<I> {
    /// At most `left` items, which are counted off; `None` when it is known that there are no more. Items are asked for
    /// when the loop does, so the last block may be empty.
    #[inline]
    pub fn block<'a>(&'a mut self, left: &'a mut u64) -> Option<Block<'a, I>> {
        if self.is_over {
            return None;
        }
        // A snapshot is taken when all of them have been given; counting each would cost as much as some loops do.
        self.given = self.given.wrapping_add(*left);
        Some(Block { left, from: self })
    }

    /// One item.
    #[inline]
    #[allow(clippy::should_implement_trait, reason = "an iterator could be advanced by accident")]
    pub fn next(&mut self) -> Option<I::Item> {
        let item = self.iterator.next()?;
        self.given += 1;
        Some(item)
    }

    /// The cursor to be saved when all items of a block are done.
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

impl<I: Iterator> Counted<I> {
    /// As many items as leave something of the credit, or a single one; `None` when it is known that there are no more.
    #[inline(always)]
    pub fn stretch(&mut self, credit: u64) -> Option<Stretch<Coming<I>>> {
        Stretch::of(credit, |left| {
            let Block { left, .. } = self.block(left)?;
            Some(Coming(*left, PhantomData))
        })
    }
}

/// How many items of an iterator that is counted are still to be given.
pub struct Coming<I>(u64, PhantomData<fn() -> I>);

impl<I: Iterator> Stretch<Coming<I>> {
    /// One item, which the cursor counts as given since the stretch began.
    #[inline(always)]
    pub fn next(&mut self, cursor: &mut Counted<I>) -> Option<I::Item> {
        Block { left: &mut self.items.0, from: cursor }.next()
    }
}

/// Some items of an iterator that is counted.
pub struct Block<'a, I> {
    left: &'a mut u64,
    from: &'a mut Counted<I>,
}

impl<I: Iterator> Iterator for Block<'_, I> {
    type Item = I::Item;

    #[inline]
    fn next(&mut self) -> Option<I::Item> {
        if *self.left == 0 {
            return None;
        }
        let item = self.from.iterator.next();
        match item {
            Some(_) => *self.left -= 1,
            None => {
                self.from.given = self.from.given.wrapping_sub(*self.left);
                self.from.is_over = true;
            }
        }
        item
    }
}

/// `#[resume] for`: the iterator itself is captured, and whether it has come to its end: serde does not say so of `a..=b`.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct Whole<I> {
    iterator: I,
    is_over: bool,
}

impl<I: Iterator> Whole<I> {
    /// The iterator that a `for` loop would make of `source`.
    #[inline]
    pub fn new<S: IntoIterator<IntoIter = I>>(source: S) -> Whole<I> {
        Whole { iterator: source.into_iter(), is_over: false }
    }

    /// At most `left` items, which are counted off; `None` when it is known that there are no more.
    #[inline]
    pub fn block<'a>(&'a mut self, left: &'a mut u64) -> Option<Part<'a, I>> {
        if self.is_over {
            return None;
        }
        Some(Part { left, iterator: &mut self.iterator, is_over: &mut self.is_over })
    }

    /// One item.
    #[inline]
    #[allow(clippy::should_implement_trait, reason = "an iterator could be advanced by accident")]
    pub fn next(&mut self) -> Option<I::Item> {
        if self.is_over { None } else { self.iterator.next() }
    }

    /// What is saved: the iterator as it is, past the last given item.
    #[inline]
    pub fn here(&self) -> Whole<&I> {
        Whole { iterator: &self.iterator, is_over: self.is_over || self.iterator.size_hint().1 == Some(0) }
    }
}

/// `#[transient] for`: items are taken as they come.
pub struct Passing<I> {
    iterator: I,
    is_over: bool,
}

impl<I: Iterator> Passing<I> {
    /// The iterator that a `for` loop would make of `source`.
    #[inline]
    pub fn new<S: IntoIterator<IntoIter = I>>(source: S) -> Passing<I> {
        Passing { iterator: source.into_iter(), is_over: false }
    }

    /// At most `left` items, which are counted off; `None` when it is known that there are no more.
    #[inline]
    pub fn block<'a>(&'a mut self, left: &'a mut u64) -> Option<Part<'a, I>> {
        if self.is_over {
            return None;
        }
        Some(Part { left, iterator: &mut self.iterator, is_over: &mut self.is_over })
    }

    /// One item.
    #[inline]
    #[allow(clippy::should_implement_trait, reason = "an iterator could be advanced by accident")]
    pub fn next(&mut self) -> Option<I::Item> {
        self.iterator.next()
    }
}

/// Some items of an iterator that is not counted.
pub struct Part<'a, I> {
    left: &'a mut u64,
    iterator: &'a mut I,
    is_over: &'a mut bool,
}

impl<I: Iterator> Iterator for Part<'_, I> {
    type Item = I::Item;

    #[inline]
    fn next(&mut self) -> Option<I::Item> {
        if *self.left == 0 {
            return None;
        }
        let item = self.iterator.next();
        match item {
            Some(_) => *self.left -= 1,
            None => *self.is_over = true,
        }
        item
    }
}

#[cfg(test)]
pub(super) mod tests {
    use super::{Passing, Whole};
    use crate::codec;

    /// Whether a source gives its items in blocks, and after each place at which it may be saved.
    macro_rules! check {
        ($source:expr) => {{
            let want: Vec<_> = $source.into_iter().map(|x| x.clone()).collect();
            for most in [1, 2, 3, 100] {
                let mut items = (&mut $crate::loops::items::Source::new($source)).cursor();
                let mut got = Vec::new();
                while let Some(block) = items.block(&mut most.clone()) {
                    let before = got.len();
                    for item in block {
                        got.push(item.clone());
                    }
                    // No pass, no snapshot.
                    if got.len() == before {
                        continue;
                    }
                    let here = items.here().0;
                    items = (&mut $crate::loops::items::Source::new($source)).cursor();
                    assert!($crate::loops::items::Cursor::skip(&mut items, here));
                }
                assert_eq!(got, want);
            }
            let mut items = (&mut $crate::loops::items::Source::new($source)).cursor();
            for want in want {
                assert_eq!(items.next().map(|x| x.clone()), Some(want.clone()));
                let again = items.again().0;
                items = (&mut $crate::loops::items::Source::new($source)).cursor();
                assert!($crate::loops::items::Cursor::skip(&mut items, again));
                assert_eq!(items.next().map(|x| x.clone()), Some(want));
            }
            assert!(items.next().is_none());
            let mut items = (&mut $crate::loops::items::Source::new($source)).cursor();
            assert!(!$crate::loops::items::Cursor::skip(&mut items, 1000));
        }};
    }
    pub(in crate::loops) use check;

    #[test]
    fn items_are_the_same_in_blocks() {
        let mut words = vec!["a".to_owned(), "bc".into(), String::new(), "d".into(), "e".into()];
        check!(words.clone());
        check!(&words);
        check!(&mut words);
        check!(words.iter().rev());
        check!([1, 2, 3]);
        check!((0..10).rev().step_by(3));
        check!(words.iter().zip(0..));
        check!(words.iter().map(String::len));
    }

    #[test]
    fn iterator_itself_comes_back() {
        let mut got = Vec::new();
        let mut whole = Whole::new(3..10_u8);
        while let Some(block) = whole.block(&mut 2) {
            let before = got.len();
            got.extend(block);
            if got.len() == before {
                continue;
            }
            let bytes = codec::to_vec(&whole.here()).expect("encodable");
            whole = codec::from_slice(&bytes).expect("the same type");
        }
        assert!(got.iter().copied().eq(3..10));
        let mut ended = Whole::new(1..=2);
        assert_eq!((ended.next(), ended.next()), (Some(1), Some(2)));
        let bytes = codec::to_vec(&ended.here()).expect("encodable");
        let mut ended: Whole<std::ops::RangeInclusive<i32>> = codec::from_slice(&bytes).expect("the same type");
        assert_eq!((ended.next(), ended.block(&mut 2).map(Iterator::count)), (None, None));
        assert_eq!(Passing::new(0..5).block(&mut 3).map(Iterator::sum), Some(3));
    }
}

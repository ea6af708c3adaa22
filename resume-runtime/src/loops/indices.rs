//! Blocks of numbers that are indices: the compiler sees that each is less than the lists are long, so that the check of an
//! index costs nothing. Of the end of a range, which may come out of a snapshot, it knows nothing.

use std::ops::Range;

use crate::loops::cursor::{Step, Steps};
use crate::loops::stretch::Stretch;

/// So many numbers, one after the other.
///
/// Where the range ends behind the end of a list, they are free, and the user's own check of the index decides. Whether they are
/// does not change within a loop, so that the compiler makes two of it.
#[derive(Clone, Debug)]
pub struct Indices<T> {
    next: T,
    stop: T,
    /// Not beyond `stop` nor the end of a list.
    limit: T,
    is_free: bool,
}

impl<T: Step> Iterator for Indices<T> {
    type Item = T;

    #[inline(always)]
    fn next(&mut self) -> Option<T> {
        let comes = if self.is_free { self.next < self.stop } else { self.next < self.limit };
        comes.then(|| {
            let number = self.next;
            self.next = number.forth();
            number
        })
    }
}

impl<T: Step> Steps<Range<T>> {
    /// As `block`, of indices of lists of which the shortest is so long.
    #[inline(always)]
    pub fn block_in(&mut self, shortest: usize, left: &mut u64) -> Option<Indices<T>> {
        let Range { start: next, end: stop } = self.block(left)?;
        let Some(shortest) = T::from_index(shortest) else {
            return Some(Indices { next, stop, limit: next, is_free: true });
        };
        // Asked of the end of the range: of `stop`, the compiler would take the limit for that itself, and forget the lists.
        let is_free = self.end() > shortest;
        Some(Indices { next, stop, limit: if stop < shortest { stop } else { shortest }, is_free })
    }

    /// As `stretch`, of indices of lists of which the shortest is so long.
    #[inline(always)]
    pub fn stretch_in(&mut self, shortest: usize, credit: u64) -> Option<Stretch<Indices<T>>> {
        Stretch::of(credit, |left| self.block_in(shortest, left))
    }
}

#[cfg(test)]
mod tests {
    use crate::loops::cursor::Steps;

    #[test]
    fn indices_are_the_numbers_of_the_range_however_long_a_list_is() {
        for length in 0..12 {
            for most in 1..12 {
                let (mut steps, mut got) = (Steps::new(3..9_usize), Vec::new());
                while let Some(block) = steps.block_in(length, &mut most.clone()) {
                    got.extend(block);
                }
                assert_eq!(got, [3, 4, 5, 6, 7, 8]);
                let (mut steps, mut got) = (Steps::new(-3..3_i8), Vec::new());
                while let Some(mut stretch) = steps.stretch_in(length, most) {
                    let before = got.len();
                    while let Some(number) = stretch.next(&mut steps) {
                        got.push(number);
                    }
                    assert!(!stretch.looks() || got.len() == before + 1);
                }
                assert_eq!(got, [-3, -2, -1, 0, 1, 2]);
            }
        }
    }
}

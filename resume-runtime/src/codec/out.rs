//! The bytes that values become.

use std::ops::{Deref, DerefMut, Range};

use super::room::in_large_pages;

/// How much memory is cleared at a time: so little that it is still in a near cache when values are written over it.
const PIECE: usize = 64 * 1024;

/// Bytes to append to, in memory that is used again and again. What was there before stays until it is written over: a
/// vector that is cleared would have to be filled with zeros in front of all that does not come in order.
#[derive(Default, Debug)]
pub(crate) struct Out {
    /// More than what has been written: the rest may be anything.
    memory: Vec<u8>,
    end: usize,
    is_short: bool,
}

impl Out {
    /// How many bytes there are: also known without a look at the memory.
    #[inline]
    pub(crate) fn len(&self) -> usize {
        self.end
    }

    /// Whether there was no memory for something: that is not among the bytes then.
    #[inline]
    pub(super) fn is_short(&self) -> bool {
        self.is_short
    }

    #[inline(always)]
    pub(super) fn push(&mut self, byte: u8) {
        match self.memory.get_mut(self.end) {
            Some(place) => {
                *place = byte;
                self.end += 1;
            }
            None => self.extend_beyond(&[byte]),
        }
    }

    #[inline(always)]
    pub(crate) fn extend_from_slice(&mut self, bytes: &[u8]) {
        let end = self.end + bytes.len();
        match self.memory.get_mut(self.end..end) {
            Some(place) => {
                place.copy_from_slice(bytes);
                self.end = end;
            }
            None => self.extend_beyond(bytes),
        }
    }

    #[cold]
    fn extend_beyond(&mut self, bytes: &[u8]) {
        let start = self.end;
        self.take(bytes.len());
        if !self.is_short {
            self.memory[start..self.end].copy_from_slice(bytes);
        }
    }

    /// Sees to it that there is memory for so many more bytes.
    #[inline]
    pub(super) fn reserve(&mut self, count: usize) {
        self.reach(self.end + count);
    }

    /// The memory at hand for what comes next, up to `most` bytes. What is put there counts once it is [`taken`](Out::take).
    #[inline]
    pub(super) fn spare(&mut self, most: usize) -> &mut [u8] {
        let spare = &mut self.memory[self.end..];
        let length = spare.len().min(most);
        &mut spare[..length]
    }

    /// The next bytes are written, or will be: until then they may be anything.
    #[inline]
    pub(super) fn take(&mut self, count: usize) {
        let end = self.end.saturating_add(count);
        if self.reach(end) {
            self.end = end;
        }
    }

    /// Asks for memory for so many more bytes.
    pub(super) fn try_reserve(&mut self, count: usize) -> Result<(), std::collections::TryReserveError> {
        let there = self.memory.len() - self.end;
        let before = self.memory.capacity();
        self.memory.try_reserve(count.saturating_sub(there))?;
        if self.memory.capacity() > before {
            in_large_pages(&self.memory);
        }
        Ok(())
    }

    pub(super) fn truncate(&mut self, length: usize) {
        self.end = self.end.min(length);
    }

    /// As it was when it had so many bytes.
    pub(super) fn go_back(&mut self, length: usize) {
        self.truncate(length);
        self.is_short = false;
    }

    pub(super) fn replace(&mut self, range: Range<usize>, with: &[u8]) {
        let (from, to) = (range.end..self.end, range.start + with.len());
        let end = to + from.len();
        if self.reach(end) {
            self.memory.copy_within(from, to);
            self.memory[range.start..to].copy_from_slice(with);
            self.end = end;
        }
    }

    /// Empty, with memory for so many bytes.
    pub(crate) fn reuse(&mut self, room: usize) {
        self.go_back(0);
        self.memory.truncate(room);
        self.memory.shrink_to(room);
    }

    pub(super) fn into_vec(mut self) -> Vec<u8> {
        self.memory.truncate(self.end);
        self.memory
    }

    /// Whether there is memory up to there.
    #[inline]
    fn reach(&mut self, end: usize) -> bool {
        end <= self.memory.len() || self.grow(end)
    }

    /// In tests, what has never been written to looks like what has been used.
    #[cold]
    fn grow(&mut self, end: usize) -> bool {
        let more = end - self.memory.len();
        // Room to grow, or else what is needed.
        if self.memory.try_reserve(more).is_err() && self.memory.try_reserve_exact(more).is_err() {
            self.is_short = true;
            return false;
        }
        let ahead = self.memory.capacity().min(self.memory.len() + PIECE);
        lengthen(&mut self.memory, end.max(ahead), if cfg!(test) { 0xA5 } else { 0 });
        true
    }

    #[cfg(test)]
    pub(crate) fn capacity(&self) -> usize {
        self.memory.capacity()
    }
}

impl Deref for Out {
    type Target = [u8];

    #[inline]
    fn deref(&self) -> &[u8] {
        &self.memory[..self.end]
    }
}

impl DerefMut for Out {
    #[inline]
    fn deref_mut(&mut self) -> &mut [u8] {
        &mut self.memory[..self.end]
    }
}

impl From<Vec<u8>> for Out {
    fn from(memory: Vec<u8>) -> Out {
        Out { end: memory.len(), memory, is_short: false }
    }
}

/// Lengthens `memory` to `length` bytes, the new ones being `value`. In a debug build `Vec::resize` sets one after the other.
fn lengthen(memory: &mut Vec<u8>, length: usize, value: u8) {
    let piece = [value; 4096];
    memory.reserve(length.saturating_sub(memory.len()));
    while memory.len() < length {
        let more = piece.len().min(length - memory.len());
        memory.extend_from_slice(&piece[..more]);
    }
}

#[cfg(test)]
mod tests {
    use super::{Out, lengthen};

    #[test]
    fn memory_is_lengthened_as_by_resize() {
        for (from, to) in [(0, 0), (3, 2), (3, 3), (0, 4096), (1, 4097), (5, 10_000)] {
            let (mut memory, mut expected) = (vec![7; from], vec![7; from]);
            lengthen(&mut memory, to, 9);
            expected.resize(expected.len().max(to), 9);
            assert_eq!(memory, expected);
        }
    }

    #[test]
    fn what_there_is_no_memory_for_is_not_taken() {
        let mut out = Out::default();
        out.extend_from_slice(b"some");
        out.take(isize::MAX.unsigned_abs());
        assert!(out.is_short());
        assert_eq!(*out, *b"some");
        out.take(usize::MAX);
        out.truncate(3);
        assert!(out.is_short(), "until all of it is given up");
        out.go_back(2);
        assert!(!out.is_short());
        out.push(b'!');
        assert_eq!(*out, *b"so!");
    }

    #[test]
    fn what_is_replaced_moves_what_follows() {
        let mut out = Out::from(b"a small house".to_vec());
        out.replace(2..7, b"very large");
        assert_eq!(*out, *b"a very large house");
        out.replace(2..12, b"big");
        assert_eq!(*out, *b"a big house");
        out.reuse(4);
        out.extend_from_slice(b"another one");
        assert_eq!(*out, *b"another one");
    }
}

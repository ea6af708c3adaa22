//! Memory for what is read from a store. Where there is much of it, the system is asked for large pages: it hands out fresh
//! memory page by page, and of a value of 8 MB that would be 2,000 times.

use std::io;
use std::ops::{Deref, DerefMut, Range};

use memmap2::MmapMut;

/// From here on it pays.
const LARGE: usize = 4 << 20;
/// A large page, which begins at a multiple of this: a part of the buffer beside one would be handed out in small ones.
const PAGE: usize = 2 << 20;

/// Bytes of a fixed number.
#[derive(Debug)]
pub(crate) enum Buffer {
    Heap(Vec<u8>),
    /// Where in the pages they are.
    Pages(MmapMut, Range<usize>),
}

impl Buffer {
    /// So many zeros, if there is so much memory; untouched so far.
    pub(crate) fn zeros(length: usize) -> io::Result<Buffer> {
        if length >= LARGE {
            // What is never touched costs nothing.
            let whole = length.checked_next_multiple_of(PAGE).and_then(|whole| whole.checked_add(PAGE));
            let pages = MmapMut::map_anon(whole.ok_or(io::ErrorKind::OutOfMemory)?)?;
            // Only faster, if it is done at all.
            #[cfg(target_os = "linux")]
            let _ = pages.advise(memmap2::Advice::HugePage);
            let start = pages.as_ptr().addr().wrapping_neg() % PAGE;
            return Ok(Buffer::Pages(pages, start..start + length));
        }
        Vec::<u8>::new().try_reserve_exact(length)?;
        Ok(Buffer::Heap(vec![0; length]))
    }
}

impl Default for Buffer {
    fn default() -> Buffer {
        Buffer::Heap(Vec::new())
    }
}

impl From<Vec<u8>> for Buffer {
    fn from(bytes: Vec<u8>) -> Buffer {
        Buffer::Heap(bytes)
    }
}

impl Deref for Buffer {
    type Target = [u8];

    fn deref(&self) -> &[u8] {
        match self {
            Buffer::Heap(bytes) => bytes,
            Buffer::Pages(pages, range) => &pages[range.clone()],
        }
    }
}

impl DerefMut for Buffer {
    fn deref_mut(&mut self) -> &mut [u8] {
        match self {
            Buffer::Heap(bytes) => bytes,
            Buffer::Pages(pages, range) => &mut pages[range.clone()],
        }
    }
}

#[cfg(test)]
mod tests {
    use super::{Buffer, LARGE};

    #[test]
    fn there_are_so_many_zeros() {
        for length in [0, 1, LARGE - 1, LARGE, LARGE + 4097] {
            let mut memory = Buffer::zeros(length).expect("there is so much");
            assert_eq!(memory.len(), length);
            assert!(memory.iter().all(|byte| *byte == 0));
            memory.fill(7);
            assert!(memory.iter().all(|byte| *byte == 7));
        }
        assert!(Buffer::zeros(usize::MAX).is_err());
        assert!(Buffer::zeros(usize::MAX / 2).is_err());
    }
}

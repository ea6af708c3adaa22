//! Memory for what is read from a store. Where there is much of it, the system is asked for large pages: it hands out fresh
//! memory page by page, and of a value of 8 MB that would be 2,000 times. Large pages have to be cleared as well, so the last
//! one stays for the next run that is restored, unless it is very large.

use std::io;
use std::ops::{Deref, DerefMut, Range};
use std::sync::Mutex;

use memmap2::MmapMut;

use crate::mutex::locked;

/// From here on it pays.
const LARGE: usize = 4 << 20;
/// A large page, which begins at a multiple of this: a part of the buffer beside one would be handed out in small ones.
const PAGE: usize = 2 << 20;
/// The most memory that stays for the next value.
const KEPT: usize = 16 << 20;

static SPARE: Mutex<Option<MmapMut>> = Mutex::new(None);

/// Bytes of a fixed number.
#[derive(Debug)]
pub(crate) enum Buffer {
    Heap(Vec<u8>),
    Large(Large),
}

/// Bytes in large pages.
#[derive(Debug)]
pub(crate) struct Large {
    /// Always there, until it is dropped.
    pages: Option<MmapMut>,
    /// Where in the pages they are.
    bytes: Range<usize>,
}

impl Buffer {
    /// So many bytes, whatever they are, if there is so much memory; untouched so far, where it is fresh.
    pub(crate) fn any(length: usize) -> io::Result<Buffer> {
        if length >= LARGE {
            return Large::any(length).map(Buffer::Large);
        }
        Vec::<u8>::new().try_reserve_exact(length)?;
        Ok(Buffer::Heap(vec![0; length]))
    }
}

impl Large {
    fn any(length: usize) -> io::Result<Large> {
        // What is never touched costs nothing.
        let whole = length.checked_next_multiple_of(PAGE).and_then(|whole| whole.checked_add(PAGE));
        let whole = whole.ok_or(io::ErrorKind::OutOfMemory)?;
        let spare = locked(&SPARE).take_if(|pages| pages.len() >= whole);
        let pages = match spare {
            Some(pages) => pages,
            None => {
                let pages = MmapMut::map_anon(whole)?;
                // Only faster, if it is done at all.
                #[cfg(target_os = "linux")]
                let _ = pages.advise(memmap2::Advice::HugePage);
                pages
            }
        };
        let start = pages.as_ptr().addr().wrapping_neg() % PAGE;
        Ok(Large { pages: Some(pages), bytes: start..start + length })
    }
}

impl Drop for Large {
    fn drop(&mut self) {
        if let Some(pages) = self.pages.take_if(|pages| pages.len() <= KEPT) {
            *locked(&SPARE) = Some(pages);
        }
    }
}

impl Deref for Large {
    type Target = [u8];

    fn deref(&self) -> &[u8] {
        self.pages.as_deref().map_or(&[], |pages| &pages[self.bytes.clone()])
    }
}

impl DerefMut for Large {
    fn deref_mut(&mut self) -> &mut [u8] {
        self.pages.as_deref_mut().map_or(&mut [], |pages| &mut pages[self.bytes.clone()])
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
            Buffer::Large(bytes) => bytes,
        }
    }
}

impl DerefMut for Buffer {
    fn deref_mut(&mut self) -> &mut [u8] {
        match self {
            Buffer::Heap(bytes) => bytes,
            Buffer::Large(bytes) => bytes,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::{Buffer, KEPT, LARGE};

    #[test]
    fn there_are_so_many_bytes_whoever_had_them_before() {
        for length in [0, 1, LARGE - 1, LARGE, LARGE + 4097, KEPT, LARGE + 1, 2 * LARGE] {
            let mut memory = Buffer::any(length).expect("there is so much");
            assert_eq!(memory.len(), length);
            memory.fill(7);
            assert!(memory.iter().all(|byte| *byte == 7));
        }
        assert!(Buffer::any(usize::MAX).is_err());
        assert!(Buffer::any(usize::MAX / 2).is_err());
    }

    #[test]
    fn no_two_have_the_same_bytes() {
        let mut first = Buffer::any(LARGE).expect("there is so much");
        first.fill(1);
        drop(first);
        let (mut second, mut third) = (Buffer::any(LARGE).expect("memory"), Buffer::any(LARGE).expect("memory"));
        second.fill(2);
        third.fill(3);
        assert!(second.iter().all(|byte| *byte == 2));
    }
}

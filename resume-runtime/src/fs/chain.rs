//! The checksum of a file that is written or read from one end to the other, and can be taken up in the middle.

use std::io;

use serde::{Deserialize, Serialize};

use super::hash::Hash;
use super::medium::{self, Medium};

/// Bytes of a block: what has to be read at most twice to take up a sum and to check the end of what it is of.
pub(super) const BLOCK: u64 = 1 << 20;

/// A checksum while it grows: one of each full block, chained, and one of what follows.
#[derive(Clone)]
pub(super) struct Chain {
    sum: Sum,
    rest: Hash,
}

/// What a snapshot holds of it.
#[derive(Clone, Default, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub(super) struct Sum {
    /// Where it begins: the start of a block.
    from: u64,
    /// Where it ends.
    pub(super) length: u64,
    /// Of all full blocks.
    blocks: u64,
    /// Of the last full block.
    last: u64,
    /// Of what follows it.
    rest: u64,
}

/// How much of a file is read to check it.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) enum Depth {
    /// Its last full block and what follows.
    Tail,
    /// All of it.
    Whole,
}

impl Chain {
    /// Of a file from its first byte.
    pub(super) fn new() -> Chain {
        Chain::from(0)
    }

    fn from(from: u64) -> Chain {
        Chain { sum: Sum { from, length: from, ..Sum::default() }, rest: Hash::new() }
    }

    /// Of the end of a file that has `length` bytes already.
    pub(super) fn at_end_of(medium: &mut dyn Medium, length: u64) -> io::Result<Chain> {
        let mut chain = Chain::from((length / BLOCK).saturating_sub(1) * BLOCK);
        chain.read(medium, length)?;
        Ok(chain)
    }

    /// Where it ends.
    pub(super) fn length(&self) -> u64 {
        self.sum.length
    }

    /// The bytes that follow.
    pub(super) fn update(&mut self, mut bytes: &[u8]) {
        while !bytes.is_empty() {
            let room = BLOCK - self.sum.length % BLOCK;
            let (now, later) = bytes.split_at(bytes.len().min(room as usize));
            self.rest.update(now);
            self.sum.length += now.len() as u64;
            if self.sum.length.is_multiple_of(BLOCK) {
                self.sum.last = self.rest.digest();
                self.sum.blocks = chained(self.sum.blocks, self.sum.last);
                self.rest.reset();
            }
            bytes = later;
        }
    }

    pub(super) fn sum(&self) -> Sum {
        Sum { rest: self.rest.digest(), ..self.sum.clone() }
    }

    /// Reads on up to `end`; ends before it where the file does.
    fn read(&mut self, medium: &mut dyn Medium, end: u64) -> io::Result<()> {
        let mut buffer = vec![0; 1 << 16];
        while self.sum.length < end {
            let most = (end - self.sum.length).min(buffer.len() as u64) as usize;
            let read = medium::read_full(medium, &mut buffer[..most], self.sum.length)?;
            if read == 0 {
                break;
            }
            self.update(&buffer[..read]);
        }
        Ok(())
    }
}

impl Sum {
    /// How many bytes it is of.
    pub(super) fn covered(&self) -> u64 {
        self.length.saturating_sub(self.from)
    }

    /// Goes on with the sum, if the file is what it was taken of.
    pub(super) fn take_up(&self, medium: &mut dyn Medium, depth: Depth) -> io::Result<Option<Chain>> {
        let tail = (self.length / BLOCK).saturating_sub(1) * BLOCK;
        let from = if depth == Depth::Whole { self.from } else { self.from.max(tail) };
        let mut chain = Chain::from(from);
        chain.read(medium, self.length)?;
        if from > self.from {
            // The blocks before are not read again: their sum is taken as it is.
            chain.sum.from = self.from;
            chain.sum.blocks = self.blocks;
        }
        Ok((chain.sum() == *self).then_some(chain))
    }
}

fn chained(before: u64, block: u64) -> u64 {
    let mut hash = Hash::new();
    hash.update(&before.to_le_bytes());
    hash.update(&block.to_le_bytes());
    hash.digest()
}

#[cfg(test)]
mod tests {
    use super::{BLOCK, Chain, Depth};
    use crate::fs::medium::tests::Disk;

    fn content(length: usize) -> Vec<u8> {
        (0..length).map(|n| (n % 251) as u8 ^ (n >> 16) as u8).collect()
    }

    fn of(bytes: &[u8], step: usize) -> Chain {
        let mut chain = Chain::new();
        bytes.chunks(step.max(1)).for_each(|chunk| chain.update(chunk));
        chain
    }

    /// Lengths around the borders of blocks.
    fn lengths() -> impl Iterator<Item = usize> {
        let block = BLOCK as usize;
        [0, 1, 70_000, block - 1, block, block + 1, 2 * block, 2 * block + 5, 3 * block + 700].into_iter()
    }

    #[test]
    fn a_sum_is_the_same_in_any_steps_and_after_any_stop() {
        for length in lengths() {
            let bytes = content(length);
            let sum = of(&bytes, 1 << 22).sum();
            assert_eq!(of(&bytes, 777).sum(), sum);
            for depth in [Depth::Tail, Depth::Whole] {
                let mut disk = Disk::holding(&bytes);
                let mut chain = sum.take_up(&mut disk, depth).unwrap().expect("the same file");
                let more = content(BLOCK as usize + 3);
                chain.update(&more);
                assert_eq!(chain.sum(), of(&[bytes.clone(), more].concat(), 4096).sum(), "{length} {depth:?}");
            }
        }
    }

    #[test]
    fn a_change_is_noticed_where_it_is_looked_for() {
        for length in lengths().filter(|length| *length > 0) {
            let bytes = content(length);
            let sum = of(&bytes, 4096).sum();
            for place in [0, length / 2, length.saturating_sub(BLOCK as usize), length - 1] {
                let mut changed = bytes.clone();
                changed[place] ^= 1;
                let found = sum.take_up(&mut Disk::holding(&changed), Depth::Whole).unwrap();
                assert!(found.is_none(), "{length} {place}");
                if length - place <= BLOCK as usize {
                    let found = sum.take_up(&mut Disk::holding(&changed), Depth::Tail).unwrap();
                    assert!(found.is_none(), "{length} {place} at the tail");
                }
            }
            let short = sum.take_up(&mut Disk::holding(&bytes[..length - 1]), Depth::Tail).unwrap();
            assert!(short.is_none());
        }
    }

    #[test]
    fn the_end_of_a_file_that_was_there_counts() {
        let bytes = content(5 * BLOCK as usize / 2);
        let mut disk = Disk::holding(&bytes);
        let mut chain = Chain::at_end_of(&mut disk, bytes.len() as u64).unwrap();
        assert_eq!(chain.sum().covered(), 3 * BLOCK / 2);
        chain.update(b"more");
        let all = [&bytes, &b"more"[..]].concat();
        for depth in [Depth::Tail, Depth::Whole] {
            let again = chain.sum().take_up(&mut Disk::holding(&all), depth).unwrap();
            assert_eq!(again.map(|chain| chain.sum()), Some(chain.sum()));
        }
    }
}

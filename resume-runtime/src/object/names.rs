//! The names of blocks, which are their hashes.
//!
//! Hashing takes about half as long as handing the bytes to the system, so where there is much of it a second thread helps:
//! it begins with the last block, while the one that writes begins with the first. Where they meet, all have a name. Neither
//! ever waits for the other, so that with no processor to spare nothing is lost.

use std::num::NonZero;
use std::sync::OnceLock;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::thread;
use std::time::Duration;

use super::cut::Piece;
use super::{Hash, LARGE};
use crate::clock;
use crate::saver::taken::Taken;

/// The blocks of a snapshot, in the order in which they are written.
pub(super) struct Names<'a> {
    taken: &'a Taken,
    pieces: Vec<Piece>,
    hashes: Vec<OnceLock<Hash>>,
    /// How many, from the first on, whoever writes has asked for.
    reached: AtomicUsize,
}

impl<'a> Names<'a> {
    pub(super) fn of(taken: &'a Taken, pieces: Vec<Piece>) -> Names<'a> {
        let hashes = pieces.iter().map(|_| OnceLock::new()).collect();
        Names { taken, pieces, hashes, reached: AtomicUsize::new(0) }
    }

    /// All blocks with their names, in order.
    pub(super) fn iter(&self) -> impl Iterator<Item = (&Piece, &[u8], Hash)> {
        self.pieces.iter().zip(&self.hashes).enumerate().map(|(index, (piece, hash))| {
            self.reached.store(index + 1, Ordering::Relaxed);
            let bytes = self.taken.bytes(&piece.bytes);
            // Not `get_or_init`: it would wait for the other thread, which may not have a processor.
            (piece, bytes, hash.get().copied().unwrap_or_else(|| name(hash, bytes)))
        })
    }

    /// Does `work`, which asks for the names, and helps with them. Gives the processor time that the help took as well.
    pub(super) fn helped<T>(&self, work: impl FnOnce() -> T) -> (T, Duration) {
        let size: usize = self.pieces.iter().map(|piece| piece.bytes.len()).sum();
        if size < LARGE || thread::available_parallelism().map_or(1, NonZero::get) == 1 {
            return (work(), Duration::ZERO);
        }
        thread::scope(|scope| {
            let helper = thread::Builder::new().name("resume-hasher".to_owned());
            // One that is not to be had leaves all to the other.
            let helper = helper.spawn_scoped(scope, || self.help()).ok();
            let done = work();
            // After an error there may be some left, that nobody needs.
            self.reached.store(self.pieces.len(), Ordering::Relaxed);
            let took = helper.map_or(Duration::ZERO, |helper| match helper.join() {
                Ok(took) => took,
                Err(payload) => std::panic::resume_unwind(payload),
            });
            (done, took)
        })
    }

    fn help(&self) -> Duration {
        let began = clock::thread_time();
        for (index, (piece, hash)) in self.pieces.iter().zip(&self.hashes).enumerate().rev() {
            if index < self.reached.load(Ordering::Relaxed) {
                break;
            }
            name(hash, self.taken.bytes(&piece.bytes));
        }
        clock::thread_time().saturating_sub(began)
    }
}

/// If both threads name a block, they give it the same name.
fn name(place: &OnceLock<Hash>, bytes: &[u8]) -> Hash {
    let hash = *blake3::hash(bytes).as_bytes();
    let _ = place.set(hash);
    hash
}

#[cfg(test)]
mod tests {
    use super::super::cut::Piece;
    use super::{LARGE, Names};
    use crate::saver::taken::Taken;

    #[test]
    fn each_block_gets_its_name_with_and_without_help() {
        let mut taken = Taken::default();
        let byte = |i: usize| ((i as u32).wrapping_mul(0x9e37_79b9) >> 24) as u8;
        taken.push("a", &(0..2 * LARGE).map(byte).collect::<Vec<u8>>());
        for size in [4096, LARGE / 2, 2 * LARGE] {
            let starts = (0..size).step_by(4096);
            let pieces: Vec<Piece> = starts.map(|start| Piece { bytes: start..start + 4096, width: 1 }).collect();
            let names = Names::of(&taken, pieces.clone());
            let (given, _) = names.helped(|| names.iter().map(|(piece, _, hash)| (piece.clone(), hash)).collect());
            let expected = |piece: Piece| (piece.clone(), *blake3::hash(taken.bytes(&piece.bytes)).as_bytes());
            let expected: Vec<_> = pieces.into_iter().map(expected).collect();
            let given: Vec<_> = given;
            assert!(given == expected);
            assert!(names.iter().map(|(_, _, hash)| hash).eq(expected.iter().map(|(_, hash)| *hash)), "again");
        }
    }

    #[test]
    fn help_ends_where_the_work_does() {
        let mut taken = Taken::default();
        taken.push("a", &vec![1; 2 * LARGE]);
        let pieces = (0..2 * LARGE).step_by(512).map(|start| Piece { bytes: start..start + 512, width: 1 });
        let names = Names::of(&taken, pieces.collect());
        assert_eq!(names.helped(|| "an error").0, "an error");
    }
}

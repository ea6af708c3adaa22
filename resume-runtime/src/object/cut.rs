//! The cut of a stream into blocks, so that what did not change is in blocks that did not change.
//!
//! Large arrays are cut by themselves: their blocks begin where the numbers begin, so a longer head, or a longer value
//! before them, moves none of their cuts. All else is cut where an array begins, if there is one at about the right
//! distance, and after so many bytes otherwise.

use std::ops::Range;

use super::BLOCK;
use crate::codec::Packed;

/// A block of captured bytes.
#[derive(Clone, PartialEq, Eq, Debug)]
pub(super) struct Piece {
    pub(super) bytes: Range<usize>,
    /// The width of most numbers in it; 1 if there are none.
    pub(super) width: u8,
}

/// Cuts `bytes` of a capture; `arrays` are those that lie in it, in order.
pub(super) fn cut(bytes: Range<usize>, arrays: &[Packed]) -> Vec<Piece> {
    let mut pieces = Vec::with_capacity(bytes.len() / BLOCK + 2);
    let (mut from, mut small) = (bytes.start, 0);
    for (index, array) in arrays.iter().enumerate() {
        if array.length >= BLOCK {
            mixed(from..array.start, &arrays[small..index], &mut pieces);
            let end = array.start + array.length;
            even(array.start..end, array.width, &mut pieces);
            (from, small) = (end, index + 1);
        }
    }
    mixed(from..bytes.end, &arrays[small..], &mut pieces);
    pieces
}

/// One array of numbers.
fn even(bytes: Range<usize>, width: u8, pieces: &mut Vec<Piece>) {
    let starts = bytes.clone().step_by(BLOCK);
    pieces.extend(starts.map(|start| Piece { bytes: start..bytes.end.min(start + BLOCK), width }));
}

/// Anything, with only small arrays in it.
fn mixed(bytes: Range<usize>, arrays: &[Packed], pieces: &mut Vec<Piece>) {
    let (mut start, mut first) = (bytes.start, 0);
    while start < bytes.end {
        let most = bytes.end.min(start + BLOCK);
        let mut end = most;
        let mut next = first;
        while let Some(array) = arrays.get(next).filter(|array| array.start < most) {
            if most < bytes.end && array.start >= start + BLOCK / 2 {
                end = array.start;
                break;
            }
            next += 1;
        }
        pieces.push(Piece { bytes: start..end, width: width(&arrays[first..next], start..end) });
        // An array that goes on behind the cut counts there too.
        first = next - arrays[first..next].last().map_or(0, |last| usize::from(last.start + last.length > end));
        start = end;
    }
}

/// The width of most numbers.
fn width(arrays: &[Packed], within: Range<usize>) -> u8 {
    let mut bytes = [0; 9];
    for array in arrays {
        let length = (array.start + array.length).min(within.end).saturating_sub(array.start.max(within.start));
        if let Some(count) = bytes.get_mut(usize::from(array.width)) {
            *count += length;
        }
    }
    let most = (2..=8).max_by_key(|width| bytes[*width]).filter(|width| bytes[*width] > within.len() / 2);
    most.map_or(1, |width| width as u8)
}

#[cfg(test)]
mod tests {
    use super::{Piece, cut};
    use crate::codec::Packed;
    use crate::object::BLOCK;

    fn covers(pieces: &[Piece], from: usize, to: usize) {
        let mut at = from;
        for piece in pieces {
            assert_eq!(piece.bytes.start, at);
            assert!(piece.bytes.len() <= BLOCK && !piece.bytes.is_empty(), "{piece:?}");
            at = piece.bytes.end;
        }
        assert_eq!(at, to);
    }

    fn array(start: usize, length: usize, width: u8) -> Packed {
        Packed { start, length, width }
    }

    #[test]
    fn pieces_cover_all_once() {
        for length in [1, 4097, BLOCK, BLOCK + 1, 5 * BLOCK + 77] {
            covers(&cut(10..10 + length, &[]), 10, 10 + length);
        }
        let many: Vec<Packed> = (0..100).map(|n| array(20 + n * 8030, 8000, 8)).collect();
        let pieces = cut(10..810_000, &many);
        covers(&pieces, 10, 810_000);
        assert!(pieces.iter().filter(|piece| piece.width == 8).count() >= pieces.len() - 1);
        let mixed = [array(100, 3 * BLOCK + 5, 8), array(3 * BLOCK + 200, 4096, 4), array(4 * BLOCK, 2 * BLOCK, 2)];
        covers(&cut(0..7 * BLOCK, &mixed), 0, 7 * BLOCK);
    }

    #[test]
    fn a_large_array_is_cut_from_its_own_start() {
        let before = cut(0..4 * BLOCK, &[array(9, 3 * BLOCK, 8)]);
        let after = cut(0..4 * BLOCK, &[array(11, 3 * BLOCK, 8)]);
        let own = |pieces: &[Piece], start| -> Vec<usize> {
            pieces.iter().filter(|piece| piece.width == 8).map(|piece| piece.bytes.start - start).collect()
        };
        assert_eq!(own(&before, 9), [0, BLOCK, 2 * BLOCK]);
        assert_eq!(own(&before, 9), own(&after, 11));
    }
}

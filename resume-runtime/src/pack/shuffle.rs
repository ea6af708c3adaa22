//! Byte shuffle: of numbers `width` bytes wide, all first bytes, then all second bytes, and so on.
//!
//! The bytes of one plane resemble each other (signs and exponents do, low bits of a mantissa do not), so they compress
//! better, and planes that do not compress can be told from those that do. The stride matters, not where the first number
//! begins: if the numbers begin at another phase, the planes come in another order.
//!
//! Eight numbers at a time go through registers as `u64`s; this is safe code that runs nearly at the speed of a copy.

/// Low halves of each pair of 32-bit, 16-bit and 8-bit lanes.
const LOW_32: u64 = 0x0000_0000_FFFF_FFFF;
const LOW_16: u64 = 0x0000_FFFF_0000_FFFF;
const LOW_8: u64 = 0x00FF_00FF_00FF_00FF;

/// Numbers that are moved in one step.
const STEP: usize = 8;

/// Whether numbers of this width can be shuffled.
pub(super) fn is_width(width: u8) -> bool {
    matches!(width, 2 | 4 | 8)
}

/// Splits `block` into `width` planes of `block.len() / width` bytes each, one behind the other in `planes`. The bytes that
/// are left over at the end of `block` belong to no plane.
pub(super) fn split(width: u8, block: &[u8], planes: &mut [u8]) {
    match width {
        2 => split_by::<2>(block, planes, transpose_2),
        4 => split_by::<4>(block, planes, transpose_4),
        8 => split_by::<8>(block, planes, transpose_8),
        _ => unreachable!("BUG: a width of {width} cannot be split"),
    }
}

/// Puts the planes together again: undoes `split`. Each plane has `numbers.len() / planes.len()` bytes.
pub(super) fn join(planes: &[&[u8]], numbers: &mut [u8]) {
    match *planes {
        [a, b] => join_by([a, b], numbers, untranspose_2),
        [a, b, c, d] => join_by([a, b, c, d], numbers, untranspose_4),
        [a, b, c, d, e, f, g, h] => join_by([a, b, c, d, e, f, g, h], numbers, transpose_8),
        _ => unreachable!("BUG: {} planes cannot be joined", planes.len()),
    }
}

fn split_by<const W: usize>(block: &[u8], planes: &mut [u8], transpose: impl Fn([u64; W]) -> [u64; W]) {
    let count = block.len() / W;
    let (numbers, _) = block.as_chunks::<W>();
    let mut rest = planes;
    let mut planes: [&mut [u8]; W] = std::array::from_fn(|_| {
        let (plane, after) = std::mem::take(&mut rest).split_at_mut(count);
        rest = after;
        plane
    });
    let steps = count / STEP;
    for step in 0..steps {
        let words = transpose(load(numbers[step * STEP..][..STEP].as_flattened()));
        for (plane, word) in planes.iter_mut().zip(words) {
            plane[step * STEP..][..STEP].copy_from_slice(&word.to_le_bytes());
        }
    }
    for at in steps * STEP..count {
        for (plane, byte) in planes.iter_mut().zip(numbers[at]) {
            plane[at] = byte;
        }
    }
}

fn join_by<const W: usize>(planes: [&[u8]; W], numbers: &mut [u8], transpose: impl Fn([u64; W]) -> [u64; W]) {
    let count = numbers.len() / W;
    let planes = planes.map(|plane| &plane[..count]);
    let (numbers, _) = numbers.as_chunks_mut::<W>();
    let steps = count / STEP;
    for step in 0..steps {
        let words = transpose(std::array::from_fn(|i| word(&planes[i][step * STEP..])));
        let bytes = numbers[step * STEP..][..STEP].as_flattened_mut();
        for i in 0..W {
            bytes[i * 8..][..8].copy_from_slice(&words[i].to_le_bytes());
        }
    }
    for at in steps * STEP..count {
        numbers[at] = planes.map(|plane| plane[at]);
    }
}

fn word(bytes: &[u8]) -> u64 {
    u64::from_le_bytes(*bytes.first_chunk().expect("BUG: a word has eight bytes"))
}

fn load<const W: usize>(bytes: &[u8]) -> [u64; W] {
    std::array::from_fn(|i| word(&bytes[i * 8..]))
}

/// The two words with the upper half of each lane pair of `a` and the lower one of `b` exchanged.
fn exchange(a: u64, b: u64, low: u64, shift: u32) -> (u64, u64) {
    ((a & low) | ((b & low) << shift), ((a >> shift) & low) | (b & !low))
}

/// Eight numbers of eight bytes to eight planes, and back: the transpose of a square is its own inverse.
fn transpose_8(mut x: [u64; 8]) -> [u64; 8] {
    for i in [0, 1, 2, 3] {
        (x[i], x[i + 4]) = exchange(x[i], x[i + 4], LOW_32, 32);
    }
    for i in [0, 1, 4, 5] {
        (x[i], x[i + 2]) = exchange(x[i], x[i + 2], LOW_16, 16);
    }
    for i in [0, 2, 4, 6] {
        (x[i], x[i + 1]) = exchange(x[i], x[i + 1], LOW_8, 8);
    }
    x
}

/// Eight numbers of four bytes to four planes.
fn transpose_4([a, b, c, d]: [u64; 4]) -> [u64; 4] {
    let ((a, b), (c, d)) = (exchange(a, c, LOW_32, 32), exchange(b, d, LOW_32, 32));
    let ((a, c), (b, d)) = (exchange(a, c, LOW_16, 16), exchange(b, d, LOW_16, 16));
    let ((a, b), (c, d)) = (exchange(a, b, LOW_8, 8), exchange(c, d, LOW_8, 8));
    [a, b, c, d]
}

/// Undoes `transpose_4`.
fn untranspose_4([a, b, c, d]: [u64; 4]) -> [u64; 4] {
    let ((a, b), (c, d)) = (exchange(a, b, LOW_8, 8), exchange(c, d, LOW_8, 8));
    let ((a, c), (b, d)) = (exchange(a, c, LOW_16, 16), exchange(b, d, LOW_16, 16));
    let ((a, c), (b, d)) = (exchange(a, b, LOW_32, 32), exchange(c, d, LOW_32, 32));
    [a, b, c, d]
}

/// Eight numbers of two bytes to two planes.
fn transpose_2([a, b]: [u64; 2]) -> [u64; 2] {
    let (a, b) = exchange(a, b, LOW_32, 32);
    let (a, b) = exchange(a, b, LOW_16, 16);
    let (a, b) = exchange(a, b, LOW_8, 8);
    [a, b]
}

/// Undoes `transpose_2`.
fn untranspose_2([a, b]: [u64; 2]) -> [u64; 2] {
    let (a, b) = exchange(a, b, LOW_8, 8);
    let (a, b) = exchange(a, b, LOW_16, 16);
    let (a, b) = exchange(a, b, LOW_32, 32);
    [a, b]
}

#[cfg(test)]
mod tests {
    use super::*;

    /// As the definition says it, byte by byte.
    fn plainly_split(width: usize, block: &[u8]) -> Vec<u8> {
        let count = block.len() / width;
        (0..width).flat_map(|plane| (0..count).map(move |at| block[at * width + plane])).collect()
    }

    #[test]
    fn planes_are_those_of_the_definition_and_join_again() {
        for width in [2, 4, 8] {
            for count in (0..70).chain([1000, 1023, 4097]) {
                let block: Vec<u8> = (0..count * width).map(|i| (i * 31 + i / 7 + i / 256) as u8).collect();
                let mut planes = vec![0; block.len()];
                split(width as u8, &block, &mut planes);
                assert_eq!(planes, plainly_split(width, &block), "{count} numbers of {width} bytes");
                let mut numbers = vec![0; block.len()];
                let each: Vec<&[u8]> = (0..width).map(|plane| &planes[plane * count..][..count]).collect();
                join(&each, &mut numbers);
                assert_eq!(numbers, block, "{count} numbers of {width} bytes");
            }
        }
    }
}

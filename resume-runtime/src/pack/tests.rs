//! Every kind of block comes back; hostile ones do not harm.

use super::*;
use rand_chacha::ChaCha8Rng;
use rand_chacha::rand_core::{Rng, SeedableRng};

const SIZES: [usize; 13] = [0, 1, 7, 8, 9, 255, 256, 257, 1000, 4095, 4096, 65536, 65536 + 3];
const WIDTHS: [u8; 7] = [0, 1, 2, 3, 4, 8, 16];
const WAYS: [Compression; 6] = [
    Compression::None,
    Compression::Lz4,
    Compression::Zstd(1),
    Compression::Zstd(3),
    Compression::Zstd(i32::MIN),
    Compression::Zstd(i32::MAX),
];

fn draws() -> ChaCha8Rng {
    ChaCha8Rng::seed_from_u64(7)
}

fn random(size: usize) -> Vec<u8> {
    let mut bytes = vec![0; size];
    draws().fill_bytes(&mut bytes);
    bytes
}

/// Numbers of eight bytes in 0..1: two planes that compress, six that do not.
fn fractions(size: usize) -> Vec<u8> {
    let mut draws = draws();
    let numbers = (0..size.div_ceil(8)).map(|_| (draws.next_u64() >> 11) as f64 / (1u64 << 53) as f64);
    numbers.flat_map(f64::to_le_bytes).take(size).collect()
}

/// Blocks of one size.
fn kinds(size: usize) -> [(&'static str, Vec<u8>); 6] {
    let numbers = |from: fn(u64) -> u64| (0..size as u64).flat_map(|i| from(i).to_le_bytes()).take(size).collect();
    [
        ("zeros", vec![0; size]),
        ("random", random(size)),
        ("fractions", fractions(size)),
        ("counters", numbers(|i| i)),
        ("few values", numbers(|i| (i * i) % 11)),
        ("text", b"it goes on inside its loops, where it was; ".iter().copied().cycle().take(size).collect()),
    ]
}

#[test]
fn every_block_comes_back() {
    for how in WAYS {
        let (mut packer, mut unpacker) = (Packer::new(how), Unpacker::new());
        // Without optimisation the high levels take long over large blocks; they decode as the others.
        let largest = if how == Compression::Zstd(i32::MAX) { 4096 } else { usize::MAX };
        for size in SIZES.into_iter().filter(|size| *size <= largest) {
            for ((name, block), width) in kinds(size).iter().flat_map(|kind| WIDTHS.map(|width| (kind, width))) {
                let (stored, bytes) = packer.pack(block, width);
                assert!(bytes.len() <= block.len(), "{how} {name} {size} by {width}: larger than it was");
                let mut out = vec![7; size];
                unpacker.unpack(stored, bytes, &mut out).unwrap();
                assert!(out == *block, "{how} {name} {size} by {width}");
            }
        }
    }
}

#[test]
fn the_largest_block_comes_back() {
    let (mut packer, mut unpacker) = (Packer::new(Compression::default()), Unpacker::new());
    for (name, block) in kinds(1 << 20) {
        let (stored, bytes) = packer.pack(&block, 8);
        let mut out = vec![7; block.len()];
        unpacker.unpack(stored, bytes, &mut out).unwrap();
        assert!(out == block, "{name}");
    }
}

#[test]
fn what_does_not_compress_is_the_block_itself() {
    let block = random(100_000);
    for (how, width) in WAYS.into_iter().flat_map(|how| WIDTHS.map(|width| (how, width))) {
        let mut packer = Packer::new(how);
        let (stored, bytes) = packer.pack(&block, width);
        assert_eq!((stored, bytes.as_ptr()), (Stored::PLAIN, block.as_ptr()), "{how} by {width}");
    }
    let zeros = vec![0; 100_000];
    assert_eq!(Packer::new(Compression::None).pack(&zeros, 8).0, Stored::PLAIN);
}

#[test]
fn only_planes_that_compress_are_compressed() {
    let block = fractions(65536);
    let mut packer = Packer::new(Compression::Zstd(1));
    let (stored, bytes) = packer.pack(&block, 8);
    assert_eq!((stored, bytes[0]), (Stored { method: Stored::ZSTD, width: 8 }, 0b1100_0000));
    assert!(bytes.len() < 57_000, "{}", bytes.len());
    // The lowest bytes come first, as they are.
    let lowest: Vec<u8> = block.iter().copied().step_by(8).collect();
    assert_eq!(bytes[1..][..lowest.len()], lowest);
}

#[test]
fn an_array_may_begin_at_any_phase() {
    let block = fractions(65536);
    let mut packer = Packer::new(Compression::default());
    for phase in 0..8 {
        let size = packer.pack(&block[phase..], 8).1.len();
        assert!(size < 57_000, "{size} at phase {phase}");
    }
}

#[test]
fn repetitions_are_found_without_frequent_values() {
    // All byte values are equally frequent; the second half repeats the first.
    let half = random(32768);
    let block = [&half[..], &half[..]].concat();
    for how in [Compression::Lz4, Compression::Zstd(1)] {
        for width in [1, 2, 4, 8] {
            let size = Packer::new(how).pack(&block, width).1.len();
            assert!(size < 40_000, "{how} by {width}: {size}");
        }
    }
}

#[test]
fn the_numbers_of_the_format_stay() {
    let zeros = vec![0; 1000];
    let check = |how: Compression, width, method| {
        let mut packer = Packer::new(how);
        assert_eq!(packer.pack(&zeros, width).0, Stored { method, width });
    };
    for width in [1, 2, 4, 8] {
        check(Compression::Lz4, width, 1);
        check(Compression::Zstd(1), width, 2);
    }
    // Written by hand after the description: planes 0 and tail plain, plane 1 compressed.
    let plane = zstd::bulk::compress(&[9, 9, 9], 1).unwrap();
    let bytes = [&[0b10, 1, 2, 3, 77][..], &plane].concat();
    let mut out = [0; 7];
    Unpacker::new().unpack(Stored { method: 2, width: 2 }, &bytes, &mut out).unwrap();
    assert_eq!(out, [1, 9, 2, 9, 3, 9, 77]);
}

#[test]
fn unknown_numbers_are_refused() {
    for (method, width) in [(3, 1), (255, 8), (0, 8), (0, 0), (1, 0), (1, 3), (2, 16), (2, 255)] {
        let error = Unpacker::new().unpack(Stored { method, width }, &[0; 64], &mut [0; 64]).unwrap_err();
        assert!(error.contains("method"), "{error}");
    }
}

#[test]
fn another_length_is_refused() {
    let block = fractions(4096);
    for how in [Compression::None, Compression::Lz4, Compression::Zstd(1)] {
        for (width, length) in [1, 8].into_iter().flat_map(|width| [0, 1, 4000, 4095, 4097, 5000].map(|to| (width, to)))
        {
            let mut packer = Packer::new(how);
            let (stored, bytes) = packer.pack(&block, width);
            let mut out = vec![0; length];
            assert!(Unpacker::new().unpack(stored, bytes, &mut out).is_err(), "{how} by {width} to {length}");
        }
    }
}

/// What comes out of damaged bytes is an error or any bytes, by way of buffers no larger than allowed.
#[test]
fn damaged_bytes_neither_panic_nor_take_memory() {
    let mut draws = draws();
    let mut unpacker = Unpacker::new();
    let mut attempt = |stored, bytes: &[u8], length: usize| {
        let mut out = vec![0; length];
        if let Err(error) = unpacker.unpack(stored, bytes, &mut out) {
            assert!(!error.is_empty());
        }
        assert!(unpacker.planes.capacity() <= 16_384);
    };
    for how in [Compression::Lz4, Compression::Zstd(1), Compression::Zstd(19)] {
        for ((_, block), width) in kinds(4099).iter().flat_map(|kind| [1, 2, 4, 8].map(|width| (kind, width))) {
            let mut packer = Packer::new(how);
            let (stored, bytes) = packer.pack(block, width);
            for _ in 0..100 {
                let mut bytes = bytes.to_vec();
                match draws.next_u32() % 3 {
                    0 => bytes.truncate(draws.next_u32() as usize % (bytes.len() + 1)),
                    1 => bytes.push(draws.next_u32() as u8),
                    _ => {}
                }
                for _ in 0..draws.next_u32() % 4 {
                    if let Some(last) = bytes.len().checked_sub(1) {
                        bytes[draws.next_u32() as usize % (last + 1)] ^= 1 << (draws.next_u32() % 8);
                    }
                }
                let length =
                    if draws.next_u32().is_multiple_of(2) { block.len() } else { draws.next_u32() as usize % 8192 };
                attempt(stored, &bytes, length);
            }
        }
    }
    for _ in 0..5_000 {
        let [method, width, size, ..] = draws.next_u64().to_le_bytes();
        let stored = Stored { method: method % 4, width: 1 << (width % 5) };
        let mut bytes = vec![0; usize::from(size)];
        draws.fill_bytes(&mut bytes);
        attempt(stored, &bytes, draws.next_u32() as usize % 8192);
    }
}

/// A frame that says it holds a terabyte is not believed.
#[test]
fn a_frame_that_promises_much_is_refused() {
    // Magic, descriptor (8-byte size, single segment), 2^40, an empty last block.
    let mut frame = vec![0x28, 0xB5, 0x2F, 0xFD, 0b1110_0000];
    frame.extend_from_slice(&(1u64 << 40).to_le_bytes());
    frame.extend_from_slice(&[1, 0, 0]);
    let stored = Stored { method: Stored::ZSTD, width: 1 };
    assert!(Unpacker::new().unpack(stored, &frame, &mut [0; 1000]).is_err());
}

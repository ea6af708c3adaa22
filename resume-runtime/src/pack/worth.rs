//! Whether bytes are worth compressing, found out in a small part of the time that compressing them takes.
//!
//! A compressor gains from two things, and each is looked for: values that are more frequent than others, in a sample, and
//! sequences that come again, at any distance.

use std::sync::LazyLock;

/// Bytes whose values are counted.
const SAMPLE: usize = 1024;
/// The sample is taken in so many runs, spread over the bytes.
const RUNS: usize = 8;
/// Fewer bits a byte than this in the sample are worth coding. 1,024 bytes drawn at random show 7.8 of their 8 bits.
const BITS: f32 = 7.3;
/// Places that are remembered in the search for repetitions.
const PLACES_BITS: u32 = 12;
/// The search goes faster the longer it finds nothing: after each 2^4 misses the step grows by one byte.
const PATIENCE_BITS: u32 = 4;

/// `n * log2(n)` for the counts that a sample can have.
static WEIGHTS: LazyLock<[f32; SAMPLE + 1]> = LazyLock::new(|| {
    let mut weights = [0.0; SAMPLE + 1];
    for (count, weight) in (0u16..).zip(weights.iter_mut()).skip(1) {
        *weight = f32::from(count) * f32::from(count).log2();
    }
    weights
});

/// Whether some values are so frequent that coding them with fewer bits pays.
pub(super) fn is_skewed(bytes: &[u8]) -> bool {
    let mut counts = [0u16; 256];
    let (stride, run) = (bytes.len() / RUNS, SAMPLE / RUNS);
    let mut total = 0u16;
    for start in (0..RUNS).map(|i| i * stride) {
        for &byte in &bytes[start..start + stride.min(run)] {
            counts[usize::from(byte)] += 1;
            total += 1;
        }
    }
    let sum: f32 = counts.iter().map(|&count| WEIGHTS[usize::from(count)]).sum();
    // Entropy times the size of the sample: no division, and an empty sample is worth nothing.
    WEIGHTS[usize::from(total)] - sum < BITS * f32::from(total)
}

/// Looks at bytes; keeps its table.
pub(super) struct Judge {
    places: Box<[u32; 1 << PLACES_BITS]>,
}

impl Judge {
    pub(super) fn new() -> Judge {
        Judge { places: Box::new([0; 1 << PLACES_BITS]) }
    }

    /// Whether sequences that came before make up at least a sixteenth.
    pub(super) fn repeats(&mut self, bytes: &[u8]) -> bool {
        let word = |at: usize| bytes.get(at..)?.first_chunk().map(|word| u32::from_le_bytes(*word));
        let enough = bytes.len().div_ceil(16);
        self.places.fill(0);
        let (mut at, mut misses, mut saved) = (1, 0, 0);
        while let Some(here) = word(at) {
            let place = &mut self.places[(here.wrapping_mul(0x9E37_79B1) >> (u32::BITS - PLACES_BITS)) as usize];
            let before = std::mem::replace(place, at as u32) as usize;
            if word(before) != Some(here) {
                at += 1 + (misses >> PATIENCE_BITS);
                misses += 1;
                continue;
            }
            let alike =
                bytes[at + 4..].iter().zip(&bytes[before + 4..]).take(enough).take_while(|(a, b)| a == b).count();
            // Four bytes and those behind them, instead of which a compressor writes about three.
            saved += alike + 1;
            if saved >= enough {
                return true;
            }
            at += alike + 4;
            misses = 0;
        }
        false
    }
}

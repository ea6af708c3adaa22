//! What the tests share: there and back again, and numbers that are random and the same each time.

mod arrays;
mod canonical;
mod careless;
mod columns;
mod cross;
mod exact;
mod hostile;
mod packed;
mod random;
mod tagged;
mod vector;

use super::{Capture, capture, from_slice, to_vec};
use serde::de::DeserializeOwned;
use serde::ser::Serialize;
use std::fmt::Debug;

/// A value after it went to bytes and came back. The bytes must be the same the second time.
fn back<T: Serialize + DeserializeOwned>(value: &T) -> T {
    let bytes = to_vec(value).expect("encodes");
    let read: T = from_slice(&bytes).unwrap_or_else(|error| panic!("{error}: {}", hex(&bytes[..bytes.len().min(300)])));
    assert_eq!(to_vec(&read).expect("encodes again"), bytes);
    read
}

fn same<T: Serialize + DeserializeOwned + PartialEq + Debug>(value: T) {
    assert_eq!(back(&value), value);
}

/// The encoded size of a value if it is at most `limit`.
fn fits<T: Serialize + ?Sized>(value: &T, limit: usize) -> Option<usize> {
    let mut into = Capture::default();
    match capture(value, &mut into, limit) {
        Ok(()) => Some(into.bytes.len()),
        Err(error) => {
            assert!(error.needed().is_some(), "{error}");
            None
        }
    }
}

fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}

fn unhex(text: &str) -> Vec<u8> {
    (0..text.len()).step_by(2).map(|at| u8::from_str_radix(&text[at..at + 2], 16).expect("hex")).collect()
}

/// SplitMix64: enough to choose test values, and no dependency.
struct Random(u64);

impl Random {
    fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9E37_79B9_7F4A_7C15);
        let mut z = self.0;
        z = (z ^ (z >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
        z ^ (z >> 31)
    }

    fn below(&mut self, end: usize) -> usize {
        (self.next() % end as u64) as usize
    }

    /// Any magnitude is as likely as any other, so that every length of integers comes up.
    fn magnitude(&mut self) -> u128 {
        let wide = u128::from(self.next()) << 64 | u128::from(self.next());
        wide >> self.below(128)
    }

    /// A float of any kind: NaNs, infinities, zeros and subnormals far more often than by chance.
    fn double(&mut self) -> f64 {
        let bits = self.next();
        f64::from_bits(match self.below(6) {
            0 => bits | 0x7FF0_0000_0000_0000,
            1 => bits & 0x800F_FFFF_FFFF_FFFF,
            2 => bits & 0xFFF0_0000_0000_0000,
            3 => bits & 0xFFFF_FFFF_0000_0000,
            _ => bits,
        })
    }

    fn text(&mut self) -> String {
        let length = [0, 1, 5, 23, 24, 300][self.below(6)];
        (0..length).map(|_| char::from_u32(self.next() as u32 % 0x11_0000).unwrap_or('ß')).collect()
    }
}

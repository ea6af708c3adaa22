//! Arrays of any length as values of their own.
//!
//! serde implements its traits for `[T; N]` up to a length of 32 only. A captured local may be longer, so it goes through
//! [`ArrayRef`] on the way out and through [`ArrayOf`] on the way in. Both forms read what the other wrote, and what serde
//! writes for a short array.

use serde::de::{Deserialize, Deserializer};
use serde::ser::{Serialize, Serializer};

/// Serialises an array of any length as a sequence.
#[derive(Debug)]
pub(crate) struct ArrayRef<'a, T, const N: usize>(pub &'a [T; N]);

impl<T: Serialize, const N: usize> Serialize for ArrayRef<'_, T, N> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_seq(self.0)
    }
}

/// An array of any length that is read from a sequence of exactly that length.
///
/// It stays on the heap: each function that it is returned from would take its size from the stack once more.
#[derive(Debug)]
pub(crate) struct ArrayOf<T, const N: usize>(pub Box<[T; N]>);

impl<'de, T: Deserialize<'de>, const N: usize> Deserialize<'de> for ArrayOf<T, N> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        boxed(Vec::deserialize(deserializer)?).map(ArrayOf)
    }
}

/// An array of arrays, of any lengths.
#[derive(Debug)]
pub(crate) struct RowsOf<T, const N: usize, const M: usize>(pub Box<[[T; M]; N]>);

impl<'de, T: Deserialize<'de>, const N: usize, const M: usize> Deserialize<'de> for RowsOf<T, N, M> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let rows: Vec<ArrayOf<T, M>> = Vec::deserialize(deserializer)?;
        boxed(rows.into_iter().map(|row| *row.0).collect()).map(RowsOf)
    }
}

fn boxed<T, E: serde::de::Error, const N: usize>(elements: Vec<T>) -> Result<Box<[T; N]>, E> {
    let length = elements.len();
    let array = elements.into_boxed_slice().try_into();
    array.map_err(|_: Box<[T]>| E::invalid_length(length, &&*format!("an array of length {N}")))
}

//! Arrays of any length as values of their own.
//!
//! serde implements its traits for `[T; N]` up to a length of 32 only. A captured local may be longer, so it goes through
//! [`ArrayRef`] on the way out and through [`ArrayOf`] on the way in. Both forms read what the other wrote, and what serde
//! writes for a short array.

use serde::de::{Deserialize, Deserializer, Error as _, SeqAccess, Visitor};
use serde::ser::{Serialize, Serializer};
use std::fmt;
use std::marker::PhantomData;

/// The most bytes that are set aside on the word of a length alone.
const CAUTIOUS: usize = 1 << 16;

/// Serialises an array of any length as a sequence.
#[derive(Debug)]
pub(crate) struct ArrayRef<'a, T, const N: usize>(pub &'a [T; N]);

impl<T: Serialize, const N: usize> Serialize for ArrayRef<'_, T, N> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_seq(self.0)
    }
}

/// An array of any length that is read from a sequence of exactly that length.
#[derive(Debug)]
pub(crate) struct ArrayOf<T, const N: usize>(pub [T; N]);

impl<'de, T: Deserialize<'de>, const N: usize> Deserialize<'de> for ArrayOf<T, N> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_seq(Elements::<T, N>(PhantomData)).map(ArrayOf)
    }
}

struct Elements<T, const N: usize>(PhantomData<T>);

impl<'de, T: Deserialize<'de>, const N: usize> Visitor<'de> for Elements<T, N> {
    type Value = [T; N];

    fn expecting(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "an array of length {N}")
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut sequence: A) -> Result<[T; N], A::Error> {
        let mut elements = Vec::with_capacity(N.min(CAUTIOUS / size_of::<T>().max(1)));
        while let Some(element) = sequence.next_element()? {
            // One too many is enough to know; the rest may be endless.
            if elements.len() == N {
                return Err(A::Error::invalid_length(N + 1, &self));
            }
            elements.push(element);
        }
        elements.try_into().map_err(|short: Vec<T>| A::Error::invalid_length(short.len(), &self))
    }
}

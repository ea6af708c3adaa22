//! Values to bytes and back: serde to standard CBOR (RFC 8949), exactly.
//!
//! A resumed run must see the very values the cut one had, so this codec keeps what general ones lose: `Some(None)` and
//! `Some(())`, the bits of every NaN, the sign of zero, 128-bit integers. Any CBOR reader can open what it writes.
//!
//! - `Some(x)` is written as `x`, unless `x` would read as null: then it carries the tag [`SOME`].
//! - Floats keep their type's width, integers take the shortest head, big ones are bignums (tags 2 and 3).
//! - A sequence of eight or more numbers of one type is a packed array (RFC 8746), at the speed of a copy.
//! - A sequence of sixteen or more records of numbers is stored by column, under the tag [`TABLE`].
//! - Structs are maps with text keys. Enums: `"Name"` for a unit variant, `{"Name": content}` for any other.
//! - Types are told that the format is human-readable, although it is not. serde itself says so, unconditionally, when it
//!   reads flattened fields and tagged enums from its own buffer. Were we to say otherwise on the way out, an `IpAddr` in
//!   such a place would be written in one form and read in the other.
//!
//! Bytes from a store may be anything: reading them never panics, nests at most [`DEPTH`] deep, and sets aside no more
//! elements than there are bytes to fill them.

pub(crate) mod array;
mod capture;
mod columns;
mod compound;
mod decode;
mod encode;
mod error;
mod float;
mod nested;
mod out;
mod packed;
mod part;
mod purpose;
mod read;
mod room;
mod row;
mod scalar;
mod sequence;
mod table;
#[cfg(test)]
mod tests;
mod vector;

pub(crate) use capture::{Capture, Packed, capture, capture_with};
pub use decode::Decoder;
pub use encode::Encoder;
pub use error::Error;
pub(crate) use purpose::{is_looking, is_naming, looking, naming};

use encode::Form;
use out::Out;
use serde::de::DeserializeOwned;
use serde::ser::Serialize;

/// How deep arrays, maps and [`SOME`] tags may nest, in both directions: what can be written can be read.
const DEPTH: usize = 256;

/// The tag of a `Some` around something that would read as null. From the first-come range of the registry.
const SOME: u64 = 0x0005_04E5;

/// [`SOME`] as it is written.
const SOME_HEAD: [u8; 5] = [0xDA, 0x00, 0x05, 0x04, 0xE5];

/// The tag of a sequence of records that is stored by column: an array of the number of records and what one consists of.
const TABLE: u64 = 0x0005_04E6;

/// One value as one CBOR item.
pub(crate) fn to_vec<T: Serialize + ?Sized>(value: &T) -> Result<Vec<u8>, Error> {
    let mut into = Capture::default();
    capture(value, &mut into, usize::MAX)?;
    Ok(into.bytes.into_vec())
}

/// The bytes that name a value: deterministically encoded CBOR (RFC 8949, section 4.2.1).
///
/// Equal maps give equal bytes, whatever order they iterate in. A hash set is a sequence to serde and cannot be told from
/// one, so its order counts.
pub(crate) fn to_canonical<T: Serialize + ?Sized>(value: &T) -> Result<Vec<u8>, Error> {
    to_canonical_with(|encoder| value.serialize(encoder))
}

/// Reads one value from bytes that hold exactly one CBOR item.
pub(crate) fn from_slice<T: DeserializeOwned>(bytes: &[u8]) -> Result<T, Error> {
    from_slice_with(bytes, |decoder| {
        // Most types are of another size: nothing more is compiled for them then.
        if const { size_of::<T>() == size_of::<Vec<u8>>() }
            && let Some(mut vector) = room::of::<T>(bytes)
        {
            T::deserialize_in_place(decoder, &mut vector)?;
            return Ok(vector);
        }
        T::deserialize(decoder)
    })
}

/// As `to_canonical`, through a function.
pub(crate) fn to_canonical_with(write: impl FnOnce(&mut Encoder<'_>) -> Result<(), Error>) -> Result<Vec<u8>, Error> {
    let _look = purpose::Look::begin();
    let mut out = Out::default();
    self::write(&mut out, None, Form::Canonical, usize::MAX, write)?;
    Ok(out.into_vec())
}

/// As `from_slice`, through a function such as the `deserialize` of serde's `with`.
pub(crate) fn from_slice_with<T>(
    bytes: &[u8],
    read: impl FnOnce(&mut Decoder<'_>) -> Result<T, Error>,
) -> Result<T, Error> {
    let mut decoder = Decoder::new(bytes);
    let value = read(&mut decoder)?;
    decoder.end()?;
    Ok(value)
}

/// The value of a float of two bytes.
pub(crate) fn half(bits: u64) -> f64 {
    f64::from_bits(float::widen(bits, float::HALF))
}

/// Appends one item of at most `limit` bytes; on an error the buffer is as it was.
fn write(
    out: &mut Out,
    arrays: Option<&mut Vec<Packed>>,
    form: Form,
    limit: usize,
    write: impl FnOnce(&mut Encoder<'_>) -> Result<(), Error>,
) -> Result<(), Error> {
    let before = out.len();
    let limit = before.saturating_add(limit);
    let mut encoder = Encoder::new(out, arrays, form, limit);
    let result = write(&mut encoder).and_then(|()| encoder.room(0));
    let result = encoder.end(result);
    if result.is_err() {
        out.go_back(before);
    }
    result
}

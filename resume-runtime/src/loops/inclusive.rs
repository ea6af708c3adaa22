//! Captured inclusive ranges. serde saves the ends of one, which are the same before its last item and after it: taken up
//! from those, `while let Some(i) = ids.next()` would see the last item twice.

use std::net::{Ipv4Addr, Ipv6Addr};
use std::ops::RangeInclusive;

use serde::{Deserialize, Deserializer, Serialize, Serializer};

/// What an inclusive range can go through, or cannot for certain.
#[diagnostic::on_unimplemented(
    message = "this local cannot be captured: serde does not say whether a `RangeInclusive<{Self}>` has come to its end",
    label = "a range whose end cannot be seen",
    note = "capture its two ends, or a `Range` (`a..b`)"
)]
pub trait End: Sized {
    #[doc(hidden)]
    fn to_end(range: &mut RangeInclusive<Self>);
}

macro_rules! impl_end {
    ($($type:ty)*) => {
        $(impl End for $type {
            fn to_end(range: &mut RangeInclusive<Self>) {
                range.nth_back(0);
            }
        })*
    };
}

impl_end!(u8 u16 u32 u64 u128 usize i8 i16 i32 i64 i128 isize char Ipv4Addr Ipv6Addr);

/// No items, so no end of them.
impl End for f32 {
    fn to_end(_: &mut RangeInclusive<Self>) {}
}

/// No items, so no end of them.
impl End for f64 {
    fn to_end(_: &mut RangeInclusive<Self>) {}
}

/// As serde's `with`.
///
/// # Errors
/// Those of `serializer`.
pub fn serialize<T: Serialize + PartialOrd, S: Serializer>(
    range: &RangeInclusive<T>,
    serializer: S,
) -> Result<S::Ok, S::Error> {
    let is_over = range.is_empty() && range.start() == range.end();
    (range.start(), range.end(), is_over).serialize(serializer)
}

/// As serde's `with`.
///
/// # Errors
/// Those of `deserializer`.
pub fn deserialize<'de, T: Deserialize<'de> + End, D: Deserializer<'de>>(
    deserializer: D,
) -> Result<RangeInclusive<T>, D::Error> {
    let (start, end, is_over) = <(T, T, bool)>::deserialize(deserializer)?;
    let mut range = start..=end;
    if is_over {
        T::to_end(&mut range);
    }
    Ok(range)
}

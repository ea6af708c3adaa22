//! Vectors of numbers, filled all at once. serde's own way is one number after the other into a vector that doubles as it
//! grows, which takes three times as long.
//!
//! Only where it is certain that serde's own way would come to the same. A visitor whose value is a `Vec<f64>` may make
//! anything of the numbers, but the one that `Vec<f64>` itself passes to a deserializer puts them into the vector, and
//! there is a type of visitor that nobody else has.

use std::any::{Any, TypeId};
use std::fmt::{self, Display, Formatter};

use serde::de::{self, Deserialize, Deserializer, Visitor};
use serde::forward_to_deserialize_any;

use super::Error;
use super::packed::Typed;
use super::room::in_large_pages;
use super::scalar::Kind;

/// What the visitor makes of the numbers.
#[inline]
#[allow(
    unsafe_code,
    reason = "safe casts, one for each kind of number, took a fifth of the time for compiling a captured type"
)]
pub(super) fn visit<'de, V: Visitor<'de>>(typed: &Typed<'de>, visitor: V) -> Result<V::Value, Error> {
    match filled(typed, typeid::of::<V>()) {
        Some(vector) if (*vector).type_id() == typeid::of::<V::Value>() => {
            // SAFETY: what is in the box is of this type, by the comparison; it is a vector of numbers, in which there are no
            // lifetimes that the comparison could overlook.
            Ok(*unsafe { Box::from_raw(Box::into_raw(vector).cast()) })
        }
        _ => typed.part(0, typed.count()).visit(visitor),
    }
}

macro_rules! vectors {
    ($($kind:ident $type:ident)*) => {
        /// The vector of these numbers, if the visitor is the one that such a vector is read with.
        fn filled(typed: &Typed<'_>, visitor: TypeId) -> Option<Box<dyn Any>> {
            match typed.kind {
                $(Kind::$kind if visitor == visitor_of::<Vec<$type>>() => {
                    let numbers = typed.bytes.as_chunks().0;
                    let mut vector = Vec::with_capacity(numbers.len());
                    in_large_pages(&vector);
                    vector.extend(numbers.iter().map(|bytes| $type::from_le_bytes(*bytes)));
                    Some(Box::new(vector))
                })*
                _ => None,
            }
        }
    };
}

vectors!(U8 u8 U16 u16 U32 u32 U64 u64 I8 i8 I16 i16 I32 i32 I64 i64 F32 f32 F64 f64);

/// The type of the visitor that a type passes to a deserializer.
#[inline]
fn visitor_of<'de, T: Deserialize<'de>>() -> TypeId {
    match T::deserialize(Probe) {
        Err(Probed(id)) => id,
        Ok(_) => TypeId::of::<Probe>(),
    }
}

/// A deserializer of nothing, which tells what visitor it was given.
struct Probe;

#[derive(Debug)]
struct Probed(TypeId);

impl<'de> Deserializer<'de> for Probe {
    type Error = Probed;

    #[inline]
    fn deserialize_any<V: Visitor<'de>>(self, _: V) -> Result<V::Value, Probed> {
        Err(Probed(typeid::of::<V>()))
    }

    forward_to_deserialize_any! {
        bool i8 i16 i32 i64 i128 u8 u16 u32 u64 u128 f32 f64 char str string bytes byte_buf option unit unit_struct
        newtype_struct seq tuple tuple_struct map struct enum identifier ignored_any
    }
}

impl de::Error for Probed {
    fn custom<M: Display>(_: M) -> Probed {
        Probed(TypeId::of::<Probe>())
    }
}

impl std::error::Error for Probed {}

impl Display for Probed {
    fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {
        f.write_str("a probe")
    }
}

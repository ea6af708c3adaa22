//! Packed arrays of numbers (RFC 8746) while they are being read.

use super::DEPTH;
use super::Error;
use super::encode::{BYTES, TAG};
use super::read::{Head, Reader};
use super::scalar::{Kind, Scalar};
use serde::de::{DeserializeSeed, Deserializer, Error as _, Expected, SeqAccess, Unexpected, Visitor};
use std::borrow::Cow;

/// The bytes of a packed array, least significant byte first.
pub(super) struct Typed<'de> {
    pub(super) kind: Kind,
    pub(super) bytes: Cow<'de, [u8]>,
}

impl<'de> Typed<'de> {
    /// Reads on if the head is the tag of a packed array.
    pub(super) fn after(head: Head, reader: &mut Reader<'de>) -> Result<Option<Self>, Error> {
        if head.major != TAG {
            return Ok(None);
        }
        let Some((kind, swapped)) = Kind::of_tag(head.value) else {
            return Ok(None);
        };
        let head = reader.head()?;
        if head.major != BYTES {
            return Err(reader.error("a packed array that is not bytes"));
        }
        let mut bytes = reader.string(head)?;
        if bytes.len() % kind.size() != 0 {
            return Err(reader.error("a packed array that ends within a number"));
        }
        if swapped && kind.size() > 1 {
            bytes.to_mut().chunks_exact_mut(kind.size()).for_each(<[u8]>::reverse);
        }
        Ok(Some(Typed { kind, bytes }))
    }

    #[inline]
    pub(super) fn visit<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Error> {
        Numbers { kind: self.kind, bytes: &self.bytes }.visit(visitor)
    }
}

/// Numbers that follow one another.
pub(super) struct Numbers<'a> {
    pub(super) kind: Kind,
    pub(super) bytes: &'a [u8],
}

impl Numbers<'_> {
    #[inline]
    pub(super) fn visit<'de, V: Visitor<'de>>(mut self, visitor: V) -> Result<V::Value, Error> {
        let value = visitor.visit_seq(&mut self)?;
        if self.bytes.is_empty() { Ok(value) } else { Err(too_many()) }
    }
}

/// A visitor that knows how many elements it wants does not look for the end, so there may be more.
#[cold]
pub(super) fn too_many() -> Error {
    Error::new("more elements than expected")
}

impl<'de> SeqAccess<'de> for Numbers<'_> {
    type Error = Error;

    #[inline]
    fn next_element_seed<S: DeserializeSeed<'de>>(&mut self, seed: S) -> Result<Option<S::Value>, Error> {
        let Some((bytes, rest)) = self.bytes.split_at_checked(self.kind.size()) else {
            return Ok(None);
        };
        self.bytes = rest;
        seed.deserialize(Number { kind: self.kind, bytes, wrapped: 0 }).map(Some)
    }

    fn size_hint(&self) -> Option<usize> {
        Some(self.bytes.len() / self.kind.size())
    }
}

/// A deserializer of one number.
pub(super) struct Number<'a> {
    pub(super) kind: Kind,
    pub(super) bytes: &'a [u8],
    /// How many `Option`s were entered around it: a type may wrap itself in them without end.
    pub(super) wrapped: usize,
}

impl Number<'_> {
    /// Hands over the number as what it is.
    #[inline(never)]
    fn visit<'de, V: Visitor<'de>>(mut self, visitor: V) -> Result<V::Value, Error> {
        match Scalar::take(self.kind, &mut self.bytes) {
            Some(Scalar::U8(value)) => visitor.visit_u8(value),
            Some(Scalar::U16(value)) => visitor.visit_u16(value),
            Some(Scalar::U32(value)) => visitor.visit_u32(value),
            Some(Scalar::U64(value)) => visitor.visit_u64(value),
            Some(Scalar::I8(value)) => visitor.visit_i8(value),
            Some(Scalar::I16(value)) => visitor.visit_i16(value),
            Some(Scalar::I32(value)) => visitor.visit_i32(value),
            Some(Scalar::I64(value)) => visitor.visit_i64(value),
            Some(Scalar::F32(value)) => visitor.visit_f32(value),
            Some(Scalar::F64(value)) => visitor.visit_f64(value),
            None => Err(Number::mismatch(&visitor)),
        }
    }

    #[cold]
    fn mismatch(expected: &dyn Expected) -> Error {
        Error::invalid_type(Unexpected::Other("a number"), expected)
    }
}

/// What a type asks for is nearly always what is there. That one case is short enough to become a part of the type's loop.
macro_rules! numbers {
    ($($method:ident $visit:ident $kind:ident $type:ident)*) => { $(
        #[inline]
        fn $method<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Error> {
            match <[u8; size_of::<$type>()]>::try_from(self.bytes) {
                Ok(bytes) if self.kind == Kind::$kind => visitor.$visit($type::from_le_bytes(bytes)),
                _ => self.visit(visitor),
            }
        }
    )* };
}

macro_rules! refused {
    ($($method:ident($($type:ty),*))*) => { $(
        #[inline]
        fn $method<V: Visitor<'de>>(self, $(_: $type,)* visitor: V) -> Result<V::Value, Error> {
            Err(Number::mismatch(&visitor))
        }
    )* };
}

impl<'de> Deserializer<'de> for Number<'_> {
    type Error = Error;

    fn deserialize_any<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Error> {
        self.visit(visitor)
    }

    numbers! {
        deserialize_u8 visit_u8 U8 u8 deserialize_u16 visit_u16 U16 u16
        deserialize_u32 visit_u32 U32 u32 deserialize_u64 visit_u64 U64 u64
        deserialize_i8 visit_i8 I8 i8 deserialize_i16 visit_i16 I16 i16
        deserialize_i32 visit_i32 I32 i32 deserialize_i64 visit_i64 I64 i64
        deserialize_f32 visit_f32 F32 f32 deserialize_f64 visit_f64 F64 f64
    }

    #[inline]
    fn deserialize_option<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Error> {
        if self.wrapped == DEPTH {
            return Err(Error::new("options nested without end"));
        }
        visitor.visit_some(Number { wrapped: self.wrapped + 1, ..self })
    }

    #[inline]
    fn deserialize_newtype_struct<V: Visitor<'de>>(self, _: &'static str, visitor: V) -> Result<V::Value, Error> {
        visitor.visit_newtype_struct(self)
    }

    fn is_human_readable(&self) -> bool {
        true
    }

    serde::forward_to_deserialize_any! {
        i128 u128 identifier ignored_any
    }

    // Not forwarded too: a type would be compiled with every kind of number for nothing.
    refused! {
        deserialize_bool() deserialize_char() deserialize_str() deserialize_string() deserialize_bytes()
        deserialize_byte_buf() deserialize_unit() deserialize_seq() deserialize_map()
        deserialize_unit_struct(&'static str)
        deserialize_tuple(usize)
        deserialize_tuple_struct(&'static str, usize)
        deserialize_struct(&'static str, &'static [&'static str])
        deserialize_enum(&'static str, &'static [&'static str])
    }
}

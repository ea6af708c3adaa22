//! Packed arrays of numbers (RFC 8746) while they are being read.

use super::DEPTH;
use super::Error;
use super::encode::{BYTES, TAG};
use super::read::{Head, Reader};
use super::scalar::{Kind, Scalar};
use super::vector;
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

    pub(super) fn count(&self) -> usize {
        self.bytes.len() / self.kind.size()
    }

    #[inline]
    pub(super) fn visit<V: Visitor<'de>>(&self, visitor: V) -> Result<V::Value, Error> {
        // Most values are of another size: nothing more is compiled then, and a large array has one place on the stack.
        if const { size_of::<V::Value>() == size_of::<Vec<u8>>() } {
            return vector::visit(self, visitor);
        }
        self.part(0, self.count()).visit(visitor)
    }

    /// So many numbers from this one on. All of them have to be there.
    #[inline]
    pub(super) fn part(&self, start: usize, count: usize) -> Numbers<'_> {
        Numbers { kind: self.kind, bytes: &self.bytes, next: start, end: start + count }
    }

    /// The numbers from this one on, if they are of the most frequent kind.
    #[inline]
    pub(super) fn doubles(&self, start: usize, count: usize) -> Option<Doubles<'_>> {
        let (numbers, _) = self.bytes.as_chunks();
        match numbers.get(start..start + count) {
            Some(numbers) if self.kind == Kind::F64 => Some(Doubles(numbers)),
            _ => None,
        }
    }

    #[inline]
    pub(super) fn number(&self, at: usize, wrapped: usize) -> Number<'_> {
        Number { kind: self.kind, bytes: &self.bytes, at, wrapped }
    }
}

/// Numbers that follow one another.
pub(super) struct Numbers<'a> {
    kind: Kind,
    bytes: &'a [u8],
    next: usize,
    end: usize,
}

impl Numbers<'_> {
    #[inline]
    pub(super) fn visit<'de, V: Visitor<'de>>(mut self, visitor: V) -> Result<V::Value, Error> {
        let value = visitor.visit_seq(&mut self)?;
        if self.next == self.end { Ok(value) } else { Err(too_many()) }
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
        let at = self.next;
        if at == self.end {
            return Ok(None);
        }
        self.next = at + 1;
        seed.deserialize(Number { kind: self.kind, bytes: self.bytes, at, wrapped: 0 }).map(Some)
    }

    fn size_hint(&self) -> Option<usize> {
        Some(self.end - self.next)
    }
}

/// Numbers of type `f64`. Nothing is left to be found out about each of them, so a visitor of a short array is inlined
/// into the type around it and its numbers are loaded side by side.
pub(super) struct Doubles<'a>(&'a [[u8; 8]]);

impl Doubles<'_> {
    #[inline]
    pub(super) fn visit<'de, V: Visitor<'de>>(mut self, visitor: V) -> Result<V::Value, Error> {
        let value = visitor.visit_seq(&mut self)?;
        if self.0.is_empty() { Ok(value) } else { Err(too_many()) }
    }
}

impl<'de> SeqAccess<'de> for Doubles<'_> {
    type Error = Error;

    #[inline]
    fn next_element_seed<S: DeserializeSeed<'de>>(&mut self, seed: S) -> Result<Option<S::Value>, Error> {
        let Some((number, rest)) = self.0.split_first() else {
            return Ok(None);
        };
        self.0 = rest;
        seed.deserialize(Double { value: f64::from_le_bytes(*number), wrapped: 0 }).map(Some)
    }

    fn size_hint(&self) -> Option<usize> {
        Some(self.0.len())
    }
}

/// A deserializer of one number of many. Where it is follows from what the type asks for: if that is what is there, the
/// compiler knows the size, and all of it is short enough to become a part of the type's loop.
pub(super) struct Number<'a> {
    kind: Kind,
    bytes: &'a [u8],
    at: usize,
    /// How many `Option`s were entered around it: a type may wrap itself in them without end.
    wrapped: usize,
}

impl Number<'_> {
    pub(super) fn scalar(&self) -> Option<Scalar> {
        let mut bytes = self.bytes.get(self.at * self.kind.size()..)?;
        Scalar::take(self.kind, &mut bytes)
    }

    /// Hands over the number as what it is. Its parts are passed by value: a reference to it would keep it in memory in
    /// the loop that calls this in rare cases only.
    #[cold]
    #[inline(never)]
    fn visit<'de, V: Visitor<'de>>(kind: Kind, bytes: &[u8], at: usize, visitor: V) -> Result<V::Value, Error> {
        match (Number { kind, bytes, at, wrapped: 0 }).scalar() {
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
            None => Err(mismatch(&visitor)),
        }
    }
}

/// A deserializer of one `f64`.
struct Double {
    value: f64,
    wrapped: usize,
}

#[cold]
fn mismatch(expected: &dyn Expected) -> Error {
    Error::invalid_type(Unexpected::Other("a number"), expected)
}

macro_rules! numbers {
    ($($method:ident $visit:ident $kind:ident $type:ident)*) => { $(
        #[inline]
        fn $method<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Error> {
            let (numbers, _) = self.bytes.as_chunks::<{ size_of::<$type>() }>();
            match numbers.get(self.at) {
                Some(bytes) if self.kind == Kind::$kind => visitor.$visit($type::from_le_bytes(*bytes)),
                _ => Number::visit(self.kind, self.bytes, self.at, visitor),
            }
        }
    )* };
}

macro_rules! refused {
    ($($method:ident($($type:ty),*))*) => { $(
        #[inline]
        fn $method<V: Visitor<'de>>(self, $(_: $type,)* visitor: V) -> Result<V::Value, Error> {
            Err(mismatch(&visitor))
        }
    )* };
}

/// What all deserializers of numbers have in common.
macro_rules! number {
    () => {
        type Error = Error;

        #[inline]
        fn deserialize_option<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Error> {
            if self.wrapped == DEPTH {
                return Err(Error::new("options nested without end"));
            }
            visitor.visit_some(Self { wrapped: self.wrapped + 1, ..self })
        }

        #[inline]
        fn deserialize_newtype_struct<V: Visitor<'de>>(self, _: &'static str, visitor: V) -> Result<V::Value, Error> {
            visitor.visit_newtype_struct(self)
        }

        fn is_human_readable(&self) -> bool {
            true
        }

        // Not forwarded: a type would be compiled with every kind of number for nothing.
        refused! {
            deserialize_bool() deserialize_char() deserialize_str() deserialize_string() deserialize_bytes()
            deserialize_byte_buf() deserialize_unit() deserialize_seq() deserialize_map()
            deserialize_unit_struct(&'static str)
            deserialize_tuple(usize)
            deserialize_tuple_struct(&'static str, usize)
            deserialize_struct(&'static str, &'static [&'static str])
            deserialize_enum(&'static str, &'static [&'static str])
        }
    };
}

impl<'de> Deserializer<'de> for Number<'_> {
    fn deserialize_any<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Error> {
        Number::visit(self.kind, self.bytes, self.at, visitor)
    }

    numbers! {
        deserialize_u8 visit_u8 U8 u8 deserialize_u16 visit_u16 U16 u16
        deserialize_u32 visit_u32 U32 u32 deserialize_u64 visit_u64 U64 u64
        deserialize_i8 visit_i8 I8 i8 deserialize_i16 visit_i16 I16 i16
        deserialize_i32 visit_i32 I32 i32 deserialize_i64 visit_i64 I64 i64
        deserialize_f32 visit_f32 F32 f32 deserialize_f64 visit_f64 F64 f64
    }

    serde::forward_to_deserialize_any! {
        i128 u128 identifier ignored_any
    }

    number! {}
}

impl<'de> Deserializer<'de> for Double {
    #[inline]
    fn deserialize_any<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Error> {
        visitor.visit_f64(self.value)
    }

    serde::forward_to_deserialize_any! {
        u8 u16 u32 u64 i8 i16 i32 i64 f32 f64 i128 u128 identifier ignored_any
    }

    number! {}
}

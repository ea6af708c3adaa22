//! One record of a sequence that was stored by column, or a part of one, for a type that reads it.

use super::packed::{Number, Numbers, too_many};
use super::scalar::{Kind, Scalar};
use super::table::Node;
use super::{DEPTH, Error};
use serde::de::value::StrDeserializer;
use serde::de::{
    DeserializeSeed, Deserializer, Error as _, Expected, IntoDeserializer, MapAccess, SeqAccess, Unexpected, Visitor,
};
use serde::ser::{Serialize, SerializeMap, SerializeTuple, Serializer};
use std::borrow::Cow;

/// What a record has at one place.
#[derive(Clone, Copy)]
pub(super) enum Part<'t, 'de> {
    Bool(bool),
    /// A number, or an array of them with these sides.
    Numbers {
        kind: Kind,
        sides: &'t [usize],
        bytes: &'t [u8],
    },
    Map {
        entries: &'t [(Cow<'de, str>, Node<'de>)],
        at: usize,
    },
    Array {
        elements: &'t [Node<'de>],
        at: usize,
    },
}

/// Parts that follow one another. All in one type, since each type is compiled anew with everything that is read from it.
pub(super) enum Parts<'t, 'de> {
    Records {
        node: &'t Node<'de>,
        next: usize,
        end: usize,
    },
    Elements {
        elements: std::slice::Iter<'t, Node<'de>>,
        at: usize,
    },
    /// The inner arrays of an array.
    Lines {
        kind: Kind,
        sides: &'t [usize],
        lines: std::slice::ChunksExact<'t, u8>,
    },
}

impl<'t, 'de> Parts<'t, 'de> {
    #[inline]
    fn next(&mut self) -> Option<Part<'t, 'de>> {
        match self {
            Parts::Records { node, next, end } => {
                let at = *next;
                *next += 1;
                (at < *end).then(|| node.part(at))
            }
            Parts::Elements { elements, at } => elements.next().map(|node| node.part(*at)),
            Parts::Lines { kind, sides, lines } => {
                lines.next().map(|bytes| Part::Numbers { kind: *kind, sides, bytes })
            }
        }
    }

    fn left(&self) -> usize {
        match self {
            Parts::Records { next, end, .. } => end.saturating_sub(*next),
            Parts::Elements { elements, .. } => elements.len(),
            Parts::Lines { lines, .. } => lines.len(),
        }
    }

    #[inline]
    pub(super) fn visit<V: Visitor<'de>>(mut self, visitor: V) -> Result<V::Value, Error> {
        let value = visitor.visit_seq(&mut self)?;
        if self.left() > 0 { Err(too_many()) } else { Ok(value) }
    }
}

impl<'de> SeqAccess<'de> for Parts<'_, 'de> {
    type Error = Error;

    #[inline]
    fn next_element_seed<S: DeserializeSeed<'de>>(&mut self, seed: S) -> Result<Option<S::Value>, Error> {
        match self.next() {
            Some(part) => seed.deserialize(Wrapped { part, times: 0 }).map(Some),
            None => Ok(None),
        }
    }

    fn size_hint(&self) -> Option<usize> {
        Some(self.left())
    }
}

/// The entries of one record.
struct Entries<'t, 'de> {
    entries: std::slice::Iter<'t, (Cow<'de, str>, Node<'de>)>,
    value: Option<&'t Node<'de>>,
    at: usize,
}

impl<'de> MapAccess<'de> for Entries<'_, 'de> {
    type Error = Error;

    #[inline]
    fn next_key_seed<S: DeserializeSeed<'de>>(&mut self, seed: S) -> Result<Option<S::Value>, Error> {
        let Some((name, node)) = self.entries.next() else {
            return Ok(None);
        };
        self.value = Some(node);
        let name: StrDeserializer<'_, Error> = (**name).into_deserializer();
        seed.deserialize(name).map(Some)
    }

    #[inline]
    fn next_value_seed<S: DeserializeSeed<'de>>(&mut self, seed: S) -> Result<S::Value, Error> {
        match self.value.take() {
            Some(node) => seed.deserialize(Wrapped { part: node.part(self.at), times: 0 }),
            None => Err(Error::new("a value was read before its name")),
        }
    }

    fn size_hint(&self) -> Option<usize> {
        Some(self.entries.len())
    }
}

/// A deserializer of a part that counts the `Option`s around it: a type may wrap itself in them without end.
#[derive(Clone, Copy)]
struct Wrapped<'t, 'de> {
    part: Part<'t, 'de>,
    times: usize,
}

impl<'t> Wrapped<'t, '_> {
    #[inline]
    fn number(&self) -> Option<Number<'t>> {
        match self.part {
            Part::Numbers { kind, sides: [], bytes } => Some(Number { kind, bytes, wrapped: self.times }),
            _ => None,
        }
    }

    #[cold]
    fn mismatch(&self, expected: &dyn Expected) -> Error {
        let found = match self.part {
            Part::Bool(value) => Unexpected::Bool(value),
            Part::Numbers { sides: [], .. } => Unexpected::Other("a number"),
            Part::Numbers { .. } | Part::Array { .. } => Unexpected::Seq,
            Part::Map { .. } => Unexpected::Map,
        };
        Error::invalid_type(found, expected)
    }
}

macro_rules! numbers {
    ($($method:ident)*) => { $(
        #[inline]
        fn $method<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Error> {
            match self.number() {
                Some(number) => number.$method(visitor),
                None => Err(self.mismatch(&visitor)),
            }
        }
    )* };
}

macro_rules! same_as {
    ($($method:ident($($type:ty),*) $same:ident)*) => { $(
        #[inline]
        fn $method<V: Visitor<'de>>(self, $(_: $type,)* visitor: V) -> Result<V::Value, Error> {
            self.$same(visitor)
        }
    )* };
}

macro_rules! refused {
    ($($method:ident($($type:ty),*))*) => { $(
        #[inline]
        fn $method<V: Visitor<'de>>(self, $(_: $type,)* visitor: V) -> Result<V::Value, Error> {
            Err(self.mismatch(&visitor))
        }
    )* };
}

impl<'de> Deserializer<'de> for Wrapped<'_, 'de> {
    type Error = Error;

    fn deserialize_any<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Error> {
        match self.part {
            Part::Bool(value) => visitor.visit_bool(value),
            Part::Numbers { kind, sides: [], bytes } => {
                Number { kind, bytes, wrapped: self.times }.deserialize_any(visitor)
            }
            Part::Numbers { .. } | Part::Array { .. } => self.deserialize_seq(visitor),
            Part::Map { .. } => self.deserialize_map(visitor),
        }
    }

    numbers! {
        deserialize_i8 deserialize_i16 deserialize_i32 deserialize_i64 deserialize_i128
        deserialize_u8 deserialize_u16 deserialize_u32 deserialize_u64 deserialize_u128
        deserialize_f32 deserialize_f64
    }

    #[inline]
    fn deserialize_bool<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Error> {
        match self.part {
            Part::Bool(value) => visitor.visit_bool(value),
            _ => Err(self.mismatch(&visitor)),
        }
    }

    #[inline]
    fn deserialize_option<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Error> {
        if self.times == DEPTH {
            return Err(Error::new("options nested without end"));
        }
        visitor.visit_some(Wrapped { times: self.times + 1, ..self })
    }

    #[inline]
    fn deserialize_newtype_struct<V: Visitor<'de>>(self, _: &'static str, visitor: V) -> Result<V::Value, Error> {
        visitor.visit_newtype_struct(self)
    }

    #[inline]
    fn deserialize_seq<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Error> {
        match self.part {
            Part::Numbers { kind, sides: [_], bytes } => Numbers { kind, bytes }.visit(visitor),
            Part::Numbers { kind, sides: [count, sides @ ..], bytes } => {
                let lines = bytes.chunks_exact((bytes.len() / count).max(1));
                Parts::Lines { kind, sides, lines }.visit(visitor)
            }
            Part::Array { elements, at } => Parts::Elements { elements: elements.iter(), at }.visit(visitor),
            _ => Err(self.mismatch(&visitor)),
        }
    }

    #[inline]
    fn deserialize_map<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Error> {
        let Part::Map { entries, at } = self.part else {
            return Err(self.mismatch(&visitor));
        };
        let mut entries = Entries { entries: entries.iter(), value: None, at };
        let value = visitor.visit_map(&mut entries)?;
        if entries.entries.len() > 0 { Err(too_many()) } else { Ok(value) }
    }

    #[inline]
    fn deserialize_ignored_any<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Error> {
        visitor.visit_unit()
    }

    same_as! {
        deserialize_tuple(usize) deserialize_seq
        deserialize_tuple_struct(&'static str, usize) deserialize_seq
        deserialize_bytes() deserialize_seq
        deserialize_byte_buf() deserialize_seq
        deserialize_struct(&'static str, &'static [&'static str]) deserialize_map
    }

    refused! {
        deserialize_char() deserialize_str() deserialize_string() deserialize_unit() deserialize_identifier()
        deserialize_unit_struct(&'static str) deserialize_enum(&'static str, &'static [&'static str])
    }

    fn is_human_readable(&self) -> bool {
        true
    }
}

/// As a row of its own.
impl Serialize for Part<'_, '_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        match *self {
            Part::Bool(value) => serializer.serialize_bool(value),
            Part::Map { entries, at } => {
                let mut map = serializer.serialize_map(Some(entries.len()))?;
                for (name, node) in entries {
                    map.serialize_entry(name, &node.part(at))?;
                }
                map.end()
            }
            Part::Array { elements, at } => tuple(serializer, elements.iter().map(|node| node.part(at))),
            Part::Numbers { kind, sides: [], mut bytes } => match Scalar::take(kind, &mut bytes) {
                Some(scalar) => scalar.serialize(serializer),
                None => Err(serde::ser::Error::custom("a column that is too short")),
            },
            Part::Numbers { kind, sides: [count, sides @ ..], bytes } => {
                let lines = bytes.chunks_exact((bytes.len() / count).max(1));
                tuple(serializer, lines.map(|bytes| Part::Numbers { kind, sides, bytes }))
            }
        }
    }
}

fn tuple<S: Serializer, T: Serialize>(
    serializer: S,
    elements: impl ExactSizeIterator<Item = T>,
) -> Result<S::Ok, S::Error> {
    let mut tuple = serializer.serialize_tuple(elements.len())?;
    for element in elements {
        tuple.serialize_element(&element)?;
    }
    tuple.end()
}

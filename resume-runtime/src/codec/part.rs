//! One record of a sequence that was stored by column, or a part of one, for a type that reads it.

use super::packed::{Number, too_many};
use super::table::Node;
use super::{DEPTH, Error};
use serde::de::value::StrDeserializer;
use serde::de::{
    DeserializeSeed, Deserializer, Error as _, Expected, IntoDeserializer, MapAccess, SeqAccess, Unexpected, Visitor,
};
use serde::ser::{Error as _, Serialize, SerializeMap, SerializeTuple, Serializer};

/// What a record has at one place. It counts the `Option`s around it: a type may wrap itself in them without end.
#[derive(Clone, Copy)]
pub(super) struct Part<'t, 'de> {
    node: &'t Node<'de>,
    at: usize,
    wrapped: usize,
}

/// Parts that follow one another. All in one type, since each type is compiled anew with everything that is read from it.
pub(super) struct Parts<'t, 'de> {
    nodes: &'t [Node<'de>],
    next: usize,
    at: usize,
    /// 1 where they are of one node for record after record, 0 where they are of node after node for one record.
    down: usize,
    left: usize,
}

impl<'t, 'de> Parts<'t, 'de> {
    /// Parts at one place in record after record, or the inner arrays of an array.
    #[inline]
    pub(super) fn run(node: &'t Node<'de>, start: usize, count: usize) -> Self {
        Parts { nodes: std::slice::from_ref(node), next: 0, at: start, down: 1, left: count }
    }

    /// One place after the other in one record.
    #[inline]
    fn elements(nodes: &'t [Node<'de>], at: usize) -> Self {
        Parts { nodes, next: 0, at, down: 0, left: nodes.len() }
    }

    #[inline]
    fn next(&mut self) -> Option<Part<'t, 'de>> {
        let left = self.left.checked_sub(1)?;
        let part = Part::new(self.nodes.get(self.next)?, self.at);
        self.left = left;
        self.next += 1 - self.down;
        self.at += self.down;
        Some(part)
    }

    #[inline]
    pub(super) fn visit<V: Visitor<'de>>(mut self, visitor: V) -> Result<V::Value, Error> {
        let value = visitor.visit_seq(&mut self)?;
        if self.left > 0 { Err(too_many()) } else { Ok(value) }
    }
}

impl<'de> SeqAccess<'de> for Parts<'_, 'de> {
    type Error = Error;

    #[inline]
    fn next_element_seed<S: DeserializeSeed<'de>>(&mut self, seed: S) -> Result<Option<S::Value>, Error> {
        match self.next() {
            Some(part) => seed.deserialize(part).map(Some),
            None => Ok(None),
        }
    }

    fn size_hint(&self) -> Option<usize> {
        Some(self.left)
    }
}

/// The entries of one record.
struct Entries<'t, 'de> {
    entries: std::slice::Iter<'t, (String, Node<'de>)>,
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
        let name: StrDeserializer<'_, Error> = name.as_str().into_deserializer();
        seed.deserialize(name).map(Some)
    }

    #[inline]
    fn next_value_seed<S: DeserializeSeed<'de>>(&mut self, seed: S) -> Result<S::Value, Error> {
        match self.value.take() {
            Some(node) => seed.deserialize(Part::new(node, self.at)),
            None => Err(Error::new("a value was read before its name")),
        }
    }

    fn size_hint(&self) -> Option<usize> {
        Some(self.entries.len())
    }
}

impl<'t, 'de> Part<'t, 'de> {
    #[inline]
    pub(super) fn new(node: &'t Node<'de>, at: usize) -> Self {
        Part { node, at, wrapped: 0 }
    }

    #[inline]
    fn number(&self) -> Option<Number<'t>> {
        match self.node {
            Node::Numbers(numbers) => Some(numbers.number(self.at, self.wrapped)),
            _ => None,
        }
    }

    /// Outlined, so that what nearly always comes (`deserialize_tuple`) is short.
    #[inline(never)]
    fn visit_seq<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Error> {
        match self.node {
            Node::Lines { side, inner } => {
                let start = self.at * side;
                match &**inner {
                    Node::Numbers(numbers) => numbers.part(start, *side).visit(visitor),
                    node => Parts::run(node, start, *side).visit(visitor),
                }
            }
            Node::Array(elements) => Parts::elements(elements, self.at).visit(visitor),
            _ => Err(self.mismatch(&visitor)),
        }
    }

    #[cold]
    fn mismatch(&self, expected: &dyn Expected) -> Error {
        let found = match self.node {
            Node::Bools(bytes) => Unexpected::Bool(bytes.get(self.at) == Some(&1)),
            Node::Numbers(_) => Unexpected::Other("a number"),
            Node::Lines { .. } | Node::Array(_) => Unexpected::Seq,
            Node::Map(_) => Unexpected::Map,
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

impl<'de> Deserializer<'de> for Part<'_, 'de> {
    type Error = Error;

    fn deserialize_any<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Error> {
        match self.node {
            Node::Bools(_) => self.deserialize_bool(visitor),
            Node::Numbers(numbers) => numbers.number(self.at, self.wrapped).deserialize_any(visitor),
            Node::Lines { .. } | Node::Array(_) => self.deserialize_seq(visitor),
            Node::Map(_) => self.deserialize_map(visitor),
        }
    }

    numbers! {
        deserialize_i8 deserialize_i16 deserialize_i32 deserialize_i64 deserialize_i128
        deserialize_u8 deserialize_u16 deserialize_u32 deserialize_u64 deserialize_u128
        deserialize_f32 deserialize_f64
    }

    #[inline]
    fn deserialize_bool<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Error> {
        match self.node {
            Node::Bools(bytes) => visitor.visit_bool(bytes.get(self.at) == Some(&1)),
            _ => Err(self.mismatch(&visitor)),
        }
    }

    #[inline]
    fn deserialize_option<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Error> {
        if self.wrapped == DEPTH {
            return Err(Error::new("options nested without end"));
        }
        visitor.visit_some(Part { wrapped: self.wrapped + 1, ..self })
    }

    #[inline]
    fn deserialize_newtype_struct<V: Visitor<'de>>(self, _: &'static str, visitor: V) -> Result<V::Value, Error> {
        visitor.visit_newtype_struct(self)
    }

    #[inline]
    fn deserialize_seq<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Error> {
        self.visit_seq(visitor)
    }

    /// Nearly always an array of numbers, and of the length that the type has, which the compiler knows.
    #[inline]
    fn deserialize_tuple<V: Visitor<'de>>(self, count: usize, visitor: V) -> Result<V::Value, Error> {
        if let Node::Lines { side, inner } = self.node
            && *side == count
            && let Node::Numbers(numbers) = &**inner
            && let Some(doubles) = numbers.doubles(self.at * count, count)
        {
            return doubles.visit(visitor);
        }
        self.visit_seq(visitor)
    }

    #[inline]
    fn deserialize_map<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Error> {
        let Node::Map(entries) = self.node else {
            return Err(self.mismatch(&visitor));
        };
        let mut entries = Entries { entries: entries.iter(), value: None, at: self.at };
        let value = visitor.visit_map(&mut entries)?;
        if entries.entries.len() > 0 { Err(too_many()) } else { Ok(value) }
    }

    #[inline]
    fn deserialize_ignored_any<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Error> {
        visitor.visit_unit()
    }

    same_as! {
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
        let at = self.at;
        match self.node {
            Node::Bools(bytes) => serializer.serialize_bool(bytes.get(at) == Some(&1)),
            Node::Numbers(numbers) => match numbers.number(at, 0).scalar() {
                Some(scalar) => scalar.serialize(serializer),
                None => Err(S::Error::custom("a column that is too short")),
            },
            Node::Lines { side, inner } => {
                tuple(serializer, (at * side..(at + 1) * side).map(|at| Part::new(inner, at)))
            }
            Node::Map(entries) => {
                let mut map = serializer.serialize_map(Some(entries.len()))?;
                for (name, node) in entries {
                    map.serialize_entry(name, &Part::new(node, at))?;
                }
                map.end()
            }
            Node::Array(elements) => tuple(serializer, elements.iter().map(|node| Part::new(node, at))),
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

//! The deserializer: what a type asks for, from what the bytes say.

use super::encode::{ARRAY, BYTES, MAP, NULL, SIMPLE, TAG, TEXT, UNDEFINED, UNSIGNED};
use super::nested::{Elements, Variant};
use super::packed::Typed;
use super::read::{Head, Integer, Reader, Simple};
use super::scalar::Kind;
use super::table::Table;
use super::{DEPTH, Error, SOME, SOME_HEAD, TABLE, float};
use serde::de::value::BorrowedStrDeserializer;
use serde::de::{Deserializer, Error as _, Expected, IntoDeserializer, Unexpected, Visitor};
use std::borrow::Cow;

const SOME_START: u8 = SOME_HEAD[0];

/// A deserializer of one CBOR item, behind a mutable reference.
pub struct Decoder<'de> {
    pub(super) reader: Reader<'de>,
    /// How many `Option`s were entered around the item that starts here.
    wrapped: (usize, usize),
}

/// The forms that a sequence may have.
enum Found<'de> {
    Array(Head),
    Typed(Typed<'de>),
    Table(Table<'de>),
}

impl<'de> Decoder<'de> {
    pub(super) fn new(bytes: &'de [u8]) -> Self {
        Decoder { reader: Reader::new(bytes), wrapped: (0, 0) }
    }

    pub(super) fn end(&self) -> Result<(), Error> {
        self.reader.end()
    }

    /// Counts one more `Option` around the next item. A type may wrap itself in them without end, and they take no bytes.
    #[inline]
    fn wrap(&mut self) -> Result<(), Error> {
        let here = self.reader.position();
        let (at, count) = self.wrapped;
        let count = if at == here { count + 1 } else { 1 };
        self.wrapped = (here, count);
        if count > DEPTH { Err(self.reader.error("options nested without end")) } else { Ok(()) }
    }

    /// The error for an item that is not what the type expects.
    #[cold]
    fn mismatch(&mut self, head: Head, expected: &dyn Expected) -> Error {
        let position = self.reader.position();
        let found = match head.major {
            BYTES => Unexpected::Other("bytes"),
            TEXT => Unexpected::Other("text"),
            ARRAY => Unexpected::Seq,
            MAP => Unexpected::Map,
            TAG => Unexpected::Other("a tag"),
            _ => match (self.reader.integer(head), self.reader.simple(head)) {
                (Ok(Some(Integer::Positive(_))), _) => Unexpected::Unsigned(head.value),
                (Ok(Some(Integer::Negative(_))), _) => Unexpected::Other("a negative integer"),
                (_, Ok(Simple::Bool(value))) => Unexpected::Bool(value),
                (_, Ok(Simple::Null)) => Unexpected::Other("null"),
                (_, Ok(_)) => Unexpected::Other("a float"),
                _ => Unexpected::Other("an unknown value"),
            },
        };
        Error::new(format!("{} before byte {position}", Error::invalid_type(found, expected)))
    }

    fn integer(&mut self, mut head: Head, expected: &dyn Expected) -> Result<Integer, Error> {
        loop {
            match self.reader.integer(head)? {
                Some(integer) => return Ok(integer),
                None if head.major == TAG => head = self.reader.head()?,
                None => return Err(self.mismatch(head, expected)),
            }
        }
    }

    fn number<V: Visitor<'de>>(&self, number: Integer, visitor: V) -> Result<V::Value, Error> {
        match number {
            Integer::Positive(value) => match u64::try_from(value) {
                Ok(value) => visitor.visit_u64(value),
                Err(_) => visitor.visit_u128(value),
            },
            Integer::Negative(value) => match i64::try_from(value) {
                Ok(value) => visitor.visit_i64(value),
                Err(_) => visitor.visit_i128(value),
            },
        }
    }

    #[inline]
    fn simple<V: Visitor<'de>>(&self, head: Head, visitor: V) -> Result<V::Value, Error> {
        match self.reader.simple(head)? {
            Simple::Bool(value) => visitor.visit_bool(value),
            // Not `visit_none`: serde's buffer takes a unit for `()` and for `None`, but a none for `None` only.
            Simple::Null => visitor.visit_unit(),
            Simple::Half(bits) => visitor.visit_f64(f64::from_bits(float::widen(bits.into(), float::HALF))),
            Simple::Single(bits) => visitor.visit_f32(f32::from_bits(bits)),
            Simple::Double(bits) => visitor.visit_f64(f64::from_bits(bits)),
        }
    }

    #[inline]
    fn array<V: Visitor<'de>>(&mut self, head: Head, visitor: V) -> Result<V::Value, Error> {
        let mut elements = Elements::open(self, head)?;
        let value = visitor.visit_seq(&mut elements)?;
        elements.close()?;
        Ok(value)
    }

    #[inline]
    fn map<V: Visitor<'de>>(&mut self, head: Head, visitor: V) -> Result<V::Value, Error> {
        let mut entries = Elements::open(self, head)?;
        let value = visitor.visit_map(&mut entries)?;
        entries.close()?;
        Ok(value)
    }

    #[inline]
    fn text<V: Visitor<'de>>(&mut self, head: Head, visitor: V) -> Result<V::Value, Error> {
        match self.reader.text(head)? {
            Cow::Borrowed(text) => visitor.visit_borrowed_str(text),
            Cow::Owned(text) => visitor.visit_string(text),
        }
    }

    fn bytes<V: Visitor<'de>>(&mut self, head: Head, visitor: V) -> Result<V::Value, Error> {
        match self.reader.string(head)? {
            Cow::Borrowed(bytes) => visitor.visit_borrowed_bytes(bytes),
            Cow::Owned(bytes) => visitor.visit_byte_buf(bytes),
        }
    }

    /// Whatever comes, as itself.
    fn any<V: Visitor<'de>>(&mut self, mut head: Head, visitor: V) -> Result<V::Value, Error> {
        loop {
            return match head.major {
                BYTES => self.bytes(head, visitor),
                TEXT => self.text(head, visitor),
                ARRAY => self.array(head, visitor),
                MAP => self.map(head, visitor),
                TAG if head.value == SOME => self.some(visitor),
                TAG if head.value == TABLE => Table::read(&mut self.reader)?.visit(visitor),
                TAG => match (self.reader.integer(head)?, Typed::after(head, &mut self.reader)?) {
                    (Some(number), _) => self.number(number, visitor),
                    (_, Some(typed)) => typed.visit(visitor),
                    _ => {
                        head = self.reader.head()?;
                        continue;
                    }
                },
                SIMPLE => self.simple(head, visitor),
                _ => match self.reader.integer(head)? {
                    Some(number) => self.number(number, visitor),
                    None => Err(self.mismatch(head, &visitor)),
                },
            };
        }
    }

    /// Names of fields and variants are texts, but in a struct with flattened fields all keys of its map come here. Every
    /// struct has its own copy of this, and what no visitor of names takes is not in it.
    #[cold]
    #[inline(never)]
    fn odd_identifier<V: Visitor<'de>>(&mut self, head: Head, visitor: V) -> Result<V::Value, Error> {
        let number = match head.major {
            BYTES => return visitor.visit_bytes(&self.reader.string(head)?),
            SIMPLE => return self.simple(head, visitor),
            _ => self.reader.integer(head)?,
        };
        if let Some(Integer::Positive(value)) = number
            && let Ok(value) = u64::try_from(value)
        {
            return visitor.visit_u64(value);
        }
        if let Some(Integer::Negative(value)) = number
            && let Ok(value) = i64::try_from(value)
        {
            return visitor.visit_i64(value);
        }
        Err(self.mismatch(head, &visitor))
    }

    /// Reads on to the elements of a sequence. What is the same for all types is compiled once.
    fn sequence(&mut self, expected: &dyn Expected) -> Result<Found<'de>, Error> {
        let mut head = self.reader.head()?;
        while head.major == TAG {
            if let Some(typed) = Typed::after(head, &mut self.reader)? {
                return Ok(Found::Typed(typed));
            }
            if head.value == TABLE {
                return Table::read(&mut self.reader).map(Found::Table);
            }
            head = self.reader.head()?;
        }
        match head.major {
            ARRAY => Ok(Found::Array(head)),
            BYTES => Ok(Found::Typed(Typed { kind: Kind::U8, bytes: self.reader.string(head)? })),
            _ => Err(self.mismatch(head, expected)),
        }
    }

    /// The inside of a `Some` whose tag was just read.
    fn some<V: Visitor<'de>>(&mut self, visitor: V) -> Result<V::Value, Error> {
        self.reader.enter()?;
        let value = visitor.visit_some(&mut *self)?;
        self.reader.leave();
        Ok(value)
    }
}

/// The integers. A type is given its own width where the value has it, since a visitor need not know any other.
macro_rules! integers {
    ($($method:ident $visit:ident $type:ty)*) => { $(
        #[inline]
        #[allow(irrefutable_let_patterns, reason = "a u64 always is one")]
        fn $method<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Error> {
            let head = self.reader.head()?;
            if head.major == UNSIGNED && let Ok(value) = <$type>::try_from(head.value) {
                return visitor.$visit(value);
            }
            let integer = self.integer(head, &visitor)?;
            let value = match integer {
                Integer::Positive(value) => <$type>::try_from(value).ok(),
                Integer::Negative(value) => <$type>::try_from(value).ok(),
            };
            match value {
                Some(value) => visitor.$visit(value),
                None => self.number(integer, visitor),
            }
        }
    )* };
}

macro_rules! same_as {
    ($($method:ident $same:ident)*) => { $(
        #[inline]
        fn $method<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Error> {
            self.$same(visitor)
        }
    )* };
}

impl<'de> Deserializer<'de> for &mut Decoder<'de> {
    type Error = Error;

    integers! {
        deserialize_u8 visit_u8 u8 deserialize_u16 visit_u16 u16 deserialize_u32 visit_u32 u32 deserialize_u64 visit_u64 u64
        deserialize_i8 visit_i8 i8 deserialize_i16 visit_i16 i16 deserialize_i32 visit_i32 i32 deserialize_i64 visit_i64 i64
        deserialize_u128 visit_u128 u128 deserialize_i128 visit_i128 i128
    }

    same_as! {
        deserialize_bool deserialize_unit
        deserialize_char deserialize_str
        deserialize_string deserialize_str
        deserialize_byte_buf deserialize_bytes
    }

    #[inline]
    fn deserialize_identifier<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Error> {
        let head = self.reader.head_after_tags()?;
        if head.major != TEXT {
            return self.odd_identifier(head, visitor);
        }
        match self.reader.text(head)? {
            Cow::Borrowed(text) => visitor.visit_borrowed_str(text),
            Cow::Owned(text) => visitor.visit_str(&text),
        }
    }

    fn deserialize_any<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Error> {
        let head = self.reader.head()?;
        self.any(head, visitor)
    }

    #[inline]
    fn deserialize_unit<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Error> {
        let head = self.reader.head_after_tags()?;
        match head.major {
            SIMPLE => self.simple(head, visitor),
            _ => Err(self.mismatch(head, &visitor)),
        }
    }

    #[inline]
    fn deserialize_f32<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Error> {
        let head = self.reader.head_after_tags()?;
        match head.major {
            SIMPLE => self.simple(head, visitor),
            UNSIGNED => visitor.visit_u64(head.value),
            _ => Err(self.mismatch(head, &visitor)),
        }
    }

    #[inline]
    fn deserialize_f64<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Error> {
        let head = self.reader.head_after_tags()?;
        match head.major {
            SIMPLE => match self.reader.simple(head)? {
                Simple::Double(bits) => visitor.visit_f64(f64::from_bits(bits)),
                // Widened on the bits, so that a NaN which another writer shortened keeps its payload.
                Simple::Single(bits) => visitor.visit_f64(f64::from_bits(float::widen(bits.into(), float::SINGLE))),
                _ => self.simple(head, visitor),
            },
            UNSIGNED => visitor.visit_u64(head.value),
            _ => Err(self.mismatch(head, &visitor)),
        }
    }

    #[inline]
    fn deserialize_str<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Error> {
        let head = self.reader.head_after_tags()?;
        match head.major {
            TEXT => self.text(head, visitor),
            _ => Err(self.mismatch(head, &visitor)),
        }
    }

    #[inline]
    fn deserialize_bytes<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Error> {
        let head = self.reader.head_after_tags()?;
        match head.major {
            BYTES => self.bytes(head, visitor),
            ARRAY => self.array(head, visitor),
            _ => Err(self.mismatch(head, &visitor)),
        }
    }

    #[inline]
    fn deserialize_option<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Error> {
        match self.reader.peek()? {
            NULL | UNDEFINED => {
                self.reader.take(1)?;
                return visitor.visit_none();
            }
            SOME_START if self.reader.some() => return self.some(visitor),
            _ => self.wrap()?,
        }
        visitor.visit_some(self)
    }

    #[inline]
    fn deserialize_unit_struct<V: Visitor<'de>>(self, _: &'static str, visitor: V) -> Result<V::Value, Error> {
        self.deserialize_unit(visitor)
    }

    #[inline]
    fn deserialize_newtype_struct<V: Visitor<'de>>(self, _: &'static str, visitor: V) -> Result<V::Value, Error> {
        visitor.visit_newtype_struct(self)
    }

    #[inline]
    fn deserialize_seq<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Error> {
        match self.sequence(&visitor)? {
            Found::Array(head) => self.array(head, visitor),
            Found::Typed(typed) => typed.visit(visitor),
            Found::Table(table) => table.visit(visitor),
        }
    }

    #[inline]
    fn deserialize_tuple<V: Visitor<'de>>(self, _: usize, visitor: V) -> Result<V::Value, Error> {
        self.deserialize_seq(visitor)
    }

    #[inline]
    fn deserialize_tuple_struct<V: Visitor<'de>>(
        self,
        _: &'static str,
        _: usize,
        visitor: V,
    ) -> Result<V::Value, Error> {
        self.deserialize_seq(visitor)
    }

    #[inline]
    fn deserialize_map<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Error> {
        let head = self.reader.head_after_tags()?;
        match head.major {
            MAP => self.map(head, visitor),
            _ => Err(self.mismatch(head, &visitor)),
        }
    }

    #[inline]
    fn deserialize_struct<V: Visitor<'de>>(
        self,
        _: &'static str,
        _: &'static [&'static str],
        visitor: V,
    ) -> Result<V::Value, Error> {
        self.deserialize_map(visitor)
    }

    fn deserialize_enum<V: Visitor<'de>>(
        self,
        _: &'static str,
        _: &'static [&'static str],
        visitor: V,
    ) -> Result<V::Value, Error> {
        let head = self.reader.head_after_tags()?;
        match head.major {
            TEXT => match self.reader.text(head)? {
                Cow::Borrowed(name) => visitor.visit_enum(BorrowedStrDeserializer::new(name)),
                Cow::Owned(name) => visitor.visit_enum(name.into_deserializer()),
            },
            MAP => {
                let mut entries = Elements::open(self, head)?;
                let value = visitor.visit_enum(Variant(&mut entries))?;
                entries.close()?;
                Ok(value)
            }
            _ => Err(self.mismatch(head, &visitor)),
        }
    }

    fn deserialize_ignored_any<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Error> {
        self.reader.skip()?;
        visitor.visit_unit()
    }

    fn is_human_readable(&self) -> bool {
        true
    }
}

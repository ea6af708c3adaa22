//! The serializer: one pass over the value, straight into the buffer.

use super::capture::Packed;
use super::compound::Compound;
use super::out::Out;
use super::row::Step;
use super::sequence::Sequence;
use super::{DEPTH, Error, SOME_HEAD, float};
use serde::ser::{Serialize, Serializer};
use std::cell::Cell;

/// The major types of CBOR.
pub(super) const UNSIGNED: u8 = 0;
pub(super) const NEGATIVE: u8 = 1;
pub(super) const BYTES: u8 = 2;
pub(super) const TEXT: u8 = 3;
pub(super) const ARRAY: u8 = 4;
pub(super) const MAP: u8 = 5;
pub(super) const TAG: u8 = 6;
pub(super) const SIMPLE: u8 = 7;

pub(super) const FALSE: u8 = 0xF4;
pub(super) const TRUE: u8 = 0xF5;
pub(super) const NULL: u8 = 0xF6;
pub(super) const UNDEFINED: u8 = 0xF7;

pub(super) const HALF: u8 = 0xF9;
pub(super) const SINGLE: u8 = 0xFA;
pub(super) const DOUBLE: u8 = 0xFB;

pub(super) const POSITIVE_BIGNUM: u64 = 2;
pub(super) const NEGATIVE_BIGNUM: u64 = 3;

/// Which of the possible encodings of a value to write.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Form {
    /// Keeps every bit and the width of floats.
    Exact,
    /// One encoding for each value: map entries in order, floats as short as their value allows.
    Canonical,
}

/// A serializer of one CBOR item, behind a mutable reference.
pub struct Encoder<'a> {
    pub(super) out: &'a mut Out,
    pub(super) form: Form,
    /// Where each entry of the open maps starts, if they are to be sorted.
    pub(super) entries: Vec<usize>,
    /// Where long pieces of numbers are listed, if they are.
    pub(super) arrays: Option<&'a mut Vec<Packed>>,
    /// Memory for the shape of the records of one sequence at a time.
    pub(super) steps: Vec<Step>,
    limit: usize,
    depth: usize,
    /// How many `Some`s are open around the item that starts here.
    wrapped: (usize, usize),
    /// What went wrong, whatever the types around it have made of the error.
    fault: Cell<Fault>,
}

#[derive(Clone, Copy, Default)]
enum Fault {
    #[default]
    None,
    /// The limit was passed, by so many bytes in all at the least.
    Full(usize),
    /// A part of something was not written, or not all of it.
    Part,
}

impl<'a> Encoder<'a> {
    /// Appends to `out` until that has `limit` bytes.
    pub(super) fn new(out: &'a mut Out, arrays: Option<&'a mut Vec<Packed>>, form: Form, limit: usize) -> Self {
        Encoder {
            out,
            form,
            entries: Vec::new(),
            arrays,
            steps: Vec::new(),
            limit,
            depth: 0,
            wrapped: (0, 0),
            fault: Cell::default(),
        }
    }

    #[inline]
    pub(super) fn head(&mut self, major: u8, value: u64) {
        write_head(self.out, major, value);
    }

    #[inline]
    pub(super) fn enter(&mut self) -> Result<(), Error> {
        if self.depth == DEPTH {
            return Err(too_deep());
        }
        self.depth += 1;
        Ok(())
    }

    #[inline]
    pub(super) fn leave(&mut self) {
        self.depth -= 1;
    }

    /// Whether so many more levels can be entered.
    pub(super) fn can_enter(&self, levels: usize) -> bool {
        self.depth + levels <= DEPTH
    }

    /// Counts one more `Some` around the item at `start`. They leave no bytes, so nothing else bounds them.
    #[inline]
    fn wrap(&mut self, start: usize) -> Result<(), Error> {
        let (at, count) = self.wrapped;
        let count = if at == start { count + 1 } else { 1 };
        self.wrapped = (start, count);
        if count > DEPTH { Err(too_deep()) } else { Ok(()) }
    }

    /// Fails if the buffer would pass the limit with so many more bytes, or if there was no memory for those so far.
    #[inline]
    pub(super) fn room(&self, bytes: usize) -> Result<(), Error> {
        let needed = self.out.len().saturating_add(bytes);
        match needed > self.limit {
            true => Err(self.full(needed)),
            false if self.out.is_short() => Err(short(needed)),
            false => Ok(()),
        }
    }

    #[cold]
    fn full(&self, needed: usize) -> Error {
        self.fault.set(Fault::Full(needed));
        Error::full(needed)
    }

    /// Appends what something consists of.
    #[inline]
    pub(super) fn part<T: Serialize + ?Sized>(&mut self, value: &T) -> Result<(), Error> {
        let result = value.serialize(&mut *self);
        if result.is_err() {
            self.part_failed();
        }
        result
    }

    #[cold]
    fn part_failed(&self) {
        if let Fault::None = self.fault.get() {
            self.fault.set(Fault::Part);
        }
    }

    /// `result`, unless a type has made something else of an error, or nothing.
    pub(super) fn end(&self, result: Result<(), Error>) -> Result<(), Error> {
        match self.fault.get() {
            Fault::Full(needed) => Err(Error::full(needed)),
            Fault::Part if result.is_ok() => Err(Error::new("its `Serialize` went on after an error in a part of it")),
            _ => result,
        }
    }

    /// The map `{name: …}` around the content of an enum's variant, less that content.
    pub(super) fn variant(&mut self, name: &str) -> Result<(), Error> {
        self.enter()?;
        self.head(MAP, 1);
        self.text(name)
    }

    #[inline]
    pub(super) fn text(&mut self, text: &str) -> Result<(), Error> {
        self.string(TEXT, text.as_bytes())
    }

    #[inline]
    fn string(&mut self, major: u8, bytes: &[u8]) -> Result<(), Error> {
        self.room(bytes.len())?;
        self.head(major, bytes.len() as u64);
        self.out.extend_from_slice(bytes);
        Ok(())
    }

    /// An integer that needs more than 64 bits.
    fn bignum(&mut self, tag: u64, magnitude: u128) {
        let bytes = magnitude.to_be_bytes();
        let zeros = (magnitude.leading_zeros() / 8) as usize;
        self.head(TAG, tag);
        self.head(BYTES, (bytes.len() - zeros) as u64);
        self.out.extend_from_slice(&bytes[zeros..]);
    }

    #[inline]
    fn single(&mut self, bits: u32) {
        if self.form == Form::Canonical {
            return self.shortest(float::widen(bits.into(), float::SINGLE));
        }
        extend::<4, 5>(self.out, SINGLE, bits.to_be_bytes());
    }

    #[inline]
    fn double(&mut self, bits: u64) {
        if self.form == Form::Canonical {
            return self.shortest(bits);
        }
        extend::<8, 9>(self.out, DOUBLE, bits.to_be_bytes());
    }

    #[cold]
    fn shortest(&mut self, bits: u64) {
        if let Some(half) = float::narrow(bits, float::HALF) {
            extend::<2, 3>(self.out, HALF, (half as u16).to_be_bytes());
        } else if let Some(single) = float::narrow(bits, float::SINGLE) {
            extend::<4, 5>(self.out, SINGLE, (single as u32).to_be_bytes());
        } else {
            extend::<8, 9>(self.out, DOUBLE, bits.to_be_bytes());
        }
    }

    /// How many [`SOME`] tags the item at `start` begins with, if a null follows them.
    fn tags_before_null(&self, start: usize) -> Option<usize> {
        let mut item = self.out.get(start..)?;
        let mut count = 0;
        while let Some(inner) = item.strip_prefix(&SOME_HEAD) {
            item = inner;
            count += 1;
        }
        (item == [NULL]).then_some(count)
    }
}

/// Appends the first bytes of an item, in the shortest form.
#[inline]
pub(super) fn write_head(out: &mut Out, major: u8, value: u64) {
    let major = major << 5;
    match value {
        0..24 => out.push(major | value as u8),
        24..=0xFF => out.extend_from_slice(&[major | 24, value as u8]),
        0x100..=0xFFFF => extend::<2, 3>(out, major | 25, (value as u16).to_be_bytes()),
        0x1_0000..=0xFFFF_FFFF => extend::<4, 5>(out, major | 26, (value as u32).to_be_bytes()),
        _ => extend::<8, 9>(out, major | 27, value.to_be_bytes()),
    }
}

/// One byte and `N` more, in one step: `M` is `N + 1`, which the compiler cannot be told.
#[inline]
fn extend<const N: usize, const M: usize>(out: &mut Out, first: u8, rest: [u8; N]) {
    let mut bytes = [first; M];
    bytes[1..].copy_from_slice(&rest);
    out.extend_from_slice(&bytes);
}

#[cold]
fn short(needed: usize) -> Error {
    Error::new(format!("there is no memory for a copy of it, which takes more than {needed} bytes"))
}

#[cold]
pub(super) fn too_deep() -> Error {
    Error::new(format!("nested more than {DEPTH} levels deep"))
}

macro_rules! unsigned {
    ($($method:ident $type:ty)*) => { $(
        #[inline]
        fn $method(self, value: $type) -> Result<(), Error> {
            self.head(UNSIGNED, value.into());
            Ok(())
        }
    )* };
}

macro_rules! signed {
    ($($method:ident $type:ty)*) => { $(
        #[inline]
        fn $method(self, value: $type) -> Result<(), Error> {
            let value = i64::from(value);
            if value < 0 {
                self.head(NEGATIVE, !value as u64);
            } else {
                self.head(UNSIGNED, value as u64);
            }
            Ok(())
        }
    )* };
}

impl<'e, 'a> Serializer for &'e mut Encoder<'a> {
    type Ok = ();
    type Error = Error;
    type SerializeSeq = Sequence<'e, 'a>;
    type SerializeTuple = Sequence<'e, 'a>;
    type SerializeTupleStruct = Compound<'e, 'a>;
    type SerializeTupleVariant = Compound<'e, 'a>;
    type SerializeMap = Compound<'e, 'a>;
    type SerializeStruct = Compound<'e, 'a>;
    type SerializeStructVariant = Compound<'e, 'a>;

    unsigned! { serialize_u8 u8 serialize_u16 u16 serialize_u32 u32 serialize_u64 u64 }
    signed! { serialize_i8 i8 serialize_i16 i16 serialize_i32 i32 serialize_i64 i64 }

    fn serialize_u128(self, value: u128) -> Result<(), Error> {
        match u64::try_from(value) {
            Ok(value) => self.head(UNSIGNED, value),
            Err(_) => self.bignum(POSITIVE_BIGNUM, value),
        }
        Ok(())
    }

    fn serialize_i128(self, value: i128) -> Result<(), Error> {
        if let Ok(value) = u128::try_from(value) {
            return self.serialize_u128(value);
        }
        // A negative integer is written as -1 - n, and !value is that n.
        let magnitude = !value as u128;
        match u64::try_from(magnitude) {
            Ok(magnitude) => self.head(NEGATIVE, magnitude),
            Err(_) => self.bignum(NEGATIVE_BIGNUM, magnitude),
        }
        Ok(())
    }

    #[inline]
    fn serialize_bool(self, value: bool) -> Result<(), Error> {
        self.out.push(if value { TRUE } else { FALSE });
        Ok(())
    }

    #[inline]
    fn serialize_f32(self, value: f32) -> Result<(), Error> {
        self.single(value.to_bits());
        Ok(())
    }

    #[inline]
    fn serialize_f64(self, value: f64) -> Result<(), Error> {
        self.double(value.to_bits());
        Ok(())
    }

    fn serialize_char(self, value: char) -> Result<(), Error> {
        self.text(value.encode_utf8(&mut [0; 4]))
    }

    #[inline]
    fn serialize_str(self, value: &str) -> Result<(), Error> {
        self.text(value)
    }

    #[inline]
    fn serialize_bytes(self, value: &[u8]) -> Result<(), Error> {
        self.string(BYTES, value)?;
        self.room(0)?;
        self.list(self.out.len() - value.len(), value.len(), 1);
        Ok(())
    }

    #[inline]
    fn serialize_none(self) -> Result<(), Error> {
        self.serialize_unit()
    }

    #[inline]
    fn serialize_some<T: Serialize + ?Sized>(self, value: &T) -> Result<(), Error> {
        let start = self.out.len();
        self.wrap(start)?;
        value.serialize(&mut *self)?;
        if let Some(tags) = self.tags_before_null(start) {
            // Reading will go one level deeper for each tag.
            if self.depth + tags >= DEPTH {
                return Err(too_deep());
            }
            self.out.replace(start..start, &SOME_HEAD);
        }
        Ok(())
    }

    #[inline]
    fn serialize_unit(self) -> Result<(), Error> {
        self.out.push(NULL);
        Ok(())
    }

    #[inline]
    fn serialize_unit_struct(self, _: &'static str) -> Result<(), Error> {
        self.serialize_unit()
    }

    #[inline]
    fn serialize_unit_variant(self, _: &'static str, _: u32, variant: &'static str) -> Result<(), Error> {
        self.text(variant)
    }

    #[inline]
    fn serialize_newtype_struct<T: Serialize + ?Sized>(self, _: &'static str, value: &T) -> Result<(), Error> {
        value.serialize(self)
    }

    #[inline]
    fn serialize_newtype_variant<T: Serialize + ?Sized>(
        self,
        _: &'static str,
        _: u32,
        variant: &'static str,
        value: &T,
    ) -> Result<(), Error> {
        self.variant(variant)?;
        value.serialize(&mut *self)?;
        self.leave();
        Ok(())
    }

    #[inline]
    fn serialize_seq(self, length: Option<usize>) -> Result<Sequence<'e, 'a>, Error> {
        Sequence::open(self, length)
    }

    #[inline]
    fn collect_seq<I>(self, elements: I) -> Result<(), Error>
    where
        I: IntoIterator,
        I::Item: Serialize,
    {
        let elements = elements.into_iter();
        let length = match elements.size_hint() {
            (least, Some(most)) if least == most => Some(least),
            _ => None,
        };
        Sequence::open(self, length)?.collect(elements)
    }

    #[inline]
    fn serialize_tuple(self, length: usize) -> Result<Sequence<'e, 'a>, Error> {
        Sequence::open(self, Some(length))
    }

    #[inline]
    fn serialize_tuple_struct(self, _: &'static str, length: usize) -> Result<Compound<'e, 'a>, Error> {
        Compound::open(self, ARRAY, Some(length))
    }

    #[inline]
    fn serialize_tuple_variant(
        self,
        _: &'static str,
        _: u32,
        variant: &'static str,
        length: usize,
    ) -> Result<Compound<'e, 'a>, Error> {
        Compound::open_variant(self, variant, ARRAY, length)
    }

    #[inline]
    fn serialize_map(self, length: Option<usize>) -> Result<Compound<'e, 'a>, Error> {
        Compound::open(self, MAP, length)
    }

    #[inline]
    fn serialize_struct(self, _: &'static str, length: usize) -> Result<Compound<'e, 'a>, Error> {
        Compound::open(self, MAP, Some(length))
    }

    #[inline]
    fn serialize_struct_variant(
        self,
        _: &'static str,
        _: u32,
        variant: &'static str,
        length: usize,
    ) -> Result<Compound<'e, 'a>, Error> {
        Compound::open_variant(self, variant, MAP, length)
    }

    fn is_human_readable(&self) -> bool {
        true
    }
}

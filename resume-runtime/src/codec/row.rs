//! One record of a sequence that is stored by column: found out what it consists of, or put into the columns.

use super::scalar::{Kind, Other, Probe};
use serde::ser::{self, Impossible, Serialize, Serializer};
use std::fmt;

/// More steps than this are no record of a few numbers.
const MOST_STEPS: usize = 1024;

/// The longest name of a field. A reader makes the names anew for each record, which bounds what a few bytes can ask of it.
pub(super) const LONGEST_NAME: usize = 64;

/// What the columns are made of.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) enum Cell {
    Bool,
    Number(Kind),
}

/// One step on the way through a record. The records of a sequence are of one shape if all go the same way.
#[derive(Clone, Copy)]
pub(super) enum Step {
    Map,
    Array,
    Name(&'static str),
    /// A number, and where that of the next record goes.
    Cell {
        cell: Cell,
        place: usize,
        stride: usize,
    },
    /// An array of numbers of one kind: where all of them go that this record has, and where those of the next.
    Line {
        kind: Kind,
        place: usize,
        length: usize,
        stride: usize,
    },
    /// Of a map or an array.
    End,
}

impl Cell {
    #[inline]
    pub(super) const fn size(self) -> usize {
        match self {
            Cell::Bool => 1,
            Cell::Number(kind) => kind.size(),
        }
    }
}

impl Step {
    /// How many bytes of a column it takes.
    pub(super) fn size(&self) -> usize {
        match self {
            Step::Cell { cell, .. } => cell.size(),
            _ => 0,
        }
    }
}

/// A serializer of one record, behind a mutable reference.
pub(super) struct Row<'r> {
    /// The way to go.
    pub(super) steps: std::slice::IterMut<'r, Step>,
    /// Where the columns are.
    pub(super) out: &'r mut [u8],
    /// Where to write down the way of the first record.
    learned: Option<&'r mut Vec<Step>>,
}

impl<'r> Row<'r> {
    /// Writes down what the record consists of.
    pub(super) fn learn(steps: &'r mut Vec<Step>) -> Self {
        Row { steps: Default::default(), out: &mut [], learned: Some(steps) }
    }

    /// Puts the record into its columns if it is of the shape that was learned.
    #[inline]
    pub(super) fn put(steps: &'r mut [Step], out: &'r mut [u8]) -> Self {
        Row { steps: steps.iter_mut(), out, learned: None }
    }

    /// Not the step that was expected: one to learn, or the end of it.
    #[cold]
    fn other(&mut self, step: Step) -> Result<(), Other> {
        match &mut self.learned {
            Some(learned) if learned.len() < MOST_STEPS => {
                learned.push(step);
                Ok(())
            }
            _ => Err(self.refuse()),
        }
    }

    /// Nothing is taken from here on: a type that goes on after an error in a part of it would lose that part.
    #[cold]
    fn refuse(&mut self) -> Other {
        self.steps = Default::default();
        self.learned = None;
        Other
    }

    #[inline]
    fn open_map(&mut self) -> Result<&mut Self, Other> {
        match self.steps.next() {
            Some(Step::Map) => Ok(self),
            _ => self.other(Step::Map).map(|()| self),
        }
    }

    #[inline]
    fn open_array<'s>(&'s mut self) -> Result<Tuple<'s, 'r>, Other> {
        match self.steps.next() {
            Some(Step::Array) => {}
            Some(Step::Line { kind, place, length, stride }) => {
                let Some(room) = self.out.get_mut(*place..*place + *length) else {
                    self.steps = Default::default();
                    return Err(Other);
                };
                *place += *stride;
                return Ok(Tuple::Line { room, kind: *kind, steps: &mut self.steps });
            }
            _ => self.other(Step::Array)?,
        }
        Ok(Tuple::Parts(self))
    }

    #[inline]
    fn name(&mut self, name: &'static str) -> Result<(), Other> {
        match self.steps.next() {
            Some(Step::Name(known)) if std::ptr::eq(*known, name) || *known == name => Ok(()),
            _ if name.len() <= LONGEST_NAME => self.other(Step::Name(name)),
            _ => Err(self.refuse()),
        }
    }

    #[inline]
    fn close(&mut self) -> Result<(), Other> {
        match self.steps.next() {
            Some(Step::End) => Ok(()),
            _ => self.other(Step::End),
        }
    }

    #[inline(always)]
    fn cell<const N: usize>(&mut self, new: Cell, bytes: [u8; N]) -> Result<(), Other> {
        if let Some(Step::Cell { cell, place, stride }) = self.steps.next()
            && *cell == new
            && let Some(to) = self.out.get_mut(*place..*place + N)
        {
            to.copy_from_slice(&bytes);
            *place += *stride;
            return Ok(());
        }
        self.other(Step::Cell { cell: new, place: 0, stride: 0 })
    }
}

/// An array or a tuple of one record. It lives within one function, so what is in it stays in registers.
pub(super) enum Tuple<'s, 'r> {
    /// Numbers of one kind, and the room for those that are still to come.
    Line {
        room: &'s mut [u8],
        kind: Kind,
        steps: &'s mut std::slice::IterMut<'r, Step>,
    },
    Parts(&'s mut Row<'r>),
    /// Something did not fit. That is remembered: a type may go on after an error in a part of it.
    Refused,
}

impl Tuple<'_, '_> {
    #[inline]
    fn element<T: Serialize + ?Sized>(&mut self, value: &T) -> Result<(), Other> {
        let (room, kind) = match self {
            Tuple::Line { room, kind, .. } => (room, *kind),
            Tuple::Parts(row) => return value.serialize(&mut **row),
            Tuple::Refused => return Err(Other),
        };
        if let Ok(scalar) = value.serialize(Probe)
            && scalar.kind() == kind
            && let Some((place, rest)) = std::mem::take(room).split_at_mut_checked(scalar.kind().size())
        {
            scalar.put(place);
            *room = rest;
            return Ok(());
        }
        Err(self.refuse())
    }

    #[inline]
    fn close(mut self) -> Result<(), Other> {
        match &mut self {
            Tuple::Line { room: [], .. } => Ok(()),
            Tuple::Parts(row) => row.close(),
            _ => Err(self.refuse()),
        }
    }

    #[cold]
    fn refuse(&mut self) -> Other {
        if let Tuple::Line { steps, .. } = self {
            **steps = Default::default();
        }
        *self = Tuple::Refused;
        Other
    }
}

macro_rules! cells {
    ($($method:ident $type:ident $kind:ident)*) => { $(
        #[inline]
        fn $method(self, value: $type) -> Result<(), Other> {
            self.cell(Cell::Number(Kind::$kind), value.to_le_bytes())
        }
    )* };
}

macro_rules! others {
    ($($method:ident($($type:ty),*) -> $ok:ty;)*) => { $(
        #[inline]
        fn $method(self, $(_: $type),*) -> Result<$ok, Other> {
            Err(self.refuse())
        }
    )* };
}

type No = Impossible<(), Other>;

impl<'s, 'r> Serializer for &'s mut Row<'r> {
    type Ok = ();
    type Error = Other;
    type SerializeSeq = No;
    type SerializeTuple = Tuple<'s, 'r>;
    type SerializeTupleStruct = Tuple<'s, 'r>;
    type SerializeTupleVariant = No;
    type SerializeMap = No;
    type SerializeStruct = Self;
    type SerializeStructVariant = No;

    cells! {
        serialize_u8 u8 U8 serialize_u16 u16 U16 serialize_u32 u32 U32 serialize_u64 u64 U64
        serialize_i8 i8 I8 serialize_i16 i16 I16 serialize_i32 i32 I32 serialize_i64 i64 I64
        serialize_f32 f32 F32 serialize_f64 f64 F64
    }

    #[inline]
    fn serialize_bool(self, value: bool) -> Result<(), Other> {
        self.cell(Cell::Bool, [value.into()])
    }

    #[inline]
    fn serialize_newtype_struct<T: Serialize + ?Sized>(self, _: &'static str, value: &T) -> Result<(), Other> {
        value.serialize(self)
    }

    #[inline]
    fn serialize_tuple(self, _: usize) -> Result<Tuple<'s, 'r>, Other> {
        self.open_array()
    }

    #[inline]
    fn serialize_tuple_struct(self, _: &'static str, _: usize) -> Result<Tuple<'s, 'r>, Other> {
        self.open_array()
    }

    #[inline]
    fn serialize_struct(self, _: &'static str, _: usize) -> Result<Self, Other> {
        self.open_map()
    }

    others! {
        serialize_i128(i128) -> ();
        serialize_u128(u128) -> ();
        serialize_char(char) -> ();
        serialize_str(&str) -> ();
        serialize_bytes(&[u8]) -> ();
        serialize_none() -> ();
        serialize_unit() -> ();
        serialize_unit_struct(&'static str) -> ();
        serialize_unit_variant(&'static str, u32, &'static str) -> ();
        serialize_seq(Option<usize>) -> No;
        serialize_tuple_variant(&'static str, u32, &'static str, usize) -> No;
        serialize_map(Option<usize>) -> No;
        serialize_struct_variant(&'static str, u32, &'static str, usize) -> No;
    }

    #[inline]
    fn serialize_some<T: Serialize + ?Sized>(self, _: &T) -> Result<(), Other> {
        Err(self.refuse())
    }

    #[inline]
    fn serialize_newtype_variant<T: Serialize + ?Sized>(
        self,
        _: &'static str,
        _: u32,
        _: &'static str,
        _: &T,
    ) -> Result<(), Other> {
        Err(self.refuse())
    }

    #[inline]
    fn collect_str<T: fmt::Display + ?Sized>(self, _: &T) -> Result<(), Other> {
        Err(self.refuse())
    }

    fn is_human_readable(&self) -> bool {
        true
    }
}

macro_rules! tuples {
    ($($trait:ident $method:ident)*) => { $(
        impl ser::$trait for Tuple<'_, '_> {
            type Ok = ();
            type Error = Other;

            #[inline]
            fn $method<T: Serialize + ?Sized>(&mut self, value: &T) -> Result<(), Other> {
                self.element(value)
            }

            #[inline]
            fn end(self) -> Result<(), Other> {
                self.close()
            }
        }
    )* };
}

tuples! {
    SerializeTuple serialize_element
    SerializeTupleStruct serialize_field
}

impl ser::SerializeStruct for &mut Row<'_> {
    type Ok = ();
    type Error = Other;

    #[inline]
    fn serialize_field<T: Serialize + ?Sized>(&mut self, name: &'static str, value: &T) -> Result<(), Other> {
        self.name(name)?;
        value.serialize(&mut **self)
    }

    #[inline]
    fn end(self) -> Result<(), Other> {
        self.close()
    }
}

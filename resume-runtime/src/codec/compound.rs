//! Arrays and maps while they are being written.

use super::Error;
use super::encode::{Encoder, Form, write_head};
use super::out::Out;
use serde::ser::{self, Serialize};

/// An open array or map. The head says the announced length; closing makes it the true one.
///
/// Not every `Serialize` announces a length, or the right one (a flattened struct announces none), and readers that know
/// the length beforehand are simpler and quicker than those that look for an end.
pub struct Compound<'e, 'a> {
    encoder: &'e mut Encoder<'a>,
    major: u8,
    /// Where the head starts, and where the elements do.
    start: usize,
    body: usize,
    announced: usize,
    count: usize,
    /// How many entries the maps around this one have so far.
    outer: usize,
    /// This is the content of an enum's variant, inside a map of its own.
    variant: bool,
}

impl<'e, 'a> Compound<'e, 'a> {
    #[inline]
    pub(super) fn open(encoder: &'e mut Encoder<'a>, major: u8, length: Option<usize>) -> Result<Self, Error> {
        encoder.enter()?;
        encoder.room(0)?;
        let start = encoder.out.len();
        let announced = length.unwrap_or(0);
        encoder.head(major, announced as u64);
        let body = encoder.out.len();
        let outer = encoder.entries.len();
        Ok(Compound { encoder, major, start, body, announced, count: 0, outer, variant: false })
    }

    pub(super) fn open_variant(
        encoder: &'e mut Encoder<'a>,
        name: &str,
        major: u8,
        length: usize,
    ) -> Result<Self, Error> {
        encoder.variant(name)?;
        Compound::open(encoder, major, Some(length)).map(|open| Compound { variant: true, ..open })
    }

    #[inline]
    fn element<T: Serialize + ?Sized>(&mut self, value: &T) -> Result<(), Error> {
        self.count += 1;
        self.encoder.part(value)?;
        self.encoder.room(0)
    }

    #[inline(always)]
    fn key<T: Serialize + ?Sized>(&mut self, key: &T) -> Result<(), Error> {
        if self.encoder.form == Form::Canonical {
            self.encoder.entries.push(self.encoder.out.len());
        }
        self.count += 1;
        self.encoder.part(key)
    }

    #[inline]
    fn value<T: Serialize + ?Sized>(&mut self, value: &T) -> Result<(), Error> {
        self.encoder.part(value)?;
        self.encoder.room(0)
    }

    #[inline]
    fn close(mut self) -> Result<(), Error> {
        if self.encoder.entries.len() > self.outer {
            self.sort();
        }
        if self.count != self.announced {
            let mut head = Out::default();
            write_head(&mut head, self.major, self.count as u64);
            self.encoder.replace_head(self.start, self.body, &head);
        }
        self.encoder.leave();
        if self.variant {
            self.encoder.leave();
        }
        Ok(())
    }

    /// Puts the entries in the order of their keys' bytes. No key's bytes begin with those of another, so comparing whole
    /// entries does that, and orders entries with equal keys too.
    #[cold]
    fn sort(&mut self) {
        let out = &mut *self.encoder.out;
        let starts = self.encoder.entries.split_off(self.outer);
        let ends = starts.iter().skip(1).copied().chain([out.len()]);
        let mut entries: Vec<&[u8]> = starts.iter().zip(ends).map(|(&start, end)| &out[start..end]).collect();
        entries.sort_unstable();
        let sorted = entries.concat();
        out.truncate(self.body);
        out.extend_from_slice(&sorted);
    }
}

macro_rules! elements {
    ($($trait:ident $method:ident)*) => { $(
        impl ser::$trait for Compound<'_, '_> {
            type Ok = ();
            type Error = Error;

            #[inline]
            fn $method<T: Serialize + ?Sized>(&mut self, value: &T) -> Result<(), Error> {
                self.element(value)
            }

            #[inline]
            fn end(self) -> Result<(), Error> {
                self.close()
            }
        }
    )* };
}

elements! {
    SerializeSeq serialize_element
    SerializeTupleStruct serialize_field
    SerializeTupleVariant serialize_field
}

macro_rules! fields {
    ($($trait:ident)*) => { $(
        impl ser::$trait for Compound<'_, '_> {
            type Ok = ();
            type Error = Error;

            #[inline]
            fn serialize_field<T: Serialize + ?Sized>(&mut self, name: &'static str, value: &T) -> Result<(), Error> {
                self.key(name)?;
                self.value(value)
            }

            #[inline]
            fn end(self) -> Result<(), Error> {
                self.close()
            }
        }
    )* };
}

fields! { SerializeStruct SerializeStructVariant }

impl ser::SerializeMap for Compound<'_, '_> {
    type Ok = ();
    type Error = Error;

    #[inline]
    fn serialize_key<T: Serialize + ?Sized>(&mut self, key: &T) -> Result<(), Error> {
        self.key(key)
    }

    #[inline]
    fn serialize_value<T: Serialize + ?Sized>(&mut self, value: &T) -> Result<(), Error> {
        self.value(value)
    }

    #[inline]
    fn end(self) -> Result<(), Error> {
        self.close()
    }
}

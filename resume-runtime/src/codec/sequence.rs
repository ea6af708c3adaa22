//! Sequences while they are being written: packed (RFC 8746) as long as all elements are numbers of one kind.
//!
//! serde does not say what a sequence is made of, so the elements are asked one by one ([`Probe`]). The first that is
//! something else turns the sequence into a plain array; nothing was lost by then.

use super::Error;
use super::columns::{self, Outcome};
use super::compound::Compound;
use super::encode::{ARRAY, BYTES, Encoder, Form, TAG, write_head};
use super::out::Out;
use super::scalar::{Kind, Probe, Scalar};
use serde::ser::{self, Serialize, SerializeSeq};

/// The shortest sequence that is packed: below, the tag costs more than it saves.
const SHORTEST: usize = 8;

/// For how many bytes there is room at least when numbers are written one after the other.
const LEAST: usize = 512;

/// An array or a packed array being written.
pub struct Sequence<'e, 'a> {
    state: State<'e, 'a>,
}

enum State<'e, 'a> {
    /// No element yet. A length of 0 is one that was not announced.
    Open {
        encoder: &'e mut Encoder<'a>,
        length: usize,
    },
    Packed(Run<'e, 'a>),
    Plain(Compound<'e, 'a>),
    /// An error was returned.
    Failed,
}

/// A packed array that is being written.
struct Run<'e, 'a> {
    encoder: &'e mut Encoder<'a>,
    kind: Kind,
    length: usize,
    /// Where the tag is, and where the numbers start.
    start: usize,
    body: usize,
}

impl<'e, 'a> Sequence<'e, 'a> {
    #[inline]
    pub(super) fn open(encoder: &'e mut Encoder<'a>, length: Option<usize>) -> Result<Self, Error> {
        let state = match length {
            _ if encoder.form != Form::Exact => State::Plain(Compound::open(encoder, ARRAY, length)?),
            Some(length) if length < SHORTEST => State::Plain(Compound::open(encoder, ARRAY, Some(length))?),
            _ => State::Open { encoder, length: length.unwrap_or(0) },
        };
        Ok(Sequence { state })
    }

    /// Writes all elements of an iterator. Not inlined: all captured types share what is made for a vector of one type.
    #[inline(never)]
    pub(super) fn collect<T: Serialize>(mut self, mut iterator: impl Iterator<Item = T>) -> Result<(), Error> {
        let Some(first) = iterator.next() else {
            return self.close();
        };
        let odd = match (self.state, first.serialize(Probe)) {
            (State::Open { encoder, length }, Ok(scalar)) => {
                let mut run = Run::open(encoder, scalar.kind(), length)?;
                run.push(scalar)?;
                let odd = run.extend(scalar.kind(), &mut iterator)?;
                self.state = State::Packed(run);
                odd
            }
            (State::Open { encoder, length }, Err(_)) if length >= columns::FEWEST => {
                match columns::collect(encoder, length, first, &mut iterator)? {
                    Outcome::Done => return Ok(()),
                    Outcome::Rows(compound, odd) => {
                        self.state = State::Plain(compound);
                        odd
                    }
                }
            }
            (state, _) => {
                self.state = state;
                Some(first)
            }
        };
        for element in odd.into_iter().chain(iterator) {
            self.element(&element)?;
        }
        self.close()
    }

    /// The first element decides, and any other may decide otherwise.
    #[cold]
    fn change(&mut self, scalar: Option<Scalar>) -> Result<&mut State<'e, 'a>, Error> {
        self.state = match (std::mem::replace(&mut self.state, State::Failed), scalar) {
            (State::Open { encoder, length }, Some(scalar)) => {
                State::Packed(Run::open(encoder, scalar.kind(), length)?)
            }
            (State::Open { encoder, length }, None) => State::Plain(Compound::open(encoder, ARRAY, Some(length))?),
            (State::Packed(run), _) => State::Plain(run.unpack()?),
            (state, _) => state,
        };
        Ok(&mut self.state)
    }

    #[inline]
    fn element<T: Serialize + ?Sized>(&mut self, value: &T) -> Result<(), Error> {
        if let State::Plain(compound) = &mut self.state {
            return compound.serialize_element(value);
        }
        let scalar = value.serialize(Probe).ok();
        if let (State::Packed(run), Some(scalar)) = (&mut self.state, scalar)
            && scalar.kind() == run.kind
        {
            return run.push(scalar);
        }
        match (self.change(scalar)?, scalar) {
            (State::Packed(run), Some(scalar)) => run.push(scalar),
            (State::Plain(compound), _) => compound.serialize_element(value),
            _ => Err(Error::new("an element after an error")),
        }
    }

    #[inline]
    fn close(mut self) -> Result<(), Error> {
        if let State::Packed(run) = &mut self.state
            && run.settle()
        {
            run.encoder.list(run.body, run.encoder.out.len() - run.body, run.kind.size());
            return Ok(());
        }
        if !matches!(self.state, State::Plain(_)) {
            self.change(None)?;
        }
        match self.state {
            State::Plain(compound) => compound.end(),
            _ => Err(Error::new("an end after an error")),
        }
    }
}

macro_rules! elements {
    ($($trait:ident)*) => { $(
        impl ser::$trait for Sequence<'_, '_> {
            type Ok = ();
            type Error = Error;

            #[inline]
            fn serialize_element<T: Serialize + ?Sized>(&mut self, value: &T) -> Result<(), Error> {
                self.element(value)
            }

            #[inline]
            fn end(self) -> Result<(), Error> {
                self.close()
            }
        }
    )* };
}

elements! { SerializeSeq SerializeTuple }

impl<'e, 'a> Run<'e, 'a> {
    fn open(encoder: &'e mut Encoder<'a>, kind: Kind, length: usize) -> Result<Self, Error> {
        let start = encoder.out.len();
        let bytes = length.saturating_mul(kind.size());
        encoder.head(TAG, kind.tag());
        encoder.head(BYTES, bytes as u64);
        encoder.room(bytes)?;
        // A matter of speed only: the announced length need not be true.
        let _ = encoder.out.try_reserve(bytes.saturating_add(LEAST));
        Ok(Run { body: encoder.out.len(), encoder, kind, length, start })
    }

    #[inline]
    fn push(&mut self, scalar: Scalar) -> Result<(), Error> {
        scalar.append(self.encoder.out);
        self.encoder.room(0)
    }

    /// Takes numbers from the iterator until there are no more, or one is something else: that is given back.
    ///
    /// Always inlined: where the kind is known, this is a copy, and where elements are no numbers, it is not there at all.
    #[inline(always)]
    fn extend<T: Serialize>(&mut self, kind: Kind, iterator: &mut impl Iterator<Item = T>) -> Result<Option<T>, Error> {
        let most = self.length.saturating_mul(kind.size()).max(LEAST);
        loop {
            self.encoder.out.reserve(LEAST);
            self.encoder.room(0)?;
            let spare = self.encoder.out.spare(most);
            let room = spare.len() / kind.size() * kind.size();
            let mut filled = 0;
            let mut odd = None;
            for (place, element) in spare[..room].chunks_exact_mut(kind.size()).zip(&mut *iterator) {
                match element.serialize(Probe) {
                    Ok(scalar) if scalar.kind() == kind => scalar.put(place),
                    _ => {
                        odd = Some(element);
                        break;
                    }
                }
                filled += kind.size();
            }
            self.encoder.out.take(filled);
            self.encoder.room(0)?;
            if filled < room {
                return Ok(odd);
            }
        }
    }

    /// Makes the announced length the true one, as not every `Serialize` announces any, or the right one. False where there
    /// are too few numbers to be packed.
    #[inline]
    fn settle(&mut self) -> bool {
        let bytes = self.encoder.out.len() - self.body;
        if bytes / self.kind.size() == self.length {
            return true;
        }
        if bytes / self.kind.size() < SHORTEST {
            return false;
        }
        let mut head = Out::default();
        write_head(&mut head, TAG, self.kind.tag());
        write_head(&mut head, BYTES, bytes as u64);
        self.encoder.replace_head(self.start, self.body, &head);
        self.body = self.start + head.len();
        true
    }

    /// Turns a packed array into a plain one of the same elements, open for more.
    #[cold]
    fn unpack(self) -> Result<Compound<'e, 'a>, Error> {
        let numbers = self.encoder.out[self.body..].to_vec();
        self.encoder.out.truncate(self.start);
        let mut compound = Compound::open(self.encoder, ARRAY, Some(self.length))?;
        let mut rest = numbers.as_slice();
        while let Some(scalar) = Scalar::take(self.kind, &mut rest) {
            SerializeSeq::serialize_element(&mut compound, &scalar)?;
        }
        Ok(compound)
    }
}

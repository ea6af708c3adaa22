//! Heads and strings of CBOR, read from bytes that may be anything.

use super::encode::{ARRAY, BYTES, MAP, NEGATIVE, NEGATIVE_BIGNUM, POSITIVE_BIGNUM, SIMPLE, TAG, TEXT, UNSIGNED};
use super::{DEPTH, Error, SOME_HEAD, encode};
use std::borrow::Cow;

/// The length of a string, array or map whose end is marked instead.
const INDEFINITE: u8 = 31;
const BREAK: u8 = 0xFF;

/// The first bytes of an item.
#[derive(Clone, Copy)]
pub(super) struct Head {
    pub(super) major: u8,
    info: u8,
    pub(super) value: u64,
}

impl Head {
    pub(super) fn is_indefinite(self) -> bool {
        self.info == INDEFINITE
    }
}

/// What a head of major type 7 stands for.
pub(super) enum Simple {
    Bool(bool),
    Null,
    Half(u16),
    Single(u32),
    Double(u64),
}

pub(super) enum Integer {
    Positive(u128),
    Negative(i128),
}

/// How many elements an open array or map still has.
pub(super) enum Left {
    Known(usize),
    UntilBreak,
}

pub(super) struct Reader<'de> {
    rest: &'de [u8],
    length: usize,
    /// How many more elements arrays and maps may announce. Each takes a byte at least, so honest heads never announce
    /// more than there are bytes in the whole input, nested ones included.
    allowance: usize,
    depth: usize,
}

impl<'de> Reader<'de> {
    pub(super) fn new(bytes: &'de [u8]) -> Self {
        Reader { rest: bytes, length: bytes.len(), allowance: bytes.len(), depth: 0 }
    }

    #[inline]
    pub(super) fn position(&self) -> usize {
        self.length - self.rest.len()
    }

    #[cold]
    pub(super) fn error(&self, what: &str) -> Error {
        Error::new(format!("{what} at byte {} of {}", self.position(), self.length))
    }

    pub(super) fn end(&self) -> Result<(), Error> {
        if self.rest.is_empty() { Ok(()) } else { Err(self.error("unexpected bytes after the value")) }
    }

    #[inline]
    pub(super) fn enter(&mut self) -> Result<(), Error> {
        if self.depth == DEPTH {
            return Err(encode::too_deep());
        }
        self.depth += 1;
        Ok(())
    }

    #[inline]
    pub(super) fn leave(&mut self) {
        self.depth -= 1;
    }

    #[inline]
    pub(super) fn peek(&self) -> Result<u8, Error> {
        self.rest.first().copied().ok_or_else(|| self.error("unexpected end"))
    }

    #[inline]
    pub(super) fn take(&mut self, count: usize) -> Result<&'de [u8], Error> {
        let Some((taken, rest)) = self.rest.split_at_checked(count) else {
            return Err(self.error("unexpected end"));
        };
        self.rest = rest;
        Ok(taken)
    }

    #[inline]
    fn chunk<const N: usize>(&mut self) -> Result<[u8; N], Error> {
        let Some((taken, rest)) = self.rest.split_first_chunk() else {
            return Err(self.error("unexpected end"));
        };
        self.rest = rest;
        Ok(*taken)
    }

    #[inline]
    pub(super) fn head(&mut self) -> Result<Head, Error> {
        let [first] = self.chunk()?;
        let (major, info) = (first >> 5, first & 31);
        let value = match info {
            0..24 => info.into(),
            24 => u8::from_be_bytes(self.chunk()?).into(),
            25 => u16::from_be_bytes(self.chunk()?).into(),
            26 => u32::from_be_bytes(self.chunk()?).into(),
            27 => u64::from_be_bytes(self.chunk()?),
            INDEFINITE if matches!(major, BYTES | TEXT | ARRAY | MAP) => 0,
            _ => return Err(self.error("malformed head")),
        };
        Ok(Head { major, info, value })
    }

    /// The next head that is not of a tag. Tags only comment on what follows, but for the few that readers ask for.
    #[inline]
    pub(super) fn head_after_tags(&mut self) -> Result<Head, Error> {
        loop {
            let head = self.head()?;
            if head.major != TAG {
                return Ok(head);
            }
        }
    }

    /// Consumes the tag of a `Some` that would read as null, if it comes next.
    pub(super) fn some(&mut self) -> bool {
        let rest = self.rest.strip_prefix(&SOME_HEAD);
        self.rest = rest.unwrap_or(self.rest);
        rest.is_some()
    }

    /// Consumes the end of an array or map of unknown length, if it comes next.
    #[inline]
    pub(super) fn at_break(&mut self) -> Result<bool, Error> {
        let found = self.peek()? == BREAK;
        if found {
            self.take(1)?;
        }
        Ok(found)
    }

    /// The bytes of the string whose head was just read.
    #[inline]
    pub(super) fn string(&mut self, head: Head) -> Result<Cow<'de, [u8]>, Error> {
        if head.is_indefinite() {
            return self.chunks(head.major).map(Cow::Owned);
        }
        self.take(self.size(head)?).map(Cow::Borrowed)
    }

    #[inline]
    pub(super) fn text(&mut self, head: Head) -> Result<Cow<'de, str>, Error> {
        let text = match self.string(head)? {
            Cow::Borrowed(bytes) => std::str::from_utf8(bytes).map(Cow::Borrowed).ok(),
            Cow::Owned(bytes) => String::from_utf8(bytes).map(Cow::Owned).ok(),
        };
        text.ok_or_else(|| self.error("text that is not UTF-8"))
    }

    #[cold]
    fn chunks(&mut self, major: u8) -> Result<Vec<u8>, Error> {
        let mut whole = Vec::new();
        while !self.at_break()? {
            let head = self.head()?;
            if head.major != major || head.is_indefinite() {
                return Err(self.error("malformed string"));
            }
            let size = self.size(head)?;
            whole.extend_from_slice(self.take(size)?);
        }
        Ok(whole)
    }

    #[inline]
    fn size(&self, head: Head) -> Result<usize, Error> {
        usize::try_from(head.value).map_err(|_| self.error("impossible length"))
    }

    /// How many elements follow the head of an array, or entries that of a map.
    #[inline]
    pub(super) fn left(&mut self, head: Head) -> Result<Left, Error> {
        if head.is_indefinite() {
            return Ok(Left::UntilBreak);
        }
        let count = self.size(head)?;
        let items = if head.major == MAP { count.checked_mul(2) } else { Some(count) };
        let Some(allowance) = items.and_then(|items| self.allowance.checked_sub(items)) else {
            return Err(self.error("more elements announced than there are bytes"));
        };
        self.allowance = allowance;
        Ok(Left::Known(count))
    }

    #[inline]
    pub(super) fn simple(&self, head: Head) -> Result<Simple, Error> {
        Ok(match head.info {
            20 => Simple::Bool(false),
            21 => Simple::Bool(true),
            22 | 23 => Simple::Null,
            25 => Simple::Half(head.value as u16),
            26 => Simple::Single(head.value as u32),
            27 => Simple::Double(head.value),
            _ => return Err(self.error("unknown simple value")),
        })
    }

    /// The integer whose head was just read, if it is one; its tags may have been read too.
    #[inline]
    pub(super) fn integer(&mut self, head: Head) -> Result<Option<Integer>, Error> {
        Ok(Some(match (head.major, head.value) {
            (UNSIGNED, value) => Integer::Positive(value.into()),
            (NEGATIVE, value) => Integer::Negative(!i128::from(value)),
            (TAG, POSITIVE_BIGNUM) => Integer::Positive(self.bignum()?),
            (TAG, NEGATIVE_BIGNUM) => match i128::try_from(self.bignum()?) {
                Ok(value) => Integer::Negative(!value),
                Err(_) => return Err(self.error("an integer of more than 128 bits")),
            },
            _ => return Ok(None),
        }))
    }

    #[cold]
    fn bignum(&mut self) -> Result<u128, Error> {
        let head = self.head()?;
        if head.major != BYTES {
            return Err(self.error("malformed big integer"));
        }
        let bytes = self.string(head)?;
        let zeros = bytes.iter().take_while(|byte| **byte == 0).count();
        let digits = bytes.get(zeros..).unwrap_or_default();
        if digits.len() > 16 {
            return Err(self.error("an integer of more than 128 bits"));
        }
        Ok(digits.iter().fold(0, |value, &digit| value << 8 | u128::from(digit)))
    }

    /// Passes over one whole item.
    pub(super) fn skip(&mut self) -> Result<(), Error> {
        let head = self.head_after_tags()?;
        match head.major {
            BYTES | TEXT => self.string(head).map(drop),
            ARRAY | MAP => {
                self.enter()?;
                let each = if head.major == MAP { 2 } else { 1 };
                let mut left = self.left(head)?;
                while self.more(&mut left)? {
                    for _ in 0..each {
                        self.skip()?;
                    }
                }
                self.leave();
                Ok(())
            }
            SIMPLE => self.simple(head).map(drop),
            _ => Ok(()),
        }
    }

    /// Whether one more element or entry follows.
    #[inline]
    pub(super) fn more(&mut self, left: &mut Left) -> Result<bool, Error> {
        match left {
            Left::Known(0) => Ok(false),
            Left::Known(count) => {
                *count -= 1;
                Ok(true)
            }
            Left::UntilBreak => {
                let end = self.at_break()?;
                if end {
                    *left = Left::Known(0);
                }
                Ok(!end)
            }
        }
    }
}

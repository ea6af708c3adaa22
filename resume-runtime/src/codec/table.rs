//! Sequences of records that were stored by column, while they are being read.
//!
//! A table is `[records, node]` under the tag [`TABLE`](super::TABLE). A node is a map from names to nodes, an array of
//! nodes, or a column: a packed array, one of more dimensions (tag 40), or bytes 0 and 1 for booleans. Every record takes
//! a byte of each column at least, so there are no more records than bytes.

use super::Error;
use super::encode::{ARRAY, BYTES, MAP, TAG, TEXT, UNSIGNED};
use super::packed::Typed;
use super::part::{Part, Parts};
use super::read::{Head, Left, Reader};
use super::row::LONGEST_NAME;
use serde::de::Visitor;
use std::borrow::Cow;

/// The tag of an array of more than one dimension, the last of which is the innermost (RFC 8746).
pub(super) const GRID: u64 = 40;

/// How deep a record may go. Like the length of names, this bounds what few bytes can ask of a reader.
pub(super) const DEEPEST: usize = 16;

/// A sequence of records by column.
pub(super) struct Table<'de> {
    records: usize,
    node: Node<'de>,
}

/// What the records have in one place: a column, or several of them. Whoever reads it asks for one record by its number.
pub(super) enum Node<'de> {
    Bools(Cow<'de, [u8]>),
    Numbers(Typed<'de>),
    /// An array of `side` elements in each record. The inner node has them one after the other, record by record.
    Lines {
        side: usize,
        inner: Box<Node<'de>>,
    },
    Map(Vec<(String, Node<'de>)>),
    Array(Vec<Node<'de>>),
}

impl<'de> Table<'de> {
    /// Reads on behind the tag.
    #[cold]
    pub(super) fn read(reader: &mut Reader<'de>) -> Result<Self, Error> {
        reader.enter()?;
        let pair = reader.head()?;
        if pair.major != ARRAY || !matches!(reader.left(pair)?, Left::Known(2)) {
            return Err(malformed(reader));
        }
        let records = whole(reader)?;
        let node = Node::read(reader, records, 0)?;
        reader.leave();
        Ok(Table { records, node })
    }

    /// Reads a table back that was being written.
    pub(super) fn reread(bytes: &'de [u8]) -> Result<Self, Error> {
        let mut reader = Reader::new(bytes);
        reader.head()?;
        Table::read(&mut reader)
    }

    /// The first records.
    pub(super) fn rows(&self, count: usize) -> impl Iterator<Item = Part<'_, 'de>> {
        (0..count).map(|at| Part::new(&self.node, at))
    }

    #[inline]
    pub(super) fn visit<V: Visitor<'de>>(&self, visitor: V) -> Result<V::Value, Error> {
        Parts::run(&self.node, 0, self.records).visit(visitor)
    }
}

impl<'de> Node<'de> {
    fn read(reader: &mut Reader<'de>, records: usize, depth: usize) -> Result<Self, Error> {
        let head = reader.head()?;
        match head.major {
            BYTES => {
                let bytes = reader.string(head)?;
                let fits = bytes.len() == records && bytes.iter().all(|byte| *byte <= 1);
                if fits { Ok(Node::Bools(bytes)) } else { Err(malformed(reader)) }
            }
            TAG if head.value == GRID => Node::grid(reader, records, depth),
            TAG => Node::numbers(reader, head, records, Vec::new()),
            MAP | ARRAY if depth < DEEPEST => {
                reader.enter()?;
                let mut left = reader.left(head)?;
                let (mut entries, mut elements) = (Vec::new(), Vec::new());
                while reader.more(&mut left)? {
                    if head.major == MAP {
                        entries.push((name(reader)?, Node::read(reader, records, depth + 1)?));
                    } else {
                        elements.push(Node::read(reader, records, depth + 1)?);
                    }
                }
                reader.leave();
                match (entries.is_empty(), elements.is_empty()) {
                    (false, _) => Ok(Node::Map(entries)),
                    (_, false) => Ok(Node::Array(elements)),
                    _ => Err(malformed(reader)),
                }
            }
            _ => Err(malformed(reader)),
        }
    }

    fn grid(reader: &mut Reader<'de>, records: usize, depth: usize) -> Result<Self, Error> {
        let pair = reader.head()?;
        let sides = reader.head()?;
        if pair.major != ARRAY || pair.value != 2 || sides.major != ARRAY || pair.is_indefinite() {
            return Err(malformed(reader));
        }
        let Left::Known(count @ 2..) = reader.left(sides)? else {
            return Err(malformed(reader));
        };
        if depth + count - 1 > DEEPEST || whole(reader)? != records {
            return Err(malformed(reader));
        }
        let sides = (1..count).map(|_| whole(reader)).collect::<Result<Vec<_>, _>>()?;
        // As deep as the nested arrays that a record has here.
        for _ in &sides {
            reader.enter()?;
        }
        sides.iter().for_each(|_| reader.leave());
        let head = reader.head()?;
        Node::numbers(reader, head, records, sides)
    }

    fn numbers(reader: &mut Reader<'de>, head: Head, records: usize, sides: Vec<usize>) -> Result<Self, Error> {
        let Some(typed) = Typed::after(head, reader)? else {
            return Err(malformed(reader));
        };
        // So the place of each number can be reckoned without another thought of overflow.
        let count = sides.iter().try_fold(records, |count, side| count.checked_mul(*side));
        if sides.contains(&0) || count != Some(typed.count()) {
            return Err(malformed(reader));
        }
        let line = |inner, side| Node::Lines { side, inner: Box::new(inner) };
        Ok(sides.into_iter().rev().fold(Node::Numbers(typed), line))
    }
}

fn whole(reader: &mut Reader<'_>) -> Result<usize, Error> {
    let head = reader.head()?;
    match usize::try_from(head.value) {
        Ok(value) if head.major == UNSIGNED => Ok(value),
        _ => Err(malformed(reader)),
    }
}

fn name(reader: &mut Reader<'_>) -> Result<String, Error> {
    let head = reader.head()?;
    if head.major != TEXT {
        return Err(malformed(reader));
    }
    let name = reader.text(head)?;
    if name.len() > LONGEST_NAME { Err(malformed(reader)) } else { Ok(name.into_owned()) }
}

#[cold]
fn malformed(reader: &Reader<'_>) -> Error {
    reader.error("malformed columns")
}

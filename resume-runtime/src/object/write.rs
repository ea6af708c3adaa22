//! The way into a file.

use std::io::{self, Write};
use std::time::Duration;

use super::cut::{Piece, cut};
use super::names::Names;
use super::{Blocks, Content, END, FOOT, HEAD, Hash, INLINE, Index, Place, Stream, Table, chain, head, seal};
use crate::codec;
use crate::pack::Packer;
use crate::saver::taken::Taken;
use crate::snapshot::{Bytes, Snapshot};

/// A file that was written.
#[derive(Debug)]
pub(crate) struct Written {
    /// The blocks of the snapshot, those in other files included.
    pub(crate) index: Index,
    /// What processor time it took on other threads.
    pub(crate) beside: Duration,
}

/// Writes the snapshot number `seq`, but for the blocks that are in `before`.
pub(crate) fn write(
    out: &mut dyn Write,
    seq: u64,
    snapshot: &Snapshot,
    taken: &Taken,
    before: &Index,
    packer: &mut Packer,
) -> io::Result<Written> {
    out.write_all(&head())?;
    let mut writer = Writer { out, seq, offset: HEAD as u64, index: Index::default() };
    let streams: Vec<Vec<Piece>> = taken.streams().iter().map(|stream| pieces(taken, stream)).collect();
    let counts: Vec<usize> = streams.iter().map(Vec::len).collect();
    let names = Names::of(taken, streams.into_iter().flatten().collect());
    // What is new is written as soon as it has a name, so that the disk is at work while the rest gets one.
    let (written, beside) = names.helped(|| {
        let mut new = names.iter().filter(|(_, _, hash)| !before.places.contains_key(hash));
        new.try_for_each(|(piece, bytes, hash)| writer.block(bytes, piece.width, &hash, None, packer).map(drop))
    });
    written?;
    // Which of the earlier files are given up, and their blocks stored again, depends on all the names.
    let given_up = chain::given_up(before, &writer.index, names.iter().map(|(.., hash)| hash));
    let mut table = Table { snapshot: snapshot.clone(), streams: Vec::with_capacity(counts.len()) };
    let mut all = names.iter();
    for (stream, count) in taken.streams().iter().zip(counts) {
        let content = if count == 0 {
            Content::Inline(Bytes(taken.bytes(&stream.bytes).to_vec()))
        } else {
            let mut blocks = Blocks::default();
            for (piece, bytes, hash) in all.by_ref().take(count) {
                let known = before.places.get(&hash).filter(|place| !given_up.contains(&place.object));
                let place = writer.block(bytes, piece.width, &hash, known, packer)?;
                blocks.push(seq, &place, &hash);
            }
            Content::Blocks(blocks)
        };
        table.streams.push(Stream { name: stream.name.to_owned(), content });
    }
    let index = writer.end(&table, before)?;
    Ok(Written { index, beside })
}

/// The blocks of a stream; none if it is short.
fn pieces(taken: &Taken, stream: &crate::saver::taken::Stream) -> Vec<Piece> {
    if stream.bytes.len() < INLINE {
        return Vec::new();
    }
    cut(stream.bytes.clone(), taken.arrays(&stream.bytes))
}

struct Writer<'a> {
    out: &'a mut dyn Write,
    seq: u64,
    offset: u64,
    index: Index,
}

impl Writer<'_> {
    /// Writes a block, unless it is `known` or has been written.
    fn block(
        &mut self,
        bytes: &[u8],
        width: u8,
        hash: &Hash,
        known: Option<&Place>,
        packer: &mut Packer,
    ) -> io::Result<Place> {
        if let Some(place) = self.index.places.get(hash).or(known) {
            let place = *place;
            self.index.places.insert(*hash, place);
            return Ok(place);
        }
        let (how, stored) = packer.pack(bytes, width);
        let length = |bytes: &[u8]| u32::try_from(bytes.len()).map_err(io::Error::other);
        let place = Place { object: self.seq, offset: self.offset, size: length(stored)?, length: length(bytes)?, how };
        self.out.write_all(stored)?;
        self.offset += stored.len() as u64;
        self.index.places.insert(*hash, place);
        Ok(place)
    }

    fn end(mut self, table: &Table, before: &Index) -> io::Result<Index> {
        let table = codec::to_vec(table).map_err(io::Error::other)?;
        let length = table.len() as u64;
        let size = self.offset + length + FOOT as u64;
        let mut rest = Vec::with_capacity(table.len() + FOOT);
        rest.extend(&table);
        rest.extend(length.to_le_bytes());
        rest.extend(size.to_le_bytes());
        rest.extend(seal(&table, size));
        rest.extend(END);
        self.out.write_all(&rest)?;
        let Index { places, sizes } = &mut self.index;
        sizes.extend(places.values().filter_map(|place| before.sizes.get_key_value(&place.object)));
        sizes.insert(self.seq, size);
        Ok(self.index)
    }
}

impl Blocks {
    fn push(&mut self, seq: u64, place: &Place, hash: &Hash) {
        self.hashes.0.extend(hash);
        self.lengths.push(place.length);
        self.objects.push(if place.object == seq { 0 } else { place.object });
        self.offsets.push(place.offset);
        self.stored.push(place.size);
        self.methods.0.push(place.how.method);
        self.widths.0.push(place.how.width);
    }
}

//! The way into a file.

use std::io::{self, Write};

use super::cut::{Piece, cut};
use super::{Blocks, Content, END, Hash, INLINE, Index, Place, Stream, Table, chain, head, seal};
use crate::codec;
use crate::pack::Packer;
use crate::snapshot::{Bytes, Snapshot};
use crate::taken::Taken;

/// Writes the snapshot number `seq`, but for the blocks that are in `before`. Gives its own blocks, those included.
pub(crate) fn write(
    out: &mut dyn Write,
    seq: u64,
    snapshot: &Snapshot,
    taken: &Taken,
    before: &Index,
    packer: &mut Packer,
) -> io::Result<Index> {
    let streams: Vec<Vec<(Piece, Hash)>> = taken.streams().map(|stream| pieces(taken, &stream)).collect();
    let all = || streams.iter().flatten();
    let given_up = chain::given_up(before, all().map(|(piece, hash)| (hash, piece.bytes.len())));
    out.write_all(&head())?;
    let mut writer = Writer { out, seq, offset: head().len() as u64, index: Index::default() };
    let mut table = Table { snapshot: snapshot.clone(), streams: Vec::with_capacity(streams.len()) };
    for (stream, pieces) in taken.streams().zip(&streams) {
        let content = if pieces.is_empty() {
            Content::Inline(Bytes(taken.bytes(&stream.bytes).to_vec()))
        } else {
            let mut blocks = Blocks::default();
            for (piece, hash) in pieces {
                let known = before.places.get(hash).filter(|place| !given_up.contains(&place.object));
                let place = writer.block(taken.bytes(&piece.bytes), piece.width, hash, known, packer)?;
                blocks.push(seq, &place, hash);
            }
            Content::Blocks(blocks)
        };
        table.streams.push(Stream { name: stream.name.to_owned(), content });
    }
    writer.end(&table, before)
}

/// The blocks of a stream; none if it is short.
fn pieces(taken: &Taken, stream: &crate::taken::Stream) -> Vec<(Piece, Hash)> {
    if stream.bytes.len() < INLINE {
        return Vec::new();
    }
    let pieces = cut(stream.bytes.clone(), taken.arrays(&stream.bytes));
    let hash = |piece: Piece| {
        let hash = blake3::hash(taken.bytes(&piece.bytes));
        (piece, *hash.as_bytes())
    };
    pieces.into_iter().map(hash).collect()
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
        let size = self.offset + length + super::FOOT as u64;
        let mut rest = Vec::with_capacity(table.len() + super::FOOT);
        rest.extend(&table);
        rest.extend(length.to_le_bytes());
        rest.extend(size.to_le_bytes());
        rest.extend(seal(&table, size));
        rest.extend(END);
        self.out.write_all(&rest)?;
        let needed: Vec<u64> = self.index.places.values().map(|place| place.object).collect();
        self.index.sizes.extend(needed.iter().filter_map(|object| before.sizes.get_key_value(object)));
        self.index.sizes.insert(self.seq, size);
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

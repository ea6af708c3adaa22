//! The file of a snapshot (`docs/format.md`): blocks of captured bytes, a table that says what they are, and an end that
//! vouches for the table. A block that an earlier file of the run holds is not stored again: the table says where it is.

pub(crate) mod chain;
mod cut;
mod damage;
mod names;
mod read;
mod write;

use std::collections::{BTreeMap, HashMap};

use serde::{Deserialize, Serialize};

pub(crate) use damage::{Damage, Fault};
pub(crate) use read::{Loaded, load, table};
pub(crate) use write::{Written, write};

use crate::pack::Stored;
use crate::snapshot::{Bytes, Snapshot};

const MAGIC: [u8; 8] = *b"\x89RSM\r\n\x1a\n";
const VERSION: u16 = 1;
/// Magic, version, two bytes that are zero, and the first bytes of the hash of these.
const HEAD: usize = 8 + 2 + 2 + 4;
/// Length of the table, length of the file, hash of all but the blocks, magic.
const FOOT: usize = 8 + 8 + 32 + 8;
const END: [u8; 8] = *b"\x89RSMend\n";

/// The most bytes of a stream that go together.
const BLOCK: usize = 128 * 1024;
/// What a block may be at most when it is read.
const LARGEST_BLOCK: u32 = 1024 * 1024;
/// So much is worth several threads: most of the time goes into hashes, and on the way in into fresh memory.
const LARGE: usize = 1024 * 1024;
/// Shorter streams lie in the table.
const INLINE: usize = 4096;

/// The name of a block: two blocks of one name are the same bytes.
type Hash = [u8; blake3::OUT_LEN];

/// What a file says of itself.
#[derive(Serialize, Deserialize, Debug)]
pub(crate) struct Table {
    pub(crate) snapshot: Snapshot,
    streams: Vec<Stream>,
}

/// One captured value.
#[derive(Serialize, Deserialize, Debug)]
struct Stream {
    name: String,
    content: Content,
}

#[derive(Serialize, Deserialize, Debug)]
#[serde(rename_all = "lowercase")]
enum Content {
    /// The bytes.
    Inline(Bytes),
    /// Where they are.
    Blocks(Blocks),
}

/// The blocks of a stream, in order: the n-th of each list belong together.
#[derive(Default, Serialize, Deserialize, Debug)]
struct Blocks {
    /// 32 bytes for each.
    hashes: Bytes,
    /// In bytes, when unpacked.
    lengths: Vec<u32>,
    /// The number of the snapshot in whose file it lies; 0 for this one.
    objects: Vec<u64>,
    /// Where it begins in that file.
    offsets: Vec<u64>,
    /// How many bytes it takes there.
    stored: Vec<u32>,
    /// How it is packed.
    methods: Bytes,
    /// By which width its bytes were shuffled before.
    widths: Bytes,
}

/// Where a block lies.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
struct Place {
    object: u64,
    offset: u64,
    /// Packed, as it is there.
    size: u32,
    /// Unpacked.
    length: u32,
    how: Stored,
}

/// The blocks of one snapshot, for the next one to refer to.
#[derive(Default, Debug)]
pub(crate) struct Index {
    places: HashMap<Hash, Place>,
    /// The sizes of the files they lie in, by the numbers of these.
    sizes: BTreeMap<u64, u64>,
}

impl Index {
    /// The files that blocks of the snapshot lie in, with their sizes; none if it has no blocks.
    pub(crate) fn files(&self) -> impl Iterator<Item = (u64, u64)> {
        let all = if self.places.is_empty() { None } else { Some(&self.sizes) };
        all.into_iter().flatten().map(|(seq, size)| (*seq, *size))
    }

    /// The files that the snapshot needs, itself included.
    pub(crate) fn objects(&self) -> impl Iterator<Item = u64> {
        self.sizes.keys().copied()
    }
}

impl Table {
    /// The files that the snapshot needs besides its own.
    pub(crate) fn needs(&self) -> impl Iterator<Item = u64> {
        let blocks = self.streams.iter().filter_map(|stream| match &stream.content {
            Content::Blocks(blocks) => Some(blocks),
            Content::Inline(_) => None,
        });
        blocks.flat_map(|blocks| blocks.objects.iter().copied()).filter(|object| *object != 0)
    }
}

fn head() -> [u8; HEAD] {
    let mut head = [0; HEAD];
    head[..8].copy_from_slice(&MAGIC);
    head[8..10].copy_from_slice(&VERSION.to_le_bytes());
    let check = check(&head[..12]);
    head[12..].copy_from_slice(&check);
    head
}

/// Tells a file of a newer version from one whose version has been damaged.
fn check(head: &[u8]) -> [u8; 4] {
    let hash = blake3::hash(head);
    let [a, b, c, d, ..] = *hash.as_bytes();
    [a, b, c, d]
}

/// The hash of all of a file but its blocks, which have their own.
fn seal(table: &[u8], size: u64) -> Hash {
    let mut hash = blake3::Hasher::new();
    hash.update(&head());
    hash.update(table);
    hash.update(&(table.len() as u64).to_le_bytes());
    hash.update(&size.to_le_bytes());
    *hash.finalize().as_bytes()
}

/// A file of these blocks and this table, whatever they are, with an end that vouches for the table.
#[cfg(any(test, fuzzing))]
pub(crate) fn sealed(blocks: &[u8], table: &[u8]) -> Vec<u8> {
    let size = (HEAD + blocks.len() + table.len() + FOOT) as u64;
    let length = (table.len() as u64).to_le_bytes();
    [&head(), blocks, table, &length, &size.to_le_bytes(), &seal(table, size), &END].concat()
}

#[cfg(test)]
pub(crate) mod tests;

//! The way out of a file. Its bytes may be anything: whatever they are is told, and no more memory is asked for than
//! the blocks of a sound table are long.

use std::collections::BTreeMap;
use std::collections::btree_map::Entry;
use std::io;
use std::num::NonZero;
use std::sync::Mutex;
use std::thread;
use std::vec;

use super::{
    Blocks, Content, Damage, END, FOOT, Fault, HEAD, Hash, Index, LARGE, LARGEST_BLOCK, MAGIC, Place, Table, VERSION,
    check, seal,
};
use crate::buffer::Buffer;
use crate::codec;
use crate::mutex::locked;
use crate::pack::{Stored, Unpacker};
use crate::snapshot::Snapshot;
use crate::store::{self, Object};

/// Opens the file of the snapshot with this number; that of the snapshot itself for 0.
type Open<'a> = dyn Fn(u64) -> io::Result<Box<dyn Object>> + Sync + 'a;

/// A snapshot with all that is in it.
#[derive(Debug)]
pub(crate) struct Loaded {
    pub(crate) snapshot: Snapshot,
    /// Captured parameters, locals and cursors in order, each a CBOR item of its own.
    pub(crate) values: Vec<(String, Buffer)>,
    pub(crate) index: Index,
}

#[cfg(test)]
impl Loaded {
    /// The values, for comparing.
    pub(crate) fn owned(&self) -> Vec<(String, Vec<u8>)> {
        self.values.iter().map(|(name, bytes)| (name.clone(), bytes.to_vec())).collect()
    }
}

/// The most files that one thread has open.
const OPEN: usize = 16;

/// Reads the snapshot number `seq`.
pub(crate) fn load(open: &Open<'_>, seq: u64) -> Result<Loaded, Fault> {
    let mut own = open(0).map_err(Fault::Io)?;
    let table = table(&mut *own)?;
    let mut index = Index::default();
    index.sizes.insert(seq, own.size());
    let mut values = Vec::with_capacity(table.streams.len());
    for stream in table.streams {
        let bytes = match stream.content {
            Content::Inline(bytes) => bytes.0.into(),
            Content::Blocks(blocks) => {
                let blocks = blocks.check().map_err(Damage::Table)?;
                let bytes = contents(open, &stream.name, &blocks)?;
                for (hash, place) in blocks {
                    let object = if place.object == 0 { seq } else { place.object };
                    index.places.insert(hash, Place { object, ..place });
                }
                bytes
            }
        };
        values.push((stream.name, bytes));
    }
    for Place { object, .. } in index.places.values() {
        if let Entry::Vacant(entry) = index.sizes.entry(*object) {
            entry.insert(open(*object).map_err(Fault::Io)?.size());
        }
    }
    Ok(Loaded { snapshot: table.snapshot, values, index })
}

/// What the file says of itself: all of it but the blocks.
pub(crate) fn table(object: &mut dyn Object) -> Result<Table, Fault> {
    let size = object.size();
    let head = start(object, size)?;
    if size < (HEAD + FOOT) as u64 {
        return Err(Damage::Short { size }.into());
    }
    if head[12..] != check(&head[..12]) {
        return Err(Damage::Head.into());
    }
    let version = u16::from_le_bytes([head[8], head[9]]);
    if version != VERSION {
        return Err(Damage::Version(version).into());
    }
    let mut foot = [0; FOOT];
    object.read_at(size - FOOT as u64, &mut foot).map_err(Fault::Io)?;
    let (numbers, rest) = foot.split_at(16);
    let (hash, end) = rest.split_at(32);
    if end != END {
        return Err(Damage::NoEnd { size }.into());
    }
    let (length, stated) = numbers.split_at(8);
    let number = |bytes: &[u8]| bytes.iter().rev().fold(0, |number, byte| number << 8 | u64::from(*byte));
    let (length, stated) = (number(length), number(stated));
    if stated != size {
        return Err(Damage::Length { stated, size }.into());
    }
    let start = (size - FOOT as u64).checked_sub(length).filter(|start| *start >= HEAD as u64);
    let start = start.ok_or(Damage::Checksum)?;
    let length = usize::try_from(length).map_err(|error| Damage::Table(error.to_string()))?;
    let table = store::read(object, start, length).map_err(Fault::Io)?;
    if head != super::head() || seal(&table, size) != hash {
        return Err(Damage::Checksum.into());
    }
    codec::from_slice(&table).map_err(|error| Damage::Table(error.to_string()).into())
}

/// The first bytes, as far as there are any: what is cut off before their end may still be told from a foreign file.
fn start(object: &mut dyn Object, size: u64) -> Result<[u8; HEAD], Fault> {
    let mut head = [0; HEAD];
    let there = usize::try_from(size).unwrap_or(HEAD).min(HEAD);
    object.read_at(0, &mut head[..there]).map_err(Fault::Io)?;
    match there {
        0 => Err(Damage::Empty.into()),
        _ if !head[..there].starts_with(&MAGIC[..there.min(8)]) => Err(Damage::Foreign.into()),
        _ if there < HEAD => Err(Damage::Short { size }.into()),
        _ => Ok(head),
    }
}

impl Blocks {
    /// The blocks, one by one, if the lists are of one length and the blocks of a sensible one.
    fn check(self) -> Result<Vec<(Hash, Place)>, String> {
        let count = self.lengths.len();
        let (hashes, rest) = self.hashes.0.as_chunks::<{ blake3::OUT_LEN }>();
        let lengths = [
            hashes.len(),
            self.objects.len(),
            self.offsets.len(),
            self.stored.len(),
            self.methods.0.len(),
            self.widths.0.len(),
        ];
        if lengths.iter().any(|length| *length != count) || !rest.is_empty() {
            return Err("the lists of its blocks are not of one length".to_owned());
        }
        let place = |n: usize| {
            let how = Stored { method: *self.methods.0.get(n)?, width: *self.widths.0.get(n)? };
            let (object, offset) = (*self.objects.get(n)?, *self.offsets.get(n)?);
            let length = Some(*self.lengths.get(n)?).filter(|length| *length <= LARGEST_BLOCK)?;
            let size = Some(*self.stored.get(n)?).filter(|size| *size <= 2 * LARGEST_BLOCK)?;
            Some((*hashes.get(n)?, Place { object, offset, size, length, how }))
        };
        (0..count).map(|n| place(n).ok_or_else(|| format!("block {n} is too long"))).collect()
    }
}

/// A block on its way in.
struct Due<'a> {
    number: usize,
    place: Place,
    hash: Hash,
    into: &'a mut [u8],
}

/// The bytes of a stream.
fn contents(open: &Open<'_>, name: &str, blocks: &[(Hash, Place)]) -> Result<Buffer, Fault> {
    let length = blocks.iter().try_fold(0_usize, |sum, (_, place)| sum.checked_add(place.length as usize));
    let length = length.ok_or_else(|| Damage::Table(format!("`{name}` is longer than memory can be")))?;
    let mut bytes = Buffer::any(length).map_err(|error| Damage::Table(error.to_string()))?;
    let (mut due, mut rest) = (Vec::with_capacity(blocks.len()), &mut *bytes);
    for (number, (hash, place)) in blocks.iter().enumerate() {
        let (into, behind) = rest.split_at_mut(place.length as usize);
        due.push(Due { number, place: *place, hash: *hash, into });
        rest = behind;
    }
    let threads = if length < LARGE { 1 } else { thread::available_parallelism().map_or(1, NonZero::get).min(4) };
    let due = Mutex::new(due.into_iter());
    let read = || read_all(open, name, &due);
    thread::scope(|scope| {
        // A thread that is not to be had leaves its part to the others.
        let start = || thread::Builder::new().name("resume-reader".to_owned()).spawn_scoped(scope, read).ok();
        let others: Vec<_> = (1..threads).filter_map(|_| start()).collect();
        let own = read();
        others.into_iter().fold(own, |first, other| match other.join() {
            Ok(other) => first.and(other),
            Err(payload) => std::panic::resume_unwind(payload),
        })
    })?;
    Ok(bytes)
}

/// Reads blocks as long as there are any.
fn read_all(open: &Open<'_>, name: &str, blocks: &Mutex<vec::IntoIter<Due<'_>>>) -> Result<(), Fault> {
    let mut reader = Reader { open, objects: BTreeMap::new(), unpacker: Unpacker::new(), packed: Vec::new() };
    let next = || locked(blocks).next();
    while let Some(block) = next() {
        let (number, object) = (block.number, block.place.object);
        reader.read(block).map_err(|fault| match fault {
            Wrong::Fault(fault) => fault,
            Wrong::Block(why) => Damage::Block { name: name.to_owned(), block: number, object, why }.into(),
        })?;
    }
    Ok(())
}

struct Reader<'a> {
    open: &'a Open<'a>,
    objects: BTreeMap<u64, Box<dyn Object>>,
    unpacker: Unpacker,
    packed: Vec<u8>,
}

/// What is wrong with a block.
enum Wrong {
    Fault(Fault),
    Block(String),
}

impl Reader<'_> {
    fn read(&mut self, Due { place, hash, into, .. }: Due<'_>) -> Result<(), Wrong> {
        let object = object(self.open, &mut self.objects, place.object).map_err(Wrong::Fault)?;
        if place.offset.saturating_add(place.size.into()) > object.size() {
            return Err(Wrong::Block("it would lie behind the end of the file".to_owned()));
        }
        let io = |error| Wrong::Fault(Fault::Io(error));
        if place.how == Stored::PLAIN {
            if place.size != place.length {
                return Err(Wrong::Block("its two lengths differ".to_owned()));
            }
            object.read_at(place.offset, into).map_err(io)?;
        } else {
            let size = place.size as usize;
            if self.packed.len() < size {
                self.packed.resize(size, 0);
            }
            object.read_at(place.offset, &mut self.packed[..size]).map_err(io)?;
            self.unpacker.unpack(place.how, &self.packed[..size], into).map_err(Wrong::Block)?;
        }
        if *blake3::hash(into).as_bytes() != hash {
            return Err(Wrong::Block("the checksum does not fit".to_owned()));
        }
        Ok(())
    }
}

fn object<'o>(
    open: &Open<'_>,
    objects: &'o mut BTreeMap<u64, Box<dyn Object>>,
    number: u64,
) -> Result<&'o mut dyn Object, Fault> {
    // Each thread reads its own way, and a process may not have many files open.
    if objects.len() >= OPEN && !objects.contains_key(&number) {
        objects.pop_first();
    }
    Ok(match objects.entry(number) {
        Entry::Occupied(entry) => &mut **entry.into_mut(),
        Entry::Vacant(entry) => match open(number) {
            Ok(object) => &mut **entry.insert(object),
            Err(error) if error.kind() == io::ErrorKind::NotFound && number != 0 => {
                return Err(Damage::Missing { object: number }.into());
            }
            Err(error) => return Err(Fault::Io(error)),
        },
    })
}

//! What a snapshot consists of, and its bytes (`docs/format.md`).

use std::collections::BTreeMap;
use std::fmt::{self, Display, Formatter};
use std::io::Write;

use serde::de::{self, Deserializer, Visitor};
use serde::ser::{Error as _, Serializer};
use serde::{Deserialize, Serialize};
use xxhash_rust::xxh3::xxh3_128;

use crate::codec;

/// Everything that is needed to take a run up again, and what tells people about it.
#[derive(Clone, PartialEq, Default, Debug, Serialize, Deserialize)]
pub(crate) struct Snapshot {
    /// The path of the function.
    pub function: String,
    /// The identity of the run, in hex.
    pub identity: String,
    /// The arguments, readable, perhaps cut.
    pub arguments: String,
    /// The hash of the tokens of the body.
    pub body: u64,
    /// The site at which it was taken.
    pub site: String,
    /// The loops around that site, from the outside in.
    pub loops: Vec<String>,
    /// The line of that site.
    pub line: u32,
    /// For each site: passes so far.
    pub passes: BTreeMap<String, u64>,
    /// For each site: passes since its `every` was last served.
    pub since: BTreeMap<String, u64>,
    /// When, in nanoseconds since 1970.
    pub saved_at: u64,
    /// The run time so far in seconds, over all processes.
    pub elapsed: f64,
    /// How far, of how much, if known.
    pub progress: Option<(u64, u64)>,
    /// Captured parameters, locals and cursors in order, each a CBOR item of its own.
    pub values: Vec<(String, Bytes)>,
    /// The state of the run's generator and its streams.
    pub rng: Option<Bytes>,
    /// For each site: the names captured there, and the loops around it.
    pub layout: Vec<(String, Vec<String>, Vec<String>)>,
    /// Whether this is the record of a run that is over.
    pub finished: bool,
}

/// Bytes that are written as one byte string: serde would write a `Vec<u8>` as an array of numbers.
#[derive(Clone, PartialEq, Eq, Default, Debug)]
pub(crate) struct Bytes(pub Vec<u8>);

impl Serialize for Bytes {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_bytes(&self.0)
    }
}

impl<'de> Deserialize<'de> for Bytes {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Bytes, D::Error> {
        struct Take;
        impl Visitor<'_> for Take {
            type Value = Bytes;
            fn expecting(&self, f: &mut Formatter<'_>) -> fmt::Result {
                f.write_str("bytes")
            }
            fn visit_bytes<E: de::Error>(self, bytes: &[u8]) -> Result<Bytes, E> {
                Ok(Bytes(bytes.to_vec()))
            }
            fn visit_byte_buf<E: de::Error>(self, bytes: Vec<u8>) -> Result<Bytes, E> {
                Ok(Bytes(bytes))
            }
        }
        deserializer.deserialize_byte_buf(Take)
    }
}

const MAGIC: [u8; 8] = *b"\x89RSM\r\n\x1a\n";
const VERSION: u16 = 1;
const ZSTD: u16 = 1;
/// Magic, version, compression, two lengths.
const HEADER: usize = 8 + 2 + 2 + 8 + 8;
const CHECKSUM: usize = 16;

/// The quickest: a snapshot is written far more often than it is read.
const LEVEL: i32 = 1;
/// zstd packs at most a block of 128 KiB into 4 bytes.
const MOST_PER_BYTE: u64 = 32 * 1024;

impl Snapshot {
    /// The bytes of the file.
    pub(crate) fn to_bytes(&self) -> Result<Vec<u8>, codec::Error> {
        let body = codec::to_vec(self)?;
        let mut out = Vec::with_capacity(HEADER + body.len() / 2 + CHECKSUM);
        out.extend(MAGIC);
        out.extend(VERSION.to_le_bytes());
        out.extend(ZSTD.to_le_bytes());
        out.extend((body.len() as u64).to_le_bytes());
        // Known only when all is packed.
        out.extend([0; 8]);
        let mut out = pack(&body, out).map_err(codec::Error::custom)?;
        drop(body);
        let packed = (out.len() - HEADER) as u64;
        if let Some(place) = out.get_mut(HEADER - 8..HEADER) {
            place.copy_from_slice(&packed.to_le_bytes());
        }
        out.extend(xxh3_128(&out).to_le_bytes());
        Ok(out)
    }

    /// Takes exactly what `to_bytes` gives. The bytes may be anything: whatever else they are is
    /// told, and costs no more memory than zstd could have packed into them.
    pub(crate) fn from_bytes(bytes: &[u8]) -> Result<Snapshot, Damage> {
        let body = unpack(checked(bytes)?)?;
        codec::from_slice(&body).map_err(|error| Damage::Body(error.to_string()))
    }
}

/// Appends the packed body.
fn pack(body: &[u8], out: Vec<u8>) -> std::io::Result<Vec<u8>> {
    let mut packer = zstd::Encoder::new(out, LEVEL)?;
    packer.set_pledged_src_size(Some(body.len() as u64))?;
    packer.write_all(body)?;
    packer.finish()
}

/// A file whose checksum fits.
struct Checked<'a> {
    compression: u16,
    length: u64,
    packed: &'a [u8],
}

fn checked(bytes: &[u8]) -> Result<Checked<'_>, Damage> {
    if bytes.is_empty() {
        return Err(Damage::Empty);
    }
    let short = || Damage::Short { length: bytes.len() };
    if !bytes.starts_with(&MAGIC) {
        return Err(if MAGIC.starts_with(bytes) { short() } else { Damage::Foreign });
    }
    let (rest, checksum) = bytes.split_last_chunk::<CHECKSUM>().ok_or_else(short)?;
    let is_whole = || xxh3_128(rest) == u128::from_le_bytes(*checksum);
    let mut reader = Reader(rest.get(MAGIC.len()..).ok_or_else(short)?);
    let version = reader.u16().ok_or_else(short)?;
    if version != VERSION {
        return Err(if is_whole() { Damage::Version(version) } else { Damage::Checksum });
    }
    let compression = reader.u16().ok_or_else(short)?;
    let length = reader.u64().ok_or_else(short)?;
    let stated = reader.u64().ok_or_else(short)?;
    let packed = reader.0;
    if stated != packed.len() as u64 {
        return Err(Damage::Length { stated, there: packed.len() as u64 });
    }
    if !is_whole() {
        return Err(Damage::Checksum);
    }
    Ok(Checked { compression, length, packed })
}

fn unpack(file: Checked<'_>) -> Result<Vec<u8>, Damage> {
    let Checked { compression, length, packed } = file;
    if compression != ZSTD {
        return Err(Damage::Compression(compression));
    }
    let damage = |why: String| Damage::Packed(why);
    if length > (packed.len() as u64).saturating_mul(MOST_PER_BYTE) {
        return Err(damage(format!("{} bytes cannot hold {length}", packed.len())));
    }
    let size = usize::try_from(length).map_err(|e| damage(e.to_string()))?;
    let mut body = Vec::new();
    body.try_reserve_exact(size).map_err(|e| damage(e.to_string()))?;
    zstd::bulk::Decompressor::new()
        .and_then(|mut unpacker| unpacker.decompress_to_buffer(packed, &mut body))
        .map_err(|e| damage(e.to_string()))?;
    if body.len() != size {
        return Err(damage(format!("{} bytes came out instead of {size}", body.len())));
    }
    Ok(body)
}

/// Little-endian numbers from the front of a slice.
struct Reader<'a>(&'a [u8]);

impl Reader<'_> {
    fn take<const N: usize>(&mut self) -> Option<[u8; N]> {
        let (first, rest) = self.0.split_first_chunk()?;
        self.0 = rest;
        Some(*first)
    }

    fn u16(&mut self) -> Option<u16> {
        self.take().map(u16::from_le_bytes)
    }

    fn u64(&mut self) -> Option<u64> {
        self.take().map(u64::from_le_bytes)
    }
}

/// Why bytes are not a snapshot that can be read.
#[derive(Clone, PartialEq, Eq, Debug)]
pub(crate) enum Damage {
    /// Nothing at all.
    Empty,
    /// Not even a header and a checksum.
    Short { length: usize },
    /// Something else.
    Foreign,
    /// A whole and sound file, but of a version that is not known here. No damage in truth.
    Version(u16),
    /// Cut off, or too long.
    Length { stated: u64, there: u64 },
    /// Some bytes are not what they were.
    Checksum,
    /// Packed in a way that is not known here.
    Compression(u16),
    /// Sound by its checksum, but it cannot be unpacked.
    Packed(String),
    /// Unpacked, but not a snapshot inside.
    Body(String),
}

impl Display for Damage {
    fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {
        match self {
            Damage::Empty => f.write_str("the file is empty"),
            Damage::Short { length } => write!(f, "cut off after {length} bytes"),
            Damage::Foreign => f.write_str("not a snapshot (other first bytes)"),
            Damage::Version(version) => {
                write!(f, "format version {version}; this program reads version {VERSION}")
            }
            Damage::Length { stated, there } if there < stated => {
                write!(f, "cut off: {there} bytes of content instead of {stated}")
            }
            Damage::Length { stated, there } => {
                write!(f, "too long: {there} bytes of content instead of {stated}")
            }
            Damage::Checksum => f.write_str("the checksum does not fit the content"),
            Damage::Compression(n) => write!(f, "compression {n} is not known"),
            Damage::Packed(why) => write!(f, "cannot be unpacked: {why}"),
            Damage::Body(why) => write!(f, "the content is not that of a snapshot: {why}"),
        }
    }
}

impl std::error::Error for Damage {}

#[cfg(test)]
mod tests;

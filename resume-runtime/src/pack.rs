//! Compression of one block of a stream.
//!
//! A block of numbers is shuffled: `width` planes, each of the bytes at one place in the numbers. Planes that look worth it
//! are compressed together, the others are stored as they are: of a random `f64` sign and exponent compress, six bytes of
//! mantissa do not, and trying would take most of the time. The stored bytes of a shuffled block of `length` bytes are
//!
//! 1. one byte whose bit p is set if plane p is compressed;
//! 2. the planes that are not, in order, `length / width` bytes each;
//! 3. the `length % width` bytes at the end of the block;
//! 4. the planes that are compressed, in order, as one LZ4 block (without its length) or one zstd frame.
//!
//! A block that is not shuffled is compressed as it is. One that compression hardly shrinks is stored plain.

// The paths are written out because the benchmark includes this file from elsewhere.
#[path = "pack/compression.rs"]
mod compression;
#[path = "pack/shuffle.rs"]
mod shuffle;
#[cfg(test)]
#[path = "pack/tests.rs"]
mod tests;
#[path = "pack/worth.rs"]
mod worth;

pub use compression::Compression;
use worth::{Judge, is_skewed};
use zstd::bulk::{Compressor, Decompressor};
use zstd::zstd_safe::CParameter;

/// How a block is stored. The numbers stand in files: they are fixed for ever.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) struct Stored {
    /// 0: the block itself. 1: LZ4. 2: zstd.
    pub(crate) method: u8,
    /// Bytes of the numbers that were shuffled: 2, 4 or 8; 1 if the block was not.
    pub(crate) width: u8,
}

impl Stored {
    /// The block itself.
    pub(crate) const PLAIN: Stored = Stored { method: 0, width: 1 };
    const LZ4: u8 = 1;
    const ZSTD: u8 = 2;

    /// Whether these are numbers that `Packer` gives.
    fn check(self) -> Result<(), String> {
        let Stored { method, width } = self;
        match method {
            Self::LZ4 | Self::ZSTD if width == 1 || shuffle::is_width(width) => Ok(()),
            _ if self == Self::PLAIN => Ok(()),
            _ => Err(format!("it is stored by method {method} with numbers of {width} bytes, which is unknown here")),
        }
    }
}

/// Below this size there is nothing to gain: a disk writes whole pages.
const LEAST: usize = 256;
/// A block that loses less than this part of its size is stored plain, and restored faster.
const LEAST_GAIN: usize = 32;

/// Up to this level short matches are left to the entropy coder: in planes of numbers they are chance. Measured: up to a half
/// faster, at sizes within half a point.
const FAST_LEVELS: i32 = 2;

enum Method {
    Plain,
    Lz4(lz4_flex::block::CompressTable),
    Zstd(Compressor<'static>),
}

impl Method {
    fn number(&self) -> u8 {
        match self {
            Self::Plain => Stored::PLAIN.method,
            Self::Lz4(_) => Stored::LZ4,
            Self::Zstd(_) => Stored::ZSTD,
        }
    }

    /// The most that `compress` can need for so many bytes.
    fn bound(&self, length: usize) -> usize {
        match self {
            Self::Plain => length,
            Self::Lz4(_) => lz4_flex::block::get_maximum_output_size(length),
            Self::Zstd(_) => zstd::zstd_safe::compress_bound(length),
        }
    }

    /// How many bytes of `out` the compressed bytes take; `None` if it could not be done.
    fn compress(&mut self, bytes: &[u8], out: &mut [u8]) -> Option<usize> {
        match self {
            Self::Plain => None,
            Self::Lz4(table) => lz4_flex::block::compress_into_with_table(bytes, out, table).ok(),
            Self::Zstd(context) => context.compress_to_buffer(bytes, out).ok(),
        }
    }
}

/// A level outside counts as the nearest.
fn zstd_context(level: i32) -> Compressor<'static> {
    let level = level.clamp(*Compression::LEVELS.start(), *Compression::LEVELS.end());
    let mut context = Compressor::new(level).expect("BUG: zstd knows its own levels");
    if level <= FAST_LEVELS {
        context.set_parameter(CParameter::MinMatch(7)).expect("BUG: zstd takes a match of seven bytes");
    }
    context
}

/// Compresses blocks, one after the other; keeps its buffers.
pub(crate) struct Packer {
    method: Method,
    judge: Judge,
    planes: Vec<u8>,
    stored: Vec<u8>,
}

impl Packer {
    pub(crate) fn new(how: Compression) -> Packer {
        let method = match how {
            Compression::None => Method::Plain,
            Compression::Lz4 => Method::Lz4(lz4_flex::block::CompressTable::large()),
            Compression::Zstd(level) => Method::Zstd(zstd_context(level)),
        };
        Packer { method, judge: Judge::new(), planes: Vec::new(), stored: Vec::new() }
    }

    /// The bytes to be stored: `block` itself, or a buffer that the next call uses again. `width` is that of most numbers
    /// in the block; 1, or any other that cannot be shuffled, if there are none.
    pub(crate) fn pack<'a>(&'a mut self, block: &'a [u8], width: u8) -> (Stored, &'a [u8]) {
        let worth_it = !matches!(self.method, Method::Plain) && block.len() >= LEAST;
        let packed = match width {
            _ if !worth_it => None,
            _ if shuffle::is_width(width) => self.pack_planes(block, width),
            _ => self.pack_whole(block),
        };
        match packed {
            Some((stored, length)) if length <= block.len() - block.len() / LEAST_GAIN => {
                (stored, &self.stored[..length])
            }
            _ => (Stored::PLAIN, block),
        }
    }

    fn pack_whole(&mut self, block: &[u8]) -> Option<(Stored, usize)> {
        if !is_worth_it(&mut self.judge, &self.method, block) {
            return None;
        }
        enlarge(&mut self.stored, self.method.bound(block.len()));
        let length = self.method.compress(block, &mut self.stored)?;
        Some((Stored { method: self.method.number(), width: 1 }, length))
    }

    fn pack_planes(&mut self, block: &[u8], width: u8) -> Option<(Stored, usize)> {
        let Packer { method, judge, planes, stored } = self;
        let count = block.len() / usize::from(width);
        let (numbers, tail) = block.split_at(count * usize::from(width));
        enlarge(stored, 1 + block.len() + method.bound(numbers.len()));
        let (first, stored) = stored.split_at_mut(1);
        shuffle::split(width, numbers, &mut stored[..numbers.len()]);
        enlarge(planes, numbers.len());

        // Planes to be compressed are taken out, the others move together: as a rule these are the first and stay in place.
        let (mut packed, mut chosen, mut plain) = (0u8, 0, 0);
        for plane in 0..usize::from(width) {
            let place = plane * count..(plane + 1) * count;
            if is_worth_it(judge, method, &stored[place.clone()]) {
                packed |= 1 << plane;
                planes[chosen..chosen + count].copy_from_slice(&stored[place]);
                chosen += count;
            } else {
                if plain < place.start {
                    stored.copy_within(place, plain);
                }
                plain += count;
            }
        }
        if packed == 0 {
            return None;
        }
        first[0] = packed;
        stored[plain..plain + tail.len()].copy_from_slice(tail);
        plain += tail.len();
        let compressed = method.compress(&planes[..chosen], &mut stored[plain..])?;
        Some((Stored { method: method.number(), width }, 1 + plain + compressed))
    }
}

fn is_worth_it(judge: &mut Judge, method: &Method, bytes: &[u8]) -> bool {
    match method {
        Method::Plain => false,
        Method::Lz4(_) => judge.repeats(bytes),
        Method::Zstd(_) => is_skewed(bytes) || judge.repeats(bytes),
    }
}

/// Buffers only grow, and are overwritten: clearing them for each block would take as long as shuffling it.
fn enlarge(buffer: &mut Vec<u8>, length: usize) {
    if buffer.len() < length {
        buffer.resize(length, 0);
    }
}

/// Gives blocks back; keeps its buffers.
#[derive(Default)]
pub(crate) struct Unpacker {
    /// Made for the first block that needs it: a small snapshot is read faster than this is set up.
    zstd: Option<Decompressor<'static>>,
    planes: Vec<u8>,
}

impl Unpacker {
    pub(crate) fn new() -> Unpacker {
        Unpacker::default()
    }

    /// Fills `block`, which is as long as the block is. `stored` and `bytes` may be anything: what is there then is any bytes,
    /// or an error is told. Takes no more memory than `block` has, and a constant.
    pub(crate) fn unpack(&mut self, stored: Stored, bytes: &[u8], block: &mut [u8]) -> Result<(), String> {
        stored.check()?;
        if stored == Stored::PLAIN {
            if bytes.len() != block.len() {
                return Err(format!("it is stored in {} bytes, but should have {}", bytes.len(), block.len()));
            }
            block.copy_from_slice(bytes);
            return Ok(());
        }
        match stored.width {
            1 => self.decompress(stored.method, bytes, block),
            _ => self.unpack_planes(stored, bytes, block),
        }
    }

    fn unpack_planes(&mut self, stored: Stored, bytes: &[u8], block: &mut [u8]) -> Result<(), String> {
        let width = usize::from(stored.width);
        let (count, tail) = (block.len() / width, block.len() % width);
        let Some((&packed, bytes)) = bytes.split_first().filter(|(packed, _)| u32::from(**packed) >> width == 0) else {
            return Err(format!("which of its {width} planes are compressed is not said"));
        };
        let chosen = packed.count_ones() as usize * count;
        let plain = block.len() - chosen;
        let Some((plain, compressed)) = bytes.split_at_checked(plain) else {
            return Err(format!("it is stored in {} bytes, but {plain} of it are not compressed", bytes.len()));
        };
        let mut buffer = std::mem::take(&mut self.planes);
        enlarge(&mut buffer, chosen);
        let done = self.decompress(stored.method, compressed, &mut buffer[..chosen]);
        self.planes = buffer;
        done?;

        let (mut chosen, mut plain) = (&self.planes[..chosen], plain);
        let mut planes = [&[][..]; 8];
        for (place, plane) in planes[..width].iter_mut().enumerate() {
            let from = if packed & (1 << place) != 0 { &mut chosen } else { &mut plain };
            (*plane, *from) = from.split_at(count);
        }
        let (numbers, end) = block.split_at_mut(block.len() - tail);
        shuffle::join(&planes[..width], numbers);
        end.copy_from_slice(plain);
        Ok(())
    }

    /// Fills `out` exactly.
    fn decompress(&mut self, method: u8, bytes: &[u8], out: &mut [u8]) -> Result<(), String> {
        let length = if method == Stored::LZ4 {
            lz4_flex::block::decompress_into(bytes, out).map_err(|error| format!("it is no LZ4 block: {error}"))?
        } else {
            self.decompress_zstd(bytes, out).map_err(|error| format!("it is no zstd frame: {error}"))?
        };
        if length == out.len() { Ok(()) } else { Err(format!("it decompresses to {length} bytes, not {}", out.len())) }
    }

    fn decompress_zstd(&mut self, bytes: &[u8], out: &mut [u8]) -> std::io::Result<usize> {
        let context = match &mut self.zstd {
            Some(context) => context,
            none => none.insert(Decompressor::new()?),
        };
        context.decompress_to_buffer(bytes, out)
    }
}

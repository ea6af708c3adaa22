//! Every reader of stored bytes as one function of any bytes: for the targets in `fuzz/`, and for the tests below, which
//! run each of them over damaged samples for a moment.
//!
//! Whatever the bytes are, each returns: no panic, no endless loop, no memory that they do not back.

use std::collections::{BTreeMap, BTreeSet};
use std::io;

use serde::de::{DeserializeOwned, IgnoredAny};
use serde::{Deserialize, Serialize};

use crate::codec;
use crate::interrupt::deadline;
use crate::object;
use crate::pack::{Stored, Unpacker};
use crate::report;
use crate::store::{self, Key, Memory, Store, quota};

/// One value of each of many types; what can be read is the same when it is written and read again.
pub fn codec(bytes: &[u8]) {
    one::<()>(bytes);
    one::<(bool, char, u8, i64)>(bytes);
    one::<(u128, i128)>(bytes);
    one::<String>(bytes);
    one::<Option<Option<()>>>(bytes);
    one::<Vec<f64>>(bytes);
    one::<Vec<u16>>(bytes);
    one::<[i32; 9]>(bytes);
    one::<Vec<Vec<f32>>>(bytes);
    one::<BTreeMap<String, Option<Vec<u8>>>>(bytes);
    one::<Vec<Particle>>(bytes);
    one::<Shape>(bytes);
    one::<Loose>(bytes);
    one::<Tagged>(bytes);
    one::<Flat>(bytes);
    let _ = codec::from_slice::<IgnoredAny>(bytes);
    assert!(report::value(bytes).chars().count() <= 100);
}

fn one<T: Serialize + DeserializeOwned>(bytes: &[u8]) {
    let Ok(value) = codec::from_slice::<T>(bytes) else { return };
    let Ok(written) = codec::to_vec(&value) else { return };
    let again: T = codec::from_slice(&written).expect("what was written can be read");
    assert!(codec::to_vec(&again).is_ok_and(|again| again == written), "it is another value");
}

/// A record that is stored by column.
#[derive(Serialize, Deserialize)]
struct Particle {
    position: [f64; 3],
    id: u32,
    alive: bool,
}

#[derive(Serialize, Deserialize)]
enum Shape {
    Empty,
    One(Box<Shape>),
    Two(u8, i64),
    Parts { width: f32, label: Option<char> },
}

/// Through serde's own buffer, which may hold anything.
#[derive(Serialize, Deserialize)]
#[serde(untagged)]
enum Loose {
    Number(i64),
    Text(String),
    List(Vec<Loose>),
    Map(BTreeMap<String, Loose>),
}

#[derive(Serialize, Deserialize)]
#[serde(tag = "kind")]
enum Tagged {
    Point { x: f64, y: f64 },
    Path { points: Vec<(f32, f32)> },
}

#[derive(Serialize, Deserialize)]
struct Flat {
    name: String,
    #[serde(flatten)]
    rest: BTreeMap<String, Loose>,
}

/// A file of a snapshot, whose blocks may be said to lie in other files: these are the same bytes.
pub fn object(bytes: &[u8]) {
    let store = Memory::new();
    let key = Key::new("f", "1");
    if store.put(&key, 1, bytes).is_err() {
        return;
    }
    let open = |object: u64| match object {
        0..=3 => store.open(&key, 1),
        _ => Err(io::ErrorKind::NotFound.into()),
    };
    if let Ok(loaded) = object::load(&open, 3) {
        let needs: BTreeSet<u64> = loaded.index.objects().collect();
        assert!(needs.iter().all(|object| *object <= 3));
        let values: usize = loaded.values.iter().map(|(_, value)| value.len()).sum();
        // Many blocks may be one, of at most a mebibyte, and each is named by more than 32 bytes.
        assert!(values <= bytes.len() * (1 << 20) / 32, "{values} bytes from {}", bytes.len());
    }
}

/// A file with a sound end, as a bug or somebody of ill will would make it: some bytes of blocks, and any table.
pub fn sealed(bytes: &[u8]) {
    let (blocks, table) = bytes.split_at(bytes.len().min(64));
    object(&object::sealed(blocks, table));
}

/// A stored block: its method, width and length come first.
pub fn unpack(bytes: &[u8]) {
    let Some(([method, width, low, high], stored)) = bytes.split_first_chunk() else { return };
    let length = usize::from(u16::from_le_bytes([*low, *high]));
    let _ = Unpacker::new().unpack(Stored { method: *method, width: *width }, stored, &mut vec![0; length]);
}

/// Texts: of a lock, and of the environment.
pub fn texts(bytes: &[u8]) {
    store::is_signed_lock(bytes);
    let text = String::from_utf8_lossy(bytes);
    let _ = quota::parse(&text);
    let _ = text.parse::<crate::Compression>();
    let _ = text.parse::<crate::Deadline>();
    let _ = deadline::unix_seconds(&text);
    if let Some(deadline) = crate::Deadline::read(&text, std::time::Instant::now()) {
        assert!(!deadline.to_string().is_empty());
    }
}

#[cfg(test)]
mod tests {
    use super::{Flat, Loose, Particle, Shape, Tagged, codec, object, sealed, texts, unpack};
    use crate::codec::to_vec;
    use crate::object::tests::{file, table_of};
    use crate::pack::{Compression, Packer};
    use crate::snapshot::Snapshot;
    use std::collections::BTreeMap;

    /// Xorshift: the same each time, so that what fails here fails again.
    struct Random(u64);

    impl Random {
        fn below(&mut self, bound: usize) -> usize {
            self.0 ^= self.0 << 13;
            self.0 ^= self.0 >> 7;
            self.0 ^= self.0 << 17;
            (self.0 >> 11) as usize % bound.max(1)
        }

        fn damage(&mut self, bytes: &mut Vec<u8>, other: &[u8]) {
            let (at, to) = (self.below(bytes.len()), self.below(bytes.len() + 1));
            let some = at.min(to)..(at.min(to) + self.below(16)).min(bytes.len());
            match self.below(8) {
                0 | 1 if at < bytes.len() => bytes[at] ^= 1 << self.below(8),
                2 if at < bytes.len() => bytes[at] = [0, 0xff, 0x7f, 0x80, 0x1b, 0x5f, 0xd8, 0x9f][self.below(8)],
                3 => bytes.truncate(to),
                4 => drop(bytes.drain(some)),
                5 => {
                    let copied = bytes[some].to_vec();
                    bytes.splice(at..at, copied);
                }
                6 => bytes.insert(to, self.below(256) as u8),
                _ if !other.is_empty() => {
                    let from = self.below(other.len());
                    let part = &other[from..(from + self.below(32)).min(other.len())];
                    bytes.splice(at..at, part.iter().copied());
                }
                _ => {}
            }
        }
    }

    /// Runs a target over damaged samples.
    fn drive(target: fn(&[u8]), samples: &[Vec<u8>], rounds: usize) {
        let mut random = Random(0x9e37_79b9_7f4a_7c15);
        for sample in samples {
            target(sample);
        }
        for _ in 0..rounds {
            let mut bytes = samples[random.below(samples.len())].clone();
            for _ in 0..=random.below(4) {
                let other = &samples[random.below(samples.len())];
                random.damage(&mut bytes, other);
            }
            target(&bytes);
        }
    }

    fn values() -> Vec<Vec<u8>> {
        let particles: Vec<Particle> =
            (0..20).map(|n| Particle { position: [f64::from(n); 3], id: n, alive: n % 3 == 0 }).collect();
        let loose =
            || BTreeMap::from([("a".to_owned(), Loose::List(vec![Loose::Number(-1), Loose::Text("λ".into())]))]);
        vec![
            to_vec(&(true, 'ß', 7u8, -5i64)),
            to_vec(&(u128::MAX, i128::MIN)),
            to_vec("some text"),
            to_vec(&Some(Option::<()>::None)),
            to_vec(&[0.5f64; 12]),
            to_vec(&(0..20).collect::<Vec<u16>>()),
            to_vec(&[-1i32; 9]),
            to_vec(&vec![vec![1.0f32; 9]; 3]),
            to_vec(&BTreeMap::from([("key".to_owned(), Some(vec![1u8; 10]))])),
            to_vec(&particles),
            to_vec(&Shape::One(Box::new(Shape::Parts { width: 1.5, label: Some('x') }))),
            to_vec(&vec![Shape::Empty, Shape::Two(1, -1)]),
            to_vec(&Loose::Map(loose())),
            to_vec(&Tagged::Point { x: 1.0, y: f64::NAN }),
            to_vec(&Tagged::Path { points: vec![(1.0, 2.0); 20] }),
            to_vec(&Flat { name: "n".into(), rest: loose() }),
        ]
        .into_iter()
        .map(|bytes| bytes.expect("written"))
        .collect()
    }

    fn files() -> Vec<Vec<u8>> {
        let steps: Vec<u8> = (0..900u64).flat_map(|n| (n * 3).to_le_bytes()).collect();
        let snapshot =
            Snapshot { function: "f".into(), rng: Some(crate::snapshot::Bytes(vec![1; 9])), ..Snapshot::default() };
        vec![file(&Snapshot::default(), &[]), file(&snapshot, &[("x", vec![1, 2]), ("steps", steps)])]
    }

    #[test]
    fn values_of_any_bytes() {
        drive(codec, &values(), 6000);
    }

    #[test]
    fn files_of_any_bytes() {
        drive(object, &files(), 3000);
    }

    #[test]
    fn files_with_any_table() {
        let tables =
            files().iter().map(|file| [vec![0; 64], file[table_of(file)].to_vec()].concat()).collect::<Vec<_>>();
        drive(sealed, &tables, 3000);
    }

    #[test]
    fn blocks_of_any_bytes() {
        let mut samples = Vec::new();
        let block: Vec<u8> = (0..500u64).flat_map(|n| (n * n).to_le_bytes()).collect();
        for how in [Compression::None, Compression::Lz4, Compression::Zstd(1)] {
            for width in [1, 2, 4, 8] {
                let mut packer = Packer::new(how);
                let (stored, bytes) = packer.pack(&block, width);
                let length = (block.len() as u16).to_le_bytes();
                samples.push([&[stored.method, stored.width], &length[..], bytes].concat());
            }
        }
        drive(unpack, &samples, 6000);
    }

    #[test]
    fn texts_of_any_bytes() {
        let samples: Vec<Vec<u8>> = [
            "pid 17\nhost node3\nstart 123\nsince 2026-01-02T03:04:05Z\ntoken abc\nsilence-ms 9000\nbeat 5 at 2026\n",
            "3h30m",
            "2026-01-02T03:04:05.5+02:00",
            "1-12:30:00",
            "1795257872",
            "zstd:3",
            "1.5GiB",
        ]
        .map(|text| text.as_bytes().to_vec())
        .into();
        drive(texts, &samples, 10_000);
    }
}

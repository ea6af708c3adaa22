//! Every damage to a file is found, whatever it is, and named; and nothing is stored twice.

use std::collections::BTreeSet;
use std::io;
use std::ops::Range;

use super::{BLOCK, Damage, FOOT, Fault, HEAD, Index, Loaded, chain, load, sealed, table, write};
use crate::codec;
use crate::fs::Mark;
use crate::pack::{Compression, Packer};
use crate::recover::lineage::Lineage;
use crate::run::function::Place;
use crate::saver::taken::Taken;
use crate::snapshot::{Bytes, Snapshot};
use crate::store::{Key, Memory, Store};

fn sample() -> Snapshot {
    let texts = |texts: &[&str]| texts.iter().map(ToString::to_string).collect::<Vec<_>>();
    Snapshot {
        function: "krate::mean_position".into(),
        identity: "12ab".into(),
        arguments: "seed = 7, epochs = 10".into(),
        body: u64::MAX,
        site: "for".into(),
        loops: texts(&["for"]),
        place: Some(Place::End),
        given: Vec::new(),
        line: 13,
        passes: [("for".to_owned(), 9)].into(),
        since: [("for".to_owned(), 2)].into(),
        saved_at: 1_795_257_872_000_000_001,
        elapsed: 0.1,
        progress: Some((9, 10)),
        rng: Some(Bytes(vec![0xf6])),
        layout: vec![("for".into(), texts(&["x", "positions"]), texts(&["for"]))],
        finished: false,
        version: 0,
        types: [("x".to_owned(), "f32".to_owned())].into(),
        lineage: Lineage::born(4).without(6, 7),
        files: vec![Mark::sample()],
        appended: 1,
        began: Some(u64::MAX),
    }
}

fn key() -> Key {
    Key::new("f", "1")
}

fn taken(values: &[(&'static str, Vec<u8>)]) -> Taken {
    let mut taken = Taken::default();
    for (name, bytes) in values {
        taken.push(name, bytes);
    }
    taken
}

/// The file of a snapshot that stands for itself.
pub(crate) fn file(snapshot: &Snapshot, values: &[(&'static str, Vec<u8>)]) -> Vec<u8> {
    let mut out = Vec::new();
    let mut packer = Packer::new(Compression::default());
    write(&mut out, 1, snapshot, &taken(values), &Index::default(), &mut packer).expect("written to memory");
    out
}

/// Bytes that do not repeat.
pub(crate) fn noise(length: usize, seed: u64) -> Vec<u8> {
    let mut bytes = vec![0; length];
    blake3::Hasher::new().update(&seed.to_le_bytes()).finalize_xof().fill(&mut bytes);
    bytes
}

fn values() -> Vec<(&'static str, Vec<u8>)> {
    vec![("x", vec![0xfb, 0, 255]), ("", vec![]), ("long", noise(BLOCK + 7, 1)), ("zeros", vec![0; 2 * BLOCK])]
}

fn read(bytes: &[u8]) -> Result<Loaded, Fault> {
    let store = Memory::new();
    store.put(&key(), 1, bytes).expect("put");
    load(&|object| store.open(&key(), object.max(1)), 1)
}

fn damage(bytes: &[u8]) -> Damage {
    match read(bytes) {
        Err(Fault::Damage(damage)) => damage,
        Err(Fault::Io(error)) => panic!("{error}"),
        Ok(loaded) => panic!("taken for good: {loaded:?}"),
    }
}

/// As an attacker, or a bug, would make it: with other bytes for the table, and all that vouches for it.
fn forged(change: impl FnOnce(&mut Vec<u8>)) -> Vec<u8> {
    let bytes = file(&sample(), &values());
    let place = table_of(&bytes);
    let mut table = bytes[place.clone()].to_vec();
    change(&mut table);
    sealed(&bytes[HEAD..place.start], &table)
}

pub(crate) fn table_of(bytes: &[u8]) -> Range<usize> {
    let end = bytes.len() - FOOT;
    let length = u64::from_le_bytes(*bytes[end..].first_chunk().expect("a length"));
    end - length as usize..end
}

#[test]
fn comes_back() {
    for (snapshot, values) in [(sample(), values()), (Snapshot::default(), vec![])] {
        let bytes = file(&snapshot, &values);
        let loaded = read(&bytes).expect("good");
        assert_eq!(loaded.snapshot, snapshot);
        let values: Vec<_> = values.into_iter().map(|(name, bytes)| (name.to_owned(), bytes)).collect();
        assert!(loaded.owned() == values);
        assert_eq!(loaded.index.objects().collect::<Vec<_>>(), [1]);
    }
}

#[test]
fn every_flipped_bit_is_found() {
    let bytes = file(&sample(), &values());
    let blocks = HEAD..table_of(&bytes).start;
    // Blocks are long: each of their bytes would take minutes.
    let some = |at: &usize| !blocks.contains(at) || at.is_multiple_of(4099);
    for at in (0..bytes.len()).filter(some) {
        for bit in [1, 0x80] {
            let mut damaged = bytes.clone();
            damaged[at] ^= bit;
            let damage = damage(&damaged);
            assert!(!matches!(damage, Damage::Version(_)), "byte {at} makes it {damage}");
            assert_eq!(matches!(damage, Damage::Block { .. }), blocks.contains(&at), "byte {at}: {damage}");
        }
    }
}

#[test]
fn every_length_is_found() {
    let bytes = file(&sample(), &values());
    let blocks = HEAD + 100..table_of(&bytes).start;
    for length in (0..bytes.len()).filter(|length| !blocks.contains(length) || length.is_multiple_of(4099)) {
        let expected = match length {
            0 => "empty".to_owned(),
            _ => "cut off".to_owned(),
        };
        let text = damage(&bytes[..length]).to_string();
        assert!(text.contains(&expected), "{length}: {text}");
    }
    for more in [1, FOOT, 5000] {
        let mut longer = bytes.clone();
        longer.resize(bytes.len() + more, 0);
        damage(&longer);
    }
    // An end that was there before does not end the file where it stands now.
    let twice = [&bytes[..], &bytes[bytes.len() - FOOT..]].concat();
    assert!(matches!(damage(&twice), Damage::Length { .. }));
}

#[test]
fn damage_has_a_name() {
    let bytes = file(&sample(), &values());
    assert_eq!(damage(b"PK\x03\x04 and much more that is no snapshot at all"), Damage::Foreign);
    assert_eq!(damage(&[]), Damage::Empty);
    let mut block = bytes.clone();
    block[HEAD + BLOCK + 5] ^= 1;
    assert_eq!(damage(&block).to_string(), "block 1 of `long`: the checksum does not fit");
    let mut newer = bytes.clone();
    newer[8] = 2;
    assert_eq!(damage(&newer), Damage::Head);
    let check = super::check(&newer[..12]);
    newer[12..16].copy_from_slice(&check);
    assert_eq!(damage(&newer), Damage::Version(2));
}

#[test]
fn a_table_that_lies_is_refused() {
    assert!(matches!(damage(&forged(|table| table.clear())), Damage::Table(_)));
    assert!(matches!(damage(&forged(|table| table.push(0))), Damage::Table(_)));
    assert!(matches!(damage(&forged(|table| table.truncate(20))), Damage::Table(_)));
    read(&forged(|_| {})).expect("nothing was changed");
    // Each number of the table, made large: lengths, offsets, sizes, and whatever else there is.
    let length = forged(|_| {}).len();
    let place = table_of(&forged(|_| {}));
    for at in 0..place.len() {
        let bytes = forged(|table| table[at] = 0xff);
        assert_eq!(bytes.len(), length);
        // Some are texts, which nothing vouches for here.
        if let Ok(loaded) = read(&bytes) {
            assert_eq!(loaded.values.len(), values().len());
        }
    }
}

/// A run that saves again and again.
struct Run {
    store: Memory,
    index: Index,
    next: u64,
    compression: Compression,
}

impl Run {
    fn new() -> Run {
        Run::packed(Compression::None)
    }

    fn packed(compression: Compression) -> Run {
        Run { store: Memory::new(), index: Index::default(), next: 1, compression }
    }

    /// Saves, reads back, and gives the size of the new file.
    fn save(&mut self, values: &[(&'static str, Vec<u8>)]) -> u64 {
        let (seq, taken) = (self.next, taken(values));
        self.next += 1;
        let mut packer = Packer::new(self.compression);
        let mut index = Index::default();
        let content = &mut |out: &mut dyn io::Write| {
            index = write(out, seq, &sample(), &taken, &self.index, &mut packer)?.index;
            Ok(())
        };
        self.store.write(&key(), seq, content).expect("written to memory");
        self.index = index;
        let loaded =
            load(&|object| self.store.open(&key(), if object == 0 { seq } else { object }), seq).expect("good");
        assert!(loaded.owned().iter().zip(values).all(|(there, value)| there.1 == value.1));
        assert_eq!(loaded.index.places, self.index.places);
        assert_eq!(loaded.index.sizes, self.index.sizes);
        self.size(seq)
    }

    fn size(&self, seq: u64) -> u64 {
        self.store.open(&key(), seq).expect("there").size()
    }

    fn stored(&self) -> u64 {
        self.index.objects().map(|seq| self.size(seq)).sum()
    }
}

#[test]
fn what_did_not_change_is_not_stored_again() {
    let mut run = Run::new();
    let state = vec![("a", noise(100 * BLOCK + 9, 1)), ("b", noise(50 * BLOCK, 2))];
    let full = run.save(&state);
    let again = run.save(&state);
    assert!(again * 100 < full, "{again} of {full}");
    let mut changed = state.clone();
    changed[0].1[7 * BLOCK] ^= 1;
    let third = run.save(&changed);
    assert!(third < again + BLOCK as u64 + 100, "{third}");
}

#[test]
fn a_vector_that_grows_is_stored_once() {
    let mut run = Run::new();
    let all = noise(100 * BLOCK, 3);
    let written: u64 = (1..=100).map(|n| run.save(&[("v", all[..n * BLOCK].to_vec())])).sum();
    assert!(written < all.len() as u64 * 13 / 10, "{written} of {}", all.len());
}

#[test]
fn files_of_which_little_is_needed_are_given_up() {
    let mut run = Run::new();
    let mut state = noise(64 * BLOCK, 4);
    let full = run.save(&[("v", state.clone())]);
    for n in 0..150 {
        let block = n * 7 % 64;
        state[block * BLOCK..][..BLOCK].copy_from_slice(&noise(BLOCK, 1000 + n as u64));
        run.save(&[("v", state.clone())]);
        assert!(run.stored() < 2 * full, "after {n}: {} of {full}", run.stored());
        assert!(run.index.objects().count() <= 129);
    }
}

/// Blocks that are packed take less room than what they hold, and nearly nothing if they are all alike.
#[test]
fn so_are_files_of_packed_blocks() {
    for compression in [Compression::Lz4, Compression::default()] {
        for sparse in [0, 64] {
            let mut run = Run::packed(compression);
            let bits = noise(8 * BLOCK, 7);
            let mut state: Vec<u8> = bits
                .iter()
                .enumerate()
                .map(|(at, byte)| if sparse > 0 && at % sparse == 0 { byte & 1 } else { 0 })
                .collect();
            for n in 0..12 {
                let places = noise(8, 2000 + n);
                let place = u64::from_le_bytes(places.try_into().expect("eight bytes")) as usize % state.len();
                state[place] = n as u8;
                run.save(&[("v", state.clone())]);
                let full = Run::packed(compression).save(&[("v", state.clone())]);
                assert!(run.stored() < 2 * full, "{compression:?}, {sparse}, {n}: {} of {full}", run.stored());
            }
        }
    }
}

#[test]
fn a_file_that_is_needed_and_gone_is_damage() {
    let mut run = Run::new();
    let state = [("v", noise(9 * BLOCK, 5))];
    run.save(&state);
    run.save(&state);
    run.store.remove(&key(), 1).expect("removed");
    let loaded = load(&|object| run.store.open(&key(), if object == 0 { 2 } else { object }), 2);
    assert!(matches!(loaded, Err(Fault::Damage(Damage::Missing { object: 1 }))), "{loaded:?}");
}

#[test]
fn the_table_tells_what_a_snapshot_needs() {
    let mut run = Run::new();
    let state = [("v", noise(9 * BLOCK, 6))];
    run.save(&state);
    run.save(&state);
    let table = table(&mut *run.store.open(&key(), 2).expect("there")).expect("good");
    assert_eq!(table.needs().collect::<BTreeSet<_>>(), BTreeSet::from([1]));
    assert_eq!(table.snapshot, sample());
}

#[test]
fn equal_blocks_are_stored_once() {
    let mut run = Run::new();
    let size = run.save(&[("zeros", vec![0; 100 * BLOCK]), ("more", vec![0; 10 * BLOCK])]);
    assert!(size < 3 * BLOCK as u64, "{size}");
}

#[test]
fn nothing_is_given_up_for_nothing() {
    assert!(chain::given_up(&Index::default(), &Index::default(), std::iter::empty()).is_empty());
}

#[test]
fn a_table_is_cbor() {
    let bytes = file(&sample(), &values());
    let item: ciborium::Value = ciborium::from_reader(&bytes[table_of(&bytes)]).expect("any reader opens it");
    assert!(item.as_map().is_some_and(|map| map.len() == 2));
    let own: codec::Error = codec::from_slice::<u8>(&bytes[table_of(&bytes)]).expect_err("another type");
    assert!(!own.to_string().is_empty());
}

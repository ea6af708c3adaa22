//! Every damage to any file of a run's folder: the run goes on from the newest snapshot that is whole, with the values it
//! was taken with, or learns which file is damaged.

use std::collections::BTreeMap;

use super::{Found, newest};
use crate::error::{Error, ErrorKind};
use crate::object::tests::noise;
use crate::object::{self, Index};
use crate::pack::{Compression, Packer};
use crate::saver::taken::Taken;
use crate::snapshot::Snapshot;
use crate::store::{Key, Memory, Store};

type Values = Vec<(&'static str, Vec<u8>)>;

fn key() -> Key {
    Key::new("f", "1")
}

/// Something that compresses, in a way of its own.
fn steps(length: usize, step: u64) -> Vec<u8> {
    (0..length as u64).flat_map(|n| (n * step).to_le_bytes()).collect()
}

/// A run that has saved three times. `first` lies in the first file alone, `second` in the second one for the last two
/// snapshots, `own` changes each time, and `short` lies in the tables.
struct Run {
    files: BTreeMap<u64, Vec<u8>>,
    values: BTreeMap<u64, Values>,
    /// The files that each snapshot needs.
    needs: BTreeMap<u64, Vec<u64>>,
}

impl Run {
    fn new(how: Compression) -> Run {
        let mut run = Run { files: BTreeMap::new(), values: BTreeMap::new(), needs: BTreeMap::new() };
        let (mut index, mut packer) = (Index::default(), Packer::new(how));
        for seq in 1..=3 {
            let values = vec![
                ("first", noise(16_000, 1)),
                ("second", steps(700, seq.min(2))),
                ("own", noise(4200, 10 + seq)),
                ("short", vec![seq as u8; 9]),
            ];
            let mut taken = Taken::default();
            for (name, bytes) in &values {
                taken.push(name, bytes);
            }
            let snapshot = Snapshot { line: seq as u32, ..Snapshot::default() };
            let mut file = Vec::new();
            let written = object::write(&mut file, seq, &snapshot, &taken, &index, &mut packer);
            index = written.expect("written to memory").index;
            run.needs.insert(seq, index.objects().collect());
            run.files.insert(seq, file);
            run.values.insert(seq, values);
        }
        assert_eq!(run.needs.values().map(Vec::as_slice).collect::<Vec<_>>(), [&[1][..], &[1, 2], &[1, 2, 3]]);
        run
    }

    /// What a start finds where one file has these bytes, or is not there.
    fn with(&self, damaged: u64, bytes: Option<&[u8]>) -> Result<Option<Found>, Error> {
        let store = Memory::new();
        for (seq, file) in &self.files {
            let bytes = if *seq == damaged { bytes } else { Some(&**file) };
            if let Some(bytes) = bytes {
                store.put(&key(), *seq, bytes).expect("put");
            }
        }
        newest(&store, &key())
    }

    /// Whether what was found is right where the file `damaged` is: the values are those of their snapshot, all that were
    /// stepped over need that file, and it is named.
    fn check(&self, damaged: u64, found: Result<Option<Found>, Error>, what: &str) -> Option<u64> {
        let named = |seq: u64, why: &str| {
            let needs = &self.needs[&seq];
            assert!(needs.contains(&damaged), "{what}: {seq} was stepped over: {why}");
            assert!(seq == damaged || why.contains(&format!("snapshot {damaged}")), "{what}: {why}");
        };
        match found {
            Ok(Some(Found { seq, loaded, skipped, .. })) => {
                assert_eq!(u64::from(loaded.snapshot.line), seq, "{what}");
                let want: Vec<_> =
                    self.values[&seq].iter().map(|(name, bytes)| ((*name).to_owned(), bytes.clone())).collect();
                assert!(loaded.owned() == want, "{what}: wrong values");
                for (seq, why) in skipped {
                    named(seq, &why);
                }
                Some(seq)
            }
            Ok(None) => panic!("{what}: taken for none"),
            Err(error) => {
                assert_eq!(error.kind(), ErrorKind::Damaged, "{what}: {error}");
                assert!(error.to_string().contains(&format!("{damaged:08}")), "{what}: {error}");
                None
            }
        }
    }
}

/// Which bytes and lengths are tried: all where the file says what is in it, some within blocks. Where blocks are packed,
/// fewer, as what the file says is alike.
fn places(file: &[u8], how: Compression) -> impl Iterator<Item = usize> {
    let table = file.len() - 1200;
    let step = if how == Compression::None { 1 } else { 5 };
    (0..file.len()).filter(move |at| (*at < 20 || *at > table || at.is_multiple_of(97)) && at.is_multiple_of(step))
}

#[test]
fn every_flipped_byte_of_every_file() {
    for how in [Compression::None, Compression::Lz4, Compression::Zstd(1)] {
        let run = Run::new(how);
        for (damaged, file) in &run.files {
            let mut outcomes = BTreeMap::<_, usize>::new();
            for at in places(file, how) {
                let mut bytes = file.clone();
                bytes[at] ^= 0x41;
                let what = format!("byte {at} of {} in file {damaged} ({how:?})", file.len());
                *outcomes.entry(run.check(*damaged, run.with(*damaged, Some(&bytes)), &what)).or_default() += 1;
            }
            // A file whose blocks are needed can lose what it says of itself: later snapshots do not look at that.
            let expected: &[Option<u64>] = match damaged {
                1 => &[None, Some(3)],
                2 => &[Some(1), Some(3)],
                _ => &[Some(2)],
            };
            assert!(outcomes.keys().eq(expected), "file {damaged}: {outcomes:?}");
        }
    }
}

#[test]
fn every_length_of_every_file() {
    for how in [Compression::None, Compression::Lz4, Compression::Zstd(1)] {
        let run = Run::new(how);
        for (damaged, file) in &run.files {
            for length in places(file, how) {
                let what = format!("file {damaged}, {length} bytes of {} ({how:?})", file.len());
                run.check(*damaged, run.with(*damaged, Some(&file[..length])), &what);
            }
            let longer = [file, &[0; 100][..]].concat();
            run.check(*damaged, run.with(*damaged, Some(&longer)), &format!("file {damaged}, longer"));
        }
    }
}

#[test]
fn every_file_missing() {
    let run = Run::new(Compression::None);
    assert!(matches!(run.with(3, None), Ok(Some(Found { seq: 2, ref skipped, .. })) if skipped.is_empty()));
    assert_eq!(run.check(2, run.with(2, None), "the second is gone"), Some(1));
    let error = run.with(1, None).expect_err("each needs the first");
    assert_eq!(error.kind(), ErrorKind::Damaged);
    assert!(error.to_string().contains("snapshot 1, which holds a part of it, is not there"), "{error}");
}

/// The file of one snapshot under the name of another.
#[test]
fn files_that_changed_places() {
    let run = Run::new(Compression::None);
    for (damaged, other) in [(1, 2), (1, 3), (2, 1), (2, 3), (3, 1), (3, 2)] {
        let found = run.with(damaged, Some(&run.files[&other]));
        if let Ok(Some(Found { loaded, .. })) = &found {
            let line = u64::from(loaded.snapshot.line);
            let want: Vec<_> = run.values[&line].iter().map(|(_, bytes)| bytes).collect();
            assert!(loaded.owned().iter().map(|(_, bytes)| bytes).eq(want), "{other} in place of {damaged}");
        }
    }
}

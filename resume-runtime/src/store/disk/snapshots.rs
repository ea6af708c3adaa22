//! Power cuts at the level of whole snapshots, which share blocks with earlier ones: what `recover` finds.

use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;

use super::power::{ROOT, each_cut};
use super::sim::{Image, Lie, Sim};
use crate::object::tests::noise;
use crate::object::{self, Index};
use crate::pack::{Compression, Packer};
use crate::recover::{self, Found};
use crate::saver::taken::Taken;
use crate::snapshot::Snapshot;
use crate::store::{Dir, Key, Store};

/// How many snapshots are saved, one after the other.
const SAVES: u64 = 6;

fn key() -> Key {
    Key::new("f", "1")
}

/// A long value that never changes, one that does, and a short one. None of it can be compressed, or it would be too little
/// to be worth sharing.
fn values(seq: u64) -> [(&'static str, Vec<u8>); 3] {
    [("long", noise(20_000, 0)), ("other", noise(5000, seq)), ("short", noise(8, seq))]
}

/// A run that saves, removes what is needed no more, and ends. Gives when each snapshot was durable, by the count of calls.
fn play(sim: &Sim) -> Vec<(usize, u64)> {
    let store = Dir::on(Box::new(sim.clone()), Path::new(ROOT));
    let (mut before, mut packer) = (Index::default(), Packer::new(Compression::default()));
    let mut needs: BTreeMap<u64, BTreeSet<u64>> = BTreeMap::new();
    let mut durable = Vec::new();
    for seq in 1..=SAVES {
        let mut taken = Taken::default();
        for (name, bytes) in values(seq) {
            taken.push(name, &bytes);
        }
        let snapshot = Snapshot { line: seq as u32, ..Snapshot::default() };
        let mut index = Index::default();
        let written = store.write(&key(), seq, &mut |out| {
            index = object::write(out, seq, &snapshot, &taken, &before, &mut packer)?.index;
            Ok(())
        });
        written.expect("written");
        durable.push((sim.now(), seq));
        needs.insert(seq, index.objects().collect());
        before = index;
        let needed: BTreeSet<u64> = needs.values().rev().take(2).flatten().copied().collect();
        for old in store.list(&key()).expect("listed") {
            if !needed.contains(&old) {
                store.remove(&key(), old).expect("removed");
            }
        }
    }
    assert!(needs.values().any(|needs| needs.len() > 1), "no blocks are shared");
    // At the end of the run all of them go: from here on the newest one is there as a whole, or none is.
    durable.push((sim.now(), 0));
    store.clear(&key()).expect("cleared");
    durable
}

/// The newest snapshot is the last durable one or a newer one, and has all of its values.
fn look(image: &Image, durable: u64) -> Result<(), String> {
    let store = Dir::on(Box::new(Sim::after(image)), Path::new(ROOT));
    let found = recover::newest(&store, &key()).map_err(|error| error.to_string())?;
    let Some(Found { seq, loaded, skipped, .. }) = found else {
        return if durable == 0 { Ok(()) } else { Err(format!("durable {durable}, but found none")) };
    };
    if seq < durable || !skipped.is_empty() {
        return Err(format!("durable {durable}, but found {seq} after {skipped:?}"));
    }
    let values = values(seq).map(|(name, bytes)| (name.to_owned(), bytes));
    if loaded.owned() != values || u64::from(loaded.snapshot.line) != seq {
        return Err(format!("{seq} has other values"));
    }
    Ok(())
}

fn check(lie: Lie) -> Result<usize, String> {
    let sim = Sim::new(lie);
    let durable = play(&sim);
    each_cut(&sim.record(), |now, image| {
        let last = durable.iter().rev().find(|(since, _)| *since <= now);
        look(image, last.map_or(0, |(_, seq)| *seq))
    })
}

#[test]
fn the_newest_snapshot_is_whole() {
    let count = check(Lie::None).unwrap_or_else(|why| panic!("{why}"));
    assert!(count > 100);
}

/// A sync that is left out is noticed at this level too: where files can be torn, some snapshot is found damaged, which
/// is never taken for a good one.
#[test]
fn torn_snapshots_are_damaged() {
    let why = check(Lie::Files).expect_err("noticed");
    assert!(why.contains("damaged") || why.contains("but found"), "{why}");
    assert!(!why.contains("other values"), "{why}");
}

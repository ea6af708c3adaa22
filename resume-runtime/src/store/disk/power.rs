//! Power cuts: histories of saves on a disk in memory, cut after every call, with every loss that POSIX allows.
//!
//! `RESUME_POWER_ROUNDS=<n>` plays more random histories, `RESUME_POWER_SEED=<n>` those of one seed.

use std::collections::BTreeMap;
use std::env;
use std::io;
use std::path::Path;
use std::sync::LazyLock;

use super::Disk;
use super::sim::{Image, Lie, Op, Remains, Sim};
use crate::store::{Dir, Key, Store, durable};

/// Below folders that are not there either.
pub(super) const ROOT: &str = "/far/above/store";

/// Beyond this many open changes of names, some of the ways to lose them are tried, not all.
const ALL_WAYS: usize = 7;

/// What a caller has been told about a run.
#[derive(Clone, Copy, PartialEq, Debug)]
enum Told {
    /// This snapshot, of this life of the run, is durable.
    Durable(u32, u64),
    /// It was told to go: what is left of it may come back.
    Gone,
}

/// A caller of the store, who notes what he was told, and when.
pub(super) struct History {
    pub(super) sim: Sim,
    pub(super) store: Dir,
    good: BTreeMap<Key, Vec<u64>>,
    told: Vec<(usize, Key, Told)>,
    /// How often anything was cleared.
    life: u32,
}

impl History {
    fn new(lie: Lie) -> History {
        let sim = Sim::new(lie);
        History::on(Box::new(sim.clone()), sim)
    }

    /// On a disk that stands before `sim`.
    pub(super) fn on(disk: Box<dyn Disk>, sim: Sim) -> History {
        let store = Dir::on(disk, Path::new(ROOT));
        History { sim, store, good: BTreeMap::new(), told: Vec::new(), life: 0 }
    }

    fn save(&mut self, key: &Key) {
        self.try_save(key).expect("saved");
    }

    /// As a run saves: above all numbers that are there, and then the oldest goes.
    pub(super) fn try_save(&mut self, key: &Key) -> io::Result<u64> {
        let seq = self.store.list(key)?.last().map_or(1, |newest| newest + 1);
        let bytes = content(key, self.life, seq);
        let (first, second) = bytes.split_at(bytes.len() / 2);
        self.store.write(key, seq, &mut |out| out.write_all(first).and_then(|()| out.write_all(second)))?;
        self.tell(key, Told::Durable(self.life, seq));
        let good = self.good.entry(key.clone()).or_default();
        good.push(seq);
        while good.len() > 2 {
            let _ = self.store.remove(key, good.remove(0));
        }
        Ok(seq)
    }

    fn clear(&mut self, key: &Key) {
        for known in self.good.keys().filter(|known| key.holds(known)).cloned().collect::<Vec<_>>() {
            self.good.remove(&known);
            self.tell(&known, Told::Gone);
        }
        self.store.clear(key).expect("cleared");
        self.life += 1;
    }

    /// As after a look that found the newest one damaged.
    fn set_aside(&mut self, key: &Key) {
        if let Some(seq) = self.good.get_mut(key).and_then(Vec::pop) {
            self.tell(key, Told::Gone);
            self.store.set_aside(key, seq).expect("set aside");
        }
    }

    fn tell(&mut self, key: &Key, told: Told) {
        self.told.push((self.sim.now(), key.clone(), told));
    }

    /// Cuts the power after each call, in every way; gives how many ways there were.
    pub(super) fn check(&self) -> Result<usize, String> {
        each_cut(&self.sim.record(), |now, image| {
            let mut told = BTreeMap::new();
            for (since, key, what) in &self.told {
                // That something is to go counts from the first call that follows.
                if since + usize::from(*what == Told::Gone) <= now {
                    told.insert(key, *what);
                }
            }
            self.check_image(image, &told)
        })
    }

    /// What a process finds that comes when the power is back, and that it can go on.
    fn check_image(&self, image: &Image, told: &BTreeMap<&Key, Told>) -> Result<(), String> {
        let sim = Sim::after(image);
        let store = Dir::on(Box::new(sim.clone()), Path::new(ROOT));
        for (key, told) in told {
            let seqs = store.list(key).map_err(|e| e.to_string())?;
            for seq in &seqs {
                let bytes = store.get(key, *seq).map_err(|e| e.to_string())?;
                if life(key, *seq, &bytes).is_none() {
                    return Err(format!("{key}: snapshot {seq} is torn"));
                }
            }
            let newest = seqs.last().copied().unwrap_or(0);
            if let Told::Durable(its_life, seq) = told {
                let bytes = store.get(key, newest).map_err(|_| format!("{key}: durable {seq}, but found {seqs:?}"))?;
                if newest < *seq || life(key, newest, &bytes) < Some(*its_life) {
                    return Err(format!("{key}: durable {seq} of life {its_life}, but found {seqs:?}"));
                }
            }
            durable::sweep(&sim, &store.folder(key)).expect("swept");
            store.put(key, newest + 1, b"next").map_err(|e| format!("{key}: {newest} + 1: {e}"))?;
            if store.list(key).ok().and_then(|seqs| seqs.last().copied()) != Some(newest + 1) {
                return Err(format!("{key}: the next snapshot is not the newest"));
            }
        }
        Ok(())
    }
}

/// Shows what a power cut can leave, before the first of these calls and after each; gives how many images there were.
pub(super) fn each_cut(
    record: &[Op],
    mut look: impl FnMut(usize, &Image) -> Result<(), String>,
) -> Result<usize, String> {
    let mut remains = Remains::new();
    let mut count = 0;
    for now in 0..=record.len() {
        let last = now.checked_sub(1).and_then(|last| record.get(last));
        if let Some(op) = last {
            remains.step(op);
        }
        for kept in choices(remains.open(), now as u64) {
            for image in remains.images(|n| kept >> n & 1 == 1) {
                count += 1;
                look(now, &image).map_err(|why| format!("after {now} calls, {last:?}, with {kept:b} kept: {why}"))?;
            }
        }
    }
    Ok(count)
}

/// Which of the open changes get through: all ways, or some if they are many.
fn choices(open: usize, seed: u64) -> Vec<u64> {
    if open <= ALL_WAYS {
        return (0..1 << open).collect();
    }
    let mut random = Random(seed);
    let each = (0..open.min(63)).flat_map(|n| [1 << n, !(1 << n)]);
    each.chain([0, u64::MAX]).chain((0..40).map(|_| random.next())).collect()
}

/// Bytes that tell which snapshot they are, and are whole only if they equal what was written.
fn content(key: &Key, life: u32, seq: u64) -> Vec<u8> {
    static FILLING: LazyLock<Vec<u8>> = LazyLock::new(|| (0..20_000_u32).map(|i| (i * i % 251) as u8).collect());
    let length = if seq % 5 == 2 { 9000 } else { seq as usize * 177 % 1500 } + life as usize;
    [&life.to_le_bytes(), seq.to_le_bytes().as_slice(), key.to_string().as_bytes(), &FILLING[..length]].concat()
}

/// In which life of the run these bytes were written, if they are the whole snapshot.
pub(super) fn life(key: &Key, seq: u64, bytes: &[u8]) -> Option<u32> {
    let life = u32::from_le_bytes(bytes.get(..4)?.try_into().ok()?);
    (content(key, life, seq) == bytes).then_some(life)
}

/// Splitmix64.
struct Random(u64);

impl Random {
    fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut z = self.0;
        z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        z ^ (z >> 31)
    }

    fn below(&mut self, n: u64) -> u64 {
        self.next() % n
    }
}

fn key() -> Key {
    Key::new("f", "1")
}

fn sound(history: &History) -> usize {
    history.check().unwrap_or_else(|why| panic!("{why}"))
}

#[test]
fn the_first_save_of_a_run() {
    let mut history = History::new(Lie::None);
    history.save(&key());
    assert!(sound(&history) > 50);
}

#[test]
fn saves_with_the_oldest_removed() {
    let mut history = History::new(Lie::None);
    for _ in 0..6 {
        history.save(&key());
    }
    assert!(sound(&history) > 150);
}

#[test]
fn runs_beside_each_other() {
    let mut history = History::new(Lie::None);
    for _ in 0..3 {
        for identity in ["1", "2"] {
            history.save(&Key::new("f", identity));
            history.save(&Key::new("g", identity));
        }
    }
    sound(&history);
}

#[test]
fn child_runs_go_with_the_snapshot_that_they_stand_on() {
    let mut history = History::new(Lie::None);
    for parent in 1..4 {
        history.save(&key());
        history.clear(&key().child(&format!("under-{}", parent - 1)));
        for _ in 0..3 {
            history.save(&key().child(&format!("under-{parent}")).child("0-g-aa"));
        }
    }
    sound(&history);
}

#[test]
fn lives_of_one_run_do_not_mix() {
    let mut history = History::new(Lie::None);
    for saves in [3, 1, 2] {
        for _ in 0..saves {
            history.save(&key());
            history.save(&key().child("under-1"));
        }
        history.clear(&key());
    }
    history.save(&key());
    sound(&history);
}

#[test]
fn a_damaged_one_is_set_aside() {
    let mut history = History::new(Lie::None);
    for _ in 0..3 {
        history.save(&key());
        history.save(&key());
        history.set_aside(&key());
    }
    history.save(&key());
    sound(&history);
}

/// What could not be read is kept under one of its names, whenever the power goes.
#[test]
fn setting_aside_loses_no_bytes() {
    let mut history = History::new(Lie::None);
    history.save(&key());
    let bytes = history.store.get(&key(), 1).expect("written");
    let began = history.sim.now();
    history.set_aside(&key());
    let there = |now: usize, image: &Image| {
        if now < began {
            return Ok(());
        }
        let sim = Sim::after(image);
        let store = Dir::on(Box::new(sim.clone()), Path::new(ROOT));
        let aside = store.folder(&key()).join("00000001.snap.damaged");
        let mut found = store.open(&key(), 1).or_else(|_| sim.open(&aside)).map_err(|e| e.to_string())?;
        let found = crate::store::read(&mut *found, 0, bytes.len()).map_err(|e| e.to_string())?;
        if found == bytes { Ok(()) } else { Err("other bytes".to_owned()) }
    };
    let count = each_cut(&history.sim.record(), there);
    assert!(count.expect("kept") > began);
}

/// The checks above can fail: each sync that is left out is noticed.
#[test]
fn every_sync_is_needed() {
    let folders = ["/", "/far", "/far/above", ROOT, "/far/above/store/f", "/far/above/store/f/1"];
    let lies = folders.map(|folder| Lie::Folder(folder.into()));
    for lie in [Lie::Files].into_iter().chain(lies) {
        let mut history = History::new(lie.clone());
        for _ in 0..3 {
            history.save(&key());
        }
        let why = history.check().expect_err(&format!("{lie:?} is noticed"));
        assert!(why.contains(if lie == Lie::Files { "torn" } else { "durable 1" }), "{lie:?}: {why}");
    }
}

/// A process that was killed may have left folders whose names are not on the disk.
#[test]
fn folders_that_were_there_already_are_synced_too() {
    let mut history = History::new(Lie::None);
    durable::make(&history.sim, &history.store.folder(&key())).expect("made");
    history.save(&key());
    sound(&history);
}

#[test]
fn random_histories() {
    let number = |name: &str| env::var(name).ok().and_then(|text| text.parse::<u64>().ok());
    let rounds = number("RESUME_POWER_ROUNDS").unwrap_or(5);
    let first = number("RESUME_POWER_SEED").unwrap_or(1);
    for seed in first..first + rounds {
        let mut random = Random(seed);
        let mut history = History::new(Lie::None);
        let root = |random: &mut Random| Key::new("f", ["1", "2"][random.below(2) as usize]);
        for _ in 0..8 + random.below(16) {
            let run = root(&mut random);
            let child = run.child(&format!("under-{}", random.below(2))).child("0-g-aa");
            match random.below(20) {
                0 => history.clear(&run),
                1 => history.clear(&run.child(&format!("under-{}", random.below(2)))),
                2 => history.set_aside(&run),
                3..=9 => history.save(&child),
                _ => history.save(&run),
            }
        }
        if let Err(why) = history.check() {
            panic!("RESUME_POWER_SEED={seed} RESUME_POWER_ROUNDS=1: {why}");
        }
    }
}

//! The wait at a due pass, the way to the disk and back, and what is written.

use std::fs;
use std::hint::black_box;
use std::io;

use resume_runtime::{Compression, configure};

use crate::disk::{Disk, Log};
use crate::measure::{Cost, Moment, Table, against, cells, median, thread_time};
use crate::states::{Noise, Particles, Probe, Rows, Scalars, State, Walk, push, save, stop};

const MB: usize = 1_000_000;
/// The passes that find memory and caches cold.
const COLD: u64 = 3;

/// Whether a row of a table is asked for.
fn is_wanted(wanted: &str, table: &str, state: &str) -> bool {
    table.contains(wanted) || state.contains(wanted)
}

/// Seconds of processor time for a copy into memory that is there.
struct Copy {
    from: Vec<u8>,
    to: Vec<u8>,
}

impl Copy {
    fn of(bytes: usize) -> Copy {
        Copy { from: vec![1; bytes], to: vec![0; bytes] }
    }

    fn time(&mut self) -> f64 {
        let start = thread_time();
        black_box(&mut self.to[..]).copy_from_slice(black_box(&self.from));
        (thread_time() - start).as_secs_f64()
    }
}

/// Times each due pass, and a copy of the payload before it, with the writer at rest.
struct Stall<'a> {
    log: &'a Log,
    copy: Copy,
    start: f64,
    copies: Vec<f64>,
    stalls: Vec<f64>,
}

impl Probe for Stall<'_> {
    fn prepare(&mut self, pass: u64) {
        if pass > 0 {
            self.log.wait_for(pass as usize);
        }
        // The writer has had the caches for itself.
        self.copy.time();
        self.copies.push(self.copy.time());
    }

    fn before(&mut self) {
        self.start = thread_time().as_secs_f64();
    }

    fn after(&mut self, _: u64) {
        self.stalls.push(thread_time().as_secs_f64() - self.start);
    }
}

fn stall_row<T: State>(
    table: &Table,
    disk: &Disk,
    wanted: &str,
    (name, bytes): (&str, usize),
    passes: u64,
    aim: Option<f64>,
) {
    if !is_wanted(wanted, "stall", name) {
        return;
    }
    disk.log.clear();
    let mut probe = Stall { log: &disk.log, copy: Copy::of(bytes), start: 0.0, copies: vec![], stalls: vec![] };
    save::<T>(bytes, passes + COLD, true, &mut probe);
    let (copy, stall) = (median(probe.copies.split_off(COLD as usize)), median(probe.stalls.split_off(COLD as usize)));
    let result = match aim {
        Some(aim) => format!("{} x | {aim} x", against(aim, stall / copy)),
        None => format!("{} µs more | 2 µs more", against(2.0, (stall - copy) * 1e6)),
    };
    table.row(&format!("{name} | {:.1} | {:.1} | {result}", copy * 1e6, stall * 1e6));
}

/// What a loop waits at a due pass.
pub(crate) fn stall(disk: &Disk, wanted: &str) {
    let table = Table::new("stall per snapshot | memcpy, µs | stall, µs | against memcpy | aim");
    stall_row::<Scalars>(&table, disk, wanted, ("ten scalars and a ChaCha8", 256), 201, None);
    stall_row::<Noise>(&table, disk, wanted, ("8 MB `Vec<f64>`", 8 * MB), 31, Some(1.3));
    stall_row::<Rows>(&table, disk, wanted, ("map of 1,000 x 1,000 f64", 8 * MB), 31, Some(1.3));
    stall_row::<Particles>(&table, disk, wanted, ("1e6 structs `{[f64; 3], [f64; 3], u32}`", 56 * MB), 7, Some(4.0));
    stall_row::<Noise>(&table, disk, wanted, ("80 MB `Vec<f64>`", 80 * MB), 9, Some(1.3));
}

/// Times each snapshot until it is safe on disk, and a file written by hand before it.
struct Durable<'a> {
    disk: &'a Disk,
    payload: Vec<u8>,
    start: Moment,
    raw: Vec<Cost>,
    saved: Vec<Cost>,
}

impl Probe for Durable<'_> {
    fn prepare(&mut self, _: u64) {
        // Another content each time, as that of the snapshot.
        self.payload.iter_mut().step_by(4096).for_each(|byte| *byte = byte.wrapping_add(1));
        self.raw.push(self.disk.write_durably(&self.payload).expect("a folder that can be written"));
    }

    fn before(&mut self) {
        self.start = Moment::now();
    }

    fn after(&mut self, pass: u64) {
        let end = self.disk.log.wait_for(pass as usize + 1);
        self.saved.push(self.start.until(end));
    }
}

/// A way to store, and how many times a file written by hand it may take.
type Way = (&'static str, Compression, f64);

fn durable_row<T: State>(
    table: &Table,
    disk: &Disk,
    wanted: &str,
    name: &str,
    size: (usize, usize),
    passes: u64,
    ways: &[Way],
) {
    if !is_wanted(wanted, "durable", name) {
        return;
    }
    for (way, compression, aim) in ways {
        configure().compression(*compression);
        disk.log.clear();
        let payload = (0..size.1).map(|at| (at * at % 251) as u8).collect();
        let mut probe = Durable { disk, payload, start: Moment::now(), raw: vec![], saved: vec![] };
        save::<T>(size.0, passes + COLD, true, &mut probe);
        let (raw, saved) = (&probe.raw[COLD as usize..], &probe.saved[COLD as usize..]);
        let stored = disk.log.written().last().map_or(0, |last| last.bytes) as f64 / 1e6;
        table.row(&format!("{name}, {way} | {stored:.3} | {}", cells(*aim, raw, saved)));
    }
    configure().compression(Compression::default());
}

/// How long it takes until a snapshot is safe on disk.
pub(crate) fn durable(disk: &Disk, wanted: &str) {
    let table = Table::new(
        "until it is safe on disk | stored, MB | raw durable write, ms | snapshot, ms | ratio | of processor time | aim",
    );
    let both = [("plain", Compression::None, 1.3), ("compressed", Compression::default(), 2.0)];
    let small = [("against 4 KiB", Compression::default(), 1.1)];
    durable_row::<Scalars>(&table, disk, wanted, "ten scalars and a ChaCha8", (256, 4096), 61, &small);
    durable_row::<Walk>(&table, disk, wanted, "8 MB random walk", (8 * MB, 8 * MB), 15, &both);
    durable_row::<Noise>(&table, disk, wanted, "8 MB random `Vec<f64>`", (8 * MB, 8 * MB), 15, &both);
    durable_row::<Walk>(&table, disk, wanted, "80 MB random walk", (80 * MB, 80 * MB), 7, &both);
    durable_row::<Noise>(&table, disk, wanted, "80 MB random `Vec<f64>`", (80 * MB, 80 * MB), 7, &both);
}

/// What reading is compared with.
#[derive(Clone, Copy)]
enum Base {
    File,
    Copy,
}

fn restore_row<T: State>(
    table: &Table,
    disk: &Disk,
    wanted: &str,
    (name, bytes): (&str, usize),
    rounds: usize,
    base: Base,
    ways: &[Way],
) -> io::Result<()> {
    if !is_wanted(wanted, "restore", name) {
        return Ok(());
    }
    for (way, compression, aim) in ways {
        configure().compression(*compression);
        let mut copy = Copy::of(bytes);
        let file = disk.file(&copy.from)?;
        let (mut bases, mut backs) = (Vec::new(), Vec::new());
        // The first call has nothing to go on from.
        for round in 0..=rounds {
            let start = Moment::now();
            match base {
                Base::File => drop(black_box(fs::read(&file)?)),
                Base::Copy => black_box(&mut copy.to[..]).copy_from_slice(black_box(&copy.from)),
            }
            let took = start.until(Moment::now());
            let start = Moment::now();
            let mut back = took;
            let outcome = stop::<T>(bytes, &mut || back = start.until(Moment::now()));
            assert!(outcome.is_err(), "it leaves its snapshot");
            if round > 0 {
                bases.push(took);
                backs.push(back);
            }
        }
        table.row(&format!("{name}, {way} | {}", cells(*aim, &bases, &backs)));
        forget(disk)?;
    }
    configure().compression(Compression::default());
    Ok(())
}

/// Removes what the runs have left.
fn forget(disk: &Disk) -> io::Result<()> {
    fs::remove_dir_all(disk.store())
}

/// How long it takes until a run is back at its site.
pub(crate) fn restore(disk: &Disk, wanted: &str) -> io::Result<()> {
    let table = Table::new(
        "back at the site, page cache warm | `fs::read` or memcpy, ms | restore, ms | ratio | of processor time | aim",
    );
    let both = [("plain", Compression::None, 2.5), ("compressed", Compression::default(), 4.0)];
    let copies = [("plain, against memcpy", Compression::None, 8.0), ("against memcpy", Compression::default(), 8.0)];
    restore_row::<Walk>(&table, disk, wanted, ("8 MB random walk", 8 * MB), 21, Base::File, &both)?;
    restore_row::<Rows>(&table, disk, wanted, ("map of 1,000 x 1,000 f64", 8 * MB), 21, Base::File, &both)?;
    restore_row::<Walk>(&table, disk, wanted, ("80 MB random walk", 80 * MB), 9, Base::File, &both)?;
    restore_row::<Noise>(&table, disk, wanted, ("80 MB random `Vec<f64>`", 80 * MB), 9, Base::File, &both)?;
    restore_row::<Particles>(&table, disk, wanted, ("1e6 structs", 56 * MB), 9, Base::Copy, &copies)?;
    Ok(())
}

/// Waits for each snapshot, so that none is left out.
struct Patient<'a>(&'a Log);

impl Probe for Patient<'_> {
    fn after(&mut self, pass: u64) {
        self.0.wait_for(pass as usize + 1);
    }
}

/// What is written, in bytes.
pub(crate) fn bytes(disk: &Disk, wanted: &str) {
    if !"bytes".contains(wanted) {
        return;
    }
    let table = Table::new("bytes written | full snapshot, MB | written, MB | ratio | aim");
    for (way, compression) in [("plain", Compression::None), ("compressed", Compression::default())] {
        configure().compression(compression);
        disk.log.clear();
        push(10 * MB, 100, &mut Patient(&disk.log));
        let written: u64 = disk.log.written().iter().map(|entry| entry.bytes).sum();
        disk.log.clear();
        push(10 * MB, 1, &mut Patient(&disk.log));
        let full = disk.log.written()[0].bytes;
        print_bytes(&table, &format!("80 MB filled by pushes, 100 snapshots, {way}"), full, written, 1.3);
        disk.log.clear();
        save::<Walk>(8 * MB, 2, false, &mut Patient(&disk.log));
        let written = disk.log.written();
        print_bytes(&table, &format!("8 MB, unchanged, {way}"), written[0].bytes, written[1].bytes, 0.01);
    }
    configure().compression(Compression::default());
}

fn print_bytes(table: &Table, name: &str, full: u64, written: u64, aim: f64) {
    let (full, written) = (full as f64 / 1e6, written as f64 / 1e6);
    let mark = if written / full > aim { " (over)" } else { "" };
    table.row(&format!("{name} | {full:.2} | {written:.3} | {:.4}{mark} | {aim}", written / full));
}

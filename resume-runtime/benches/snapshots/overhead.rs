//! What `checkpoint!()` costs a whole run: the work of the example `ising` on a lattice of 64 MB.

use std::hint::black_box;
use std::time::Instant;

use resume_runtime::rand_chacha::ChaCha8Rng;
use resume_runtime::rand_chacha::rand_core::{Rng, SeedableRng};
use resume_runtime::{checkpoint, resumable};

use crate::disk::Disk;
use crate::measure::{Table, least, median, process_time};

/// The sides of the lattice.
const SIDE: usize = 8000;
/// Attempts to flip a spin in one pass: a small part of a sweep.
const ATTEMPTS: usize = 100_000;
/// About a minute: a state of this size is first saved after 13 s.
const PASSES: usize = 3_000;
const ROUNDS: usize = 1;

/// A part of a Metropolis sweep.
fn sweep(spins: &mut [i8], rng: &mut ChaCha8Rng) {
    for _ in 0..ATTEMPTS {
        let at = (rng.next_u64() % spins.len() as u64) as usize;
        let (row, column) = (at / SIDE, at % SIDE);
        let spin = |row: usize, column: usize| spins[row % SIDE * SIDE + column % SIDE];
        let around =
            spin(row + 1, column) + spin(row + SIDE - 1, column) + spin(row, column + 1) + spin(row, column + SIDE - 1);
        let cost = 2.0 * f64::from(spins[at] * around);
        if cost <= 0.0 || ((rng.next_u64() >> 11) as f64 / (1u64 << 53) as f64) < (-cost / 2.0).exp() {
            spins[at] = -spins[at];
        }
    }
}

fn plain() -> i64 {
    // What may come out of a snapshot is not known to be so long: a division by it is no multiplication.
    let mut spins = vec![1_i8; black_box(SIDE * SIDE)];
    let mut rng = ChaCha8Rng::seed_from_u64(1);
    for _ in 0..PASSES {
        sweep(&mut spins, &mut rng);
    }
    spins.iter().map(|&spin| i64::from(spin)).sum()
}

/// The same; `due` adds up what passes at the site.
#[resumable]
fn heated(#[transient] at_site: &mut f64) -> i64 {
    #[resume]
    let mut spins = vec![1_i8; SIDE * SIDE];
    #[resume]
    let mut rng = ChaCha8Rng::seed_from_u64(1);
    for _ in 0..PASSES {
        sweep(&mut spins, &mut rng);
        let start = Instant::now();
        checkpoint!();
        *at_site += start.elapsed().as_secs_f64();
    }
    spins.iter().map(|&spin| i64::from(spin)).sum()
}

/// Seconds on the wall, and of all processors, that something takes.
fn time(work: impl FnOnce() -> i64) -> (f64, f64) {
    let (start, began) = (Instant::now(), process_time());
    black_box(work());
    (start.elapsed().as_secs_f64(), (process_time() - began).as_secs_f64())
}

/// Plain and resumable in turn.
pub(crate) fn table(disk: &Disk, wanted: &str) {
    if !"overhead".contains(wanted) {
        return;
    }
    let [mut plains, mut resumables, mut shares, mut used, mut snapshots] = [const { Vec::new() }; 5];
    for _ in 0..ROUNDS {
        let (wall, processors) = time(plain);
        disk.log.clear();
        let mut at_site = 0.0;
        let (wall_too, processors_too) = time(|| heated(&mut at_site));
        snapshots.push(disk.log.written().len() as f64);
        plains.push(wall);
        resumables.push(wall_too);
        shares.push(100.0 * at_site / wall_too);
        used.push(100.0 * (processors_too / processors - 1.0));
    }
    let (best, best_too) = (least(&plains), least(&resumables));
    let (wall, wall_too) = (median(plains), median(resumables));
    let table = Table::new("overhead of `checkpoint!()`, 64 MB | ");
    table.row(&format!("snapshots in a run | {:.0}", median(snapshots)));
    table.row(&format!("plain, s | {wall:.3} ({best:.3})"));
    table.row(&format!("resumable, s | {wall_too:.3} ({best_too:.3})"));
    let (more, more_at_best) = (percent(wall, wall_too), percent(best, best_too));
    table.row(&format!("more time on the wall; aim: 1 % | {more:.2} % ({more_at_best:.2} %)"));
    table.row(&format!("share of the time spent at the site; aim: 1 % | {:.2} %", median(shares)));
    table.row(&format!("more processor time, all threads | {:.2} %", median(used)));
}

fn percent(before: f64, after: f64) -> f64 {
    100.0 * (after / before - 1.0)
}

//! What the fixtures of the format were written by: `fixtures <mode> [<pass>]` prints the result of a run, or interrupts it
//! at that pass of its process.
//!
//! The functions here never change: the snapshots in `tests/fixtures` are theirs. What is to be added is a new mode.

use std::collections::BTreeMap;
use std::sync::atomic::{AtomicU64, Ordering};

use resume_runtime::rand_chacha::ChaCha8Rng;
use resume_runtime::rand_chacha::rand_core::{Rng, SeedableRng};
use resume_runtime::{checkpoint, resumable};
use serde::{Deserialize, Serialize};

fn main() {
    let mut arguments = std::env::args().skip(1);
    let mode = arguments.next().unwrap_or_default();
    STOP.store(arguments.next().and_then(|text| text.parse().ok()).unwrap_or(u64::MAX), Ordering::Relaxed);
    match mode.as_str() {
        "kinds" => println!("{}", kinds(7)),
        "records" => println!("{:?}", records(50)),
        "arrays" => println!("{:?}", arrays(1200)),
        "pair" => println!("{:?}", pair(60_000)),
        "child" => println!("{:?}", outer(6)),
        "memo" => {
            let mut seen = vec![1];
            println!("{} {seen:?} {}", memo(9, &mut seen), PASSES.load(Ordering::Relaxed));
        }
        "kept" => println!("{:?}", kept(3)),
        "random" => println!("{:?}", random(12)),
        _ => eprintln!("unknown mode {mode:?}"),
    }
}

static STOP: AtomicU64 = AtomicU64::new(u64::MAX);
static PASSES: AtomicU64 = AtomicU64::new(0);

/// Counts a pass of this process.
fn tick() {
    if PASSES.fetch_add(1, Ordering::Relaxed) + 1 == STOP.load(Ordering::Relaxed) {
        resume_runtime::interrupt();
    }
}

#[derive(Clone, Serialize, Deserialize, Debug)]
enum Shape {
    Empty,
    Named(String),
    Pair(u8, i64),
    Parts { width: f32, label: Option<char> },
}

/// Values of each kind that serde has.
#[resumable]
fn kinds(seed: u64) -> String {
    #[resume]
    let mut shapes = vec![Shape::Empty, Shape::Named("λ and \"quotes\"".to_owned())];
    #[resume]
    let mut wide = u128::MAX / 3;
    #[resume]
    let mut negative = i128::MIN;
    #[resume]
    let mut nested = Some(Some(()));
    #[resume]
    let mut map = BTreeMap::from([("a".to_owned(), vec![f64::NAN, -0.0]), (String::new(), Vec::new())]);
    #[resume]
    let mut tuple = (true, 'ß', [1u16, 2, 3], f32::INFINITY);
    for k in 0..8 {
        shapes.push(Shape::Pair(k as u8, -(seed as i64) << k));
        shapes.push(Shape::Parts { width: 0.1 * k as f32, label: char::from_digit(k, 10).filter(|_| k % 2 == 0) });
        wide = wide.rotate_left(7) ^ u128::from(k);
        negative = negative.wrapping_add(1 << (10 * k));
        nested = if k % 3 == 0 { Some(None) } else { nested };
        map.insert(format!("key {k}"), vec![f64::from(k) / 3.0; k as usize]);
        tuple.2[k as usize % 3] += 1000;
        tick();
        checkpoint!(every = 3);
    }
    let bits: Vec<u64> = map.values().flatten().map(|x| x.to_bits()).collect();
    format!("{shapes:?} {wide} {negative} {nested:?} {bits:?} {tuple:?}")
}

#[derive(Clone, Serialize, Deserialize, Debug)]
struct Particle {
    position: [f64; 3],
    id: u32,
    alive: bool,
}

/// A sequence that is stored by column.
#[resumable]
fn records(count: u32) -> Vec<Particle> {
    #[resume]
    let mut particles: Vec<Particle> =
        (0..count).map(|id| Particle { position: [f64::from(id); 3], id, alive: true }).collect();
    for step in 0..6 {
        for particle in &mut particles {
            particle.position[step % 3] *= 1.5;
            particle.alive = !(particle.id as usize).is_multiple_of(step + 2);
        }
        tick();
        checkpoint!(every = 2);
    }
    particles
}

/// Numbers of several widths, long enough for blocks of their own.
#[resumable]
fn arrays(count: u32) -> (u64, f64, i64, u64) {
    #[resume]
    let mut bytes: Vec<u8> = (0..count * 5).map(|n| (n / 50) as u8).collect();
    #[resume]
    let mut floats: Vec<f64> = (0..count).map(|n| f64::from(n) * 0.25).collect();
    #[resume]
    let mut integers: Vec<i32> = (0..count as i32).map(|n| n * n - 7).collect();
    #[resume]
    let mut short: Vec<u16> = (0..count as u16 * 2).collect();
    for k in 0..6usize {
        bytes[k] ^= 0x55;
        floats[k * 100] -= 1e9;
        integers.swap(k, 500 + k);
        short[k * 7] = 9;
        tick();
        checkpoint!(every = 4);
    }
    let sum = |values: &mut dyn Iterator<Item = u64>| values.fold(0u64, |sum, n| sum.rotate_left(5).wrapping_add(n));
    (
        sum(&mut bytes.iter().map(|n| u64::from(*n))),
        floats.iter().sum(),
        integers.iter().enumerate().map(|(n, i)| n as i64 * i64::from(*i)).sum(),
        sum(&mut short.iter().map(|n| u64::from(*n))),
    )
}

/// A long vector of which a little changes: a later snapshot refers to the file of an earlier one.
#[resumable]
fn pair(count: u32) -> (u64, usize) {
    #[resume]
    let mut long: Vec<u32> = (0..count).map(|n| n / 1000).collect();
    for k in 0..6 {
        long.extend([k; 1000]);
        tick();
        checkpoint!(every = 2);
    }
    (long.iter().enumerate().map(|(n, k)| n as u64 * u64::from(*k)).sum(), long.len())
}

/// A run with child runs, which draw from its generator.
#[resumable]
fn outer(size: u64) -> (u64, Vec<u64>) {
    #[resume]
    let mut results = Vec::new();
    #[resume]
    let mut sum = 1u64;
    for k in 0..size {
        sum ^= inner(k, 5, &mut results);
        tick();
        checkpoint!(every = 2);
    }
    (sum, results)
}

#[resumable]
fn inner(start: u64, steps: u64, #[resume] results: &mut Vec<u64>) -> u64 {
    #[resume]
    let mut position = start;
    for _ in 0..steps {
        position = position.wrapping_mul(5).wrapping_add(resume_runtime::rng().next_u64() % 1000);
        results.push(position);
        tick();
        checkpoint!(every = 2);
    }
    position
}

#[resumable(on_return = memoize)]
fn memo(number: u64, #[resume] seen: &mut Vec<u64>) -> u64 {
    #[resume]
    let mut sum = 0;
    for k in 0..number {
        seen.push(k);
        sum += k * k;
        tick();
        checkpoint!(every = 4);
    }
    sum
}

/// Each call goes on from where the one before ended.
#[resumable(on_return = keep)]
fn kept(#[transient] more: usize) -> Vec<u64> {
    #[resume]
    let mut squares: Vec<u64> = Vec::new();
    #[transient]
    let goal = squares.len() + more;
    while squares.len() < goal {
        squares.push((squares.len() as u64).pow(2));
        checkpoint!(every = 1);
    }
    squares
}

/// All generators that a run can have.
#[resumable(seed = 11)]
fn random(size: u64) -> Vec<u64> {
    #[resume]
    let mut own = ChaCha8Rng::seed_from_u64(size);
    #[resume]
    let mut drawn = Vec::new();
    for _ in 0..size {
        drawn.push(own.next_u64());
        drawn.push(resume_runtime::rng().next_u64());
        drawn.push(resume_runtime::rng_stream("second").next_u64());
        tick();
        checkpoint!(every = 5);
    }
    drawn
}

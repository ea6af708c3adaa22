//! What is captured.

use crate::measure::{Times, times};
use rand_chacha::ChaCha8Rng;
use rand_chacha::rand_core::{Rng, SeedableRng};
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;

/// A name, and how to measure it.
type State = (&'static str, fn() -> Times);

/// All states.
pub(crate) const ALL: [State; 10] = [
    ("8 MB `Vec<f64>`", || numbers(1_000_000, 31)),
    ("80 MB `Vec<f64>`", || numbers(10_000_000, 9)),
    ("map of 1,000 x 1,000 f64", map),
    ("1e6 structs `{[f64; 3], [f64; 3], u32}`", structs),
    ("1e6 `[f64; 3]`", vectors),
    ("1e6 `(u32, f64)`", pairs),
    ("1e6 structs with a string", named),
    ("1e6 u64 counters", counters),
    ("1e5 strings", strings),
    ("ten scalars and a ChaCha8", scalars),
];

#[derive(Serialize, Deserialize, PartialEq, Clone, Debug)]
struct Particle {
    pos: [f64; 3],
    vel: [f64; 3],
    id: u32,
}

#[derive(Serialize, Deserialize, PartialEq, Clone, Debug)]
struct Named {
    name: String,
    value: f64,
}

#[derive(Serialize, Deserialize, PartialEq, Debug)]
struct Scalars {
    epoch: usize,
    accepted: u64,
    energy: f64,
    magnetisation: f64,
    temperature: f32,
    seed: u64,
    sweep: i32,
    done: bool,
    best: Option<f64>,
    last: (u32, u32),
    rng: ChaCha8Rng,
}

fn rng() -> ChaCha8Rng {
    ChaCha8Rng::seed_from_u64(1)
}

fn unit(rng: &mut ChaCha8Rng) -> f64 {
    (rng.next_u64() >> 11) as f64 / (1u64 << 53) as f64
}

fn numbers(length: usize, rounds: usize) -> Times {
    let mut rng = rng();
    let state: Vec<f64> = (0..length).map(|_| unit(&mut rng)).collect();
    times(&state, length * 8, rounds, 1)
}

fn map() -> Times {
    let mut rng = rng();
    let row = |rng: &mut ChaCha8Rng| (0..1000).map(|_| unit(rng)).collect();
    let state: BTreeMap<u64, Vec<f64>> = (0..1000).map(|key| (key, row(&mut rng))).collect();
    times(&state, 8_000_000, 31, 1)
}

fn structs() -> Times {
    let mut rng = rng();
    let vector = |rng: &mut ChaCha8Rng| [(); 3].map(|()| unit(rng));
    let state: Vec<Particle> =
        (0..1_000_000).map(|id| Particle { pos: vector(&mut rng), vel: vector(&mut rng), id }).collect();
    times(&state, size_of_val(state.as_slice()), 9, 1)
}

fn vectors() -> Times {
    let mut rng = rng();
    let state: Vec<[f64; 3]> = (0..1_000_000).map(|_| [(); 3].map(|()| unit(&mut rng))).collect();
    times(&state, size_of_val(state.as_slice()), 15, 1)
}

fn pairs() -> Times {
    let mut rng = rng();
    let state: Vec<(u32, f64)> = (0..1_000_000).map(|_| (rng.next_u32(), unit(&mut rng))).collect();
    times(&state, size_of_val(state.as_slice()), 15, 1)
}

fn named() -> Times {
    let state: Vec<Named> =
        (0..1_000_000).map(|at| Named { name: format!("name of {at}"), value: f64::from(at) }).collect();
    times(&state, size_of_val(state.as_slice()) + 13_000_000, 5, 1)
}

fn counters() -> Times {
    let mut rng = rng();
    let state: Vec<u64> = (0..1_000_000).map(|_| u64::from(rng.next_u32() % 1000)).collect();
    times(&state, 8_000_000, 31, 1)
}

fn strings() -> Times {
    let state: Vec<String> = (0..100_000).map(|at| format!("{at} {}", "text ".repeat(at % 20))).collect();
    let payload = state.iter().map(|text| text.len() + size_of::<String>()).sum();
    times(&state, payload, 15, 1)
}

fn scalars() -> Times {
    let mut rng = rng();
    rng.next_u32();
    let state = Scalars {
        epoch: 1_000_000,
        accepted: 123_456,
        energy: -1.75,
        magnetisation: 0.25,
        temperature: 2.26,
        seed: u64::MAX,
        sweep: -3,
        done: false,
        best: Some(0.5),
        last: (7, 9),
        rng,
    };
    times(&state, size_of::<Scalars>(), 31, 1000)
}

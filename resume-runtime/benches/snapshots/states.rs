//! What is captured, and the resumable functions that capture it.

use std::collections::BTreeMap;
use std::hint::black_box;
use std::io;

use resume_runtime::rand_chacha::ChaCha8Rng;
use resume_runtime::rand_chacha::rand_core::{Rng, SeedableRng};
use resume_runtime::{checkpoint, resumable};
use serde::de::DeserializeOwned;
use serde::{Deserialize, Serialize};

/// Something to be captured.
pub(crate) trait State: Serialize + DeserializeOwned {
    /// One of about so many bytes.
    fn make(bytes: usize) -> Self;
    /// Changes some number of every block.
    fn touch(&mut self);
    /// Reads all of it, as a loop does that works on it.
    fn read(&self) -> f64;
}

/// Numbers of a walk: sign, exponent and the first bits come again and again.
#[derive(Serialize, Deserialize)]
#[serde(transparent)]
pub(crate) struct Walk(Vec<f64>);

/// Random numbers from 0 to 1: hardly anything to compress.
#[derive(Serialize, Deserialize)]
#[serde(transparent)]
pub(crate) struct Noise(Vec<f64>);

/// 1,000 numbers under each key.
#[derive(Serialize, Deserialize)]
#[serde(transparent)]
pub(crate) struct Rows(BTreeMap<u64, Vec<f64>>);

pub(crate) type Particles = Vec<Particle>;

#[derive(Serialize, Deserialize)]
pub(crate) struct Particle {
    pos: [f64; 3],
    vel: [f64; 3],
    id: u32,
}

/// Ten scalars and a generator.
#[derive(Serialize, Deserialize)]
pub(crate) struct Scalars {
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

/// In which distance numbers are changed: less than a block.
const STEP: usize = 1000;

fn rng() -> ChaCha8Rng {
    ChaCha8Rng::seed_from_u64(1)
}

fn unit(rng: &mut ChaCha8Rng) -> f64 {
    (rng.next_u64() >> 11) as f64 / (1u64 << 53) as f64
}

fn touch(numbers: &mut [f64]) {
    numbers.iter_mut().step_by(STEP).for_each(|number| *number += 0.001);
}

impl State for Walk {
    fn make(bytes: usize) -> Walk {
        let (mut rng, mut x) = (rng(), 0.0);
        Walk((0..bytes / 8).map(|_| (x += unit(&mut rng) - 0.5, x).1).collect())
    }

    fn touch(&mut self) {
        touch(&mut self.0);
    }

    fn read(&self) -> f64 {
        self.0.iter().sum()
    }
}

impl State for Noise {
    fn make(bytes: usize) -> Noise {
        let mut rng = rng();
        Noise((0..bytes / 8).map(|_| unit(&mut rng)).collect())
    }

    fn touch(&mut self) {
        touch(&mut self.0);
    }

    fn read(&self) -> f64 {
        self.0.iter().sum()
    }
}

impl State for Rows {
    fn make(bytes: usize) -> Rows {
        let mut rng = rng();
        let row = |rng: &mut ChaCha8Rng| (0..1000).map(|_| unit(rng)).collect();
        Rows((0..bytes as u64 / 8000).map(|key| (key, row(&mut rng))).collect())
    }

    fn touch(&mut self) {
        self.0.values_mut().for_each(|row| touch(row));
    }

    fn read(&self) -> f64 {
        self.0.values().flatten().sum()
    }
}

impl State for Particles {
    fn make(bytes: usize) -> Particles {
        let mut rng = rng();
        let vector = |rng: &mut ChaCha8Rng| [(); 3].map(|()| unit(rng));
        let particle = |id| Particle { pos: vector(&mut rng), vel: vector(&mut rng), id };
        (0..bytes as u32 / 56).map(particle).collect()
    }

    fn touch(&mut self) {
        for particle in self.iter_mut().step_by(STEP) {
            particle.pos[0] += 0.001;
            particle.vel[0] += 0.001;
            particle.id ^= 1;
        }
    }

    fn read(&self) -> f64 {
        self.iter().map(|particle| particle.pos[0] + particle.vel[0] + f64::from(particle.id)).sum()
    }
}

impl State for Scalars {
    fn make(_: usize) -> Scalars {
        let mut rng = rng();
        rng.next_u32();
        Scalars {
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
        }
    }

    fn touch(&mut self) {
        self.energy += 0.001;
    }

    fn read(&self) -> f64 {
        self.energy
    }
}

/// Looks at each pass from both sides.
pub(crate) trait Probe {
    /// Some time before.
    fn prepare(&mut self, _pass: u64) {}
    /// Just before.
    fn before(&mut self) {}
    /// Just after.
    fn after(&mut self, pass: u64);
}

/// Saves a state of `bytes` at each of its passes; with `changing`, no block of it is there from the snapshot before.
#[resumable]
pub(crate) fn save<T: State>(
    bytes: usize,
    #[transient] passes: u64,
    #[transient] changing: bool,
    #[transient] probe: &mut dyn Probe,
) -> usize {
    #[resume]
    let mut state = T::make(bytes);
    for pass in 0..passes {
        if changing {
            state.touch();
        }
        probe.prepare(pass);
        black_box(state.read());
        probe.before();
        checkpoint!(every = 1);
        probe.after(pass);
    }
    size_of_val(&state)
}

/// Leaves a snapshot behind at the first call; from then on, goes back to it and tells when it is there.
#[resumable]
pub(crate) fn stop<T: State>(bytes: usize, #[transient] arrived: &mut dyn FnMut()) -> io::Result<usize> {
    #[resume]
    let state = T::make(bytes);
    for _ in 0..2 {
        checkpoint!(every = 1);
        arrived();
        Err(io::Error::other("as far as this one goes"))?;
    }
    Ok(size_of_val(&state))
}

/// Saves a vector that grows by as many numbers from each pass to the next.
#[resumable]
pub(crate) fn push(numbers: usize, passes: usize, #[transient] probe: &mut dyn Probe) -> usize {
    #[resume]
    let mut rng = rng();
    #[resume]
    let mut walk: Vec<f64> = Vec::new();
    for pass in 0..passes as u64 {
        for _ in 0..numbers / passes {
            walk.push(walk.last().copied().unwrap_or_default() + unit(&mut rng) - 0.5);
        }
        checkpoint!(every = 1);
        probe.after(pass);
    }
    walk.len()
}

//! Kinds of state, as the bytes that snapshots have of them.

use rand_chacha::ChaCha8Rng;
use rand_chacha::rand_core::{Rng, SeedableRng};

/// Bytes of each kind.
const SIZE: usize = 4 << 20;

/// One kind of state.
pub(crate) struct Kind {
    pub(crate) name: &'static str,
    /// Width of most of its numbers.
    pub(crate) width: u8,
    pub(crate) bytes: Vec<u8>,
}

/// All of them, the same ones each time.
pub(crate) fn all() -> Vec<Kind> {
    let mut draw = Draw(ChaCha8Rng::seed_from_u64(3));
    let vector: Vec<f64> = (0..1000).map(|_| draw.uniform()).collect();
    let text = draw.text(SIZE);
    let compressed = zstd::bulk::compress(&draw.text(4 * SIZE), 3).expect("text compresses");
    let of = |name, width, bytes: Vec<u8>| Kind { name, width, bytes: bytes.into_iter().take(SIZE).collect() };
    vec![
        of("f64, uniform in 0..1", 8, floats(|_| draw.uniform())),
        of("f64, normal", 8, floats(|_| draw.normal())),
        of("f64, random walk", 8, floats(draw.walk(f64::INFINITY))),
        of("f64, random walk in steps of 1/256", 8, floats(draw.walk(256.0))),
        of("f64, ten values", 8, floats(|_| draw.below(10) as f64 * 0.1)),
        of("f64, one vector of 1,000 again and again", 8, floats(|i| vector[i % vector.len()])),
        of("f32, uniform in 0..1", 4, numbers(4, |_| (draw.uniform() as f32).to_le_bytes())),
        of("u64, counters below 1,000", 8, numbers(8, |_| draw.below(1000).to_le_bytes())),
        of("u64, 0, 1, 2, …", 8, numbers(8, |i| (i as u64).to_le_bytes())),
        of("u64, random bits", 8, numbers(8, |_| draw.0.next_u64().to_le_bytes())),
        of("i16, sine with noise", 2, numbers(2, |i| draw.wave(i).to_le_bytes())),
        of("structs `{[f64; 3], [f64; 3], u32}` by column", 8, draw.structs()),
        of("map of 1,000 f64 random walks", 8, draw.map_of_vectors()),
        of("text", 1, text),
        of("compressed bytes", 1, compressed),
        of("Ising lattice, i8", 1, draw.lattice()),
    ]
}

fn numbers<const W: usize>(width: usize, mut number: impl FnMut(usize) -> [u8; W]) -> Vec<u8> {
    (0..SIZE / width).flat_map(&mut number).collect()
}

fn floats(mut number: impl FnMut(usize) -> f64) -> Vec<u8> {
    numbers(8, |i| number(i).to_le_bytes())
}

struct Draw(ChaCha8Rng);

impl Draw {
    fn below(&mut self, end: u64) -> u64 {
        self.0.next_u64() % end
    }

    fn uniform(&mut self) -> f64 {
        (self.0.next_u64() >> 11) as f64 / (1u64 << 53) as f64
    }

    fn normal(&mut self) -> f64 {
        let radius = (-2.0 * (1.0 - self.uniform()).ln()).sqrt();
        radius * (std::f64::consts::TAU * self.uniform()).cos()
    }

    /// Steps are rounded to multiples of `1 / grid`, if that is finite.
    fn walk(&mut self, grid: f64) -> impl FnMut(usize) -> f64 + use<'_> {
        let mut x = 0.0;
        move |_| {
            let step = self.normal();
            x += if grid.is_finite() { (step * grid).round() / grid } else { step };
            x
        }
    }

    fn wave(&mut self, i: usize) -> i16 {
        ((i as f64 / 500.0).sin() * 8000.0 + self.normal() * 30.0) as i16
    }

    /// Column after column, as a table of particles is stored.
    fn structs(&mut self) -> Vec<u8> {
        let count = SIZE / 52;
        let places: Vec<f64> = (0..3 * count).map(|_| self.uniform() * 100.0).collect();
        let speeds: Vec<f64> = (0..3 * count).map(|_| self.normal()).collect();
        let species = (0..count).flat_map(|_| (self.below(8) as u32).to_le_bytes());
        places.iter().chain(&speeds).flat_map(|x| x.to_le_bytes()).chain(species).collect()
    }

    /// Keys and heads between the numbers change the phase of the arrays.
    fn map_of_vectors(&mut self) -> Vec<u8> {
        let mut bytes = Vec::new();
        let mut vector = 0;
        while bytes.len() < SIZE {
            bytes.extend_from_slice(format!("vector {vector}").as_bytes());
            vector += 1;
            bytes.extend_from_slice(&[0xD8, 0x56, 0x59, 0x1F, 0x40]);
            let mut walk = self.walk(f64::INFINITY);
            bytes.extend((0..1000).flat_map(|i| walk(i).to_le_bytes()));
        }
        bytes
    }

    /// Words of a vocabulary, short and early ones more often.
    fn text(&mut self, size: usize) -> Vec<u8> {
        let mut rare = |end: usize| (self.uniform() * self.uniform() * self.uniform() * end as f64) as usize;
        let words: Vec<Vec<u8>> =
            (0..4000).map(|_| (0..2 + rare(30)).map(|_| b'a' + rare(26) as u8).collect()).collect();
        let mut text = Vec::new();
        while text.len() < size {
            text.extend_from_slice(&words[rare(words.len())]);
            text.push(b' ');
        }
        text
    }

    /// A few sweeps below the critical temperature: domains with noise.
    fn lattice(&mut self) -> Vec<u8> {
        const SIDE: usize = 2048;
        let mut spins: Vec<i8> = (0..SIZE).map(|_| if self.below(2) == 0 { 1 } else { -1 }).collect();
        for at in (0..6).flat_map(|_| 0..SIZE) {
            let neighbour = |distance: usize| spins[(at + distance) % SIZE];
            let field = neighbour(1) + neighbour(SIZE - 1) + neighbour(SIDE) + neighbour(SIZE - SIDE);
            let cost = f64::from(2 * field * spins[at]);
            if cost <= 0.0 || self.uniform() < (-0.6 * cost).exp() {
                spins[at] = -spins[at];
            }
        }
        spins.into_iter().map(|spin| spin as u8).collect()
    }
}

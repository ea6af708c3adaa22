//! What the loops do at each pass.

#![allow(clippy::needless_range_loop, reason = "a loop over a range is one of the forms to measure")]

use std::f64::consts::TAU;
use std::rc::Rc;

use rand_xoshiro::Xoshiro256PlusPlus;
use resume_runtime::rand_chacha::ChaCha8Rng;
use resume_runtime::rand_chacha::rand_core::{Rng, SeedableRng};

use crate::measure::Pair;

/// The length of the slice that nested loops go over again and again.
const ROW: usize = 3_072;

/// All pairs of all bodies.
pub(crate) fn all() -> Vec<Pair> {
    let bodies = [xoshiro::pairs, dot::pairs, sum::pairs, push::pairs, xorshift::pairs];
    bodies.iter().flat_map(|pairs| pairs()).collect()
}

loops! {
    xoshiro, "xoshiro + adds", 1 << 20 => f64;
    data |_index| -> u64 { 0 }
    locals {
        rng = Xoshiro256PlusPlus::seed_from_u64(1);
        x = 0.0;
        acc = 0.0;
    }
    before |value| { x += uniform(rng.next_u64() ^ value) - 0.5; }
    after { acc += x; }
    result acc
}

loops! {
    dot, "f64 dot product", 1 << 21 => f64;
    data |index| -> f64 { index as f64 }
    locals { s = 0.0; }
    before |value| { let square = value * value; }
    after { s += square; }
    result s
}

loops! {
    sum, "vectorised u64 sum", 1 << 22 => u64;
    data |index| -> u64 { index as u64 }
    locals { s = 0_u64; }
    before |value| { let term = value; }
    after { s = s.wrapping_add(term); }
    result s
}

loops! {
    push, "`Vec::push` of a ChaCha normal", 1 << 17 => Vec<f64>;
    data |_index| -> f64 { 0.0 }
    locals {
        rng = ChaCha8Rng::seed_from_u64(1);
        positions = Vec::new();
        x = 0.0;
    }
    before |value| { x += value + normal(&mut rng); }
    after { positions.push(x); }
    result positions
}

loops! {
    xorshift, "xorshift", 1 << 20 => u64;
    data |index| -> u64 { index as u64 }
    locals {
        state = 0x9e37_79b9_7f4a_7c15_u64;
        acc = 0_u64;
    }
    before |value| {
        state ^= state << 13;
        state ^= (state >> 7) ^ value;
    }
    after {
        state ^= state << 17;
        acc = acc.wrapping_add(state);
    }
    result acc
}

/// One standard normal number, by Box and Muller's method.
#[inline]
pub(crate) fn normal(rng: &mut impl Rng) -> f64 {
    let radius = (-2.0 * (1.0 - uniform(rng.next_u64())).ln()).sqrt();
    radius * (TAU * uniform(rng.next_u64())).cos()
}

/// Random bits as a number from 0 up to, but not including, 1.
#[inline]
pub(crate) fn uniform(bits: u64) -> f64 {
    (bits >> 11) as f64 * (1.0 / (1_u64 << 53) as f64)
}

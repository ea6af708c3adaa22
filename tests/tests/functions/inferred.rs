//! Captured locals whose types are known only by what is done with them later: as in plain Rust, nobody has to name them.

// `x = x + 1` leaves open what `x` is, `x += 1` does not.
#![allow(clippy::assign_op_pattern, clippy::type_complexity)]

use resume_runtime::testing::cut_everywhere;
use resume_runtime::{checkpoint, resumable};
use std::collections::BTreeMap;

#[resumable]
fn calls(n: u32, text: &str) -> (u32, u64, u64, u16) {
    #[resume]
    let mut sum = Default::default();
    #[resume]
    let mut parsed = text.parse().unwrap();
    #[resume]
    let mut wide = n.into();
    #[resume]
    let product = (1..n as u8).map(u16::from).product();
    for i in 0..n {
        sum += i;
        checkpoint!();
        parsed = std::cmp::max(parsed, u64::from(i));
        wide = wide + 7_u64;
    }
    (sum, parsed, wide, product)
}

#[resumable]
fn containers(n: u32) -> (Option<u32>, Vec<u32>, Option<String>, BTreeMap<u32, Vec<u32>>, [u32; 40]) {
    #[resume]
    let mut best = None;
    #[resume]
    let mut pair = (vec![], None);
    #[resume]
    let mut map = BTreeMap::new();
    #[resume]
    let mut array = [0; 40];
    #[resume]
    let step = Default::default();
    #[resume]
    let doubled: Result<_, String> = Ok((0..n).map(|i| i * 2).collect());
    for i in 0..n {
        checkpoint!();
        best = best.max(Some(i));
        pair.0.push(i);
        pair.1 = Some(i.to_string());
        map.insert(i, pair.0.clone());
        array[i as usize] = step;
        array[39] += i;
    }
    let last: Vec<u32> = doubled.unwrap_or_default();
    map.insert(n, last);
    (best, pair.0, pair.1, map, array)
}

#[resumable]
fn branches(n: u32) -> Result<u32, Box<dyn std::error::Error>> {
    #[resume]
    let mut queue = if n > 3 { vec![] } else { Vec::with_capacity(3) };
    #[resume]
    let mut result = Ok(3);
    for i in 0..n {
        checkpoint!();
        queue.push(i);
        if i == 2 {
            result = Err(format!("{i}"));
        }
    }
    Ok(result.unwrap_or(queue.into_iter().sum()))
}

/// Gives what is asked for.
#[derive(serde::Serialize)]
struct Source(u8);

impl Source {
    fn give<T: From<u8>>(&self) -> T {
        T::from(self.0)
    }

    fn pair<A: From<u8>, B: From<u8>>(&self) -> (A, B) {
        (self.give(), self.give())
    }
}

fn step(x: f64) -> f64 {
    x * 1.5 + 1.0
}

#[resumable]
fn asked_for(n: u32, source: &Source) -> (f64, f64, f64, u64, Option<u32>, Vec<u8>) {
    #[resume]
    let mut given = source.give();
    #[resume]
    let mut stack = Vec::new();
    stack.push(source.give());
    #[resume]
    let mut top = stack.pop().unwrap();
    #[resume]
    let Some(mut inner) = Some(source.give()) else { return Default::default() };
    #[resume]
    let (mut left, mut right) = source.pair();
    #[resume]
    let mut cache = None;
    #[resume]
    let mut before = cache.take();
    #[resume]
    let mut bytes = Vec::new();
    #[resume]
    let (mut rest, mut copy) = (bytes.split_off(0), source.give());
    for i in 0..n {
        checkpoint!();
        given = step(given);
        top = step(top) + given;
        inner = step(inner);
        left = step(left);
        right = u64::from(i).max(right);
        before = cache.replace(i);
        copy = step(copy);
        rest.push(3);
        bytes.push(4);
    }
    stack.push(copy);
    rest.append(&mut bytes);
    (given + top, inner, left + stack[0], right, before, rest)
}

#[test]
fn types_are_inferred_from_later_code() {
    assert_eq!(calls(4, "2"), (6, 3, 32, 6));
    cut_everywhere(|| calls(4, "2"));
    cut_everywhere(|| containers(3));
    cut_everywhere(|| asked_for(3, &Source(2)));
    cut_everywhere(|| (branches(2).ok(), branches(5).ok()));
}

/// The numbers of a range are of the type that the body needs, whatever the iterator around it does with them.
#[resumable]
fn numbers(n: u64) -> (u64, i128) {
    #[resume]
    let (mut sum, mut wide) = (n, 0_i128);
    for (i, x) in (0..10).enumerate() {
        sum = sum * 3 + x + i as u64;
        checkpoint!(every = 1);
    }
    for x in (0..10).skip(2).take(5) {
        sum += x;
        checkpoint!(every = 1);
    }
    for x in (0..=10).rev().take(3) {
        sum ^= x;
        checkpoint!(every = 1);
    }
    for x in (0..10).rev() {
        wide = wide * 3 + x;
        checkpoint!(every = 1);
    }
    for x in [1, 2, 3].iter().copied().enumerate().map(|(i, x)| x + i as u64) {
        sum ^= x;
        checkpoint!(every = 1);
    }
    (sum, wide)
}

#[test]
fn numbers_of_ranges() {
    let mut sum = (0..10).fold(1, |sum, x| sum * 3 + 2 * x);
    sum += (2..7).sum::<u64>();
    sum = [10, 9, 8, 1, 3, 5].iter().fold(sum, |sum, x| sum ^ x);
    assert_eq!(numbers(1), (sum, (0..10).rev().fold(0, |wide, x| wide * 3 + x)));
    cut_everywhere(|| numbers(1));
}

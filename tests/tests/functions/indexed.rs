//! Loops whose number is an index: they go as far as the range says, however long the lists are, and a list that is too short
//! is found out where it is in plain Rust.

use resume_runtime::testing::cut_everywhere;
use resume_runtime::{checkpoint, configure, resumable, store::Memory};
use resume_tests::passes::{Passes, check, saves};
use std::collections::VecDeque;
use std::ops::Index;

fn list(length: u64) -> Vec<u64> {
    (0..length).map(|k| k.wrapping_mul(0x9e37_79b9_7f4a_7c15)).collect()
}

#[resumable]
fn guarded(list: &[u64], first: usize, end: usize) -> Passes {
    #[resume]
    let mut passes = Passes(0);
    #[resume]
    let mut sum = 0_u64;
    for i in first..end {
        if i < list.len() {
            sum ^= list[i];
        }
        passes.0 += 1;
        checkpoint!(every = 4);
    }
    assert_eq!(sum, list.iter().take(end).skip(first).fold(0, |sum, x| sum ^ x));
    passes
}

#[resumable]
fn guarded_in_the_middle(list: &[u64], first: usize, end: usize) -> Passes {
    #[resume]
    let mut passes = Passes(0);
    #[resume]
    let mut sum = 0_u64;
    for i in first..end {
        if i < list.len() {
            sum ^= list[i];
        }
        passes.0 += 1;
        checkpoint!(every = 4);
        sum = sum.rotate_left(1);
    }
    let item = |i: usize| list.get(i).copied().unwrap_or_default();
    assert_eq!(sum, (first..end).fold(0, |sum, i| (sum ^ item(i)).rotate_left(1)));
    passes
}

#[test]
fn the_range_says_how_far_a_loop_goes() {
    for length in [0, 3, 9, 20, 40] {
        check(4, || guarded(&list(length), 2, 20));
        check(4, || guarded_in_the_middle(&list(length), 2, 20));
        saves(4, || guarded(&list(length * 100), 7, 2_000));
        saves(4, || guarded_in_the_middle(&list(length * 100), 7, 2_000));
    }
}

/// A list that becomes longer and shorter while the loop is on its way.
#[resumable]
fn changing(rounds: usize) -> (u64, Vec<u64>) {
    #[resume]
    let mut list = vec![1_u64];
    #[resume]
    let mut sum = 0_u64;
    for i in 0..rounds {
        if i < list.len() {
            sum = sum.wrapping_mul(31) ^ list[i];
            list[i] += 1;
        }
        match i % 7 {
            5 => list.truncate(i / 2),
            _ => list.extend([sum >> 7, i as u64]),
        }
        checkpoint!(every = 3);
    }
    (sum, list)
}

#[test]
fn lists_may_change_their_length() {
    let (mut list, mut sum) = (vec![1_u64], 0_u64);
    for i in 0..50 {
        if let Some(item) = list.get_mut(i) {
            sum = sum.wrapping_mul(31) ^ *item;
            *item += 1;
        }
        if i % 7 == 5 {
            list.truncate(i / 2);
        } else {
            list.extend([sum >> 7, i as u64]);
        }
    }
    let _ = cut_everywhere(|| changing(50));
    assert_eq!(changing(50), (sum, list));
}

#[resumable]
fn too_far(list: &[u64], end: usize) -> u64 {
    #[resume]
    let mut sum = 0_u64;
    for i in 0..end {
        sum ^= list[i];
        checkpoint!(interval = "60s");
    }
    sum
}

#[test]
#[should_panic(expected = "the len is 5 but the index is 5")]
fn a_list_that_is_too_short_is_found_out() {
    let _ = configure().store_in(Memory::new()).quiet(true);
    too_far(&list(5), 9);
}

/// Whose length says nothing of its indices.
#[derive(serde::Serialize)]
struct Ring(Vec<u64>);

impl Ring {
    #[allow(dead_code, reason = "it is not asked for")]
    fn len(&self) -> usize {
        panic!("the user does not ask for it")
    }
}

impl Index<usize> for Ring {
    type Output = u64;
    fn index(&self, index: usize) -> &u64 {
        &self.0[index % self.0.len()]
    }
}

#[derive(serde::Serialize)]
struct State {
    rows: Vec<u64>,
    pair: (Box<[u64]>, VecDeque<u64>),
    ring: Ring,
}

impl State {
    #[resumable]
    fn walk(&self, fixed: &[u64; 9], rounds: usize) -> u64 {
        #[resume]
        let mut seen = vec![0_u64; rounds];
        #[resume]
        let mut sum = 0_u64;
        for i in 0..rounds {
            let row = [self.rows[i], self.pair.0[i], self.pair.1[i], self.ring[i]];
            seen[i] = row.iter().fold(fixed[i], |sum, x| sum.wrapping_mul(31) ^ x);
            sum ^= row[i % 4].rotate_left(i as u32);
            checkpoint!(every = 2);
        }
        seen.iter().fold(sum, |sum, x| sum.wrapping_mul(31) ^ x)
    }
}

#[test]
fn all_kinds_of_lists_are_indexed() {
    let rows = list(9);
    let pair = (rows.clone().into(), rows.iter().rev().copied().collect());
    let state = State { rows: rows.clone(), pair, ring: Ring(list(4)) };
    let fixed: [u64; 9] = rows.clone().try_into().expect("nine");
    let (mut sum, mut seen) = (0_u64, Vec::new());
    for i in 0..9 {
        let row = [rows[i], rows[i], rows[8 - i], state.ring[i]];
        seen.push(row.iter().fold(fixed[i], |sum, x| sum.wrapping_mul(31) ^ x));
        sum ^= row[i % 4].rotate_left(i as u32);
    }
    let want = seen.iter().fold(sum, |sum, x| sum.wrapping_mul(31) ^ x);
    let _ = cut_everywhere(|| assert_eq!(state.walk(&fixed, 9), want));
}

/// A list that is given away in the last pass, one that is made in each, and one that is lent for longer than a pass.
#[resumable]
fn given_away(#[transient] list: Vec<u64>, #[transient] lent: &mut [u64], rounds: usize) -> u64 {
    #[resume]
    let mut sum = 0_u64;
    #[transient]
    let mut view: Option<&mut [u64]> = None;
    #[transient]
    let mut scratch = vec![0_u64];
    for i in 0..rounds {
        if let Some(view) = view.take() {
            view[0] += 1;
        }
        sum ^= scratch.len() as u64;
        scratch = vec![sum; rounds];
        sum = sum.wrapping_mul(31) ^ list[i] ^ scratch[i] ^ lent[i];
        scratch.truncate(i);
        view = Some(&mut lent[..]);
        if i + 1 == rounds {
            sum ^= list.into_iter().fold(0, u64::wrapping_add);
            break;
        }
        checkpoint!(interval = "60s");
    }
    sum
}

#[test]
fn lists_need_not_be_there_between_the_passes() {
    let _ = configure().store_in(Memory::new()).quiet(true);
    let (list, mut lent, mut sum, mut length) = (list(6), list(6), 0_u64, 1);
    for i in 0..6 {
        lent[0] += u64::from(i > 0);
        sum ^= length;
        sum = sum.wrapping_mul(31) ^ list[i] ^ sum ^ lent[i];
        length = i as u64;
    }
    sum ^= list.iter().fold(0, |sum: u64, x| sum.wrapping_add(*x));
    assert_eq!(given_away(list, &mut self::list(6), 6), sum);
}

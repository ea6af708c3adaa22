//! `#[resume] for` whose items are alive at some of its sites and dead, or moved, at others.

#![deny(warnings)]

use resume_runtime::{checkpoint, resumable, testing::cut_everywhere};
use serde::{Deserialize, Serialize};

#[derive(Serialize, Deserialize)]
struct Words(std::ops::Range<usize>);

impl Iterator for Words {
    type Item = (usize, String);

    fn next(&mut self) -> Option<(usize, String)> {
        self.0.next().map(|n| (n, format!("w{n}")))
    }
}

#[resumable]
fn before_and_behind(n: u64) -> Vec<u64> {
    #[resume]
    let mut log = vec![];
    #[resume]
    for x in 0..n {
        checkpoint!(every = 1);
        log.push(x);
        checkpoint!(every = 1);
    }
    log
}

#[resumable]
fn in_a_loop_inside(n: u64) -> Vec<u64> {
    #[resume]
    let mut log = vec![];
    #[resume]
    for x in 0..n {
        checkpoint!(every = 1);
        log.push(x);
        for y in 0..2 {
            log.push(y);
            checkpoint!(every = 1);
        }
    }
    log
}

#[resumable]
fn in_a_branch(n: u64) -> u64 {
    #[resume]
    let mut sum = 0;
    #[resume]
    for x in 0..n {
        if x % 2 == 0 {
            checkpoint!(every = 1);
            sum += x;
        } else {
            checkpoint!(every = 1);
        }
        sum = sum * 3 + 1;
        checkpoint!(every = 1);
    }
    sum
}

#[resumable]
fn moved_apart(n: usize) -> (Vec<String>, usize) {
    #[resume]
    let mut seen = vec![];
    #[resume]
    let mut length = 0;
    #[resume]
    'words: for (number, mut word) in Words(0..n) {
        checkpoint!(every = 1);
        if number == 3 {
            continue 'words;
        }
        word.push('!');
        checkpoint!(every = 1);
        seen.push(word);
        checkpoint!(every = 1);
        length += number;
        checkpoint!(every = 1);
        if number == 5 {
            break;
        }
    }
    (seen, length)
}

/// At its only site one part has been moved out, and the other is needed.
#[resumable]
fn a_part_of_each(n: usize) -> (Vec<String>, usize) {
    #[resume]
    let mut seen = vec![];
    #[resume]
    let mut length = 0;
    #[resume]
    for (number, word) in Words(0..n) {
        seen.push(word);
        checkpoint!(every = 1);
        length += number;
    }
    (seen, length)
}

#[derive(Clone, Serialize, Deserialize)]
struct Countdown {
    left: u64,
}

impl Iterator for Countdown {
    type Item = Result<u64, u64>;

    fn next(&mut self) -> Option<Result<u64, u64>> {
        self.left = self.left.checked_sub(1)?;
        Some(if self.left.is_multiple_of(2) { Ok(self.left) } else { Err(self.left) })
    }
}

/// A `let` takes alternatives in parentheses only, and a call needs none around a literal.
#[resumable]
fn of_two_kinds(left: u64) -> u64 {
    #[resume]
    let mut sum = 0;
    #[resume]
    for Ok(x) | Err(x) in (Countdown { left }) {
        checkpoint!(every = 1);
        sum = sum * 3 + x;
    }
    #[resume]
    let mut done = 0;
    #[transient]
    for Ok(x) | Err(x) in (Countdown { left: left - done }) {
        sum = sum * 3 + x;
        done += 1;
        checkpoint!(every = 1);
    }
    for Ok(x) | Err(x) in (Countdown { left }) {
        if x != 1 {
            checkpoint!(every = 1);
        }
        sum = sum * 3 + x;
    }
    sum
}

#[resumable]
fn of_one_name(n: u64) -> u64 {
    #[resume]
    let mut sum = 0;
    let item = 7;
    #[resume]
    for x in 0..n {
        checkpoint!(every = 1);
        sum += x * item;
        #[resume]
        for x in 0..x {
            checkpoint!(every = 1);
            sum += x;
            checkpoint!(every = 1);
        }
        checkpoint!(every = 1);
        sum ^= x;
    }
    sum
}

#[resumable]
fn unnamed(n: u64) -> u64 {
    #[resume]
    let mut sum = 1;
    #[resume]
    for _ in 0..n {
        checkpoint!(every = 1);
        sum *= 3;
        checkpoint!(every = 1);
    }
    sum
}

#[test]
fn items_dead_at_some_sites() {
    assert_eq!(before_and_behind(5), [0, 1, 2, 3, 4]);
    cut_everywhere(|| before_and_behind(5));
    assert_eq!(in_a_loop_inside(3), [0, 0, 1, 1, 0, 1, 2, 0, 1]);
    cut_everywhere(|| in_a_loop_inside(3));
    assert_eq!(in_a_branch(6), (0..6).fold(0, |sum, x| (sum + x * ((x + 1) % 2)) * 3 + 1));
    cut_everywhere(|| in_a_branch(6));
    assert_eq!(unnamed(4), 81);
    cut_everywhere(|| unnamed(4));
}

#[test]
fn items_moved_between_sites() {
    let seen = [0, 1, 2, 4, 5].map(|k| format!("w{k}!")).to_vec();
    assert_eq!(moved_apart(8), (seen, 12));
    cut_everywhere(|| moved_apart(8));
    assert_eq!(a_part_of_each(3), (["w0", "w1", "w2"].map(str::to_owned).to_vec(), 3));
    cut_everywhere(|| a_part_of_each(3));
}

#[test]
fn items_of_two_kinds() {
    let thrice = [2, 1, 0, 2, 1, 0, 2, 1, 0];
    assert_eq!(of_two_kinds(3), thrice.iter().fold(0, |sum, x| sum * 3 + x));
    cut_everywhere(|| of_two_kinds(3));
}

#[test]
fn items_of_one_name() {
    let mut sum = 0;
    for x in 0..5_u64 {
        sum += x * 7;
        sum += (0..x).sum::<u64>();
        sum ^= x;
    }
    assert_eq!(of_one_name(5), sum);
    cut_everywhere(|| of_one_name(5));
}

/// One of them changes, and the other may be read again.
#[resumable]
fn one_of_two(#[resume] (mut sum, list): (u64, Vec<u64>)) -> u64 {
    let length = list.len() as u64;
    for x in &list {
        sum += x * length;
        checkpoint!(every = 1);
    }
    sum
}

#[test]
fn a_mutable_name_of_a_parameter_does_not_make_the_others_change() {
    assert_eq!(one_of_two((1, vec![2, 3])), 11);
    cut_everywhere(|| one_of_two((1, vec![2, 3])));
}

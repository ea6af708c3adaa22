//! What a caller lends with `&mut` is out of its place while it is saved, and back afterwards.

#![deny(warnings)]

use resume_runtime::{checkpoint, resumable, testing::cut_everywhere};
use serde::{Deserialize, Serialize};
use std::cell::Cell;

/// It counts how often it was saved.
#[derive(Clone, Default, PartialEq, Debug, Deserialize)]
struct Saved {
    rows: Vec<u64>,
    #[serde(skip)]
    times: Cell<u64>,
}

impl Serialize for Saved {
    fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        self.times.set(self.times.get() + 1);
        [("rows", &self.rows)].into_iter().collect::<std::collections::BTreeMap<_, _>>().serialize(serializer)
    }
}

#[resumable]
fn fill(#[resume] into: &mut Saved, n: u64) -> u64 {
    for k in 0..n {
        into.rows.push(k);
        checkpoint!(every = 2);
    }
    into.times.get()
}

/// Unsized, longer than what is moved, and of a length that serde does not know.
#[resumable]
fn places(#[resume] row: &mut [f64], #[resume] long: &mut [u64; 300], #[resume] short: &mut [u8; 40], n: usize) -> f64 {
    for k in 0..n {
        row[k % 3] += k as f64;
        long[k] = k as u64;
        short[k] ^= 1;
        checkpoint!(every = 1);
    }
    row.iter().sum()
}

impl Saved {
    #[resumable]
    fn twice(#[resume] &mut self, n: u64) -> u64 {
        for k in 0..n {
            for j in 0..k {
                self.rows.push(j);
            }
            checkpoint!(every = 1);
        }
        self.rows.iter().sum()
    }
}

/// A borrow of it that is alive at the site keeps it where it is.
#[resumable]
fn while_it_is_borrowed(#[resume] into: &mut Vec<u64>, n: u64) -> u64 {
    #[resume]
    let mut sum = 0;
    for k in 0..n {
        #[transient]
        let first = &into[0];
        sum += *first + k;
        checkpoint!(every = 1);
        sum *= *first;
    }
    into.push(sum);
    sum
}

#[test]
fn what_is_lent_is_back() {
    let mut saved = Saved::default();
    assert_eq!(fill(&mut saved, 10), 6, "named once, and saved five times, in its place");
    assert_eq!(saved.rows, (0..10).collect::<Vec<_>>());
    cut_everywhere(|| {
        let mut saved = Saved::default();
        fill(&mut saved, 10);
        saved.rows
    });
    let all = |n| {
        let (mut row, mut long, mut short) = ([0.0; 3], [0; 300], [0; 40]);
        let sum = places(&mut row, &mut long, &mut short, n);
        (sum, row, long.to_vec(), short.to_vec())
    };
    assert_eq!(all(6).0, 15.0);
    cut_everywhere(|| all(6));
    let twice = || {
        let mut saved = Saved::default();
        (saved.twice(4), saved.rows)
    };
    assert_eq!(twice(), (4, vec![0, 0, 1, 0, 1, 2]));
    cut_everywhere(twice);
    let borrowed = || {
        let mut into = vec![2];
        (while_it_is_borrowed(&mut into, 3), into)
    };
    assert_eq!(borrowed(), (36, vec![2, 36]));
    cut_everywhere(borrowed);
}

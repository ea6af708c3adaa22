//! A captured `let` of several names, some of which are moved out before a site or not needed behind it.

#![deny(warnings)]

use resume_runtime::{checkpoint, resumable, testing::cut_everywhere};
use serde::{Deserialize, Serialize};

#[derive(Clone, PartialEq, Debug, Serialize, Deserialize)]
struct Row {
    len: usize,
    items: Vec<u64>,
}

enum Either {
    Left(Row),
    Right(Row),
}

fn row(v: &[Vec<u64>], i: u64) -> Row {
    Row { len: v.len(), items: vec![i] }
}

#[resumable]
fn moved(p: u64) -> (Vec<Vec<u64>>, String) {
    #[resume]
    let mut v = vec![vec![3]];
    #[resume]
    let mut log = String::new();
    for i in 0..p {
        #[resume]
        let (len, mut row_of_i) = (v.len(), vec![i]);
        row_of_i.push(len as u64);
        v.push(row_of_i);
        checkpoint!();
        v.push(vec![len as u64]);
        #[resume]
        let Row { len, items } = row(&v, i);
        if i % 2 == 0 {
            v.push(items);
        } else {
            drop(items);
        }
        checkpoint!();
        log += &format!("{len},");
    }
    (v, log)
}

#[resumable]
fn by_site(p: u64) -> u64 {
    #[resume]
    let mut sum = 1;
    for i in 0..p {
        #[resume]
        let (mut a, (b, _guard), c): (u64, (Vec<u64>, u64), Vec<u64>) = (sum, (vec![i], i), vec![sum; 2]);
        checkpoint!(label = "all");
        a += c.iter().sum::<u64>();
        drop(c);
        checkpoint!(label = "two");
        sum += b.into_iter().sum::<u64>() + a;
        checkpoint!(every = 2);
        #[resume]
        let (Either::Left(Row { len: n, items }) | Either::Right(Row { items, len: n })) = either(i, sum);
        sum += items.into_iter().sum::<u64>();
        checkpoint!();
        sum += n as u64;
    }
    sum
}

/// What is borrowed from an unnamed part is dead at the site.
#[resumable]
fn lent(p: u64) -> u64 {
    #[resume]
    let mut sum = 0;
    for i in 0..p {
        #[resume]
        let (ref mut list, n) = (vec![i], i + sum);
        list.push(3);
        sum += list.iter().sum::<u64>();
        checkpoint!();
        sum += n;
    }
    sum
}

#[resumable]
fn expected(p: u64) -> u64 {
    #[resume]
    let mut sum = 0;
    for i in 0..p {
        #[expect(unused_variables)]
        #[resume]
        let (list, unused, n) = (vec![i], sum, 3);
        sum += list[0];
        checkpoint!();
        sum += n;
    }
    sum
}

/// One is moved out in a branch that leaves.
#[resumable]
fn leaving(p: u64) -> usize {
    #[resume]
    let mut sum = 0;
    for i in 0..p {
        #[resume]
        let (x, y) = (format!("{i}x"), format!("{sum}y"));
        if i == 1 {
            drop(x);
            checkpoint!();
            sum += y.len();
            continue;
        }
        checkpoint!();
        sum += x.len() + y.len();
    }
    sum
}

fn either(i: u64, sum: u64) -> Either {
    let row = Row { len: 2, items: vec![sum % 7, i] };
    if i.is_multiple_of(2) { Either::Left(row) } else { Either::Right(row) }
}

#[test]
fn names_of_one_let_are_alive_by_themselves() {
    let (v, log) = moved(3);
    let plain = [&[3][..], &[0, 1], &[1], &[0], &[1, 4], &[4], &[2, 6], &[6], &[2]];
    assert_eq!((v, log.as_str()), (plain.map(<[u64]>::to_vec).to_vec(), "3,6,8,"));
    cut_everywhere(|| moved(3));
    let mut sum = 1;
    for i in 0..4 {
        sum += i + sum * 3;
        sum += sum % 7 + i + 2;
    }
    assert_eq!(by_site(4), sum);
    cut_everywhere(|| by_site(4));
    assert_eq!(lent(3), 29);
    cut_everywhere(|| lent(3));
    cut_everywhere(|| expected(3));
    assert_eq!(leaving(4), 15);
    cut_everywhere(|| leaving(4));
}

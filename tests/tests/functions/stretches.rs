//! Loops with a site elsewhere than at their end: they save at the passes at which a counter would, and go on as if nothing
//! had happened.

#![allow(clippy::unnecessary_cast, clippy::cast_sign_loss, reason = "one macro for numbers of all types")]

use resume_runtime::testing::cut_everywhere;
use resume_runtime::{checkpoint, resumable};
use resume_tests::passes::{Passes, check, saves};

/// A loop over `$items`, with the site in the middle of it.
macro_rules! over {
    ($name:ident($($argument:ident: $type:ty),*), $item:pat => $items:expr, $value:expr) => {
        #[resumable]
        fn $name($($argument: $type),*) -> Passes {
            #[resume]
            let mut passes = Passes(0);
            #[resume]
            let mut sum = 0_u64;
            for $item in $items {
                #[resume]
                let value = $value as u64;
                passes.0 += 1;
                sum = sum.wrapping_mul(31) ^ value;
                checkpoint!(every = 6);
                sum = sum.wrapping_add(value);
            }
            let mut again = 0_u64;
            for $item in $items {
                let value = $value as u64;
                again = (again.wrapping_mul(31) ^ value).wrapping_add(value);
            }
            assert_eq!(sum, again);
            passes
        }
    };
}

over!(range(n: u64), k => 3..n, k);
over!(inclusive(first: u8), k => first..=255, k);
over!(negative(n: i32), k => -n..n, k);
over!(characters(last: char), c => 'a'..=last, c);
over!(slice(list: &[u32]), x => list, *x);
over!(counted(list: &[u32]), (k, x) => list.iter().enumerate().rev(), k as u32 ^ *x);
over!(filtered(list: &[u32]), x => list.iter().filter(|x| **x % 3 != 1), *x);

#[test]
fn sites_in_the_middle_save_at_each_nth_pass() {
    let list: Vec<u32> = (0..4_000).map(|k: u32| k.wrapping_mul(2_654_435_761)).collect();
    check(6, || range(40));
    saves(6, || range(9_000));
    check(6, || inclusive(200));
    saves(6, || inclusive(0));
    check(6, || negative(15));
    saves(6, || negative(3_000));
    check(6, || characters('z'));
    saves(6, || characters('\u{e000}'));
    check(6, || slice(&list[..30]));
    saves(6, || slice(&list));
    check(6, || counted(&list[..30]));
    saves(6, || counted(&list));
    check(6, || filtered(&list[..40]));
    saves(6, || filtered(&list));
    assert_eq!((range(3).0, inclusive(255).0, slice(&[]).0, counted(&[]).0), (0, 1, 0, 0));
}

/// Passes that do not come by the site, and loops that end before their time.
#[resumable]
fn jumping(rounds: u32, width: u32) -> Passes {
    #[resume]
    let mut passes = Passes(0);
    'rounds: for round in 0..rounds {
        for k in 0..width {
            if k % 5 == round % 5 {
                continue;
            }
            if k > 8 + round {
                break;
            }
            if round % 7 == 6 && k == 4 {
                continue 'rounds;
            }
            passes.0 += 1;
            checkpoint!(every = 4);
            if k % 3 == 1 {
                continue;
            }
            if round == 40 {
                break 'rounds;
            }
        }
    }
    passes
}

#[test]
fn jumps_leave_a_stretch() {
    check(4, || jumping(8, 9));
    saves(4, || jumping(90, 200));
    saves(4, || jumping(30, 2_000));
}

/// The outer loop has a site of its own behind the inner loop's, which is at the end of that.
#[resumable]
fn nested(rows: u64, list: &[u64]) -> Passes {
    #[resume]
    let mut passes = Passes(0);
    #[resume]
    let mut sum = 0;
    for row in 0..rows {
        for x in list {
            sum ^= x + row;
            checkpoint!(every = 1_000_000);
        }
        passes.0 += 1;
        checkpoint!(every = 2);
        sum += 1;
    }
    assert_eq!(sum > 0, rows > 0);
    passes
}

#[test]
fn loops_within_are_told_apart() {
    check(2, || nested(6, &[3, 4, 5]));
    saves(2, || nested(500, &[3, 4, 5]));
}

/// What a pass lent is given back: the site is first, and the item is changed behind it.
#[resumable]
fn changing(#[resume] list: &mut Vec<u64>) -> u64 {
    for k in 0..list.len() {
        checkpoint!();
        list[k] = list[k] * 3 + k as u64;
    }
    list.iter().sum()
}

#[test]
fn a_site_may_come_first() {
    let _ = cut_everywhere(|| {
        let mut list = vec![1, 2, 3, 4];
        (changing(&mut list), list)
    });
}

//! Loops that end with their site and give a value, wherever a value is wanted.

use resume_runtime::testing::{cut_at, cut_everywhere};
use resume_runtime::{checkpoint, resumable};

macro_rules! stop {
    ($value:expr) => {
        break $value
    };
}

#[resumable]
fn counted(limit: u64) -> u64 {
    #[resume]
    let mut n = 0;
    #[resume]
    let mut sum = 1;
    #[resume]
    let first = loop {
        if n == limit {
            break sum;
        }
        sum += n;
        n += 1;
        checkpoint!();
    };
    #[resume]
    let mut second: u64 = loop {
        if sum > first * 3 {
            break sum / 2;
        }
        sum += first / 50 + 1;
        checkpoint!(every = 3);
    };
    if let 0..100 = second {
        loop {
            if second > 99 {
                break;
            }
            second += 1;
            checkpoint!();
        }
    }
    match second % 3 {
        0 => loop {
            if n == 0 {
                break second + first;
            }
            n -= 1;
            second += n;
            checkpoint!();
        },
        _ => loop {
            second += 1;
            if second % 50 == 7 {
                stop!(second * 2);
            }
            checkpoint!();
        },
    }
}

fn counted_plainly(limit: u64) -> u64 {
    let first = 1 + (0..limit).sum::<u64>();
    let mut sum = first;
    while sum <= first * 3 {
        sum += first / 50 + 1;
    }
    let mut second = sum / 2;
    if second < 100 {
        second = 100;
    }
    if second % 3 == 0 {
        return second + (0..limit).sum::<u64>() + first;
    }
    second += 1;
    while second % 50 != 7 {
        second += 1;
    }
    second * 2
}

/// The loop is all there is, in a function and in a block.
#[resumable]
fn search(from: u64) -> Option<u64> {
    #[resume]
    let mut n = from;
    'search: loop {
        if n % 97 == 5 {
            break 'search Some(n);
        }
        n += 1;
        if n == from + 90 {
            return None;
        }
        checkpoint!(every = 10)
    }
}

#[test]
fn loops_give_their_values() {
    for limit in [0, 1, 4, 9, 20_000] {
        assert_eq!(counted(limit), counted_plainly(limit), "{limit}");
    }
    for limit in [0, 1, 4, 9] {
        cut_everywhere(|| counted(limit));
    }
    for (from, found) in [(0, Some(5)), (5, Some(5)), (6, None), (40, Some(102))] {
        assert_eq!(search(from), found);
        cut_everywhere(|| search(from));
    }
}

/// Half a mebibyte each.
const LONG: usize = 1 << 16;

#[resumable]
fn in_large_arrays(n: u64) -> (f64, u64) {
    #[resume]
    let mut flat = [0.0; LONG];
    #[resume]
    let mut rows = [[0_u64; 256]; LONG / 256];
    for k in 0..n {
        let at = (k * 7_919) as usize % LONG;
        flat[at] += k as f64;
        rows[at / 256][at % 256] += k;
        checkpoint!(every = 3);
    }
    (flat.iter().sum(), rows.iter().flatten().sum())
}

/// A resume needs no more of the stack than the compiler makes of the function's own moves: in a debug build about nine times
/// the arrays.
#[test]
fn large_arrays_come_back_on_the_stack_of_a_fresh_run() {
    let stack = std::thread::Builder::new().stack_size(14 << 20);
    let run = stack.spawn(|| cut_at(4, || in_large_arrays(10)));
    run.expect("a thread").join().expect("nothing differs");
}

#[resumable]
fn in_lent_rows(#[resume] rows: &mut [[u16; 50]; 3], #[resume] long: &mut [u8; 40]) -> u16 {
    for k in 0..6_u8 {
        rows[usize::from(k) % 3][usize::from(k)] += u16::from(k);
        long[39] += k;
        checkpoint!(every = 2);
    }
    rows.iter().flatten().sum()
}

#[test]
fn arrays_of_long_arrays_may_be_lent() {
    cut_everywhere(|| {
        let (mut rows, mut long) = ([[1; 50]; 3], [0; 40]);
        (in_lent_rows(&mut rows, &mut long), rows, long)
    });
}

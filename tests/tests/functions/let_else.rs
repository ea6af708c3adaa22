//! `let … else` whose `else` block has sites, or mentions what changes: a resume behind it does not come there.

#![deny(warnings, unused)]

use std::sync::Mutex;

use resume_runtime::testing::cut_everywhere;
use resume_runtime::{checkpoint, resumable};

/// Sites in `else` blocks, and references alive behind them.
#[resumable]
fn sites(items: Vec<Option<(String, u64)>>) -> String {
    #[resume]
    let mut log = String::new();
    for item in &items {
        let Some((name, count)) = item else {
            log.push('?');
            checkpoint!();
            log.push('!');
            if log.len() > 12 {
                checkpoint!();
                break;
            }
            continue;
        };
        checkpoint!();
        log += name;
        let Some(left) = count.checked_sub(2) else {
            #[resume]
            let length = log.len();
            checkpoint!();
            log += &length.to_string();
            continue;
        };
        for _ in 0..left {
            log.push('.');
            checkpoint!();
        }
        checkpoint!();
        log += &name[..1];
    }
    log
}

#[test]
fn an_else_block_may_have_sites() {
    let item = |name: &str, count| Some((name.to_owned(), count));
    let items = vec![item("ab", 4), None, item("cd", 1), None, item("e", 2), None, None];
    assert_eq!(sites(items.clone()), "ab..a?!cd9?!ee?!");
    cut_everywhere(|| sites(items.clone()));
}

/// What the `else` block of one computes from is what the pattern of another bound.
#[resumable]
fn chained(items: Vec<Option<u64>>) -> u64 {
    #[resume]
    let mut sum = 0;
    let [_, Some(second), rest @ ..] = &items[..] else {
        sum += 2;
        checkpoint!();
        return sum;
    };
    for item in rest {
        let Some(item) = item else {
            sum += 1000;
            continue;
        };
        sum += item * second;
        checkpoint!();
        sum += item;
    }
    let Some(Some(last)) = rest.last() else {
        loop {
            sum += 1;
            checkpoint!();
            if sum % 7 == 0 {
                return sum;
            }
        }
    };
    checkpoint!();
    sum + last
}

#[test]
fn one_is_computed_from_another() {
    for (items, sum) in [
        (vec![None, Some(2), Some(3), None, Some(4)], 1025),
        (vec![None], 2),
        (vec![None, Some(1)], 7),
        (vec![None, Some(2), Some(3), None], 1015),
    ] {
        assert_eq!(chained(items.clone()), sum);
        cut_everywhere(|| chained(items.clone()));
    }
}

/// A mutable local that the `else` block alone mentions is dead at the site behind.
#[resumable]
fn counted(items: Vec<Option<u64>>) -> u64 {
    let mut missing = items.len() as u64;
    missing *= 2;
    let Some(first) = items[0] else {
        missing += 1;
        return missing;
    };
    let (Some(second), times) = (items[1], 5_u64) else {
        missing += first;
        return missing;
    };
    #[resume]
    let mut sum = 0;
    for i in 0..times {
        sum += first * second + i;
        checkpoint!();
    }
    sum
}

#[test]
fn an_else_block_may_mention_what_changes() {
    for (items, sum) in [(vec![Some(3), Some(4)], 70), (vec![Some(3), None], 7), (vec![None], 3)] {
        assert_eq!(counted(items.clone()), sum);
    }
    cut_everywhere(|| counted(vec![Some(3), Some(4)]));
}

struct Limits {
    low: u64,
}

impl Limits {
    fn above(&self, n: u64) -> Option<u64> {
        n.checked_sub(self.low)
    }
}

/// A struct where a `match` would take its braces for those of its arms.
#[resumable]
fn limited(n: u64) -> u64 {
    let Some(rest) = Limits { low: n / 2 + 3 }.above(n) else {
        checkpoint!();
        return 1;
    };
    rest
}

#[test]
fn structs_are_written_out() {
    assert_eq!((limited(4), limited(10)), (1, 2));
    let _ = cut_everywhere(|| limited(4));
}

/// What the `else` block needs is not held any more by what the pattern was matched with.
#[resumable]
fn locked(items: Vec<u64>) -> u64 {
    #[transient]
    let queue = Mutex::new(items);
    #[resume]
    let mut sum = 0;
    for at in 0..6 {
        let Some(item) = queue.lock().expect("no panic").get(at).copied() else {
            sum += 100 * u64::from(queue.try_lock().is_ok());
            checkpoint!();
            continue;
        };
        let (Some(first), true): (Option<u64>, bool) = ({ queue.lock().expect("no panic") }.first().copied(), at > 1)
        else {
            sum += 10 * u64::from(queue.try_lock().is_ok());
            checkpoint!();
            continue;
        };
        sum += first * item;
        checkpoint!();
    }
    sum
}

#[test]
fn an_else_block_finds_the_lock_free() {
    assert_eq!(locked(vec![2, 3, 4, 5]), 2 * 10 + 2 * 4 + 2 * 5 + 2 * 100);
    cut_everywhere(|| locked(vec![2, 3, 4, 5]));
}

/// A jump in front of the `else`.
#[resumable]
fn jumping(n: u64) -> u64 {
    #[resume]
    let mut sum = 0;
    for k in 0..n {
        let Some(half) = (match k % 5 {
            4 => continue,
            rest => Some(rest).filter(|rest| rest % 2 == 0),
        }) else {
            sum += 100;
            checkpoint!();
            if sum > 1000 {
                break;
            }
            continue;
        };
        sum += half;
        checkpoint!();
    }
    sum
}

#[test]
fn a_jump_may_stand_in_front_of_the_else() {
    assert_eq!(jumping(12), 5 * 100 + 2 * 2);
    cut_everywhere(|| jumping(12));
    cut_everywhere(|| jumping(60));
}

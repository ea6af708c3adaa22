//! Loops over a number that goes up by one, whose passes are told by that number: they save at the passes at which a
//! counter would, and go on as if nothing had happened.

use resume_runtime::testing::cut_everywhere;
use resume_runtime::{checkpoint, resumable};
use resume_tests::passes::{Passes, check, saves};
use serde::{Deserialize, Serialize};
use std::cell::Cell;

#[resumable]
fn up_to(bound: u64) -> Passes {
    #[resume]
    let mut passes = Passes(0);
    #[resume]
    let mut i: u64 = 3;
    while i < bound {
        passes.0 += 1;
        i += 1;
        checkpoint!(every = 7);
    }
    assert_eq!(i, bound.max(3));
    passes
}

#[test]
fn a_while_saves_at_each_nth_pass() {
    check(7, || up_to(50));
    saves(7, || up_to(9_000));
    assert_eq!(up_to(3).0, 0);
    assert_eq!(up_to(1).0, 0);
}

#[resumable]
fn endless(bound: i16) -> Passes {
    #[resume]
    let mut passes = Passes(0);
    #[resume]
    let mut i = -20_i16;
    #[resume]
    let mut sum = 0_i64;
    loop {
        if i >= bound || sum > 1_000_000 {
            break;
        }
        i += 1;
        passes.0 += 1;
        sum += i64::from(i);
        checkpoint!(every = 5);
    }
    assert!(sum > 1_000_000 || i == bound);
    passes
}

#[test]
fn a_loop_saves_at_each_nth_pass_whatever_ends_it() {
    check(5, || endless(10));
    saves(5, || endless(2_000));
}

/// Triangles: the passes of the inner loop go on where they were left.
#[resumable]
fn triangles(rows: usize) -> Passes {
    #[resume]
    let mut passes = Passes(0);
    #[resume]
    let mut row = 0;
    while row < rows {
        #[resume]
        let mut column = 0;
        #[resume]
        let mut rest = row * 2;
        while column < row && rest > 3 {
            rest -= 1;
            passes.0 += 1;
            column += 1;
            checkpoint!(every = 4);
        }
        row += 1;
    }
    passes
}

#[test]
fn passes_go_on_in_the_next_round_of_the_loop_around() {
    check(4, || triangles(12));
    saves(4, || triangles(50));
}

/// The bound is what it is at each pass: the list grows while it is gone through, and shrinks.
#[resumable]
fn moving(first: u32) -> Passes {
    #[resume]
    let mut passes = Passes(0);
    #[resume]
    let mut jobs = vec![first];
    #[resume]
    let mut i = 0;
    while i < jobs.len() {
        let job = jobs[i];
        if job > 1 {
            jobs.extend([job / 2, job / 3]);
        } else if job == 0 {
            jobs.pop();
        }
        passes.0 += 1;
        i += 1;
        checkpoint!(every = 3);
    }
    passes
}

#[test]
fn a_bound_may_move_in_a_block() {
    check(3, || moving(40));
    saves(3, || moving(2_000));
}

/// What comes behind the bound in the condition is evaluated once a pass.
#[resumable]
fn asked(bound: u8) -> Passes {
    #[resume]
    let mut passes = Passes(0);
    #[resume]
    let mut asked = 0_u64;
    #[resume]
    let mut i = 0;
    while i < bound && {
        asked += 1;
        asked < 200
    } {
        passes.0 += 1;
        i += 1;
        checkpoint!(every = 6);
    }
    assert_eq!(asked, passes.0 + u64::from(i < bound));
    passes
}

#[test]
fn a_condition_is_evaluated_once_a_pass() {
    check(6, || asked(50));
    check(6, || asked(u8::MAX));
    check(6, || asked(199));
    check(6, || asked(200));
}

/// `?` and `return` leave it as they would any loop.
#[resumable]
fn left(bound: u64, at: u64) -> Result<Passes, std::io::Error> {
    #[resume]
    let mut passes = Passes(0);
    #[resume]
    let mut i = 0;
    while i < bound {
        passes.0 += 1;
        if i == at {
            return Ok(passes);
        }
        u8::try_from(at).map_err(std::io::Error::other)?;
        i += 1;
        checkpoint!(every = 2);
    }
    Ok(passes)
}

#[test]
fn a_return_may_leave_a_block() {
    check(2, || Passes(left(10, 6).expect("it returns").0 / 2 * 2));
    check(2, || left(8, 90).expect("it returns"));
}

/// The condition sets the number itself, or leaves for the loop around it.
#[resumable]
fn meddled(bound: u64) -> Passes {
    #[resume]
    let mut passes = Passes(0);
    #[resume]
    let mut round = 0;
    'rounds: while round < bound {
        round += 1;
        #[resume]
        let mut i = 0_u64;
        while i < bound && {
            if i > round {
                continue 'rounds;
            }
            i += u64::from(passes.0 % 3 == 1);
            true
        } {
            passes.0 += 1;
            i += 1;
            checkpoint!(every = 5);
        }
    }
    passes
}

#[test]
fn a_condition_may_meddle_with_the_number() {
    check(5, || meddled(20));
    saves(5, || meddled(90));
}

/// Its length is another each time it is asked for.
struct Shrinking(Cell<usize>);

impl Shrinking {
    fn len(&self) -> usize {
        self.0.set(self.0.get() - 1);
        self.0.get()
    }
}

#[resumable]
fn shrinking(length: usize) -> Passes {
    #[resume]
    let mut passes = Passes(0);
    #[transient]
    let list = Shrinking(Cell::new(length));
    #[resume]
    let mut i = 0;
    while i < list.len() {
        passes.0 += 1;
        i += 1;
        checkpoint!(every = 5);
    }
    passes
}

#[test]
fn the_length_of_a_type_of_the_users_is_read_once_a_pass() {
    saves(5, || shrinking(100));
    saves(5, || shrinking(9_000));
    assert_eq!(shrinking(100).0, 50);
    assert_eq!(shrinking(9_000).0, 4_500);
}

/// `<=`, whose last pass is at the bound itself.
#[resumable]
fn through(last: i8) -> Passes {
    #[resume]
    let mut passes = Passes(0);
    #[resume]
    let mut i = -100_i8;
    while i <= last {
        passes.0 += 1;
        i += 1;
        checkpoint!(every = 9);
    }
    passes
}

#[test]
fn the_bound_may_be_the_last_pass() {
    check(9, || through(-60));
    saves(9, || through(126));
    assert_eq!(through(-100).0, 1);
    assert_eq!(through(-101).0, 0);
}

/// `==`, in both orders, in nested loops, with a bound from a pattern.
#[resumable]
fn met(rounds: u16, list: &[u8]) -> Passes {
    #[resume]
    let mut passes = Passes(0);
    for bound in 0..rounds {
        #[resume]
        let mut i = 0;
        loop {
            if bound == i {
                break;
            }
            passes.0 += 1;
            i += 1;
            checkpoint!(every = 4);
        }
        #[resume]
        let mut k = 0;
        while k != list.len() {
            passes.0 += u64::from(list[k] == 0);
            k += 1;
        }
    }
    passes
}

#[test]
fn a_number_may_meet_its_bound() {
    check(4, || met(9, &[1, 2]));
    saves(4, || met(200, &[1]));
}

/// The number begins beyond the bound, which it would meet only behind the end of its type.
#[resumable]
fn beyond(first: u64, bound: u64) -> Passes {
    #[resume]
    let mut passes = Passes(0);
    #[resume]
    let mut i: u64 = first;
    while i != bound {
        passes.0 += 1;
        if passes.0 == 40 {
            return passes;
        }
        i += 1;
        checkpoint!(every = 3);
    }
    passes
}

#[test]
fn a_number_beyond_its_bound_goes_on() {
    let due = |passes: Passes| Passes(passes.0 / 3 * 3);
    saves(3, || due(beyond(50, 20)));
    let _ = cut_everywhere(|| beyond(50, 20));
    check(3, || beyond(20, 50));
}

/// The bound moves while the loop runs, and the number may miss it.
#[resumable]
fn missed(#[resume] list: &mut Vec<u32>) -> Passes {
    #[resume]
    let mut passes = Passes(0);
    #[resume]
    let mut i = 0;
    while i != list.len() {
        passes.0 += 1;
        if i == 10 {
            list.truncate(25);
        }
        i += 1;
        checkpoint!(every = 3);
        if passes.0 > 60 {
            break;
        }
    }
    passes
}

#[resumable]
fn shortened(#[resume] list: &mut Vec<u32>) -> Passes {
    #[resume]
    let mut passes = Passes(0);
    #[resume]
    let mut i = 0;
    while i != list.len() {
        passes.0 += 1;
        if i == 10 {
            list.truncate(25);
        }
        i += 1;
        checkpoint!(every = 3);
    }
    passes
}

#[test]
fn a_bound_that_moves_is_looked_at_in_each_pass() {
    saves(3, || missed(&mut vec![0; 40]));
    saves(3, || shortened(&mut vec![0; 40]));
    assert_eq!(shortened(&mut vec![0; 40]).0, 25);
    assert_eq!(missed(&mut vec![0; 40]).0, 25);
}

/// A bound that is no integer, though integers compare with it.
#[derive(Clone, Copy, PartialEq, PartialOrd, Serialize, Deserialize)]
struct Bound(u64);

impl PartialEq<Bound> for u64 {
    fn eq(&self, other: &Bound) -> bool {
        *self == other.0
    }
}

impl PartialOrd<Bound> for u64 {
    fn partial_cmp(&self, other: &Bound) -> Option<std::cmp::Ordering> {
        self.partial_cmp(&other.0)
    }
}

const BOUND: Bound = Bound(30);

struct Bounds {
    last: Bound,
}

impl Bounds {
    fn len(&self) -> Bound {
        self.last
    }
}

#[resumable]
fn foreign(bound: u64) -> Passes {
    #[resume]
    let mut passes = Passes(0);
    let untyped = Bound(bound);
    let bounds = Bounds { last: untyped };
    #[resume]
    let mut i: u64 = 0;
    while i < untyped {
        passes.0 += 1;
        i += 1;
        checkpoint!(every = 4);
    }
    while i <= bounds.last {
        passes.0 += 1;
        i += 1;
    }
    while i < bounds.len() {
        i += 1;
    }
    #[resume]
    let mut k: u64 = 0;
    while k != BOUND {
        k += 1;
        checkpoint!(every = 1_000);
    }
    assert_eq!(k, 30);
    #[resume]
    let mut k: u64 = 0;
    while k < bounds.len() {
        k += 1;
        checkpoint!(every = 1_000);
    }
    assert_eq!(k, bound);
    passes
}

#[test]
fn a_bound_may_be_of_another_type() {
    check(4, || Passes(foreign(40).0 - 1));
}

//! Loops over a number that goes up by one, with what may come between: jumps, seen and hidden in macros, macros and
//! pointers that set the number, a bound that is a static. They save at the passes at which a counter would.

use resume_runtime::testing::cut_everywhere;
use resume_runtime::{checkpoint, resumable};
use resume_tests::passes::{Passes, check, saves};

macro_rules! next {
    () => {
        continue
    };
}

macro_rules! stop {
    () => {
        break
    };
}

macro_rules! set {
    ($place:expr, $value:expr) => {
        $place = $value
    };
}

macro_rules! add {
    ($sum:expr, $by:expr) => {
        $sum += $by
    };
}

/// Jumps that one sees and jumps that one does not see, before the number goes up and after.
#[resumable]
fn jumping(bound: u32) -> (Passes, u32) {
    #[resume]
    let mut passes = Passes(0);
    #[resume]
    let mut rest = 0;
    #[resume]
    let mut i = 0;
    while i < bound {
        if i % 5 == 3 && rest % 2 == 0 {
            rest += 1;
            continue;
        }
        if i % 7 == 6 && rest % 3 == 0 {
            rest += 1;
            next!();
        }
        i += 1;
        if i % 11 == 5 {
            rest += 2;
            next!();
        }
        if i % 13 == 7 {
            rest += 5;
            continue;
        }
        if i == 90 {
            break;
        }
        if i > 80 && rest % 4 == 1 {
            stop!();
        }
        add!(rest, i % 3);
        passes.0 += 1;
        checkpoint!(every = 3);
    }
    (passes, rest)
}

/// The same in an endless loop, in a loop.
#[resumable]
fn jumping_in_rounds(rounds: u32, bound: u32) -> Passes {
    #[resume]
    let mut passes = Passes(0);
    for round in 0..rounds {
        #[resume]
        let mut i = round;
        loop {
            if i == bound {
                break;
            }
            add!(i, 1);
            if i % 4 == round % 4 {
                next!();
            }
            if i > 30 + round {
                stop!();
            }
            passes.0 += 1;
            checkpoint!(every = 5);
        }
    }
    passes
}

#[test]
fn passes_may_be_left_by_jumps() {
    fn plain(bound: u32) -> (u64, u32) {
        let (mut passes, mut rest, mut i) = (0, 0, 0);
        while i < bound {
            if i % 5 == 3 && rest % 2 == 0 {
                rest += 1;
                continue;
            }
            if i % 7 == 6 && rest % 3 == 0 {
                rest += 1;
                continue;
            }
            i += 1;
            if i % 11 == 5 {
                rest += 2;
                continue;
            }
            if i % 13 == 7 {
                rest += 5;
                continue;
            }
            if i == 90 || i > 80 && rest % 4 == 1 {
                break;
            }
            rest += i % 3;
            passes += 1;
        }
        (passes, rest)
    }
    for bound in [20, 60, 200] {
        saves(3, || jumping(bound).0);
        let (Passes(passes), rest) = jumping(bound);
        assert_eq!((passes, rest), plain(bound));
    }
    let _ = cut_everywhere(|| jumping(40));
    check(5, || jumping_in_rounds(3, 20));
    saves(5, || jumping_in_rounds(40, 60));
}

/// A macro sets the number: it skips some, and comes back to others.
#[resumable]
fn skipping(bound: u64) -> Passes {
    #[resume]
    let mut passes = Passes(0);
    #[resume]
    let mut back = 0;
    #[resume]
    let mut i = 0_u64;
    while i <= bound {
        if i % 10 == 4 {
            add!(i, 3);
        } else if i % 100 == 50 && back < i {
            back = i;
            set!(i, back - 20);
        }
        i += 1;
        passes.0 += 1;
        checkpoint!(every = 4);
    }
    passes
}

/// So does a pointer.
#[resumable]
fn pointed(bound: u64) -> Passes {
    #[resume]
    let mut passes = Passes(0);
    #[resume]
    let mut i = 0_u64;
    #[transient]
    let pointer = &raw mut i;
    while i < bound {
        if passes.0 % 10 == 4 {
            #[allow(unsafe_code)]
            // SAFETY: it points at a local of this function.
            unsafe {
                *pointer += 2;
            }
        }
        i += 1;
        passes.0 += 1;
        checkpoint!(every = 4);
    }
    passes
}

#[test]
fn a_number_may_be_set_by_what_does_not_name_it() {
    check(4, || skipping(60));
    saves(4, || skipping(2_000));
    saves(4, || pointed(2_000));
    assert_eq!(pointed(13).0, 11);
}

static mut LAST: u64 = 0;

/// A static may be set behind a name that is not `mut`, and must not be borrowed.
#[resumable]
#[allow(unsafe_code)]
fn closing_in(last: u64) -> Passes {
    #[resume]
    let mut passes = Passes(0);
    #[resume]
    let mut i = 0_u64;
    // SAFETY: one test alone runs this function.
    unsafe {
        LAST = last - i;
        while i != LAST {
            LAST -= 1;
            i += 1;
            passes.0 += 1;
            checkpoint!(every = 3);
        }
    }
    passes
}

#[test]
fn a_static_is_looked_at_in_each_pass() {
    check(3, || closing_in(60));
    saves(3, || closing_in(49_940));
    assert_eq!(closing_in(49_940).0, 24_970);
}

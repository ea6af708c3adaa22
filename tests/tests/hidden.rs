//! What the text of a function does not show: what macros expand to, which code `#[cfg]` leaves out, what a function called
//! `exit` does.

#![allow(clippy::needless_return, clippy::never_loop)]

use resume_runtime::testing::cut_everywhere;
use resume_runtime::{checkpoint, resumable};
use std::cell::Cell;

/// What `f` gives, wherever it is cut.
fn whole<R: PartialEq + std::fmt::Debug + Clone>(f: impl Fn() -> R) -> R {
    let result = Cell::new(None);
    cut_everywhere(|| {
        let given = f();
        result.set(Some(given.clone()));
        given
    });
    result.take().expect("it has run")
}

macro_rules! stop {
    () => {
        break
    };
}

macro_rules! next {
    () => {
        continue
    };
}

#[resumable]
fn stopped_for(last: u64) -> u64 {
    #[resume]
    let mut sum = 0;
    for i in 0..100 {
        if i == last {
            stop!();
        }
        if i % 3 == 1 {
            next!();
        }
        sum += i;
        checkpoint!();
    }
    sum
}

#[resumable]
fn stopped_loop(last: u64) -> u64 {
    #[resume]
    let mut sum = 0;
    #[resume]
    let mut i = 0;
    loop {
        if i == last {
            stop!();
        }
        i += 1;
        sum += i;
        checkpoint!();
    }
    sum
}

/// The loop in the other branch ends, so what comes behind is not skipped, nor is the branch run.
#[resumable]
fn stopped_in_a_branch(n: u64) -> u64 {
    #[resume]
    let mut sum = n;
    if n > 3 {
        sum += 10;
        checkpoint!();
        sum += 100;
    } else {
        loop {
            sum += 1;
            stop!();
        }
    }
    sum
}

#[test]
fn a_break_in_a_macro_leaves_the_loop() {
    for n in 0..7 {
        assert_eq!(whole(|| stopped_for(n)), (0..n).filter(|i| i % 3 != 1).sum());
        assert_eq!(whole(|| stopped_loop(n)), (0..=n).sum());
        assert_eq!(whole(|| stopped_in_a_branch(n)), if n > 3 { n + 110 } else { n + 1 });
    }
}

#[resumable]
fn configured(#[cfg(any())] absent: u64, n: u64) -> u64 {
    #[cfg(not(any()))]
    #[resume]
    let mut sum = n;
    #[cfg(any())]
    let sum = absent;
    for i in 0..n {
        sum += i;
        #[cfg(any())]
        if sum > 3 {
            checkpoint!();
            break;
        }
        match i {
            #[cfg(any())]
            1 => sum += 1000,
            #[cfg(any())]
            2 => {
                sum += 1000;
                checkpoint!();
            }
            3 => {
                sum += 5;
                checkpoint!();
            }
            _ => {}
        }
        if i == 4 {
            sum *= 2;
            checkpoint!();
        } else {
            sum += 1;
            #[cfg(any())]
            return 7;
        }
    }
    #[cfg(any())]
    {
        sum
    }
    #[cfg(not(any()))]
    {
        sum * 3
    }
}

#[test]
fn what_cfg_leaves_out_is_not_there() {
    let plain = |n: u64| {
        let mut sum = n;
        for i in 0..n {
            sum += i + if i == 3 { 5 } else { 0 };
            sum = if i == 4 { sum * 2 } else { sum + 1 };
        }
        sum * 3
    };
    for n in 0..7 {
        assert_eq!(whole(|| configured(n)), plain(n));
    }
}

thread_local! {
    static CALLS: Cell<u64> = const { Cell::new(0) };
}

/// It does not end the process, so the run ends at the end of the function.
fn exit(n: u64) -> u64 {
    CALLS.set(CALLS.get() + 1);
    n * 10
}

#[resumable(on_return = memoize)]
fn calls_its_own_exit(n: u64) -> u64 {
    #[resume]
    let mut sum = n;
    for i in 0..3 {
        sum += i;
        checkpoint!();
    }
    exit(1);
    exit(sum)
}

#[test]
fn a_function_called_exit_ends_no_run() {
    let folder = std::path::Path::new(env!("CARGO_TARGET_TMPDIR")).join(format!("hidden-{}", std::process::id()));
    resume_runtime::configure().store(&folder).quiet(true);
    assert_eq!([calls_its_own_exit(4), calls_its_own_exit(4)], [70, 70]);
    assert_eq!(CALLS.get(), 2, "the second call is answered from the first one's result");
    std::fs::remove_dir_all(folder).expect("the folder was the test's own");
}

macro_rules! double {
    ($name:ident) => {
        let $name = $name * 2;
    };
}

/// Mentions its name, and declares nothing of it.
macro_rules! note {
    ($into:ident, $name:ident) => {
        let noted = $name + 1;
        $into.push(noted);
    };
}

/// The macro's `x` ends with the fresh part: in the loop it would be the one from before, silently.
#[resumable]
fn declared_anew(n: u64, has_site: bool) -> u64 {
    #[resume]
    let mut sum = 0;
    let x = n + 1;
    if has_site {
        checkpoint!();
    }
    double!(x);
    sum += x;
    for k in 0..n {
        sum += x + k;
        checkpoint!();
    }
    sum
}

#[resumable]
fn parameter_declared_anew(n: u64) -> u64 {
    #[resume]
    let mut sum = 0;
    double!(n);
    sum += n;
    while sum < 100 {
        sum += n;
        checkpoint!();
    }
    sum
}

/// What the macro declares is used in its own part only; what it mentions stays what it is.
#[resumable]
fn mentioned_only(n: u64) -> (u64, Vec<u64>) {
    #[resume]
    let mut notes = Vec::new();
    let x = n + 1;
    let y = n + 2;
    note!(notes, x);
    note!(notes, n);
    double!(y);
    notes.push(y);
    for k in 0..n {
        note!(notes, x);
        notes.push(k);
        checkpoint!();
        note!(notes, x);
    }
    (x, notes)
}

#[test]
fn a_name_that_a_macro_declares_anew_is_no_other_value() {
    let said = |run: &dyn Fn() -> u64| {
        let panic = std::panic::catch_unwind(std::panic::AssertUnwindSafe(run)).expect_err("it is noticed");
        panic.downcast_ref::<String>().cloned().unwrap_or_default()
    };
    for has_site in [false, true] {
        let said = said(&|| whole(|| declared_anew(4, has_site)));
        assert!(said.contains("declares `x` anew") && said.contains("let x = "), "{said}");
    }
    let said = said(&|| whole(|| parameter_declared_anew(4)));
    assert!(said.contains("declares `n` anew"), "{said}");
    let (x, notes) = whole(|| mentioned_only(3));
    assert_eq!((x, notes), (4, vec![5, 4, 10, 5, 0, 5, 5, 1, 5, 5, 2, 5]));
}

/// What `plain` and `resumed` give, of one text: parts of it come in groups without delimiters, which hold them together.
macro_rules! both {
    ($value:expr, $negative:expr, $function:expr, $number:ty, $list:expr, $fields:expr, $most:expr) => {
        fn plain(n: u64) -> Vec<u64> {
            let mut seen = Vec::new();
            for k in 0..n * $value {
                seen.push($value * 10 + k);
                seen.push(($value as $number) as u64);
                seen.push($negative.unsigned_abs() + $function(3) + $list[1]);
                seen.push(format!("{} {:?}", $value * 2, $negative.pow(2)).len() as u64);
                seen.push(double!($value));
                if $fields == (Pair { a: k }) {
                    seen.push(u64::from(!$most) + u64::from($most == true));
                }
                let inner = 2 * $value;
                seen.push(inner);
            }
            seen
        }

        #[resumable]
        fn resumed(n: u64) -> Vec<u64> {
            #[resume]
            let mut seen = Vec::new();
            for k in 0..n * $value {
                seen.push($value * 10 + k);
                seen.push(($value as $number) as u64);
                seen.push($negative.unsigned_abs() + $function(3) + $list[1]);
                seen.push(format!("{} {:?}", $value * 2, $negative.pow(2)).len() as u64);
                seen.push(double!($value));
                if $fields == (Pair { a: k }) {
                    seen.push(u64::from(!$most) + u64::from($most == true));
                }
                #[resume]
                let inner = 2 * $value;
                checkpoint!(every = $value * 3, when = !$most);
                seen.push(inner);
            }
            seen
        }
    };
}

macro_rules! double {
    ($value:tt) => {
        $value * 2
    };
}

#[derive(PartialEq)]
struct Pair {
    a: u64,
}

both!(1 + 2, -5_i64, |x: u64| x + 1, u32, &[3, 4], Pair { a: 2 }, 3 > 4 || 5 > 4);

#[test]
#[allow(clippy::bool_comparison)]
fn what_a_macro_puts_in_is_held_together() {
    assert_eq!(whole(|| resumed(3)), plain(3));
}

/// Types that come out of a `macro_rules!` are in a group that nobody sees.
macro_rules! typed {
    ($name:ident, $array:ty, $reference:ty) => {
        #[resumable]
        fn $name(long: $array, #[resume] sums: $reference) -> u64 {
            #[resume]
            let mut own: $array = long;
            for k in 0..long.len() {
                own[k] += 1;
                sums.push(u64::from(own[k]));
                checkpoint!(every = 3);
            }
            own.iter().map(|&byte| u64::from(byte)).sum::<u64>() + sums.len() as u64
        }
    };
}

typed!(of_types, [u8; 40], &mut Vec<u64>);

#[test]
fn types_out_of_a_macro() {
    cut_everywhere(|| {
        let mut sums = vec![7];
        (of_types([5; 40], &mut sums), sums)
    });
    assert_eq!(of_types([5; 40], &mut vec![7]), 6 * 40 + 41);
}

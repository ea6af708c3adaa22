//! Functions of every kind, with names that meet those of the expansion, under lints that deny: what the attribute makes
//! of a function warns of nothing and takes no name.

#![deny(
    warnings,
    unused,
    missing_docs,
    unreachable_pub,
    let_underscore,
    rust_2018_idioms,
    nonstandard_style,
    elided_lifetimes_in_paths,
    single_use_lifetimes,
    trivial_casts,
    trivial_numeric_casts,
    unused_import_braces,
    unused_lifetimes,
    unused_qualifications,
    variant_size_differences,
    meta_variable_misuse,
    explicit_outlives_requirements,
    keyword_idents
)]
#![forbid(unsafe_op_in_unsafe_fn)]

use resume_runtime::{checkpoint, resumable, testing};
use serde::{Deserialize, Serialize};
use std::future::Future;
use std::task::{Context, Poll, Waker};

/// The dependency under another name.
mod renamed {
    pub(crate) use resume_runtime as runtime;
}

/// Every loop, and names that the expansion uses for itself.
#[resumable]
fn names(run: u64, target: u64) -> u64 {
    const FUNCTION: u64 = 1;
    let left_1 = run + FUNCTION;
    #[resume]
    let mut held = left_1;
    #[resume]
    let mut saved = (target, 2_u64);
    #[resume]
    let mut __resume = 0_u64;
    let end = 4;
    'loop_1: for value in 0..end {
        let steps_1 = value + left_1;
        'end_1: for item in [1_u64, 2, 3] {
            let when = item % 2 == 0;
            'pass_1: loop {
                __resume += steps_1;
                if when {
                    break 'pass_1;
                }
                if __resume > 100 {
                    break 'loop_1;
                }
                checkpoint!(when = when);
                if item == 3 {
                    continue 'end_1;
                }
                break 'pass_1;
            }
            held += item;
            checkpoint!(every = 2);
        }
        saved.0 += held;
        checkpoint!();
    }
    let arm = match saved.0 % 2 {
        0 => {
            #[resume]
            let block = saved.1;
            checkpoint!(label = "even");
            block
        }
        _ => 3,
    };
    arm + held + saved.0 + __resume
}

/// Attributes of a loop are for all of it.
#[resumable]
fn allowed(n: u64) -> u64 {
    #[resume]
    let mut i = 0;
    #[allow(unused_variables)]
    while i < n {
        let unused = i;
        i += 1;
        checkpoint!(every = 3);
    }
    #[allow(unused_variables)]
    while i * 2 > n {
        let unused = i;
        i -= 1;
        checkpoint!(every = 3);
    }
    #[allow(unused_variables)]
    for unused in 0..n {
        checkpoint!(every = 3);
    }
    #[allow(unused_variables)]
    for (at, unused) in [1, 2].iter().enumerate() {
        i += u64::from(at == 0);
        checkpoint!(every = 3);
    }
    #[allow(unused_variables)]
    loop {
        let unused = i;
        checkpoint!(every = 3);
        i += 1;
        if i > n {
            break;
        }
    }
    i
}

/// `while`, `while let`, `if let`, `let … else`, `?`, a labelled block with a value.
#[resumable]
fn decisions(n: u64) -> Result<u64, Box<dyn std::error::Error>> {
    #[resume]
    let mut queue: Vec<u64> = (0..n).collect();
    #[resume]
    let mut sum = 0_u64;
    while sum < 10 {
        sum += 3;
        checkpoint!(interval = "10s");
    }
    while let Some(job) = queue.pop() {
        #[resume]
        let job = job;
        checkpoint!();
        sum += job;
    }
    let Some(first) = (if n > 1 { Some(n) } else { None }) else {
        checkpoint!();
        return Ok(sum);
    };
    if let Some(more) = first.checked_sub(2) {
        #[resume]
        let more = more;
        checkpoint!();
        sum += more;
    } else {
        sum += 1;
    }
    let parsed: u64 = "7".parse()?;
    #[resume]
    let found = 'search: {
        if parsed == n {
            break 'search 1;
        }
        checkpoint!();
        2
    };
    checkpoint!();
    Ok(sum + parsed + found)
}

/// The state of a method.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
struct Sim<T> {
    state: Vec<T>,
}

/// A trait with a resumable method.
trait Walk {
    /// Walks.
    fn walk(&mut self, n: u64) -> u64;
}

impl<T: Copy + Into<u64> + From<u8> + Serialize + for<'de> Deserialize<'de>> Walk for Sim<T> {
    #[resumable]
    fn walk(#[resume] &mut self, n: u64) -> u64 {
        for _ in 0..n {
            self.state.push(T::from(3));
            checkpoint!();
        }
        self.state.iter().map(|x| (*x).into()).sum()
    }
}

impl<T> Sim<T> {
    /// Borrows from a captured parameter, and is generic over a constant.
    #[resumable(on_return = keep, key = "{n}-{}", N)]
    fn last<'a, const N: usize>(#[resume] &'a mut self, #[transient] mut n: usize) -> Option<&'a T>
    where
        T: Clone + Serialize + for<'de> Deserialize<'de>,
    {
        #[resume]
        let mut table = [0_u8; N];
        while n > 0 {
            n -= 1;
            table[n % N] += 1;
            checkpoint!();
        }
        self.state.get(usize::from(table[0]) % self.state.len().max(1))
    }
}

/// An `async` function.
#[resumable]
async fn later(n: u64, #[transient] log: &mut Vec<u64>) -> u64 {
    #[resume]
    let mut sum = 0;
    for k in 0..n {
        sum += std::future::ready(k).await;
        log.push(sum);
        checkpoint!();
    }
    sum
}

/// `impl Trait` in and out; a result that is memoized; child runs.
#[resumable(seed = 4, strict)]
fn nested(items: impl Iterator<Item = u64> + Clone + Serialize) -> impl Fn(u64) -> u64 {
    #[resume]
    let mut sum = 0;
    for x in items.clone() {
        sum += inner(x);
        checkpoint!();
    }
    move |x| x + sum
}

/// Memoized, without a site in the loop.
#[resumable(on_return = memoize)]
fn inner(n: u64) -> u64 {
    if n.is_multiple_of(2) {
        checkpoint!();
        n
    } else {
        n + 1
    }
}

/// An `unsafe fn`, patterns, a transient local, `unsafe` blocks.
///
/// # Safety
///
/// None is needed.
#[resumable]
unsafe fn patterns((a, b): (u64, u64), [c, .., d]: [u64; 4], _: bool) -> (u64, u64) {
    #[resume]
    let (mut low, high) = (a + c, b + d);
    #[transient]
    let mut scratch = Vec::new();
    for (at, ref x @ (.., y)) in [(0_u64, (1_u64, 2_u64)), (1, (20, 3))] {
        scratch.push(x.0 + y);
        unsafe {
            low += at + unchecked(y);
            checkpoint!();
        }
        scratch.clear();
    }
    (low, high)
}

/// A branch that by its name ends the program, beside one with a site, and code that is left out.
#[resumable(crate = self::renamed::runtime)]
fn ends(kind: u64, #[cfg(any())] absent: u64) -> u64 {
    #[resume]
    let mut sum = kind;
    for i in 0..2_u64 {
        sum += i;
        #[cfg(any())]
        return absent;
        #[cfg(not(any()))]
        checkpoint!();
    }
    match sum {
        #[cfg(any())]
        7 => absent,
        0..=100 => return sum,
        101 => {
            checkpoint!();
            std::process::exit(1)
        }
        _ => panic!("{sum}"),
    }
}

/// Nothing comes behind its last statement.
#[resumable]
fn exits(kind: u64) {
    if kind < 10 {
        checkpoint!();
        return;
    }
    std::process::exit(3);
}

/// Its value is never made.
#[resumable]
fn panics(kind: u64) -> u64 {
    for i in 0..kind {
        checkpoint!();
        if i == 2 {
            return kind;
        }
    }
    panic!("{kind}")
}

/// # Safety
///
/// None is needed.
unsafe fn unchecked(x: u64) -> u64 {
    x
}

macro_rules! walker {
    ($name:ident, $acc:ident, $step:literal) => {
        #[resumable(crate = self::renamed::runtime)]
        fn $name(n: u64) -> u64 {
            #[resume]
            let mut $acc = 0_u64;
            #[resume]
            let mut own = 0_u64;
            for k in 0..n {
                $acc += $step;
                own += k;
                checkpoint!();
            }
            $acc + own
        }
    };
}

walker!(by_macro, run, 2);
walker!(by_macro_again, target, 3);

fn block_on<F: Future>(future: F) -> F::Output {
    let mut future = Box::pin(future);
    loop {
        if let Poll::Ready(result) = future.as_mut().poll(&mut Context::from_waker(Waker::noop())) {
            return result;
        }
    }
}

#[test]
fn hostile_names_are_cut_everywhere() {
    testing::cut_everywhere(|| names(1, 2));
    testing::cut_everywhere(|| allowed(5));
    testing::cut_everywhere(|| decisions(5).expect("no error"));
    testing::cut_everywhere(|| {
        let mut sim = Sim { state: vec![1_u32] };
        (sim.walk(5), sim.last::<3>(4).copied(), sim)
    });
    testing::cut_everywhere(|| block_on(later(4, &mut Vec::new())));
    testing::cut_everywhere(|| nested(0..4)(1));
    // SAFETY: it needs nothing.
    testing::cut_everywhere(|| unsafe { patterns((1, 2), [1, 2, 3, 4], true) });
    testing::cut_everywhere(|| (by_macro(4), by_macro_again(4)));
    testing::cut_everywhere(|| (ends(3), exits(3), panics(3)));
}

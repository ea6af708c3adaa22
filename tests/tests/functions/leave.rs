//! Branches that do not come to their end, or differ in what they need: at each site that is alive which code behind it
//! can mention, by the ways that control can take, and nothing else.

// Whole functions are about where `return` and `continue` stand.
#![allow(clippy::needless_return, clippy::needless_continue)]

use resume_runtime::testing::cut_everywhere;
use resume_runtime::{checkpoint, resumable};
use serde::{Deserialize, Serialize, Serializer};
use std::cell::RefCell;
use std::collections::BTreeSet;

/// A local that is dead at a site is of a type that no snapshot can hold, and says when it is dropped.
struct Tool(u64);

thread_local! {
    static LOG: RefCell<Vec<String>> = const { RefCell::new(Vec::new()) };
}

fn log(what: impl Into<String>) {
    LOG.with_borrow_mut(|log| log.push(what.into()));
}

/// What `f` logs when it is run as a whole.
fn logged<R: PartialEq + std::fmt::Debug>(f: impl Fn() -> R) -> Vec<String> {
    let whole = RefCell::new(None);
    cut_everywhere(|| {
        LOG.with_borrow_mut(Vec::clear);
        let result = f();
        whole.borrow_mut().get_or_insert_with(|| LOG.with_borrow(Vec::clone));
        result
    });
    whole.take().expect("it has run")
}

/// What `f` saves, wherever it is cut.
fn saved<R: PartialEq + std::fmt::Debug>(f: impl Fn() -> R) -> BTreeSet<String> {
    LOG.with_borrow_mut(Vec::clear);
    cut_everywhere(f);
    LOG.with_borrow(|log| log.iter().filter(|what| what.starts_with("save")).cloned().collect())
}

impl Tool {
    fn used(&mut self) -> u64 {
        self.0 += 1;
        self.0
    }
}

impl Drop for Tool {
    fn drop(&mut self) {
        log(format!("drop {}", self.0));
    }
}

/// A captured value that says when it is saved.
#[derive(Debug, PartialEq, Deserialize)]
struct Heavy(u64);

impl Serialize for Heavy {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        log(format!("save {}", self.0));
        serializer.serialize_newtype_struct("Heavy", &self.0)
    }
}

fn site(name: &str) -> bool {
    log(name);
    false
}

#[resumable]
fn next_turn(n: u64) -> u64 {
    #[resume]
    let mut sum = 0;
    for i in 0..n {
        let mut tool = Tool(i * 10);
        if tool.used().is_multiple_of(3) {
            sum += tool.used();
            checkpoint!(when = site("site"));
            sum += 1;
            continue;
        }
        sum += tool.used() * 2;
    }
    sum
}

#[test]
fn a_local_is_dropped_before_the_site_of_a_branch_that_leaves() {
    let log = logged(|| next_turn(3));
    assert_eq!(log, ["drop 2", "drop 12", "drop 22", "site"]);
}

#[resumable]
fn out_of_the_function(kind: Option<u64>) -> u64 {
    let mut tool = Tool(1);
    let shown = tool.used();
    match kind {
        Some(n) if n > 5 => {
            log(format!("{n} {shown}"));
            checkpoint!(every = 1);
            return 1;
        }
        Some(0) => loop {
            checkpoint!();
            #[resume]
            let turn = 3;
            checkpoint!();
            return turn;
        },
        Some(n) => log(format!("{n}")),
        None => {
            #[resume]
            let mut turns = 0;
            let result = loop {
                turns += 1;
                checkpoint!();
                if turns > 3 {
                    break turns;
                }
            };
            return result;
        }
    }
    tool.used()
}

#[resumable]
fn labelled(n: u64) -> u64 {
    #[resume]
    let mut sum = 0;
    'outer: for i in 0..n {
        let mut tool = Tool(i);
        let found = 'search: {
            let mut probe = Tool(tool.used());
            if probe.0.is_multiple_of(2) {
                checkpoint!();
                break 'search 7;
            } else if probe.0.is_multiple_of(5) {
                sum += probe.used();
                checkpoint!();
                break 'outer;
            }
            for k in 0..2 {
                let mut inner = Tool(k);
                if inner.used() == 2 {
                    sum += k;
                    continue 'outer;
                }
                sum += inner.used();
            }
            probe.used()
        };
        sum += found;
    }
    sum
}

#[resumable]
fn deep(n: u64) -> Result<u64, std::io::Error> {
    #[resume]
    let mut sum = 0;
    for i in 0..n {
        let mut tool = Tool(i);
        if i % 2 == 0 {
            let mut other = Tool(i + 7);
            {
                if i % 4 == 0 {
                    log(format!("{}", tool.0 + other.0));
                    #[resume]
                    let more = other.used();
                    checkpoint!();
                    sum += more;
                    continue;
                }
            }
            sum += other.used();
        } else if i % 7 == 0 {
            checkpoint!();
            break;
        }
        sum += tool.used();
        if sum > 100 {
            checkpoint!();
            return Err(std::io::Error::other("much"));
        }
    }
    Ok(sum)
}

#[resumable]
fn sites_on_both_ways(n: u64) -> u64 {
    #[resume]
    let mut sum = 0;
    for i in 0..n {
        let mut tool = Tool(i);
        tool.used();
        #[resume]
        let mut heavy = Heavy(i);
        let double = n * 2;
        let view = &double;
        if i % 3 == 1 {
            sum += tool.used();
            checkpoint!(every = 2);
            sum += *view;
            continue;
        } else if i % 3 == 2 {
            sum += tool.used();
            checkpoint!();
            heavy.0 += *view;
            sum += heavy.0;
            continue;
        }
        sum += tool.used();
        drop(tool);
        checkpoint!();
        sum += heavy.0;
        if sum > 50 {
            checkpoint!();
            return sum + *view;
        }
        sum += heavy.0;
    }
    sum
}

#[resumable]
fn refused(words: &[u64]) -> u64 {
    #[resume]
    let mut sum = 0;
    for at in 0..words.len() {
        let mut tool = Tool(at as u64);
        let Some(half) = words[at].checked_sub(3) else {
            checkpoint!();
            sum += 100;
            continue;
        };
        let next = if half == 4 {
            checkpoint!();
            sum += 5;
            break;
        } else {
            tool.used()
        };
        sum += next + half + tool.used();
    }
    sum
}

#[resumable]
fn bound_by_patterns(n: u64) -> u64 {
    #[resume]
    let mut queue: Vec<u64> = (0..n).collect();
    #[resume]
    let mut sum = 0;
    while let Some(mut job) = queue.pop() {
        if job % 2 == 0 {
            sum += job;
            checkpoint!();
            continue;
        }
        job += 1;
        sum += job;
    }
    for mut item in 0..n {
        if item == 2 {
            checkpoint!();
            sum += 1;
            continue;
        }
        item += 1;
        sum += item;
    }
    if let Some(mut last) = sum.checked_sub(2) {
        if last % 2 == 0 {
            last += 1;
            log(format!("{last}"));
            checkpoint!();
            return 4;
        }
        last += 1;
        sum += last;
    }
    sum
}

/// The loop is left by `return` alone.
#[resumable]
fn for_ever(n: u64) -> u64 {
    let mut tool = Tool(n);
    if n > 2 {
        #[resume]
        let mut turns = 0;
        loop {
            turns += 1;
            checkpoint!();
            if turns > n {
                return turns;
            }
        }
    }
    tool.used()
}

#[resumable]
async fn in_async(n: u64) -> u64 {
    #[resume]
    let mut sum = 0;
    for i in 0..n {
        let mut text = format!("{i}");
        if i % 2 == 1 {
            std::future::ready(()).await;
            checkpoint!();
            continue;
        }
        text.push('0');
        sum += std::future::ready(text.len() as u64).await;
    }
    sum
}

#[test]
fn branches_that_leave_are_cut_everywhere() {
    for kind in [None, Some(0), Some(3), Some(9)] {
        cut_everywhere(|| out_of_the_function(kind));
    }
    cut_everywhere(|| (labelled(4), labelled(9)));
    cut_everywhere(|| deep(12).map_err(|error| error.to_string()));
    cut_everywhere(|| deep(60).map_err(|error| error.to_string()));
    cut_everywhere(|| (sites_on_both_ways(5), sites_on_both_ways(30)));
    cut_everywhere(|| (for_ever(1), for_ever(4)));
    cut_everywhere(|| (refused(&[5, 1, 9]), refused(&[2, 7, 1])));
    cut_everywhere(|| (bound_by_patterns(4), bound_by_patterns(7)));
    cut_everywhere(|| {
        let mut future = Box::pin(in_async(5));
        let mut context = std::task::Context::from_waker(std::task::Waker::noop());
        loop {
            if let std::task::Poll::Ready(sum) = future.as_mut().poll(&mut context) {
                break sum;
            }
        }
    });
}

fn eat(heavy: Heavy) -> u64 {
    heavy.0
}

#[resumable]
fn one_needs_it(first: bool) -> u64 {
    #[resume]
    let heavy = Heavy(5);
    #[resume]
    let mut sum = 1;
    if first {
        sum += eat(heavy);
        checkpoint!(when = site("without"));
        sum += 1;
    } else {
        checkpoint!(when = site("with"));
        sum += eat(heavy);
    }
    sum
}

#[resumable]
fn each_needs_another(kind: u64) -> u64 {
    #[resume]
    let one = Heavy(1);
    #[resume]
    let two = Heavy(2);
    let text = format!("{kind}");
    let view = text.as_str();
    #[resume]
    let mut sum = 0;
    match kind {
        0 => {
            sum += eat(two);
            checkpoint!(when = site("one"));
            sum += eat(one) + 3;
        }
        1 => {
            checkpoint!(when = site("two"));
            sum += eat(two) + view.len() as u64;
        }
        _ => sum += 3,
    }
    checkpoint!(when = site("end"));
    sum
}

#[resumable]
fn chained(kind: u64) -> u64 {
    #[resume]
    let heavy = Heavy(kind);
    if kind == 0 {
        checkpoint!();
        eat(heavy)
    } else if kind == 1 {
        let size = eat(heavy);
        checkpoint!(when = size == 0);
        3
    } else if let Some(less) = kind.checked_sub(3) {
        log(format!("{less}"));
        checkpoint!();
        4
    } else {
        let _ = heavy;
        9
    }
}

#[test]
fn each_branch_saves_what_it_needs() {
    assert_eq!(saved(|| one_needs_it(true)), [].into());
    assert_eq!(saved(|| one_needs_it(false)), ["save 5".to_owned()].into());
    assert_eq!(saved(|| each_needs_another(1)), ["save 2".to_owned()].into());
    assert_eq!(saved(|| chained(0)), ["save 0".to_owned()].into());
    for kind in 1..4 {
        assert_eq!(saved(|| chained(kind)), [].into());
    }
}

fn exit(sum: &mut u64) {
    *sum += 7;
}

#[resumable]
fn past_a_call(n: u64) -> u64 {
    #[resume]
    let mut sum = n;
    if n > 2 {
        exit(&mut sum);
    } else {
        checkpoint!();
        sum += 1;
    }
    sum
}

#[test]
fn a_name_that_elsewhere_ends_the_program_ends_nothing() {
    cut_everywhere(|| assert_eq!((past_a_call(1), past_a_call(3)), (2, 10)));
}

/// All that stands before the last value leaves, by branches that are moved behind it and behind one another.
#[resumable]
fn all_leave(start: u64) -> u64 {
    #[resume]
    let mut held = start;
    let wide = [start; 3];
    if wide.len() as u64 > start {
        let Some(half) = held.checked_sub(1) else {
            checkpoint!();
            return held + 100;
        };
        held += half;
    } else {
        checkpoint!();
    }
    match (held % 3, wide[0].is_multiple_of(2)) {
        (0, _) => {
            while held < 30 {
                held += 1;
                checkpoint!();
            }
            return held;
        }
        (part, true) => {
            #[resume]
            let mut part = part + wide[1];
            checkpoint!();
            part *= 2;
            return part;
        }
        _ => return held,
    }
    #[allow(unreachable_code)]
    {
        checkpoint!();
        held
    }
}

#[test]
fn nothing_is_left() {
    assert_eq!((0..8).map(all_leave).collect::<Vec<_>>(), [100, 1, 30, 30, 10, 5, 30, 7]);
    cut_everywhere(|| (0..8).map(all_leave).collect::<Vec<_>>());
}

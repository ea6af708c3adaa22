//! What names a run: two that nothing tells apart are not taken for one.

use std::cell::Cell;
use std::collections::{BTreeSet, HashMap, HashSet};
use std::io;
use std::panic::{catch_unwind, resume_unwind};
use std::sync::Once;

use resume_runtime::rand_chacha::rand_core::Rng;
use resume_runtime::testing::cut_everywhere;
use resume_runtime::{Error, ErrorKind, checkpoint, configure, resumable, rng, store::Memory};
use serde::{Deserialize, Serialize};

fn quietly() {
    static ONCE: Once = Once::new();
    ONCE.call_once(|| {
        configure().store_in(Memory::new()).quiet(true);
    });
}

#[resumable]
fn summed(#[transient] step: impl Fn(u64) -> u64, n: u64) -> Result<u64, Error> {
    #[resume]
    let mut sum = 0;
    for i in 0..n {
        sum += step(i);
        checkpoint!();
    }
    Ok(sum)
}

#[resumable(key = "{name}")]
fn named<F: Fn(u64) -> u64>(name: &str, step: F, n: u64) -> Result<u64, Error> {
    #[resume]
    let mut sum = 0;
    for i in 0..n {
        sum += step(i);
        checkpoint!();
    }
    Ok(sum)
}

fn twice(x: u64) -> u64 {
    x * 2
}

#[test]
fn closures_have_no_names() {
    quietly();
    for _ in 0..2 {
        assert_eq!(summed(twice, 5).expect("a function has a name"), 20);
    }
    let mut results = Vec::new();
    for _ in 0..2 {
        results.push(summed(|x| x, 5).map_err(|error| error.kind()));
        results.push(summed(|x| 100 * x, 5).map_err(|error| error.kind()));
    }
    assert_eq!(results, [Ok(10), Err(ErrorKind::Ambiguous), Ok(10), Err(ErrorKind::Ambiguous)]);
    assert_eq!(summed(|x| 10 * x, 3).expect("another argument"), 30);
    // A key does not tell which is which, but the user does.
    assert_eq!(named("once", |x| x, 5).expect("it has a name"), 10);
    assert_eq!(named("much", |x| 100 * x, 5).expect("it has a name"), 1000);
    assert_eq!(named("much", |x| 7 * x, 5).expect_err("the first is called so").kind(), ErrorKind::Ambiguous);
    let _ = cut_everywhere(|| summed(|x| x + 1, 5).expect("a store of its own"));
    let _ = cut_everywhere(|| summed(|x| x + 2, 5).expect("a store of its own"));
}

#[test]
fn functions_of_one_name_in_one_function() {
    quietly();
    let one = {
        #[resumable]
        fn count(n: u64) -> Result<u64, Error> {
            checkpoint!();
            Ok(n)
        }
        count(5)
    };
    let other = {
        #[resumable]
        fn count(n: u64) -> Result<u64, Error> {
            checkpoint!();
            Ok(n + 1)
        }
        count(5)
    };
    assert_eq!(one.expect("the first"), 5);
    let error = other.expect_err("the second");
    assert!(error.to_string().contains("functions_of_one_name_in_one_function::count"), "{error}");
}

#[resumable]
fn over_set(set: HashSet<u64>, n: u64) -> Result<u64, Error> {
    checkpoint!();
    Ok(set.len() as u64 + n)
}

#[resumable]
fn over_sets(sets: &[(u64, Option<HashSet<String>>)]) -> Result<usize, Error> {
    checkpoint!();
    Ok(sets.len())
}

#[resumable]
fn over_others(set: BTreeSet<u64>, map: HashMap<String, u64>, #[transient] seen: HashSet<u64>) -> Result<usize, Error> {
    checkpoint!();
    Ok(set.len() + map.len() + seen.len())
}

#[resumable(key = "{n}")]
fn over_named(set: HashSet<u64>, n: u64) -> Result<u64, Error> {
    checkpoint!();
    Ok(set.len() as u64 + n)
}

#[test]
fn a_set_whose_order_is_random_names_no_run() {
    quietly();
    let error = over_set(HashSet::from([1, 2]), 3).expect_err("it has another order in each process");
    assert_eq!(error.kind(), ErrorKind::Encode);
    assert!(error.to_string().contains("`set`") && error.to_string().contains("BTreeSet"), "{error}");
    assert!(over_sets(&[(1, None)]).is_err());
    let map = HashMap::from([("a".to_owned(), 1)]);
    assert_eq!(over_others(BTreeSet::from([1]), map, HashSet::from([1, 2])).expect("all are in order"), 4);
    assert_eq!(over_named(HashSet::from([1, 2]), 3).expect("named by its key"), 5);
}

/// Ten passes on what it is lent; where that comes to `stop`, it fails.
#[resumable]
fn grow(#[resume] x: &mut u64, #[transient] stop: u64) -> io::Result<()> {
    for _ in 0..10 {
        *x += 1;
        if *x == stop {
            return Err(io::Error::other("stopped"));
        }
        checkpoint!(every = 2);
    }
    Ok(())
}

#[resumable]
fn look(x: u64) -> io::Result<u64> {
    checkpoint!();
    Ok(x)
}

/// Saves nothing by itself.
#[resumable]
fn grow_and_look(name: &str, #[transient] looks: [bool; 3], #[transient] stop: u64) -> io::Result<u64> {
    #[resume]
    let mut x = 0;
    for pass in 0..3 {
        if looks[pass] {
            look(x)?;
        }
        grow(&mut x, stop)?;
        checkpoint!(every = 100);
    }
    Ok(x)
}

/// The place of a call among all calls of child runs would be that of another pass.
#[test]
fn calls_behind_others_than_they_were_saved_behind() {
    quietly();
    let some = [true, false];
    let all = || some.into_iter().flat_map(move |a| some.into_iter().flat_map(move |b| some.map(move |c| [a, b, c])));
    for before in all() {
        for after in all() {
            for stop in [5, 15, 25] {
                let name = format!("{before:?} {after:?} {stop}");
                assert!(grow_and_look(&name, before, stop).is_err());
                assert_eq!(grow_and_look(&name, after, 0).expect("it is not stopped"), 30, "{name}");
            }
        }
    }
}

/// What has come in, and its sum so far.
#[derive(Clone, Default, Debug, Serialize, Deserialize)]
struct Batch {
    items: Vec<u64>,
    total: u64,
    /// It is in another order in each process.
    seen: HashSet<u64>,
}

impl Batch {
    #[resumable]
    fn flush(#[resume] &mut self) {
        #[resume]
        let mut at = 0;
        while at < self.items.len() {
            self.total += self.items[at];
            self.seen.insert(self.items[at]);
            at += 1;
            checkpoint!(every = 1);
        }
        self.items.clear();
    }
}

impl Drop for Batch {
    fn drop(&mut self) {
        if !self.items.is_empty() {
            self.flush();
        }
    }
}

#[derive(Clone, Copy, PartialEq, Debug, Serialize)]
enum Fails {
    Returns,
    Asks,
    Panics,
    Flushes,
}

thread_local! {
    static FAILS: Cell<bool> = const { Cell::new(false) };
}

#[resumable]
fn in_batches(how: Fails, at: u64) -> io::Result<u64> {
    #[resume]
    let mut batch = Batch::default();
    for k in 1..=6 {
        batch.items.push(k);
        if k == at && FAILS.replace(false) {
            match how {
                Fails::Returns => return Err(io::Error::other("the network")),
                Fails::Asks => Err(io::Error::other("the network"))?,
                Fails::Panics => resume_unwind(Box::new(())),
                Fails::Flushes => {
                    batch.flush();
                    return Err(io::Error::other("the network"));
                }
            }
        }
        batch.items.push(100 * k);
        batch.flush();
        checkpoint!(every = 2);
    }
    Ok(batch.total + batch.seen.len() as u64)
}

/// What is called there is none of the steps that the next life goes over.
#[test]
fn calls_on_the_way_out_of_a_run_that_fails() {
    quietly();
    for how in [Fails::Returns, Fails::Asks, Fails::Panics, Fails::Flushes] {
        for at in 1..=6 {
            FAILS.set(true);
            let failed = catch_unwind(|| in_batches(how, at));
            assert!(failed.is_err() || failed.is_ok_and(|result| result.is_err()));
            assert_eq!(in_batches(how, at).expect("it works now"), 101 * 21 + 12, "{how:?} at {at}");
        }
    }
}

#[resumable]
fn draws() -> u64 {
    #[resume]
    let mut sum = 0;
    for _ in 0..3 {
        sum += rng().next_u64() % 1000;
        checkpoint!(every = 1);
    }
    sum
}

#[resumable(seed = 5)]
fn drawn(name: &str, fails: bool) -> io::Result<Vec<u64>> {
    #[resume]
    let mut all = Vec::new();
    for k in 0..4 {
        if k == 2 && fails && FAILS.replace(false) {
            draws();
            return Err(io::Error::other("the network"));
        }
        all.push(rng().next_u64() % 1000);
        all.push(draws());
        checkpoint!(every = 2);
    }
    Ok(all)
}

#[test]
fn draws_on_the_way_out_of_a_run_that_fails() {
    quietly();
    let want = drawn("whole", false).expect("it does not fail");
    FAILS.set(true);
    assert!(drawn("failed", true).is_err());
    assert_eq!(drawn("failed", true).expect("it works now"), want);
}

//! Corners of the language contract that random bodies do not reach.

use resume_runtime::rand_chacha::ChaCha8Rng;
use resume_runtime::rand_chacha::rand_core::{Rng, SeedableRng};
use resume_runtime::testing::{cut_at, cut_everywhere};
use resume_runtime::{checkpoint, resumable};
use serde::{Deserialize, Serialize};
use std::cell::RefCell;
use std::collections::BTreeMap;
use std::time::Duration;

/// A number that serde cannot write by itself.
#[derive(Clone, Copy, PartialEq, Debug)]
struct Celsius(f64);

mod celsius {
    use super::Celsius;
    use serde::{Deserialize, Deserializer, Serialize, Serializer};

    pub(crate) fn serialize<S: Serializer>(value: &Celsius, serializer: S) -> Result<S::Ok, S::Error> {
        value.0.serialize(serializer)
    }

    pub(crate) fn deserialize<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Celsius, D::Error> {
        f64::deserialize(deserializer).map(Celsius)
    }
}

#[resumable]
fn warming(steps: u32) -> Celsius {
    #[resume(with = celsius)]
    let mut now = Celsius(-0.0);
    #[resume(with = celsius, default = Celsius(3.0))]
    let limit = Celsius(40.0);
    for step in 0..steps {
        now.0 = (now.0 + f64::from(step)).min(limit.0);
        checkpoint!();
    }
    now
}

#[test]
fn a_local_with_functions_of_its_own() {
    cut_everywhere(|| warming(5));
}

/// Written as its sum.
mod summed {
    use serde::{Deserialize, Deserializer, Serialize, Serializer};

    pub(crate) fn serialize<S: Serializer>(value: &[u32; 40], serializer: S) -> Result<S::Ok, S::Error> {
        value.iter().sum::<u32>().serialize(serializer)
    }

    pub(crate) fn deserialize<'de, D: Deserializer<'de>>(deserializer: D) -> Result<[u32; 40], D::Error> {
        let mut value = [0; 40];
        value[0] = u32::deserialize(deserializer)?;
        Ok(value)
    }
}

#[resumable]
fn arrays_with_functions_of_their_own(rounds: usize) -> u32 {
    #[resume(with = summed)]
    let mut literal = [1; 40];
    #[resume(with = summed)]
    let mut typed: [u32; 40] = [2; 40];
    for round in 0..rounds {
        literal[round] += 1;
        typed[round + 1] += 1;
        checkpoint!();
    }
    literal.iter().chain(&typed).sum()
}

#[test]
fn an_array_with_functions_of_its_own() {
    assert_eq!(arrays_with_functions_of_their_own(5), 130);
    cut_everywhere(|| arrays_with_functions_of_their_own(5));
}

struct Halves {
    low: [u8; 60],
    high: u8,
}

fn halves() -> ([u16; 100], Halves) {
    (hundred(), Halves { low: [1; 60], high: 2 })
}

#[resumable]
fn arrays_in_patterns(rounds: usize) -> Vec<u64> {
    #[resume]
    let (mut first, Halves { mut low, high }) = halves();
    #[resume]
    let (mut count, mut wide, mut rows) = (0, [3u64; 40], [[0u8; 40]; 2]);
    #[resume]
    let Some(mut inner) = Some([7u32; 70]) else { return Vec::new() };
    #[resume]
    let mut late = if rounds > 100 {
        checkpoint!();
        [1u16; 50]
    } else {
        [2u16; 50]
    };
    for round in 0..rounds {
        first[round] += 1;
        low[round] += high;
        count += 1;
        wide[round] += count;
        rows[1][round] += 1;
        inner[round] += 1;
        late[round] += 1;
        checkpoint!();
    }
    let sum = |numbers: &mut dyn Iterator<Item = u64>| numbers.sum::<u64>();
    vec![
        sum(&mut first.iter().map(|n| u64::from(*n))),
        sum(&mut low.iter().map(|n| u64::from(*n))),
        sum(&mut wide.iter().copied()),
        sum(&mut rows.iter().flatten().map(|n| u64::from(*n))),
        sum(&mut inner.iter().map(|n| u64::from(*n))),
        sum(&mut late.iter().map(|n| u64::from(*n))),
    ]
}

#[test]
fn arrays_of_any_length_in_patterns() {
    cut_everywhere(|| arrays_in_patterns(4));
}

fn hundred() -> [u16; 100] {
    std::array::from_fn(|i| i as u16)
}

#[resumable]
fn arrays(#[resume] grid: &mut [f64; 50], rounds: usize) -> (u64, [u16; 100]) {
    #[resume]
    let mut by_literal = [1u64; 64];
    #[resume]
    let mut by_function = hundred();
    #[resume]
    let mut of_arrays = [[0u8; 40]; 50];
    #[resume]
    let mut typed: [Option<u8>; 33] = std::array::from_fn(|_| None);
    for round in 0..rounds {
        by_literal[round] += by_literal[63 - round];
        by_function.swap(round, 99 - round);
        of_arrays[round][39 - round] = round as u8;
        typed[round] = Some(of_arrays[round / 2][39 - round / 2]);
        grid[round] += 0.5;
        checkpoint!();
    }
    let sum: u64 = by_literal.iter().sum();
    let marks: u64 = of_arrays.iter().flatten().chain(typed.iter().flatten()).map(|n| u64::from(*n)).sum();
    (sum + marks, by_function)
}

#[test]
fn arrays_of_any_length() {
    cut_everywhere(|| {
        let mut grid = [0.25; 50];
        (arrays(&mut grid, 6), grid.to_vec())
    });
}

thread_local! {
    static LOG: RefCell<Vec<&'static str>> = const { RefCell::new(Vec::new()) };
}

fn log(what: &'static str) {
    LOG.with_borrow_mut(|log| log.push(what));
}

struct Loud(&'static str);

impl Drop for Loud {
    fn drop(&mut self) {
        log(self.0);
    }
}

#[resumable]
fn drops() {
    let dead = Loud("dead");
    log(if dead.0.is_empty() { "" } else { "made" });
    let first = Loud("alive at one");
    let both = Loud("alive at both");
    log("one");
    checkpoint!(label = "one");
    log(if first.0.is_empty() { "" } else { "between" });
    let _guard = Loud("guard");
    log("two");
    checkpoint!(label = "two");
    log(if both.0.is_empty() { "" } else { "end" });
}

#[test]
fn a_local_dead_at_a_site_is_dropped_before_it() {
    cut_at(1, drops);
    LOG.with_borrow_mut(Vec::clear);
    drops_uncut();
    let expected = ["made", "dead", "one", "between", "two", "alive at one", "end", "guard", "alive at both"];
    let log = LOG.with_borrow(Clone::clone);
    assert_eq!(log, expected);
}

fn drops_uncut() {
    let folder = std::env::temp_dir().join(format!("resume-language-{}", std::process::id()));
    let _ = resume_runtime::configure().store(&folder).quiet(true);
    drops();
    let _ = std::fs::remove_dir_all(folder);
}

trait Model {
    fn run(&self, n: u64) -> u64;
}

#[derive(Serialize)]
struct Slow;

#[derive(Serialize)]
struct Fast<const BY: u64>;

impl Model for Slow {
    #[resumable]
    fn run(&self, n: u64) -> u64 {
        #[resume]
        let mut sum = 0;
        for i in 0..n {
            sum += i;
            checkpoint!(every = 1);
        }
        sum
    }
}

impl<const BY: u64> Model for Fast<BY> {
    #[resumable]
    fn run(&self, n: u64) -> u64 {
        #[resume]
        let mut sum = 0;
        for i in 0..n {
            sum += i * BY;
            checkpoint!(every = 1);
        }
        sum
    }
}

#[test]
fn methods_of_one_name_are_many_functions() {
    cut_everywhere(|| [Slow.run(4), Fast::<2>.run(4), Fast::<3>.run(4)]);
}

#[resumable]
fn generic<T, I>(#[transient] items: impl Fn() -> I, start: T) -> Option<T>
where
    T: Clone + Serialize + for<'de> Deserialize<'de> + std::ops::AddAssign,
    I: Iterator<Item = T>,
{
    #[resume]
    let mut sum = start;
    for item in items() {
        sum += item;
        checkpoint!();
    }
    let last = items().last()?;
    sum += last;
    Some(sum)
}

#[test]
fn generic_functions_with_closures() {
    cut_everywhere(|| generic(|| [1.5, 2.5, -0.25].into_iter(), 0.0));
    cut_everywhere(|| generic(|| (1..5).map(|n| n * n), 7i128));
    // Leaving by `?` on an `Option` ends the run as any result does.
    cut_everywhere(|| (generic(std::iter::empty, 1u8), generic(std::iter::empty, 1u8)));
}

#[resumable]
fn squares(n: u32) -> impl Iterator<Item = u32> + std::fmt::Debug {
    #[resume]
    let mut squares = Vec::new();
    let mut k = 0;
    k += 1;
    for i in k..=n {
        squares.push(i * i);
        checkpoint!();
    }
    squares.into_iter()
}

#[test]
fn an_unnamed_return_type() {
    cut_everywhere(|| squares(4).collect::<Vec<_>>());
}

#[resumable]
fn longest<'a>(#[transient] words: &'a [&'a str], #[resume] seen: &mut usize) -> &'a str {
    #[resume]
    let mut best = 0;
    for (at, word) in words.iter().enumerate() {
        if word.len() > words[best].len() {
            best = at;
        }
        *seen += 1;
        checkpoint!(interval = Duration::from_secs(3600), when = at == 1);
    }
    words[best]
}

#[test]
fn a_borrowed_result() {
    cut_everywhere(|| {
        let mut seen = 0;
        (longest(&["a", "bcd", "ef"], &mut seen).to_owned(), seen)
    });
}

#[resumable(seed = seed)]
fn own_seed(seed: u64, n: u32) -> Vec<u32> {
    #[resume]
    let mut drawn = Vec::new();
    for _ in 0..n {
        drawn.push(resume_runtime::rng().next_u32());
        drawn.push(resume_runtime::rng_stream("other").next_u32());
        checkpoint!();
    }
    drawn
}

#[resumable(key = "{}-{n}", name.len(), seed = 5)]
fn by_key(name: &str, n: u32, #[resume] mut rng: ChaCha8Rng) -> (Vec<Vec<u32>>, u32) {
    #[resume]
    let mut all = Vec::new();
    for k in 0..n {
        all.push(own_seed(u64::from(k) % 2, 2));
        checkpoint!(when = name.starts_with('a'));
    }
    (all, rng.next_u32())
}

/// The seed is made of a parameter.
#[resumable(seed = u64::from(n) << 8 | 1)]
fn reckoned_seed(n: u32) -> u32 {
    for _ in 0..n {
        checkpoint!();
    }
    resume_runtime::rng().next_u32()
}

#[test]
fn seeds_and_keys() {
    cut_everywhere(|| reckoned_seed(2));
    cut_everywhere(|| by_key("abc", 3, ChaCha8Rng::seed_from_u64(1)));
    let (all, _) = cut_once();
    assert_eq!(all[0], all[2], "the same seed draws the same numbers");
    assert_ne!(all[0], all[1]);
}

fn cut_once() -> (Vec<Vec<u32>>, u32) {
    let result = RefCell::new((Vec::new(), 0));
    cut_at(2, || *result.borrow_mut() = by_key("abc", 3, ChaCha8Rng::seed_from_u64(1)));
    result.into_inner()
}

#[derive(Clone, PartialEq, Debug, Serialize, Deserialize)]
enum Phase {
    Heat { left: u8 },
    Hold(Option<Option<u8>>),
    Done,
}

#[resumable]
fn phases(#[resume] mut phase: Phase, names: BTreeMap<u8, String>) -> Result<String, Box<dyn std::error::Error>> {
    #[resume]
    let mut story = String::new();
    let count = names.len();
    'all: loop {
        phase = match &phase {
            Phase::Heat { left: 0 } => Phase::Hold(Some(None)),
            Phase::Heat { left } => {
                #[resume]
                let left = *left;
                story += names.get(&left).map_or("?", String::as_str);
                checkpoint!(label = "heat");
                Phase::Heat { left: left - 1 }
            }
            Phase::Hold(deep) => {
                #[resume]
                let mut deep = *deep;
                deep = if deep == Some(Some(3)) { None } else { Some(Some(deep.flatten().map_or(2, |n| n + 1))) };
                checkpoint!(label = "hold");
                story.push('.');
                match deep {
                    None => Phase::Done,
                    some => Phase::Hold(some),
                }
            }
            Phase::Done if story.len() > count => break 'all,
            Phase::Done => return Err(format!("only {story}").into()),
        };
    }
    Ok(story)
}

#[test]
fn a_state_machine() {
    let names = BTreeMap::from([(1, "a".to_owned()), (2, "b".to_owned())]);
    cut_everywhere(|| phases(Phase::Heat { left: 3 }, names.clone()).map_err(|error| error.to_string()));
    cut_everywhere(|| phases(Phase::Done, names.clone()).map_err(|error| error.to_string()));
}

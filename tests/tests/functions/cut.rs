//! Hand-written functions, cut at every pass by `testing::cut_everywhere`.

use std::cell::RefCell;
use std::collections::{BTreeMap, HashMap, VecDeque};
use std::fmt::Debug;

use resume_runtime::rand_chacha::ChaCha8Rng;
use resume_runtime::rand_chacha::rand_core::{Rng, SeedableRng};
use resume_runtime::testing::{cut_at, cut_everywhere};
use resume_runtime::{checkpoint, resumable};
use serde::{Deserialize, Serialize};

/// Cuts everywhere and checks that the uncut run gives `want`.
#[track_caller]
fn check<R: PartialEq + Debug>(want: &R, run: impl Fn() -> R) {
    let results = RefCell::new(Vec::new());
    let _ = cut_everywhere(|| {
        let result = run();
        results.borrow_mut().push(format!("{result:?}"));
        result
    });
    let results = results.into_inner();
    assert!(results.len() > 1, "no pass was cut");
    for result in results {
        assert_eq!(result, format!("{want:?}"));
    }
}

#[resumable]
fn fibonacci(n: u64) -> u64 {
    #[resume]
    let mut sum = 0;
    if n < 2 {
        checkpoint!();
        sum += n;
    } else {
        sum += fibonacci(n - 1);
        checkpoint!(every = 2);
        sum += fibonacci(n - 2);
    }
    checkpoint!(every = 3);
    sum
}

#[test]
fn recursion() {
    check(&21, || fibonacci(8));
}

#[resumable]
fn outer(n: u64) -> Vec<u64> {
    #[resume]
    let mut rows = Vec::new();
    for k in 0..n {
        // The same call twice under one snapshot: told apart by the ordinal.
        rows.push(inner(3, &mut vec![k]));
        rows.push(inner(3, &mut vec![k]));
        through_plain(&mut rows);
        checkpoint!(every = 2);
    }
    rows
}

fn through_plain(rows: &mut Vec<u64>) {
    let last = rows.len() as u64;
    let sum = inner(last % 3, rows);
    rows.push(sum);
}

#[resumable]
fn inner(n: u64, #[resume] rows: &mut Vec<u64>) -> u64 {
    #[resume]
    let mut sum = resume_runtime::rng().next_u64() % 1000;
    for k in 0..n {
        sum = sum.wrapping_mul(7) + k + rows.len() as u64;
        if k == 1 {
            rows.push(sum);
        }
        checkpoint!();
    }
    sum
}

#[test]
fn child_runs() {
    let whole = RefCell::new(None);
    let _ = cut_everywhere(|| {
        let rows = outer(4);
        whole.borrow_mut().get_or_insert_with(|| rows.clone());
        rows
    });
    let whole = whole.into_inner().expect("it ran");
    assert!(whole.len() >= 12);
    check(&whole, || outer(4));
}

#[derive(Clone, Copy, PartialEq, Debug, Serialize, Deserialize)]
struct Unit;

/// Values that a plain CBOR codec loses, alive at a site.
#[resumable]
#[allow(clippy::type_complexity, reason = "the values are the point")]
fn hard_values(n: u32) -> (Option<Option<u8>>, Option<()>, Option<Unit>, u64, u32, bool, i128, Vec<Vec<u16>>) {
    #[resume]
    let mut nested = Some(None);
    #[resume]
    let mut unit = Some(());
    #[resume]
    let mut named = Some(Unit);
    #[resume]
    let mut wide = f64::from_bits(0x7ff4_0000_0000_0123);
    #[resume]
    let mut narrow = f32::from_bits(0x7f81_2345);
    #[resume]
    let mut zero = -0.0_f64;
    #[resume]
    let mut huge = i128::MIN;
    #[resume]
    let mut array = [7u16; 40];
    #[resume]
    let mut rows = Vec::new();
    for k in 0..n {
        checkpoint!();
        array[k as usize] = 9;
        rows.push(array.to_vec());
        huge += i128::from(k);
        // Written, so that they must be captured; not changed.
        (nested, unit, named) = (nested.take().map(Some).unwrap_or_default(), unit.take(), named.take());
        nested = Some(nested.flatten());
        (wide, narrow, zero) =
            (f64::from_bits(wide.to_bits()), f32::from_bits(narrow.to_bits()), f64::from_bits(zero.to_bits()));
    }
    (nested, unit, named, wide.to_bits(), narrow.to_bits(), zero.is_sign_negative(), huge, rows)
}

#[test]
fn values_come_back_exactly() {
    let mut row = [7u16; 40];
    let rows = (0..3)
        .map(|k| {
            row[k] = 9;
            row.to_vec()
        })
        .collect();
    let want = (Some(None), Some(()), Some(Unit), 0x7ff4_0000_0000_0123, 0x7f81_2345, true, i128::MIN + 3, rows);
    check(&want, || hard_values(3));
}

#[derive(Clone, PartialEq, Debug, Serialize, Deserialize)]
struct Sim {
    state: u64,
    history: Vec<u64>,
}

impl Sim {
    #[resumable]
    fn run(#[resume] &mut self, rounds: u64) -> u64 {
        for k in 0..rounds {
            self.state = self.state.wrapping_mul(3) + k;
            self.history.push(self.state);
            checkpoint!(every = 2);
        }
        self.state
    }
}

#[test]
fn a_captured_self() {
    let run = |state| {
        let mut sim = Sim { state, history: Vec::new() };
        let result = sim.run(7);
        (result, sim)
    };
    let want = {
        let mut sim = Sim { state: 5, history: Vec::new() };
        for k in 0..7 {
            sim.state = sim.state * 3 + k;
            sim.history.push(sim.state);
        }
        (sim.state, sim)
    };
    check(&want, || run(5));
}

#[resumable]
fn jobs(words: &[&str]) -> Result<Vec<String>, String> {
    let table: BTreeMap<usize, usize> = words.iter().enumerate().map(|(k, word)| (word.len(), k)).collect();
    let longest = table.keys().next_back().ok_or("no words")?;
    #[resume]
    let mut queue: VecDeque<u32> = (0..4).collect();
    #[resume]
    let mut out = Vec::new();
    'all: while let Some(job) = queue.pop_front() {
        #[resume]
        let job = job;
        for (k, word) in words.iter().enumerate() {
            match word.len() {
                0 => continue,
                3 if k % 2 == 0 => {
                    out.push(word.to_uppercase());
                    checkpoint!();
                    out.push(format!("{job}{longest}"));
                }
                5 if job == 3 => break 'all,
                _ => {}
            }
        }
        if job == 1 {
            queue.push_back(job + 9);
        }
        checkpoint!(every = 2);
    }
    Ok(out)
}

#[test]
fn queues_and_arms() {
    let words = ["abc", "de", "", "xyz", "foo", "hello"];
    let whole = RefCell::new(None);
    let _ = cut_everywhere(|| {
        let out = jobs(&words);
        whole.borrow_mut().get_or_insert_with(|| out.clone());
        out
    });
    check(&whole.into_inner().expect("it ran"), || jobs(&words));
}

#[resumable]
async fn waiting(n: u64) -> u64 {
    #[resume]
    let mut rng = ChaCha8Rng::seed_from_u64(n);
    #[resume]
    let mut sum = 0u64;
    for _ in 0..n {
        std::future::ready(()).await;
        sum = sum.wrapping_add(rng.next_u64()) ^ Box::pin(nap(sum % 3)).await;
        checkpoint!();
    }
    sum
}

#[resumable]
async fn nap(n: u64) -> u64 {
    #[resume]
    let mut sum = 1;
    for k in 0..n {
        sum += k;
        std::future::ready(()).await;
        checkpoint!();
    }
    sum
}

fn block_on<T>(future: impl Future<Output = T>) -> T {
    let mut future = std::pin::pin!(future);
    let mut context = std::task::Context::from_waker(std::task::Waker::noop());
    loop {
        if let std::task::Poll::Ready(value) = future.as_mut().poll(&mut context) {
            return value;
        }
    }
}

#[test]
fn futures_resume_and_are_send() {
    fn send<T: Send>(value: T) -> T {
        value
    }
    let want = {
        let mut rng = ChaCha8Rng::seed_from_u64(6);
        (0..6).fold(0u64, |sum, _| {
            let nap = 1 + (0..sum % 3).sum::<u64>();
            sum.wrapping_add(rng.next_u64()) ^ nap
        })
    };
    check(&want, || block_on(send(waiting(6))));
    check(&Some(12), || block_on(send(async { total(&[3, 4, 5]).await.ok() })));
}

/// What it returns is not `Send`, which nobody asks of a function.
#[resumable]
async fn total(numbers: &[u64]) -> Result<u64, Box<dyn std::error::Error>> {
    #[resume]
    let mut sum = 0;
    for number in numbers {
        std::future::ready(()).await;
        sum += number;
        checkpoint!();
    }
    for number in numbers.iter().skip(3) {
        checkpoint!();
        sum += number;
        std::future::ready(()).await;
    }
    Ok(sum)
}

/// A captured hash map: its order may change, what is computed from it may not.
#[resumable]
fn counted(text: &str) -> u64 {
    #[resume]
    let mut counts: HashMap<char, u64> = HashMap::new();
    for letter in text.chars() {
        *counts.entry(letter).or_default() += 1;
        checkpoint!();
    }
    counts.values().map(|n| n * n).sum()
}

#[test]
fn captured_hash_maps() {
    check(&14, || counted("abcbcc"));
}

/// What a wrong annotation does is found.
#[resumable]
fn forgetful(n: u64) -> u64 {
    #[transient]
    let mut seen = 0;
    for k in 0..n {
        seen += k + 1;
        checkpoint!();
    }
    seen
}

#[test]
#[should_panic(expected = "pass")]
fn a_forgotten_local_is_found() {
    let _ = cut_everywhere(|| forgetful(4));
}

#[test]
#[should_panic(expected = "pass")]
fn a_forgotten_local_is_found_at_one_pass() {
    let _ = cut_at(3, || forgetful(4));
}

#[test]
fn one_pass() {
    let _ = cut_at(5, || fibonacci(6));
}

/// Outside a run that is tested a function runs as ever: tests in parallel do not meet.
#[test]
fn threads_do_not_meet() {
    std::thread::scope(|scope| {
        for n in 3..7u64 {
            scope.spawn(move || check(&[2, 3, 5, 8][usize::try_from(n).expect("small") - 3], || fibonacci(n)));
        }
    });
}

#[resumable]
fn passing_on(n: u64) -> u64 {
    #[resume]
    let mut sum = 0;
    for k in 0..n {
        sum += std::panic::catch_unwind(|| fibonacci(k)).expect("fibonacci does not panic");
        checkpoint!();
    }
    sum
}

/// Whatever a function makes of the cut, it is neither stored nor taken for its result.
#[resumable(on_return = memoize)]
fn swallowing() -> u64 {
    std::panic::catch_unwind(|| fibonacci(3)).unwrap_or(99)
}

#[test]
fn a_cut_that_is_caught_is_not_stored() {
    check(&2, swallowing);
}

/// What unwinds a run where it is cut is no panic of the function, also where the function makes one of it.
#[test]
fn a_cut_may_be_caught_and_passed_on() {
    check(&7, || passing_on(5));
}

#[test]
fn a_report_tells_that_no_run_was_seen() {
    let elsewhere = || std::thread::scope(|scope| scope.spawn(|| passing_on(3)).join().expect("no panic"));
    let report = cut_everywhere(elsewhere);
    assert_eq!((report.runs, report.cuts), (0, 0));
    assert!(report.to_string().starts_with("no run was seen"), "{report}");
    assert!(cut_everywhere(|| passing_on(2)).to_string().contains("the same result each time"));
}

#[resumable]
fn over_drawn() -> u64 {
    #[resume]
    let mut sum = 0;
    for k in [resume_runtime::rng().next_u64(), 1] {
        sum ^= k;
        checkpoint!();
    }
    sum
}

#[test]
#[should_panic(expected = "take the iterator of a `for` from a captured local")]
fn an_iterator_that_is_made_again_may_not_draw() {
    cut_everywhere(over_drawn);
}

/// A list, each node of which lies within the one before it.
#[derive(Serialize, Deserialize, Default)]
struct Node {
    next: Option<Box<Node>>,
}

#[resumable]
fn prepend(count: usize) -> usize {
    #[resume]
    let mut list = Node::default();
    #[resume]
    let mut length = 0;
    while length < count {
        list = Node { next: Some(Box::new(list)) };
        length += 1;
        checkpoint!();
    }
    std::iter::successors(list.next.as_ref(), |node| node.next.as_ref()).count()
}

#[test]
fn a_list_of_boxed_nodes_may_be_as_deep_as_values_nest() {
    check(&200, || prepend(200));
}

#[test]
#[should_panic(
    expected = "pass 256 cannot be cut and resumed: `list` cannot be saved: nested more than 256 levels deep"
)]
fn a_pass_that_cannot_be_saved_is_no_success() {
    cut_at(256, || prepend(300));
}

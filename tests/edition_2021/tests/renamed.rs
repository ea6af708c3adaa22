//! The runtime under another name, in edition 2021, under the strictest lints: what stands here is what a user with
//! them could write, so the only code that a lint could complain of is generated.

#![deny(warnings, unused, rust_2018_idioms, rust_2021_compatibility, unused_qualifications, unreachable_pub)]
#![deny(clippy::all, clippy::pedantic, clippy::nursery)]

use checkpoints::{checkpoint, resumable, testing::cut_everywhere};

/// Loops of each kind, branches that leave, bindings.
#[resumable(crate = checkpoints)]
fn branches(n: u64) -> Result<u64, std::io::Error> {
    #[resume]
    let mut queue: Vec<u64> = (0..n).collect();
    #[resume]
    let mut sum = 0_u64;
    let limit = n * 50;
    while let Some(job) = queue.pop() {
        let mut scratch = vec![job];
        scratch.push(limit);
        if job.is_multiple_of(3) {
            sum += scratch.iter().sum::<u64>();
            checkpoint!(every = 2);
            continue;
        }
        let Some(half) = scratch.pop().map(|x| x / 2) else {
            checkpoint!();
            return Ok(sum);
        };
        scratch.clear();
        sum += half;
        if sum > limit {
            checkpoint!(label = "much");
            return Err(std::io::Error::other("too much"));
        }
        sum += 1;
    }
    #[resume]
    let last = if sum.is_multiple_of(2) {
        checkpoint!();
        sum / 2
    } else {
        0
    };
    for (at, word) in ["a", "b"].iter().enumerate() {
        sum += at as u64 + word.len() as u64;
        checkpoint!();
    }
    match sum % 3 {
        0 => {
            checkpoint!();
            Ok(sum + last)
        }
        1 => Ok(sum),
        _ => Ok(last),
    }
}

/// Locals that are assigned on two ways, one of them by code that is in the expansion once only.
#[resumable(crate = checkpoints)]
fn slots(n: u64) -> Option<u64> {
    let first = n + 1;
    #[resume]
    let mut total = first;
    let (low, high) = (n + 1, format!("{n}"));
    let Some(top) = low.checked_sub(2) else {
        return None;
    };
    let view = [low, top].len();
    total += first;
    if first > 3 {
        checkpoint!();
        total += 1;
    }
    let next = n * 2;
    let mut twice = next;
    twice += 1;
    #[resume]
    let mut sum = twice;
    if twice > 3 {
        sum += 1;
    }
    checkpoint!();
    total += sum;
    #[resume]
    let mut rest = vec![next];
    if next > 9 {
        rest.push(next);
    }
    checkpoint!();
    rest.push(total + low + high.len() as u64 + view as u64);
    if rest.is_empty() {
        std::process::exit(1);
    } else {
        checkpoint!();
    }
    match total {
        0 => panic!("nothing"),
        1 => {
            assert!(n > 1, "little");
            unreachable!("less");
        }
        _ => checkpoint!(),
    }
    rest.iter().copied().max()
}

/// Everything else an expansion may have: a method, captured parameters, `async`, a result that is kept.
#[derive(Clone, Debug, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
struct Walk {
    steps: Vec<u64>,
}

impl Walk {
    #[resumable(crate = checkpoints, on_return = memoize)]
    fn run(#[resume] &mut self, n: u64) -> u64 {
        #[resume]
        let (mut low, high) = (n, n + 3);
        #[transient]
        let mut buffer = Vec::with_capacity(4);
        for k in low..high {
            buffer.push(k);
            self.steps.append(&mut buffer);
            low += 1;
            checkpoint!();
        }
        low + high
    }

    #[resumable(crate = checkpoints)]
    async fn later(#[resume] &mut self) -> usize {
        #[resume]
        let mut turns = 0;
        while turns < 3 {
            self.steps.push(std::future::ready(turns).await);
            turns += 1;
            checkpoint!(interval = "1h");
        }
        self.steps.len()
    }
}

/// What the code sets anew before it reads it, fields by their own names, and names that start with `_`.
#[resumable(crate = checkpoints)]
fn sets_anew(_name: &str, pairs: Vec<Pair>) -> u64 {
    #[resume]
    let mut last = Pair { left: 0, right: 1 };
    #[resume]
    let _kept = Pair { left: 2, right: 3 };
    #[resume]
    let mut sum = 0;
    for pair in pairs {
        match &pair {
            Pair { left, right: 0 } => {
                sum += left;
                checkpoint!();
            }
            Pair { left, right } => {
                sum += left * right + last.left;
                checkpoint!();
                last = Pair { left: sum, right: 1 };
            }
        }
        let left = last.right;
        last = Pair { left, right: 4 };
        checkpoint!();
    }
    sum + last.right
}

#[derive(Clone, serde::Serialize, serde::Deserialize)]
struct Pair {
    left: u64,
    right: u64,
}

/// Two bindings of one pattern, of which the last site needs one.
#[resumable(crate = checkpoints)]
fn one_of_two(items: &[u64]) -> u64 {
    #![allow(unused_variables)]
    let nothing = 0;
    let [first, second, ..] = items else {
        checkpoint!();
        return 1;
    };
    #[resume]
    let mut sum = 0;
    for item in items {
        sum += item * second;
        checkpoint!();
    }
    let Some(last) = first.checked_sub(1) else {
        checkpoint!();
        return sum;
    };
    checkpoint!();
    sum + last + first
}

/// A condition that is made of what the pass alone knows.
#[resumable(crate = checkpoints)]
fn asked_by_the_pass(n: u64) -> u64 {
    #[resume]
    let mut sum = 0;
    for k in 0..n {
        let is_third = k % 3 == 0;
        sum += u64::from(is_third);
        checkpoint!(when = is_third);
        sum += k;
    }
    sum
}

#[test]
fn functions_under_another_name_are_cut_everywhere() {
    cut_everywhere(|| asked_by_the_pass(7));
    cut_everywhere(|| (slots(1), slots(2), slots(9)));
    cut_everywhere(|| (branches(3).ok(), branches(9).map_err(|error| error.to_string())));
    cut_everywhere(|| {
        let mut walk = Walk { steps: vec![4] };
        (walk.run(2), walk)
    });
    cut_everywhere(|| {
        let mut walk = Walk { steps: Vec::new() };
        let mut context = std::task::Context::from_waker(std::task::Waker::noop());
        let mut future = Box::pin(walk.later());
        loop {
            if let std::task::Poll::Ready(steps) = std::future::Future::poll(future.as_mut(), &mut context) {
                return steps;
            }
        }
    });
}

#[test]
fn what_lints_look_at_twice_is_cut_everywhere() {
    let pairs = [(1, 0), (2, 3), (4, 5), (6, 0)].map(|(left, right)| Pair { left, right }).to_vec();
    cut_everywhere(|| sets_anew("a name", pairs.clone()));
    cut_everywhere(|| (one_of_two(&[3, 4, 5]), one_of_two(&[0, 4]), one_of_two(&[1])));
}

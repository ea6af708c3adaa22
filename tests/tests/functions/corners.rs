//! Functions that put several corners of the language into one.

#![deny(warnings)]

use resume_runtime::{checkpoint, resumable, testing::cut_everywhere};
use std::collections::VecDeque;
use std::ops::RangeInclusive;

trait Job: serde::Serialize {
    fn cost(&self) -> u64;
    #[resumable]
    fn run(&self, n: u64) -> u64
    where
        Self: Sized,
    {
        #[resume]
        let mut sum = 0;
        'outer: for i in 0..n {
            for j in 0..i {
                if j == 2 {
                    continue 'outer;
                }
                sum += j * self.cost();
                checkpoint!();
            }
            sum += 1;
        }
        sum
    }
}
#[derive(serde::Serialize)]
struct A(u64);
impl Job for A {
    fn cost(&self) -> u64 {
        self.0
    }
}

#[resumable]
unsafe fn danger(n: usize) -> Option<usize> {
    #[resume]
    let mut found = None;
    let base = [5usize, 3, 9];
    let p = base.as_ptr();
    #[resume]
    let best = loop {
        #[resume]
        let Some(k) = found else {
            found = Some(0);
            continue;
        };
        if k >= n {
            break k;
        }
        #[transient]
        let v = unsafe { *p.add(k % 3) };
        found = Some(k + v % 2 + 1);
        checkpoint!(every = 2, label = "danger");
        if v > 100 {
            return None;
        }
    };
    let x = base.get(best % 3)?;
    Some(*x + best)
}

#[resumable]
fn unit_match(#[resume] log: &mut Vec<u32>, n: u32) {
    let mut k = n;
    k += 1;
    match k {
        0 => return,
        1..=3 => log.push(1),
        4 => {
            checkpoint!();
            log.push(4)
        }
        _ if log.is_empty() => {
            log.push(9);
            checkpoint!();
            log.push(10);
        }
        other => {
            let z = other * 2;
            for i in 0..z {
                log.push(i);
                checkpoint!(when = i % 3 == 0);
            }
        }
    }
}

#[resumable]
fn owned_loop(n: usize) -> Vec<String> {
    let items: Vec<String> = (0..n).map(|i| format!("i{i}")).collect();
    #[resume]
    let mut out = Vec::new();
    for (at, mut item) in items.into_iter().enumerate() {
        item.push('!');
        if at == 1 {
            out.push(item);
            checkpoint!();
        } else if at % 2 == 0 {
            checkpoint!(label = "even");
            out.push("e".into());
        } else {
            drop(item);
        }
    }
    #[resume]
    let mut queue: VecDeque<_> = out.iter().cloned().collect();
    while let Some(front) = queue.pop_front() {
        #[resume]
        let front = front;
        if front.len() < 3 {
            out.push(front.clone() + "?");
            checkpoint!(label = "w");
            continue;
        }
        checkpoint!(label = "q");
        out.push(front);
    }
    out
}

#[resumable(on_return = memoize)]
fn memo(#[resume] total: &mut u64, n: u64) -> Result<u64, String> {
    if n == 0 {
        return Err("none".to_owned());
    }
    for i in 1..=n {
        *total += i;
        checkpoint!();
    }
    Ok(*total * 2)
}

#[resumable]
fn captured_tuple(n: u64) -> (u64, String) {
    #[resume]
    let (mut a, ref_like @ (b, _)) = (n, (n + 1, ()));
    #[resume]
    let mut text: Box<str> = "x".into();
    let describe = |k: u64| format!("{k}{b}");
    while a < 2 * n + 3 {
        a += 1;
        if a % 2 == 0 {
            continue;
        }
        text = format!("{text}{}", describe(a)).into();
        checkpoint!();
    }
    (a + ref_like.0, text.into())
}

#[resumable]
fn borrowed_scrutinee(n: u64) -> u64 {
    let cell = std::cell::RefCell::new(vec![1u64, 2, 3]);
    #[resume]
    let mut sum = 0u64;
    for i in 0..n {
        if let Some(x) = cell.borrow().get((i % 4) as usize) {
            sum += *x;
            checkpoint!();
            sum *= 2;
        }
        match cell.borrow().first() {
            Some(y) if *y > i => {
                sum += y;
                checkpoint!();
            }
            _ => sum += 1,
        }
    }
    sum
}

#[test]
fn methods_and_labels() {
    cut_everywhere(|| A(3).run(6));
    cut_everywhere(|| unsafe { danger(7) });
}

#[test]
fn arms_of_every_kind() {
    for n in 0..7 {
        cut_everywhere(|| {
            let (mut empty, mut filled) = (vec![], vec![7]);
            unit_match(&mut empty, n);
            unit_match(&mut filled, n);
            (empty, filled)
        });
    }
}

#[test]
fn owned_items_and_patterns() {
    cut_everywhere(|| owned_loop(6));
    cut_everywhere(|| captured_tuple(4));
    cut_everywhere(|| borrowed_scrutinee(5));
}

#[test]
fn a_stored_result_with_its_parameter() {
    cut_everywhere(|| {
        let (mut first, mut again) = (0, 0);
        let results = (memo(&mut first, 4), memo(&mut again, 4));
        (results, first, again, memo(&mut again, 0))
    });
}

#[resumable]
fn inclusive(n: u32) -> (Vec<u32>, bool) {
    let range = 1..=n;
    #[resume]
    let mut seen = Vec::new();
    #[resume]
    for i in range {
        seen.push(i);
        checkpoint!();
    }
    #[resume]
    let mut down = 1..=n;
    while let Some(i) = down.next_back() {
        seen.push(i);
        checkpoint!();
    }
    #[resume]
    let mut named: RangeInclusive<u32> = RangeInclusive::new(n, n);
    while named.next().is_some() {
        checkpoint!();
        seen.push(n);
    }
    #[resume]
    let mut bounds = 0.0..=1.5;
    checkpoint!();
    bounds = *bounds.start()..=f64::from(n);
    (seen, bounds.contains(&2.0))
}

#[resumable]
fn serve(jobs: u32) -> ! {
    #[resume]
    let mut done = 0;
    loop {
        done += 1;
        checkpoint!();
        assert!(done < jobs, "{done} done");
    }
}

#[test]
fn inclusive_ranges_that_are_over_stay_so() {
    cut_everywhere(|| inclusive(3));
}

#[test]
fn functions_that_never_return_do_not_warn() {
    let end = || std::panic::catch_unwind(|| serve(3)).unwrap_err().downcast_ref::<String>().cloned();
    assert_eq!(end().as_deref(), Some("3 done"));
    cut_everywhere(end);
}

//! What leads to a branch with a site may be borrowed from what is gone at that site: locals, items, temporaries.

use resume_runtime::testing::cut_everywhere;
use resume_runtime::{checkpoint, resumable};

#[derive(Clone, serde::Serialize)]
enum Event {
    Go { dx: i32, dy: i32 },
    Say(String),
    Stop,
}

/// The item of the loop is borrowed by its `match`, in several arms with a site, and a value is passed on.
#[resumable]
fn arms(events: Vec<Event>) -> String {
    #[resume]
    let mut log = String::new();
    for event in events {
        let added = match &event {
            Event::Go { dx, dy: up @ 1..=9 } => {
                log += &format!("{dx}^{up} ");
                checkpoint!();
                1
            }
            Event::Go { dx, .. } if *dx > 3 => {
                log += &format!("{dx} ");
                checkpoint!();
                log.push('-');
                2
            }
            Event::Go { .. } => 3,
            Event::Say(text) => {
                for word in 0..text.len() {
                    log += &word.to_string();
                }
                checkpoint!();
                continue;
            }
            Event::Stop => {
                checkpoint!();
                break;
            }
        };
        log += &format!("={added} ");
    }
    log
}

#[test]
fn an_item_is_borrowed_by_arms() {
    let say = |text: &str| Event::Say(text.to_owned());
    let events = vec![Event::Go { dx: 1, dy: 2 }, say("ab"), Event::Go { dx: 5, dy: 0 }, Event::Go { dx: 0, dy: 0 }];
    let events: Vec<Event> = events.into_iter().chain([say("c"), Event::Stop, Event::Stop]).collect();
    assert_eq!(arms(events.clone()), "1^2 =1 015 -=2 =3 0");
    assert_eq!(cut_everywhere(|| arms(events.clone())).passes, 5);
}

/// One local is borrowed from another, and both branches need it up to their sites.
#[resumable]
fn words(lines: Vec<String>) -> (usize, usize) {
    #[resume]
    let mut long = 0;
    #[resume]
    let mut short = 0;
    for line in lines {
        let text = line.to_uppercase();
        let words: Vec<&str> = text.split(' ').collect();
        if words.len() > 2 {
            long += words.len();
            checkpoint!();
        } else if let None = words.get(1) {
            short += words[0].len();
            checkpoint!();
            long += 100;
        } else {
            short += words[1].len();
            checkpoint!();
        }
    }
    (long, short)
}

#[test]
fn a_local_borrows_from_a_local() {
    let lines = ["a b c d", "xx yyy", "z", "q w e"].map(str::to_owned).to_vec();
    assert_eq!(words(lines.clone()), (107, 4));
    cut_everywhere(|| words(lines.clone()));
}

/// The `match` is over a borrowed temporary.
#[resumable]
fn temporary(jobs: Vec<(u64, String)>) -> Vec<u64> {
    #[resume]
    let mut queue = jobs.clone();
    #[resume]
    let mut out = Vec::new();
    while !queue.is_empty() {
        match &queue.pop().expect("an item") {
            (0, name) => {
                out.push(name.len() as u64);
                checkpoint!();
            }
            (left, name) if name.len() < 3 => {
                queue.push((left - 1, format!("{name}+")));
                checkpoint!();
            }
            (left, _) => {
                out.push(left * 10);
                checkpoint!();
                out.push(7);
            }
        }
    }
    out
}

#[test]
fn a_temporary_is_borrowed_by_arms() {
    let queue = vec![(0, "abc".to_owned()), (4, "long".to_owned()), (3, "x".to_owned()), (0, String::new())];
    assert_eq!(temporary(queue.clone()), [0, 10, 7, 40, 7, 3]);
    cut_everywhere(|| temporary(queue.clone()));
}

/// A condition that binds nothing is a pattern all the same.
#[resumable]
fn nothing_bound(items: Vec<Option<u64>>) -> u64 {
    #[resume]
    let mut count = 0;
    for item in &items {
        if let None = item {
            count += 1;
            checkpoint!();
        }
        if let Some(3) = item
            && count > 0
        {
            checkpoint!();
            count += 10;
        }
        while let Some(Some(5)) = items.get(count) {
            count += 1;
            checkpoint!();
        }
    }
    count as u64
}

#[test]
fn a_condition_may_bind_nothing() {
    let items = vec![None, Some(5), Some(5), Some(3), None];
    assert_eq!(nothing_bound(items.clone()), 14);
    cut_everywhere(|| nothing_bound(items.clone()));
}

/// A number of passes of another type than the runtime counts in.
#[resumable]
fn every_of_any_type(n: u8) -> u32 {
    #[resume]
    let mut sum = 0;
    for i in 0..n {
        sum += u32::from(i);
        checkpoint!(every = 2_u8);
    }
    sum
}

#[test]
fn every_may_have_a_suffix() {
    cut_everywhere(|| every_of_any_type(5));
}

/// A closure over what is gone at one site is called in the branch with that site, and is made again behind the other.
#[resumable]
fn closures(n: u64) -> u64 {
    #[resume]
    let mut sum = 0;
    for i in 0..n {
        let base = i * 3;
        let names = [base, i].to_vec();
        let add = |x: u64| x + base + names.len() as u64;
        if i % 2 == 0 {
            sum += add(1);
            checkpoint!();
            sum += 1;
        } else if i % 3 == 0 {
            sum += add(2) * names[1];
            checkpoint!();
        } else {
            checkpoint!();
            sum += add(5);
        }
        checkpoint!();
    }
    sum
}

#[test]
fn a_closure_is_called_in_branches() {
    assert_eq!(closures(5), 79);
    cut_everywhere(|| closures(9));
}

/// Branches with loops, values and captured locals of their own, and ways out.
#[resumable]
fn decisions(n: u64) -> (u64, u64) {
    #[resume]
    let mut a = 1;
    #[resume]
    let mut b = 2;
    loop {
        let pair = [a + 1, b + 1];
        let next = match (pair.iter().sum::<u64>() % 3, pair.first()) {
            (0, Some(first)) => {
                a += first;
                checkpoint!();
                if a > n {
                    break (a, b);
                }
                a
            }
            (1, Some(first)) if pair[0] < pair[1] => {
                #[resume]
                let mut steps = *first;
                while steps > 0 {
                    steps /= 2;
                    b += 1;
                    checkpoint!();
                    if b > n {
                        return (b, a);
                    }
                }
                b
            }
            (_, other) => {
                let odd = other.copied().unwrap_or(3) % 2;
                a += odd + 1;
                checkpoint!();
                a * 2
            }
        };
        b += next % 2;
    }
}

#[test]
fn branches_go_their_ways() {
    assert_eq!((decisions(30), decisions(50)), ((43, 4), (89, 5)));
    cut_everywhere(|| (decisions(30), decisions(50)));
}

/// A branch with a value beside one that ends in a panic.
#[resumable]
fn or_panic(items: Vec<Vec<u64>>) -> u64 {
    #[resume]
    let mut sum = 0;
    for item in items {
        sum += match item.as_slice() {
            [first, ..] => {
                sum += first;
                checkpoint!();
                2
            }
            empty => {
                sum += empty.len() as u64;
                checkpoint!();
                panic!("nothing in it");
            }
        };
    }
    sum
}

#[test]
fn a_branch_may_panic() {
    cut_everywhere(|| or_panic(vec![vec![1], vec![2, 3]]));
}

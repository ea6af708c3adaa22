//! `#[transient] for`: its iterator is made again, and what is mentioned there alone has to be back by then.

#![deny(warnings)]

use resume_runtime::{checkpoint, resumable, testing::cut_everywhere};

#[resumable]
fn of_a_local_made_again(n: u64) -> u64 {
    #[resume]
    let mut done = 0;
    #[resume]
    let mut sum = 0;
    let jobs = [1, 2, n];
    #[transient]
    for job in jobs.iter().skip(done) {
        sum = sum * 3 + job;
        done += 1;
        checkpoint!(every = 1);
    }
    sum
}

/// The parameter of the same name is not what is meant.
#[resumable]
fn of_a_captured_one_that_hides_another(limit: u64) -> u64 {
    #[resume]
    let mut done = 0;
    #[resume]
    let mut sum = 0;
    #[resume]
    let limit = limit + 3;
    #[transient]
    for job in done..limit {
        sum = sum * 3 + job;
        done = job + 1;
        checkpoint!(every = 1);
    }
    sum
}

#[resumable]
fn of_one_that_changes(limit: u64) -> Vec<u64> {
    #[resume]
    let mut seen = vec![];
    #[resume]
    let mut limit = limit;
    limit += 3;
    #[transient]
    for job in seen.len() as u64..limit {
        seen.push(job);
        checkpoint!(every = 1);
    }
    seen
}

#[resumable]
fn of_what_a_function_gives(n: usize) -> Vec<String> {
    #[resume]
    let mut seen: Vec<String> = vec![];
    #[resume]
    let text = "a b c d".repeat(n);
    let jobs = || text.split(' ').map(str::to_owned);
    for _ in 0..2 {
        #[transient]
        for job in jobs().skip(seen.len()) {
            seen.push(job);
            checkpoint!(every = 1);
        }
    }
    seen
}

#[test]
fn what_the_head_alone_mentions_is_back() {
    assert_eq!(of_a_local_made_again(3), (3 + 2) * 3 + 3);
    assert_eq!(cut_everywhere(|| of_a_local_made_again(3)).cuts, 3);
    assert_eq!(of_a_captured_one_that_hides_another(3), (0..6).fold(0, |sum, job| sum * 3 + job));
    assert_eq!(cut_everywhere(|| of_a_captured_one_that_hides_another(3)).cuts, 6);
    assert_eq!(of_one_that_changes(2), [0, 1, 2, 3, 4]);
    assert_eq!(cut_everywhere(|| of_one_that_changes(2)).cuts, 5);
    assert_eq!(of_what_a_function_gives(1), ["a", "b", "c", "d"]);
    assert_eq!(cut_everywhere(|| of_what_a_function_gives(1)).cuts, 4);
}

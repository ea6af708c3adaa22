//! What edition 2024 adds, under the lints of `lints.rs`: `if let` and `while let` chains.

#![deny(warnings, unused, rust_2018_idioms, let_underscore)]

use resume_runtime::{checkpoint, resumable, testing};

#[resumable]
fn chains(n: u64) -> u64 {
    #[resume]
    let mut queue: Vec<u64> = (0..n).collect();
    #[resume]
    let mut sum = 0;
    while let Some(item) = queue.pop()
        && item > 1
    {
        #[resume]
        let item = item;
        if let Some(left) = item.checked_sub(2)
            && left % 2 == 0
            && let Some(right) = left.checked_add(n)
        {
            #[resume]
            let pair = (left, right);
            checkpoint!();
            sum += pair.0 + pair.1;
        } else {
            sum += 1;
        }
        checkpoint!(every = 2);
        sum += item;
    }
    sum
}

#[test]
fn chains_are_cut_everywhere() {
    testing::cut_everywhere(|| chains(7));
}

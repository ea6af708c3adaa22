//! A store that takes nothing for a while: a run with many child runs says so once, and does not try again for each of them.

use std::sync::atomic::Ordering::SeqCst;

use resume_runtime::{checkpoint, configure, resumable};
use resume_tests::refusing::Refusing;

const CHILDREN: u64 = 2_000;

#[resumable]
fn child(n: u64) -> u64 {
    #[resume]
    let mut sum = n;
    for k in 0..4 {
        sum += k;
        checkpoint!(every = 3);
    }
    sum
}

#[resumable]
fn parent() -> u64 {
    #[resume]
    let mut sum = 0;
    for n in 0..CHILDREN {
        sum += child(n);
        checkpoint!(every = 100);
    }
    sum
}

#[test]
fn child_runs_do_not_try_each_by_itself() {
    let store = Refusing::default();
    configure().store_in(store.clone()).quiet(true);
    let want = parent();
    assert!(store.asked.swap(0, SeqCst) > CHILDREN, "each child run is saved once, and the parent");
    store.refuses.store(u64::MAX, SeqCst);
    assert_eq!(parent(), want);
    let asked = store.asked.load(SeqCst);
    assert!(asked > 0 && asked < CHILDREN / 10, "asked {asked} times");
}

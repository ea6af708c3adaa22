//! A life that was begun afresh, and could not be saved at first: no later start takes up the life before it.

use std::sync::atomic::{AtomicU64, Ordering::SeqCst};

use resume_runtime::store::Store;
use resume_runtime::{Error, ErrorKind, checkpoint, clear_interrupt, configure, interrupt, resumable};
use resume_tests::refusing::Refusing;

static STOP: AtomicU64 = AtomicU64::new(0);

#[resumable]
fn count() -> Result<u64, Error> {
    #[resume]
    let mut sum = 0;
    for pass in 0..100_u64 {
        sum += pass;
        if pass == STOP.load(SeqCst) {
            interrupt();
        }
        checkpoint!(every = 1);
    }
    Ok(sum)
}

/// Runs up to that pass, whose snapshot is taken.
fn run_to(pass: u64) {
    STOP.store(pass, SeqCst);
    let error = count().expect_err("it is interrupted");
    assert!(error.is_interrupt(), "{error}");
    clear_interrupt();
}

#[test]
fn its_beginning_is_saved_with_its_first_snapshot_that_is() {
    let store = Refusing::default();
    configure().store_in(store.clone()).quiet(true);
    run_to(7);
    let key = store.key.lock().expect("no panic").clone().expect("it has been saved");
    let old = store.list(&key).expect("listed");

    configure().fresh(true);
    store.refuses.store(1, SeqCst);
    run_to(60);
    configure().fresh(false);
    assert_eq!(store.refuses.load(SeqCst), 0, "it has refused one");

    // All of the new life but its beginning is lost.
    let new: Vec<u64> = store.list(&key).expect("listed").into_iter().filter(|seq| !old.contains(seq)).collect();
    assert!(new.len() > 1, "{new:?} stand on a beginning");
    for &seq in &new[1..] {
        store.remove(&key, seq).expect("removed");
        store.put(&key, seq, b"nothing").expect("written");
    }
    STOP.store(u64::MAX, SeqCst);
    let error = count().expect_err("the old life is not the one that was asked for");
    assert_eq!(error.kind(), ErrorKind::Damaged, "{error}");
}

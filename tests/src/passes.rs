//! Functions that count their own passes: they are saved at each n-th of them, and are the same wherever they are cut.

use resume_runtime::testing::cut_everywhere;
use resume_runtime::{configure, store::Memory};
use serde::{Deserialize, Serialize, Serializer};
use std::cell::RefCell;
use std::sync::Once;

thread_local! {
    static SAVED: RefCell<Vec<u64>> = const { RefCell::new(Vec::new()) };
}

/// Counts the passes by itself, and notes at which it was saved.
#[derive(PartialEq, Clone, Debug, Deserialize)]
pub struct Passes(pub u64);

impl Serialize for Passes {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        SAVED.with_borrow_mut(|saved| saved.push(self.0));
        self.0.serialize(serializer)
    }
}

/// The function gives the passes it made; it is saved at each `every`-th of them.
///
/// # Panics
/// If it is not, or never.
#[track_caller]
pub fn saves(every: u64, f: impl Fn() -> Passes) {
    static STORE: Once = Once::new();
    STORE.call_once(|| {
        configure().store_in(Memory::new()).quiet(true);
    });
    SAVED.take();
    let Passes(made) = f();
    let due: Vec<u64> = (1..=made).filter(|pass| pass % every == 0).collect();
    assert_eq!(SAVED.take(), due, "of {made} passes");
    assert!(!due.is_empty());
}

/// And it is the same wherever it is cut.
///
/// # Panics
/// If it is not.
#[track_caller]
pub fn check(every: u64, f: impl Fn() -> Passes) {
    saves(every, &f);
    let _ = cut_everywhere(f);
}

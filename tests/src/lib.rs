//! Helpers of the tests of the promise.
//!
//! `generate` writes random function bodies out of the numbers of `random`, `program` makes programs of them, and `build`
//! builds them; `child` runs and kills programs; `passes` counts passes; `convert` reads and writes files of all kinds; `refusing` is
//! a store that cannot be written to for a while.

pub mod build;
pub mod child;
pub mod convert;
pub mod generate;
pub mod passes;
pub mod program;
pub mod random;
pub mod refusing;

/// The snippets of the pages are tests.
#[cfg(doctest)]
mod pages {
    #[doc = include_str!("../../README.md")]
    struct Readme;

    #[doc = include_str!("../../docs/files.md")]
    struct Files;

    #[doc = include_str!("../../docs/snapshots.md")]
    struct Snapshots;
}

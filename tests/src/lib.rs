//! Helpers of the tests of the promise.
//!
//! `generate` writes random function bodies out of the numbers of `random`, `program` makes programs of them;
//! `child` runs and kills programs; `passes` counts passes; `convert` reads and writes files of all kinds; `refusing` is
//! a store that cannot be written to for a while.

pub mod child;
pub mod convert;
pub mod generate;
pub mod passes;
pub mod program;
pub mod random;
pub mod refusing;

/// The snippets of the guide on files are tests.
#[cfg(doctest)]
#[doc = include_str!("../../docs/files.md")]
pub struct Guide;

/// So are those of the guide on snapshots.
#[cfg(doctest)]
#[doc = include_str!("../../docs/snapshots.md")]
pub struct Snapshots;

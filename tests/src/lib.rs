//! Helpers of the tests of the promise.
//!
//! `generate` writes random function bodies out of the numbers of `random`, `program` makes programs of them;
//! `child` runs and kills programs.

pub mod child;
pub mod generate;
pub mod program;
pub mod random;

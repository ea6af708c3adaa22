//! The functions of `tests/lints.rs`, in edition 2021.

#![deny(warnings, future_incompatible, rust_2021_compatibility, rust_2024_compatibility)]

extern crate checkpoints as resume_runtime;

#[path = "../../tests/lints/functions.rs"]
mod functions;

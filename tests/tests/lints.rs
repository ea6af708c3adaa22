//! Strict lints, in edition 2024; `tests/edition_2021` compiles the same functions in edition 2021.

#![deny(warnings, future_incompatible, rust_2021_compatibility, rust_2024_compatibility)]

#[path = "lints/functions.rs"]
mod functions;

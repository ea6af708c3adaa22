//! The attribute of [`resume-runtime`](https://docs.rs/resume-runtime): depend on that crate, which re-exports it.
//!
//! `#[resumable]` turns a function into one that can be left at any `checkpoint!` and entered there again. The way
//! from the function's tokens to the new ones has a file for each stage:
//!
//! | stage | file | from | to |
//! |---|---|---|---|
//! | groups | `groups` | tokens | the same, what a `macro_rules!` put in held together by parentheses |
//! | arguments | `args` | the attribute's and the sites' arguments | options |
//! | fingerprint | `fingerprint` | the tokens of the body | their hash |
//! | conditions | `cfg` | the item | the same, without `#[cfg]` |
//! | misspelt | `misspelt` | the item | the same, with the annotations that were meant |
//! | input | `input` | the signature | the parameters |
//! | resolve | `resolve` | the body | the same, each name bound once |
//! | macros | `macros` | the body | mistakes: macros that would mean something else |
//! | twice | `twice` | the body | mistakes: names that mean two things |
//! | whole | `whole` | the body | the same, what a `#[resume] for` binds in a `let` of its own |
//! | end | `end` | the body | the same, the end of the run marked |
//! | lower | `lower` | the body | `model`: blocks whose statements without a site stay verbatim |
//! | live | `live` | the model | what is alive at each site |
//! | apart | `apart` | both | the same, branches at whose sites less is alive moved behind |
//! | check | `check` | both | mistakes: what would be forgotten |
//! | uneven | `uneven` | the body | a `let` for each name of some, for which the body is lowered once more |
//! | expand | `expand` | the model and what is alive | tokens; cannot fail |
//! | restore | `restore` | tokens | the same, with the names that the user wrote |
//!
//! `pipeline` calls them in this order. What several of them ask of a piece of code has files of its own, such as `mentions`,
//! `ways` and `syntax`.
//!
//! Mistakes of every stage go into one sink (`diag`); if there are any, `fallback` gives the plain function, so that
//! its callers compile and each mistake is one error.

#![forbid(unsafe_code)]

mod apart;
mod args;
mod arrays;
mod capitals;
mod cfg;
mod check;
mod diag;
mod end;
mod expand;
mod fallback;
mod fingerprint;
#[cfg(test)]
mod fuzz;
mod groups;
mod hidden;
mod input;
mod iterated;
mod lending;
mod live;
mod lower;
mod macros;
mod made;
mod mentions;
mod misspelt;
mod model;
mod names;
mod opened;
mod pipeline;
mod random;
mod resolve;
mod restore;
mod std_macros;
mod syntax;
mod twice;
mod uneven;
mod ways;
mod whole;

use proc_macro::TokenStream;

/// Makes a function resumable: a run that was cut goes on, inside its loops, at the last snapshot.
///
/// The page of `resume_runtime` has an example, and [the language] of locals, parameters, loops and sites. Options:
///
/// - `on_return = discard | keep | memoize`: what a finished run leaves behind
/// - `key = "{seed}-{}", …`: a format string over the parameters that replaces the plain arguments in the run's identity; what
///   the caller passes in captured parameters stays part of it
/// - `seed = expr`: seeds the run's own generator
/// - `strict`: refuse a snapshot of another body, even if its layout is the same
/// - `version = 2`: the version of what is captured; a snapshot of another one is an error
/// - `migrate = path`: unless this function makes the `Locals` of the older version those of this one
/// - `keep = last(5) | all | within("7d") | hourly | daily`: which snapshots are kept; by default the newest two
/// - `pin = "label"`: besides, the newest one that was taken at the site with this label
/// - `compression = "none" | "lz4" | "zstd" | "zstd:9"`: how snapshots are compressed
/// - `crate = path`: where `resume_runtime` is, for a renamed dependency
///
/// [the language]: https://docs.rs/resume-runtime/latest/resume_runtime/#language
#[proc_macro_attribute]
pub fn resumable(arguments: TokenStream, item: TokenStream) -> TokenStream {
    pipeline::attribute(arguments.into(), item.into()).into()
}

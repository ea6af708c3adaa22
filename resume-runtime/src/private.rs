//! What expansions of `#[resumable]` call. No part of the public interface: it changes with the macro.
//!
//! `examples/monte_carlo-expanded.rs` is a whole expansion, and a test of the macro compares it; `tests/by_hand` has functions
//! that are written out, compiled and run. What an item does is said where it is defined. What may be called when:
//!
//! | when | what |
//! |---|---|
//! | to begin | `Call::new(&FUNCTION, path_of(…))`; `argument` for the plain parameters, or `key`; `captured` for the captured ones; `seed`; then `open` or `open_async`, with a kind: of `Returns::<R>::NEW`, or `Plain::new()` where `R` cannot be named |
//! | right after that, with `on_return = memoize` | `restore` for the captured parameters if `memoized`; then `memo`, whose result the function returns |
//! | on the walk (`target` is not 0) | each value of the target site once: `restore`, `take*` (also of a `Slot`), `local*` and `enter*` with `fresh` false. No child run is saved until the walk is over, and no generator of the run draws, as what is recomputed there did so before |
//! | off the walk | `local*` and `enter*` with `fresh` true: they give `Fresh` |
//! | where the walk is over, once | `arrived`, and `target = 0`; `enter*` calls `arrived` itself |
//! | in front of a loop | its cursor: `Steps::new` for a range; `items(name, resuming, Source::new(…).cursor())` for any other iterator, and where that is `None` the function returns `refused()`; `Whole::new` for `#[resume] for`, `Passing::new` for `#[transient] for` |
//! | in a loop that ends with its site | `block` (`block_in` of indices) until it is `None`; a block may be empty. For a `while` that counts up `Upwards`, whose bound is `None` where `Against` or `Length` do not know it |
//! | in a loop with its site elsewhere | `stretch(credit)` (`stretch_in`) until it is `None`, with the `left_k` of its site, and 1 on the walk; `left_k` is looked at only where the stretch `looks` |
//! | at the end of a loop, still on the walk | `lacks(name, items.here())`, which the function returns |
//! | where `left_k` is 0, and where `when` holds | `due(k, left_k, trigger)`; if that is true `put` for each value, and `commit(k, &[left_1, …])`; in any case `left_k = credit(k)` afterwards |
//! | as the value of a cursor | `here()` of the loop that ends with the site (`Site::last`), and of a `Whole`; `again()` of any other loop around it |
//! | where the function returns | `done(value)`, or with `on_return = memoize` `memoize(value, …)`; not for an `end`, and not needed for `?` |
//!
//! An `Err(end)` or `Failed(end)` of any of these is what the function returns at once. An `async` run is polled in
//! `context().enter(async move { … })`.

pub use crate::codec::{Decoder, Encoder, Error as CodecError};
pub use crate::loops::chunks::Chunks;
pub use crate::loops::cursor::{Step, Steppable, Steps};
pub use crate::loops::items::{Counted, Cursor, Passing, Position, Source, Whole};
pub use crate::loops::length::Length;
pub use crate::loops::stretch::Stretch;
pub use crate::loops::upwards::{Against, Upwards};
pub use crate::pack::Compression;
pub use crate::recover::migrate::migrate;
pub use crate::run::call::{Call, Place, path_of};
pub use crate::run::entry::Local::{self, Failed, Fresh, Saved};
pub use crate::run::entry::{With, other_way, own, passes, place_of, same_place};
pub use crate::run::function::{Captured, Function, OnReturn, Site};
pub use crate::run::kind::{Fallible, FromError, Kind, Memo, Plain, Returns};
pub use crate::run::node::Context;
pub use crate::run::value::{Argument, Capturable, Restore, Save, Slot, Value};
pub use crate::run::{Entry, Run};
pub use crate::saver::keep::Keep;
pub use crate::trigger::Trigger;
pub use core::option::Option::{None, Some};
pub use core::primitive::bool as Bool;
pub use core::result::Result::{Err, Ok};

/// A module for `with`.
pub mod inclusive {
    pub use crate::loops::inclusive::{deserialize, serialize};
}

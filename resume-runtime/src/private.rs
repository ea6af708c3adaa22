//! What expansions of `#[resumable]` call. No part of the public interface: it changes with the macro.
//!
//! # What a function becomes
//!
//! ```text
//! let mut run = match private::Call::new(&FUNCTION, private::path_of(&|| ()))
//!     .argument("seed", &seed)                        // plain parameters
//!     .captured("state", Save(&*state).value())  // captured parameters
//!     .key(format!("{seed}"))                         // key = …: instead of plain parameters, in any order with them
//!     .seed(&expr)                                    // seed = …
//!     .open(private::Returns::<R>::NEW.kind())        // private::Plain::new() where R cannot be named; open_async
//! { Ok(run) => run, Err(end) => return end };
//! ```
//!
//! - `let mut target: u32 = run.target();` 0 is fresh, `k` goes on at site `k`. `let mut left_k = run.credit(k);`
//! - Captured locals: `match run.local(target == 0, "x") { Fresh => INIT, Saved(value) => value, Failed(end) => return end }`;
//!   `run.take("x")` gives `Ok(value)` or `Err(end)` where it is a resume for certain.
//!   For arrays of any length: `let slot = private::Slot::new();`, then `slot.fresh(INIT)` and `slot.take(&mut run, "x")`.
//!   `take_or("x", || default)` likewise, on `run` and on a slot.
//!   Where one sees an inclusive range that is set anew: with `private::inclusive`, as `#[resume(with = path)]`.
//! - Captured parameters: `run.restore("p", &mut *p)`, or for arrays of any length
//!   `private::Slot::of(&*p).restore(&mut run, "p", &mut *p)`.
//! - Saved values: `("x", private::Save(&x).value())`, also for cursors.
//! - Cursors of ranges: `private::Steps::new(a..b)`, saved as `&steps.here()`, at a `Site::last`, or `&steps.again()`,
//!   restored by `take_steps`.
//! - Of all else: `run.items("for", is_resumed, private::Source::new(EXPR).cursor())` gives `Some(items)`, or `None`: `return
//!   run.refused()` then. `items.block(&mut left)`, `items.next()`, `items.here()`, `items.again()`. `EXPR` is moved into the
//!   source; to keep its temporaries to the end of the loop, as a plain `for` does, put the loop into the arm of a `match` on
//!   that call. Where the loop ends and the run is still on its way to a site in it, `return run.lacks("for", items.here())`.
//! - `#[resume] for`: `private::Whole::new(EXPR)`, saved as `&items.here()`, restored by `take`.
//!   `#[transient] for`: `private::Passing::new(EXPR)`.
//! - A `while` with an integer that goes up: `private::Upwards::below(i, Some(n), left)` as long as `i < n`, with
//!   `is_over(i, Some(n))`; `up_to` as long as `i <= n`, with `is_past`; `until`, with an `n` that stays what it is, as long as
//!   `i != n`, which is asked where the block `is_blind()`; `has(i)`, `made(i)`. `None` for a bound that is not known:
//!   `private::Against::of(&i, &n).value()` and `private::Length::of(&list).is_fixed()` tell.
//! - A loop with its site elsewhere than at the end: `while let Some(mut stretch) = cursor.stretch(credit)`, where `credit` is
//!   its `left_k`, and 1 on a resume; in it `while let Some(item) = stretch.next(&mut cursor)`. `left_k` is asked where
//!   `stretch.looks()`: else it does not come to 0, and `target` is 0.
//! - Where the number of a range is an index of lists, `steps.block_in(SHORTEST, &mut left)` and
//!   `steps.stretch_in(SHORTEST, credit)`, with the least of `private::Length::of(&list).indices()`.
//! - A block may be empty: `Some` of a block that gives nothing. Then the loop is over at the next call.
//! - When the function is back at its site, that is where `target` becomes 0, and where a loop with its site at the end has
//!   taken its cursor: `run.arrived();`. Until then the run is on its way back: child runs are not saved, and its
//!   generators refuse to draw, as what is recomputed there did so before.
//! - Where `left_k` has come to 0, and at each pass at which `condition` holds:
//!   `run.due(k, left_k, private::Trigger::new().every(n as u64).interval(duration).when(condition))`, then, if it says so,
//!   `run.put("x", private::Save(&x).value())` for each value and `run.commit(k, &[left_1, …])?`, and in any case
//!   `left_k = run.credit(k)`.
//! - Every way out: `run.done(value)`; not needed for `?`.
//! - Memoize, directly after `open`: `if run.memoized() { run.restore(…)…; }`, then
//!   `if let Some(result) = run.memo() { return result }`; and `run.memoize(value, &[("p", …)])` instead of `done`.
//! - Async: `open_async`, then `let context = run.context(); context.enter(async move { … }).await`.

pub use crate::call::{Call, Place, path_of};
pub use crate::codec::{Decoder, Encoder, Error as CodecError};
pub use crate::cursor::{Step, Steppable, Steps};
pub use crate::entry::Local::{self, Failed, Fresh, Saved};
pub use crate::entry::{With, other_way, own, passes, place_of, same_place};
pub use crate::function::{Captured, Function, OnReturn, Site};
pub use crate::items::{Chunks, Counted, Cursor, Passing, Position, Source, Whole};
pub use crate::keep::Keep;
pub use crate::kind::{Fallible, FromError, Kind, Memo, Others, Plain, Returns};
pub use crate::length::Length;
pub use crate::migrate::migrate;
pub use crate::node::Context;
pub use crate::pack::Compression;
pub use crate::run::{Entry, Run};
pub use crate::stretch::Stretch;
pub use crate::trigger::Trigger;
pub use crate::upwards::{Against, Upwards};
pub use crate::value::{Argument, Capturable, Restore, Save, Slot, Value};
pub use core::option::Option::{None, Some};
pub use core::primitive::bool as Bool;
pub use core::result::Result::{Err, Ok};

/// A module for `with`.
pub mod inclusive {
    pub use crate::inclusive::{deserialize, serialize};
}

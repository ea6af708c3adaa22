//! Long computations that survive Ctrl-C, `kill -9`, power cuts and time limits: annotate a function, run it again, it goes
//! on inside its loops, where it was. **A resumed run is the uninterrupted run**: same result, bit for bit.
//!
//! ```no_run
//! use resume_runtime::rand_chacha::ChaCha8Rng;
//! use resume_runtime::rand_chacha::rand_core::{Rng, SeedableRng};
//! use resume_runtime::{checkpoint, resumable};
//!
//! #[resumable]
//! fn mean_position(seed: u64, epochs: usize) -> f64 {
//!     #[resume]
//!     let mut rng = ChaCha8Rng::seed_from_u64(seed);
//!     #[resume]
//!     let mut positions = Vec::with_capacity(epochs);
//!     #[resume]
//!     let mut x = 0.0;
//!     for _ in 0..epochs {
//!         x += f64::from(rng.next_u32()) / f64::from(u32::MAX) - 0.5;
//!         positions.push(x);
//!         checkpoint!(every = 10_000);
//!     }
//!     positions.iter().sum::<f64>() / epochs as f64
//! }
//!
//! println!("{}", mean_position(42, 1_000_000));
//! ```
//!
//! - A **site** is a `checkpoint!(…)`; control passes it, and a pass that is due saves a **snapshot**.
//! - `#[resume] let`: a **captured** local, saved in each snapshot. `#[transient] let`: made again on resume. A plain
//!   immutable `let` is made again too; a mutable one that is needed after a site has to say which.
//! - The arguments name the **run**: the same call finds its snapshot, another call does not.
//! - Snapshots live in `.checkpoints` ([`configure`], `RESUME_STORE`).
//! - [`rng`] is a generator that belongs to the run. [`testing`] cuts a function at each of its passes and compares.
//!
//! # Language
//!
//! | write | for |
//! |---|---|
//! | `#[resume] let mut x = …;` | a local that is saved, and restored without running its initialiser |
//! | `#[resume(default)]`, `#[resume(default = …)]` | one that an older snapshot may lack |
//! | `#[resume(rename = "old")]` | one that had another name |
//! | `#[resume(with = module)]` | one that is saved as with serde's `with` |
//! | `#[transient] let mut x = …;` | a local that is made again: connections, caches, scratch files |
//! | `let n = …;` | a local that follows from what is there: made again if it is still needed |
//! | `fn f(seed: u64)`, `&self` | an argument that names the run |
//! | `fn f(#[resume] state: &mut State)`, `#[resume] &mut self` | state of the caller's, saved and restored in place |
//! | `fn f(#[transient] log: &Path)` | an argument that does not name the run: the caller's value always counts |
//! | `for x in a..b` | a loop that goes on with the next number |
//! | `for x in xs` | one whose iterator is made again and advanced: it has to give the same items again |
//! | `#[resume] for x in it` | one whose iterator is saved |
//! | `#[transient] for x in it` | one whose iterator is made again, and taken as it comes |
//!
//! Options of the function are with [`resumable`], those of a site with [`checkpoint!`].
//!
//! # Environment
//!
//! | variable | effect |
//! |---|---|
//! | `RESUME_STORE=<folder>` | where snapshots live |
//! | `RESUME_OFF=1` | resumable functions are plain functions |
//! | `RESUME_FRESH=1` | start afresh, and keep the snapshots |
//! | `RESUME_FROM=<snapshot>` | start from this one: a file, or a number of the run's own |
//! | `RESUME_REQUIRE=1` | without a snapshot, fail |
//! | `RESUME_QUIET=1` | no line at the start of a run; interrupts and warnings are still said |
//! | `RESUME_COMPRESSION=zstd:3` | how snapshots are compressed ([`Compression`]) |
//! | `RESUME_STORE_LIMIT=10GB` | what the store may hold ([`Configure::store_limit`]) |
//! | `RESUME_DEADLINE=3h` | save and stop in time: a duration, or a time ([`Configure::deadline`]) |
//! | `RESUME_SIGNALS=USR1,USR2` | stop at these signals too ([`Configure::signals`]) |
//! | `RESUME_EXIT_STATUS=75` | the status of a process that was stopped in time ([`Configure::exit_status`]) |
//! | `RESUME_LOCK=files` | lock runs by files alone, where the file system's own locks keep nobody out |
//!
//! # Features
//!
//! None is on by default, and all are of [`fs`]: a table, or a compressed file, as a captured local.
//!
//! | feature | adds |
//! |---|---|
//! | `csv` | `fs::CsvWriter`, `fs::CsvReader`, `fs::CsvFormat`, and the `csv` crate as `fs::csv` |
//! | `gz` | `OutputFile::create_gz`, `OutputFile::append_gz` |
//! | `zstd` | `OutputFile::create_zstd`, `OutputFile::append_zstd`; snapshots are compressed with zstd without it too |

#![cfg_attr(docsrs, feature(doc_cfg))]
#![deny(unsafe_code)]

mod buffer;
mod clock;
mod codec;
mod config;
mod error;
pub mod fs;
#[cfg(any(test, fuzzing))]
#[doc(hidden)]
#[allow(clippy::missing_panics_doc, reason = "a panic is what they are there to find")]
pub mod fuzz;
mod interrupt;
mod loops;
mod mutex;
mod object;
mod pack;
mod recover;
mod report;
mod rng;
mod run;
mod saver;
mod snapshot;
pub mod store;
pub mod testing;
mod trigger;

pub use config::{Configure, configure};
pub use error::{Error, ErrorKind};
pub use interrupt::deadline::Deadline;
pub use interrupt::limits::Signal;
pub use interrupt::{clear_interrupt, interrupt};
pub use pack::Compression;
pub use rand_chacha;
pub use recover::migrate::Locals;
pub use resume_macros::resumable;
pub use rng::{Rng, rng, rng_stream};
pub use saver::keep::Keep;

/// For expansions only; see the file.
#[doc(hidden)]
#[path = "private.rs"]
pub mod __v0_1;

/// Marks a place at which a run can be cut and resumed; stands in the body of a `#[resumable]` function, which takes it in.
///
/// | form | a snapshot is due |
/// |---|---|
/// | `checkpoint!()` | when saving costs the run at most 1 % of its time, and on interrupt |
/// | `checkpoint!(budget = "2%")` | the same with another share |
/// | `checkpoint!(every = n)` | at each n-th pass of this site |
/// | `checkpoint!(interval = "30s")` or a `Duration` | at the first pass after it |
/// | `checkpoint!(when = cond)` | when `cond` holds at that pass |
/// | `label = "burn-in"` | names the site |
///
/// They combine: whichever is due saves once, and all of them begin to count anew.
///
/// ```
/// use resume_runtime::{checkpoint, resumable};
///
/// #[resumable]
/// fn sum(n: u64) -> u64 {
///     #[resume]
///     let mut sum = 0;
///     for k in 0..n {
///         sum += k;
///         checkpoint!(every = 1_000, interval = "30s", label = "sum");
///     }
///     sum
/// }
/// # resume_runtime::testing::cut_everywhere(|| sum(10));
/// ```
#[macro_export]
macro_rules! checkpoint {
    (@site $($t:tt)*) => {};
    ($($t:tt)*) => {
        ::core::compile_error!(
            "`checkpoint!` stands only in the body of a `#[resumable]` function, and is written out there (not in a closure, an \
             inner item, an `async` block, nor in what a macro is given or makes)"
        )
    };
}

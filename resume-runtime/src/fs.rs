//! Files that a run writes and reads, as captured locals: a resume goes on in them where the run was.
//!
//! | | |
//! |---|---|
//! | [`OutputFile`] | is cut back to where it was at the snapshot, so its bytes equal those of an uninterrupted run |
//! | [`InputFile`] | is gone on with where it was, and a changed one is noticed |
//! | `CsvWriter`, `CsvReader` | the same for tables (feature `csv`) |
//!
//! A [`File`](std::fs::File) cannot be captured. In a `#[transient]` local it is opened again by each resume: a
//! `File::create` empties what the run has written, and a file that is appended to gets lines twice.

mod chain;
mod frame;
mod handles;
mod hash;
mod input;
mod mark;
mod medium;
mod output;
mod place;
#[cfg(feature = "csv")]
mod table;
mod trouble;

#[cfg(feature = "csv")]
pub use csv;
pub(crate) use handles::Handles;
pub use input::InputFile;
pub(crate) use mark::{Mark, of as marks_of};
pub use output::OutputFile;
#[cfg(feature = "csv")]
pub use table::{CsvFormat, CsvReader, CsvWriter};

//! Tables of the `csv` crate as captured locals.

mod format;
mod reader;
mod writer;

use std::io;

use crate::error::Error;

pub use format::CsvFormat;
pub use reader::CsvReader;
pub use writer::CsvWriter;

/// A resumable function may return what `csv` returns.
impl From<Error> for csv::Error {
    fn from(error: Error) -> csv::Error {
        csv::Error::from(io::Error::from(error))
    }
}

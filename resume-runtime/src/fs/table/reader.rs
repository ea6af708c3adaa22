//! A table that a run reads.

use std::fmt;
use std::io::{self, Read, Seek, SeekFrom};
use std::path::Path;

use csv::{ByteRecord, Position, StringRecord};
use serde::de::{Deserialize, DeserializeOwned, Deserializer, Error as _};
use serde::ser::{Serialize, Serializer};

use super::CsvFormat;
use crate::codec;
use crate::fs::InputFile;

/// A `csv::Reader` over an [`InputFile`], for a captured local.
///
/// ```no_run
/// use resume_runtime::fs::CsvReader;
/// use resume_runtime::{checkpoint, resumable};
///
/// #[derive(serde::Deserialize)]
/// struct Order {
///     item: u64,
///     quantity: u64,
/// }
///
/// #[resumable]
/// fn count(path: &str) -> Result<u64, Box<dyn std::error::Error + Send + Sync>> {
///     #[resume]
///     let mut orders = CsvReader::open(path)?;
///     #[resume]
///     let mut sum = 0;
///     while let Some(order) = orders.read::<Order>()? {
///         sum += order.quantity * (order.item % 7);
///         checkpoint!();
///     }
///     Ok(sum)
/// }
/// ```
///
/// A resume reads the headers again, and goes on with the record that is next.
pub struct CsvReader {
    csv: csv::Reader<From>,
    format: CsvFormat,
    /// Whether a record has been asked for: what was read before are headers.
    has_read: bool,
}

/// What a snapshot holds.
#[derive(serde::Deserialize)]
struct Saved {
    input: InputFile,
    start: u64,
    format: CsvFormat,
    next: Option<Place>,
}

#[derive(serde::Serialize)]
struct Saving<'a> {
    input: &'a InputFile,
    start: u64,
    format: &'a CsvFormat,
    next: Option<Place>,
}

/// A `csv::Position`.
#[derive(serde::Serialize, serde::Deserialize)]
struct Place {
    byte: u64,
    line: u64,
    record: u64,
}

/// A file from some place on, which `csv` takes for its beginning.
struct From {
    input: InputFile,
    start: u64,
}

impl Read for From {
    fn read(&mut self, bytes: &mut [u8]) -> io::Result<usize> {
        self.input.read(bytes)
    }
}

impl Seek for From {
    fn seek(&mut self, to: SeekFrom) -> io::Result<u64> {
        let to = match to {
            SeekFrom::Start(offset) => SeekFrom::Start(self.start.saturating_add(offset)),
            other => other,
        };
        self.input.seek(to).map(|offset| offset.saturating_sub(self.start))
    }
}

impl CsvReader {
    /// The table in a file.
    ///
    /// # Errors
    /// As for [`InputFile::open`].
    pub fn open(path: impl AsRef<Path>) -> io::Result<CsvReader> {
        InputFile::open(path).and_then(CsvReader::new)
    }

    /// The table in a file, from where it is on.
    ///
    /// # Errors
    /// If the file cannot tell where it is.
    pub fn new(input: InputFile) -> io::Result<CsvReader> {
        CsvReader::with_format(input, CsvFormat::new())
    }

    /// A table that is written down in another way.
    ///
    /// # Errors
    /// If the file cannot tell where it is.
    pub fn with_format(mut input: InputFile, format: CsvFormat) -> io::Result<CsvReader> {
        let start = input.stream_position()?;
        let csv = format.reader().from_reader(From { input, start });
        Ok(CsvReader { csv, format, has_read: false })
    }

    /// The names of the fields.
    ///
    /// # Errors
    /// If they cannot be read, or are not UTF-8.
    pub fn headers(&mut self) -> csv::Result<&StringRecord> {
        self.csv.headers()
    }

    /// Reads the next record into `record`; `false` at the end.
    ///
    /// # Errors
    /// If it cannot be read, is not UTF-8, or not as long as the first one.
    pub fn read_record(&mut self, record: &mut StringRecord) -> csv::Result<bool> {
        self.has_read = true;
        self.csv.read_record(record)
    }

    /// Reads the next record into `record`, whatever its bytes are; `false` at the end.
    ///
    /// # Errors
    /// If it cannot be read, or is not as long as the first one.
    pub fn read_byte_record(&mut self, record: &mut ByteRecord) -> csv::Result<bool> {
        self.has_read = true;
        self.csv.read_byte_record(record)
    }

    /// The next record as a value, its fields by the names in the header; `None` at the end.
    ///
    /// # Errors
    /// As for [`read_record`](CsvReader::read_record), and if it is no `T`.
    pub fn read<T: DeserializeOwned>(&mut self) -> csv::Result<Option<T>> {
        let mut record = StringRecord::new();
        if !self.read_record(&mut record)? {
            return Ok(None);
        }
        let headers = if self.format.names_fields() { Some(self.csv.headers()?) } else { None };
        record.deserialize(headers).map(Some)
    }

    /// Where the next record begins: byte, line and number, counted from where the table does.
    pub fn position(&self) -> &Position {
        self.csv.position()
    }
}

impl fmt::Debug for CsvReader {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("CsvReader").field(&self.csv.get_ref().input.path()).finish()
    }
}

impl Serialize for CsvReader {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let From { input, start } = self.csv.get_ref();
        let next = self.has_read.then(|| {
            let next = self.csv.position();
            Place { byte: next.byte(), line: next.line(), record: next.record() }
        });
        if codec::is_looking() {
            // How far it has read ahead depends on where it was taken up.
            return (input.path().to_string_lossy(), next).serialize(serializer);
        }
        Saving { input, start: *start, format: &self.format, next }.serialize(serializer)
    }
}

impl<'de> Deserialize<'de> for CsvReader {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<CsvReader, D::Error> {
        let Saved { mut input, start, format, next } = Saved::deserialize(deserializer)?;
        input.seek(SeekFrom::Start(start)).map_err(D::Error::custom)?;
        let mut csv = format.reader().from_reader(From { input, start });
        let has_read = next.is_some();
        if let Some(Place { byte, line, record }) = next {
            let mut place = Position::new();
            place.set_byte(byte).set_line(line.max(1)).set_record(record);
            csv.seek(place).map_err(D::Error::custom)?;
        }
        Ok(CsvReader { csv, format, has_read })
    }
}

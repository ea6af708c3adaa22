//! A table that a run writes.

use std::fmt;
use std::io::{self, Write};
use std::path::Path;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Mutex, MutexGuard, PoisonError};

use csv::{QuoteStyle, ReaderBuilder, WriterBuilder};
use serde::de::{Deserialize, Deserializer, Error as _};
use serde::ser::{Error as _, Serialize, Serializer};

use super::CsvFormat;
use crate::fs::OutputFile;
use crate::mutex::locked;

/// A `csv::Writer` over an [`OutputFile`], for a captured local.
///
/// ```no_run
/// use resume_runtime::fs::{CsvWriter, csv};
/// use resume_runtime::{checkpoint, resumable};
///
/// #[resumable]
/// fn squares(rows: u64) -> Result<(), Box<dyn std::error::Error + Send + Sync>> {
///     #[resume]
///     let mut table = CsvWriter::create("squares.csv")?;
///     table.write_record(["n", "square"])?;
///     for n in 0..rows {
///         table.write((n, n * n))?;
///         checkpoint!();
///     }
///     Ok(table.finish()?)
/// }
/// ```
///
/// Headers are written once, and records must be of one length ([`CsvFormat`] may say otherwise), however often the run was
/// resumed. After a record that could not be written there are no more snapshots: what `csv` made of it is not known. Return
/// the error, and the run goes on from the snapshot before.
pub struct CsvWriter(Mutex<Inner>);

struct Inner {
    csv: csv::Writer<Gate>,
    so_far: SoFar,
    /// Whether a record failed, of which a part may stand in the table.
    is_spoilt: bool,
}

impl Inner {
    fn new(csv: csv::Writer<Gate>, so_far: SoFar) -> Inner {
        Inner { csv, so_far, is_spoilt: false }
    }
}

/// What makes a writer more than its file.
#[derive(Clone, serde::Serialize, serde::Deserialize)]
struct SoFar {
    format: CsvFormat,
    /// Whether a header has been written, or it has been found that there is none.
    has_serialized: bool,
    /// The length of the first record: what all others are compared with.
    fields: Option<usize>,
}

/// What a snapshot holds.
#[derive(serde::Deserialize)]
struct Saved {
    out: OutputFile,
    so_far: SoFar,
}

#[derive(serde::Serialize)]
struct Saving<'a> {
    out: &'a OutputFile,
    so_far: &'a SoFar,
}

/// The way to the file. Its own flush does nothing, so that `csv` can be made to hand over all that it has.
struct Gate {
    out: OutputFile,
    is_shut: AtomicBool,
}

impl Write for Gate {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        if *self.is_shut.get_mut() { Ok(bytes.len()) } else { self.out.write(bytes) }
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

impl CsvWriter {
    /// A table in a new file; one that is there is emptied.
    ///
    /// # Errors
    /// As for [`OutputFile::create`].
    pub fn create(path: impl AsRef<Path>) -> io::Result<CsvWriter> {
        OutputFile::create(path).map(CsvWriter::new)
    }

    /// A table in a file, which may be a compressed one.
    pub fn new(out: OutputFile) -> CsvWriter {
        CsvWriter::with_format(out, CsvFormat::new())
    }

    /// A table that is written down in another way.
    pub fn with_format(out: OutputFile, format: CsvFormat) -> CsvWriter {
        let csv = format.writer().from_writer(Gate { out, is_shut: AtomicBool::new(false) });
        CsvWriter(Mutex::new(Inner::new(csv, SoFar { format, has_serialized: false, fields: None })))
    }

    fn inner(&mut self) -> &mut Inner {
        self.0.get_mut().unwrap_or_else(PoisonError::into_inner)
    }

    fn lock(&self) -> MutexGuard<'_, Inner> {
        locked(&self.0)
    }

    /// Writes a record; the fields of a header too.
    ///
    /// # Errors
    /// If it is not as long as the first one, or cannot be written.
    pub fn write_record<I, T>(&mut self, record: I) -> csv::Result<()>
    where
        I: IntoIterator<Item = T>,
        T: AsRef<[u8]>,
    {
        let Inner { csv, so_far, is_spoilt } = self.inner();
        let mut fields = 0;
        let written = csv.write_record(record.into_iter().inspect(|_| fields += 1));
        so_far.fields.get_or_insert(fields);
        *is_spoilt |= written.is_err();
        written
    }

    /// Writes a value as a record. The first one, if it is a struct, writes a header before it.
    ///
    /// # Errors
    /// If it is no record, not as long as the first one, or cannot be written.
    pub fn write<S: Serialize>(&mut self, record: S) -> csv::Result<()> {
        let Inner { csv, so_far, is_spoilt } = self.inner();
        if so_far.fields.is_none() && !so_far.format.is_flexible() {
            so_far.fields = Some(fields(&record)?);
        }
        so_far.has_serialized = true;
        let written = csv.serialize(record);
        *is_spoilt |= written.is_err();
        written
    }

    /// Writes a value as [`write`](CsvWriter::write) does; the name is the one in `csv`.
    ///
    /// # Errors
    /// If it is no record, not as long as the first one, or cannot be written.
    pub fn serialize<S: Serialize>(&mut self, record: S) -> csv::Result<()> {
        self.write(record)
    }

    /// Brings what was written to the file.
    ///
    /// # Errors
    /// If it cannot be written.
    pub fn flush(&mut self) -> io::Result<()> {
        let csv = &mut self.inner().csv;
        csv.flush()?;
        csv.get_ref().out.flush_shared()
    }

    /// Ends the table: all of it is on the disk.
    ///
    /// # Errors
    /// If it cannot be written, or not be made durable.
    pub fn finish(self) -> io::Result<()> {
        let inner = self.0.into_inner().unwrap_or_else(PoisonError::into_inner);
        let gate = inner.csv.into_inner().map_err(csv::IntoInnerError::into_error)?;
        gate.out.finish()
    }
}

/// How many fields a value has as a record: counted where each of them is quoted, so that none is taken for two.
fn fields(record: &impl Serialize) -> csv::Result<usize> {
    let mut probe = WriterBuilder::new().has_headers(false).quote_style(QuoteStyle::Always).from_writer(Vec::new());
    probe.serialize(record)?;
    let line = probe.into_inner().map_err(|error| csv::Error::from(error.into_error()))?;
    let mut first = csv::ByteRecord::new();
    ReaderBuilder::new().has_headers(false).from_reader(&line[..]).read_byte_record(&mut first)?;
    Ok(first.len())
}

impl fmt::Debug for CsvWriter {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("CsvWriter").field(&self.lock().csv.get_ref().out.path()).finish()
    }
}

impl Serialize for CsvWriter {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let mut inner = self.lock();
        // A resume could not bring `csv` back to the middle of a record.
        if inner.is_spoilt {
            return Err(S::Error::custom("a record of the table could not be written whole"));
        }
        // To memory, not to the file: harmless for who only looks too.
        inner.csv.flush().map_err(S::Error::custom)?;
        Saving { out: &inner.csv.get_ref().out, so_far: &inner.so_far }.serialize(serializer)
    }
}

impl<'de> Deserialize<'de> for CsvWriter {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<CsvWriter, D::Error> {
        let Saved { out, so_far } = Saved::deserialize(deserializer)?;
        let has_headers = so_far.format.names_fields() && !so_far.has_serialized;
        let gate = Gate { out, is_shut: AtomicBool::new(true) };
        let mut csv = so_far.format.writer().has_headers(has_headers).from_writer(gate);
        // A record that goes nowhere tells it how long the others have to be.
        if let Some(fields) = so_far.fields.filter(|fields| *fields > 0) {
            let record = std::iter::repeat_n("", fields);
            csv.write_record(record).and_then(|()| Ok(csv.flush()?)).map_err(D::Error::custom)?;
        }
        csv.get_ref().is_shut.store(false, Ordering::Relaxed);
        Ok(CsvWriter(Mutex::new(Inner::new(csv, so_far))))
    }
}

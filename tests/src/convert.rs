//! A run that reads a file in two ways and writes files in all: what a cut may not spoil.

use std::error::Error;
use std::fmt::Write as _;
use std::fs;
use std::io::{self, Write};
use std::path::Path;

use resume_runtime::fs::{CsvFormat, CsvReader, CsvWriter, InputFile, OutputFile};
use resume_runtime::{checkpoint, resumable};
use serde::{Deserialize, Serialize};

/// What a run gives back.
pub type Outcome<T> = Result<T, Box<dyn Error + Send + Sync>>;

/// A record of the input.
#[derive(Serialize, Deserialize)]
pub struct Order {
    item: String,
    quantity: u64,
}

/// A record of the output; its text has quotes, commas and line feeds.
#[derive(Serialize, Deserialize)]
pub struct Bill {
    number: u64,
    text: String,
    cents: u64,
}

/// The names of the files that `convert` writes.
pub const WRITTEN: [&str; 6] = ["plain", "log", "table.csv", "other.csv", "content.gz", "content.zst"];

/// Makes the input, of `orders` records over more than as many lines, and a log that is not empty.
pub fn prepare(folder: &Path, orders: u64) -> io::Result<()> {
    let mut text = "item,quantity\r\n".to_owned();
    for number in 0..orders {
        let end = if number % 3 == 0 { "\r\n" } else { "\n" };
        let _ = write!(
            text,
            "\"{}\nsize \"\"{number}\"\", red\",{}{end}",
            "screw ".repeat(number as usize % 90),
            number % 13
        );
    }
    fs::write(folder.join("orders.csv"), text)?;
    fs::write(folder.join("log"), "of another run\n")
}

/// Reads the orders as a table and as lines, and writes what comes of it to files of all kinds.
#[resumable]
pub fn convert(folder: &Path) -> Outcome<u64> {
    // Where a resume does not come: a test that calls it again and again begins with the same log.
    fs::write(folder.join("log"), "of another run\n")?;
    #[resume]
    let mut orders = CsvReader::open(folder.join("orders.csv"))?;
    #[resume]
    let mut lines = InputFile::open(folder.join("orders.csv"))?;
    #[resume]
    let mut plain = OutputFile::create(folder.join("plain"))?;
    #[resume]
    let mut log = OutputFile::append(folder.join("log"))?;
    #[resume]
    let mut table = CsvWriter::create(folder.join("table.csv"))?;
    let format = CsvFormat::new().delimiter(b';').has_headers(false).quote_all(true);
    #[resume]
    let mut other = CsvWriter::with_format(OutputFile::create(folder.join("other.csv"))?, format);
    #[resume]
    let mut gz = OutputFile::create_gz(folder.join("content.gz"))?;
    #[resume]
    let mut zstd = OutputFile::create_zstd(folder.join("content.zst"), 3)?;
    checkpoint!(every = 1, label = "opened");
    #[resume]
    let mut sum = 0;
    #[resume]
    let mut number = 0;
    while let Some(order) = orders.read::<Order>()? {
        let line = lines.next_line()?.unwrap_or_default();
        writeln!(plain, "{number}: {line}")?;
        writeln!(log, "{}", line.len())?;
        let cents = order.quantity * 25 + order.item.len() as u64;
        let text = format!("{}, at \"{cents}\"\n", order.item);
        other.write((number, &text))?;
        table.write(Bill { number, text, cents })?;
        writeln!(gz, "{cents} {line}")?;
        writeln!(zstd, "{line} {cents}")?;
        sum += cents;
        number += 1;
        checkpoint!(every = 5);
    }
    for file in [plain, log, gz, zstd] {
        file.finish()?;
    }
    table.finish()?;
    other.finish()?;
    Ok(sum)
}

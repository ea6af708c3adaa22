//! Extract, transform, load: prices are fetched for the orders in a file, and the bill is written
//! to another.
//!
//! ```text
//! cargo run --release --example etl -- [INPUT] [OUTPUT]
//! ```
//!
//! Without arguments it works on a file that it makes itself. Two lessons for programs that touch
//! the world outside: what was written after the last snapshot will be written again, so the length
//! of the output is captured and the output cut back to it; and a function that returns a `Result`
//! gets an interrupt as an error, so its caller decides.

use std::error::Error;
use std::fs::{File, OpenOptions};
use std::io::{self, BufRead, BufReader, Seek, SeekFrom, Write};
use std::path::{Path, PathBuf};
use std::process::ExitCode;
use std::time::Duration;
use std::{env, thread};

use resume_runtime::{checkpoint, resumable};
use serde::{Deserialize, Serialize};

/// What came out of a file.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Summary {
    /// Lines written to the output.
    pub good: usize,
    /// Lines that could not be read as an order.
    pub bad: usize,
    /// The sum of the bill, in cents.
    pub cents: u64,
}

/// Bills each order of `input`, a line `item,quantity`, in `output`.
///
/// The input's path names the run. Where the output goes and how slow the shop is are not part of
/// its identity.
#[resumable]
pub fn bill(
    input: &Path,
    #[transient] output: &Path,
    #[transient] latency: Duration,
) -> Result<Summary, Box<dyn Error + Send + Sync>> {
    #[resume]
    let mut summary = Summary::default();
    #[resume]
    let mut written = 0;
    // Runs again after a restore, with the restored length.
    #[transient]
    let mut file = open_at(output, written)?;
    for (number, line) in (1..).zip(BufReader::new(File::open(input)?).lines()) {
        match order(&line?) {
            Some((item, quantity)) => {
                let cents = quantity * price(item, latency);
                let row = format!("{item},{quantity},{cents}\n");
                file.write_all(row.as_bytes())?;
                written += row.len() as u64;
                summary.good += 1;
                summary.cents += cents;
            }
            None => {
                eprintln!("line {number}: not an order, left out");
                summary.bad += 1;
            }
        }
        checkpoint!(every = 100, interval = "60s");
    }
    Ok(summary)
}

/// Opens a file for writing and drops all that stands behind its first `length` bytes.
fn open_at(path: &Path, length: u64) -> io::Result<File> {
    let mut file = OpenOptions::new().create(true).truncate(false).write(true).open(path)?;
    if file.metadata()?.len() < length {
        return Err(io::Error::other(format!("{} has lost lines since the last snapshot", path.display())));
    }
    file.set_len(length)?;
    file.seek(SeekFrom::End(0))?;
    Ok(file)
}

/// The item and the quantity in a line, if it is an order.
fn order(line: &str) -> Option<(u64, u64)> {
    let (item, quantity) = line.split_once(',')?;
    Some((item.trim().parse().ok()?, quantity.trim().parse().ok()?))
}

/// Asks the shop for a price: stands for a slow request over a network.
fn price(item: u64, latency: Duration) -> u64 {
    thread::sleep(latency);
    99 + item * 7 % 1_000
}

/// Makes a file of orders, each 97th of them spoilt, unless it is there.
pub fn sample(path: &Path, lines: u64) -> io::Result<()> {
    if path.exists() {
        return Ok(());
    }
    let text: String = (1..=lines)
        .map(|line| match line % 97 {
            0 => "spoilt\n".to_owned(),
            rest => format!("{line},{rest}\n"),
        })
        .collect();
    std::fs::write(path, text)
}

fn main() -> ExitCode {
    let mut arguments = env::args_os().skip(1).map(PathBuf::from);
    let input = arguments.next().unwrap_or_else(|| env::temp_dir().join("resume-orders.csv"));
    let output = arguments.next().unwrap_or_else(|| env::temp_dir().join("resume-bill.csv"));
    if let Err(error) = sample(&input, 20_000) {
        eprintln!("{}: {error}", input.display());
        return ExitCode::FAILURE;
    }

    match bill(&input, &output, Duration::from_micros(500)) {
        Ok(Summary { good, bad, cents }) => {
            println!("{good} orders billed, {bad} lines left out, {}.{:02} in all", cents / 100, cents % 100);
            println!("the bill: {}", output.display());
            ExitCode::SUCCESS
        }
        Err(error) => {
            eprintln!("{error}");
            match error.downcast_ref::<resume_runtime::Error>().and_then(|error| error.signal()) {
                Some(signal) => ExitCode::from(128 + signal as u8),
                None => ExitCode::FAILURE,
            }
        }
    }
}

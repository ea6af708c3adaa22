//! Extract, transform, load: prices are fetched for the orders in a file, and the bill is written
//! to another.
//!
//! ```text
//! cargo run --release --example etl -- [INPUT] [OUTPUT]
//! ```
//!
//! Without arguments it works on a file that it makes itself. Two lessons for programs that touch
//! the world outside: what was written after the last snapshot will be written again, so the files
//! are captured, the input goes on where it was, and the output is cut back to there; and a
//! function that returns a `Result` gets an interrupt as an error, so its caller decides.

use std::error::Error;
use std::io::{self, Write};
use std::path::{Path, PathBuf};
use std::process::ExitCode;
use std::time::Duration;
use std::{env, thread};

use resume_runtime::fs::{InputFile, OutputFile};
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
/// The paths name the run. How slow the shop is does not.
#[resumable]
pub fn bill(
    input: &Path,
    output: &Path,
    #[transient] latency: Duration,
) -> Result<Summary, Box<dyn Error + Send + Sync>> {
    #[resume]
    let mut summary = Summary::default();
    #[resume]
    let mut orders = InputFile::open(input)?;
    #[resume]
    let mut bills = OutputFile::create(output)?;
    #[resume]
    let mut number = 0;
    while let Some(line) = orders.next_line()? {
        number += 1;
        match order(&line) {
            Some((item, quantity)) => {
                let cents = quantity * price(item, latency);
                writeln!(bills, "{item},{quantity},{cents}")?;
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
    bills.finish()?;
    Ok(summary)
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
            // 130 after Ctrl-C, 75 where a batch system is to run it again.
            match error.downcast_ref::<resume_runtime::Error>() {
                Some(error) => ExitCode::from(error.exit_status()),
                None => ExitCode::FAILURE,
            }
        }
    }
}

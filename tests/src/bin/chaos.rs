//! Runs to be disturbed: `chaos run <seed> <file>` prints the result of one run and writes a file, `chaos row <number>`
//! does many runs in a row, some of them interrupted, and prints whether that leaves anything in the process.

use std::fs;
use std::io::{self, Write};
use std::path::Path;
use std::process::ExitCode;
use std::thread;
use std::time::{Duration, Instant};

use resume_runtime::fs::OutputFile;
use resume_runtime::rand_chacha::rand_core::Rng;
use resume_runtime::{checkpoint, resumable};

fn main() -> ExitCode {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let number = arguments.get(1).and_then(|text| text.parse().ok()).unwrap_or(3);
    let result = match arguments.first().map(String::as_str) {
        Some("run") => simulate(number, 240, arguments.get(2).map_or(Path::new("out"), Path::new), false),
        Some("row") => row(number),
        mode => panic!("unknown mode {mode:?}"),
    };
    match result {
        Ok(sum) => println!("{sum:016x}"),
        Err(error) => {
            eprintln!("{error}");
            let own = error.get_ref().and_then(|error| error.downcast_ref::<resume_runtime::Error>());
            return ExitCode::from(own.map_or(1, resume_runtime::Error::exit_status));
        }
    }
    ExitCode::SUCCESS
}

/// How many numbers the run of a seed holds: 100 kB to 2 MB.
fn size(seed: u64) -> usize {
    12_500 << (seed % 5)
}

/// A large state of which each pass changes a little, child runs, an output file, and the run's own generator.
#[resumable]
fn simulate(seed: u64, steps: u64, #[transient] out: &Path, #[transient] stops: bool) -> io::Result<u64> {
    #[resume]
    let mut file = OutputFile::create(out)?;
    #[resume]
    let mut cells: Vec<u64> = (0..size(seed) as u64).map(|k| k.wrapping_mul(seed | 1)).collect();
    #[resume]
    let mut sum = seed;
    for k in 0..steps {
        let mut rng = resume_runtime::rng();
        let begin = rng.next_u64() as usize % cells.len();
        for cell in cells.iter_mut().skip(begin).take(300) {
            sum = sum.rotate_left(7) ^ *cell;
            *cell = cell.wrapping_mul(5).wrapping_add(sum);
        }
        if k % 20 == 7 {
            sum ^= part(k, 12, &mut cells)?;
        }
        writeln!(file, "{k} {sum:x} {begin}")?;
        thread::sleep(Duration::from_micros(700));
        if stops && k == steps / 2 {
            resume_runtime::interrupt();
        }
        checkpoint!(label = "step", when = k % (4 + seed % 5 * 8) == 3);
    }
    file.finish()?;
    Ok(cells.iter().fold(sum, |sum, cell| sum.rotate_left(1) ^ cell))
}

/// The child run, which has a child run of its own.
#[resumable]
fn part(number: u64, steps: u64, #[resume] cells: &mut [u64]) -> io::Result<u64> {
    #[resume]
    let mut sum = number;
    for k in 0..steps {
        sum = sum.wrapping_mul(3) ^ resume_runtime::rng().next_u64();
        let index = sum as usize % cells.len();
        cells[index] ^= sum;
        if k == 5 {
            sum ^= small(sum, 4)?;
        }
        thread::sleep(Duration::from_micros(300));
        checkpoint!(every = 5);
    }
    Ok(sum)
}

#[resumable]
fn small(number: u64, steps: u64) -> io::Result<u64> {
    #[resume]
    let mut sum = number;
    for _ in 0..steps {
        sum = sum.rotate_left(11) ^ resume_runtime::rng().next_u64();
        checkpoint!(every = 1);
    }
    Ok(sum)
}

/// How many entries a folder of `/proc/self` has.
fn count(what: &str) -> usize {
    fs::read_dir(Path::new("/proc/self").join(what)).map_or(0, Iterator::count)
}

/// Runs in a row, some of them stopped in the middle and taken up again.
fn row(number: u64) -> io::Result<u64> {
    let out = std::env::temp_dir().join(format!("chaos-row-{}", std::process::id()));
    let mut before = (0, 0);
    for seed in 0..number {
        if simulate(seed * 5, 24, &out, seed % 3 == 0).is_err() {
            resume_runtime::clear_interrupt();
            simulate(seed * 5, 24, &out, false)?;
        }
        // The first few start what stays for the life of the process.
        if seed == 4 {
            before = settled((0, 0));
        }
    }
    fs::remove_file(&out)?;
    let after = settled(before);
    if after != before {
        return Err(io::Error::other(format!("threads and descriptors: {before:?} at first, {after:?} in the end")));
    }
    Ok(number)
}

/// The numbers of threads and descriptors, once they are `expected`; at last as they are. The thread that gives signs of
/// life waits a moment for another lock, so the numbers are waited for.
fn settled(expected: (usize, usize)) -> (usize, usize) {
    let (began, mut last) = (Instant::now(), (usize::MAX, usize::MAX));
    loop {
        let now = (count("task"), count("fd"));
        let is_still = now == last && began.elapsed() > Duration::from_millis(500);
        if now == expected || (is_still && expected == (0, 0)) || began.elapsed() > Duration::from_secs(10) {
            return now;
        }
        last = now;
        thread::sleep(Duration::from_millis(100));
    }
}

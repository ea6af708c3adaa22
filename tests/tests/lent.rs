//! Output files that a run lends to its child runs: these go on from snapshots of their own, which tell of more bytes than
//! the run's own snapshot.

use std::fs;
use std::io::{self, Read, Write};
use std::path::Path;

use resume_runtime::fs::{CsvWriter, OutputFile};
use resume_runtime::{checkpoint, resumable, testing};
use resume_tests::child::Scratch;

fn scratch(name: &str) -> Scratch {
    Scratch::new(env!("CARGO_TARGET_TMPDIR"), name)
}

fn open(path: &Path, form: &str) -> io::Result<OutputFile> {
    match form {
        "gz" => OutputFile::create_gz(path),
        "zstd" => OutputFile::create_zstd(path, 3),
        _ => OutputFile::create(path),
    }
}

fn content(path: &Path, form: &str) -> io::Result<String> {
    let mut text = String::new();
    match form {
        "gz" => flate2::read::MultiGzDecoder::new(fs::File::open(path)?).read_to_string(&mut text)?,
        "zstd" => zstd::Decoder::new(fs::File::open(path)?)?.read_to_string(&mut text)?,
        _ => fs::File::open(path)?.read_to_string(&mut text)?,
    };
    Ok(text)
}

#[resumable]
fn rows(#[resume] out: &mut OutputFile, part: u64) -> io::Result<()> {
    for row in 0..3 {
        writeln!(out, "row {part}.{row}")?;
        checkpoint!(every = 1);
    }
    Ok(())
}

/// What is written before the call is in the handle's memory, or in the file if it is `flushed`.
#[resumable]
fn parts(path: &Path, form: &str, flushed: bool, saves: u64) -> io::Result<()> {
    #[resume]
    let mut out = open(path, form)?;
    for part in 0..4 {
        writeln!(out, "part {part}")?;
        if flushed {
            out.flush()?;
        }
        rows(&mut out, part)?;
        checkpoint!(every = saves);
    }
    out.finish()
}

/// Before the first snapshot of the caller, between two, and where several child runs stand on one.
#[test]
fn a_child_run_goes_on_in_a_file_that_it_was_lent() {
    let folder = scratch("parts");
    for form in ["plain", "gz", "zstd"] {
        for (flushed, saves) in [(false, 1), (true, 3), (false, 100)] {
            let path = folder.path().join(format!("{form}-{flushed}-{saves}"));
            testing::cut_everywhere(|| {
                parts(&path, form, flushed, saves).map_err(|error| error.to_string())?;
                content(&path, form).map_err(|error| error.to_string())
            });
        }
    }
}

#[resumable]
fn records(#[resume] table: &mut CsvWriter, part: u64) -> resume_runtime::fs::csv::Result<()> {
    for row in 0..3 {
        table.write((part, row, "a \"quoted\" field"))?;
        checkpoint!(every = 1);
    }
    Ok(())
}

#[resumable]
fn table(path: &Path) -> resume_runtime::fs::csv::Result<()> {
    #[resume]
    let mut table = CsvWriter::create(path)?;
    for part in 0..3 {
        table.serialize((part, "part", ""))?;
        records(&mut table, part)?;
        checkpoint!(every = 2);
    }
    Ok(table.finish()?)
}

#[test]
fn a_child_run_goes_on_in_a_table_that_it_was_lent() {
    let folder = scratch("table");
    let path = folder.path().join("table.csv");
    testing::cut_everywhere(|| {
        table(&path).map_err(|error| error.to_string())?;
        content(&path, "plain").map_err(|error| error.to_string())
    });
}

/// Its file becomes shorter than it was when it was cut, and it does not call `finish`.
#[resumable]
fn shrinks(path: &Path, #[transient] word: &str, #[transient] stops: bool) -> io::Result<()> {
    #[resume]
    let mut out = OutputFile::create(path)?;
    pause()?;
    writeln!(out, "{word}")?;
    out.flush()?;
    if stops {
        return Err(io::Error::other("stopped"));
    }
    checkpoint!(every = 100);
    out.flush()
}

#[resumable]
fn pause() -> io::Result<()> {
    for _ in 0..2 {
        checkpoint!(every = 1);
    }
    Ok(())
}

#[test]
fn nothing_of_what_a_killed_run_wrote_is_left_behind_the_end() -> io::Result<()> {
    resume_runtime::configure().store_in(resume_runtime::store::Memory::new()).quiet(true);
    let folder = scratch("shrinks");
    let path = folder.path().join("out");
    shrinks(&path, "a long word", true).expect_err("it stops");
    assert_eq!(content(&path, "plain")?, "a long word\n");
    shrinks(&path, "short", false)?;
    assert_eq!(content(&path, "plain")?, "short\n");
    Ok(())
}

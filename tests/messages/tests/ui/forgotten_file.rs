// A handle of a file cannot be saved, and to open it again would empty it or begin anew: `fs` has files that go on.
use resume_runtime::{checkpoint, resumable};
use std::fs::File;
use std::io::{BufRead, BufReader, BufWriter, Write};

#[resumable]
fn walk(path: &str) -> std::io::Result<()> {
    let mut rows = BufReader::new(File::open(path)?);
    let mut out = BufWriter::new(File::create("out").unwrap());
    #[resume]
    let mut row = String::new();
    while rows.read_line(&mut row)? > 0 {
        writeln!(out, "{row}")?;
        row.clear();
        checkpoint!();
    }
    Ok(())
}

fn main() {}

// A file that an initialiser empties which runs again on resume is a warning that names `OutputFile`.
#![deny(warnings)]
use resume_runtime::{checkpoint, resumable};
use std::fs::{self, File, OpenOptions};
use std::io::{self, BufWriter, Write};

#[resumable]
fn walk(n: u64) -> io::Result<()> {
    #[transient]
    let mut rows = BufWriter::new(File::create("rows")?);
    #[transient]
    let mut log = OpenOptions::new().write(true).create(true).truncate(true).open("log")?;
    let seeds = fs::write("seeds", "1, 2, 3");
    let names = Some("names").map(File::create);
    // These do not run again, or empty nothing.
    fs::write("n", n.to_string())?;
    let mut first = File::create("first")?;
    first.write_all(b"1")?;
    #[transient]
    let mut more = OpenOptions::new().append(true).truncate(false).open("more")?;
    let make = || File::create("late");
    let open = File::create::<&str>;
    for k in 0..n {
        writeln!(rows, "{k}")?;
        writeln!(log, "{k} {}", seeds.is_ok())?;
        writeln!(more, "{k} {} {}", make().is_ok(), open("later").is_ok() && names.is_some())?;
        checkpoint!();
    }
    Ok(())
}

fn main() {
    let _ = walk(1);
}

//! What snapshots cost a user's run: the wait at a due pass, the way to the disk, the way back, bytes, and the share of time.
//!
//! ```text
//! cargo bench -p resume-runtime --bench snapshots             # all of it, as markdown tables
//! cargo bench -p resume-runtime --bench snapshots -- restore  # the tables and states whose name has this in it
//! ```
//!
//! `docs/benchmarks.md` says how the numbers are made and what they mean.

mod disk;
mod measure;
mod overhead;
mod start;
mod states;
mod tables;

use std::env;
use std::io;

fn main() -> io::Result<()> {
    let arguments: Vec<String> = env::args().skip(1).collect();
    if let Some(done) = start::child(&arguments) {
        return done;
    }
    let wanted = arguments.into_iter().find(|argument| !argument.starts_with('-')).unwrap_or_default();
    let disk = disk::Disk::new()?;
    tables::stall(&disk, &wanted);
    tables::durable(&disk, &wanted);
    tables::restore(&disk, &wanted)?;
    start::table(&disk, &wanted)?;
    tables::bytes(&disk, &wanted);
    overhead::table(&disk, &wanted);
    disk.remove()
}

//! Converts files: `files <folder> <orders>`; makes the orders, if they are not there.

use std::path::PathBuf;

use resume_tests::convert::{Outcome, convert, prepare};

fn main() -> Outcome<()> {
    let mut arguments = std::env::args().skip(1);
    let folder = PathBuf::from(arguments.next().ok_or("a folder")?);
    let orders = arguments.next().ok_or("a number")?.parse()?;
    if !folder.join("orders.csv").exists() {
        prepare(&folder, orders)?;
    }
    println!("{}", convert(&folder)?);
    Ok(())
}

//! The way back in a program that has just been started: nothing is warm in it, and all memory comes from the system, page
//! by page. So each measurement is a process of its own, this program once more.

use std::fs;
use std::hint::black_box;
use std::io;
use std::path::Path;
use std::process::Command;

use resume_runtime::store::Dir;
use resume_runtime::{Compression, configure};

use crate::disk::Disk;
use crate::measure::{Cost, Moment, Table, cells};
use crate::states::{Rows, State, Walk, stop};

/// The argument that makes the program such a process.
const CHILD: &str = "--just-started";
const BYTES: usize = 8_000_000;
const ROUNDS: usize = 21;

/// Does what the arguments ask for, if they do, and prints what it took.
pub(crate) fn child(arguments: &[String]) -> Option<io::Result<()>> {
    let [flag, what, folder] = arguments else { return None };
    (flag == CHILD).then(|| {
        let folder = Path::new(folder);
        configure().store_in(Dir::new(folder.join("store"))).quiet(true);
        let cost = match what.as_str() {
            "map" => restore::<Rows>()?,
            "vector" => restore::<Walk>()?,
            _ => read(&folder.join("payload"))?,
        };
        println!("{} {}", cost.wall, cost.processors);
        Ok(())
    })
}

fn read(file: &Path) -> io::Result<Cost> {
    let start = Moment::now();
    let bytes = black_box(fs::read(file)?);
    let cost = start.until(Moment::now());
    drop(bytes);
    Ok(cost)
}

fn restore<T: State>() -> io::Result<Cost> {
    let start = Moment::now();
    let mut cost = None;
    let outcome = stop::<T>(BYTES, &mut || cost = Some(start.until(Moment::now())));
    assert!(outcome.is_err(), "it leaves its snapshot");
    cost.ok_or_else(|| io::Error::other("it did not come to its site"))
}

/// What it takes a process of its own.
fn ask(disk: &Disk, what: &str) -> io::Result<Cost> {
    let output = Command::new(std::env::current_exe()?).args([CHILD, what]).arg(disk.folder()).output()?;
    let text = String::from_utf8_lossy(&output.stdout);
    let mut numbers = text.split_whitespace().map_while(|number| number.parse().ok());
    match (numbers.next(), numbers.next()) {
        (Some(wall), Some(processors)) => Ok(Cost { wall, processors }),
        _ => Err(io::Error::other(format!("the process failed: {}", String::from_utf8_lossy(&output.stderr)))),
    }
}

/// How long it takes until a run is back at its site, if it is the first thing that a program does.
pub(crate) fn table(disk: &Disk, wanted: &str) -> io::Result<()> {
    if !"restore at the start of a program".contains(wanted) {
        return Ok(());
    }
    let table = Table::new(
        "back at the site in a program just started | `fs::read`, ms | restore, ms | ratio | of processor time | aim",
    );
    disk.file(&vec![1; BYTES])?;
    for (way, compression, aim) in [("plain", Compression::None, 2.5), ("compressed", Compression::default(), 4.0)] {
        configure().compression(compression);
        // There is nothing to go on from yet; these leave it.
        assert!(stop::<Walk>(BYTES, &mut || ()).is_err() && stop::<Rows>(BYTES, &mut || ()).is_err());
        for (name, what) in [("8 MB random walk", "vector"), ("map of 1,000 x 1,000 f64", "map")] {
            let (mut reads, mut restores) = (Vec::new(), Vec::new());
            for _ in 0..ROUNDS {
                reads.push(ask(disk, "read")?);
                restores.push(ask(disk, what)?);
            }
            table.row(&format!("{name}, {way} | {}", cells(aim, &reads, &restores)));
        }
        fs::remove_dir_all(disk.store())?;
    }
    configure().compression(Compression::default());
    Ok(())
}

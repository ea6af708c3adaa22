//! A program out of generated bodies: one file a seed, and a list of them.

use std::fs;
use std::io;
use std::path::Path;

use crate::generate;

/// Writes `bodies.rs` and `seed_<n>.rs` for each seed into `folder`.
pub fn write(folder: &Path, seeds: &[u64]) -> io::Result<()> {
    fs::create_dir_all(folder)?;
    let mut list = String::new();
    let mut table = String::new();
    for seed in seeds {
        write_if_changed(&folder.join(format!("seed_{seed}.rs")), &generate::module(*seed))?;
        let path = folder.join(format!("seed_{seed}.rs"));
        list += &format!("#[path = {:?}]\npub mod seed_{seed};\n", path.display().to_string());
        table += &format!("    ({seed}, seed_{seed}::plain, seed_{seed}::resumed),\n");
    }
    let body = "pub const BODIES: &[(u64, fn() -> crate::prelude::Outcome, fn() -> crate::prelude::Outcome)] = &[\n";
    write_if_changed(&folder.join("bodies.rs"), &format!("{list}{body}{table}];\n"))
}

/// A file that stays the same is not compiled again.
fn write_if_changed(path: &Path, text: &str) -> io::Result<()> {
    if fs::read_to_string(path).is_ok_and(|old| old == text) {
        return Ok(());
    }
    fs::write(path, text)
}

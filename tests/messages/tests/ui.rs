//! One case for each message: `ui/<case>.rs` with what the compiler says in `ui/<case>.stderr`.
//!
//! The texts of rustc itself change with its version, so the comparison is made with one version alone.
//! `TRYBUILD=overwrite cargo test -p resume-tests-messages` writes the texts anew: read them before you keep them.

use std::collections::BTreeSet;
use std::env;
use std::fs;
use std::path::Path;
use std::process::Command;

/// The compiler whose messages the `.stderr` files hold.
const TOOLCHAIN: &str = "rustc 1.95.";

#[test]
fn messages() {
    let rustc = env::var_os("RUSTC").unwrap_or_else(|| "rustc".into());
    let version = Command::new(rustc).arg("--version").output().expect("rustc runs");
    let version = String::from_utf8_lossy(&version.stdout).into_owned();
    if !version.starts_with(TOOLCHAIN) {
        return println!("skipped: the messages are those of {TOOLCHAIN}x, this is {version}");
    }
    trybuild::TestCases::new().compile_fail("tests/ui/*.rs");
}

#[test]
fn every_case_is_documented_and_every_message_has_a_case() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let page = fs::read_to_string(root.join("../../docs/diagnostics.md")).expect("the page");
    let names = page.split('[').skip(1).filter_map(|rest| rest.split_once(']')).map(|(name, _)| name.to_owned());
    let is_name = |name: &String| name.len() > 3 && name.chars().all(|c| c.is_ascii_lowercase() || c == '_');
    let attributes = ["resume", "transient", "resumable"];
    let documented: BTreeSet<String> = names.filter(is_name).filter(|name| !attributes.contains(&&**name)).collect();
    let cases = fs::read_dir(root.join("tests/ui")).expect("the cases").map(|entry| entry.expect("a case").path());
    let cases: BTreeSet<String> = cases
        .filter(|path| path.extension().is_some_and(|extension| extension == "rs"))
        .map(|path| path.file_stem().expect("a name").to_string_lossy().into_owned())
        .collect();
    assert_eq!(documented, cases);
}

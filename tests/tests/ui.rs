//! One case for each message: `ui/<case>.rs` with what the compiler says in `ui/<case>.stderr`.
//!
//! The texts of rustc itself change with its version, so the comparison is made with one version alone.
//! `TRYBUILD=overwrite cargo test -p resume-tests --test ui` writes the texts anew: read them before you keep them.

use std::env;
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

//! Programs that a test builds when it is run.

use std::env;
use std::path::{Path, PathBuf};
use std::process::Command;

/// Builds the example of this name, as `more` says, in the target folder that `temporary` (`CARGO_TARGET_TMPDIR`) is in; gives its
/// path, or what the compiler says.
///
/// All of the workspace is looked at, as when the tests were built: the dependencies of one package alone have fewer
/// features, and would be built once more.
///
/// # Errors
/// What the compiler says, if the example cannot be built.
///
/// # Panics
/// If there is no cargo, or it does not say what it has built.
pub fn example(name: &str, temporary: &str, more: impl FnOnce(&mut Command)) -> Result<PathBuf, String> {
    let target = Path::new(temporary).parent().expect("it is inside the target folder");
    let mut cargo = Command::new(env::var_os("CARGO").unwrap_or_else(|| "cargo".into()));
    cargo.args(["build", "--offline", "--quiet", "--workspace", "--example", name]);
    cargo.args(["--message-format", "json-render-diagnostics", "--target-dir"]).arg(target);
    cargo.current_dir(Path::new(env!("CARGO_MANIFEST_DIR")));
    if !cfg!(debug_assertions) {
        cargo.arg("--release");
    }
    more(&mut cargo);
    let output = cargo.output().expect("cargo runs");
    if !output.status.success() {
        return Err(String::from_utf8_lossy(&output.stderr).into_owned());
    }
    let messages = String::from_utf8_lossy(&output.stdout);
    let executable = messages.lines().rev().find_map(|line| {
        let (_, rest) = line.split_once("\"executable\":\"")?;
        rest.split_once('"').map(|(path, _)| PathBuf::from(path.replace("\\\\", "\\")))
    });
    Ok(executable.expect("cargo names the program that it has built"))
}

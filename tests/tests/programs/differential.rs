//! Random bodies, each compiled as plain Rust and as a resumable function, cut and resumed at every pass.
//!
//! - `RESUME_DIFFERENTIAL=<count>`: so many bodies instead of 64.
//! - `RESUME_FIRST=<seed>`: the first seed; the others follow it.
//! - `RESUME_SEED=<seed>`: this body alone; its text is kept, see the path in the message.

use std::env;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use resume_tests::{build, program};

/// Bodies in one compilation: more make one that needs much memory, fewer make many links.
const BATCH: usize = 64;

#[test]
fn resumed_bodies_equal_plain_ones() {
    let seeds = seeds();
    println!("seeds {}..={}", seeds[0], seeds[seeds.len() - 1]);
    let mut failures = Vec::new();
    for batch in seeds.chunks(BATCH) {
        failures.extend(run(batch));
    }
    assert!(
        failures.is_empty(),
        "{} of {} bodies failed:\n{}\nOne alone: RESUME_SEED=<seed> cargo test -p resume-tests --test programs differential",
        failures.len(),
        seeds.len(),
        failures.join("\n")
    );
}

fn number(name: &str) -> Option<u64> {
    let text = env::var(name).ok()?;
    Some(text.parse().unwrap_or_else(|_| panic!("{name} must be a number, not {text:?}")))
}

fn seeds() -> Vec<u64> {
    if let Some(seed) = number("RESUME_SEED") {
        return vec![seed];
    }
    let first = number("RESUME_FIRST").unwrap_or(1);
    (first..first + number("RESUME_DIFFERENTIAL").unwrap_or(64)).collect()
}

/// Builds and runs one batch. Bodies that do not compile are reported and left out, so that the others still run.
fn run(batch: &[u64]) -> Vec<String> {
    let mut seeds = batch.to_vec();
    let mut failures = Vec::new();
    while !seeds.is_empty() {
        let folder = PathBuf::from(env!("CARGO_TARGET_TMPDIR")).join(format!("bodies-{}", batch[0]));
        program::write(&folder, &seeds).expect("the folder for tests can be written");
        match built(&folder) {
            Ok(executable) => {
                failures.extend(execute(&executable));
                break;
            }
            Err(errors) => {
                let guilty = named(&errors, &seeds);
                assert!(!guilty.is_empty(), "the bodies do not build:\n{errors}");
                failures.extend(guilty.iter().map(|seed| does_not_compile(*seed, &folder, &errors)));
                seeds.retain(|seed| !guilty.contains(seed));
            }
        }
    }
    if failures.is_empty() && seeds.len() > 1 {
        let _ = fs::remove_dir_all(PathBuf::from(env!("CARGO_TARGET_TMPDIR")).join(format!("bodies-{}", batch[0])));
    }
    failures
}

/// The path of the program, or what the compiler says.
fn built(folder: &Path) -> Result<PathBuf, String> {
    build::example("bodies", env!("CARGO_TARGET_TMPDIR"), |cargo| {
        cargo.args(["--features", "resume-tests/bodies"]).env("RESUME_BODIES", folder);
    })
}

/// The seeds whose files the compiler complains of.
fn named(errors: &str, seeds: &[u64]) -> Vec<u64> {
    let says = |seed: &u64| errors.contains(&format!("seed_{seed}.rs"));
    seeds.iter().copied().filter(says).collect()
}

fn does_not_compile(seed: u64, folder: &Path, errors: &str) -> String {
    let file = format!("seed_{seed}.rs");
    // The first message that points into this file, without those that follow from it.
    let message = errors.split("\nerror").find(|part| part.contains(&file)).unwrap_or_default();
    let message: Vec<&str> = message.lines().take(24).collect();
    format!("seed {seed} does not compile ({}):\nerror{}", folder.join(file).display(), message.join("\n"))
}

fn execute(executable: &Path) -> Vec<String> {
    let output = Command::new(executable).env("RESUME_QUIET", "1").output().expect("the bodies run");
    let text = String::from_utf8_lossy(&output.stdout);
    let mut failures: Vec<String> = text
        .split("FAILED ")
        .skip(1)
        .map(|part| format!("seed {}", part.split("\nok ").next().unwrap_or(part).trim_end()))
        .collect();
    if !output.status.success() && failures.is_empty() {
        let errors = String::from_utf8_lossy(&output.stderr);
        failures.push(format!("the bodies ended with {}; the last lines were\n{text}\n{errors}", output.status));
    }
    failures
}

//! Another program, written from `docs/format.md` alone, reads the snapshot of an example: `docs/read_snapshot.py`.
//!
//! It needs Python with its packages `cbor2`, `zstandard`, `lz4` and `numpy`, which the test installs into a folder of its own. Where
//! there is no Python, or no way to the packages, it says so and passes; with `RESUME_PYTHON=1` it fails there.

use std::env;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, Output};

use resume_runtime::rand_chacha::ChaCha8Rng;
use resume_runtime::rand_chacha::rand_core::SeedableRng;
use resume_tests::build;

#[path = "../../../examples/monte_carlo.rs"]
#[allow(dead_code, unreachable_pub, reason = "written as a program of its own")]
mod monte_carlo;

const READ: &str = "
import pathlib, sys
sys.path.insert(0, sys.argv[1])
from read_snapshot import snapshot
about, values = snapshot(pathlib.Path(sys.argv[2]))
print(about['function'], about['site'], *sorted(values))
print(values['x'].hex())
print(*(float(x).hex() for x in values['positions']))
";

#[test]
fn python_reads_the_arrays_of_an_example() {
    let folder = Path::new(env!("CARGO_TARGET_TMPDIR"));
    let Some(python) = python(&folder.join("python")) else {
        assert!(env::var_os("RESUME_PYTHON").is_none(), "no Python with its packages");
        return println!("skipped: there is no Python, or its packages cannot be installed");
    };
    let example = build::example("monte_carlo", env!("CARGO_TARGET_TMPDIR"), |_| ()).expect("the example can be built");
    for compression in ["none", "lz4", "zstd"] {
        let file = snapshot(&example, &folder.join(format!("read-by-python-{compression}")), compression);
        let docs = Path::new(env!("CARGO_MANIFEST_DIR")).join("../docs");
        let said = run(Command::new(&python).args(["-c", READ]).arg(docs).arg(&file)).expect("the reader runs");
        assert!(said.status.success(), "{}", String::from_utf8_lossy(&said.stderr));
        let said = String::from_utf8_lossy(&said.stdout);
        let lines: Vec<&str> = said.lines().collect();
        assert_eq!(lines[0], "monte_carlo::mean_position for for positions rng x");
        let expected = walk(lines[2].split(' ').count());
        assert!(expected.len() >= 20_000, "{} positions", expected.len());
        assert_eq!(lines[1], hex(*expected.last().expect("a position")));
        assert!(lines[2].split(' ').eq(expected.iter().map(|x| hex(*x))), "other positions");
    }
}

/// The newest snapshot of the example, interrupted in the middle.
fn snapshot(example: &Path, store: &Path, compression: &str) -> PathBuf {
    let _ = fs::remove_dir_all(store);
    let child = Command::new(example)
        .args(["7", "100000000"])
        .env("RESUME_STORE", store)
        .env("RESUME_COMPRESSION", compression)
        .env("RESUME_DEADLINE", "2s")
        .output();
    child.expect("the example runs");
    let mut files: Vec<PathBuf> = fs::read_dir(store)
        .expect("a store")
        .flat_map(|function| fs::read_dir(function.expect("a folder").path()).expect("its runs"))
        .map(|run| run.expect("a run").path())
        .filter(|run| run.is_dir())
        .flat_map(|run| fs::read_dir(run).expect("its snapshots"))
        .map(|file| file.expect("a snapshot").path())
        .filter(|file| file.extension().is_some_and(|extension| extension == "snap"))
        .collect();
    files.sort();
    files.pop().expect("the example has saved")
}

/// What the example has walked after so many steps.
fn walk(steps: usize) -> Vec<f64> {
    let mut rng = ChaCha8Rng::seed_from_u64(7);
    let mut x = 0.0;
    let step = |_| {
        x += monte_carlo::normal(&mut rng);
        x
    };
    (0..steps).map(step).collect()
}

/// As Python's `float.hex`.
fn hex(x: f64) -> String {
    let bits = x.to_bits();
    let sign = if x.is_sign_negative() { "-" } else { "" };
    let exponent = (bits >> 52 & 0x7ff) as i64 - 1023;
    assert!(x.is_normal(), "no step of the walk is anything else");
    format!("{sign}0x1.{:013x}p{exponent:+}", bits & ((1 << 52) - 1))
}

/// A Python that has the packages.
fn python(folder: &Path) -> Option<PathBuf> {
    let python = folder.join("bin/python");
    let packages = ["cbor2", "zstandard", "lz4", "numpy"];
    let has_all = |python: &Path| {
        run(Command::new(python).args(["-c", &format!("import {}", packages.join(", "))]))
            .is_some_and(|done| done.status.success())
    };
    if !has_all(&python) {
        run(Command::new("python3").args(["-m", "venv"]).arg(folder))?;
        run(Command::new(&python)
            .args(["-m", "pip", "install", "--quiet", "--disable-pip-version-check"])
            .args(packages))?;
    }
    has_all(&python).then_some(python)
}

fn run(command: &mut Command) -> Option<Output> {
    command.output().ok()
}

//! Stores that were written by each released version of the format: runs go on from them, and give the right result.
//!
//! `tests/fixtures/README.md` says how those of a new version are added.

use std::fs;
use std::path::{Path, PathBuf};

use resume_tests::child::{Program, Scratch};

const FIXTURES: &str = env!("CARGO_BIN_EXE_fixtures");

/// The version of the format that is written today.
const VERSION: u16 = 1;

/// One store, and how it came to be.
struct Case {
    name: &'static str,
    mode: &'static str,
    /// The pass at which the program was interrupted; none if it came to its end.
    stop: Option<u64>,
    compression: &'static str,
    /// What it says when it goes on.
    says: &'static [&'static str],
    /// How many snapshots there are, those of child runs included.
    snapshots: usize,
}

const ZSTD: &str = "zstd";
const CASES: [Case; 11] = [
    Case { name: "kinds", mode: "kinds", stop: Some(5), compression: ZSTD, says: &["resumed at pass 5"], snapshots: 2 },
    Case {
        name: "records",
        mode: "records",
        stop: Some(3),
        compression: ZSTD,
        says: &["resumed at pass 3"],
        snapshots: 2,
    },
    Case {
        name: "arrays-zstd",
        mode: "arrays",
        stop: Some(3),
        compression: ZSTD,
        says: &["resumed at pass 3"],
        snapshots: 1,
    },
    Case {
        name: "arrays-lz4",
        mode: "arrays",
        stop: Some(3),
        compression: "lz4",
        says: &["resumed at pass 3"],
        snapshots: 1,
    },
    Case {
        name: "arrays-none",
        mode: "arrays",
        stop: Some(3),
        compression: "none",
        says: &["resumed at pass 3"],
        snapshots: 1,
    },
    Case { name: "pair", mode: "pair", stop: Some(4), compression: ZSTD, says: &["resumed at pass 4"], snapshots: 2 },
    Case {
        name: "child",
        mode: "child",
        stop: Some(22),
        compression: ZSTD,
        says: &["resumed at pass 2"],
        snapshots: 3,
    },
    Case { name: "memo", mode: "memo", stop: None, compression: ZSTD, says: &["finished before"], snapshots: 2 },
    Case { name: "kept", mode: "kept", stop: None, compression: ZSTD, says: &["resumed"], snapshots: 2 },
    Case {
        name: "random",
        mode: "random",
        stop: Some(8),
        compression: ZSTD,
        says: &["resumed at pass 8"],
        snapshots: 2,
    },
    Case {
        name: SAME_BODY,
        mode: "pair",
        stop: Some(4),
        compression: ZSTD,
        says: &["resumed at pass 4"],
        snapshots: 2,
    },
];

/// The snapshots of the other cases of version 1 have a hash of the whole function where that of its body belongs.
const SAME_BODY: &str = "same-body";

fn folder() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("fixtures")
}

fn scratch() -> Scratch {
    Scratch::new(env!("CARGO_TARGET_TMPDIR"), "fixtures")
}

/// Copies a folder with all that is in it, but for the text of the expected result.
fn copy(from: &Path, to: &Path) {
    fs::create_dir_all(to).expect("a folder");
    for entry in fs::read_dir(from).expect("a folder").flatten() {
        let (path, name) = (entry.path(), entry.file_name());
        if path.is_dir() {
            copy(&path, &to.join(name));
        } else if path.extension().is_some_and(|end| end == "snap") {
            fs::copy(&path, to.join(name)).expect("a file");
        }
    }
}

#[test]
fn runs_go_on_from_each_version() {
    let mut versions = 0;
    for version in fs::read_dir(folder()).expect("fixtures").flatten().filter(|entry| entry.path().is_dir()) {
        versions += 1;
        let mut cases = 0;
        for case in fs::read_dir(version.path()).expect("cases").flatten() {
            cases += 1;
            let name = case.file_name().to_string_lossy().into_owned();
            let known =
                CASES.iter().find(|case| case.name == name).unwrap_or_else(|| panic!("{name} is none of the cases"));
            let store = scratch();
            copy(&case.path(), store.path());
            let run = Program::new(FIXTURES, store.path(), &[known.mode]).run();
            assert!(run.says(known.says), "{:?}: {run:?}", case.path());
            assert!(!run.says(&["damaged"]), "{:?}: {run:?}", case.path());
            // The functions are the same; their bodies are not even laid out in another way.
            let is_other = version.file_name() == "v1" && name != SAME_BODY;
            assert_eq!(run.says(&["the body of the function has changed"]), is_other, "{:?}: {run:?}", case.path());
            let expected = fs::read_to_string(case.path().join("expected")).expect("the result is written beside it");
            assert_eq!(run.success(), expected, "{:?}", case.path());
        }
        assert!(cases > 0, "{:?} is empty", version.path());
    }
    assert!(versions >= 1);
}

/// Whether there are fixtures of today's version: whoever changes the format adds them.
#[test]
fn each_case_is_there() {
    for case in &CASES {
        let folder = folder().join(format!("v{VERSION}")).join(case.name);
        assert!(folder.join("expected").is_file(), "{} is missing: see the README beside it", folder.display());
    }
}

/// Writes what is missing of the current version; what is there stays as it is.
#[test]
#[ignore = "writes into the sources"]
fn write() {
    for case in &CASES {
        let folder = folder().join(format!("v{VERSION}")).join(case.name);
        if folder.exists() {
            println!("{} stays as it is", folder.display());
            continue;
        }
        let store = scratch();
        let stop = case.stop.map(|pass| pass.to_string());
        let arguments: Vec<&str> = [Some(case.mode), stop.as_deref()].into_iter().flatten().collect();
        let program = |store: &Path, arguments: &[&str]| {
            Program::new(FIXTURES, store, arguments).env("RESUME_COMPRESSION", case.compression)
        };
        let run = program(store.path(), &arguments).run();
        assert_eq!(run.status.success(), case.stop.is_none(), "{run:?}");
        let snapshots = store.snapshots();
        assert_eq!(snapshots.len(), case.snapshots, "{}: {snapshots:?}", case.name);
        for snapshot in snapshots {
            let bytes = fs::read(snapshot).expect("a snapshot");
            assert_eq!(bytes[8..10], VERSION.to_le_bytes(), "the version of the format is another one");
        }
        copy(store.path(), &folder);
        // What the next call gives: of a run that was interrupted, the result of one that was not.
        let expected = match case.stop {
            Some(_) => program(scratch().path(), &[case.mode]).run(),
            None => program(store.path(), &[case.mode]).run(),
        };
        fs::write(folder.join("expected"), expected.success()).expect("the result can be written");
    }
}

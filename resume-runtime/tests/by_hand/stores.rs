//! Runs over a folder: left, found again, damaged, changed.

use crate::PutAll;
use std::fs;
use std::io;
use std::path::{Path, PathBuf};

use resume_runtime::__v0_1 as private;
use resume_runtime::__v0_1::Captured;
use resume_runtime::{Error, ErrorKind};

use crate::{function, get, site};

type Count = io::Result<u64>;

fn place() -> private::Place {
    private::path_of(&|| ())
}

/// Counts to 10; `stop` ends it with an error, and its snapshots stay.
fn count(function: &'static private::Function, name: &str, stop: u64, taken: &'static str) -> Count {
    crate::set_up();
    let call = private::Call::new(function, place()).argument("name", name);
    let mut run = get!(call.open(private::Returns::<Count>::NEW.kind()));
    let target = run.target();
    let mut left_1 = run.credit(1);
    let mut sum = if target == 0 { 0 } else { get!(run.take(taken)) };
    let extra = if target == 0 || taken == "sum" { 0 } else { get!(run.take_or("extra", || 1000)) };
    let mut cursor = if target == 0 { private::Steps::new(0..10_u64) } else { get!(run.take_steps("for")) };
    while let Some(block) = cursor.block(&mut { left_1 }) {
        for i in block {
            if stop != 0 && i == stop {
                return run.done(Err(io::Error::other(format!("stopped at {sum}"))));
            }
            sum += i;
            left_1 -= 1;
        }
        if left_1 == 0 {
            if run.due(1, 0, private::Trigger::new().every(2)) {
                get!(run.put_all(
                    1,
                    &[left_1],
                    &[("sum", private::Save(&sum).value()), ("for", private::Save(&cursor.here()).value())]
                ));
            }
            left_1 = run.credit(1);
        }
    }
    run.done(Ok(sum + extra))
}

const SITE: private::Site = site("for", &["sum", "for"], &["for"]);

fn usual() -> &'static private::Function {
    function!("count", [SITE])
}

/// The snapshots of the run of this test.
fn snapshots(name: &str) -> Vec<PathBuf> {
    let marks = MARKS.with_borrow(Vec::clone);
    let folders = marks.into_iter().filter(|(marked, _)| marked == name).map(|(_, folder)| folder);
    let mut files: Vec<PathBuf> = folders
        .flat_map(|folder| fs::read_dir(folder).into_iter().flatten().flatten())
        .map(|file| file.path())
        .filter(|path| path.extension().is_some_and(|extension| extension == "snap"))
        .collect();
    files.sort();
    files
}

thread_local! {
    /// Names of runs and their folders.
    static MARKS: std::cell::RefCell<Vec<(String, PathBuf)>> = const { std::cell::RefCell::new(Vec::new()) };
}

/// Leaves the run of `name` with snapshots at 2 and 4; gives their files.
fn left(name: &str) -> Vec<PathBuf> {
    let function = usual();
    assert!(count(function, name, 5, "sum").is_err());
    // The error of an open run names its folder: ask for it once.
    let strict = function!("count", [SITE], body: 2, strict: true);
    let error = ours(count(strict, name, 0, "sum"));
    assert_eq!(error.kind(), ErrorKind::OtherCode);
    let folder = error.path().and_then(Path::parent).expect("a folder").to_owned();
    MARKS.with_borrow_mut(|marks| marks.push((name.to_owned(), folder)));
    let files = snapshots(name);
    assert_eq!(files.len(), 2);
    files
}

fn ours(result: Count) -> Error {
    let error = result.expect_err("refused").into_inner().expect("an inner error");
    *error.downcast::<Error>().expect("ours")
}

#[test]
fn a_run_is_found_again_and_leaves_nothing() {
    let files = left("again");
    assert!(count(usual(), "again", 9, "sum").is_err());
    let newer = snapshots("again");
    assert_eq!(newer.len(), 2);
    assert!(newer[0] > files[1]);
    assert_eq!(count(usual(), "again", 0, "sum").ok(), Some(45));
    assert!(!files[0].parent().expect("a folder").exists());
}

#[test]
fn a_damaged_snapshot_is_stepped_over() {
    let files = left("damaged");
    fs::write(&files[1], b"nothing").expect("written");
    // At 2, the sum is 1.
    assert_eq!(count(usual(), "damaged", 3, "sum").map_err(|e| e.to_string()), Err("stopped at 3".into()));
    assert_eq!(snapshots("damaged"), files);
    assert!(count(usual(), "damaged", 5, "sum").is_err());
    let files = snapshots("damaged");
    assert_eq!(files.len(), 2);
    let aside = files[0].with_file_name("00000002.snap.damaged");
    assert_eq!(fs::read(aside).expect("kept"), b"nothing");
    for file in &files {
        fs::write(file, b"").expect("written");
    }
    let error = ours(count(usual(), "damaged", 0, "sum"));
    assert_eq!(error.kind(), ErrorKind::Damaged);
    assert_eq!(snapshots("damaged"), files);
}

#[test]
fn another_layout_is_refused_with_a_list() {
    left("layout");
    let other = function!(
        "count",
        [site("for", &["total", "for"], &["for"]), site("loop", &["total"], &[])],
        body: 2
    );
    let error = ours(count(other, "layout", 0, "total"));
    assert_eq!(error.kind(), ErrorKind::OtherLayout);
    let text = error.to_string();
    let table = ["added    `total` at site `for`", "removed  `sum: u64` at site `for`", "added    site `loop`"];
    for part in table.into_iter().chain(["#[resume(rename = \"sum\")] let total", "RESUME_FRESH"]) {
        assert!(text.contains(part), "{part} in {text}");
    }
    let moved = function!("count", [site("for", &["sum", "for", "for.for"], &["for", "for.for"])]);
    assert!(ours(count(moved, "layout", 0, "sum")).to_string().contains("moved  site `for`"));
    let plain = function!("count", [SITE], body: 7);
    assert_eq!(count(plain, "layout", 0, "sum").ok(), Some(45));
}

#[test]
fn a_local_may_be_added_or_renamed() {
    left("options");
    const OPTIONS: &[Captured] = &[
        Captured { name: "extra", default: true, was: None },
        Captured { name: "total", default: false, was: Some("sum") },
    ];
    let function = function!(
        "count",
        [site("for", &["total", "extra", "for"], &["for"])],
        options: OPTIONS
    );
    assert_eq!(count(function, "options", 0, "total").ok(), Some(1045));
}

#[test]
fn a_value_of_another_type_is_refused() {
    left("type");
    let call = private::Call::new(usual(), place()).argument("name", "type");
    let Ok(mut run) = call.open(private::Returns::<Result<(), Error>>::NEW.kind()) else { panic!("it opens") };
    let error = run.take::<String>("sum").expect_err("a number").expect_err("a number");
    assert_eq!(error.kind(), ErrorKind::Decode);
}

/// serde takes the one for the other, and nobody else looks.
#[test]
fn a_value_that_has_become_another_type_is_told_or_refused() {
    type Fails = Result<(), Error>;
    left("alike");
    let open = |function| {
        let call = private::Call::new(function, place()).argument("name", "alike");
        call.open(private::Returns::<Fails>::NEW.kind()).unwrap_or_else(|_| panic!("it opens"))
    };
    assert_eq!(open(usual()).take::<u64>("sum").ok(), Some(6));
    assert_eq!(open(usual()).take::<i32>("sum").ok(), Some(6));
    let strict = function!("count", [SITE], strict: true);
    assert_eq!(open(strict).take::<u64>("sum").ok(), Some(6));
    let error = open(strict).take::<i32>("sum").expect_err("another type").expect_err("an error");
    assert_eq!(error.kind(), ErrorKind::OtherCode);
    assert!(error.to_string().contains("`sum` was saved as `u64` and is a `i32` now"), "{error}");
}

#[test]
fn the_name_of_a_renamed_local_may_be_taken_by_a_new_one() {
    left("taken");
    const OPTIONS: &[Captured] = &[
        Captured { name: "sum", default: true, was: None },
        Captured { name: "total", default: false, was: Some("sum") },
    ];
    let function = function!("count", [site("for", &["sum", "total", "for"], &["for"])], options: OPTIONS);
    let call = private::Call::new(function, place()).argument("name", "taken");
    let Ok(mut run) = call.open(private::Returns::<Result<(), Error>>::NEW.kind()) else { panic!("it opens") };
    assert_eq!(run.take_or("sum", || 1000).ok(), Some(1000));
    assert_eq!(run.take("total").ok(), Some(6));
}

//! Output files that are not the run's alone: what was there before, and what other child runs write over.

use std::fs;
use std::io::{self, Write};
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::thread;
use std::time::Duration;

use resume_runtime::fs::OutputFile;
use resume_runtime::store::{Busy, Content, Key, Lock, Memory, Object, Store};
use resume_runtime::{checkpoint, resumable, testing};
use resume_tests::child::Scratch;

fn scratch(name: &str) -> Scratch {
    Scratch::new(env!("CARGO_TARGET_TMPDIR"), name)
}

fn content(result: io::Result<()>, path: &Path) -> String {
    result.expect("it comes to its end");
    let content = fs::read_to_string(path).expect("the file");
    fs::remove_file(path).expect("it is ours");
    content
}

#[resumable]
fn row(path: &Path, form: &str, n: u64) -> io::Result<()> {
    #[resume]
    let mut out = match form {
        "create" => OutputFile::create(path)?,
        _ => OutputFile::append(path)?,
    };
    checkpoint!(every = 1);
    for cell in 0..3 {
        writeln!(out, "{n} {cell}")?;
        checkpoint!(every = 2);
    }
    out.finish()
}

#[resumable]
fn sweep(path: &Path, form: &str, saves: u64) -> io::Result<()> {
    for n in 0..3 {
        row(path, form, n)?;
        checkpoint!(every = saves);
    }
    Ok(())
}

/// The caller saves behind each row, behind some, and never.
#[test]
fn each_child_run_opens_the_file() {
    let folder = scratch("rows");
    for form in ["create", "append"] {
        for saves in [1, 2, 100] {
            let path = folder.path().join(format!("{form}-{saves}"));
            let whole: String = match form {
                "create" => (0..3).map(|cell| format!("2 {cell}\n")).collect(),
                _ => (0..3).flat_map(|n| (0..3).map(move |cell| format!("{n} {cell}\n"))).collect(),
            };
            testing::cut_everywhere(|| {
                let content = content(sweep(&path, form, saves), &path);
                assert_eq!(content, whole, "{form} {saves}");
            });
        }
    }
}

/// A log that is appended to and finished, then a table that the next one makes anew.
#[resumable]
fn phase(folder: &Path, n: u64) -> io::Result<()> {
    #[resume]
    let mut log = OutputFile::append(folder.join("log"))?;
    checkpoint!(every = 1);
    writeln!(log, "row {n}")?;
    log.finish()?;
    #[resume]
    let mut out = OutputFile::create(folder.join("shared"))?;
    for cell in 0..3 {
        writeln!(out, "{n} {cell}")?;
        checkpoint!(every = 1);
    }
    out.finish()
}

#[resumable]
fn phases(folder: &Path) -> io::Result<()> {
    for n in 0..3 {
        phase(folder, n)?;
        checkpoint!(every = 100);
    }
    Ok(())
}

/// What it has appended and let go of cannot be put back, so it does not begin anew: an error, and no line comes twice.
#[test]
fn what_was_finished_is_not_appended_twice() {
    let folder = scratch("phases");
    let (log, shared) = (folder.path().join("log"), folder.path().join("shared"));
    let caught = std::panic::catch_unwind(|| {
        testing::cut_everywhere(|| {
            let result = phases(folder.path()).map_err(|error| error.to_string());
            let text = fs::read_to_string(&log).unwrap_or_default();
            if result.is_ok() {
                fs::remove_file(&log).expect("it is ours");
            }
            (result, text)
        })
    });
    let text = caught.expect_err("it cannot go on").downcast::<String>().map_or_else(|_| String::new(), |text| *text);
    assert!(text.contains("shared has changed"), "{text}");
    assert!(shared.exists());
}

#[resumable]
fn lines(#[resume] out: &mut OutputFile, n: u64, #[transient] mark: &AtomicU64) -> io::Result<()> {
    for line in 0..3 {
        // Another one each time that it is written.
        writeln!(out, "{n} {line} {}", mark.fetch_add(1, Ordering::Relaxed))?;
        checkpoint!(every = 2);
    }
    Ok(())
}

#[resumable]
fn borrowers(path: &Path, #[transient] mark: &AtomicU64) -> io::Result<()> {
    #[resume]
    let mut out = OutputFile::append(path)?;
    checkpoint!(every = 1);
    writeln!(out, "started")?;
    checkpoint!(every = 1);
    for n in 0..3 {
        lines(&mut out, n, mark)?;
        checkpoint!(every = 100);
    }
    out.finish()
}

/// A file that it was lent is its caller's: it goes on where that one is, and nothing is cut off before.
#[test]
fn what_was_lent_is_never_put_back() {
    let folder = scratch("lent");
    let path = folder.path().join("log");
    testing::cut_everywhere(|| {
        if !path.exists() {
            fs::write(&path, "before\n").expect("the file");
        }
        let mark = AtomicU64::new(0);
        let text = content(borrowers(&path, &mark), &path);
        let rows: Vec<String> =
            text.lines().map(|line| line.rsplit_once(' ').map_or(line, |(row, _)| row).to_owned()).collect();
        let want = ["before", "started", "0 0", "0 1", "0 2", "1 0", "1 1", "1 2", "2 0", "2 1", "2 2"];
        assert_eq!(rows, want);
    });
}

/// A store that takes its time, and looks how long the file is when a snapshot is there at last.
#[derive(Debug)]
struct Slow {
    memory: Memory,
    file: PathBuf,
    lengths: Arc<Mutex<Vec<u64>>>,
}

impl Store for Slow {
    fn list(&self, key: &Key) -> io::Result<Vec<u64>> {
        self.memory.list(key)
    }

    fn open(&self, key: &Key, seq: u64) -> io::Result<Box<dyn Object>> {
        self.memory.open(key, seq)
    }

    fn write(&self, key: &Key, seq: u64, content: &mut Content<'_>) -> io::Result<()> {
        thread::sleep(Duration::from_millis(50));
        self.lengths.lock().unwrap_or_else(PoisonError::into_inner).push(fs::metadata(&self.file)?.len());
        self.memory.write(key, seq, content)
    }

    fn remove(&self, key: &Key, seq: u64) -> io::Result<()> {
        self.memory.remove(key, seq)
    }

    fn clear(&self, key: &Key) -> io::Result<()> {
        self.memory.clear(key)
    }

    fn set_aside(&self, key: &Key, seq: u64) -> io::Result<String> {
        self.memory.set_aside(key, seq)
    }

    fn lock(&self, key: &Key) -> Result<Lock, Busy> {
        self.memory.lock(key)
    }

    fn locate(&self, key: &Key, seq: u64) -> String {
        self.memory.locate(key, seq)
    }

    fn place(&self, key: &Key) -> String {
        self.memory.place(key)
    }
}

#[resumable]
fn log(path: &Path, saves: bool) -> io::Result<()> {
    #[resume]
    let mut out = OutputFile::append(path)?;
    checkpoint!(when = saves);
    for line in 0..3 {
        writeln!(out, "{line}")?;
        out.flush()?;
        checkpoint!(when = saves);
    }
    out.finish()
}

/// A kill at any moment would lead to a start that knows where the run began to append.
#[test]
fn nothing_is_appended_before_a_snapshot_tells_where() -> io::Result<()> {
    let folder = scratch("log");
    let file = folder.path().join("log");
    let lengths = Arc::default();
    let slow = Slow { memory: Memory::new(), file: file.clone(), lengths: Arc::clone(&lengths) };
    resume_runtime::configure().store_in(slow).quiet(true);
    fs::write(&file, "before\n")?;
    log(&file, true)?;
    log(&file, false)?;
    assert_eq!(fs::read_to_string(&file)?, "before\n0\n1\n2\n0\n1\n2\n");
    let lengths = lengths.lock().unwrap_or_else(PoisonError::into_inner);
    assert_eq!((lengths.len(), lengths.first()), (4, Some(&7)));
    Ok(())
}

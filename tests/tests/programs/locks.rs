//! Who owns a run, with real processes: many that start at once, some that are killed, some that stand still.
//!
//! `RESUME_PROCESSES=1000` and `RESUME_KILLS=1000` for long tests.
#![cfg(target_os = "linux")]

use std::fs::{self, File};
use std::io::{self, Write};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::thread;
use std::time::{Duration, Instant};

use resume_runtime::store::{Dir, Key, Store};
use resume_tests::child::{Program, Running, Scratch, rounds};
use resume_tests::random::Random;

const LOCKER: &str = env!("CARGO_BIN_EXE_locker");

/// With the system's locks, and without.
const WAYS: [&str; 2] = ["system", "files"];

fn scratch() -> Scratch {
    Scratch::new(env!("CARGO_TARGET_TMPDIR"), "locks")
}

fn key() -> Key {
    Key::new("f", "1")
}

fn lock_file(store: &Path) -> PathBuf {
    store.join("f/1.lock")
}

fn processes() -> usize {
    std::env::var("RESUME_PROCESSES").ok().and_then(|text| text.parse().ok()).unwrap_or(30)
}

/// Processes that all begin when the input they share ends; what each says goes to a file of its own.
fn crowd(folder: &Path, store: &Path, way: &str) -> io::Result<Vec<(Child, PathBuf)>> {
    let (reader, writer) = io::pipe()?;
    let start = |n| {
        let out = folder.join(format!("{n}.out"));
        let child = Command::new(LOCKER)
            .args(["hold".as_ref(), store])
            .env("RESUME_LOCK", way)
            .stdin(Stdio::from(reader.try_clone()?))
            .stdout(Stdio::from(File::create(&out)?))
            .spawn()?;
        Ok((child, out))
    };
    let crowd = (0..processes()).map(start).collect();
    drop(writer);
    crowd
}

/// Ends them all, whatever becomes of the test.
struct Crowd(Vec<(Child, PathBuf)>);

impl Drop for Crowd {
    fn drop(&mut self) {
        for (child, _) in &mut self.0 {
            let _ = child.kill();
            let _ = child.wait();
        }
    }
}

/// Starts many, waits until all but one have given up, and lets that one end.
fn one_gets_it(folder: &Path, store: &Path, way: &str) -> io::Result<()> {
    let _ = fs::remove_file(store.join("release"));
    let mut crowd = Crowd(crowd(folder, store, way)?);
    let began = Instant::now();
    loop {
        let mut alive = 0;
        for (child, _) in &mut crowd.0 {
            alive += usize::from(child.try_wait()?.is_none());
        }
        if alive <= 1 {
            break;
        }
        assert!(began.elapsed() < Duration::from_secs(300), "{alive} processes have not given up");
        thread::sleep(Duration::from_millis(20));
    }
    File::create(store.join("release"))?;
    let mut held = 0;
    for (child, out) in &mut crowd.0 {
        assert!(child.wait()?.success());
        let said = fs::read_to_string(out)?;
        if said.starts_with("held") {
            held += 1;
            assert!(said.contains("no thread is left behind"), "{said}");
        } else {
            assert!(said.starts_with("busy: held by process ") && said.contains("last heartbeat"), "{said}");
        }
    }
    assert_eq!(held, 1);
    assert!(!lock_file(store).exists());
    Ok(())
}

#[test]
fn of_many_processes_one_runs() -> io::Result<()> {
    for way in WAYS {
        let (folder, store) = (scratch(), scratch());
        one_gets_it(folder.path(), store.path(), way)?;
    }
    Ok(())
}

#[test]
fn of_many_processes_one_takes_over() -> io::Result<()> {
    for way in WAYS {
        let (folder, store) = (scratch(), scratch());
        let mut dead = saver(store.path(), way).start();
        assert!(dead.wait_for(|| lock_is_signed(store.path())));
        dead.kill();
        dead.finish();
        one_gets_it(folder.path(), store.path(), way)?;
    }
    Ok(())
}

fn saver(store: &Path, way: &str) -> Program {
    Program::new(LOCKER, store, &["save", &store.to_string_lossy()]).env("RESUME_LOCK", way).env("HEARTBEAT_MS", "20")
}

fn lock_is_signed(store: &Path) -> bool {
    fs::read_to_string(lock_file(store)).is_ok_and(|text| text.contains("\nbeat "))
}

fn has_saved(store: &Path) -> bool {
    Dir::new(store).list(&key()).is_ok_and(|list| !list.is_empty())
}

/// A process that was killed is in nobody's way, wherever it was.
#[test]
fn the_killed_are_replaced() {
    let mut random = Random::new(7);
    for way in WAYS {
        let store = scratch();
        for _ in 0..rounds(20) {
            let mut running = saver(store.path(), way).start();
            thread::sleep(Duration::from_micros(random.next() % 12_000));
            running.kill();
            let run = running.finish();
            assert!(run.out.is_empty() || run.out == "held\n", "{run:?}");
        }
        let mut last = saver(store.path(), way).start();
        let before = Dir::new(store.path()).list(&key()).expect("a list").len();
        assert!(last.wait_for(|| Dir::new(store.path()).list(&key()).is_ok_and(|list| list.len() > before)));
        last.kill();
        last.finish();
    }
}

/// Stops a process at any moment and waits until it stands.
fn stop(running: &mut Running) {
    running.signal(libc::SIGSTOP);
    let stat = format!("/proc/{}/stat", running.pid());
    assert!(running.wait_for(|| fs::read_to_string(&stat).is_ok_and(|stat| stat.contains(") T "))));
}

/// Makes a lock that of another machine: there, nothing is known of its process but its heartbeat.
fn move_away(store: &Path) -> io::Result<()> {
    let text = fs::read_to_string(lock_file(store))?;
    let host = text.lines().find_map(|line| line.strip_prefix("host ")).expect("a host");
    let moved = text.replacen(&format!("host {host}\n"), &format!("host {}\n", "x".repeat(host.len())), 1);
    // In place and to the same length: it stays the file that its owner has open.
    File::options().write(true).open(lock_file(store))?.write_all(moved.as_bytes())
}

/// The one that stood still for too long, wherever in a save it was, finds that another has the run.
#[test]
fn who_stood_still_for_too_long_writes_no_more() -> io::Result<()> {
    resume_runtime::configure().heartbeat(Duration::from_millis(20)).quiet(true);
    let mut random = Random::new(3);
    for _ in 0..rounds(20) {
        let folder = scratch();
        let store = Dir::new(folder.path());
        // Without the system's lock, as on a file system that has none between two machines.
        let mut running = saver(folder.path(), "files").start();
        assert!(running.wait_for(|| has_saved(folder.path())));
        thread::sleep(Duration::from_micros(random.next() % 3_000));
        stop(&mut running);
        move_away(folder.path())?;
        let lock = store.lock(&key()).expect("taken from one who stands still");
        assert!(lock.is_taken_over());
        let before = folder.files();
        running.signal(libc::SIGCONT);
        let run = running.finish();
        assert!(run.status.code() == Some(3), "{run:?}");
        assert!(run.out.contains(&format!("process {} on ", std::process::id())), "{run:?}");
        assert_eq!(names(&folder.files()), names(&before));
        lock.check()?;
        let next = store.list(&key())?.last().map_or(1, |newest| newest + 1);
        store.put(&key(), next, b"mine")?;
        drop(lock);
    }
    Ok(())
}

/// What is left where nothing unfinished may be.
fn names(files: &[PathBuf]) -> Vec<PathBuf> {
    assert!(files.iter().all(|file| file.extension().is_none_or(|end| end != "tmp")), "{files:?}");
    files.to_vec()
}

/// One that only seems to be on another machine, but lives, keeps its run.
#[test]
fn who_shows_signs_of_life_keeps_the_run() -> io::Result<()> {
    resume_runtime::configure().heartbeat(Duration::from_millis(20)).quiet(true);
    let folder = scratch();
    let mut running = saver(folder.path(), "files").env("HEARTBEAT_MS", "100").start();
    assert!(running.wait_for(|| has_saved(folder.path())));
    move_away(folder.path())?;
    let busy = Dir::new(folder.path()).lock(&key()).expect_err("its owner lives");
    assert!(busy.to_string().contains(&format!("process {} on xx", running.pid())), "{busy}");
    running.kill();
    running.finish();
    Ok(())
}

#[test]
fn a_way_to_lock_that_there_is_not_is_said() {
    let store = scratch();
    let lives = env!("CARGO_BIN_EXE_lives");
    let run = Program::new(lives, store.path(), &["sum", "5"]).env("RESUME_LOCK", "paper").run();
    assert!(!run.status.success() && run.says(&["RESUME_LOCK=paper", "files"]), "{run:?}");
    let run = Program::new(lives, store.path(), &["sum", "5"]).env("RESUME_LOCK", "files").run();
    assert!(run.status.success() && store.files().is_empty(), "{run:?}");
}

/// Waiting for a sign of life ends with the first Ctrl-C.
#[test]
fn waiting_can_be_interrupted() -> io::Result<()> {
    let store = scratch();
    let lives = env!("CARGO_BIN_EXE_lives");
    Program::new(lives, store.path(), &["sum", "30", "11"]).run();
    let before = store.files();
    // Who is interrupted does not leave its lock to others to wait for.
    assert_eq!(before, store.snapshots());
    let run = before.first().and_then(|file| file.parent()).expect("a run");
    let lock = run.with_extension("lock");
    fs::write(&lock, "pid 1\nhost n9\ntoken x\nsilence-ms 60000\nbeat 0000000000 at some time\n")?;
    let mut running = Program::new(lives, store.path(), &["sum", "30"]).start();
    running.wait_for_line("sign of life");
    running.signal(libc::SIGINT);
    let run = running.finish();
    assert_eq!(run.signal(), Some(libc::SIGINT), "{run:?}");
    assert!(run.says(&["process 1 on n9", "sign of life", "after 60 s"]), "{run:?}");
    fs::remove_file(lock)?;
    assert_eq!(store.files(), before);
    Ok(())
}

//! Damaged snapshots, full disks, folders that cannot be written: said plainly, and nothing lost.

use std::fs;
#[cfg(target_os = "linux")]
use std::path::Path;
#[cfg(target_os = "linux")]
use std::process::Command;

use resume_tests::child::{Program, Scratch, damage};

const LIVES: &str = env!("CARGO_BIN_EXE_lives");

fn scratch() -> Scratch {
    Scratch::new(env!("CARGO_TARGET_TMPDIR"), "trouble")
}

fn sum(folder: &Scratch) -> Program {
    Program::new(LIVES, folder.path(), &["sum", "30"])
}

fn half_done() -> Scratch {
    let folder = scratch();
    Program::new(LIVES, folder.path(), &["sum", "30", "11"]).run();
    assert_eq!(folder.snapshots().len(), 2);
    folder
}

fn whole() -> String {
    sum(&scratch()).run().success()
}

#[test]
fn damaged_newest_steps_back() {
    let folder = half_done();
    let newest = folder.snapshots().pop().expect("a snapshot");
    damage(&newest).expect("it can be written");
    let run = sum(&folder).run();
    let name = newest.file_name().expect("a name").to_string_lossy().into_owned();
    assert!(run.says(&["resumed"]) && run.says(&[&name]), "{run:?}");
    assert_eq!(run.success(), whole());
}

/// Every way in which a file can be short or wrong.
#[test]
fn newest_cut_short_steps_back() {
    let folder = half_done();
    let newest = folder.snapshots().pop().expect("a snapshot");
    let bytes = fs::read(&newest).expect("it can be read");
    for length in [0, 1, 7, bytes.len() / 2, bytes.len() - 1] {
        let folder = half_done();
        fs::write(folder.snapshots().pop().expect("a snapshot"), &bytes[..length]).expect("it can be written");
        let run = sum(&folder).run();
        assert!(run.says(&["resumed"]), "{length} bytes: {run:?}");
        assert_eq!(run.success(), whole());
    }
}

#[test]
fn both_damaged_is_an_error() {
    let folder = half_done();
    let files = folder.snapshots();
    for file in &files {
        damage(file).expect("it can be written");
    }
    let run = sum(&folder).run();
    assert!(!run.status.success() && run.says(&["damaged"]), "{run:?}");
    for file in &files {
        let name = file.file_name().expect("a name").to_string_lossy().into_owned();
        assert!(run.says(&[&name]), "{run:?}");
    }
    assert_eq!(folder.snapshots(), files, "nothing is deleted");
    assert_eq!(sum(&folder).env("RESUME_FRESH", "1").run().success(), whole());
}

/// A left-over temporary file of a dead process is neither taken for a snapshot nor in the way.
#[test]
fn left_over_files_are_ignored() {
    let folder = half_done();
    let near = folder.snapshots().pop().expect("a snapshot");
    fs::write(near.with_file_name("00000099.snap.tmp-1-1"), b"half").expect("it can be written");
    fs::write(near.with_file_name("notes.txt"), b"mine").expect("it can be written");
    let run = sum(&folder).run();
    assert!(run.says(&["resumed"]), "{run:?}");
    assert_eq!(run.success(), whole());
}

/// A save that fails in mid-run is a warning; the run comes to its end.
#[test]
#[cfg(unix)]
fn a_file_size_limit_is_a_warning() {
    let want = Program::new(LIVES, scratch().path(), &["big", "1"]).run().success();
    let folder = scratch();
    // 512-byte blocks in `sh`, 1024-byte ones in some: about 100 or 200 kB, so the first saves succeed.
    let run = Program::new(LIVES, folder.path(), &["big", "1"]).run_in_shell("ulimit -f 200; exec \"$@\"");
    assert!(run.says(&["sav"]), "{run:?}");
    assert_eq!(run.success(), want);
}

/// A full disk: a small file system in memory. Needs the right to mount one.
#[test]
#[cfg(target_os = "linux")]
fn a_full_disk_is_a_warning() {
    let folder = scratch();
    let Some(_mount) = Mount::tmpfs(folder.path(), "size=200k") else {
        return println!("skipped: no right to mount a small file system here");
    };
    let want = Program::new(LIVES, scratch().path(), &["big", "1"]).run().success();
    let run = Program::new(LIVES, folder.path(), &["big", "1"]).run();
    assert!(run.says(&["space"]), "{run:?}");
    assert_eq!(run.success(), want);
}

/// A run stopped on a full disk goes on from the last snapshot that fitted.
#[test]
#[cfg(target_os = "linux")]
fn the_last_snapshot_that_fitted_stands() {
    let folder = scratch();
    let Some(_mount) = Mount::tmpfs(folder.path(), "size=400k") else {
        return println!("skipped: no right to mount a small file system here");
    };
    let want = Program::new(LIVES, scratch().path(), &["big", "1"]).run().success();
    let run = Program::new(LIVES, folder.path(), &["big", "1", "15"]).run();
    assert!(!run.status.success(), "{run:?}");
    assert!(!folder.snapshots().is_empty(), "{run:?}");
    let rest = Program::new(LIVES, folder.path(), &["big", "1"]).run();
    assert!(rest.says(&["resumed"]), "{rest:?}");
    assert_eq!(rest.success(), want);
}

/// Where nothing can be written at all the run either says so and goes on, or says so and does not start.
#[test]
#[cfg(target_os = "linux")]
fn a_folder_that_cannot_be_written() {
    let folder = scratch();
    let Some(_mount) = Mount::tmpfs(folder.path(), "ro") else {
        return println!("skipped: no right to mount a read-only file system here");
    };
    let run = sum(&folder).run();
    assert!(!run.err.is_empty() && run.says(&[&folder.path().display().to_string()]), "{run:?}");
    if run.status.success() {
        assert_eq!(run.out, whole());
    } else {
        assert!(run.says(&["read-only"]) || run.says(&["permission"]), "{run:?}");
    }
}

/// Snapshots in a folder that can only be read: the run that they belong to is not lost.
#[test]
#[cfg(target_os = "linux")]
fn a_store_made_read_only() {
    let folder = scratch();
    let Some(mount) = Mount::tmpfs(folder.path(), "size=1m") else {
        return println!("skipped: no right to mount a small file system here");
    };
    Program::new(LIVES, folder.path(), &["sum", "30", "11"]).run();
    let files = folder.snapshots();
    mount.again("remount,ro");
    let run = sum(&folder).run();
    assert!(!run.err.is_empty(), "{run:?}");
    assert_eq!(folder.snapshots(), files);
    mount.again("remount,rw");
    let run = sum(&folder).run();
    assert!(run.says(&["resumed"]), "{run:?}");
    assert_eq!(run.success(), whole());
}

/// A file stands where the folder of the store should be.
#[test]
fn a_store_that_is_a_file() {
    let folder = scratch();
    let file = folder.path().join("store");
    fs::write(&file, b"not a folder").expect("it can be written");
    let run = Program::new(LIVES, &file, &["sum", "30"]).run();
    assert!(run.says(&[&file.display().to_string()]), "{run:?}");
    assert_eq!(fs::read(&file).expect("it stands"), b"not a folder");
}

/// A file system mounted for one test.
#[cfg(target_os = "linux")]
struct Mount(std::path::PathBuf);

#[cfg(target_os = "linux")]
impl Mount {
    fn tmpfs(place: &Path, options: &str) -> Option<Self> {
        let done = Command::new("mount").args(["-t", "tmpfs", "-o", options, "tmpfs"]).arg(place).output();
        done.is_ok_and(|output| output.status.success()).then(|| Self(place.to_owned()))
    }

    fn again(&self, options: &str) {
        let _ = Command::new("mount").args(["-o", options]).arg(&self.0).output();
    }
}

#[cfg(target_os = "linux")]
impl Drop for Mount {
    fn drop(&mut self) {
        let _ = Command::new("umount").arg(&self.0).output();
    }
}

//! Saving fails while a run is under way: it says so once, goes on, tries again, and says when it is saved again. Where
//! it fails at an interrupt, the run says what there is to go on from, and the process does not end as if all were well.
#![cfg(target_os = "linux")]

use std::fs;
use std::path::PathBuf;
use std::thread;
use std::time::Duration;

use resume_tests::child::{Program, Running, Scratch};

const LIVES: &str = env!("CARGO_BIN_EXE_lives");
const LIMITED: &str = env!("CARGO_BIN_EXE_limited");

fn scratch() -> Scratch {
    Scratch::new(env!("CARGO_TARGET_TMPDIR"), "failing")
}

/// The folders of the runs that are under way, which need not be there yet.
fn folders(store: &Scratch) -> Vec<PathBuf> {
    let files = store.files().into_iter();
    files.filter(|path| path.extension().is_some_and(|end| end == "lock")).map(|lock| lock.with_extension("")).collect()
}

/// Stops a process and waits until it stands.
fn stop(running: &mut Running) {
    running.signal(libc::SIGSTOP);
    let stat = format!("/proc/{}/stat", running.pid());
    assert!(running.wait_for(|| fs::read_to_string(&stat).is_ok_and(|stat| stat.contains(") T "))));
}

/// Where the folder of a run is, there is a file for a while: so nothing can be saved, whoever the user is.
struct Obstacle {
    place: PathBuf,
    aside: PathBuf,
}

impl Obstacle {
    fn new(running: &mut Running, place: PathBuf) -> Obstacle {
        let obstacle = Obstacle { aside: place.with_extension("aside"), place };
        stop(running);
        if obstacle.place.exists() {
            fs::rename(&obstacle.place, &obstacle.aside).expect("it can be moved");
        }
        fs::write(&obstacle.place, "in the way").expect("it can be written");
        running.signal(libc::SIGCONT);
        obstacle
    }

    fn remove(self, running: &mut Running) {
        if running.has_ended() {
            return self.restore();
        }
        stop(running);
        self.restore();
        running.signal(libc::SIGCONT);
    }

    fn restore(self) {
        fs::remove_file(&self.place).expect("it can be removed");
        if self.aside.exists() {
            fs::rename(&self.aside, &self.place).expect("it can be moved");
        }
    }
}

#[test]
fn it_goes_on_says_so_once_and_is_saved_again() {
    let want = Program::new(LIVES, scratch().path(), &["patient", "2000"]).run().success();
    let store = scratch();
    let program = Program::new(LIVES, store.path(), &["patient", "2000"]);
    let mut running = program.start();
    assert!(running.wait_for(|| store.snapshots().len() >= 2));
    let obstacle = Obstacle::new(&mut running, folders(&store).remove(0));
    running.wait_for_line("could not be saved");
    running.wait_for_line("stands");
    // Time for some more attempts, none of which says anything.
    thread::sleep(Duration::from_millis(250));
    let before = store.files();
    obstacle.remove(&mut running);
    running.wait_for_line("is being saved again");
    running.kill();
    let run = running.finish();
    assert_eq!(run.err.matches("could not be saved").count(), 1, "{run:?}");
    // A file that was being written when its folder was moved away cannot be removed there.
    let aside =
        |path: &PathBuf| path.parent().is_some_and(|folder| folder.extension().is_some_and(|end| end == "aside"));
    let left = before.iter().filter(|path| !aside(path) && path.extension().is_some_and(|end| end == "tmp"));
    assert_eq!(left.count(), 0, "{before:?}");
    let rest = program.run();
    assert!(rest.says(&["resumed at pass"]), "{rest:?}");
    assert_eq!(rest.success(), want);
    assert_eq!(store.files(), Vec::<PathBuf>::new());
}

#[test]
fn a_last_save_that_fails_says_what_there_is() {
    let store = scratch();
    // It saves nothing of its own accord in this time.
    let mut running = Program::new(LIMITED, store.path(), &["threads", "100000"]).start();
    running.wait_for_lines("started fresh", 4);
    for folder in folders(&store) {
        Obstacle::new(&mut running, folder);
    }
    running.signal(libc::SIGTERM);
    let run = running.finish();
    assert_eq!(run.signal(), Some(libc::SIGTERM), "{run:?}");
    assert!(run.says(&["was interrupted: it could not be saved; there is no snapshot"]), "{run:?}");
    assert!(!run.says(&["its last snapshot stands"]), "{run:?}");

    let store = scratch();
    let mut running = Program::new(LIVES, store.path(), &["patient", "100000"]).start();
    assert!(running.wait_for(|| store.snapshots().len() >= 2));
    let obstacle = Obstacle::new(&mut running, folders(&store).remove(0));
    running.wait_for_line("could not be saved");
    running.signal(libc::SIGINT);
    let place = obstacle.aside.clone();
    let run = running.finish();
    // One may have been half written when the folder was moved away.
    let names = fs::read_dir(place).expect("a folder").flatten().map(|entry| entry.file_name());
    let numbers = names.filter_map(|name| name.to_str()?.strip_suffix(".snap")?.parse::<u64>().ok());
    let number = numbers.max().expect("a snapshot");
    assert_eq!(run.signal(), Some(libc::SIGINT), "{run:?}");
    assert!(run.says(&[&format!("it could not be saved; snapshot {number} stands")]), "{run:?}");
}

/// Whatever status is set for being stopped in time: with one of four runs unsaved it is no success.
#[test]
fn a_last_save_that_fails_is_no_success() {
    let program = |store: &Scratch| {
        let program = Program::new(LIMITED, store.path(), &["threads", "100000"]);
        program.env("RESUME_SIGNALS", "USR1").env("RESUME_EXIT_STATUS", "0")
    };
    for (blocked, status) in [(0, 0), (1, 1), (4, 1)] {
        let store = scratch();
        let mut running = program(&store).start();
        running.wait_for_lines("started fresh", 4);
        for _ in 0..4 {
            running.wait_for_line("started fresh");
        }
        for folder in folders(&store).into_iter().take(blocked) {
            Obstacle::new(&mut running, folder);
        }
        running.signal(libc::SIGUSR1);
        let run = running.finish();
        assert_eq!(run.status.code(), Some(status), "{run:?}");
        assert_eq!(run.err.matches("could not be saved in").count(), blocked, "{run:?}");
        assert_eq!(store.snapshots().len(), 4 - blocked, "{run:?}");
    }
}

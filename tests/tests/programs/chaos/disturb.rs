//! What can happen to processes, files and disks.

use std::fmt::{self, Display, Formatter};
use std::fs::{self, File};
use std::io;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::LazyLock;
use std::time::{Duration, Instant, SystemTime};

use resume_tests::child::{Program, Run, Running};
use resume_tests::random::Random;

/// What is to happen to one process.
#[derive(Debug)]
pub(crate) struct Plan {
    began: Instant,
    /// Signals to be sent, the last first: when, and which.
    coming: Vec<(Duration, i32)>,
    sent: Vec<i32>,
    /// Whether its files may not be large.
    is_limited: bool,
    /// How far its monotonic clocks are ahead, in seconds.
    ahead: Option<u64>,
    /// How its clock of the day jumps.
    day: Option<u64>,
}

impl Plan {
    pub(crate) fn new(random: &mut Random, has_small_disk: bool) -> Plan {
        let millis = |random: &mut Random, most: u64| Duration::from_micros(random.next() % (most * 1000));
        let most = if random.chance(30) { 1_500 } else { 300 };
        let first = millis(random, most);
        let then = first + millis(random, 40);
        let gentle = [libc::SIGINT, libc::SIGTERM, libc::SIGUSR1, libc::SIGHUP];
        let mut coming = match random.below(10) {
            0 => vec![],
            1..=3 => vec![(first, libc::SIGKILL)],
            4 | 5 => vec![(first, random.pick(&gentle))],
            6 => vec![(first, random.pick(&gentle)), (then, libc::SIGKILL)],
            7 => vec![(first, random.pick(&gentle)), (then, random.pick(&gentle))],
            8 => vec![(first, libc::SIGSTOP), (then, libc::SIGCONT)],
            _ => vec![(first, libc::SIGSTOP), (then, libc::SIGKILL)],
        };
        coming.reverse();
        let is_limited = !has_small_disk && random.chance(20);
        let ahead = random.chance(20).then(|| 1 + random.next() % 10_000_000);
        let day = random.chance(30).then(|| random.next());
        Plan { began: Instant::now(), coming, sent: Vec::new(), is_limited, ahead, day }
    }

    /// The program as the plan wants it to be started.
    pub(crate) fn dress(&self, mut program: Program) -> Program {
        /// Whether a process may have clocks of its own here.
        static HAS_CLOCKS: LazyLock<bool> = LazyLock::new(|| {
            let done = Command::new("unshare").args(["-T", "--monotonic", "9", "--boottime", "9", "true"]).output();
            done.is_ok_and(|output| output.status.success())
        });
        if let (Some(day), Some(library)) = (self.day, &*DAY) {
            program = program.env("LD_PRELOAD", library).env("CHAOS_DAY", &day.to_string());
        }
        if let (Some(ahead), true) = (self.ahead, *HAS_CLOCKS) {
            let ahead = ahead.to_string();
            return program.through(&["unshare", "-T", "--monotonic", &ahead, "--boottime", &ahead]);
        }
        if self.is_limited {
            return program.through(&["sh", "-c", "ulimit -f 300; exec \"$@\"", "sh"]);
        }
        program
    }

    /// Sends what is due.
    pub(crate) fn apply(&mut self, running: &mut Running) {
        while let Some((_, signal)) = self.coming.pop_if(|(when, _)| *when <= self.began.elapsed()) {
            running.signal(signal);
            self.sent.push(signal);
        }
    }

    /// Nothing more is to happen; who stands still goes on.
    pub(crate) fn calm(&mut self, running: &mut Running) {
        self.coming.clear();
        running.signal(libc::SIGCONT);
    }

    /// Whether the process could end like this.
    pub(crate) fn explains(&self, run: &Run) -> bool {
        let is_status = |signal: &i32| match *signal {
            libc::SIGUSR1 => run.status.code() == Some(75),
            signal => run.status.code() == Some(128 + signal),
        };
        self.sent.iter().any(|signal| run.signal() == Some(*signal) || is_status(signal))
    }
}

/// The library that lets the clock of the day jump, where there is a compiler for it.
static DAY: LazyLock<Option<String>> = LazyLock::new(|| {
    let library = concat!(env!("CARGO_TARGET_TMPDIR"), "/chaos-day.so");
    let source = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/chaos/day.c");
    let done = Command::new("cc").args(["-shared", "-fPIC", "-o", library, source]).output();
    done.is_ok_and(|output| output.status.success()).then(|| library.to_owned())
});

/// Whether the clock of the day can jump here.
pub(crate) fn has_days() -> bool {
    DAY.is_some()
}

/// Where the store is: a small file system of its own, if there is the right to mount one.
pub(crate) struct Disk {
    folder: PathBuf,
    is_mounted: bool,
    full_until: Option<Instant>,
    next: Instant,
    fills: u64,
}

impl Disk {
    pub(crate) fn new(folder: &Path) -> Disk {
        let done = Command::new("mount").args(["-t", "tmpfs", "-o", "size=16m", "tmpfs"]).arg(folder).output();
        let is_mounted = done.is_ok_and(|output| output.status.success());
        Disk { folder: folder.to_owned(), is_mounted, full_until: None, next: Instant::now(), fills: 0 }
    }

    pub(crate) fn is_small(&self) -> bool {
        self.is_mounted
    }

    fn filler(&self) -> PathBuf {
        self.folder.join("filler")
    }

    /// Fills it for a while, now and then.
    pub(crate) fn disturb(&mut self, random: &mut Random) {
        let now = Instant::now();
        if self.full_until.is_some_and(|until| until <= now) {
            self.calm();
            self.next = now + Duration::from_millis(random.next() % 3_000);
        }
        if self.is_mounted && self.full_until.is_none() && self.next <= now {
            self.fills += 1;
            self.full_until = Some(now + Duration::from_millis(random.next() % 400));
            // Until it fails.
            let _ = File::create(self.filler()).and_then(|mut file| io::copy(&mut io::repeat(7), &mut file));
        }
    }

    pub(crate) fn calm(&mut self) {
        if self.full_until.take().is_some() {
            fs::remove_file(self.filler()).expect("it can be removed");
        }
    }

    /// Whether a process could end like this, as there was no space.
    pub(crate) fn explains(&self, run: &Run) -> bool {
        self.is_mounted && run.says(&["no space left"]) && run.says(&["could not be locked"])
    }
}

impl Display for Disk {
    fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {
        match self.is_mounted {
            true => write!(f, "the disk was full {} times", self.fills),
            false => f.write_str("no right to mount a small disk: files of limited size instead"),
        }
    }
}

impl Drop for Disk {
    fn drop(&mut self) {
        if self.is_mounted {
            let _ = Command::new("umount").arg(&self.folder).output();
        }
    }
}

/// All files below a folder.
pub(crate) fn files(folder: &Path) -> Vec<PathBuf> {
    let mut found = Vec::new();
    for entry in fs::read_dir(folder).into_iter().flatten().flatten() {
        let path = entry.path();
        if path.is_dir() { found.extend(files(&path)) } else { found.push(path) }
    }
    found
}

/// Spoils a few of these files, in ways in which disks and people do; tells whether it did.
pub(crate) fn damage(random: &mut Random, files: &[PathBuf]) -> bool {
    if files.is_empty() {
        return false;
    }
    for _ in 0..=random.below(2) {
        let path = random.pick(files);
        let mut bytes = fs::read(&path).expect("nobody is there");
        let place = random.below(bytes.len().max(1));
        match random.below(4) {
            0 => bytes.truncate(place),
            1 => bytes = (0..place).map(|_| random.next() as u8).collect(),
            2 => bytes.iter_mut().skip(place).take(512).for_each(|byte| *byte = 0),
            _ => bytes.iter_mut().skip(place).take(1).for_each(|byte| *byte ^= 1 << random.below(8)),
        }
        // It may be full.
        if fs::write(&path, bytes).is_err() {
            fs::write(&path, []).expect("nothing needs no space");
        }
    }
    true
}

/// Lets files seem to be of other times.
pub(crate) fn touch(random: &mut Random, files: &[PathBuf]) {
    for path in files {
        let years = Duration::from_secs(random.next() % 1_000_000_000);
        let now = SystemTime::now();
        let time = if random.chance(50) { now + years } else { now - years };
        let file = File::options().append(true).open(path).expect("nobody is there");
        file.set_modified(time).expect("a time can be set");
    }
}

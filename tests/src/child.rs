//! Programs that are started, killed and started again, each with a store of its own.

use std::fs;
use std::io::{self, Read};
#[cfg(unix)]
use std::os::unix::process::CommandExt;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, ExitStatus, Output, Stdio};
use std::sync::atomic::{AtomicU32, Ordering};
use std::thread;
use std::time::{Duration, Instant};

/// A folder for one test, removed when dropped, kept when the test fails.
pub struct Scratch(PathBuf);

impl Scratch {
    /// An empty folder below `root` (`CARGO_TARGET_TMPDIR` in a test).
    pub fn new(root: &str, name: &str) -> Self {
        static NUMBER: AtomicU32 = AtomicU32::new(0);
        let number = NUMBER.fetch_add(1, Ordering::Relaxed);
        let path = Path::new(root).join(format!("{name}-{}-{number}", std::process::id()));
        let _ = fs::remove_dir_all(&path);
        fs::create_dir_all(&path).expect("the folder for tests can be written");
        Self(path)
    }

    /// The folder.
    pub fn path(&self) -> &Path {
        &self.0
    }

    /// All files below the store, sorted.
    pub fn files(&self) -> Vec<PathBuf> {
        let mut files = Vec::new();
        collect(&self.0, &mut files);
        files.sort();
        files
    }

    /// The snapshots below the store, the oldest first within each run.
    pub fn snapshots(&self) -> Vec<PathBuf> {
        self.files().into_iter().filter(|path| path.extension().is_some_and(|end| end == "snap")).collect()
    }
}

impl Drop for Scratch {
    fn drop(&mut self) {
        if !thread::panicking() {
            let _ = fs::remove_dir_all(&self.0);
        }
    }
}

fn collect(folder: &Path, files: &mut Vec<PathBuf>) {
    for entry in fs::read_dir(folder).into_iter().flatten().flatten() {
        let path = entry.path();
        if path.is_dir() {
            collect(&path, files);
        } else {
            files.push(path);
        }
    }
}

/// A program with its arguments and environment.
#[derive(Clone)]
pub struct Program {
    executable: PathBuf,
    arguments: Vec<String>,
    environment: Vec<(String, String)>,
    store: PathBuf,
    /// What starts it, if it is not started as it is.
    wrapper: Vec<String>,
}

impl Program {
    /// `executable` is `env!("CARGO_BIN_EXE_…")`; the store is `store` itself.
    pub fn new(executable: &str, store: &Path, arguments: &[&str]) -> Self {
        Self {
            executable: executable.into(),
            arguments: arguments.iter().map(|text| (*text).to_owned()).collect(),
            environment: Vec::new(),
            store: store.to_owned(),
            wrapper: Vec::new(),
        }
    }

    /// The same started by another program, which is given it with its arguments at the end of its own.
    #[must_use]
    pub fn through(mut self, wrapper: &[&str]) -> Self {
        self.wrapper = wrapper.iter().map(|text| (*text).to_owned()).collect();
        self
    }

    /// The same with one more environment variable.
    #[must_use]
    pub fn env(mut self, name: &str, value: &str) -> Self {
        self.environment.push((name.to_owned(), value.to_owned()));
        self
    }

    fn command(&self) -> Command {
        let mut command = match self.wrapper.split_first() {
            Some((wrapper, its)) => {
                let mut command = Command::new(wrapper);
                command.args(its).arg(&self.executable);
                command
            }
            None => Command::new(&self.executable),
        };
        self.prepare(&mut command);
        command.args(&self.arguments);
        command
    }

    /// No variable of the outer test reaches the program, and no signal is ignored in it: `nohup` and shells ignore some for
    /// what they start, and the program would too.
    fn prepare(&self, command: &mut Command) {
        #[cfg(unix)]
        // SAFETY: between fork and exec nothing is done but to call `signal`, which may be called there.
        unsafe {
            command.pre_exec(|| {
                for signal in [libc::SIGINT, libc::SIGTERM, libc::SIGHUP, libc::SIGUSR1, libc::SIGUSR2] {
                    libc::signal(signal, libc::SIG_DFL);
                }
                Ok(())
            });
        }
        for name in
            ["OFF", "FRESH", "FROM", "REQUIRE", "QUIET", "LOCK", "DEADLINE", "SIGNALS", "EXIT_STATUS", "STORE_LIMIT"]
        {
            command.env_remove(format!("RESUME_{name}"));
        }
        command.env_remove("SLURM_JOB_END_TIME");
        command.env("RESUME_STORE", &self.store);
        command.envs(self.environment.iter().map(|(name, value)| (name, value)));
        command.stdin(Stdio::null());
    }

    /// Runs to the end.
    pub fn run(&self) -> Run {
        let output = self.command().output().expect("the program starts");
        Run::new(&output)
    }

    /// Runs inside `sh -c script`, where `"$@"` is the program with its arguments.
    pub fn run_in_shell(&self, script: &str) -> Run {
        let mut command = Command::new("sh");
        self.prepare(&mut command);
        command.args(["-c", script, "sh"]).arg(&self.executable).args(&self.arguments);
        Run::new(&command.output().expect("a shell starts"))
    }

    /// Starts it; its output is read when it has ended.
    pub fn start(&self) -> Running {
        let child = self.command().stdout(Stdio::piped()).stderr(Stdio::piped()).spawn();
        Running { child: child.expect("the program starts"), said: Vec::new() }
    }
}

/// How a program ended and what it wrote.
#[derive(Debug)]
pub struct Run {
    /// Its exit status.
    pub status: ExitStatus,
    /// Its standard output.
    pub out: String,
    /// Its standard error.
    pub err: String,
}

impl Run {
    fn new(output: &Output) -> Self {
        let text = |bytes: &[u8]| String::from_utf8_lossy(bytes).into_owned();
        Self { status: output.status, out: text(&output.stdout), err: text(&output.stderr) }
    }

    /// The output of a run that succeeded.
    #[track_caller]
    pub fn success(self) -> String {
        assert!(self.status.success(), "{self:?}");
        self.out
    }

    /// Whether standard error has all of `words`, in any case of letters.
    pub fn says(&self, words: &[&str]) -> bool {
        let text = self.err.to_lowercase();
        words.iter().all(|word| text.contains(&word.to_lowercase()))
    }

    /// The signal that ended it.
    #[cfg(unix)]
    pub fn signal(&self) -> Option<i32> {
        use std::os::unix::process::ExitStatusExt;
        self.status.signal()
    }
}

/// A program that runs.
pub struct Running {
    child: Child,
    /// What has been read of its standard error.
    said: Vec<u8>,
}

impl Running {
    /// Its process number.
    pub fn pid(&self) -> u32 {
        self.child.id()
    }

    /// Whether it has ended.
    pub fn has_ended(&mut self) -> bool {
        !matches!(self.child.try_wait(), Ok(None))
    }

    /// Ends it as `kill -9` does.
    pub fn kill(&mut self) {
        let _ = self.child.kill();
    }

    /// Sends a signal, unless it has ended.
    #[cfg(unix)]
    pub fn signal(&mut self, signal: i32) {
        if matches!(self.child.try_wait(), Ok(None)) {
            // SAFETY: the process has not been waited for, so its number is still its own.
            unsafe { libc::kill(i32::try_from(self.pid()).expect("a process number"), signal) };
        }
    }

    /// Waits until it has ended, at most half a minute.
    pub fn finish(mut self) -> Run {
        let start = Instant::now();
        while matches!(self.child.try_wait(), Ok(None)) && start.elapsed() < Duration::from_secs(30) {
            thread::sleep(Duration::from_millis(1));
        }
        let _ = self.child.kill();
        let mut output = self.child.wait_with_output().expect("the output of a program can be read");
        output.stderr.splice(0..0, self.said);
        Run::new(&output)
    }

    /// Waits until it has said `text` on its standard error.
    #[track_caller]
    pub fn wait_for_line(&mut self, text: &str) {
        let said = self.child.stderr.as_mut().expect("it is not read elsewhere");
        let mut byte = [0];
        while !self.said.ends_with(text.as_bytes()) {
            let read = said.read(&mut byte).expect("its standard error can be read");
            assert!(read > 0, "it has ended without {text:?}: {}", String::from_utf8_lossy(&self.said));
            self.said.extend(byte);
        }
    }

    /// Waits until the program has written this so many times to its standard error.
    pub fn wait_for_lines(&mut self, text: &str, times: usize) {
        while String::from_utf8_lossy(&self.said).matches(text).count() < times {
            let said = self.child.stderr.as_mut().expect("it is not read elsewhere");
            let mut byte = [0];
            let read = said.read(&mut byte).expect("its standard error can be read");
            assert!(read > 0, "it has ended without {text:?}: {}", String::from_utf8_lossy(&self.said));
            self.said.extend(byte);
        }
    }

    /// Waits until `ready` says so, at most ten seconds.
    pub fn wait_for(&mut self, ready: impl Fn() -> bool) -> bool {
        let start = Instant::now();
        while start.elapsed() < Duration::from_secs(10) && matches!(self.child.try_wait(), Ok(None)) {
            if ready() {
                return true;
            }
            thread::sleep(Duration::from_millis(1));
        }
        ready()
    }
}

/// Reads the number of rounds from the environment: `RESUME_KILLS=1000` for a long test.
pub fn rounds(default: u64) -> u64 {
    std::env::var("RESUME_KILLS").ok().and_then(|text| text.parse().ok()).unwrap_or(default)
}

/// Flips one bit in the middle of a file.
pub fn damage(path: &Path) -> io::Result<()> {
    let mut bytes = fs::read(path)?;
    let middle = bytes.len() / 2;
    if let Some(byte) = bytes.get_mut(middle) {
        *byte ^= 0x10;
    }
    fs::write(path, bytes)
}

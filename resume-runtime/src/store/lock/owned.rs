//! A lock that this process has taken.

use std::fs::{self, File};
use std::hash::{BuildHasher, Hasher, RandomState};
use std::io::{self, Seek, SeekFrom, Write};
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::sync::{LazyLock, Mutex, OnceLock};
use std::time::Duration;

use super::process::Process;
use super::record::{self, Record};
use super::{Options, System, keeper};
use crate::mutex::locked;
use crate::report;
use crate::store::{Holder, Lost};

/// After so many beats that could not be written, somebody should know.
const MANY: u32 = 3;

pub(super) struct Owned {
    file: File,
    /// Where the lock is, or where it will be.
    path: PathBuf,
    folder: PathBuf,
    token: String,
    options: Options,
    state: Mutex<State>,
    /// Whether the system has locked it too.
    is_locked: AtomicBool,
    lost: OnceLock<Holder>,
}

#[derive(Default)]
struct State {
    /// Where in the file the beat is; `None` while it could not be signed.
    beat_at: Option<usize>,
    beats: u64,
    failures: u32,
}

impl Owned {
    /// `file` is new and empty, and is the lock at `path` or about to be.
    pub(super) fn new(file: File, path: &Path, options: Options) -> Owned {
        let token = token();
        keeper::announce(&token);
        Owned {
            file,
            path: path.to_owned(),
            folder: path.with_extension(""),
            token,
            options,
            state: Mutex::default(),
            is_locked: AtomicBool::new(false),
            lost: OnceLock::new(),
        }
    }

    /// The folder of the run.
    pub(super) fn folder(&self) -> &Path {
        &self.folder
    }

    /// The time between two beats.
    pub(super) fn pace(&self) -> Duration {
        self.options.beat
    }

    pub(super) fn file(&self) -> &File {
        &self.file
    }

    /// Asks the system for its lock too. Somebody who only looks whether it is locked has it for a moment.
    pub(super) fn lock(&self) -> io::Result<System> {
        let mut system = System::lock(&self.file, self.options)?;
        for _ in 0..1_000 {
            if system != System::Theirs {
                break;
            }
            std::thread::sleep(Duration::from_millis(1));
            system = System::lock(&self.file, self.options)?;
        }
        self.is_locked.store(system == System::Mine, Ordering::Relaxed);
        Ok(system)
    }

    /// Says whose it is.
    pub(super) fn sign(&self) -> io::Result<()> {
        self.sign_in(&mut locked(&self.state))
    }

    fn sign_in(&self, state: &mut State) -> io::Result<()> {
        let (text, beat_at) = record::text(&Process::this(), &self.token, self.options.silence());
        self.put(0, &text)?;
        state.beat_at = Some(beat_at);
        self.flush()
    }

    /// One sign of life. It goes to the file that is open and not to the path, so it never spoils what has taken its place.
    pub(super) fn beat(&self) {
        if self.lost.get().is_some() {
            return;
        }
        let mut state = locked(&self.state);
        state.beats += 1;
        let written = match state.beat_at {
            Some(beat_at) => self.put(beat_at as u64, &record::beat(state.beats)).and_then(|()| self.flush()),
            None => self.sign_in(&mut state),
        };
        let Err(error) = written else {
            state.failures = 0;
            return;
        };
        state.failures += 1;
        let is_news = state.failures == MANY;
        drop(state);
        if is_news {
            report::warning(&format!(
                "the lock {} could not be refreshed ({error}): a process on another machine may take the run over",
                self.path.display()
            ));
        }
    }

    /// A network file system keeps to itself what is written until a file is closed, whichever handle of it that is.
    fn flush(&self) -> io::Result<()> {
        self.file.try_clone().map(drop)
    }

    fn put(&self, offset: u64, text: &str) -> io::Result<()> {
        let mut file = &self.file;
        file.seek(SeekFrom::Start(offset))?;
        file.write_all(text.as_bytes())
    }

    /// Whether the lock is this process's at this moment. It is opened anew each time, as that is what makes a network
    /// file system look at the server.
    pub(super) fn check(&self) -> io::Result<()> {
        if let Some(holder) = self.lost.get() {
            return Err(Lost::new(&self.path, holder.clone()).into());
        }
        // Other systems than Unix let nobody read what they have locked, nor replace it.
        if !cfg!(unix) && self.is_locked.load(Ordering::Relaxed) {
            return Ok(());
        }
        let is_signed = locked(&self.state).beat_at.is_some();
        let bytes = match record::read(&self.path) {
            Ok(bytes) => bytes,
            Err(e) if e.kind() == io::ErrorKind::NotFound => Vec::new(),
            Err(e) => {
                let what =
                    format!("whether this process still has the run cannot be read from {}: {e}", self.path.display());
                return Err(io::Error::new(e.kind(), what));
            }
        };
        if record::has_token(&bytes, &self.token) || (!is_signed && is_same(&self.file, &self.path)) {
            return Ok(());
        }
        let holder = self.lost.get_or_init(|| Record::parse(&bytes).holder());
        Err(Lost::new(&self.path, holder.clone()).into())
    }

    /// Whether `path` leads to this lock, so that it may be removed.
    pub(super) fn is_in_place(&self) -> bool {
        (cfg!(unix) && is_same(&self.file, &self.path)) || self.is_named_in(&self.path)
    }

    /// Removes it, and tells whether it did. One that was taken over, or removed by hand, may be somebody else's by now.
    /// It goes while the system has it locked: whoever has opened it before sees that it has no name any more, and makes a
    /// new one.
    pub(super) fn give_back(&self) -> bool {
        self.is_in_place() && fs::remove_file(&self.path).is_ok()
    }

    /// Whether the lock at `path` says that it is this one.
    pub(super) fn is_named_in(&self, path: &Path) -> bool {
        record::read(path).is_ok_and(|bytes| record::has_token(&bytes, &self.token))
    }
}

impl Drop for Owned {
    fn drop(&mut self) {
        keeper::retract(&self.token);
    }
}

/// Whether `path` leads to `file`. While we have the file open, its number is not reused.
#[cfg(unix)]
pub(super) fn is_same(file: &File, path: &Path) -> bool {
    use std::os::unix::fs::MetadataExt;
    match (file.metadata(), fs::symlink_metadata(path)) {
        (Ok(ours), Ok(there)) => (ours.dev(), ours.ino()) == (there.dev(), there.ino()),
        _ => false,
    }
}

/// Elsewhere a file that is open keeps its name.
#[cfg(not(unix))]
pub(super) fn is_same(_: &File, path: &Path) -> bool {
    fs::symlink_metadata(path).is_ok()
}

/// One that no other lock has, of any process and machine.
fn token() -> String {
    static PROCESS: LazyLock<(u64, u64)> = LazyLock::new(|| (random(), random()));
    static NEXT: AtomicU64 = AtomicU64::new(0);
    let (high, low) = *PROCESS;
    // A forked child would go on counting where its parent does.
    format!("{high:016x}{low:016x}-{}-{}", std::process::id(), NEXT.fetch_add(1, Ordering::Relaxed))
}

/// The keys of the standard library's hash maps come from the system's generator.
fn random() -> u64 {
    RandomState::new().build_hasher().finish()
}

//! Settings of the process: what the program says, and the environment, which wins.

use std::env;
use std::ffi::OsString;
use std::path::PathBuf;
use std::str::FromStr;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use crate::error::{Error, ErrorKind};
use crate::interrupt::limits::Limits;
use crate::mutex::locked;
use crate::pack::Compression;
use crate::saver::keep::Keep;
use crate::store::quota;
use crate::store::{Dir, LockOptions, Store};
use crate::trigger::budget::Pacing;

/// Where snapshots live if nobody says otherwise.
const USUAL_STORE: &str = ".checkpoints";
/// How long the process waits, at an interrupt, for the runs on other threads.
const USUAL_GRACE: Duration = Duration::from_secs(60);
/// How often a process says that it lives.
const USUAL_HEARTBEAT: Duration = Duration::from_secs(5);
const SHORTEST_HEARTBEAT: Duration = Duration::from_millis(10);
const LONGEST_HEARTBEAT: Duration = Duration::from_secs(100);

/// Begins to configure the runs of this process: those that start from now on.
///
/// Each call takes effect at once. The environment wins: [its variables](crate#environment) override what is set here.
///
/// ```
/// resume_runtime::configure().store("/tmp/snapshots").quiet(true);
/// ```
pub fn configure() -> Configure {
    Configure(())
}

/// The settings of this process, to be changed; see [`configure`].
#[derive(Debug)]
pub struct Configure(());

impl Configure {
    /// The folder in which snapshots live; `.checkpoints` in the working directory by default.
    #[allow(clippy::return_self_not_must_use, reason = "a call takes effect at once")]
    pub fn store(self, folder: impl Into<PathBuf>) -> Configure {
        let folder = folder.into();
        self.set(|settings| settings.store = Place::Folder(folder))
    }

    /// A store of another kind, such as [`Memory`](crate::store::Memory).
    ///
    /// ```
    /// resume_runtime::configure().store_in(resume_runtime::store::Memory::new());
    /// ```
    #[allow(clippy::return_self_not_must_use, reason = "a call takes effect at once")]
    pub fn store_in(self, store: impl Store + 'static) -> Configure {
        let store: Arc<dyn Store> = Arc::new(store);
        self.set(|settings| settings.store = Place::Other(store))
    }

    /// Whether resumable functions are plain functions: nothing is saved, nothing is resumed.
    #[allow(clippy::return_self_not_must_use, reason = "a call takes effect at once")]
    pub fn off(self, off: bool) -> Configure {
        self.set(|settings| settings.off = off)
    }

    /// Whether runs start afresh, whatever snapshots there are. These are kept.
    #[allow(clippy::return_self_not_must_use, reason = "a call takes effect at once")]
    pub fn fresh(self, fresh: bool) -> Configure {
        self.set(|settings| settings.fresh = fresh)
    }

    /// The snapshot to start from: a file, or a number for one of the run's own.
    #[allow(clippy::return_self_not_must_use, reason = "a call takes effect at once")]
    pub fn from(self, snapshot: impl Into<PathBuf>) -> Configure {
        let snapshot = snapshot.into();
        self.set(|settings| settings.from = Some(snapshot))
    }

    /// Whether a run without a snapshot fails.
    #[allow(clippy::return_self_not_must_use, reason = "a call takes effect at once")]
    pub fn require(self, require: bool) -> Configure {
        self.set(|settings| settings.require = require)
    }

    /// Whether runs say nothing on stderr when they start. What an interrupt does and what goes wrong is said all the same,
    /// and `tracing` gets everything.
    #[allow(clippy::return_self_not_must_use, reason = "a call takes effect at once")]
    pub fn quiet(self, quiet: bool) -> Configure {
        self.set(|settings| settings.quiet = quiet)
    }

    /// How long the process waits, at an interrupt, for runs on other threads to reach their next pass; one minute by
    /// default.
    ///
    /// Give it what your scheduler leaves between the signal and the kill. A run whose passes lie further apart than this
    /// could not be saved in it: it warns of that, once for each site.
    #[allow(clippy::return_self_not_must_use, reason = "a call takes effect at once")]
    pub fn grace(self, grace: Duration) -> Configure {
        self.set(|settings| settings.grace = grace)
    }

    /// How snapshots are compressed, where the function does not say.
    #[allow(clippy::return_self_not_must_use, reason = "a call takes effect at once")]
    pub fn compression(self, how: Compression) -> Configure {
        self.set(|settings| settings.compression = how)
    }

    /// Which snapshots are kept, where the function does not say; the newest two by default.
    #[allow(clippy::return_self_not_must_use, reason = "a call takes effect at once")]
    pub fn keep(self, keep: Keep) -> Configure {
        self.set(|settings| settings.keep = keep)
    }

    /// The longest time without a snapshot at a `checkpoint!()`, whatever one costs; ten minutes by default.
    #[allow(clippy::return_self_not_must_use, reason = "a call takes effect at once")]
    pub fn longest_gap(self, gap: Duration) -> Configure {
        self.set(|settings| settings.pacing.longest_gap = gap)
    }

    /// The time that is to be expected from one failure of the machine to the next.
    ///
    /// `checkpoint!()` then saves no more often than Daly's formula says is worth it (`docs/snapshots.md`): after about
    /// `sqrt(2 * cost of a snapshot * time between failures)`. Without it, as often as the budget allows.
    #[allow(clippy::return_self_not_must_use, reason = "a call takes effect at once")]
    pub fn time_between_failures(self, mean: Duration) -> Configure {
        self.set(|settings| settings.pacing.between_failures = Some(mean))
    }

    /// How often this process says, in the lock of each run it has, that it lives; every 5 s by default. Less than 10 ms
    /// counts as 10 ms, more than 100 s as 100 s.
    ///
    /// On another machine a run is taken over when its owner has been silent for six times as long. A process that wants a
    /// run waits for the longer of its own time and the owner's.
    #[allow(clippy::return_self_not_must_use, reason = "a call takes effect at once")]
    pub fn heartbeat(self, interval: Duration) -> Configure {
        self.set(|settings| settings.heartbeat = interval.clamp(SHORTEST_HEARTBEAT, LONGEST_HEARTBEAT))
    }

    pub(crate) fn set(self, change: impl FnOnce(&mut Settings)) -> Configure {
        change(&mut locked(&SETTINGS));
        self
    }
}

static SETTINGS: Mutex<Settings> = Mutex::new(Settings {
    store: Place::Usual,
    off: false,
    fresh: false,
    from: None,
    require: false,
    quiet: false,
    grace: USUAL_GRACE,
    compression: Compression::Zstd(1),
    is_compression_forced: false,
    keep: Keep::last(2),
    store_limit: None,
    pacing: Pacing::USUAL,
    limits: Limits::USUAL,
    heartbeat: USUAL_HEARTBEAT,
});

/// Where snapshots live.
#[derive(Clone, Debug)]
enum Place {
    Usual,
    Folder(PathBuf),
    Other(Arc<dyn Store>),
}

/// What holds for a root run that starts now.
#[derive(Clone, Debug)]
pub(crate) struct Settings {
    store: Place,
    pub(crate) off: bool,
    pub(crate) fresh: bool,
    pub(crate) from: Option<PathBuf>,
    pub(crate) require: bool,
    pub(crate) quiet: bool,
    pub(crate) grace: Duration,
    pub(crate) compression: Compression,
    /// From the environment: it counts for functions that say otherwise too.
    pub(crate) is_compression_forced: bool,
    pub(crate) keep: Keep,
    /// In bytes.
    pub(crate) store_limit: Option<u64>,
    pub(crate) pacing: Pacing,
    pub(crate) limits: Limits,
    heartbeat: Duration,
}

impl Settings {
    /// What the program says, overridden by the environment.
    pub(crate) fn now() -> Result<Settings, Error> {
        let mut settings = locked(&SETTINGS).clone();
        if let Some(folder) = variable("RESUME_STORE") {
            settings.store = Place::Folder(folder.into());
        }
        if let Some(snapshot) = variable("RESUME_FROM") {
            settings.from = Some(snapshot.into());
            // It wins over what the program says, of which the opposite is a part.
            settings.fresh = false;
        }
        let switches = [
            ("RESUME_OFF", &mut settings.off),
            ("RESUME_FRESH", &mut settings.fresh),
            ("RESUME_REQUIRE", &mut settings.require),
            ("RESUME_QUIET", &mut settings.quiet),
        ];
        for (name, place) in switches {
            if let Some(value) = switch(name)? {
                *place = value;
            }
        }
        // A plain function has no use for the rest, and need not fail for it.
        if settings.off {
            return Ok(settings);
        }
        if let Some(how) = variable("RESUME_COMPRESSION") {
            let how = how.to_string_lossy();
            settings.compression = Compression::read(&how).map_err(|why| refused("RESUME_COMPRESSION", &how, &why))?;
            settings.is_compression_forced = true;
        }
        is_locked_by_files()?;
        if let Some(limit) = variable("RESUME_STORE_LIMIT") {
            let limit = limit.to_string_lossy();
            let bytes = quota::parse(&limit).map_err(|why| refused("RESUME_STORE_LIMIT", &limit, &why))?;
            settings.store_limit = Some(bytes);
        }
        if settings.fresh && variable("RESUME_FRESH").is_some() && variable("RESUME_FROM").is_none() {
            settings.from = None;
        }
        Ok(settings)
    }

    pub(crate) fn store(&self) -> Arc<dyn Store> {
        match &self.store {
            Place::Usual => Arc::new(Dir::new(USUAL_STORE)),
            Place::Folder(folder) => Arc::new(Dir::new(folder)),
            Place::Other(store) => Arc::clone(store),
        }
    }
}

impl FromStr for Compression {
    type Err = Error;

    fn from_str(text: &str) -> Result<Compression, Error> {
        Compression::read(text).map_err(|why| Error::new(ErrorKind::Config, why))
    }
}

/// How long the process waits at an interrupt.
pub(crate) fn grace() -> Duration {
    locked(&SETTINGS).grace
}

/// How runs are locked. `RESUME_LOCK=files` is for file systems that take a lock and keep nobody out by it. On Windows it is
/// the only way: a lock of the system's keeps everybody from reading in the file whose it is.
pub(crate) fn lock() -> LockOptions {
    let beat = locked(&SETTINGS).heartbeat;
    LockOptions { system: cfg!(not(windows)) && !is_locked_by_files().unwrap_or(false), beat }
}

fn is_locked_by_files() -> Result<bool, Error> {
    match variable("RESUME_LOCK") {
        None => Ok(false),
        Some(value) if value == "system" => Ok(false),
        Some(value) if value == "files" => Ok(true),
        Some(value) => {
            let what = format!("`RESUME_LOCK={}` is no way to lock a run", value.to_string_lossy());
            let advice = "unset it; or set it to `files` where the system's locks do not work";
            Err(Error::new(ErrorKind::Config, what).advise(advice))
        }
    }
}

/// The error for a variable with a value that it cannot have; `why` says what it can.
fn refused(name: &str, value: &str, why: &str) -> Error {
    Error::new(ErrorKind::Config, format!("`{name}={value}`: {why}")).advise(format!("set {name} to that, or unset it"))
}

/// A variable of the environment that is set to something.
pub(crate) fn variable(name: &str) -> Option<OsString> {
    env::var_os(name).filter(|value| !value.is_empty())
}

/// A variable that turns something on or off.
fn switch(name: &str) -> Result<Option<bool>, Error> {
    let Some(value) = variable(name) else {
        return Ok(None);
    };
    match value.to_string_lossy().to_ascii_lowercase().as_str() {
        "1" | "true" | "yes" | "on" => Ok(Some(true)),
        "0" | "false" | "no" | "off" => Ok(Some(false)),
        other => Err(Error::new(ErrorKind::Config, format!("`{name}={other}` is neither on nor off"))
            .advise(format!("set {name} to 1 or 0, or unset it"))),
    }
}

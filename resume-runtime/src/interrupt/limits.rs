//! What the program and the environment say about the end of a process's time.

use std::collections::BTreeMap;
use std::ffi::OsString;
use std::sync::{LazyLock, Mutex};
use std::time::{Duration, Instant, SystemTime};

use crate::config::{Configure, variable};
use crate::error::{Error, ErrorKind};
use crate::interrupt::deadline::{Deadline, unix_seconds, unreadable};
use crate::mutex::locked;
use crate::report;

/// The status of a process that was stopped in time: `EX_TEMPFAIL`, try again.
const USUAL_STATUS: u8 = 75;

/// A signal that asks runs to stop in time, besides SIGINT, SIGTERM and SIGHUP: see [`Configure::signals`].
#[non_exhaustive]
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub enum Signal {
    /// SIGUSR1: Slurm's `--signal=USR1@120`, Grid Engine's `-notify`.
    Usr1,
    /// SIGUSR2: Slurm's `--signal=USR2@120`, LSF at the end of the run time.
    Usr2,
    /// SIGXCPU: the processor time is used up.
    Xcpu,
}

impl Signal {
    pub(crate) const ALL: [Signal; 3] = [Signal::Usr1, Signal::Usr2, Signal::Xcpu];

    pub(crate) fn name(self) -> &'static str {
        match self {
            Signal::Usr1 => "SIGUSR1",
            Signal::Usr2 => "SIGUSR2",
            Signal::Xcpu => "SIGXCPU",
        }
    }

    /// By its name, with or without `SIG`.
    fn named(name: &str) -> Option<Signal> {
        let name = name.to_ascii_uppercase();
        let short = name.strip_prefix("SIG").unwrap_or(&name);
        Signal::ALL.into_iter().find(|signal| signal.name().strip_prefix("SIG") == Some(short))
    }
}

/// Some of the signals.
#[derive(Clone, Copy, PartialEq, Eq, Default, Debug)]
pub(crate) struct Signals(u8);

impl Signals {
    fn add(&mut self, signal: Signal) {
        self.0 |= 1 << signal as u8;
    }

    pub(crate) fn has(self, signal: Signal) -> bool {
        self.0 & 1 << signal as u8 != 0
    }
}

/// What the program says.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Limits {
    deadline: Option<Deadline>,
    signals: Signals,
    status: u8,
}

/// What holds, by the word of the program and the environment.
#[derive(Clone, Copy, Debug)]
pub(crate) struct InForce {
    /// And where it was said.
    pub(crate) deadline: Option<(Deadline, &'static str)>,
    pub(crate) signals: Signals,
    pub(crate) status: u8,
}

impl Configure {
    /// When this process has to be done: its runs save and stop so early that they are in time, and the process ends with
    /// [`exit_status`](Configure::exit_status).
    ///
    /// A [`Duration`] from now, an [`Instant`], a [`SystemTime`], a [`Deadline`] read from text, or [`Deadline::none`]. How
    /// early: the longest time between two passes and the time that a save took, as measured, with a margin. The
    /// environment wins: `RESUME_DEADLINE`. If neither says anything the end of a Slurm job counts (`SLURM_JOB_END_TIME`).
    ///
    /// ```
    /// # use std::time::Duration;
    /// resume_runtime::configure().deadline(Duration::from_secs(3 * 3600));
    /// # resume_runtime::configure().deadline(resume_runtime::Deadline::none());
    /// ```
    #[allow(clippy::return_self_not_must_use, reason = "a call takes effect at once")]
    pub fn deadline(self, deadline: impl Into<Deadline>) -> Configure {
        let deadline = deadline.into();
        self.set(|settings| settings.limits.deadline = Some(deadline))
    }

    /// More signals at which runs save and stop, such as Slurm sends with `--signal=USR1@120`.
    ///
    /// The process ends with [`exit_status`](Configure::exit_status) then, and not by the signal. They never end it before
    /// a run has come to its next pass, however often they come; if no run is under way, the next one stops at its first
    /// pass. A handler that the program has installed stays, and so does a signal that is ignored. Elsewhere than on Unix
    /// there are no such signals. The environment wins: `RESUME_SIGNALS=USR1,USR2`.
    ///
    /// ```
    /// use resume_runtime::Signal;
    /// resume_runtime::configure().signals([Signal::Usr1, Signal::Usr2]);
    /// ```
    #[allow(clippy::return_self_not_must_use, reason = "a call takes effect at once")]
    pub fn signals(self, signals: impl IntoIterator<Item = Signal>) -> Configure {
        let signals: Vec<Signal> = signals.into_iter().collect();
        self.set(|settings| signals.into_iter().for_each(|signal| settings.limits.signals.add(signal)))
    }

    /// The status of a process that was stopped in time and wants to be run again: by a deadline, by one of
    /// [`signals`](Configure::signals), or by a file `stop`. 75 by default, the `EX_TEMPFAIL` of `sysexits.h`.
    ///
    /// After SIGINT, SIGTERM and SIGHUP the process ends by that signal all the same. The environment wins:
    /// `RESUME_EXIT_STATUS`.
    #[allow(clippy::return_self_not_must_use, reason = "a call takes effect at once")]
    pub fn exit_status(self, status: u8) -> Configure {
        self.set(|settings| settings.limits.status = status)
    }
}

impl Limits {
    /// What holds if nobody says anything.
    pub(crate) const USUAL: Limits = Limits { deadline: None, signals: Signals(0), status: USUAL_STATUS };

    /// What holds, with the environment.
    pub(crate) fn in_force(self) -> Result<InForce, Error> {
        let own = self.deadline.map(|deadline| (deadline, "the program's own"));
        Ok(InForce {
            deadline: match stated()? {
                Some(deadline) => Some(deadline),
                None => own.or_else(slurm),
            },
            signals: signals()?.unwrap_or(self.signals),
            status: status()?.unwrap_or(self.status),
        })
    }
}

/// What the user says.
fn stated() -> Result<Option<(Deadline, &'static str)>, Error> {
    const NAME: &str = "RESUME_DEADLINE";
    let Some(value) = variable(NAME) else { return Ok(None) };
    let deadline = once(NAME, value, |text| Deadline::read(text, *BEGAN).ok_or_else(|| unreadable(text, Some(NAME))))?;
    Ok(Some((deadline, NAME)))
}

/// What Slurm says. Nobody has typed it, so what cannot be right is left aside: a job that is past its end would not run,
/// so the variable is then an older job's.
fn slurm() -> Option<(Deadline, &'static str)> {
    const NAME: &str = "SLURM_JOB_END_TIME";
    // Said once what is known is no longer locked: who listens may call a resumable function.
    let mut doubt = None;
    let deadline = once(NAME, variable(NAME)?, |text| match unix_seconds(text.trim()) {
        Some(end) if end > SystemTime::now() => Ok(end.into()),
        Some(_) => {
            doubt = Some(format!(
                "{NAME}={text} is over, so it is taken for the end of an older job: no time limit is known. Set RESUME_DEADLINE"
            ));
            Ok(Deadline::none())
        }
        None => {
            doubt = Some(format!(
                "{NAME}={text} is not in seconds since 1970: the job's time limit is not known. Set RESUME_DEADLINE"
            ));
            Ok(Deadline::none())
        }
    });
    if let Some(doubt) = doubt {
        report::warning(&doubt);
    }
    deadline.ok().map(|deadline| (deadline, NAME))
}

/// Reads a variable once for each of its values: a duration begins to count once, and the wall clock is read once.
fn once(
    name: &'static str,
    value: OsString,
    read: impl FnOnce(&str) -> Result<Deadline, Error>,
) -> Result<Deadline, Error> {
    static READ: Mutex<BTreeMap<&str, (OsString, Deadline)>> = Mutex::new(BTreeMap::new());
    let mut known = locked(&READ);
    match known.get(name) {
        Some((before, deadline)) if *before == value => Ok(*deadline),
        _ => {
            let deadline = read(&value.to_string_lossy())?;
            known.insert(name, (value, deadline));
            Ok(deadline)
        }
    }
}

/// When the process began, as near as can be told: else what it did before its first run would be lost to a time limit.
static BEGAN: LazyLock<Instant> = LazyLock::new(|| {
    let now = Instant::now();
    age().and_then(|age| now.checked_sub(age)).unwrap_or(now)
});

/// How long the process has been running: field 22 of `stat` is when it began, in hundredths of a second since the
/// machine did. In a container that hides how long the machine has been up it comes out as too little at worst.
#[cfg(target_os = "linux")]
fn age() -> Option<Duration> {
    let stat = std::fs::read_to_string("/proc/self/stat").ok()?;
    let up: f64 = std::fs::read_to_string("/proc/uptime").ok()?.split(' ').next()?.parse().ok()?;
    // The second field is the name of the program, in parentheses, and may hold anything.
    let began: f64 = stat.rsplit_once(')')?.1.split_whitespace().nth(19)?.parse().ok()?;
    Duration::try_from_secs_f64(up - began / 100.0).ok()
}

#[cfg(not(target_os = "linux"))]
fn age() -> Option<Duration> {
    None
}

fn signals() -> Result<Option<Signals>, Error> {
    let Some(value) = variable("RESUME_SIGNALS") else { return Ok(None) };
    let value = value.to_string_lossy();
    let mut signals = Signals::default();
    let names = value.split([',', ' ']).filter(|name| !name.is_empty() && !name.eq_ignore_ascii_case("none"));
    for name in names {
        signals.add(Signal::named(name).ok_or_else(|| {
            Error::new(ErrorKind::Config, format!("`RESUME_SIGNALS={value}`: `{name}` is no signal that can be added"))
                .advise("set RESUME_SIGNALS to some of USR1, USR2 and XCPU, with commas between them; or to `none`")
        })?);
    }
    Ok(Some(signals))
}

fn status() -> Result<Option<u8>, Error> {
    let Some(value) = variable("RESUME_EXIT_STATUS") else { return Ok(None) };
    let value = value.to_string_lossy();
    value.trim().parse().map(Some).map_err(|_| {
        Error::new(ErrorKind::Config, format!("`RESUME_EXIT_STATUS={value}` is no exit status"))
            .advise("set RESUME_EXIT_STATUS to a number from 0 to 255, or unset it (75)")
    })
}

#[cfg(test)]
mod tests {
    use super::{BEGAN, Signal, Signals};
    use std::time::{Duration, Instant};

    #[test]
    fn signals_have_names() {
        for signal in Signal::ALL {
            assert_eq!(Signal::named(signal.name()), Some(signal));
        }
        assert_eq!(Signal::named("usr1"), Some(Signal::Usr1));
        assert_eq!(Signal::named("SigXCPU"), Some(Signal::Xcpu));
        assert_eq!(Signal::named("KILL"), None);
        assert_eq!(Signal::named(""), None);
    }

    #[test]
    fn signals_are_told_apart() {
        let mut signals = Signals::default();
        signals.add(Signal::Usr2);
        assert!(signals.has(Signal::Usr2) && !signals.has(Signal::Usr1) && !signals.has(Signal::Xcpu));
    }

    /// A test has not been running for days, and has begun before now.
    #[test]
    fn the_process_began_a_while_ago() {
        assert!(*BEGAN <= Instant::now() && BEGAN.elapsed() < Duration::from_secs(86_400));
    }
}

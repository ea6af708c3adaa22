//! Interrupts: a flag that every run looks at, the signals that raise it, and the end of the process.
//!
//! A handler only sets flags. The first signal raises the interrupt; every active run saves at its next pass. The second
//! one ends the process at once, as does the first when no run is active: then there is nothing to wait for.

use std::io::Write;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, Once, PoisonError};
use std::thread::{self, ThreadId};
use std::time::{Duration, Instant};

use crate::config;
use crate::error::{Error, ErrorKind};
use crate::report;

/// Whether runs are asked to save and stop.
static RAISED: AtomicBool = AtomicBool::new(false);
/// The signal that asked them; 0 for none.
static SIGNAL: AtomicUsize = AtomicUsize::new(0);
/// Whether the next signal does what it does by default: end the process.
static LETHAL: AtomicBool = AtomicBool::new(true);
/// The root runs that are under way.
static ACTIVE: Mutex<Vec<Arc<Member>>> = Mutex::new(Vec::new());

/// Asks every active run to save at its next pass and to stop, as the first Ctrl-C does.
///
/// For programs that have a signal handler of their own: it only stores to an atomic, so a handler may call it.
pub fn interrupt() {
    RAISED.store(true, Ordering::SeqCst);
}

/// Takes an interrupt back: runs that start from now on are not stopped by it.
///
/// For programs that go on after their resumable functions have returned the interrupt as an error.
pub fn clear_interrupt() {
    let members = members();
    RAISED.store(false, Ordering::SeqCst);
    SIGNAL.store(0, Ordering::SeqCst);
    LETHAL.store(members.is_empty(), Ordering::SeqCst);
}

/// Whether runs are asked to stop: one relaxed load.
#[inline(always)]
pub fn interrupted() -> bool {
    RAISED.load(Ordering::Relaxed)
}

/// The error of a run that has been stopped.
pub(crate) fn error(what: impl Into<String>) -> Error {
    let signal = i32::try_from(SIGNAL.load(Ordering::SeqCst)).ok();
    Error::new(ErrorKind::Interrupted, what).by_signal(signal.filter(|signal| *signal != 0))
}

/// A root run that is under way.
#[derive(Debug)]
pub(crate) struct Member {
    /// What people call it.
    label: String,
    /// The thread it was last seen on.
    thread: Mutex<ThreadId>,
    /// Whether it has nothing left to save.
    has_flushed: AtomicBool,
    /// When its last snapshot was taken.
    saved: Mutex<Option<Instant>>,
}

/// Keeps a root run in the list while it is under way.
#[derive(Debug)]
pub(crate) struct Membership(Arc<Member>);

impl Member {
    pub(crate) fn join(label: String, saved: Option<Instant>) -> Membership {
        let member = Arc::new(Member {
            label,
            thread: Mutex::new(thread::current().id()),
            has_flushed: AtomicBool::new(false),
            saved: Mutex::new(saved),
        });
        let mut members = members();
        members.push(Arc::clone(&member));
        // After an interrupt the next signal ends the process, whatever starts meanwhile.
        LETHAL.store(interrupted() && SIGNAL.load(Ordering::SeqCst) != 0, Ordering::SeqCst);
        Membership(member)
    }

    pub(crate) fn flushed(&self) {
        self.has_flushed.store(true, Ordering::SeqCst);
    }

    pub(crate) fn saved(&self) {
        *self.saved.lock().unwrap_or_else(PoisonError::into_inner) = Some(Instant::now());
    }

    /// Takes note of the thread that a future is polled on.
    pub(crate) fn seen(&self) {
        *self.thread.lock().unwrap_or_else(PoisonError::into_inner) = thread::current().id();
    }

    fn is_elsewhere(&self) -> bool {
        *self.thread.lock().unwrap_or_else(PoisonError::into_inner) != thread::current().id()
    }
}

impl Membership {
    pub(crate) fn member(&self) -> Arc<Member> {
        Arc::clone(&self.0)
    }
}

impl Drop for Membership {
    fn drop(&mut self) {
        let mut members = members();
        members.retain(|member| !Arc::ptr_eq(member, &self.0));
        if members.is_empty() {
            LETHAL.store(true, Ordering::SeqCst);
        }
    }
}

fn members() -> MutexGuard<'static, Vec<Arc<Member>>> {
    ACTIVE.lock().unwrap_or_else(PoisonError::into_inner)
}

/// Looks after the signals, from the first root run on.
pub(crate) fn install() {
    static ONCE: Once = Once::new();
    ONCE.call_once(signals::install);
}

/// Says that an interrupt has come, and how old the newest snapshots are.
fn announce(name: &str) {
    let members = members();
    let ages: Vec<String> = members
        .iter()
        .map(|member| {
            let saved = *member.saved.lock().unwrap_or_else(PoisonError::into_inner);
            match saved {
                Some(saved) => format!("{} (last snapshot {} old)", member.label, report::span(saved.elapsed())),
                None => format!("{} (no snapshot yet)", member.label),
            }
        })
        .collect();
    drop(members);
    report::notice(&format!("{name}: saving at the next pass of {}; once more ends at once", ages.join(", ")));
}

/// Ends the process by the signal that came, once the runs on other threads have saved or the grace period is over.
pub(crate) fn end(error: &Error) -> ! {
    wait_for_others(config::grace());
    report::notice(&error.to_string());
    signals::end(error.signal())
}

/// A run on this very thread cannot get on while we wait for it, so only the others count.
fn wait_for_others(grace: Duration) {
    let began = Instant::now();
    let mut was_told = false;
    loop {
        let waiting: Vec<String> = members()
            .iter()
            .filter(|member| !member.has_flushed.load(Ordering::SeqCst) && member.is_elsewhere())
            .map(|member| member.label.clone())
            .collect();
        if waiting.is_empty() {
            return;
        }
        let names = waiting.join(", ");
        if began.elapsed() >= grace {
            report::warning(&format!("not waiting any longer for {names}; its last snapshot stands"));
            return;
        }
        if !was_told && began.elapsed() >= Duration::from_secs(1) {
            was_told = true;
            report::notice(&format!("waiting for {names} to reach its next pass"));
        }
        thread::sleep(Duration::from_millis(2));
    }
}

/// Flushes stdout, which the end by a signal would not. Whoever holds it for ever does not hold us up for ever.
fn flush(then: fn(i32) -> !, signal: i32) {
    let _ = thread::Builder::new().spawn(move || {
        thread::sleep(Duration::from_secs(2));
        then(signal)
    });
    let _ = std::io::stdout().flush();
}

#[cfg(unix)]
mod signals {
    use std::io::Read;
    use std::os::unix::net::UnixStream;
    use std::process;
    use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
    use std::{io, thread};

    use signal_hook::consts::{SIGHUP, SIGINT, SIGTERM};
    use signal_hook::{flag, low_level};

    use super::{LETHAL, RAISED, SIGNAL, report};

    const SIGNALS: [(i32, &str); 3] = [(SIGINT, "SIGINT"), (SIGTERM, "SIGTERM"), (SIGHUP, "SIGHUP")];

    /// What a process does at a signal.
    enum Disposition {
        Default,
        Ignored,
        Handled,
    }

    pub(super) fn install() {
        let ours: Vec<(i32, &str)> = SIGNALS
            .into_iter()
            .filter(|(signal, name)| match disposition(*signal) {
                Disposition::Default => true,
                // Somebody wants it so: `nohup`, a shell without job control.
                Disposition::Ignored => false,
                Disposition::Handled => {
                    report::notice(&format!(
                        "{name} has a handler already, which stays: let it call resume_runtime::interrupt()"
                    ));
                    false
                }
            })
            .collect();
        if let Err(error) = watch(&ours) {
            report::warning(&format!("signals cannot be watched ({error}): they end the process at once"));
        }
    }

    /// For each signal four actions, in this order: end the process if that is due; say which one came; raise the
    /// interrupt; make the next one lethal. A fifth wakes the thread that says so.
    fn watch(signals: &[(i32, &'static str)]) -> io::Result<()> {
        let (mut reader, writer) = UnixStream::pair()?;
        for (signal, _) in signals {
            flag::register_conditional_default(*signal, &LETHAL as &'static AtomicBool)?;
            flag::register_usize(*signal, &SIGNAL as &'static AtomicUsize, *signal as usize)?;
            flag::register(*signal, &RAISED as &'static AtomicBool)?;
            flag::register(*signal, &LETHAL as &'static AtomicBool)?;
            low_level::pipe::register(*signal, writer.try_clone()?)?;
        }
        let tell = move || {
            while let Ok(1..) = reader.read(&mut [0; 64]) {
                let signal = SIGNAL.load(Ordering::SeqCst);
                let name = SIGNALS.iter().find(|(number, _)| *number as usize == signal);
                super::announce(name.map_or("interrupt", |(_, name)| name));
            }
        };
        thread::Builder::new().name("resume-interrupt".into()).spawn(tell)?;
        Ok(())
    }

    #[allow(unsafe_code, reason = "the only way to see a disposition without changing it")]
    fn disposition(signal: i32) -> Disposition {
        // SAFETY: with a null new action the call only fills in the old one, which is zeroed memory of its type.
        let action = unsafe {
            let mut action: libc::sigaction = std::mem::zeroed();
            if libc::sigaction(signal, std::ptr::null(), &raw mut action) != 0 {
                return Disposition::Handled;
            }
            action.sa_sigaction
        };
        match action {
            libc::SIG_DFL => Disposition::Default,
            libc::SIG_IGN => Disposition::Ignored,
            _ => Disposition::Handled,
        }
    }

    pub(super) fn end(signal: Option<i32>) -> ! {
        let signal = signal.unwrap_or(SIGINT);
        super::flush(end_now, signal);
        end_now(signal)
    }

    fn end_now(signal: i32) -> ! {
        let _ = low_level::emulate_default_handler(signal);
        // A blocked signal does not end us: a shell shows the same status for this.
        process::exit(128 + signal)
    }
}

#[cfg(not(unix))]
mod signals {
    use std::process;
    use std::sync::atomic::Ordering;

    use super::{LETHAL, RAISED, SIGNAL, report};

    /// The number of SIGINT, for the status of the process.
    const SIGINT: i32 = 2;

    pub(super) fn install() {
        let handler = || {
            if LETHAL.swap(true, Ordering::SeqCst) {
                process::exit(128 + SIGINT);
            }
            SIGNAL.store(SIGINT as usize, Ordering::SeqCst);
            RAISED.store(true, Ordering::SeqCst);
            super::announce("Ctrl-C");
        };
        if let Err(error) = ctrlc::set_handler(handler) {
            report::notice(&format!(
                "Ctrl-C is not watched ({error}): let the program's own handler call resume_runtime::interrupt()"
            ));
        }
    }

    pub(super) fn end(signal: Option<i32>) -> ! {
        let signal = signal.unwrap_or(SIGINT);
        super::flush(end_now, signal);
        end_now(signal)
    }

    fn end_now(signal: i32) -> ! {
        process::exit(128 + signal)
    }
}

//! Signals on Unix: one flag or two for each, set by handlers that do nothing else.

use std::io::Read;
use std::os::unix::net::UnixStream;
use std::process;
use std::sync::Mutex;
use std::sync::atomic::{AtomicBool, AtomicUsize};
use std::{io, panic, thread};

use signal_hook::consts::{SIGHUP, SIGINT, SIGTERM, SIGUSR1, SIGUSR2, SIGXCPU, SIGXFSZ};
use signal_hook::{flag, low_level};

use super::{ADDED, FLAGS, Line};
use crate::interrupt::limits::{Signal, Signals};
use crate::mutex::locked;
use crate::report;

/// Those that every program is stopped by.
const SIGNALS: [(i32, &str); 3] = [(SIGINT, "SIGINT"), (SIGTERM, "SIGTERM"), (SIGHUP, "SIGHUP")];

/// What a process does at a signal.
enum Disposition {
    Default,
    Ignored,
    Handled,
}

/// Wakes the thread that says which signal has come. None before the first handler is installed.
static WRITER: Mutex<Option<UnixStream>> = Mutex::new(None);

pub(super) fn install() -> Vec<Line> {
    let lines = SIGNALS.into_iter().filter_map(|(signal, name)| unless_taken(signal, name, || watch(signal)));
    let lines = lines.collect();
    // A file that would pass `ulimit -f` is an error like a full disk then, and not the end of the process.
    if let Disposition::Default = disposition(SIGXFSZ) {
        static PASSED: AtomicBool = AtomicBool::new(false);
        let _ = flag::register(SIGXFSZ, &PASSED as &'static AtomicBool);
    }
    lines
}

/// Installs handlers for signals that the user wants looked at too, each once.
pub(super) fn add(signals: Signals) -> Vec<Line> {
    static DONE: Mutex<Vec<Signal>> = Mutex::new(Vec::new());
    let mut done = locked(&DONE);
    let new = Signal::ALL.into_iter().filter(|signal| signals.has(*signal) && !done.contains(signal));
    let new: Vec<Signal> = new.collect();
    done.extend(&new);
    let add = |signal: Signal| unless_taken(number(signal), signal.name(), || watch_added(number(signal)));
    new.into_iter().filter_map(add).collect()
}

fn number(signal: Signal) -> i32 {
    match signal {
        Signal::Usr1 => SIGUSR1,
        Signal::Usr2 => SIGUSR2,
        Signal::Xcpu => SIGXCPU,
    }
}

/// The name of the signal with this number, if it is one of ours.
pub(super) fn name(signal: i32) -> Option<&'static str> {
    let added = || Signal::ALL.into_iter().find(|added| number(*added) == signal).map(Signal::name);
    SIGNALS.iter().find(|(number, _)| *number == signal).map(|(_, name)| *name).or_else(added)
}

fn unless_taken(signal: i32, name: &str, install: impl FnOnce() -> io::Result<()>) -> Option<Line> {
    match disposition(signal) {
        Disposition::Default => install().err().map(|error| {
            (report::warning as fn(&str), format!("{name} cannot be watched ({error}): it ends the process at once"))
        }),
        // Somebody wants it so: `nohup`, a shell without job control.
        Disposition::Ignored => None,
        Disposition::Handled => {
            let line = format!("{name} has a handler already, which stays: let it call resume_runtime::interrupt()");
            Some((report::notice, line))
        }
    }
}

/// Watches a signal. Four actions, in this order: end the process if that is due; say which one came; raise the interrupt;
/// make the next one lethal. A fifth wakes the thread that says so.
fn watch(signal: i32) -> io::Result<()> {
    let writer = writer()?;
    flag::register_conditional_default(signal, &FLAGS.lethal as &'static AtomicBool)?;
    flag::register_usize(signal, &FLAGS.signal as &'static AtomicUsize, signal as usize)?;
    flag::register(signal, &FLAGS.raised as &'static AtomicBool)?;
    flag::register(signal, &FLAGS.lethal as &'static AtomicBool)?;
    low_level::pipe::register(signal, writer)?;
    Ok(())
}

/// Watches a signal that never ends the process by itself: schedulers send these, some more than once, and not people.
fn watch_added(signal: i32) -> io::Result<()> {
    let writer = writer()?;
    flag::register_usize(signal, &ADDED as &'static AtomicUsize, signal as usize)?;
    flag::register(signal, &FLAGS.raised as &'static AtomicBool)?;
    low_level::pipe::register(signal, writer)?;
    Ok(())
}

/// What a handler writes to; starts the thread that reads.
fn writer() -> io::Result<UnixStream> {
    let mut writer = locked(&WRITER);
    if let Some(writer) = &*writer {
        return writer.try_clone();
    }
    let (mut reader, ours) = UnixStream::pair()?;
    let theirs = ours.try_clone()?;
    let tell = move || {
        while let Ok(1..) = reader.read(&mut [0; 64]) {
            // Who listens may panic, and has been told so by then. The next signal is told of all the same.
            let _ = panic::catch_unwind(super::announce::announce);
        }
    };
    thread::Builder::new().name("resume-interrupt".into()).spawn(tell)?;
    *writer = Some(ours);
    Ok(theirs)
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
    super::end::flush(end_now, signal);
    end_now(signal)
}

fn end_now(signal: i32) -> ! {
    // The first process of a container has no default handlers, and would be ended by an abort in place of the signal.
    if process::id() != 1 {
        let _ = low_level::emulate_default_handler(signal);
    }
    // A blocked signal does not end us either: a shell shows the same status for this.
    process::exit(128 + signal)
}

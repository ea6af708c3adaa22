//! Which process this is, and whether another one of this machine is still alive.

use std::fs;
use std::path::Path;
use std::sync::{Arc, Mutex};

use crate::mutex::locked;

/// What tells one process from all others, on this machine and elsewhere.
#[derive(Clone, PartialEq, Eq, Default, Debug)]
pub(super) struct Process {
    pub(super) pid: Option<u32>,
    /// The name of the machine.
    pub(super) host: Option<String>,
    /// When it was started, in ticks since the machine was: a number that comes again is another process then.
    pub(super) start: Option<u64>,
    /// Since when the machine runs: a random number, another one after each start.
    pub(super) boot: Option<String>,
    /// The process numbers that it sees: each container counts its own from 1.
    pub(super) namespace: Option<u64>,
    /// Which machine it is, whatever its name; hashed, as its owner may want it to stay unknown.
    pub(super) machine: Option<String>,
}

/// Where another process is, seen from here.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) enum Where {
    /// On this machine, and it runs.
    Here,
    /// It was on this machine, and has ended.
    Gone,
    /// Nothing can be told of it.
    Elsewhere,
}

/// The processes of the machine itself, not of a container: Linux gives this number at each start.
const OUTERMOST: u64 = 4_026_531_836;

impl Process {
    /// This one. A forked child is another than its parent.
    pub(super) fn this() -> Arc<Process> {
        static THIS: Mutex<Option<Arc<Process>>> = Mutex::new(None);
        let pid = std::process::id();
        let mut this = locked(&THIS);
        if let Some(known) = this.as_ref().filter(|known| known.pid == Some(pid)) {
            return Arc::clone(known);
        }
        Arc::clone(this.insert(Arc::new(Process {
            pid: Some(pid),
            host: host(),
            start: Stat::of("self").map(|stat| stat.start),
            boot: line("/proc/sys/kernel/random/boot_id"),
            namespace: fs::read_link("/proc/self/ns/pid").ok().and_then(|link| namespace(&link)),
            machine: line("/etc/machine-id").map(|id| blake3::hash(id.as_bytes()).to_hex()[..16].to_owned()),
        })))
    }

    /// Whether no other process can look the same.
    pub(super) fn is_known(&self) -> bool {
        self.start.is_some() && self.boot.is_some()
    }

    /// Where `other` is. `is_foreign` tells that it may belong to a user whose processes are hidden from us.
    /// `is_free` tells that the system would let us lock what the other one had locked.
    pub(super) fn locate(&self, other: &Process, is_foreign: bool, is_free: bool) -> Where {
        if self.host.is_none() || self.host != other.host {
            return Where::Elsewhere;
        }
        if self.boot.is_none() && other.boot.is_none() {
            // A system that tells no more than a name. Its own locks have to do.
            return if is_free { Where::Gone } else { Where::Elsewhere };
        }
        if self.boot != other.boot {
            // The machine was started anew, unless two have one name, as containers of one service have.
            let is_outermost = self.namespace == Some(OUTERMOST) && other.namespace == Some(OUTERMOST);
            let is_same = self.machine.is_some() && self.machine == other.machine;
            return if is_outermost && is_same { Where::Gone } else { Where::Elsewhere };
        }
        if self.namespace.is_none() || self.namespace != other.namespace {
            return Where::Elsewhere;
        }
        match other.pid.and_then(|pid| Stat::of(&pid.to_string())) {
            Some(stat) if Some(stat.start) != other.start || stat.is_over => Where::Gone,
            Some(_) => Where::Here,
            None if is_foreign => Where::Elsewhere,
            None => Where::Gone,
        }
    }
}

/// What the system tells of a process.
struct Stat {
    start: u64,
    /// It has ended, and only its parent has not looked yet.
    is_over: bool,
}

impl Stat {
    fn of(process: &str) -> Option<Stat> {
        Stat::parse(&fs::read_to_string(Path::new("/proc").join(process).join("stat")).ok()?)
    }

    /// The name of the program comes second, in parentheses, and may hold any sign.
    fn parse(text: &str) -> Option<Stat> {
        let (_, rest) = text.rsplit_once(')')?;
        let fields: Vec<&str> = rest.split_whitespace().collect();
        let threads: u64 = fields.get(17)?.parse().ok()?;
        // The first thread may have ended before the others.
        let is_over = matches!(*fields.first()?, "Z" | "X") && threads <= 1;
        Some(Stat { start: fields.get(19)?.parse().ok()?, is_over })
    }
}

/// The name of this machine.
fn host() -> Option<String> {
    let files = ["/proc/sys/kernel/hostname", "/etc/hostname"].iter().filter_map(|path| line(path));
    let variables = ["HOSTNAME", "COMPUTERNAME"].iter().filter_map(|name| std::env::var(name).ok());
    files.chain(variables.map(|name| name.trim().to_owned())).find(|name| !name.is_empty())
}

/// The first line of a file, if it says anything.
fn line(path: &str) -> Option<String> {
    let text = fs::read_to_string(path).ok()?;
    let line = text.lines().next()?.trim();
    (!line.is_empty()).then(|| line.to_owned())
}

/// The number in `pid:[4026531836]`.
fn namespace(link: &Path) -> Option<u64> {
    link.to_str()?.strip_prefix("pid:[")?.strip_suffix(']')?.parse().ok()
}

#[cfg(test)]
mod tests {
    use super::{OUTERMOST, Process, Stat, Where};

    fn this() -> Process {
        Process {
            pid: Some(std::process::id()),
            host: Some("n1".into()),
            start: Stat::of("self").map(|stat| stat.start),
            boot: Some("b1".into()),
            namespace: Some(OUTERMOST),
            machine: Some("m1".into()),
        }
    }

    #[test]
    #[cfg(target_os = "linux")]
    fn a_process_number_alone_proves_nothing() {
        let us = this();
        assert_eq!(us.locate(&us, false, false), Where::Here);
        let later = Process { start: us.start.map(|start| start + 1), ..us.clone() };
        assert_eq!(us.locate(&later, false, false), Where::Gone, "the number came again");
        let gone = Process { pid: Some(u32::MAX), ..us.clone() };
        assert_eq!(us.locate(&gone, false, false), Where::Gone);
        assert_eq!(us.locate(&gone, true, false), Where::Elsewhere, "it may be hidden from us");
        let contained = Process { namespace: Some(7), ..us.clone() };
        assert_eq!(us.locate(&contained, false, false), Where::Elsewhere, "its numbers are not ours");
    }

    #[test]
    fn a_machine_that_was_started_anew_runs_nothing_of_before() {
        let us = this();
        let before = Process { boot: Some("b0".into()), ..us.clone() };
        assert_eq!(us.locate(&before, false, false), Where::Gone);
        for other in [
            Process { host: Some("n2".into()), ..us.clone() },
            Process { host: None, ..us.clone() },
            Process { machine: Some("m2".into()), ..before.clone() },
            Process { machine: None, ..before.clone() },
            Process { namespace: Some(7), ..before },
        ] {
            assert_eq!(us.locate(&other, false, false), Where::Elsewhere, "{other:?}");
        }
    }

    #[test]
    fn the_name_of_a_program_does_not_confuse() {
        let tail = "1 2 3 4 5 6 7 8 9 10 11 12 13 14 15 16 1 0 777 5";
        let stat = Stat::parse(&format!("12 (a) Z 9) S {tail}")).expect("a process");
        assert!(stat.start == 777 && !stat.is_over);
        assert!(Stat::parse(&format!("12 (x) Z {tail}")).is_some_and(|stat| stat.is_over));
        for text in ["", "12", "12 (x) S", "12 (x) S a b c"] {
            assert!(Stat::parse(text).is_none());
        }
    }
}

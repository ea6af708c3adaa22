//! The text of a lock: who has it, and a line that its owner rewrites as long as it lives.

use std::fmt::{Display, Write};
use std::fs::File;
use std::io::{self, Read};
use std::path::Path;
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use super::process::Process;
use crate::store::Holder;

/// A lock is shorter by far; what is longer is none.
const LONGEST: u64 = 4096;

/// The longest silence that the text of a lock can ask for: nobody waits for ever.
const LONGEST_SILENCE: Duration = Duration::from_secs(600);

/// What a lock says. Bytes that say less are no lock of ours, or not written yet.
#[derive(PartialEq, Eq, Default, Debug)]
pub(super) struct Record {
    pub(super) process: Process,
    pub(super) since: Option<String>,
    /// Differs for any two locks that were ever taken.
    pub(super) token: Option<String>,
    /// How long its owner can be silent and alive.
    pub(super) silence: Option<Duration>,
    /// When it last gave a sign of life, by its own clock: for people only.
    pub(super) beat: Option<String>,
}

impl Record {
    pub(super) fn parse(bytes: &[u8]) -> Record {
        let text = String::from_utf8_lossy(bytes);
        let line = |name: &str| line(&text, name);
        let own = |name: &str| line(name).map(str::to_owned);
        Record {
            process: Process {
                pid: line("pid").and_then(|pid| pid.parse().ok()),
                host: own("host"),
                start: line("start").and_then(|start| start.parse().ok()),
                boot: own("boot"),
                namespace: line("namespace").and_then(|number| number.parse().ok()),
                machine: own("machine"),
            },
            since: own("since"),
            token: own("token"),
            silence: line("silence-ms")
                .and_then(|millis| millis.parse().ok())
                .map(|millis| Duration::from_millis(millis).min(LONGEST_SILENCE)),
            beat: line("beat").and_then(|beat| beat.split_once(" at ")).map(|(_, at)| at.to_owned()),
        }
    }

    /// Whether it is whole: its last line is there.
    pub(super) fn is_signed(&self) -> bool {
        self.token.is_some() && self.beat.is_some()
    }

    pub(super) fn holder(&self) -> Holder {
        let Process { pid, host, .. } = &self.process;
        Holder::new(*pid, host.clone(), self.since.clone()).with_beat(self.beat.clone())
    }
}

/// Whether the lock with these bytes says that it is the one with this token: all that its owner asks, at every look.
pub(super) fn has_token(bytes: &[u8], token: &str) -> bool {
    line(&String::from_utf8_lossy(bytes), "token") == Some(token)
}

/// What the first line of this name says.
fn line<'a>(text: &'a str, name: &str) -> Option<&'a str> {
    // A line without an end is being written, or was torn.
    let mut lines = text.split_inclusive('\n').filter_map(|line| line.strip_suffix('\n'));
    let rest = lines.find_map(|line| line.strip_prefix(name)?.strip_prefix(' ')).map(str::trim);
    rest.filter(|rest| !rest.is_empty())
}

/// The text of a lock that is taken at this moment, and where in it the beat begins.
pub(super) fn text(process: &Process, token: &str, silence: Duration) -> (String, usize) {
    let mut text = String::with_capacity(320);
    let mut line = |name: &str, value: Option<&dyn Display>| {
        if let Some(value) = value {
            let _ = writeln!(text, "{name} {value}");
        }
    };
    let Process { pid, host, start, boot, namespace, machine } = process;
    let now = now();
    line("pid", shown(pid));
    line("host", shown(host));
    line("since", Some(&now));
    line("token", Some(&token));
    line("start", shown(start));
    line("boot", shown(boot));
    line("namespace", shown(namespace));
    line("machine", shown(machine));
    line("silence-ms", Some(&silence.as_millis()));
    let beat_at = text.len();
    text += &beat_at_time(0, &now);
    (text, beat_at)
}

fn shown<T: Display>(value: &Option<T>) -> Option<&dyn Display> {
    value.as_ref().map(|value| value as &dyn Display)
}

/// The line that changes. It is always as long, so that nothing around it moves.
pub(super) fn beat(number: u64) -> String {
    beat_at_time(number, &now())
}

fn beat_at_time(number: u64, now: &str) -> String {
    format!("beat {:010} at {now}\n", number % 10_000_000_000)
}

/// The bytes of the lock at `path`, or the beginning of whatever is there.
pub(super) fn read(path: &Path) -> io::Result<Vec<u8>> {
    read_from(&open(path, false)?)
}

/// Opens what may be a lock. Whatever it is, neither this nor reading it waits for anything.
pub(super) fn open(path: &Path, write: bool) -> io::Result<File> {
    let mut options = File::options();
    options.read(true).write(write);
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::custom_flags(&mut options, libc::O_NONBLOCK);
    let file = options.open(path)?;
    if !file.metadata()?.is_file() {
        return Err(not_a_file(path));
    }
    Ok(file)
}

pub(super) fn not_a_file(path: &Path) -> io::Error {
    io::Error::new(io::ErrorKind::InvalidData, format!("{} is not a file: remove it", path.display()))
}

pub(super) fn read_from(file: &File) -> io::Result<Vec<u8>> {
    let mut bytes = Vec::with_capacity(512);
    file.take(LONGEST).read_to_end(&mut bytes)?;
    Ok(bytes)
}

/// The time by the clock of this machine, for people.
fn now() -> String {
    utc(SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default())
}

/// `2026-01-31 23:59:59 UTC`, from the time since 1970.
fn utc(since_1970: Duration) -> String {
    let seconds = since_1970.as_secs();
    // Days are counted from 1 March of the year 0, which puts leap days at the end of a year, in
    // eras of 400 years, which are all of one length.
    let days = seconds / 86_400 + 719_468;
    let (era, day_of_era) = (days / 146_097, days % 146_097);
    let year_of_era = (day_of_era - day_of_era / 1_460 + day_of_era / 36_524 - day_of_era / 146_096) / 365;
    let day_of_year = day_of_era - (365 * year_of_era + year_of_era / 4 - year_of_era / 100);
    let month_from_march = (5 * day_of_year + 2) / 153;
    let day = day_of_year - (153 * month_from_march + 2) / 5 + 1;
    let month = (month_from_march + 2) % 12 + 1;
    let year = era * 400 + year_of_era + u64::from(month <= 2);
    let (hour, minute, second) = (seconds / 3600 % 24, seconds / 60 % 60, seconds % 60);
    format!("{year}-{month:02}-{day:02} {hour:02}:{minute:02}:{second:02} UTC")
}

#[cfg(test)]
mod tests {
    use super::{Record, beat, has_token, text, utc};
    use crate::store::Holder;
    use crate::store::lock::process::Process;
    use std::time::Duration;

    #[test]
    fn what_is_written_comes_back() {
        let process = Process {
            pid: Some(7),
            host: Some("n3".into()),
            start: Some(99),
            boot: Some("b".into()),
            namespace: Some(4),
            machine: Some("m".into()),
        };
        let (text, beat_at) = text(&process, "t-1", Duration::from_secs(30));
        let record = Record::parse(text.as_bytes());
        assert!(record.is_signed());
        assert!(has_token(text.as_bytes(), "t-1") && !has_token(text.as_bytes(), "t-"));
        assert_eq!(record.process, process);
        assert_eq!((record.token.as_deref(), record.silence), (Some("t-1"), Some(Duration::from_secs(30))));
        assert_eq!(text.len(), beat_at + beat(u64::MAX).len(), "a beat never changes the length");
        assert_eq!(text.get(beat_at..).map(str::len), Some(beat(12).len()));
    }

    #[test]
    fn a_lock_cut_anywhere_is_not_signed() {
        let (text, _) = text(&Process::default(), "t-1", Duration::from_secs(30));
        for end in 0..text.len() {
            assert!(!Record::parse(&text.as_bytes()[..end]).is_signed(), "{end}");
        }
    }

    #[test]
    fn a_strange_lock_names_nobody() {
        let texts = [&b""[..], b"pid", b"pid x\n", b"pid 7", b"\xff\xfe", b"host \n", &[0; 4096], b"pidgin 7\n"];
        for text in texts {
            let record = Record::parse(text);
            assert_eq!(record.holder(), Holder::default());
            assert!(!record.is_signed());
        }
        let holder = Record::parse(b"pid 7\nhost n3\nsince 2026\n").holder();
        assert_eq!(holder, Holder::new(Some(7), Some("n3".into()), Some("2026".into())));
        assert_eq!(holder.to_string(), "process 7 on n3 since 2026");
        let silent = Record::parse(b"silence-ms 18446744073709551615\n").silence;
        assert_eq!(silent, Some(Duration::from_secs(600)));
    }

    #[test]
    fn dates_are_right() {
        let cases = [
            (0, "1970-01-01 00:00:00 UTC"),
            (951_782_399, "2000-02-28 23:59:59 UTC"),
            (951_782_400, "2000-02-29 00:00:00 UTC"),
            (951_868_800, "2000-03-01 00:00:00 UTC"),
            (1_798_761_599, "2026-12-31 23:59:59 UTC"),
            (1_798_761_600, "2027-01-01 00:00:00 UTC"),
        ];
        for (seconds, text) in cases {
            assert_eq!(utc(Duration::from_secs(seconds)), text);
        }
    }
}

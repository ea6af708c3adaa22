//! Whether the processors of the machine are all at work, so that what runs beside a run is taken from it.

use std::sync::Mutex;
use std::thread;
use std::time::{Duration, Instant};

use crate::clock;
use crate::mutex::locked;

/// The counts of the system are in hundredths of a second.
const SHORTEST: Duration = Duration::from_millis(200);

/// What was seen last.
struct Seen {
    at: Instant,
    /// The processor time of this process.
    own: Duration,
    /// The time for which processors of the machine were idle, added up.
    idle: Option<Duration>,
    is_busy: bool,
}

static SEEN: Mutex<Option<Seen>> = Mutex::new(None);

/// Whether there was no processor to spare lately. Where it cannot be told, there was none.
pub(crate) fn is_busy() -> bool {
    let mut seen = locked(&SEEN);
    let now = Instant::now();
    match &mut *seen {
        Some(seen) if now - seen.at < SHORTEST => seen.is_busy,
        Some(before) => {
            let (own, idle, time) = (clock::process_time(), idle(), now - before.at);
            let is_used_up = (own.saturating_sub(before.own)).as_secs_f64() > (processors() - 0.5) * time.as_secs_f64();
            let spare = match (idle, before.idle) {
                (Some(idle), Some(before)) => idle.saturating_sub(before).div_duration_f64(time),
                _ => 0.0,
            };
            let is_busy = is_used_up || spare < 0.5;
            *before = Seen { at: now, own, idle, is_busy };
            is_busy
        }
        None => {
            *seen = Some(Seen { at: now, own: clock::process_time(), idle: idle(), is_busy: true });
            true
        }
    }
}

/// How many processors the process may use.
fn processors() -> f64 {
    thread::available_parallelism().map_or(1.0, |count| count.get() as f64)
}

/// The fourth number of the first line: idle time of all processors since the machine started.
#[cfg(target_os = "linux")]
fn idle() -> Option<Duration> {
    use std::io::{BufRead, BufReader};
    let mut line = String::new();
    BufReader::new(std::fs::File::open("/proc/stat").ok()?).read_line(&mut line).ok()?;
    let hundredths: u64 = line.split_whitespace().nth(4)?.parse().ok()?;
    Some(Duration::from_millis(hundredths * 10))
}

#[cfg(not(target_os = "linux"))]
fn idle() -> Option<Duration> {
    None
}

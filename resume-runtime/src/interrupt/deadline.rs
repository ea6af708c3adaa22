//! The end of the time that a process has: what may be given for it, and what is read from text.

use std::fmt::{self, Display, Formatter};
use std::str::FromStr;
use std::time::{Duration, Instant, SystemTime, UNIX_EPOCH};

use crate::error::{Error, ErrorKind};
use crate::report;

/// What a text may be.
const FORMS: &str = "a duration (`3h`, `90m`, `45s`, `2d 3h`, `1:30:00`, `2-12:00:00`), a time with its offset \
                     (`2026-01-31T23:59:59Z`, `2026-01-31T23:59:59+01:00`), or seconds since 1970 (`1769903999`)";

/// When a process has to be done: see [`Configure::deadline`](crate::Configure::deadline).
///
/// Made from a [`Duration`] from now, an [`Instant`], a [`SystemTime`], or a text such as `3h` or `2026-01-31T23:59:59Z`.
/// A time of the wall clock is turned into a moment of the monotonic clock when the deadline is made, so that no clock
/// that is set meanwhile moves it.
///
/// ```
/// use resume_runtime::Deadline;
/// let deadline: Deadline = "2h 30min".parse()?;
/// # Ok::<(), resume_runtime::Error>(())
/// ```
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub struct Deadline {
    /// None: never.
    at: Option<Instant>,
    /// How much time there was when it began to count.
    total: Duration,
}

impl Deadline {
    /// No end at all: also a batch system's own one is not looked at.
    pub const fn none() -> Deadline {
        Deadline { at: None, total: Duration::ZERO }
    }

    /// `time` after `began`.
    fn after(began: Instant, time: Duration) -> Deadline {
        // What lies beyond the clock's range never comes.
        Deadline { at: began.checked_add(time), total: time }
    }

    /// Reads a text. A duration counts from `began`, which is now or earlier.
    pub(crate) fn read(text: &str, began: Instant) -> Option<Deadline> {
        let text = text.trim();
        if matches!(text.to_ascii_lowercase().as_str(), "none" | "off") {
            return Some(Deadline::none());
        }
        match unix_seconds(text).or_else(|| rfc_3339(text)) {
            Some(time) => Some(time.into()),
            None => Some(Deadline::after(began, duration(text).or_else(|| clock(text))?)),
        }
    }

    pub(crate) fn at(&self) -> Option<Instant> {
        self.at
    }

    pub(crate) fn total(&self) -> Duration {
        self.total
    }
}

impl From<Duration> for Deadline {
    /// From now on.
    fn from(time: Duration) -> Deadline {
        Deadline::after(Instant::now(), time)
    }
}

impl From<Instant> for Deadline {
    fn from(at: Instant) -> Deadline {
        Deadline { at: Some(at), total: at.saturating_duration_since(Instant::now()) }
    }
}

impl From<SystemTime> for Deadline {
    /// One that has gone by is now.
    fn from(at: SystemTime) -> Deadline {
        at.duration_since(SystemTime::now()).unwrap_or_default().into()
    }
}

impl FromStr for Deadline {
    type Err = Error;

    /// A duration counts from now on.
    fn from_str(text: &str) -> Result<Deadline, Error> {
        Deadline::read(text, Instant::now()).ok_or_else(|| unreadable(text, None))
    }
}

impl Display for Deadline {
    fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {
        match self.at.map(|at| at.checked_duration_since(Instant::now())) {
            None => f.write_str("never"),
            Some(Some(left)) => write!(f, "in {}", report::span(left)),
            Some(None) => f.write_str("over"),
        }
    }
}

/// The error of a text that is no deadline; `variable` is where it stands.
pub(crate) fn unreadable(text: &str, variable: Option<&str>) -> Error {
    let (name, set) = match variable {
        Some(name) => (format!("{name}={text}"), format!("set {name} to {FORMS}; or to `none`, or unset it")),
        None => (text.to_owned(), format!("give {FORMS}; or `none`")),
    };
    Error::new(ErrorKind::Config, format!("`{name}` is neither a duration nor a time")).advise(set)
}

/// Seconds since 1970. A small number is more likely meant as a duration, in a unit that we would have to guess.
pub(crate) fn unix_seconds(text: &str) -> Option<SystemTime> {
    let seconds: u64 = text.parse().ok().filter(|seconds| *seconds >= 1_000_000_000)?;
    UNIX_EPOCH.checked_add(Duration::from_secs(seconds))
}

/// `1h 30min`: numbers with units, as in `checkpoint!(interval = "1h 30min")`.
fn duration(text: &str) -> Option<Duration> {
    let mut total = Duration::ZERO;
    let mut rest = text;
    while !rest.is_empty() {
        let digits = rest.find(|c: char| !c.is_ascii_digit())?;
        let number: u32 = rest.get(..digits)?.parse().ok()?;
        rest = rest.get(digits..)?.trim_start();
        let letters = rest.find(|c: char| !c.is_alphabetic()).unwrap_or(rest.len());
        let unit = match rest.get(..letters)? {
            "ns" => Duration::from_nanos(1),
            "us" | "µs" => Duration::from_micros(1),
            "ms" => Duration::from_millis(1),
            "s" | "sec" | "secs" => Duration::from_secs(1),
            "m" | "min" | "mins" => Duration::from_secs(60),
            "h" | "hour" | "hours" => Duration::from_secs(3600),
            "d" | "day" | "days" => Duration::from_secs(86_400),
            _ => return None,
        };
        total = total.checked_add(unit.checked_mul(number)?)?;
        rest = rest.get(letters..)?.trim_start();
    }
    (!text.is_empty()).then_some(total)
}

/// `hours:minutes:seconds`, or with days before it, where what follows may be left out: `2-12`, `2-12:00`.
///
/// `1:30` alone is not read: it is minutes to Slurm and PBS, and hours to LSF.
fn clock(text: &str) -> Option<Duration> {
    let (days, rest) = match text.split_once('-') {
        Some((days, rest)) => (Some(natural(days)?), rest),
        None => (None, text),
    };
    let parts: Vec<u64> = rest.split(':').map(natural).collect::<Option<_>>()?;
    let (hours, minutes, seconds) = match (days, parts.as_slice()) {
        (_, [hours, minutes, seconds]) => (*hours, *minutes, *seconds),
        (Some(_), [hours, minutes]) => (*hours, *minutes, 0),
        (Some(_), [hours]) => (*hours, 0, 0),
        _ => return None,
    };
    let hours = days.unwrap_or(0).checked_mul(24)?.checked_add(hours)?;
    let minutes = hours.checked_mul(60)?.checked_add(minutes)?;
    Some(Duration::from_secs(minutes.checked_mul(60)?.checked_add(seconds)?))
}

/// Digits and nothing else, so no sign.
fn natural(text: &str) -> Option<u64> {
    text.bytes().all(|byte| byte.is_ascii_digit()).then(|| text.parse().ok())?
}

/// `2026-01-31T23:59:59Z`, with a fraction of a second and an offset if need be. Without an offset it could be any of
/// forty moments.
fn rfc_3339(text: &str) -> Option<SystemTime> {
    let (date, rest) = text.split_at_checked(10)?;
    let rest = rest.strip_prefix(['T', 't', ' ', '_'])?;
    let (time, rest) = rest.split_at_checked(8)?;
    let (fraction, offset) = fraction(rest)?;
    let &[year, month, day] = numbers(date, '-', [4, 2, 2])?.as_slice() else { return None };
    let &[hour, minute, second] = numbers(time, ':', [2, 2, 2])?.as_slice() else { return None };
    // A leap second is the last one of its day once more.
    let is_time = hour < 24 && minute < 60 && second <= 60;
    if !is_time || !(1..=12).contains(&month) || day == 0 || day > days_of(year, month) {
        return None;
    }
    let seconds = days_since_1970(year, month, day) * 86_400 + hour * 3600 + minute * 60 + second.min(59);
    let seconds = u64::try_from(seconds - self::offset(offset)?).ok()?;
    UNIX_EPOCH.checked_add(Duration::from_secs(seconds) + fraction)
}

/// Splits `.25Z` into a quarter of a second and `Z`.
fn fraction(text: &str) -> Option<(Duration, &str)> {
    let Some(rest) = text.strip_prefix('.') else { return Some((Duration::ZERO, text)) };
    let end = rest.find(|c: char| !c.is_ascii_digit()).unwrap_or(rest.len());
    let (digits, rest) = rest.split_at_checked(end).filter(|(digits, _)| !digits.is_empty())?;
    let seconds: f64 = format!("0.{digits}").parse().ok()?;
    Some((Duration::from_secs_f64(seconds), rest))
}

/// `Z`, `+01:00` or `-0530`, in seconds.
fn offset(text: &str) -> Option<i64> {
    if matches!(text, "Z" | "z") {
        return Some(0);
    }
    let (sign, rest) = text.split_at_checked(1)?;
    let digits = rest.replacen(':', "", 1);
    let number = natural(&digits).filter(|_| digits.len() == 4)?;
    let (hours, minutes) = (number / 100, number % 100);
    let seconds = i64::try_from(hours * 3600 + minutes * 60).ok().filter(|_| hours < 24 && minutes < 60)?;
    match sign {
        "+" => Some(seconds),
        "-" => Some(-seconds),
        _ => None,
    }
}

/// Numbers of so many digits each, with `between` between them.
fn numbers(text: &str, between: char, widths: [usize; 3]) -> Option<Vec<i64>> {
    let parts: Vec<&str> = text.split(between).collect();
    let fits = parts.len() == 3 && parts.iter().zip(widths).all(|(part, width)| part.len() == width);
    fits.then(|| parts.iter().map(|part| i64::try_from(natural(part)?).ok()).collect())?
}

fn days_of(year: i64, month: i64) -> i64 {
    match month {
        2 if year % 4 == 0 && (year % 100 != 0 || year % 400 == 0) => 29,
        2 => 28,
        4 | 6 | 9 | 11 => 30,
        _ => 31,
    }
}

/// Years are counted from March, which puts leap days at their end.
fn days_since_1970(year: i64, month: i64, day: i64) -> i64 {
    let (year, month) = if month > 2 { (year, month - 3) } else { (year - 1, month + 9) };
    let leaps = year.div_euclid(4) - year.div_euclid(100) + year.div_euclid(400);
    365 * year + leaps + (153 * month + 2) / 5 + day - 1 - 719_468
}

#[cfg(test)]
mod tests {
    use super::{Deadline, clock, duration, rfc_3339, unix_seconds};
    use crate::error::ErrorKind;
    use std::time::{Duration, Instant, SystemTime, UNIX_EPOCH};

    fn seconds(text: &str) -> Option<u64> {
        duration(text).or_else(|| clock(text)).map(|time| time.as_secs())
    }

    fn since_1970(text: &str) -> Option<f64> {
        Some(rfc_3339(text)?.duration_since(UNIX_EPOCH).ok()?.as_secs_f64())
    }

    #[test]
    fn durations_as_people_and_batch_systems_write_them() {
        for (text, want) in [
            ("3h", 10_800),
            ("90m", 5400),
            ("45s", 45),
            ("2d 3h", 183_600),
            ("1h30min", 5400),
            ("1:30:00", 5400),
            ("100:00:01", 360_001),
            ("2-12:00:00", 216_000),
            ("2-12:30", 217_800),
            ("2-12", 216_000),
            ("0s", 0),
        ] {
            assert_eq!(seconds(text), Some(want), "{text}");
        }
        for text in
            ["", "3", "90", "1:30", "h", "3 parsecs", "-3h", "1:-3:00", "1:2:3:4", "99999999999999d", "λ", "3hλ"]
        {
            assert_eq!(seconds(text), None, "{text}");
        }
    }

    #[test]
    fn times_of_the_wall_clock() {
        for (text, want) in [
            ("1970-01-01T00:00:00Z", 0.0),
            ("2026-01-31T23:59:59Z", 1_769_903_999.0),
            ("2026-01-31T23:59:59.25z", 1_769_903_999.25),
            ("2026-02-01 00:59:59+01:00", 1_769_903_999.0),
            ("2026-01-31t18:29:59-0530", 1_769_903_999.0),
            ("2024-02-29T12:00:00Z", 1_709_208_000.0),
            ("2000-03-01T00:00:00Z", 951_868_800.0),
        ] {
            assert_eq!(since_1970(text), Some(want), "{text}");
        }
        for text in [
            "2026-01-31T23:59:59",
            "2026-01-31",
            "2026-02-29T00:00:00Z",
            "2100-02-29T00:00:00Z",
            "2026-13-01T00:00:00Z",
            "2026-00-01T00:00:00Z",
            "2026-01-00T00:00:00Z",
            "2026-01-31T24:00:00Z",
            "2026-1-31T23:59:59Z",
            "2026-01-31T23:59:59+1:00",
            "2026-01-31T23:59:59.Z",
            "1969-12-31T23:59:59Z",
            "2026-01-3λT23:59:59Z",
        ] {
            assert_eq!(since_1970(text), None, "{text}");
        }
    }

    #[test]
    fn a_small_number_is_no_time() {
        assert_eq!(unix_seconds("1769903999"), UNIX_EPOCH.checked_add(Duration::from_secs(1_769_903_999)));
        assert_eq!(unix_seconds("3600"), None);
        let error = "3600".parse::<Deadline>().expect_err("a number without a unit");
        assert_eq!(error.kind(), ErrorKind::Config);
        assert!(error.to_string().contains("`3600` is neither"), "{error}");
    }

    #[test]
    fn durations_count_from_the_beginning() {
        let began = Instant::now();
        let deadline = Deadline::read(" 1:00:00 ", began).expect("a duration");
        assert_eq!(deadline.at(), began.checked_add(Duration::from_secs(3600)));
        assert_eq!(deadline.total(), Duration::from_secs(3600));
    }

    #[test]
    fn what_is_over_is_now_and_what_never_comes_is_never() {
        let over = Deadline::from(UNIX_EPOCH);
        assert!(over.at().is_some_and(|at| at <= Instant::now()));
        assert_eq!(over.to_string(), "over");
        assert_eq!(Deadline::from(Duration::MAX).at(), None);
        assert_eq!("none".parse::<Deadline>().expect("readable"), Deadline::none());
        let soon = Deadline::from(SystemTime::now() + Duration::from_secs(7230));
        assert_eq!(soon.to_string(), "in 2 h");
    }
}

//! What runs say on stderr and to `tracing`, and values for people.

use std::fmt::Write as _;
use std::io::Write as _;
use std::time::Duration;

use crate::codec;

/// The line with which a run begins; `is_quiet` with `RESUME_QUIET=1`.
pub(crate) fn start_line(is_quiet: bool, text: impl FnOnce() -> String) {
    if is_quiet && !tracing::enabled!(target: "resume", tracing::Level::INFO) {
        return;
    }
    let text = text();
    tracing::info!(target: "resume", "{text}");
    if !is_quiet {
        print(&text);
    }
}

/// A line about what happens besides, such as an interrupt: it explains what the program does, so it is always said.
pub(crate) fn notice(text: &str) {
    print(text);
    tracing::info!(target: "resume", "{text}");
}

/// A line about something that went wrong.
pub(crate) fn warning(text: &str) {
    print(&format!("warning: {text}"));
    tracing::warn!(target: "resume", "{text}");
}

/// Like `eprintln!`, but a closed stderr is no reason to panic.
fn print(text: &str) {
    let _ = writeln!(std::io::stderr(), "resume: {text}");
}

/// A span of time in few figures: `0.5 s`, `12 s`, `3 min`, `5 h`, `2 days`.
pub(crate) fn span(time: Duration) -> String {
    let seconds = time.as_secs_f64();
    match seconds {
        0.0..9.95 => format!("{seconds:.1} s"),
        9.95..120.0 => format!("{seconds:.0} s"),
        120.0..7200.0 => format!("{:.0} min", seconds / 60.0),
        7200.0..172_800.0 => format!("{:.0} h", seconds / 3600.0),
        _ => format!("{:.0} days", seconds / 86_400.0),
    }
}

/// A number of bytes in two figures or three: `30 bytes`, `5.0 kB`, `128 MB`.
pub(crate) fn size(bytes: u64) -> String {
    let units = [(1e9, "GB"), (1e6, "MB"), (1e3, "kB")];
    // What would be shown as 1000 of a unit is 1.0 of the next.
    match units.iter().find(|(unit, _)| bytes as f64 >= 0.9995 * unit) {
        Some((unit, name)) => {
            let number = bytes as f64 / unit;
            if number < 99.95 { format!("{number:.1} {name}") } else { format!("{number:.0} {name}") }
        }
        None => format!("{bytes} bytes"),
    }
}

/// The most characters of one argument that people are shown.
const LONGEST_ARGUMENT: usize = 60;

/// One argument for people, from its CBOR: `7`, `"abc"`, `[1, 2, …]`.
pub(crate) fn value(bytes: &[u8]) -> String {
    let mut text = String::new();
    let mut reader = Reader { bytes, depth: 0 };
    if reader.item(&mut text).is_none() {
        text.push('…');
    }
    shortened(text)
}

/// What stands for the arguments, for people: in one line, and no longer than one of them.
pub(crate) fn key(text: &str) -> String {
    let mut shown = String::new();
    for c in text.chars().take(LONGEST_ARGUMENT + 1) {
        if c.is_control() {
            shown.extend(c.escape_debug());
        } else {
            shown.push(c);
        }
    }
    shortened(shown)
}

fn shortened(mut text: String) -> String {
    if text.chars().count() > LONGEST_ARGUMENT {
        text = text.chars().take(LONGEST_ARGUMENT - 1).collect();
        text.push('…');
    }
    text
}

/// Reads CBOR far enough to show it. The bytes are our own, yet nothing here trusts them.
struct Reader<'a> {
    bytes: &'a [u8],
    depth: u32,
}

impl<'a> Reader<'a> {
    /// Appends one item; `None` when it is cut off, or enough has been shown.
    fn item(&mut self, out: &mut String) -> Option<()> {
        let (major, number, short) = self.head()?;
        if out.len() > 4 * LONGEST_ARGUMENT || self.depth > 16 {
            return None;
        }
        match major {
            0 => write!(out, "{number}").ok()?,
            1 => write!(out, "{}", -1 - i128::from(number)).ok()?,
            2 => write!(out, "{} bytes", self.take(number)?.len()).ok()?,
            3 => write!(out, "{:?}", String::from_utf8_lossy(self.take(number)?)).ok()?,
            4 => self.list(out, number, ['[', ']'], |reader, out| reader.item(out))?,
            5 => self.list(out, number, ['{', '}'], |reader, out| {
                reader.item(out)?;
                out.push_str(": ");
                reader.item(out)
            })?,
            6 => self.item(out)?,
            _ => simple(out, number, short)?,
        }
        Some(())
    }

    fn list(
        &mut self,
        out: &mut String,
        length: u64,
        [open, close]: [char; 2],
        each: impl Fn(&mut Self, &mut String) -> Option<()>,
    ) -> Option<()> {
        out.push(open);
        self.depth += 1;
        for i in 0..length {
            if i > 0 {
                out.push_str(", ");
            }
            each(self, out)?;
        }
        self.depth -= 1;
        out.push(close);
        Some(())
    }

    /// Major type, number, and the five bits that say how long the number is.
    fn head(&mut self) -> Option<(u8, u64, u8)> {
        let first = *self.take(1)?.first()?;
        let short = first & 31;
        let length = match short {
            0..24 => return Some((first >> 5, u64::from(short), short)),
            24..28 => 1 << (short - 24),
            _ => return None,
        };
        let number = self.take(length)?.iter().fold(0, |number, byte| number << 8 | u64::from(*byte));
        Some((first >> 5, number, short))
    }

    fn take(&mut self, length: u64) -> Option<&'a [u8]> {
        let (taken, rest) = self.bytes.split_at_checked(usize::try_from(length).ok()?)?;
        self.bytes = rest;
        Some(taken)
    }
}

/// Floats, and the few values that are neither numbers nor text.
fn simple(out: &mut String, number: u64, short: u8) -> Option<()> {
    match (short, number) {
        (25, bits) => write!(out, "{:?}", codec::half(bits)).ok()?,
        (26, bits) => write!(out, "{:?}", f32::from_bits(u32::try_from(bits).ok()?)).ok()?,
        (27, bits) => write!(out, "{:?}", f64::from_bits(bits)).ok()?,
        (_, 20) => out.push_str("false"),
        (_, 21) => out.push_str("true"),
        (_, 22) => out.push_str("None"),
        (_, other) => write!(out, "simple({other})").ok()?,
    }
    Some(())
}

#[cfg(test)]
mod tests {
    use super::{key, size, span, value};
    use crate::codec::to_canonical;
    use std::collections::BTreeMap;
    use std::time::Duration;

    fn show<T: serde::Serialize + ?Sized>(of: &T) -> String {
        value(&to_canonical(of).expect("encodable"))
    }

    #[test]
    fn values_are_readable() {
        assert_eq!(show(&7), "7");
        assert_eq!(show(&-7), "-7");
        assert_eq!(show(&0.5), "0.5");
        assert_eq!(show("a\"b"), r#""a\"b""#);
        assert_eq!(show(&[Some(1), None]), "[1, None]");
        assert_eq!(show(&BTreeMap::from([("k", true)])), r#"{"k": true}"#);
        assert!(show(&vec![1.5; 1000]).ends_with('…'));
        assert!(show(&"λ".repeat(1000)).chars().count() <= 60);
        assert_eq!(value(&[0x5B, 255, 255, 255, 255, 255, 255, 255, 255]), "…");
    }

    #[test]
    fn keys_are_one_short_line() {
        assert_eq!(key("7-\"λ\""), "7-\"λ\"");
        assert_eq!(key("a\nb\u{1b}"), "a\\nb\\u{1b}");
        let long = key(&"line\n".repeat(1000));
        assert!(long.chars().count() == 60 && long.ends_with('…') && !long.contains('\n'), "{long}");
        assert_eq!(key(&"λ".repeat(60)), "λ".repeat(60));
    }

    #[test]
    fn spans_are_short() {
        let show = |seconds| span(Duration::from_secs_f64(seconds));
        assert_eq!(show(0.04), "0.0 s");
        assert_eq!(show(9.96), "10 s");
        assert_eq!(show(12.4), "12 s");
        assert_eq!(show(600.0), "10 min");
        assert_eq!(show(1e6), "12 days");
    }

    #[test]
    fn sizes_are_short() {
        assert_eq!(size(999), "999 bytes");
        assert_eq!(size(1000), "1.0 kB");
        assert_eq!(size(128_400), "128 kB");
        assert_eq!(size(999_499), "999 kB");
        assert_eq!(size(999_950), "1.0 MB");
        assert_eq!(size(999_999_999), "1.0 GB");
    }
}

//! How snapshots are compressed, as users say it.

use std::fmt;
use std::ops::RangeInclusive;

/// How snapshots are compressed.
///
/// The default is [`Zstd`](Compression::Zstd) at level 1, the smallest that keeps up with a fast disk. Numbers are sorted by
/// their bytes first, and what does not compress is stored as it is, so random data costs little under any of them.
///
/// As text: `none`, `lz4`, `zstd`, or `zstd:3` with a level from 1 to 22.
///
/// ```
/// use resume_runtime::Compression;
/// let how: Compression = "zstd:3".parse()?;
/// assert_eq!(how, Compression::Zstd(3));
/// # Ok::<(), resume_runtime::Error>(())
/// ```
#[non_exhaustive]
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub enum Compression {
    /// Stored as they are: the fastest to restore, and the largest.
    None,
    /// LZ4: repetitions only. Cheaper than zstd on the way back, larger by a tenth to twice.
    Lz4,
    /// Zstandard with a level from 1 to 22; a level outside counts as the nearest. Above 3 it takes many times as long for
    /// a few per cent.
    Zstd(i32),
}

impl Compression {
    /// The level of `zstd` without one.
    const LEVEL: i32 = 1;
    /// zstd's own levels. Its negative ones do without entropy coding: `Lz4` is for that.
    pub(super) const LEVELS: RangeInclusive<i32> = 1..=22;
}

impl Default for Compression {
    fn default() -> Self {
        Self::Zstd(Self::LEVEL)
    }
}

impl fmt::Display for Compression {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::None => f.write_str("none"),
            Self::Lz4 => f.write_str("lz4"),
            Self::Zstd(level) => write!(f, "zstd:{level}"),
        }
    }
}

impl Compression {
    /// Reads a text; the error says what is allowed instead. As `FromStr` it is in `config`: this file knows no other.
    pub(crate) fn read(text: &str) -> Result<Self, String> {
        let known = match text {
            "none" => Some(Self::None),
            "lz4" => Some(Self::Lz4),
            "zstd" => Some(Self::Zstd(Self::LEVEL)),
            _ => text
                .strip_prefix("zstd:")
                .and_then(|level| level.parse().ok())
                .filter(|level| Self::LEVELS.contains(level))
                .map(Self::Zstd),
        };
        known.ok_or_else(|| {
            let (least, most) = (Self::LEVELS.start(), Self::LEVELS.end());
            format!(
                "`{text}` is no compression: say `none`, `lz4`, `zstd` or `zstd:` with a level from {least} to {most}, \
                 such as `zstd:3`"
            )
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn text_and_back() {
        for (text, how) in [
            ("none", Compression::None),
            ("lz4", Compression::Lz4),
            ("zstd", Compression::default()),
            ("zstd:1", Compression::Zstd(1)),
            ("zstd:22", Compression::Zstd(22)),
        ] {
            assert_eq!(Compression::read(text), Ok(how), "{text}");
            assert_eq!(Compression::read(&how.to_string()), Ok(how), "{how}");
        }
    }

    #[test]
    fn what_is_none_is_refused_with_what_is_allowed() {
        for text in [
            "",
            "gzip",
            "zstd:",
            "zstd:0",
            "zstd:23",
            "zstd:-1",
            "zstd:x",
            "zstd: 3",
            "lz4:1",
            "None",
            "zstd:99999999999",
        ] {
            let error = Compression::read(text).unwrap_err();
            assert!(error.contains(&format!("`{text}`")) && error.contains("1 to 22"), "{error}");
        }
    }
}

//! A file that cannot be gone on with: what is wrong with it, and what to do.

use std::fmt::{self, Display, Formatter};
use std::io;
use std::path::{Path, PathBuf};

use crate::error;

/// Why a file is not what a snapshot says it was.
#[derive(Debug)]
pub(super) struct Trouble {
    pub(super) what: What,
    pub(super) path: PathBuf,
    pub(super) why: Why,
}

/// Which kind of file it is.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) enum What {
    Input,
    /// An output file that the run has made.
    Output,
    /// One that it goes on with at its end.
    Appended,
}

#[derive(Debug)]
pub(super) enum Why {
    Missing,
    NotAFile,
    Shorter {
        has: u64,
        had: u64,
    },
    Changed {
        had: u64,
    },
    Unusable(io::Error),
    /// The compression that this build of the program lacks.
    #[cfg_attr(all(feature = "gz", feature = "zstd"), allow(dead_code, reason = "both are there"))]
    Lacks(&'static str),
}

impl Display for Trouble {
    fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {
        let Trouble { what, path, why } = self;
        let what = if *what == What::Input { "input" } else { "output" };
        write!(f, "the {what} file {} ", path.display())?;
        match why {
            Why::Missing => f.write_str("is missing"),
            Why::NotAFile => f.write_str("is no regular file any more"),
            Why::Shorter { has, had } => {
                write!(f, "has {has} bytes, and had {had} when the snapshot was taken")
            }
            Why::Changed { had } => {
                write!(f, "has changed: its first {had} bytes are not those that it had when the snapshot was taken")
            }
            Why::Unusable(error) => write!(f, "cannot be opened and read: {error}"),
            Why::Lacks(feature) => write!(f, "is compressed, and this program is built without `{feature}`"),
        }?;
        write!(f, "{}{}", error::WHAT_TO_DO, self.advice())
    }
}

impl Trouble {
    fn advice(&self) -> String {
        let is_output = self.what != What::Input;
        let afresh = match self.what {
            What::Input => "or start afresh with RESUME_FRESH=1 (the snapshots are kept)",
            What::Output => "or start afresh with RESUME_FRESH=1, which writes it anew (the snapshots are kept)",
            What::Appended => {
                "or take what the run has written off it and start afresh with RESUME_FRESH=1, which appends to what is \
                 there (the snapshots are kept)"
            }
        };
        match &self.why {
            Why::Missing | Why::NotAFile => format!("bring it back to this place as it was, {afresh}"),
            Why::Shorter { has: 0, .. } if is_output => format!(
                "bring it back as it was, {afresh}; and look for what empties it at each start, such as a `create` \
                 outside of the `#[resume] let`"
            ),
            Why::Shorter { .. } if is_output => {
                format!("bring it back as it was, start from an older snapshot with RESUME_FROM=<its number>, {afresh}")
            }
            Why::Shorter { .. } | Why::Changed { .. } => format!("bring it back as it was, {afresh}"),
            Why::Unusable(_) => format!("make it readable (an output file, writable too), {afresh}"),
            Why::Lacks(feature) => format!("build it with the feature `{feature}` of `resume-runtime`, {afresh}"),
        }
    }
}

/// A file whose bytes come and go cannot be gone on with.
pub(super) fn not_a_file(path: &Path) -> io::Error {
    io::Error::new(
        io::ErrorKind::InvalidInput,
        format!("{}: not a regular file, so a resume could not go back to where it was in it", path.display()),
    )
}

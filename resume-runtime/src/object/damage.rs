//! Why a file is not a snapshot that can be read.

use std::fmt::{self, Display, Formatter};
use std::io;

use super::VERSION;

/// Why a snapshot could not be had.
#[derive(Debug)]
pub(crate) enum Fault {
    /// It is not what was written.
    Damage(Damage),
    /// The store did not give it.
    Io(io::Error),
}

impl From<Damage> for Fault {
    fn from(damage: Damage) -> Fault {
        Fault::Damage(damage)
    }
}

/// Why bytes are not a snapshot that can be read.
#[derive(Clone, PartialEq, Eq, Debug)]
pub(crate) enum Damage {
    /// Nothing at all.
    Empty,
    /// Not even the parts that every file has.
    Short { size: u64 },
    /// Something else.
    Foreign,
    /// A head that is sound, but of a version that is not known here. No damage in truth.
    Version(u16),
    /// The head is not what it was.
    Head,
    /// Cut off, or more than there should be.
    NoEnd { size: u64 },
    /// The end says that the file has another length.
    Length { stated: u64, size: u64 },
    /// The table or what vouches for it is not what it was.
    Checksum,
    /// Sound by its checksum, but no table.
    Table(String),
    /// A block that is not what it was.
    Block { name: String, block: usize, object: u64, why: String },
    /// A file that holds some of its blocks is gone.
    Missing { object: u64 },
}

impl Display for Damage {
    fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {
        match self {
            Damage::Empty => f.write_str("the file is empty"),
            Damage::Short { size } => write!(f, "cut off after {size} bytes"),
            Damage::Foreign => f.write_str("not a snapshot (other first bytes)"),
            Damage::Version(version) => write!(f, "format version {version}; this program reads version {VERSION}"),
            Damage::Head => f.write_str("the checksum does not fit the first bytes"),
            Damage::NoEnd { size } => write!(f, "cut off: no end after {size} bytes"),
            Damage::Length { stated, size } => write!(f, "{size} bytes instead of {stated}"),
            Damage::Checksum => f.write_str("the checksum does not fit the content"),
            Damage::Table(why) => write!(f, "the content is not that of a snapshot: {why}"),
            Damage::Block { name, block, object: 0, why } => write!(f, "block {block} of `{name}`: {why}"),
            Damage::Block { name, block, object, why } => {
                write!(f, "block {block} of `{name}`, which lies in snapshot {object}: {why}")
            }
            Damage::Missing { object } => write!(
                f,
                "snapshot {object}, which holds a part of it, is not there; where this one was kept for newer ones only, \
                 both had been given up"
            ),
        }
    }
}

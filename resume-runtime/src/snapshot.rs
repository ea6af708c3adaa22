//! What a snapshot says besides the captured values (`docs/format.md`).

use std::collections::BTreeMap;
use std::fmt::{self, Formatter};

use serde::de::{self, Deserializer, Visitor};
use serde::ser::Serializer;
use serde::{Deserialize, Serialize};

use crate::fs::Mark;
use crate::recover::lineage::Lineage;
use crate::run::function::Place;
use crate::store::Key;

/// Everything that is needed to take a run up again, and what tells people about it.
#[derive(Clone, PartialEq, Default, Debug, Serialize, Deserialize)]
pub(crate) struct Snapshot {
    /// The path of the function.
    pub function: String,
    /// The identity of the run, in hex.
    pub identity: String,
    /// The arguments, readable, perhaps cut.
    pub arguments: String,
    /// The hash of the tokens of the body.
    pub body: u64,
    /// The site at which it was taken.
    pub site: String,
    /// The loops around that site, from the outside in.
    pub loops: Vec<String>,
    /// Where in a pass of the last of these the site stood. Not known of older ones, which stood where the function's does.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub place: Option<Place>,
    /// Cursors that a `migrate` has put in, for the code as it is now.
    #[serde(skip)]
    pub given: Vec<String>,
    /// The line of that site.
    pub line: u32,
    /// For each site: passes so far.
    pub passes: BTreeMap<String, u64>,
    /// For each site: passes since its `every` was last served.
    pub since: BTreeMap<String, u64>,
    /// When, in nanoseconds since 1970.
    pub saved_at: u64,
    /// The run time so far in seconds, over all processes.
    pub elapsed: f64,
    /// How far, of how much, if known.
    pub progress: Option<(u64, u64)>,
    /// The state of the run's generator and its streams.
    pub rng: Option<Bytes>,
    /// For each site: the names captured there, and the loops around it.
    pub layout: Vec<(String, Vec<String>, Vec<String>)>,
    /// Whether this is the record of a run that is over.
    pub finished: bool,
    /// The version of what is captured; 0 if the function states none.
    #[serde(default)]
    pub version: u32,
    /// The types of the captured values, by their names: shown in messages only.
    #[serde(default)]
    pub types: BTreeMap<String, String>,
    /// Which of the files there are of the same life.
    #[serde(default, skip_serializing_if = "Lineage::is_whole")]
    pub lineage: Lineage,
    /// The output files among the captured values.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub files: Vec<Mark>,
    /// How often the run, or one below it, has opened a file to append to it.
    #[serde(default, skip_serializing_if = "is_zero")]
    pub appended: u64,
    /// Of a child run: a sum over what it began with, if that is known.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub began: Option<u64>,
}

#[allow(clippy::trivially_copy_pass_by_ref, reason = "serde hands over a reference")]
fn is_zero(number: &u64) -> bool {
    *number == 0
}

impl Snapshot {
    /// Puts the output files of the run called `key` back to what they were when it began, if that can be done; tells whether
    /// they are. One that it has appended to and let go of is not among those that are known.
    pub(crate) fn rewind(&self, key: &Key) -> bool {
        let known = self.files.iter().filter(|file| file.is_appended(key)).count();
        self.appended == known as u64
            && self.files.iter().all(|file| file.can_rewind(key))
            && self.files.iter().all(|file| file.rewind(key).is_ok())
    }

    /// Whether a local of that name is captured at any of its sites.
    pub(crate) fn knows(&self, name: &str) -> bool {
        self.layout.iter().any(|(_, names, _)| names.iter().any(|known| known == name))
    }

    /// Whether it says only that a life began here, for what its child runs saved before its first pass.
    pub(crate) fn is_beginning(&self) -> bool {
        self.site.is_empty() && !self.finished && self.lineage.born > 0
    }
}

/// Bytes that are written as one byte string: serde would write a `Vec<u8>` as an array of numbers.
#[derive(Clone, PartialEq, Eq, Default, Debug)]
pub(crate) struct Bytes(pub Vec<u8>);

impl Serialize for Bytes {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_bytes(&self.0)
    }
}

impl<'de> Deserialize<'de> for Bytes {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Bytes, D::Error> {
        struct Take;
        impl Visitor<'_> for Take {
            type Value = Bytes;
            fn expecting(&self, f: &mut Formatter<'_>) -> fmt::Result {
                f.write_str("bytes")
            }
            fn visit_bytes<E: de::Error>(self, bytes: &[u8]) -> Result<Bytes, E> {
                Ok(Bytes(bytes.to_vec()))
            }
            fn visit_byte_buf<E: de::Error>(self, bytes: Vec<u8>) -> Result<Bytes, E> {
                Ok(Bytes(bytes))
            }
        }
        deserializer.deserialize_byte_buf(Take)
    }
}

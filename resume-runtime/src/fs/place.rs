//! A path in a snapshot.

use std::ffi::OsString;
use std::path::{Path, PathBuf};

use serde::{Deserialize, Serialize};

/// Text where it is text, so that people can read it; a path need not be.
#[derive(Clone, PartialEq, Debug, Serialize, Deserialize)]
#[serde(untagged)]
pub(super) enum Place {
    Text(String),
    Other(OsString),
}

impl Place {
    pub(super) fn new(path: &Path) -> Place {
        match path.to_str() {
            Some(text) => Place::Text(text.to_owned()),
            None => Place::Other(path.as_os_str().to_owned()),
        }
    }

    pub(super) fn to_path(&self) -> PathBuf {
        match self {
            Place::Text(text) => text.into(),
            Place::Other(name) => name.into(),
        }
    }
}

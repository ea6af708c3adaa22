//! What can go wrong between a value and its bytes.

use serde::de::{Expected, Unexpected};
use std::fmt;

/// Why a value could not be encoded or decoded. One word wide, so that results stay in registers.
pub struct Error(Box<Problem>);

enum Problem {
    Message(String),
    /// And how large the buffer would have had to be, at the least.
    Full(usize),
}

impl Error {
    #[cold]
    pub(super) fn new(message: impl Into<String>) -> Self {
        Error(Box::new(Problem::Message(message.into())))
    }

    /// The size limit was passed.
    #[cold]
    pub(super) fn full(needed: usize) -> Self {
        Error(Box::new(Problem::Full(needed)))
    }

    /// The bytes that the buffer would have had to hold, at the least, if the value was larger than the limit.
    pub(crate) fn needed(&self) -> Option<usize> {
        match *self.0 {
            Problem::Full(needed) => Some(needed),
            Problem::Message(_) => None,
        }
    }
}

impl fmt::Display for Error {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &*self.0 {
            Problem::Message(message) => formatter.write_str(message),
            Problem::Full(_) => formatter.write_str("the value is larger than the limit"),
        }
    }
}

impl fmt::Debug for Error {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "codec::Error({:?})", self.to_string())
    }
}

impl std::error::Error for Error {}

impl serde::ser::Error for Error {
    #[cold]
    fn custom<T: fmt::Display>(message: T) -> Self {
        Error::new(message.to_string())
    }
}

impl serde::de::Error for Error {
    #[cold]
    fn custom<T: fmt::Display>(message: T) -> Self {
        Error::new(message.to_string())
    }

    #[cold]
    fn invalid_type(found: Unexpected<'_>, expected: &dyn Expected) -> Self {
        let expected = expected.to_string();
        // serde's words for `&str`, `&[u8]` and `&Path`: a snapshot's bytes do not outlive the reading.
        let hint =
            if expected.starts_with("a borrowed ") { ": nothing can be borrowed here, use an owned type" } else { "" };
        Error::new(format!("invalid type: {found}, expected {expected}{hint}"))
    }
}

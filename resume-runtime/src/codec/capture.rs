//! Where captured values are put together.

use super::encode::{Encoder, Form};
use super::out::Out;
use super::{Error, write};
use serde::ser::Serialize;

/// The shortest piece of numbers that is listed: filters and cuts gain nothing from less.
const LISTED: usize = 4096;

/// Where captured values are put together; its memory is reused from snapshot to snapshot.
#[derive(Default, Debug)]
pub struct Capture {
    pub(crate) bytes: Out,
    /// The long pieces of numbers in `bytes`, in order.
    pub(crate) arrays: Vec<Packed>,
}

/// Numbers of one width that lie in one piece in the buffer: for filters and for the cut into blocks. All in bytes.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) struct Packed {
    pub(crate) start: usize,
    pub(crate) length: usize,
    pub(crate) width: u8,
}

/// Appends one value as one CBOR item of at most `limit` bytes. With more than that in sight it stops, and the error
/// says what is `needed()`. On an error the buffer is as it was.
pub(crate) fn capture<T: Serialize + ?Sized>(value: &T, into: &mut Capture, limit: usize) -> Result<(), Error> {
    capture_with(into, limit, |encoder| value.serialize(encoder))
}

/// As `capture`, through a function such as the `serialize` of serde's `with`.
pub(crate) fn capture_with(
    into: &mut Capture,
    limit: usize,
    write: impl FnOnce(&mut Encoder<'_>) -> Result<(), Error>,
) -> Result<(), Error> {
    let listed = into.arrays.len();
    let result = self::write(&mut into.bytes, Some(&mut into.arrays), Form::Exact, limit, write);
    if result.is_err() {
        into.arrays.truncate(listed);
    }
    result
}

impl Encoder<'_> {
    /// Lists a piece of numbers that has come to stay. Whatever may yet be taken back is not told of.
    #[inline]
    pub(super) fn list(&mut self, start: usize, length: usize, width: usize) {
        if let Some(arrays) = &mut self.arrays
            && length >= LISTED
        {
            arrays.push(Packed { start, length, width: width as u8 });
        }
    }

    /// Replaces the bytes in front of those at `body`, and moves what is listed behind along with them.
    #[cold]
    pub(super) fn replace_head(&mut self, start: usize, body: usize, head: &[u8]) {
        self.out.replace(start..body, head);
        let moved = self.arrays.iter_mut().flat_map(|arrays| arrays.iter_mut().rev());
        for array in moved.take_while(|array| array.start >= body) {
            array.start = array.start - body + start + head.len();
        }
    }
}

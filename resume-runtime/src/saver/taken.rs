//! The captured values of one pass, in memory: one buffer for all of them, used again by a later pass.

use std::collections::BTreeMap;
use std::ops::Range;

use crate::codec::{Capture, Packed};
use crate::fs::Mark;

/// The values of a pass, in order.
#[derive(Default, Debug)]
pub(crate) struct Taken {
    pub(crate) capture: Capture,
    /// For each site: passes so far, and those since its `every` was last served.
    pub(crate) counts: Vec<(u64, u64)>,
    /// Output files among the values.
    pub(crate) files: Vec<Mark>,
    streams: Vec<Stream>,
}

/// One captured value.
#[derive(Debug)]
pub(crate) struct Stream {
    pub(crate) name: &'static str,
    /// Where it lies.
    pub(crate) bytes: Range<usize>,
    type_name: &'static str,
}

impl Taken {
    /// The value that lies behind those that are there is called `name` and is of the type `type_name`.
    pub(crate) fn close(&mut self, name: &'static str, type_name: &'static str) {
        let start = self.streams.last().map_or(0, |last| last.bytes.end);
        self.streams.push(Stream { name, bytes: start..self.capture.bytes.len(), type_name });
    }

    /// Adds bytes as a value.
    pub(crate) fn push(&mut self, name: &'static str, bytes: &[u8]) {
        self.capture.bytes.extend_from_slice(bytes);
        self.close(name, "");
    }

    pub(crate) fn streams(&self) -> &[Stream] {
        &self.streams
    }

    pub(crate) fn bytes(&self, range: &Range<usize>) -> &[u8] {
        &self.capture.bytes[range.clone()]
    }

    /// The bytes of the value called `name`.
    pub(crate) fn get(&self, name: &str) -> Option<&[u8]> {
        self.streams.iter().find(|stream| stream.name == name).map(|stream| self.bytes(&stream.bytes))
    }

    /// The types of the values, by their names.
    pub(crate) fn types(&self) -> BTreeMap<String, String> {
        let typed = self.streams.iter().filter(|stream| !stream.type_name.is_empty());
        typed.map(|stream| (stream.name.to_owned(), stream.type_name.to_owned())).collect()
    }

    /// The arrays of numbers in a part of the buffer.
    pub(crate) fn arrays(&self, within: &Range<usize>) -> &[Packed] {
        let arrays = &self.capture.arrays;
        let first = arrays.partition_point(|array| array.start < within.start);
        let count = arrays[first..].partition_point(|array| array.start < within.end);
        &arrays[first..first + count]
    }

    /// How many bytes there are.
    pub(crate) fn size(&self) -> usize {
        self.capture.bytes.len()
    }

    /// Empty, with the memory for another pass of about this size.
    pub(crate) fn reused(mut self) -> Taken {
        let used = self.capture.bytes.len();
        self.streams.clear();
        self.counts.clear();
        self.files.clear();
        self.capture.arrays.clear();
        // Two buffers may be there, and together they are to hold no more than twice what is captured: what a larger value
        // has touched goes back. The rest is room to grow without asking for memory each time.
        self.capture.bytes.reuse(used.saturating_add(used / 8).max(64 * 1024));
        self
    }
}

#[cfg(test)]
mod tests {
    use super::Taken;

    #[test]
    fn a_buffer_holds_little_more_than_what_was_last_in_it() {
        let mut taken = Taken::default();
        taken.push("large", &[1; 1 << 20]);
        let mut taken = taken.reused();
        taken.push("half", &[1; 1 << 19]);
        let taken = taken.reused();
        assert_eq!((taken.size(), taken.streams().len()), (0, 0));
        let room = taken.capture.bytes.capacity();
        assert!((1 << 19..=(1 << 19) + (1 << 16)).contains(&room), "{room}");
    }
}

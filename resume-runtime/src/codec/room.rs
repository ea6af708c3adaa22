//! Room for a large vector before it is filled, in large pages where the system has them.
//!
//! serde's `Vec` sets aside 1 MiB at most, whatever a format says of the length, and doubles from there. For a vector of many
//! records the memory then costs more than to read them: the system hands it out page by page, clears each, and moves all of
//! them at each doubling. A vector that has room for all at once grows no more, and of large pages there are few.

use std::any::type_name;
use std::mem::{ManuallyDrop, transmute_copy};

use serde::de::value::Error;
use serde::de::{DeserializeOwned, DeserializeSeed, Deserializer, Error as _, SeqAccess, Visitor};
use serde::forward_to_deserialize_any;

use super::TABLE;
use super::encode::{ARRAY, TAG, UNSIGNED};
use super::read::Reader;

/// From here on it pays.
const LARGE: usize = 4 << 20;
/// The most memory for each byte there is to fill it from. The bytes may be anything.
const MOST: usize = 8;

/// An empty vector with room for the elements that `bytes` announce, if `T` is a vector and they need much.
pub(super) fn of<T: DeserializeOwned>(bytes: &[u8]) -> Option<T> {
    // No more than a filter: it spares all other types the question. The one in `next_element_seed` is what decides.
    if bytes.len() < LARGE / MOST || !type_name::<T>().starts_with("alloc::vec::Vec<") {
        return None;
    }
    let mut room = Room { vector: None, count: announced(bytes)?, most: bytes.len().saturating_mul(MOST) };
    T::deserialize(&mut room).ok()?;
    room.vector
}

/// How many elements the sequence has that the bytes begin with, if it says so.
fn announced(bytes: &[u8]) -> Option<usize> {
    let mut reader = Reader::new(bytes);
    let mut head = reader.head().ok()?;
    if head.major == TAG && head.value == TABLE {
        reader.head().ok()?;
        head = reader.head().ok().filter(|head| head.major == UNSIGNED)?;
    } else if head.major != ARRAY || head.is_indefinite() {
        return None;
    }
    usize::try_from(head.value).ok().filter(|count| *count <= bytes.len())
}

/// A deserializer of an empty sequence, which learns from what it is asked for whether `T` is a vector, and of what.
struct Room<T> {
    vector: Option<T>,
    count: usize,
    most: usize,
}

impl<'de, T> Deserializer<'de> for &mut Room<T> {
    type Error = Error;

    fn deserialize_any<V: Visitor<'de>>(self, _: V) -> Result<V::Value, Error> {
        Err(Error::custom("no vector"))
    }

    fn deserialize_seq<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Error> {
        visitor.visit_seq(self)
    }

    forward_to_deserialize_any! {
        bool i8 i16 i32 i64 i128 u8 u16 u32 u64 u128 f32 f64 char str string bytes byte_buf option unit unit_struct
        newtype_struct tuple tuple_struct map struct enum identifier ignored_any
    }
}

impl<'de, T> SeqAccess<'de> for &mut Room<T> {
    type Error = Error;

    #[allow(unsafe_code, reason = "no safe cast knows a type parameter that may hold lifetimes")]
    fn next_element_seed<S: DeserializeSeed<'de>>(&mut self, _: S) -> Result<Option<S::Value>, Error> {
        let size = self.count.saturating_mul(size_of::<S::Value>());
        if typeid::of::<T>() != typeid::of::<Vec<S::Value>>() || size < LARGE || size > self.most {
            return Ok(None);
        }
        let mut vector: Vec<S::Value> = Vec::new();
        if vector.try_reserve_exact(self.count).is_ok() {
            in_large_pages(&vector);
            let vector = ManuallyDrop::new(vector);
            // SAFETY: `T` is a `Vec`, so the only `Deserialize` that it can have is serde's, which asks here for what it is a
            // vector of: `S::Value`, lifetimes included, of which alone the comparison above knows nothing. Of two values of the
            // same bits one is never dropped.
            self.vector = Some(unsafe { transmute_copy::<ManuallyDrop<Vec<S::Value>>, T>(&vector) });
        }
        Ok(None)
    }
}

/// Asks the system for large pages under a vector that is about to be filled. It is free to do nothing of the kind, as where
/// its pages are not of 4 KiB.
#[cfg(all(target_os = "linux", not(miri)))]
#[allow(unsafe_code, reason = "the standard library has no such advice")]
pub(super) fn in_large_pages<T>(vector: &Vec<T>) {
    const PAGE: usize = 4096;
    let size = vector.capacity().saturating_mul(size_of::<T>());
    if size < LARGE {
        return;
    }
    // From the first page on that has bytes of the vector to the last. In front of it an allocator may keep its notes, and the
    // system moves a mapping only as long as all of it is alike.
    let start = vector.as_ptr().cast::<u8>();
    let before = start.addr() % PAGE;
    let start = start.wrapping_sub(before).cast_mut();
    // SAFETY: the advice changes nothing that a program can see of its memory. Each of these pages is mapped.
    unsafe { libc::madvise(start.cast(), before + size, libc::MADV_HUGEPAGE) };
}

/// There is no such advice here.
#[cfg(not(all(target_os = "linux", not(miri))))]
pub(super) fn in_large_pages<T>(_: &Vec<T>) {}

#[cfg(test)]
mod tests {
    use std::borrow::Cow;
    use std::cell::Cell;

    use serde::{Deserialize, Deserializer, Serialize};

    use super::LARGE;
    use crate::codec::{from_slice, to_vec};

    #[derive(Serialize, Deserialize, PartialEq, Clone, Debug)]
    struct Particle {
        position: [f64; 3],
        id: u32,
    }

    fn particles(count: u32) -> Vec<Particle> {
        (0..count).map(|id| Particle { position: [f64::from(id), -0.0, 1e300], id }).collect()
    }

    #[test]
    fn a_large_vector_has_room_for_all_from_the_start() {
        let state = particles(200_001);
        let read: Vec<Particle> = from_slice(&to_vec(&state).expect("encodable")).expect("the same type");
        assert_eq!(read, state);
        assert_eq!(read.capacity(), state.len());

        let texts: Vec<Cow<'static, str>> = (0..300_000).map(|n| Cow::Owned(format!("number {n}"))).collect();
        let read: Vec<Cow<'static, str>> = from_slice(&to_vec(&texts).expect("encodable")).expect("the same type");
        assert_eq!(read, texts);
        assert_eq!(read.capacity(), texts.len());
    }

    #[test]
    fn numbers_fill_theirs_as_they_did() {
        let state: Vec<f64> = (0..LARGE as u32 / 4).map(f64::from).collect();
        let read: Vec<f64> = from_slice(&to_vec(&state).expect("encodable")).expect("the same type");
        assert_eq!((read.capacity(), read == state), (state.len(), true));
    }

    #[test]
    fn no_more_is_set_aside_than_the_bytes_can_be_worth() {
        // A byte for each of 40.
        let state: Vec<Option<[u64; 4]>> = vec![None; 600_000];
        let bytes = to_vec(&state).expect("encodable");
        let read: Vec<Option<[u64; 4]>> = from_slice(&bytes).expect("the same type");
        assert_eq!(read, state);
        assert!(read.capacity() > read.len(), "it grew by itself");

        let length = bytes.iter().take_while(|byte| **byte != 0xF6).count();
        for most in [u64::MAX, u64::MAX / 8, 1 << 40] {
            let head = [&[0x9B][..], &most.to_be_bytes()].concat();
            assert!(from_slice::<Vec<Option<u64>>>(&[&head, &bytes[length..]].concat()).is_err());
        }
    }

    #[test]
    fn what_cannot_be_read_says_so_as_ever() {
        let state = particles(200_000);
        let bytes = to_vec(&state).expect("encodable");
        assert!(from_slice::<Vec<Particle>>(&bytes[..bytes.len() - 1]).is_err());
        assert!(from_slice::<Vec<(u8, String)>>(&bytes).is_err());
        assert!(
            from_slice::<Vec<()>>(&to_vec(&vec![(); 600_000]).expect("encodable"))
                .is_ok_and(|all| all.len() == 600_000)
        );
    }

    #[test]
    fn the_code_of_a_type_runs_once_for_each_value() {
        thread_local!(static READ: Cell<usize> = const { Cell::new(0) });
        struct Counted;
        impl<'de> Deserialize<'de> for Counted {
            fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Counted, D::Error> {
                READ.set(READ.get() + 1);
                u64::deserialize(deserializer).map(|_| Counted)
            }
        }
        struct All(Vec<Counted>);
        impl<'de> Deserialize<'de> for All {
            fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<All, D::Error> {
                READ.set(READ.get() + 1);
                Vec::deserialize(deserializer).map(All)
            }
        }
        let bytes = to_vec(&(0..600_000u64).collect::<Vec<_>>()).expect("encodable");
        assert!(from_slice::<All>(&bytes).is_ok_and(|all| all.0.len() == 600_000));
        assert_eq!(READ.get(), 600_001);
    }
}

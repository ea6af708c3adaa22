//! Packed arrays: which sequences become one, what they look like to others, and what is refused.

use super::{Random, back, hex, same, unhex};
use crate::codec::{Capture, capture, from_slice, to_vec};
use serde::de::DeserializeOwned;
use serde::ser::{SerializeSeq, Serializer};
use serde::{Deserialize, Serialize};
use std::collections::{BTreeSet, HashSet, VecDeque};
use std::fmt::Debug;

/// The elements one at a time, as `ndarray` and others give them, with any length announced, or none.
struct OneByOne<T>(Vec<T>, Option<usize>);

impl<T: Serialize> Serialize for OneByOne<T> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let mut sequence = serializer.serialize_seq(self.1)?;
        for element in &self.0 {
            sequence.serialize_element(element)?;
        }
        sequence.end()
    }
}

fn packs<T: Serialize + DeserializeOwned + PartialEq + Copy + Debug>(values: &[T], tag: u8) {
    for length in [0, 1, 7, 8, 9, 100, 127, 128, 129, 511, 512, 513, 5000] {
        let values: Vec<T> = values.iter().copied().cycle().take(length).collect();
        let bytes = to_vec(&values).unwrap();
        let packed = bytes.starts_with(&[0xD8, tag]);
        assert_eq!(packed, length >= 8, "{}", hex(&bytes[..bytes.len().min(20)]));
        for announced in [Some(length), None, Some(length.max(8) - length % 2), Some(length + 9), Some(10 * length)] {
            assert_eq!(to_vec(&OneByOne(values.clone(), announced)).unwrap(), bytes, "{announced:?}");
        }
        assert_eq!(from_slice::<Vec<T>>(&bytes).unwrap(), values);
        same(values);
    }
}

#[test]
fn numbers_of_one_kind_are_packed() {
    packs(&[0, 1, u8::MAX], 64);
    packs(&[0, 1, u16::MAX], 69);
    packs(&[0, 1, u32::MAX], 70);
    packs(&[0, 1, u64::MAX], 71);
    packs(&[0, -1, i8::MIN, i8::MAX], 72);
    packs(&[0, -1, i16::MIN, i16::MAX], 77);
    packs(&[0, -1, i32::MIN, i32::MAX], 78);
    packs(&[0, -1, i64::MIN, i64::MAX], 79);
    packs(&[0.0, -0.0, 0.1, f32::MAX, f32::INFINITY], 85);
    packs(&[0.0, -0.0, 0.1, f64::MAX, f64::INFINITY], 86);
    packs(&[1usize, usize::MAX], 71);
}

#[derive(Serialize, Deserialize, PartialEq, Clone, Copy, Debug)]
struct Metres(f64);

#[derive(Serialize, Deserialize, PartialEq, Clone, Copy, Debug)]
#[serde(into = "u16", try_from = "u16")]
struct Even(u16);

impl From<Even> for u16 {
    fn from(even: Even) -> u16 {
        even.0 / 2
    }
}

impl TryFrom<u16> for Even {
    type Error = String;
    fn try_from(half: u16) -> Result<Even, String> {
        half.checked_mul(2).map(Even).ok_or_else(|| "too large".to_owned())
    }
}

#[test]
fn numbers_of_an_iterator_without_a_length_are_packed() {
    struct Positive(Vec<f64>);
    impl Serialize for Positive {
        fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
            serializer.collect_seq(self.0.iter().filter(|value| **value > 0.0))
        }
    }
    for length in [0, 1, 7, 8, 127, 128, 129, 5000] {
        let mut values = vec![0.5; length];
        let bytes = to_vec(&values).unwrap();
        values.push(-1.0);
        assert_eq!(to_vec(&Positive(values)).unwrap(), bytes);
    }
}

/// What is listed for filters and cuts lies where its numbers lie, also behind a head that has become longer.
#[test]
fn numbers_without_a_length_are_listed_where_they_are() {
    let numbers = OneByOne(vec![0.1_f64; 5000], None);
    let mut into = Capture::default();
    capture(&(&numbers, "x", &numbers), &mut into, usize::MAX).unwrap();
    assert_eq!(into.arrays.len(), 2);
    for array in &into.arrays {
        assert_eq!((array.length, array.width), (40_000, 8));
        let numbers = into.bytes[array.start..][..array.length].as_chunks().0;
        assert!(numbers.iter().all(|number| f64::from_le_bytes(*number) == 0.1));
    }
}

#[test]
fn what_stands_for_a_number_is_packed_too() {
    packs(&[Metres(0.1), Metres(-0.0)], 86);
    packs(&[Even(2), Even(200)], 69);
    same(VecDeque::from_iter(0..100u64));
    same(BTreeSet::from_iter(0..100i8));
    let hashed = HashSet::<u32>::from_iter(0..100);
    assert_eq!(from_slice::<HashSet<u32>>(&to_vec(&hashed).unwrap()).unwrap(), hashed);
    same(vec![std::num::NonZeroU64::MAX; 20]);
    same(vec![std::num::Wrapping(3i32); 20]);
    same(vec![std::sync::Arc::<str>::from("x").len(); 20]);
}

#[test]
fn all_else_is_not() {
    for bytes in [
        to_vec(&vec!['x'; 20]).unwrap(),
        to_vec(&vec![1u128; 20]).unwrap(),
        to_vec(&vec![Some(1u8); 20]).unwrap(),
        to_vec(&[1.5; 7]).unwrap(),
    ] {
        assert_eq!(bytes[0] >> 5, 4, "{}", hex(&bytes));
    }
    same(vec![Some(1u8), None, Some(3), None, None, None, None, None, None]);
    same(vec![i128::MIN; 20]);
    same(Some(Some(vec![0.5; 20])));
}

#[test]
fn packed_arrays_of_other_writers() {
    // One and two in each kind: big-endian, little-endian.
    for (bytes, value) in [
        ("d840420102", vec![1.0, 2.0]),
        ("d844420102", vec![1.0, 2.0]),
        ("d8414400010002", vec![1.0, 2.0]),
        ("d8454401000200", vec![1.0, 2.0]),
        ("d842480000000100000002", vec![1.0, 2.0]),
        ("d84842ff02", vec![-1.0, 2.0]),
        ("d84944ffff0002", vec![-1.0, 2.0]),
        ("d84d44ffff0200", vec![-1.0, 2.0]),
        ("d851483f80000040000000", vec![1.0, 2.0]),
        ("d855480000803f00000040", vec![1.0, 2.0]),
        ("d852503ff00000000000004000000000000000", vec![1.0, 2.0]),
        ("d85650000000000000f03f0000000000000040", vec![1.0, 2.0]),
        ("c1d8565f48000000000000f03f480000000000000040ff", vec![1.0, 2.0]),
        ("d85640", vec![]),
    ] {
        assert_eq!(from_slice::<Vec<f64>>(&unhex(bytes)).unwrap(), value, "{bytes}");
    }
    let packed = to_vec(&vec![0.5f32; 9]).unwrap();
    assert_eq!(from_slice::<Vec<Option<Metres>>>(&packed).unwrap(), vec![Some(Metres(0.5)); 9]);
    assert_eq!(from_slice::<[f64; 9]>(&packed).unwrap(), [0.5; 9]);
}

#[test]
fn what_does_not_fit_is_refused() {
    let packed = to_vec(&vec![300u16; 9]).unwrap();
    assert!(from_slice::<Vec<u8>>(&packed).is_err());
    assert!(from_slice::<Vec<String>>(&packed).is_err());
    assert!(from_slice::<Vec<Vec<u16>>>(&packed).is_err());
    assert!(from_slice::<u16>(&packed).is_err());
    assert!(from_slice::<[u16; 8]>(&packed).unwrap_err().to_string().contains("more elements"));
    assert!(from_slice::<[u16; 10]>(&packed).is_err());
    assert!(from_slice::<Vec<u16>>(&unhex("d84543010203")).unwrap_err().to_string().contains("within a number"));
    assert!(from_slice::<Vec<u16>>(&unhex("d845820102")).is_err());
    assert!(from_slice::<Vec<u16>>(&unhex("d8454401")).is_err());
    assert!(from_slice::<Vec<u16>>(&unhex("d8455bffffffffffffffff01")).is_err());

    #[derive(Deserialize, Debug)]
    #[expect(dead_code, reason = "only read into")]
    struct Peano(Option<Box<Peano>>);
    assert!(from_slice::<Vec<Peano>>(&packed).is_err(), "options without end");
}

/// Numbers of several kinds, one after the other.
#[derive(Clone, Copy, PartialEq, Debug)]
enum Any {
    U8(u8),
    I64(i64),
    F64(f64),
}

impl Serialize for Any {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        match *self {
            Any::U8(value) => serializer.serialize_u8(value),
            Any::I64(value) => serializer.serialize_i64(value),
            Any::F64(value) => serializer.serialize_f64(value),
        }
    }
}

#[test]
fn a_change_of_kind_at_any_place() {
    for length in [8, 9, 130, 1030] {
        for at in (0..length).step_by(if length < 20 { 1 } else { 43 }) {
            let mut values = vec![Any::I64(-7); length];
            values[at] = Any::F64(0.5);
            values[(at * 7 + 3) % length] = Any::U8(1);
            let plain = |value: &Any| match *value {
                Any::U8(value) => f64::from(value),
                Any::I64(value) => value as f64,
                Any::F64(value) => value,
            };
            let expected: Vec<String> = values.iter().map(|value| plain(value).to_string()).collect();
            for bytes in [to_vec(&values).unwrap(), to_vec(&OneByOne(values.clone(), Some(values.len()))).unwrap()] {
                let read: Vec<ciborium::Value> = from_slice(&bytes).unwrap();
                let read = read.into_iter().map(|value| match value {
                    ciborium::Value::Float(value) => value.to_string(),
                    ciborium::Value::Integer(value) => i128::from(value).to_string(),
                    _ => panic!("not a number"),
                });
                assert!(read.eq(expected.iter().cloned()));
            }
        }
    }
}

#[test]
fn every_bit_of_packed_floats() {
    let mut random = Random(8);
    for length in [8, 100, 3000] {
        let doubles: Vec<f64> = (0..length).map(|_| random.double()).collect();
        assert!(back(&doubles).iter().map(|value| value.to_bits()).eq(doubles.iter().map(|value| value.to_bits())));
        let singles: Vec<f32> = (0..length).map(|_| f32::from_bits((random.double().to_bits() >> 32) as u32)).collect();
        assert!(back(&singles).iter().map(|value| value.to_bits()).eq(singles.iter().map(|value| value.to_bits())));
    }
}

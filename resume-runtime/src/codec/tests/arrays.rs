//! Arrays of any length, and sequences whose length is announced wrongly or not at all.

use super::back;
use crate::codec::array::{ArrayOf, ArrayRef};
use crate::codec::{from_slice, to_vec};
use serde::ser::{Serialize, SerializeMap, SerializeSeq, Serializer};

fn there_and_back<const N: usize>() {
    let array: [f64; N] = std::array::from_fn(|at| at as f64);
    let bytes = to_vec(&ArrayRef(&array)).unwrap();
    assert_eq!(from_slice::<ArrayOf<f64, N>>(&bytes).unwrap().0.as_slice(), array);
    assert_eq!(from_slice::<Vec<f64>>(&bytes).unwrap(), array);

    let array: [Option<Option<String>>; N] =
        std::array::from_fn(|at| (at % 3 > 0).then(|| (at % 3 > 1).then(|| at.to_string())));
    let bytes = to_vec(&ArrayRef(&array)).unwrap();
    assert_eq!(from_slice::<ArrayOf<Option<Option<String>>, N>>(&bytes).unwrap().0.as_slice(), array);

    let array = [(); N];
    let bytes = to_vec(&ArrayRef(&array)).unwrap();
    assert_eq!(from_slice::<ArrayOf<(), N>>(&bytes).unwrap().0.as_slice(), array);
}

#[test]
fn arrays_of_any_length() {
    there_and_back::<0>();
    there_and_back::<1>();
    there_and_back::<32>();
    there_and_back::<33>();
    there_and_back::<1000>();
    there_and_back::<5000>();
}

#[test]
fn arrays_meet_serde_s_own() {
    let array = [1u16, 2, 3, 4, 5, 6, 7, 8, 9, 10];
    assert_eq!(from_slice::<[u16; 10]>(&to_vec(&ArrayRef(&array)).unwrap()).unwrap(), array);
    assert_eq!(from_slice::<ArrayOf<u16, 10>>(&to_vec(&array).unwrap()).unwrap().0.as_slice(), array);
}

#[test]
fn arrays_of_another_length_are_refused() {
    let bytes = to_vec(&vec![1u16; 40]).unwrap();
    assert!(from_slice::<ArrayOf<u16, 39>>(&bytes).unwrap_err().to_string().contains("array of length 39"));
    assert!(from_slice::<ArrayOf<u16, 41>>(&bytes).is_err());
}

/// A sequence and a map that announce any length they like.
struct Liar(usize, Option<usize>);

impl Serialize for Liar {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let mut sequence = serializer.serialize_seq(self.1)?;
        for element in 0..self.0 {
            sequence.serialize_element(&element)?;
        }
        sequence.end()
    }
}

struct MapLiar(usize, Option<usize>);

impl Serialize for MapLiar {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let mut map = serializer.serialize_map(self.1)?;
        for key in 0..self.0 {
            map.serialize_entry(&key, &Liar(key, self.1))?;
        }
        map.end()
    }
}

#[test]
fn announced_lengths_need_not_be_true() {
    for count in [0, 1, 7, 8, 23, 24, 300, 70_000] {
        for announced in
            [None, Some(0), Some(1), Some(8), Some(23), Some(24), Some(255), Some(80_000), Some(usize::MAX)]
        {
            let bytes = to_vec(&Liar(count, announced)).unwrap();
            let read: Vec<usize> = from_slice(&bytes).unwrap();
            assert!(read.into_iter().eq(0..count));
        }
    }
    for announced in [None, Some(0), Some(3), Some(8), Some(9), Some(usize::MAX)] {
        let map: std::collections::BTreeMap<usize, Vec<usize>> =
            from_slice(&to_vec(&MapLiar(40, announced)).unwrap()).unwrap();
        assert_eq!(map.len(), 40);
        assert!(map.into_iter().all(|(key, value)| value.into_iter().eq(0..key)));
    }
}

#[test]
fn iterators_of_unknown_length() {
    struct Odd(u32);
    impl Serialize for Odd {
        fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
            serializer.collect_seq((0..self.0).filter(|number| number % 2 == 1))
        }
    }
    for end in [0, 1, 10, 1000] {
        let read: Vec<u32> = from_slice(&to_vec(&Odd(end)).unwrap()).unwrap();
        assert!(read.into_iter().eq((0..end).filter(|number| number % 2 == 1)));
    }
}

#[test]
fn a_sequence_of_mixed_primitives() {
    /// Looks like one primitive to serde at first, and like another later.
    #[derive(serde::Serialize, serde::Deserialize, PartialEq, Clone, Debug)]
    #[serde(untagged)]
    enum Mixed {
        Number(u64),
        Float(f64),
        Text(String),
    }
    for at in 0..40 {
        for other in [Mixed::Float(0.5), Mixed::Text("x".to_owned())] {
            let mut values = vec![Mixed::Number(u64::MAX); 40];
            values[at] = other;
            assert_eq!(back(&values), values);
        }
    }
}

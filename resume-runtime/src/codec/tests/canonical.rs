//! The bytes that name a value, and the sizes of values.

use super::{Random, fits, hex, unhex};
use crate::codec::{Capture, capture, float, to_canonical, to_vec};
use serde::{Deserialize, Serialize};
use std::collections::{BTreeMap, HashMap};

fn canonical<T: Serialize + ?Sized>(value: &T) -> String {
    hex(&to_canonical(value).unwrap())
}

#[test]
fn maps_in_the_order_of_their_encoded_keys() {
    // The example of RFC 8949, section 4.2.1, as far as one Rust type holds it.
    #[derive(Serialize, PartialEq, Eq, PartialOrd, Ord)]
    #[serde(untagged)]
    enum Key {
        Bool(bool),
        List(Vec<i32>),
        Number(i32),
        Text(&'static str),
    }
    let keys = [Key::Bool(false), Key::List(vec![-1]), Key::List(vec![100]), Key::Number(-1), Key::Number(10)];
    let keys = keys.into_iter().chain([Key::Number(100), Key::Text("aa"), Key::Text("z")]);
    let map: BTreeMap<Key, ()> = keys.map(|key| (key, ())).collect();
    assert_eq!(canonical(&map), "a80af61864f620f6617af6626161f6811864f68120f6f4f6");
}

#[test]
fn any_order_of_a_map_gives_the_same_bytes() {
    let maps = || (0..50).map(|at| (at * 7919 % 1009, HashMap::from([(at, 'a'), (at + 1, 'b'), (500, 'c')])));
    let forward: HashMap<_, _> = maps().collect();
    let backward: HashMap<_, _> = maps().rev().collect();
    let sorted: BTreeMap<_, BTreeMap<_, _>> = maps().map(|(key, map)| (key, map.into_iter().collect())).collect();
    assert_eq!(canonical(&forward), canonical(&backward));
    assert_eq!(canonical(&forward), canonical(&sorted));
}

#[test]
fn structs_by_name_flattened_or_not() {
    #[derive(Serialize)]
    struct Plain {
        b: u8,
        a: Option<()>,
        c: f64,
    }
    #[derive(Serialize)]
    struct Flat {
        c: f64,
        #[serde(flatten)]
        rest: HashMap<&'static str, Option<u8>>,
    }
    let flat = Flat { c: 1.5, rest: HashMap::from([("b", Some(1)), ("a", None)]) };
    assert_eq!(canonical(&Plain { b: 1, a: None, c: 1.5 }), "a36161f6616201".to_owned() + "6163f93e00");
    assert_eq!(canonical(&Plain { b: 1, a: None, c: 1.5 }), canonical(&flat));
}

#[test]
fn numbers_in_their_shortest_form() {
    assert_eq!(canonical(&(1u8, 1u128, 1i64)), "83010101");
    assert_eq!(canonical(&(1.5f32, 1.5f64)), "82f93e00f93e00");
    assert_eq!(canonical(&(-0.0, 0.1, 100_000.0)), "83f98000fb3fb999999999999afa47c35000");
    assert_eq!(canonical(&(f64::INFINITY, f64::from_bits(0x7FF8_0000_0000_0000))), "82f97c00f97e00");
    assert_eq!(canonical(&vec![1.0; 24]), "9818".to_owned() + &"f93c00".repeat(24));
    assert_ne!(canonical(&Some(())), canonical(&None::<()>));
}

#[test]
fn canonical_bytes_have_one_form_for_sequences() {
    let array = [1u64, 2, 3, 4, 5, 6, 7, 8, 9, 10];
    assert_eq!(canonical(&array), "8a0102030405060708090a");
    assert_eq!(canonical(&array), canonical(array.as_slice()));
    assert_eq!(canonical(&array), canonical(&array.map(|number| number as u8).to_vec()));
}

#[test]
fn widths_of_floats() {
    // The examples of RFC 8949, appendix A, and both ends of the subnormals.
    for (half, double) in [
        (0x0000, 0.0),
        (0x8000, -0.0),
        (0x3C00, 1.0),
        (0x7BFF, 65_504.0),
        (0x0001, 5.960_464_477_539_063e-8),
        (0x03FF, 6.097_555_160_522_461e-5),
        (0x0400, 0.000_061_035_156_25),
        (0xC400, -4.0),
        (0xFC00, f64::NEG_INFINITY),
    ] {
        assert_eq!(float::widen(half, float::HALF), f64::to_bits(double));
        assert_eq!(float::narrow(double.to_bits(), float::HALF), Some(half));
    }
    for half in 0..=0xFFFF {
        assert_eq!(float::narrow(float::widen(half, float::HALF), float::HALF), Some(half));
    }
    let mut random = Random(1);
    for _ in 0..100_000 {
        let single = random.double().to_bits() >> 32;
        let wide = float::widen(single, float::SINGLE);
        assert_eq!(float::narrow(wide, float::SINGLE), Some(single));
        let value = f32::from_bits(single as u32);
        assert!(value.is_nan() || f64::from_bits(wide) == f64::from(value));
        let double = random.double();
        let narrow = float::narrow(double.to_bits(), float::SINGLE);
        assert!(double.is_nan() || narrow.is_some() == (f64::from(double as f32) == double));
    }
}

#[test]
fn sizes() {
    #[derive(Serialize)]
    struct Sample(Vec<f64>, Vec<Option<Option<u8>>>, String, BTreeMap<String, Vec<u32>>);
    let map = (0..30).map(|at| (at.to_string(), vec![at; at as usize])).collect();
    let sample = Sample(vec![0.5; 100], vec![Some(None); 30], "text".repeat(100), map);
    let size = to_vec(&sample).unwrap().len();
    for limit in (0..size).chain([size, size + 1, usize::MAX]) {
        assert_eq!(fits(&sample, limit), (size <= limit).then_some(size), "{limit}");
    }
    assert_eq!(fits(&vec![0.0; 1_000_000], 1000), None);
}

/// Fails in the middle.
#[derive(Deserialize)]
struct Broken;

impl Serialize for Broken {
    fn serialize<S: serde::Serializer>(&self, _: S) -> Result<S::Ok, S::Error> {
        Err(serde::ser::Error::custom("out of order"))
    }
}

#[test]
fn a_failure_leaves_the_buffer_as_it_was() {
    let mut into = Capture { bytes: unhex("0102").into(), ..Capture::default() };
    let long = vec![0.5; 1000];
    let error = capture(&(&long, vec!["x"; 9], Broken), &mut into, usize::MAX).unwrap_err();
    assert_eq!(error.to_string(), "out of order");
    assert!(capture(&(&long, vec!["x"; 9]), &mut into, 8010).unwrap_err().needed().is_some());
    assert_eq!((&*into.bytes, into.arrays.len()), (&[1, 2][..], 0));
    capture(&3, &mut into, 1).unwrap();
    assert!(capture(&3, &mut into, 0).unwrap_err().needed().is_some());
    assert_eq!(*into.bytes, [1, 2, 3]);
    assert_eq!(fits(&(vec!["x"; 9], Broken), 5), None);
}

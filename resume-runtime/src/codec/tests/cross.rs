//! Other readers and writers of CBOR: ciborium, and the examples of the standard.

use super::random::Tree;
use super::{Random, hex, unhex};
use crate::codec::{from_slice, to_canonical, to_vec};
use ciborium::Value;
use serde::de::DeserializeOwned;
use serde::ser::Serialize;
use serde::{Deserialize, Serialize as DeriveSerialize};
use std::collections::BTreeMap;
use std::fmt::Debug;

fn open(bytes: &[u8]) -> Value {
    let mut rest = bytes;
    let value = ciborium::from_reader(&mut rest).unwrap_or_else(|error| panic!("{error}: {}", hex(bytes)));
    assert!(rest.is_empty());
    value
}

fn from_ciborium<T: Serialize + DeserializeOwned + PartialEq + Debug>(value: T) {
    let mut bytes = Vec::new();
    ciborium::into_writer(&value, &mut bytes).unwrap();
    assert_eq!(from_slice::<T>(&bytes).unwrap(), value);
}

#[test]
fn ciborium_opens_what_we_write() {
    let mut random = Random(3);
    for _ in 0..2000 {
        let tree = Tree::random(&mut random, 5);
        open(&to_vec(&tree).unwrap());
        open(&to_canonical(&tree).unwrap());
    }
    assert_eq!(open(&to_vec(&Some(None::<u8>)).unwrap()), Value::Tag(0x504E5, Box::new(Value::Null)));
    assert_eq!(
        open(&to_vec(&(1, "x", [0.5f64])).unwrap()),
        open(&unhex("83016178 81fb3fe0000000000000".replace(' ', "").as_str()))
    );
}

#[test]
fn a_table_is_plain_cbor() {
    let records: Vec<([f32; 2], bool)> = (0..16).map(|at| ([at as f32, 0.5], at == 0)).collect();
    let floats: Vec<u8> = records.iter().flat_map(|(pair, _)| pair).flat_map(|float| float.to_le_bytes()).collect();
    let bools = (0..16).map(|at| u8::from(at == 0)).collect();
    let typed = Value::Tag(85, Box::new(Value::Bytes(floats)));
    let grid = Value::Array(vec![Value::Array(vec![16.into(), 2.into()]), typed]);
    let columns = Value::Array(vec![Value::Tag(40, Box::new(grid)), Value::Bytes(bools)]);
    let table = Value::Tag(0x504E6, Box::new(Value::Array(vec![16.into(), columns])));
    assert_eq!(open(&to_vec(&records).unwrap()), table);
    let mut bytes = Vec::new();
    ciborium::into_writer(&table, &mut bytes).unwrap();
    assert_eq!(from_slice::<Vec<([f32; 2], bool)>>(&bytes).unwrap(), records);
}

#[derive(DeriveSerialize, Deserialize, PartialEq, Debug, Clone)]
enum Shape {
    Unit,
    One(u8),
    Two(i128, String),
    Struct { a: f32, b: Vec<u8>, c: Option<char> },
}

#[derive(DeriveSerialize, Deserialize, PartialEq, Debug, Clone)]
struct All {
    shapes: Vec<Shape>,
    map: BTreeMap<i16, Vec<f64>>,
    option: Option<u64>,
    unit: (),
    #[serde(flatten)]
    rest: BTreeMap<String, Vec<i64>>,
}

#[test]
fn we_read_what_ciborium_writes() {
    let bytes = vec![1, 2, 255];
    let shapes = vec![Shape::Unit, Shape::One(1), Shape::Two(i128::MIN, "x".to_owned())];
    let shapes = shapes.into_iter().chain([Shape::Struct { a: 1.5, b: bytes, c: Some('x') }]).collect();
    let map = BTreeMap::from([(-1, vec![0.1, 0.5, 1e300, f64::INFINITY, -0.0])]);
    let rest = BTreeMap::from([("long".to_owned(), (-100..100).collect())]);
    from_ciborium(All { shapes, map, option: Some(u64::MAX), unit: (), rest });
    from_ciborium((u128::MAX, i128::MIN, u64::MAX, i64::MIN, -1i8));
    from_ciborium(vec![Some("text".to_owned()), None]);
    for shift in 0..64 {
        from_ciborium((f64::from_bits(1 << shift), (1u64 << shift) as f64, (1u64 << shift) as f32));
    }
}

#[test]
fn we_read_ciborium_s_values() {
    let value = Value::Array(vec![Value::Bytes(vec![1, 2]), Value::Tag(1, Box::new(Value::Integer(5.into())))]);
    let mut bytes = Vec::new();
    ciborium::into_writer(&value, &mut bytes).unwrap();
    assert_eq!(from_slice::<(Vec<u8>, u8)>(&bytes).unwrap(), (vec![1, 2], 5));
    assert_eq!(from_slice::<(Vec<u8>, f64)>(&bytes).unwrap(), (vec![1, 2], 5.0));
}

fn example<T: DeserializeOwned + Serialize + PartialEq + Debug>(bytes: &str, value: T) {
    assert_eq!(from_slice::<T>(&unhex(bytes)).unwrap(), value, "{bytes}");
    from_slice::<serde::de::IgnoredAny>(&unhex(bytes)).unwrap();
}

/// As [`example`], and the canonical bytes are those.
fn exactly<T: DeserializeOwned + Serialize + PartialEq + Debug>(bytes: &str, value: T) {
    assert_eq!(hex(&to_canonical(&value).unwrap()), bytes);
    example(bytes, value);
}

#[test]
fn examples_of_the_standard() {
    exactly("17", 23u8);
    exactly("1818", 24u8);
    exactly("1903e8", 1000u16);
    exactly("1a000f4240", 1_000_000u32);
    exactly("1b000000e8d4a51000", 1_000_000_000_000u64);
    exactly("1bffffffffffffffff", u64::MAX);
    exactly("c249010000000000000000", 1u128 << 64);
    exactly("3bffffffffffffffff", -(1i128 << 64));
    exactly("c349010000000000000000", -(1i128 << 64) - 1);
    exactly("20", -1i8);
    exactly("3863", -100i8);
    exactly("3903e7", -1000i16);
    exactly("f90000", 0.0);
    exactly("fb3ff199999999999a", 1.1);
    exactly("fa47c35000", 100_000.0f32);
    exactly("fb7e37e43c8800759c", 1.0e300);
    exactly("f90001", 5.960_464_477_539_063e-8);
    exactly("f4", false);
    exactly("f6", ());
    exactly("40", ciborium::Value::Bytes(vec![]));
    exactly("6449455446", "IETF".to_owned());
    exactly("64f0908591", "\u{10151}".to_owned());
    exactly("83010203", vec![1, 2, 3]);
    exactly("a201020304", BTreeMap::from([(1, 2), (3, 4)]));
    example("f7", None::<u8>);
    example("fa7f800000", f64::INFINITY);
    example("c11a514b67b0", 1_363_896_240u64);
    example("7f657374726561646d696e67ff", "streaming".to_owned());
    example("9fff", Vec::<u8>::new());
    example("9f018202039f0405ffff", (1, vec![2, 3], vec![4, 5]));
    example("83018202039f0405ff", (1, vec![2, 3], vec![4, 5]));
    example(
        "bf61610161629f0203ffff",
        BTreeMap::from([
            ("a".to_owned(), ciborium::Value::from(1)),
            ("b".to_owned(), ciborium::Value::Array(vec![2.into(), 3.into()])),
        ]),
    );
    example(
        "bf6346756ef563416d7421ff",
        BTreeMap::from([("Fun".to_owned(), ciborium::Value::Bool(true)), ("Amt".to_owned(), (-2).into())]),
    );
    example("5f42010243030405ff", vec![1u8, 2, 3, 4, 5]);
    example("bf64547769789f0102ffff", BTreeMap::from([("Twix".to_owned(), vec![1, 2])]));
    example("bf635477 6f820161 78ff".replace(' ', "").as_str(), Shape::Two(1, "x".to_owned()));
}

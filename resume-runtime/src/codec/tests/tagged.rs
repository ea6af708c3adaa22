//! Enums of every tagging, flattened structs, and what serde buffers on the way.

use super::{back, same};
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;
use std::net::IpAddr;

/// The values inside: what a buffered value could lose.
#[derive(Serialize, Deserialize, PartialEq, Clone, Debug, Default)]
struct Inside {
    option: Option<Option<u8>>,
    unit: Option<()>,
    nested: Vec<Option<Option<()>>>,
    float: f64,
    single: f32,
    char: char,
    small: i8,
    large: u64,
    low: i64,
    address: Option<IpAddr>,
    floats: Vec<f64>,
    bytes: Vec<u8>,
    keys: BTreeMap<i32, Option<Option<i32>>>,
    tuple: (u8, (), String),
    plain: Option<Plain>,
}

#[derive(Serialize, Deserialize, PartialEq, Clone, Debug)]
enum Plain {
    Unit,
    One(Option<Option<u8>>),
    Nothing(()),
    Two(u8, String),
    Zero(),
    Struct { a: Option<()>, b: Box<Option<Plain>> },
    Void {},
}

#[derive(Serialize, Deserialize, PartialEq, Clone, Debug)]
#[serde(tag = "kind")]
enum Internal {
    Unit,
    Nothing(()),
    Inside(Inside),
    Map(BTreeMap<String, Option<Option<u8>>>),
    Struct { a: Option<Option<u8>>, b: Inside },
}

#[derive(Serialize, Deserialize, PartialEq, Clone, Debug)]
#[serde(tag = "kind", content = "value")]
enum Adjacent {
    Unit,
    Nothing(()),
    One(Option<Option<u8>>),
    Two(Inside, u8),
    Struct { a: Inside },
}

#[derive(Serialize, Deserialize, PartialEq, Clone, Debug)]
#[serde(untagged)]
enum Untagged {
    Bool(bool),
    Number(i64),
    Float(f64),
    Text(String),
    Pair(u8, String),
    Address { address: IpAddr },
    Inside(Box<Inside>),
    Nothing,
}

#[derive(Serialize, Deserialize, PartialEq, Clone, Debug)]
struct Flat {
    first: Option<Option<u8>>,
    #[serde(flatten)]
    inside: Inside,
    #[serde(flatten)]
    plain: Plain,
    #[serde(flatten)]
    rest: BTreeMap<String, Option<Option<u8>>>,
}

fn inside() -> [Inside; 3] {
    let empty = Inside::default();
    let full = Inside {
        option: Some(None),
        unit: Some(()),
        nested: vec![None, Some(None), Some(Some(()))],
        float: -0.0,
        single: 1.1,
        char: '☃',
        small: -128,
        large: u64::MAX,
        low: i64::MIN,
        address: Some(IpAddr::from([127, 0, 0, 1])),
        floats: vec![0.1; 40],
        bytes: (0..=255).collect(),
        keys: BTreeMap::from([(-1, Some(None)), (0, None), (1, Some(Some(1)))]),
        tuple: (1, (), "x".to_owned()),
        plain: Some(Plain::Nothing(())),
    };
    let other = Inside {
        option: Some(Some(0)),
        address: Some("fe80::1".parse().unwrap()),
        plain: Some(Plain::Struct { a: Some(()), b: Box::new(Some(Plain::Unit)) }),
        ..full.clone()
    };
    [empty, full, other]
}

fn plain() -> Vec<Plain> {
    let nested = Plain::Struct { a: Some(()), b: Box::new(Some(Plain::One(Some(None)))) };
    let bare = Plain::Struct { a: None, b: Box::new(None) };
    let tuples = [Plain::Two(1, "x".to_owned()), Plain::Zero(), Plain::Void {}, Plain::Nothing(())];
    let ones = [None, Some(None), Some(Some(1))].map(Plain::One);
    [Plain::Unit, nested, bare].into_iter().chain(tuples).chain(ones).collect()
}

#[test]
fn externally_tagged() {
    plain().into_iter().for_each(same);
    same(plain().into_iter().map(Some).chain([None]).collect::<Vec<_>>());
    inside().into_iter().for_each(same);
}

#[test]
fn internally_tagged() {
    same(Internal::Unit);
    same(Internal::Nothing(()));
    same(Internal::Map(BTreeMap::from([("a".to_owned(), Some(None)), ("b".to_owned(), None)])));
    for inside in inside() {
        same(Internal::Inside(inside.clone()));
        same(Internal::Struct { a: Some(None), b: inside });
    }
}

#[test]
fn adjacently_tagged() {
    same(Adjacent::Unit);
    same(Adjacent::Nothing(()));
    [None, Some(None), Some(Some(1))].map(Adjacent::One).into_iter().for_each(same);
    for inside in inside() {
        same(Adjacent::Two(inside.clone(), 1));
        same(Adjacent::Struct { a: inside });
    }
}

#[test]
fn untagged() {
    same(vec![Untagged::Bool(true), Untagged::Number(-1), Untagged::Float(0.5), Untagged::Text("x".to_owned())]);
    same(Untagged::Pair(1, "x".to_owned()));
    same(Untagged::Address { address: IpAddr::from([127, 0, 0, 1]) });
    same(Some(Untagged::Nothing));
    for inside in inside().into_iter().filter(|inside| inside.address.is_none()) {
        same(Untagged::Inside(Box::new(inside)));
    }
}

#[test]
fn flattened() {
    for inside in inside() {
        for plain in plain() {
            let rest = BTreeMap::from([("x".to_owned(), Some(None)), ("y".to_owned(), None)]);
            same(Flat { first: Some(None), inside: inside.clone(), plain, rest });
        }
    }
}

#[test]
fn signalling_nans_inside_buffered_values() {
    #[derive(Serialize, Deserialize)]
    struct Floats {
        #[serde(flatten)]
        inside: Inside,
    }
    let double = f64::from_bits(0x7FF0_0000_0000_0001);
    let single = f32::from_bits(0x7F80_0001);
    let floats = Floats { inside: Inside { float: double, single, floats: vec![double; 40], ..Inside::default() } };
    let read = back(&floats).inside;
    assert_eq!(read.float.to_bits(), double.to_bits());
    assert_eq!(read.single.to_bits(), single.to_bits());
    assert_eq!(read.floats[39].to_bits(), double.to_bits());
}

#[test]
fn large_integers_inside_buffered_values_are_refused() {
    // serde's own buffer has no 128-bit integers: no format can read them in such places, and none may guess.
    #[derive(Serialize, Deserialize, Debug)]
    struct Outer {
        #[serde(flatten)]
        inner: Inner,
    }
    #[derive(Serialize, Deserialize, Debug)]
    struct Inner {
        number: i128,
    }
    let bytes = crate::codec::to_vec(&Outer { inner: Inner { number: i128::MAX } }).unwrap();
    let error = crate::codec::from_slice::<Outer>(&bytes).unwrap_err().to_string();
    assert!(error.contains("128"), "{error}");
}

#[test]
fn skipped_defaulted_and_renamed_fields() {
    #[derive(Serialize, Deserialize, PartialEq, Debug)]
    #[serde(rename_all = "kebab-case", deny_unknown_fields)]
    struct Fields {
        #[serde(skip)]
        skipped: Vec<u8>,
        #[serde(default, skip_serializing_if = "Vec::is_empty")]
        long_name: Vec<u8>,
        #[serde(rename = "ü")]
        other: Option<Option<u8>>,
    }
    same(Fields { skipped: vec![], long_name: vec![], other: Some(None) });
    same(Fields { skipped: vec![], long_name: vec![1], other: None });
}

#[test]
fn variants_that_changed_are_refused() {
    #[derive(Serialize)]
    enum Before {
        A(u8),
        B,
        C { x: u8 },
        D,
    }
    #[derive(Deserialize, PartialEq, Debug)]
    enum After {
        A,
        B(u8),
        C(u8),
    }
    for before in [Before::A(1), Before::B, Before::C { x: 1 }, Before::D] {
        let bytes = crate::codec::to_vec(&before).unwrap();
        assert!(crate::codec::from_slice::<After>(&bytes).is_err());
    }
    let bytes = crate::codec::to_vec(&BTreeMap::from([("A", ())])).unwrap();
    assert_eq!(crate::codec::from_slice::<After>(&bytes).unwrap(), After::A);
}

//! Values come back exactly, those too that other codecs change.

use super::{back, hex, same, unhex};
use crate::codec::{from_slice, to_vec};
use serde::{Deserialize, Serialize};
use std::borrow::Cow;
use std::collections::{BTreeMap, BTreeSet, BinaryHeap, HashMap, HashSet, LinkedList, VecDeque};
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr, SocketAddrV6};
use std::num::{NonZeroI128, NonZeroU8, Wrapping};
use std::ops::Bound;
use std::path::PathBuf;
use std::time::{Duration, SystemTime};

#[derive(Serialize, Deserialize, PartialEq, Eq, PartialOrd, Ord, Hash, Clone, Copy, Debug)]
struct Unit;

#[derive(Serialize, Deserialize, PartialEq, Clone, Debug)]
struct Empty {}

#[derive(Serialize, Deserialize, PartialEq, Clone, Debug)]
struct Wrapper<T>(T);

#[derive(Serialize, Deserialize, PartialEq, Clone, Debug)]
#[serde(transparent)]
struct Transparent<T> {
    inner: T,
}

/// Numbers made of nothing but options.
#[derive(Serialize, Deserialize, PartialEq, Clone, Debug)]
struct Peano(Option<Box<Peano>>);

#[test]
fn options_of_what_reads_as_null() {
    same::<Option<Option<u8>>>(None);
    same::<Option<Option<u8>>>(Some(None));
    same(Some(Some(7)));
    same::<Option<()>>(None);
    same(Some(()));
    same(Some(Unit));
    same::<Option<Unit>>(None);
    same(Some(Some(())));
    same::<Option<Option<()>>>(Some(None));
    same::<Option<Option<Option<Option<i32>>>>>(Some(Some(Some(None))));
    same::<Option<Option<Option<Option<i32>>>>>(Some(None));
    same(Some(Some(Some(Some(-3)))));
    same(Some(Wrapper(None::<u8>)));
    same(Some(Wrapper(Some(Wrapper(())))));
    same(Some(Transparent { inner: None::<u8> }));
    same(vec![None, Some(None), Some(Some(1)), Some(None), None]);
    same(BTreeMap::from([(None, Some(())), (Some(None), None), (Some(Some(Unit)), Some(()))]));
    same(Some(std::marker::PhantomData::<u8>));
    same(Some(Empty {}));
    same(Some(Vec::<()>::new()));
    same(Some(vec![(), ()]));
}

#[test]
fn numbers_made_of_options() {
    for depth in [0, 1, 2, 100, 256] {
        let number = (0..depth).fold(Peano(None), |inner, _| Peano(Some(Box::new(inner))));
        same(number);
    }
    let number = (0..257).fold(Peano(None), |inner, _| Peano(Some(Box::new(inner))));
    assert!(to_vec(&number).is_err(), "what could not be read is not written");
}

#[test]
fn bytes_of_options() {
    assert_eq!(hex(&to_vec(&None::<u8>).unwrap()), "f6");
    assert_eq!(hex(&to_vec(&Some(7u8)).unwrap()), "07");
    assert_eq!(hex(&to_vec(&Some(None::<u8>)).unwrap()), "da000504e5f6");
    assert_eq!(hex(&to_vec(&Some(Some(()))).unwrap()), "da000504e5da000504e5f6");
}

#[test]
fn floats_by_their_bits() {
    for bits in
        [0, 1 << 63, 1, 0x7FF0_0000_0000_0000, 0x7FF0_0000_0000_0001, 0xFFF8_0000_DEAD_BEEF, 0x7FF4_0000_0000_0000]
    {
        let value = f64::from_bits(bits);
        assert_eq!(back(&value).to_bits(), bits);
        assert_eq!(back(&Some(value)).unwrap().to_bits(), bits);
        assert_eq!(back(&vec![value; 40])[39].to_bits(), bits);
    }
    for bits in [0, 1 << 31, 1, 0x7F80_0000, 0x7F80_0001, 0xFFC0_BEEF, 0x7FA0_0000] {
        let value = f32::from_bits(bits);
        assert_eq!(back(&value).to_bits(), bits);
        assert_eq!(back(&vec![value; 40])[39].to_bits(), bits);
    }
}

#[test]
fn integers_of_every_length() {
    for shift in 0..128 {
        for value in [1u128 << shift, (1 << shift) - 1, u128::MAX >> shift] {
            same(value);
            let signed = value as i128;
            same(signed);
            same(signed.wrapping_neg());
            same(value as u64);
            same(value as i64);
            same((value as i64).wrapping_neg());
            same(value as u32);
            same(-(value as i32 as i64) as i32);
            same(value as u16);
            same(value as i16);
            same(value as u8);
            same(value as i8);
        }
    }
    same(i128::MIN);
    same(u128::MAX);
    same(-1i128 - i128::from(u64::MAX));
    same(-2i128 - i128::from(u64::MAX));
}

#[test]
fn a_number_too_large_for_its_type_is_refused() {
    assert!(from_slice::<u8>(&to_vec(&256u16).unwrap()).is_err());
    assert!(from_slice::<u8>(&to_vec(&-1i8).unwrap()).is_err());
    assert!(from_slice::<i64>(&to_vec(&u64::MAX).unwrap()).is_err());
    assert!(from_slice::<u64>(&to_vec(&u128::MAX).unwrap()).is_err());
    assert!(from_slice::<i128>(&to_vec(&u128::MAX).unwrap()).is_err());
    assert!(from_slice::<i128>(&unhex("c350ffffffffffffffffffffffffffffffff")).is_err());
}

#[test]
fn text_and_chars() {
    for char in ['a', '\0', 'ß', '☃', '\u{10FFFF}'] {
        same(char);
        same(char.to_string());
    }
    same(String::new());
    same("x".repeat(70_000));
    same(Cow::<'static, str>::Owned("owned".to_owned()));
    same(PathBuf::from("/a/b c"));
    same(Box::<str>::from("boxed"));
    same(std::ffi::OsString::from("os"));
    same(std::ffi::CString::new("c").unwrap());
}

/// What `serde_bytes` does.
#[derive(PartialEq, Debug)]
struct Blob(Vec<u8>);

impl Serialize for Blob {
    fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_bytes(&self.0)
    }
}

impl<'de> Deserialize<'de> for Blob {
    fn deserialize<D: serde::Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct Visitor;
        impl serde::de::Visitor<'_> for Visitor {
            type Value = Blob;
            fn expecting(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
                formatter.write_str("bytes")
            }
            fn visit_bytes<E>(self, bytes: &[u8]) -> Result<Blob, E> {
                Ok(Blob(bytes.to_vec()))
            }
        }
        deserializer.deserialize_byte_buf(Visitor)
    }
}

#[test]
fn bytes() {
    for length in [0, 1, 23, 24, 255, 256, 65_535, 65_536] {
        same(Blob((0..length).map(|at| at as u8).collect()));
        same((0..length).map(|at| at as u8).collect::<Vec<u8>>());
    }
    same(Some(Blob(vec![0xF6])));
    same(vec![Blob(vec![]), Blob(vec![0xFF])]);
}

#[test]
fn collections() {
    same((1u8, -1i64, "x".to_owned(), (), [1.5f32; 32], ((), Unit)));
    same(VecDeque::from([1u64, 2, 3]));
    same(LinkedList::from([1u64, 2, 3]));
    same(BTreeSet::from(["a".to_owned()]));
    same(HashSet::from([1.to_string()]));
    same(HashMap::from([(1.to_string(), vec![(); 3])]));
    assert_eq!(back(&BinaryHeap::from([3, 1, 2])).into_sorted_vec(), [1, 2, 3]);
    same::<Box<[u16]>>(vec![1, 2].into());
    same(Vec::<Vec<Vec<u8>>>::from([vec![], vec![vec![], vec![1]]]));
    same(Result::<u8, String>::Err("no".to_owned()));
    same((Bound::Included(1), Bound::<u8>::Unbounded, 1..2, 3..=4, Wrapping(7i8)));
    same((NonZeroU8::MIN, NonZeroI128::MIN, Duration::new(5, 999_999_999)));
    same(SystemTime::UNIX_EPOCH + Duration::new(1, 1));
    same(std::cell::RefCell::new(std::cell::Cell::new(4)));
    same(Empty {});
}

#[test]
fn maps_with_any_keys() {
    same(BTreeMap::from([(1u64, 'a'), (300, 'b'), (u64::MAX, 'c')]));
    same(BTreeMap::from([(-1i128, 'a'), (i128::MIN, 'b')]));
    same(BTreeMap::from([((1, "x".to_owned()), 1), ((2, String::new()), 2)]));
    same(BTreeMap::from([(vec![1u8, 2], ()), (vec![], ())]));
    same(BTreeMap::from([(Some('a'), 1), (None, 2)]));
    same(BTreeMap::from([(true, 1), (false, 2)]));
    same(BTreeMap::from([((), 1)]));
    same(BTreeMap::from([(Unit, 1)]));
    same(BTreeMap::from([(BTreeMap::from([(1, 2)]), BTreeMap::from([(3, 4)]))]));
    same(BTreeMap::from([(Ok::<u8, ()>(1), 1), (Err(()), 2)]));
    let hashed: HashMap<i64, Vec<i64>> = (-50..50).map(|key| (key, vec![key; 20])).collect();
    assert_eq!(from_slice::<HashMap<_, _>>(&to_vec(&hashed).unwrap()).unwrap(), hashed);
}

#[test]
fn addresses() {
    let scoped = SocketAddrV6::new("fe80::1".parse().unwrap(), 80, 0, 3);
    same((Ipv4Addr::LOCALHOST, Ipv6Addr::LOCALHOST, IpAddr::from([1, 2, 3, 4])));
    same((SocketAddr::from(([1, 2, 3, 4], 5)), scoped));
}

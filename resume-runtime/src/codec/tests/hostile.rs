//! Bytes that nobody wrote on purpose: reading them ends, in an error or a value, and never in anything else.

use super::random::Tree;
use super::{Random, hex, unhex};
use crate::codec::array::ArrayOf;
use crate::codec::{DEPTH, from_slice, from_slice_with, to_vec};
use serde::de::{DeserializeOwned, IgnoredAny};
use serde::{Deserialize, Serialize};
use std::collections::{BTreeMap, HashMap};

/// Asks for whatever comes, through serde's own buffer.
#[derive(Deserialize)]
#[serde(untagged)]
#[expect(dead_code, reason = "only read into")]
enum Anything {
    Tree(Tree),
    Number(f64),
    List(Vec<Anything>),
    Map(HashMap<String, Anything>),
}

#[derive(Serialize, Deserialize, Debug)]
struct List {
    next: Option<Box<List>>,
}

#[derive(Deserialize, Debug)]
#[expect(dead_code, reason = "only read into")]
struct Peano(Option<Box<Peano>>);

fn try_all(bytes: &[u8]) {
    fn attempt<T: DeserializeOwned>(bytes: &[u8]) {
        let _ = from_slice::<T>(bytes);
    }
    attempt::<Tree>(bytes);
    attempt::<Anything>(bytes);
    attempt::<List>(bytes);
    attempt::<Peano>(bytes);
    attempt::<IgnoredAny>(bytes);
    attempt::<ciborium::Value>(bytes);
    attempt::<(u8, i128, f32, char)>(bytes);
    attempt::<Vec<Vec<f64>>>(bytes);
    attempt::<Vec<u64>>(bytes);
    attempt::<BTreeMap<Option<String>, ()>>(bytes);
    attempt::<ArrayOf<u64, 100>>(bytes);
}

#[test]
fn damaged_bytes() {
    let mut random = Random(4);
    for _ in 0..3000 {
        let mut bytes = to_vec(&Tree::random(&mut random, 4)).unwrap();
        for _ in 0..=random.below(3) {
            let at = random.below(bytes.len());
            match random.below(4) {
                0 => bytes[at] = random.next() as u8,
                1 => bytes[at] ^= 1 << random.below(8),
                2 => bytes.insert(at, random.next() as u8),
                _ if bytes.len() > 1 => drop(bytes.remove(at)),
                _ => {}
            }
        }
        try_all(&bytes);
    }
}

#[test]
fn random_bytes() {
    let mut random = Random(5);
    for _ in 0..20_000 {
        let length = random.below(40);
        let bytes: Vec<u8> = (0..length).map(|_| random.next() as u8).collect();
        try_all(&bytes);
    }
    for first in 0..=255 {
        for second in 0..=255 {
            try_all(&[first, second]);
        }
    }
}

#[test]
fn every_prefix_is_an_error() {
    let mut random = Random(6);
    for _ in 0..300 {
        let bytes = to_vec(&Tree::random(&mut random, 4)).unwrap();
        for end in 0..bytes.len().min(200) {
            assert!(from_slice::<Tree>(&bytes[..end]).is_err(), "{}", hex(&bytes[..end]));
        }
        let longer = [bytes, vec![0]].concat();
        assert!(from_slice::<Tree>(&longer).unwrap_err().to_string().contains("after the value"));
    }
}

#[test]
fn nesting_ends() {
    let list = |depth: usize| (1..depth).fold(List { next: None }, |list, _| List { next: Some(Box::new(list)) });
    let bytes = to_vec(&list(DEPTH)).unwrap();
    from_slice::<List>(&bytes).unwrap();
    assert!(to_vec(&list(DEPTH + 1)).unwrap_err().to_string().contains("256 levels"));

    let longer = [&unhex("a1646e657874"), bytes.as_slice()].concat();
    assert!(from_slice::<List>(&longer).unwrap_err().to_string().contains("256 levels"));
    for start in [
        "81",
        "9f",
        "a1",
        "bf",
        "a101",
        "a16161",
        "c1",
        "da000504e5",
        "a1644c697374",
        "d84081",
        "d856",
        "5f",
        "7f",
        "c2",
        "da000504e68210",
        "da000504e6821081",
        "da000504e68210a16161",
    ] {
        let bytes = unhex(&start.repeat(100_000));
        try_all(&bytes);
        try_all(&[bytes, vec![0xF6]].concat());
    }
}

#[test]
fn options_that_wrap_themselves_end() {
    assert!(from_slice::<Peano>(&[5]).is_err());
    assert!(from_slice::<Vec<Peano>>(&[0x81, 0x05]).is_err());
}

#[test]
fn announced_lengths_are_checked() {
    for head in [
        "9bffffffffffffffff",
        "9a7fffffff",
        "bbffffffffffffffff",
        "ba7fffffff",
        "5bffffffffffffffff",
        "7a7fffffff",
        "bb7fffffffffffffff",
    ] {
        for tail in ["", "00", "f6f6f6f6"] {
            let bytes = unhex(&format!("{head}{tail}"));
            assert!(from_slice::<Vec<u64>>(&bytes).is_err());
            assert!(from_slice::<Vec<()>>(&bytes).is_err());
            assert!(from_slice::<BTreeMap<(), ()>>(&bytes).is_err());
            try_all(&bytes);
        }
    }
    // Each head alone is possible, all of them together are not.
    let nested = [[0x99, 0x02, 0x00].repeat(200), vec![0; 1000]].concat();
    let error = from_slice::<IgnoredAny>(&nested).unwrap_err().to_string();
    assert!(error.contains("more elements announced"), "{error}");
}

#[test]
fn malformed_items_are_errors() {
    for bytes in [
        "",
        "1c",
        "1f",
        "3f",
        "dc",
        "df",
        "fc",
        "ff",
        "18",
        "81",
        "a101",
        "62c328",
        "f8",
        "f800",
        "f818",
        "e0",
        "7f40ff",
        "7f7fffff",
        "5f5fffff",
        "81ff",
        "a1ff",
        "bf01ff",
        "c2",
        "c2f6",
        "c251ffffffffffffffffffffffffffffffffff",
        "c1",
    ] {
        assert!(
            from_slice::<IgnoredAny>(&unhex(bytes)).is_err() || bytes.starts_with("c2") || bytes.starts_with("62"),
            "{bytes}"
        );
        assert!(from_slice::<ciborium::Value>(&unhex(bytes)).is_err(), "{bytes}");
        try_all(&unhex(bytes));
    }
}

#[test]
fn messages_name_what_and_where() {
    let bytes = to_vec(&vec!["x"; 3]).unwrap();
    let error = from_slice::<Vec<u8>>(&bytes).unwrap_err().to_string();
    assert_eq!(error, "invalid type: text, expected u8 before byte 2");
    let error = from_slice::<(u8, u8)>(&[0x83, 1, 2, 3]).unwrap_err().to_string();
    assert_eq!(error, "more elements than expected at byte 3 of 4");
}

#[test]
fn borrowed_targets_are_told_what_to_do() {
    // The second in pieces, the third an array: there is nothing in one piece to borrow.
    for bytes in [unhex("05"), unhex("7f6161ff"), unhex("820102")] {
        let text = from_slice_with(&bytes, |decoder| <&str>::deserialize(decoder).map(str::to_owned));
        let text = text.unwrap_err().to_string();
        assert!(text.contains("a borrowed string: nothing can be borrowed here, use an owned type"), "{text}");
        let slice = from_slice_with(&bytes, |decoder| <&[u8]>::deserialize(decoder).map(<[u8]>::to_vec));
        let slice = slice.unwrap_err().to_string();
        assert!(slice.contains("a borrowed byte array: nothing can be borrowed here, use an owned type"), "{slice}");
    }
}

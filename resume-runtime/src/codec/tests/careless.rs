//! Records by column of types that do not do what serde asks of them: nothing is lost.

use crate::codec::{Capture, capture, from_slice, to_vec};
use serde::ser::{Serialize, SerializeSeq, SerializeStruct, SerializeTuple, Serializer};
use std::collections::BTreeMap;

/// Goes on after an error in a part of it, as no type should.
struct Careless(u8);

impl Serialize for Careless {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let mut record = serializer.serialize_struct("Careless", 2)?;
        record.serialize_field("a", &self.0)?;
        let _ = record.serialize_field("b", &(self.0, "text"));
        record.end()
    }
}

/// Goes on after an error within an array of numbers, for elements that are none.
struct Heedless(&'static [u8], Option<usize>);

impl Serialize for Heedless {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let mut tuple = serializer.serialize_tuple(self.0.len())?;
        for (at, number) in self.0.iter().enumerate() {
            let _ = match self.1 {
                Some(odd) if odd == at => tuple.serialize_element("text"),
                _ => tuple.serialize_element(number),
            };
        }
        tuple.end()
    }
}

/// Announces one element and has two, inside another that does it the other way round.
struct Shifted(bool);

impl Serialize for Shifted {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let mut tuple = serializer.serialize_tuple(2)?;
        if self.0 {
            tuple.serialize_element(&(1, 2))?;
        } else {
            tuple.serialize_element(&(1,))?;
            tuple.serialize_element(&2)?;
        }
        tuple.end()
    }
}

/// An iterator that is not as long as it says.
struct Short(usize);

impl Serialize for Short {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        struct Liar(usize);
        impl Iterator for Liar {
            type Item = (u8, bool);
            fn next(&mut self) -> Option<(u8, bool)> {
                self.0 = self.0.checked_sub(1)?;
                Some((self.0 as u8, true))
            }
            fn size_hint(&self) -> (usize, Option<usize>) {
                (50, Some(50))
            }
        }
        serializer.collect_seq(Liar(self.0))
    }
}

#[test]
fn types_that_do_not_keep_their_word() {
    let careless: Vec<Careless> = (0..20).map(Careless).collect();
    let read: Vec<BTreeMap<String, ciborium::Value>> = from_slice(&to_vec(&careless).unwrap()).unwrap();
    let both = ciborium::Value::Array(vec![3.into(), "text".into()]);
    assert_eq!(read[3], BTreeMap::from([("a".to_owned(), 3.into()), ("b".to_owned(), both)]));

    for odd in 0..3 {
        let heedless = |at| Heedless(&[1, 2, 3], (at == 17).then_some(odd));
        let read: Vec<ciborium::Value> =
            from_slice(&to_vec(&(0..20).map(heedless).collect::<Vec<_>>()).unwrap()).unwrap();
        let mut numbers: Vec<ciborium::Value> = [1, 2, 3].map(Into::into).into();
        assert_eq!(read[16], ciborium::Value::Array(numbers.clone()));
        numbers[odd] = "text".into();
        assert_eq!(read[17], ciborium::Value::Array(numbers));
    }

    let shifted: Vec<Shifted> = (0..20).map(|at| Shifted(at > 10)).collect();
    let read: Vec<ciborium::Value> = from_slice(&to_vec(&shifted).unwrap()).unwrap();
    let lengths: Vec<usize> = read.iter().map(|value| value.as_array().unwrap().len()).collect();
    assert_eq!(lengths, [vec![2; 11], vec![1; 9]].concat());
    for length in [0, 1, 49, 50, 51, 200] {
        let read: Vec<(u8, bool)> = from_slice(&to_vec(&Short(length)).unwrap()).unwrap();
        assert!(read.into_iter().eq((0..length).rev().map(|at| (at as u8, true))), "{length}");
    }
}

/// Makes an error of its own of each one.
struct Mapped(Vec<u64>);

impl Serialize for Mapped {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        self.0.serialize(serializer).map_err(|error| serde::ser::Error::custom(format!("mapped: {error}")))
    }
}

#[test]
fn what_is_too_large_is_so_by_any_other_error() {
    let mapped = Mapped(vec![1; 100]);
    for limit in [0, 7, 99, 500] {
        let error = capture(&("text", &mapped, 3), &mut Capture::default(), limit).expect_err("it is larger");
        assert!(error.needed().is_some(), "{limit}: {error}");
    }
}

/// Goes on after an error in an element.
struct Deaf<'a>(&'a [Result<u8, ()>]);

impl Serialize for Deaf<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        struct Element(Result<u8, ()>);
        impl Serialize for Element {
            fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
                self.0.map_err(|()| serde::ser::Error::custom("odd"))?.serialize(serializer)
            }
        }
        let mut list = serializer.serialize_seq(None)?;
        for element in self.0 {
            let _ = list.serialize_element(&Element(*element));
        }
        list.end()
    }
}

#[test]
fn half_a_value_is_an_error() {
    assert!(to_vec(&Deaf(&[Ok(1), Ok(2)])).is_ok());
    let error = to_vec(&Deaf(&[Ok(1), Err(()), Ok(2)])).expect_err("one is not written");
    assert!(error.to_string().contains("after an error in a part of it"), "{error}");
}

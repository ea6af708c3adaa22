//! Vectors that are filled at once: the same values as number by number, and nobody else's visitor is passed over.

use crate::codec::{Error, from_slice, to_vec};
use serde::de::{DeserializeOwned, Deserializer, SeqAccess, Visitor};
use serde::{Deserialize, Serialize};
use std::fmt;

/// A visitor of its own, which happens to make a `Vec<f64>`.
fn doubled<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Vec<f64>, D::Error> {
    struct Twice;
    impl<'de> Visitor<'de> for Twice {
        type Value = Vec<f64>;

        fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
            f.write_str("numbers")
        }

        fn visit_seq<A: SeqAccess<'de>>(self, mut numbers: A) -> Result<Vec<f64>, A::Error> {
            let mut all = Vec::new();
            while let Some(number) = numbers.next_element::<f64>()? {
                all.push(2.0 * number);
            }
            Ok(all)
        }
    }
    deserializer.deserialize_seq(Twice)
}

fn read<T: DeserializeOwned>(value: &impl Serialize) -> Result<T, Error> {
    from_slice(&to_vec(value).expect("encodable"))
}

#[test]
fn all_bits_are_kept_wherever_the_vector_is() -> Result<(), Error> {
    #[derive(Serialize, Deserialize)]
    struct Newtype(Vec<f64>);

    let odd = [-0.0, f64::from_bits(0x7FF0_0000_0000_0001), f64::from_bits(u64::MAX)];
    let numbers: Vec<f64> = (0..100).map(f64::from).chain(odd).collect();
    let bits = |numbers: &[f64]| numbers.iter().map(|number| number.to_bits()).collect::<Vec<_>>();
    let wanted = bits(&numbers);
    assert_eq!(bits(&read::<Vec<f64>>(&numbers)?), wanted);
    assert_eq!(bits(&read::<Newtype>(&numbers)?.0), wanted);
    assert_eq!(read::<Option<Vec<f64>>>(&numbers)?.map(|numbers| bits(&numbers)), Some(wanted.clone()));
    let rows: Vec<Vec<u64>> = vec![wanted.clone(), (0..9).collect(), Vec::new(), vec![1]];
    assert_eq!(read::<Vec<Vec<u64>>>(&rows)?, rows);
    Ok(())
}

#[test]
fn another_visitor_makes_what_it_makes() -> Result<(), Error> {
    #[derive(Deserialize)]
    struct Twice(#[serde(deserialize_with = "doubled")] Vec<f64>);

    let numbers: Vec<f64> = (0..100).map(f64::from).collect();
    let twice: Vec<f64> = numbers.iter().map(|number| 2.0 * number).collect();
    assert_eq!(read::<Twice>(&numbers)?.0, twice);
    Ok(())
}

#[test]
fn numbers_of_another_type_come_one_by_one() -> Result<(), Error> {
    let small: Vec<u8> = (0..100).collect();
    assert_eq!(read::<Vec<u8>>(&small)?, small);
    assert_eq!(read::<Vec<u64>>(&small)?, (0..100).collect::<Vec<u64>>());
    assert!(read::<Vec<i8>>(&vec![200_u8; 100]).is_err());
    Ok(())
}

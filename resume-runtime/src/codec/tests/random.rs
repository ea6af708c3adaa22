//! Random values of every shape come back as they were.

use super::{Random, back};
use crate::codec::{from_slice, to_canonical};
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;

#[derive(Serialize, Deserialize, Clone, Copy, Debug)]
pub(super) struct Double(f64);

#[derive(Serialize, Deserialize, Clone, Copy, Debug)]
pub(super) struct Single(f32);

impl PartialEq for Double {
    fn eq(&self, other: &Self) -> bool {
        self.0.to_bits() == other.0.to_bits()
    }
}

impl PartialEq for Single {
    fn eq(&self, other: &Self) -> bool {
        self.0.to_bits() == other.0.to_bits()
    }
}

/// Stored by column where there are enough.
#[derive(Serialize, Deserialize, PartialEq, Clone, Debug)]
pub(super) struct Record {
    at: [Double; 3],
    inner: (u8, Single),
    flag: bool,
}

impl Record {
    fn random(random: &mut Random) -> Record {
        let single = Single(f32::from_bits(random.next() as u32));
        let at = [(); 3].map(|()| Double(random.double()));
        Record { at, inner: (random.next() as u8, single), flag: random.below(2) == 0 }
    }
}

#[derive(Serialize, Deserialize, PartialEq, Clone, Debug)]
pub(super) enum Tree {
    Leaf,
    Unit(()),
    Bool(bool),
    Signed(i128),
    Unsigned(u128),
    Small(i16, u8, u32, i64),
    Double(Double),
    Single(Option<Option<Single>>),
    Char(char),
    Text(String),
    Doubles(Vec<Double>),
    Singles(Vec<Single>),
    Bytes(Vec<u8>),
    Shorts(Vec<i16>),
    Words(Box<[u64]>),
    Booleans(Vec<bool>),
    Records(Vec<Record>),
    Lines(Vec<[i32; 2]>),
    Option(Option<Option<Box<Tree>>>),
    Units(Vec<Option<Option<()>>>),
    List(Vec<Tree>),
    Pairs(Vec<(u8, Tree)>),
    Map(BTreeMap<i64, Tree>),
    Named(BTreeMap<String, Option<Tree>>),
    Struct { left: Box<Tree>, right: Option<Box<Tree>>, flag: Option<()> },
    Flat(Box<Flat>),
}

#[derive(Serialize, Deserialize, PartialEq, Clone, Debug)]
pub(super) struct Flat {
    depth: u64,
    #[serde(flatten)]
    rest: Rest,
    #[serde(flatten)]
    others: Others,
}

/// Not a map: that would take the fields of `rest` too, as serde flattens it.
#[derive(Serialize, Deserialize, PartialEq, Clone, Debug)]
struct Others {
    doubles: Vec<Double>,
    map: BTreeMap<u16, Option<Vec<Double>>>,
    unit: (),
}

#[derive(Serialize, Deserialize, PartialEq, Clone, Debug)]
#[serde(tag = "kind")]
enum Rest {
    Nothing,
    Numbers { a: i64, b: Double, c: Option<Option<bool>>, d: Vec<u16> },
    Text { text: String, char: char },
}

impl Tree {
    pub(super) fn random(random: &mut Random, depth: usize) -> Tree {
        let kinds = if depth == 0 { 18 } else { 26 };
        let length = [0, 1, 3, 7, 8, 9, 30, 300][random.below(8)];
        let few = random.below(5);
        match random.below(kinds) {
            0 => Tree::Leaf,
            1 => Tree::Unit(()),
            2 => Tree::Bool(random.below(2) == 0),
            3 => Tree::Signed(random.magnitude() as i128),
            4 => Tree::Unsigned(random.magnitude()),
            5 => {
                Tree::Small(random.next() as i16, random.next() as u8, random.next() as u32, random.magnitude() as i64)
            }
            6 => Tree::Double(Double(random.double())),
            7 => Tree::Single(
                [None, Some(None), Some(Some(Single(f32::from_bits(random.next() as u32))))][random.below(3)],
            ),
            8 => Tree::Char(random.text().chars().next().unwrap_or('\0')),
            9 => Tree::Text(random.text()),
            10 => Tree::Doubles((0..length).map(|_| Double(random.double())).collect()),
            11 => Tree::Singles((0..length).map(|_| Single(f32::from_bits(random.next() as u32))).collect()),
            12 => Tree::Bytes((0..length).map(|_| random.next() as u8).collect()),
            13 => Tree::Shorts((0..length).map(|_| random.magnitude() as i16).collect()),
            14 => Tree::Words((0..length).map(|_| random.magnitude() as u64).collect()),
            15 => Tree::Booleans((0..length).map(|_| random.below(2) == 0).collect()),
            16 => Tree::Records((0..length).map(|_| Record::random(random)).collect()),
            17 => Tree::Lines((0..length).map(|_| [random.magnitude() as i32, -1]).collect()),
            18 => Tree::Option(
                [None, Some(None), Some(Some(Box::new(Tree::random(random, depth - 1))))][random.below(3)].clone(),
            ),
            19 => Tree::Units((0..length).map(|_| [None, Some(None), Some(Some(()))][random.below(3)]).collect()),
            20 => Tree::List((0..few).map(|_| Tree::random(random, depth - 1)).collect()),
            21 => Tree::Pairs((0..few).map(|_| (random.next() as u8, Tree::random(random, depth - 1))).collect()),
            22 => Tree::Map((0..few).map(|_| (random.magnitude() as i64, Tree::random(random, depth - 1))).collect()),
            23 => Tree::Named((0..few).map(|_| (random.text(), Some(Tree::random(random, depth - 1)))).collect()),
            24 => Tree::Struct {
                left: Box::new(Tree::random(random, depth - 1)),
                right: (random.below(2) == 0).then(|| Box::new(Tree::random(random, depth - 1))),
                flag: (random.below(2) == 0).then_some(()),
            },
            _ => Tree::Flat(Box::new(Flat::random(random))),
        }
    }
}

impl Flat {
    fn random(random: &mut Random) -> Flat {
        let rest = match random.below(3) {
            0 => Rest::Nothing,
            1 => Rest::Numbers {
                a: random.magnitude() as i64,
                b: Double(random.double()),
                c: [None, Some(None), Some(Some(true))][random.below(3)],
                d: (0..random.below(20)).map(|_| random.next() as u16).collect(),
            },
            _ => Rest::Text { text: random.text(), char: 'ü' },
        };
        let doubles = (0..random.below(20)).map(|_| Double(random.double())).collect();
        let map = (0..5).map(|at| (at, (at % 3 > 0).then(|| vec![Double(random.double())]))).collect();
        let others = Others { doubles, map, unit: () };
        Flat { depth: random.next(), rest, others }
    }
}

#[test]
fn random_trees_come_back() {
    let mut random = Random(2);
    for _ in 0..4000 {
        let tree = Tree::random(&mut random, 5);
        assert_eq!(back(&tree), tree);
    }
}

#[test]
fn canonical_bytes_do_not_depend_on_the_round_trip() {
    let mut random = Random(7);
    for _ in 0..1000 {
        let tree = Tree::random(&mut random, 4);
        let canonical = to_canonical(&tree).unwrap();
        assert_eq!(to_canonical(&back(&tree)).unwrap(), canonical);
        // Nothing but the width of NaNs' payloads is lost in it.
        assert_eq!(to_canonical(&from_slice::<Tree>(&canonical).unwrap()).unwrap(), canonical);
    }
}

//! Sequences of records by column: what is stored so, that it comes back, and what it costs to be wrong about it.

use super::{Random, back, fits, hex, same, unhex};
use crate::codec::{Capture, Packed, capture, from_slice, to_canonical, to_vec};
use serde::de::IgnoredAny;
use serde::ser::SerializeTuple;
use serde::{Deserialize, Serialize, Serializer};
use std::collections::{BTreeMap, BTreeSet, LinkedList, VecDeque};
use std::fmt::Debug;

const HEAD: [u8; 5] = [0xDA, 0x00, 0x05, 0x04, 0xE6];

#[derive(Serialize, Deserialize, PartialEq, Clone, Copy, Debug, Default)]
struct Particle {
    pos: [f64; 3],
    vel: (f64, f64, f64),
    id: u32,
    alive: bool,
}

#[derive(Serialize, Deserialize, PartialEq, Clone, Copy, Debug)]
struct Wrapper<T>(T);

#[derive(Serialize, Deserialize, PartialEq, Clone, Debug)]
struct Deep {
    inner: Wrapper<Particle>,
    grid: [[i16; 2]; 3],
    mixed: (u8, [f32; 1], [bool; 2]),
}

fn particle(at: u32) -> Particle {
    let x = f64::from(at);
    Particle {
        pos: [x, -x, f64::from_bits(0x7FF0_0000_0000_0001)],
        vel: (0.5, -0.0, x / 3.0),
        id: at,
        alive: at.is_multiple_of(3),
    }
}

fn bits(particle: &Particle) -> (Vec<u64>, u32, bool) {
    let Particle { pos, vel, id, alive } = particle;
    let floats = pos.iter().chain([&vel.0, &vel.1, &vel.2]);
    (floats.map(|float| float.to_bits()).collect(), *id, *alive)
}

fn deep(at: i16) -> Deep {
    let grid = [[at, 1], [2, -at], [4, 5]];
    let particle = Particle { id: 7, ..Particle::default() };
    Deep { inner: Wrapper(particle), grid, mixed: (at as u8, [0.5], [at > 5, true]) }
}

fn by_column<T: Serialize>(value: &T) -> bool {
    to_vec(value).unwrap().starts_with(&HEAD)
}

fn same_by_column<T: Serialize + serde::de::DeserializeOwned + PartialEq + Debug>(value: T) {
    assert!(by_column(&value));
    same(value);
}

fn same_by_row<T: Serialize + serde::de::DeserializeOwned + PartialEq + Debug>(value: T) {
    assert!(!by_column(&value));
    same(value);
}

#[test]
fn records_of_numbers_are_stored_by_column() {
    let particles: Vec<Particle> = (0..1000).map(particle).collect();
    assert!(by_column(&particles));
    assert!(back(&particles).iter().map(bits).eq(particles.iter().map(bits)));
    same_by_column((0..300).map(deep).collect::<Vec<_>>());
    same_by_column((0..16).map(|at| (at, -1i8)).collect::<VecDeque<_>>());
    same_by_column((0..16).map(|at| (at, true)).collect::<BTreeSet<_>>());
    same_by_column((0..16).map(|at| Wrapper([at; 32])).collect::<LinkedList<_>>());
    same_by_column(vec![(1u8,); 20]);
    same_by_column(vec![[[0.5f32; 1]; 1]; 20]);
    same_by_column((0..20).map(|at| at % 3 == 0).collect::<Vec<_>>());
    same_by_column::<Box<[_]>>(vec![(u64::MAX, i64::MIN, -0.0f32); 70_000].into());
    assert!(!by_column(&vec![(1u8,); 15]), "too few");
}

#[test]
fn the_bytes_of_a_table() {
    #[derive(Serialize)]
    struct Record {
        a: [u8; 2],
        b: bool,
    }
    let records: Vec<Record> = (0..16).map(|at| Record { a: [at, 0], b: true }).collect();
    let pairs: String = (0..16).map(|at| format!("{at:02x}00")).collect();
    let expected = format!("da000504e68210a26161d8288282100{}d8405820{pairs}616250{}", "2", "01".repeat(16));
    assert_eq!(hex(&to_vec(&records).unwrap()), expected);
}

#[test]
fn all_else_is_stored_by_row() {
    #[derive(Serialize, Deserialize, PartialEq, Clone, Debug)]
    struct Skips {
        #[serde(default, skip_serializing_if = "is_zero")]
        a: u8,
        b: u8,
    }
    fn is_zero(number: &u8) -> bool {
        *number == 0
    }
    #[derive(Serialize, Deserialize, PartialEq, Clone, Debug)]
    enum Kinds {
        One(u8),
        Other,
    }
    #[derive(Serialize, Deserialize, PartialEq, Clone, Debug)]
    struct Void {}
    #[derive(Serialize, Deserialize, PartialEq, Clone, Debug)]
    struct Hollow {
        number: u8,
        void: Void,
    }
    same_by_row((0..40).map(|at| Skips { a: u8::from(at == 30), b: at }).collect::<Vec<_>>());
    same_by_row((0..40).map(|at| Skips { a: u8::from(at != 30), b: at }).collect::<Vec<_>>());
    same_by_row((0..40).map(|at| if at == 30 { Kinds::Other } else { Kinds::One(at) }).collect::<Vec<_>>());
    same_by_row((0..40).map(|at| (at, (at > 30).then_some(at))).collect::<Vec<_>>());
    same_by_row((0..40).map(|at| (at, at.to_string())).collect::<Vec<_>>());
    same_by_row(vec![(1u8, 'x', ()); 40]);
    same_by_row(vec![(1u8, 1u128); 40]);
    same_by_row(vec![((), ()); 40]);
    same_by_row(vec![Void {}; 40]);
    same_by_row(vec![Hollow { number: 1, void: Void {} }; 40]);
    same_by_row(vec![(1u8, vec![1u8, 2]); 40]);
    same_by_row(vec![vec![(1u8, 2u8)]; 40]);
}

/// Tuples of one element, as deep as a number says, with another number inside.
struct Nested(usize, u8);

impl Serialize for Nested {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        if self.0 == 0 {
            return serializer.serialize_u8(self.1);
        }
        let mut tuple = serializer.serialize_tuple(2)?;
        tuple.serialize_element(&Nested(self.0 - 1, self.1))?;
        tuple.serialize_element(&0.5)?;
        tuple.end()
    }
}

#[test]
fn records_that_go_deep_are_stored_by_row() {
    let records = |depth: usize| (0..20).map(|at| Nested(depth, at)).collect::<Vec<_>>();
    for depth in [1, 15, 16, 17, 100, 255] {
        let bytes = to_vec(&records(depth)).unwrap();
        assert_eq!(bytes.starts_with(&HEAD), depth <= 16, "{depth}");
        from_slice::<IgnoredAny>(&bytes).unwrap();
        let value = from_slice::<Vec<ciborium::Value>>(&bytes).unwrap();
        let innermost = (0..depth).fold(&value[7], |value, _| &value.as_array().unwrap()[0]);
        assert_eq!(*innermost, 7.into());
    }
    assert!(to_vec(&records(256)).unwrap_err().to_string().contains("256 levels"));
    // What is written can be read where hardly any depth is left.
    let list = |outer: usize| (0..outer).fold(Tower::Top(records(10)), |inner, _| Tower::Up(Box::new((inner,))));
    for outer in 230..256 {
        match to_vec(&list(outer)) {
            Ok(bytes) => drop(from_slice::<ciborium::Value>(&bytes).unwrap()),
            Err(error) => assert!(outer > 244 && error.to_string().contains("256 levels"), "{outer}"),
        }
    }
}

/// Records inside of so many arrays.
#[derive(Serialize)]
#[serde(untagged)]
enum Tower {
    Top(Vec<Nested>),
    Up(Box<(Tower,)>),
}

/// A record that is of another shape at one place, and of the same elsewhere.
#[derive(Serialize, Deserialize, PartialEq, Clone, Debug)]
#[serde(untagged)]
enum Odd {
    Plain { a: [u16; 9], b: (u8, bool) },
    Longer { a: [u16; 9], b: (u8, bool, u8) },
    Renamed { a: [u16; 9], c: (u8, bool) },
    Fewer { a: [u16; 8], b: (u8, bool) },
    More { a: [u16; 10], b: (u8, bool) },
    Mixed { a: (u16, u16, u16, u16, i16, u16, u16, u16, u16), b: (u8, bool) },
    Last { a: (u16, u16, u16, u16, u16, u16, u16, u16, String), b: (u8, bool) },
    Inner { a: [[u16; 3]; 3], b: (u8, bool) },
    Float { a: (f64, u16), b: u8 },
    Bare(u8),
    Text(String),
}

#[test]
fn another_shape_at_any_place() {
    let plain = |at: usize| Odd::Plain { a: [at as u16; 9], b: (at as u8, at & 1 == 0) };
    let a = [7; 9];
    let others = [
        Odd::Longer { a, b: (1, true, 2) },
        Odd::Renamed { a, c: (1, true) },
        Odd::Fewer { a: [7; 8], b: (1, true) },
        Odd::More { a: [7; 10], b: (1, true) },
        Odd::Mixed { a: (1, 2, 3, 4, -5, 6, 7, 8, 9), b: (1, true) },
        Odd::Last { a: (1, 2, 3, 4, 5, 6, 7, 8, "x".to_owned()), b: (1, true) },
        Odd::Inner { a: [[7; 3]; 3], b: (1, true) },
        Odd::Float { a: (0.5, 1), b: 2 },
        Odd::Bare(3),
        Odd::Text("x".to_owned()),
    ];
    same_by_column((0..16).map(plain).collect::<Vec<_>>());
    for length in [16, 17, 300] {
        for at in [0, 1, 7, 14, 15, length - 1] {
            for other in &others {
                let mut records: Vec<Odd> = (0..length).map(plain).collect();
                records[at] = other.clone();
                same_by_row(records);
            }
        }
    }
}

#[test]
fn tables_inside_of_what_serde_buffers() {
    #[derive(Serialize, Deserialize, PartialEq, Clone, Debug)]
    struct Flat {
        first: u8,
        #[serde(flatten)]
        rest: Rest,
    }
    #[derive(Serialize, Deserialize, PartialEq, Clone, Debug)]
    struct Rest {
        records: Vec<Deep>,
        named: BTreeMap<String, Vec<(u8, bool)>>,
        option: Option<Option<Vec<Wrapper<[f32; 2]>>>>,
    }
    #[derive(Serialize, Deserialize, PartialEq, Clone, Debug)]
    #[serde(tag = "kind")]
    enum Tagged {
        Records { deep: Vec<Deep>, bits: Vec<bool> },
    }
    #[derive(Serialize, Deserialize, PartialEq, Clone, Debug)]
    #[serde(untagged)]
    enum Untagged {
        Number(u8),
        Maps(Vec<BTreeMap<String, String>>),
        Records(Vec<Deep>),
    }
    let records: Vec<Deep> = (0..20).map(deep).collect();
    let named = BTreeMap::from([("x".to_owned(), vec![(1, true); 30])]);
    let rest = Rest { records: records.clone(), named, option: Some(Some(vec![Wrapper([0.5, -0.0]); 16])) };
    same(Flat { first: 1, rest });
    same(Tagged::Records { deep: records.clone(), bits: vec![true; 20] });
    same(Untagged::Records(records));
}

#[test]
fn a_table_for_other_types() {
    let records: Vec<(u8, bool)> = (0..20).map(|at| (at, at > 3)).collect();
    let bytes = to_vec(&records).unwrap();
    assert_eq!(from_slice::<Vec<(Option<u16>, Option<Option<bool>>)>>(&bytes).unwrap()[4], (Some(4), Some(Some(true))));
    assert_eq!(from_slice::<[(i64, bool); 20]>(&bytes).unwrap()[19], (19, true));
    assert!(from_slice::<[(i64, bool); 19]>(&bytes).unwrap_err().to_string().contains("more elements"));
    assert!(from_slice::<Vec<(u8,)>>(&bytes).unwrap_err().to_string().contains("more elements"));
    assert!(from_slice::<Vec<(u8, bool, u8)>>(&bytes).is_err());
    assert!(from_slice::<Vec<(u8, u8)>>(&bytes).is_err());
    assert!(from_slice::<Vec<(u8, String)>>(&bytes).is_err());
    assert!(from_slice::<Vec<(u8, ())>>(&bytes).is_err());
    assert!(from_slice::<BTreeMap<u8, bool>>(&bytes).is_err());
    assert!(from_slice::<Vec<u8>>(&bytes).is_err());
    assert!(from_slice::<u64>(&bytes).is_err());
    from_slice::<IgnoredAny>(&bytes).unwrap();
    from_slice::<Vec<IgnoredAny>>(&bytes).unwrap();
}

#[test]
fn arrays_in_a_table_for_other_types() {
    let records: Vec<(u32, [f64; 3], [f32; 2])> =
        (0..20).map(|at| (at, [0.5, -0.0, f64::from(at)], [1.5; 2])).collect();
    let bytes = to_vec(&records).unwrap();
    same_by_column(records);
    type Floats = (u32, Vec<Option<f64>>, (f64, f32));
    assert_eq!(from_slice::<Vec<Floats>>(&bytes).unwrap()[4], (4, vec![Some(0.5), Some(-0.0), Some(4.0)], (1.5, 1.5)));
    type Wrapped = (u32, [Wrapper<f32>; 3], [Option<Wrapper<f64>>; 2]);
    let wrapped = (4, [0.5, -0.0, 4.0].map(Wrapper), [Some(Wrapper(1.5)); 2]);
    assert_eq!(from_slice::<Vec<Wrapped>>(&bytes).unwrap()[4], wrapped);
    from_slice::<Vec<(u32, [IgnoredAny; 3], IgnoredAny)>>(&bytes).unwrap();
    assert!(from_slice::<Vec<(u32, [f64; 2], [f32; 2])>>(&bytes).unwrap_err().to_string().contains("more elements"));
    assert!(from_slice::<Vec<(u32, [f64; 4], [f32; 2])>>(&bytes).unwrap_err().to_string().contains("length"));
    assert!(from_slice::<Vec<(u32, [u64; 3], [f32; 2])>>(&bytes).unwrap_err().to_string().contains("floating point"));
    assert!(from_slice::<Vec<(u32, [bool; 3], [f32; 2])>>(&bytes).unwrap_err().to_string().contains("a number"));
    assert!(from_slice::<Vec<(u32, [[f64; 1]; 3], [f32; 2])>>(&bytes).is_err());
}

#[test]
fn names_of_runs_know_no_tables() {
    let records: Vec<Particle> = (0..20).map(|at| Particle { id: at, ..Particle::default() }).collect();
    let rows: Vec<ciborium::Value> =
        records.iter().map(|record| from_slice(&to_vec(record).unwrap()).unwrap()).collect();
    assert_eq!(to_canonical(&records).unwrap(), to_canonical(&rows).unwrap());
}

type Five = (u64, [[f64; 2]; 2], Wrapper<i8>, bool, f32);

#[test]
fn random_records_come_back() {
    let mut random = Random(11);
    for _ in 0..300 {
        let length = [0, 1, 15, 16, 17, 100, 1000][random.below(7)];
        let records: Vec<Five> = (0..length)
            .map(|_| {
                let single = f32::from_bits((random.double().to_bits() >> 32) as u32);
                let grid = [[random.double(), random.double()], [random.double(), 0.0]];
                (random.magnitude() as u64, grid, Wrapper(random.next() as i8), random.below(2) == 0, single)
            })
            .collect();
        let bits = |records: &[Five]| -> Vec<_> {
            let record = |(a, b, c, d, e): &Five| (*a, b.map(|pair| pair.map(f64::to_bits)), c.0, *d, e.to_bits());
            records.iter().map(record).collect()
        };
        assert_eq!(bits(&back(&records)), bits(&records));
    }
}

#[test]
fn long_pieces_of_numbers_are_listed() {
    #[derive(Serialize)]
    struct State {
        few: Vec<f64>,
        #[serde(flatten)]
        rest: BTreeMap<&'static str, Vec<f32>>,
        rows: Vec<(String, Vec<u16>)>,
        particles: Vec<Particle>,
        mixed: Vec<Mixed>,
        bytes: Vec<u8>,
    }
    #[derive(Serialize, Clone)]
    #[serde(untagged)]
    enum Mixed {
        Number(f64),
        Text(&'static str),
    }
    let mixed = [vec![Mixed::Number(0.5); 2000], vec![Mixed::Text("x")]].concat();
    let state = State {
        few: vec![1.0; 511],
        rest: BTreeMap::from([("a", vec![2.0; 1024]), ("b", vec![3.0; 2000])]),
        rows: vec![("x".to_owned(), vec![0x0404; 3000]), (String::new(), vec![0x0505; 2048])],
        particles: vec![Particle { pos: [1.0; 3], vel: (2.0, 2.0, 2.0), id: 0x0606_0606, alive: true }; 5000],
        mixed,
        bytes: vec![7; 4096],
    };
    let mut into = Capture::default();
    capture(&"before", &mut into, usize::MAX).unwrap();
    capture(&state, &mut into, usize::MAX).unwrap();
    let found: Vec<(usize, u8, Vec<u8>)> = into
        .arrays
        .iter()
        .map(|&Packed { start, length, width }| {
            let piece = &into.bytes[start..start + length];
            assert!(piece.chunks(width.into()).all(|number| number == &piece[..width.into()]), "one piece, one number");
            (length, width, piece[..width.into()].to_vec())
        })
        .collect();
    let expected = [
        (4096, 4, 2f32.to_le_bytes().to_vec()),
        (8000, 4, 3f32.to_le_bytes().to_vec()),
        (6000, 2, vec![4; 2]),
        (4096, 2, vec![5; 2]),
        (120_000, 8, 1f64.to_le_bytes().to_vec()),
        (120_000, 8, 2f64.to_le_bytes().to_vec()),
        (20_000, 4, vec![6; 4]),
        (5000, 1, vec![1]),
        (4096, 1, vec![7]),
    ];
    assert_eq!(found, expected);
}

#[test]
fn limits_hold_for_tables() {
    let records: Vec<Particle> = (0..1000).map(particle).collect();
    let size = to_vec(&records).unwrap().len();
    for limit in [0, 1, 100, size - 1, size, size + 1] {
        assert_eq!(fits(&records, limit), (size <= limit).then_some(size));
        let mut into = Capture { bytes: vec![9; 50].into(), ..Capture::default() };
        let result = capture(&records, &mut into, limit);
        assert_eq!(result.is_ok(), size <= limit);
        assert_eq!(into.bytes.len(), if size <= limit { 50 + size } else { 50 });
        assert_eq!(into.arrays.is_empty(), size > limit);
    }
}

#[test]
fn malformed_tables_are_errors() {
    let whole = |node: &str| unhex(&format!("da000504e68202{node}"));
    from_slice::<Vec<u8>>(&whole("d840420102")).unwrap();
    from_slice::<Vec<bool>>(&whole("420100")).unwrap();
    from_slice::<Vec<[u8; 2]>>(&whole("d82882820202d8404401020304")).unwrap();
    assert_eq!(from_slice::<Vec<BTreeMap<String, u16>>>(&whole("a16161d8414400010002")).unwrap()[1]["a"], 2);
    for node in [
        "",
        "01",
        "f6",
        "80",
        "a0",
        "4101",
        "43010000",
        "420102",
        "820102",
        "d8404101",
        "d84043010203",
        "d8404201",
        "d8418200",
        "d82882820203d8404401020304",
        "d82882820302d8404401020304",
        "d828828102d840420102",
        "d82882820200d84040",
        "d8288282021bffffffffffffffffd84040",
        "d8288283021b80000000000000001b8000000000000000d84040",
        "d8289f820202ffd8404401020304",
        "d828829f0202ffd8404401020304",
        "a1f6d840420102",
        "a1416180",
        "a16161",
        "8180",
        "bbffffffffffffffff",
        "9bffffffffffffffff",
        "c1d840420102",
        "da000504e68202d840420102",
    ] {
        assert!(from_slice::<ciborium::Value>(&whole(node)).is_err(), "{node}");
        assert!(from_slice::<Vec<[u8; 2]>>(&whole(node)).is_err(), "{node}");
    }
    let long = format!("a1{}{}d840420102", "7841", "61".repeat(65));
    assert!(from_slice::<ciborium::Value>(&whole(&long)).is_err(), "a name that is too long");
    for (depth, fine) in [(1, true), (16, true), (17, false), (100_000, false)] {
        let node = format!("{}d840420102", "81".repeat(depth));
        assert_eq!(from_slice::<ciborium::Value>(&whole(&node)).is_ok(), fine, "{depth}");
    }
    for start in ["da000504e680", "da000504e681", "da000504e6821bffffffffffffffff40", "da000504e6f6", "da000504e68220"]
    {
        assert!(from_slice::<Vec<bool>>(&unhex(start)).is_err(), "{start}");
        assert!(from_slice::<Vec<bool>>(&unhex(&start.repeat(10_000))).is_err(), "{start}");
    }
}

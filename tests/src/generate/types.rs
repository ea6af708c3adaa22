//! The types of generated locals: how each is written, made, changed and folded into a number.

/// The type of a local.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum Ty {
    U64,
    U8,
    I32,
    I128,
    F64,
    Bool,
    Char,
    Str,
    Vec,
    Deque,
    Map,
    Opt,
    OptOpt,
    OptUnit,
    Pair,
    Arr4,
    Arr40,
    Nested,
    Point,
    Shape,
    Rng,
    /// Positions; not declared, only given by loops.
    Usize,
    /// The generic parameter of the function.
    Generic,
    /// An array as long as the function's `const` parameter.
    ConstArr,
}

/// What may be declared in every function.
pub(crate) const COMMON: &[Ty] = &[
    Ty::U64,
    Ty::U64,
    Ty::U64,
    Ty::U64,
    Ty::U8,
    Ty::I32,
    Ty::I128,
    Ty::F64,
    Ty::F64,
    Ty::Bool,
    Ty::Char,
    Ty::Str,
    Ty::Str,
    Ty::Vec,
    Ty::Vec,
    Ty::Vec,
    Ty::Deque,
    Ty::Map,
    Ty::Opt,
    Ty::OptOpt,
    Ty::OptUnit,
    Ty::Pair,
    Ty::Arr4,
    Ty::Arr40,
    Ty::Nested,
    Ty::Point,
    Ty::Shape,
    Ty::Rng,
];

impl Ty {
    pub(crate) fn rust(self) -> &'static str {
        match self {
            Ty::U64 => "u64",
            Ty::U8 => "u8",
            Ty::I32 => "i32",
            Ty::I128 => "i128",
            Ty::F64 => "f64",
            Ty::Bool => "bool",
            Ty::Char => "char",
            Ty::Str => "String",
            Ty::Vec => "Vec<u64>",
            Ty::Deque => "VecDeque<u64>",
            Ty::Map => "BTreeMap<u8, String>",
            Ty::Opt => "Option<u64>",
            Ty::OptOpt => "Option<Option<u64>>",
            Ty::OptUnit => "Option<()>",
            Ty::Pair => "(u64, String)",
            Ty::Arr4 => "[u64; 4]",
            Ty::Arr40 => "[u16; 40]",
            Ty::Nested => "Vec<Vec<u8>>",
            Ty::Point => "Point",
            Ty::Shape => "Shape",
            Ty::Rng => "ChaCha8Rng",
            Ty::Usize => "usize",
            Ty::Generic => "T",
            Ty::ConstArr => "[u64; N]",
        }
    }

    pub(crate) fn is_copy(self) -> bool {
        use Ty::*;
        matches!(
            self,
            U64 | U8
                | I32
                | I128
                | Usize
                | F64
                | Bool
                | Char
                | Opt
                | OptOpt
                | OptUnit
                | Arr4
                | Arr40
                | Point
                | Generic
                | ConstArr
        )
    }

    /// An expression that makes a value out of the numbers `a` and `b` (expressions of type `u64`).
    /// `form` chooses between several.
    pub(crate) fn make(self, a: &str, b: &str, form: usize) -> String {
        let forms: &[&str] = match self {
            Ty::U64 => &["$a", "mix($a, $b)", "($a).wrapping_add($b)"],
            Ty::U8 => &["($a % 251) as u8", "u8::try_from($a % 100).unwrap_or(7)"],
            Ty::I32 => &["($a % 1000) as i32 - 500", "-(($a % 9) as i32)"],
            Ty::I128 => &["-(($a) as i128) * 1_000_003", "(($a) as i128) << 60"],
            Ty::F64 => {
                &["($a % 1000) as f64 * 0.37", "-0.0 * (1.0 + ($a % 7) as f64)", "f64::from(($a % 77) as u32).sqrt()"]
            }
            Ty::Bool => &["$a % 3 == 0", "$a > $b"],
            Ty::Char => &["letter($a)", "if $a % 2 == 0 { 'α' } else { 'z' }"],
            Ty::Str => &["format!(\"<{}>\", $a % 1000)", "($a % 77).to_string() + \"é\"", "String::from(\"start\")"],
            Ty::Vec => &[
                "vec![$a, $b]",
                "(0..$a % 4).map(|k| k * 3 + 1).collect()",
                "vec![$a % 10; ($b % 3) as usize]",
                "Vec::new()",
            ],
            Ty::Deque => &["VecDeque::from([$a % 5, $b % 4, 2])", "(0..$a % 3).collect()"],
            Ty::Map => &["BTreeMap::from([(($a % 9) as u8, ($b % 50).to_string())])", "BTreeMap::new()"],
            Ty::Opt => &["Some($a)", "if $a % 2 == 0 { Some($b) } else { None }", "None"],
            Ty::OptOpt => &["Some(None)", "Some(Some($a))", "if $a % 2 == 0 { Some(None) } else { None }"],
            Ty::OptUnit => &["Some(())", "if $a % 2 == 0 { Some(()) } else { None }"],
            Ty::Pair => &["($a, format!(\"p{}\", $b % 90))"],
            Ty::Arr4 => &["[$a, $b, 3, 4]", "[$a % 100; 4]"],
            Ty::Arr40 => &["[($a % 5000) as u16; 40]", "std::array::from_fn(|k| k as u16 * (($a % 9) as u16))"],
            Ty::Nested => &["vec![vec![1, 2], vec![], vec![($a % 200) as u8]]", "Vec::new()"],
            Ty::Point => &["Point { x: $a, y: ($b % 100) as f64, tag: None }", "Point::at($a)"],
            Ty::Shape => &["Shape::of($a)", "Shape::Rect { w: $a % 50, h: $b % 50 }", "Shape::Dot"],
            Ty::Rng => &["ChaCha8Rng::seed_from_u64($a)"],
            Ty::Usize => &["($a % 50) as usize"],
            Ty::Generic => &["T::from_word($a)"],
            Ty::ConstArr => &["[$a; N]", "std::array::from_fn(|k| $a.wrapping_add(k as u64))"],
        };
        forms[form % forms.len()].replace("$a", &wrap(a)).replace("$b", &wrap(b))
    }

    /// A statement that changes the place `x`, without site and without other mutable locals than those in `a` and `b`.
    pub(crate) fn change(self, x: &str, a: &str, b: &str, form: usize) -> String {
        let forms: &[&str] = match self {
            Ty::U64 => {
                &["$x = mix($x, $a);", "$x ^= $a;", "$x = $x.rotate_left(7).wrapping_add($a);", "$x += $a % 1000;"]
            }
            Ty::U8 => &["$x = $x.wrapping_mul(3).wrapping_add(($a % 256) as u8);"],
            Ty::I32 => &["$x = $x.wrapping_sub(($a % 512) as i32);"],
            Ty::I128 => &["$x = $x.wrapping_mul(-7) + ($a) as i128;"],
            Ty::F64 => &["$x = ($x * 0.75 + ($a % 100) as f64 * 0.1) % 1e6;", "$x += ($a % 10) as f64 / 3.0;"],
            Ty::Bool => &["$x = !$x;", "$x ^= $a % 2 == 0;"],
            Ty::Char => &["$x = letter(u64::from(u32::from($x)).wrapping_add($a));"],
            Ty::Str => &[
                "if $x.len() > 40 { $x.clear(); } $x.push(letter($a));",
                "if $x.len() > 40 { $x.clear(); } { use std::fmt::Write as _; write!($x, \"{:x}\", $a % 256).unwrap(); }",
                "if $x.len() > 40 { $x.truncate(0); } $x += \"ab\";",
            ],
            Ty::Vec => &[
                "if $x.len() < 12 { $x.push($a); }",
                "if let Some(last) = $x.last_mut() { *last = mix(*last, $a); }",
                "for slot in $x.iter_mut() { *slot = slot.wrapping_add($a % 100); }",
                "$x.truncate(($a % 9) as usize); $x.push($b);",
                "$x.reverse();",
                "if !$x.is_empty() { let k = ($a as usize) % $x.len(); $x[k] ^= $b; }",
            ],
            Ty::Deque => &[
                "if $x.len() < 8 { $x.push_back($a % 6); }",
                "$x.rotate_left($x.len() / 2);",
                "if let Some(n) = $x.pop_front() { $x.push_back(n ^ 1); }",
            ],
            Ty::Map => &[
                "$x.insert(($a % 9) as u8, ($b % 500).to_string());",
                "$x.entry(($a % 9) as u8).or_default().push_str(\"+\"); if $x.len() > 6 { $x.clear(); }",
            ],
            Ty::Opt => &[
                "$x = $x.map(|n| mix(n, $a));",
                "$x = if $a % 3 == 0 { None } else { Some($b) };",
                "if let Some(ref mut inner) = $x { *inner ^= $a; }",
            ],
            Ty::OptOpt => {
                &["$x = match $x { None => Some(None), Some(None) => Some(Some($a)), Some(Some(_)) => None };"]
            }
            Ty::OptUnit => &["$x = if $a % 3 == 0 { None } else { Some(()) };"],
            Ty::Pair => &[
                "$x.0 ^= $a;",
                "$x.1 = format!(\"{}\", $a % 300);",
                "$x = ($x.0.wrapping_add($a), std::mem::take(&mut $x.1));",
            ],
            Ty::Arr4 => &[
                "$x[($a % 4) as usize] ^= $b;",
                "$x.swap(($a % 4) as usize, ($b % 4) as usize);",
                "$x[1] = mix($x[1], $a);",
            ],
            Ty::Arr40 => &["$x[($a % 40) as usize] ^= ($b % 999) as u16;"],
            Ty::Nested => &[
                "$x.push(vec![($a % 200) as u8]); $x.truncate(6);",
                "if let Some(row) = $x.first_mut() { row.push(9); row.truncate(7); }",
            ],
            Ty::Point => {
                &["$x.x = mix($x.x, $a);", "$x.y = ($x.y + ($a % 10) as f64) % 1e5;", "$x.tag = Some(letter($a));"]
            }
            Ty::Shape => &["$x = Shape::of($a);", "if let Shape::Line(inner) = &mut $x { *inner ^= $a; }"],
            Ty::Rng => &["$x.next_u32();"],
            Ty::Usize => &["$x = ($x + ($a % 9) as usize) % 64;"],
            Ty::Generic => &["$x = T::from_word(mix($x.word(), $a));"],
            Ty::ConstArr => &["if N > 0 { $x[($a as usize) % N] ^= $b; }"],
        };
        let pattern = forms[form % forms.len()];
        pattern.replace("$x", x).replace("$a", &wrap(a)).replace("$b", &wrap(b))
    }

    /// An expression of type `u64` that reads `x` (a local of this type, or a reference to one if `by_ref`).
    pub(crate) fn read(self, x: &str, by_ref: bool, form: usize) -> String {
        let star = if by_ref { "*" } else { "" };
        let forms: &[&str] = match self {
            Ty::U64 => &["$*x", "$*x", "$*x", "$x.wrapping_mul(3)"],
            Ty::U8 => &["u64::from($*x)"],
            Ty::Usize => &["($*x as u64)"],
            Ty::Bool => &["u64::from($*x)", "(if $*x { 11u64 } else { 5 })"],
            Ty::Char => &["u64::from(u32::from($*x))"],
            Ty::Str => &["$x.len() as u64", "$x.word()"],
            Ty::Vec => &[
                "$x.len() as u64",
                "$x.iter().fold(7, |s, n| mix(s, *n))",
                "$x.first().copied().unwrap_or(4)",
                "$x.word()",
            ],
            Ty::Deque => &["$x.len() as u64", "$x.front().copied().unwrap_or(9)", "$x.word()"],
            Ty::Map => &["$x.len() as u64", "$x.values().map(|s| s.len() as u64).sum::<u64>()", "$x.word()"],
            Ty::Opt => &["$x.unwrap_or(3)", "$x.word()", "u64::from(matches!($*x, Some(n) if n > 5))"],
            Ty::Pair => &["$x.0", "$x.1.len() as u64", "$x.word()"],
            Ty::Arr4 => &["$x[2]", "$x.iter().fold(1, |s, n| mix(s, *n))"],
            Ty::Nested => &["$x.iter().flatten().map(|n| u64::from(*n)).sum::<u64>()", "$x.word()"],
            Ty::Point => &["$x.x", "$x.word()"],
            _ => &["$x.word()"],
        };
        let shown = if by_ref { format!("({star}{x})") } else { x.to_owned() };
        forms[form % forms.len()].replace("$*x", &shown).replace("$x", x)
    }
}

/// Brackets around all but names and numbers.
fn wrap(expression: &str) -> String {
    let simple = expression.chars().all(|c| c.is_alphanumeric() || c == '_' || c == '#');
    if simple { expression.to_owned() } else { format!("({expression})") }
}

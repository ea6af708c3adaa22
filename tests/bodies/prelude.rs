//! What generated bodies use.

pub use resume_runtime::rand_chacha::ChaCha8Rng;
pub use resume_runtime::rand_chacha::rand_core::{Rng, SeedableRng};
use serde::de::DeserializeOwned;
use serde::{Deserialize, Serialize};
pub use std::collections::{BTreeMap, VecDeque};
use std::fmt::Debug;
use std::pin::pin;
use std::task::{Context, Poll, Waker};

/// The result and the final state of what was lent, as text that shows every bit.
pub type Outcome = (String, String);

pub fn outcome(result: String, state: &impl Debug) -> Outcome {
    (result, format!("{state:?}"))
}

pub fn mix(a: u64, b: u64) -> u64 {
    (a ^ b.rotate_left(23)).wrapping_mul(0x9e37_79b9_7f4a_7c15).rotate_left(17)
}

pub fn scramble(a: u64) -> u64 {
    mix(a, 0x55)
}

pub fn letter(a: u64) -> char {
    char::from(b'a' + (a % 26) as u8)
}

/// Takes a number and forgets it.
pub fn observe(_: u64) {}

/// # Safety
/// None is needed; it stands for functions that need some.
pub unsafe fn raw(a: u64) -> u64 {
    a.wrapping_add(1)
}

/// From the run's own generator, through a plain function.
pub fn draw() -> u64 {
    resume_runtime::rng().next_u64()
}

pub fn draw_from(stream: &str) -> u64 {
    resume_runtime::rng_stream(stream).next_u64()
}

/// What one run without sites gives.
pub fn whole(run: impl Fn() -> Outcome) -> Outcome {
    let last = std::cell::RefCell::new(None);
    let _ = resume_runtime::testing::cut_everywhere(|| {
        let outcome = run();
        *last.borrow_mut() = Some(outcome.clone());
        outcome
    });
    last.into_inner().expect("the closure ran")
}

/// What a run gives that nobody cuts, in blocks of passes as they come in earnest.
pub fn uncut(run: impl Fn() -> Outcome) -> Outcome {
    static STORE: std::sync::Once = std::sync::Once::new();
    STORE.call_once(|| {
        resume_runtime::configure().store_in(resume_runtime::store::Memory::new());
    });
    run()
}

#[derive(Debug, Clone, PartialEq)]
pub enum Fault {
    Low(u64),
    Run(String),
}

impl From<resume_runtime::Error> for Fault {
    fn from(error: resume_runtime::Error) -> Self {
        Self::Run(error.to_string())
    }
}

pub fn check(a: u64) -> Result<u64, Fault> {
    if a % 29 == 13 { Err(Fault::Low(a)) } else { Ok(a) }
}

pub fn checked(a: u64) -> Option<u64> {
    (a % 23 != 11).then_some(a)
}

#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
pub struct Point {
    pub x: u64,
    pub y: f64,
    pub tag: Option<char>,
}

impl Point {
    pub fn at(a: u64) -> Self {
        Self { x: a, y: (a % 333) as f64 * 0.5, tag: (a % 2 == 0).then(|| letter(a)) }
    }
}

#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub enum Shape {
    Dot,
    Line(u64),
    Rect { w: u64, h: u64 },
}

impl Shape {
    pub fn of(a: u64) -> Self {
        match a % 3 {
            0 => Self::Dot,
            1 => Self::Line(a),
            _ => Self::Rect { w: a % 10, h: a % 7 },
        }
    }
}

/// Alive to the end of its scope by its name.
#[derive(Debug)]
pub struct Guard(u64);

impl Guard {
    pub fn new(a: u64) -> Self {
        Self(a)
    }
}

impl Drop for Guard {
    fn drop(&mut self) {
        observe(self.0);
    }
}

/// An iterator that serde can save.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct Countdown {
    left: u64,
}

impl Countdown {
    pub fn new(left: u64) -> Self {
        Self { left }
    }
}

impl Iterator for Countdown {
    type Item = u64;

    fn next(&mut self) -> Option<u64> {
        self.left = self.left.checked_sub(1)?;
        Some(self.left)
    }
}

/// A future that is not ready at once.
pub async fn pause() {
    let mut polled = false;
    std::future::poll_fn(move |context| {
        context.waker().wake_by_ref();
        if std::mem::replace(&mut polled, true) { Poll::Ready(()) } else { Poll::Pending }
    })
    .await;
}

pub fn block_on<T>(future: impl Future<Output = T>) -> T {
    let mut future = pin!(future);
    let mut context = Context::from_waker(Waker::noop());
    loop {
        if let Poll::Ready(value) = future.as_mut().poll(&mut context) {
            return value;
        }
    }
}

/// What a generic body asks of its parameter.
pub trait Number: Word + Copy + Debug + PartialEq + Serialize + DeserializeOwned + Send + Sync + 'static {
    fn from_word(a: u64) -> Self;
}

impl Number for u32 {
    fn from_word(a: u64) -> Self {
        (a % 100_000) as Self
    }
}

/// Folds a value into a number.
pub trait Word {
    fn word(&self) -> u64;
}

macro_rules! words {
    ($($ty:ty => |$value:ident| $word:expr;)*) => {
        $(impl Word for $ty {
            fn word(&self) -> u64 {
                let $value = self;
                $word
            }
        })*
    };
}

words! {
    u64 => |a| *a;
    u32 => |a| u64::from(*a);
    u16 => |a| u64::from(*a);
    u8 => |a| u64::from(*a);
    usize => |a| *a as u64;
    i32 => |a| *a as u64;
    i128 => |a| mix(*a as u64, (*a >> 64) as u64);
    f64 => |a| a.to_bits();
    bool => |a| u64::from(*a);
    char => |a| u64::from(u32::from(*a));
    () => |_a| 7;
    str => |a| a.bytes().fold(5, |s, b| mix(s, u64::from(b)));
    String => |a| a.as_str().word();
    Point => |a| mix(a.x, mix(a.y.to_bits(), a.tag.word()));
    Shape => |a| match a { Shape::Dot => 1, Shape::Line(n) => mix(2, *n), Shape::Rect { w, h } => mix(*w, *h) };
    ChaCha8Rng => |a| a.clone().next_u64();
    Fault => |a| match a { Fault::Low(n) => mix(3, *n), Fault::Run(text) => text.word() };
}

impl<T: Word> Word for [T] {
    fn word(&self) -> u64 {
        self.iter().fold(self.len() as u64, |s, a| mix(s, a.word()))
    }
}

impl<T: Word, const N: usize> Word for [T; N] {
    fn word(&self) -> u64 {
        self.as_slice().word()
    }
}

impl<T: Word> Word for Vec<T> {
    fn word(&self) -> u64 {
        self.as_slice().word()
    }
}

impl<T: Word> Word for VecDeque<T> {
    fn word(&self) -> u64 {
        self.iter().fold(13, |s, a| mix(s, a.word()))
    }
}

impl<K: Word, V: Word> Word for BTreeMap<K, V> {
    fn word(&self) -> u64 {
        self.iter().fold(17, |s, (k, v)| mix(mix(s, k.word()), v.word()))
    }
}

impl<T: Word> Word for Option<T> {
    fn word(&self) -> u64 {
        self.as_ref().map_or(1, |a| mix(2, a.word()))
    }
}

impl<T: Word, E: Word> Word for Result<T, E> {
    fn word(&self) -> u64 {
        match self {
            Ok(a) => mix(4, a.word()),
            Err(e) => mix(5, e.word()),
        }
    }
}

impl<A: Word, B: Word> Word for (A, B) {
    fn word(&self) -> u64 {
        mix(self.0.word(), self.1.word())
    }
}

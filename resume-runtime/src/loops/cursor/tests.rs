//! Cursors of ranges: where they go on, and how they are moved.

use super::{Steppable, Steps};
use crate::codec;

/// Every way through a range gives its items, saved and restored at every one.
macro_rules! check {
    ($range:expr) => {{
        let want: Vec<_> = $range.collect();
        for most in [1, 2, 3, 7, u64::MAX] {
            let mut steps = Steps::new($range);
            let mut got = Vec::new();
            while let Some(block) = steps.block(&mut most.clone()) {
                got.extend(block);
                let bytes = codec::to_vec(&steps.here()).expect("encodable");
                steps = codec::from_slice(&bytes).expect("the same type");
            }
            assert_eq!(got, want);
        }
        let mut steps = Steps::new($range);
        let mut got = Vec::new();
        while let Some(item) = steps.next() {
            let bytes = codec::to_vec(&steps.again()).expect("encodable");
            let mut other = steps;
            steps = codec::from_slice(&bytes).expect("the same type");
            assert_eq!(steps.next(), Some(item));
            assert_eq!(steps.next(), other.next());
            got.push(item);
            steps = codec::from_slice(&bytes).expect("the same type");
            steps.next();
        }
        assert_eq!(got, want);
    }};
}

#[test]
#[allow(clippy::reversed_empty_ranges, reason = "they give nothing, here as in the plain loop")]
fn ranges_are_the_same_in_blocks() {
    check!(0..10_u64);
    check!(5..5_usize);
    check!(7..3_i32);
    check!(-3..4_i8);
    check!(i8::MIN..i8::MAX);
    check!(250..255_u8);
    check!(u128::MAX - 3..u128::MAX);
    check!(-2..3_i128);
    check!('a'..'f');
    check!('\u{D7FD}'..'\u{E003}');
}

#[test]
#[allow(clippy::reversed_empty_ranges, reason = "they give nothing, here as in the plain loop")]
fn inclusive_ranges_are_the_same_in_blocks() {
    check!(0..=10_u64);
    check!(5..=5_usize);
    check!(7..=3_i32);
    check!(i8::MIN..=i8::MAX);
    check!(0..=255_u8);
    check!(u64::MAX - 3..=u64::MAX);
    check!('\u{D7FD}'..='\u{E003}');
    check!(char::MAX..=char::MAX);
}

#[test]
fn open_ranges_are_the_same_in_blocks() {
    let mut steps = Steps::new(250_u8..);
    assert_eq!(steps.next(), Some(250));
    assert_eq!(steps.again().next(), Some(250));
    assert_eq!(steps.block(&mut 3), Some(251..254));
    assert_eq!(steps.block(&mut 3), Some(254..255));
    let mut chars = Steps::new('\u{D7FF}'..);
    assert_eq!(chars.next(), Some('\u{D7FF}'));
    assert_eq!(chars.next(), Some('\u{E000}'));
}

/// A snapshot may say anything of where its site stood.
#[test]
fn a_cursor_that_has_given_nothing_does_not_go_back() {
    assert_eq!(Steppable::back(&Steps::new(3..6_u8)).next(), Some(3));
    assert_eq!(Steppable::back(&Steps::new(0..=u8::MAX)).next(), Some(0));
    assert_eq!(Steppable::back(&Steps::new(0_u8..)).next(), Some(0));
}

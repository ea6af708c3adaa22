//! Loops over what is not a range, and captured values of all kinds.

use crate::PutAll;
use std::collections::HashMap;

use resume_runtime::__v0_1 as private;
use resume_runtime::{Error, ErrorKind, testing};
use serde::Serialize;
use serde::de::DeserializeOwned;

use crate::{function, get, site};

/// Two nested loops over other things than ranges, a site at the end of the inner one and one in the outer.
fn texts(words: &[&str], numbers: &mut [u64]) -> Result<String, Error> {
    const INNER: private::Site = site("inner", &["out", "numbers", "outer", "for"], &["outer", "for"]);
    let function = function!("texts", [INNER, site("outer", &["out", "numbers", "outer"], &["outer"])]);
    let call = private::Call::new(function, private::path_of(&|| ())).argument("words", &words);
    let mut run = get!(
        call.captured("numbers", private::Save(&*numbers).value())
            .open(private::Returns::<Result<String, Error>>::NEW.kind())
    );
    let mut target = run.target();
    let (mut left_1, mut left_2) = (run.credit(1), run.credit(2));
    if target != 0 {
        get!(run.restore("numbers", numbers));
    }
    let mut out = if target == 0 { String::new() } else { get!(run.take("out")) };
    let Some(mut outer) = run.items("outer", target != 0, private::Source::new(words.iter().enumerate()).cursor())
    else {
        return run.refused();
    };
    while let Some((at, word)) = outer.next() {
        if target == 0 || target == 1 {
            let Some(mut items) = run.items("for", target == 1, private::Source::new(numbers.iter_mut()).cursor())
            else {
                return run.refused();
            };
            if target == 1 {
                target = 0;
                run.arrived();
            }
            // Not saved here, as the borrow of `numbers` lasts.
            while let Some(block) = items.block(&mut { left_1 }) {
                for number in block {
                    *number += at as u64;
                    out.push_str(word);
                    left_1 -= 1;
                }
                if left_1 == 0 {
                    run.due(1, 0, private::Trigger::new().when(false));
                    left_1 = run.credit(1);
                }
            }
        }
        if target == 0 {
            left_2 -= 1;
            if left_2 == 0 {
                if run.due(2, left_2, private::Trigger::new().when(out.len() % 2 == 0)) {
                    get!(run.put_all(
                        2,
                        &[left_1, left_2],
                        &[
                            ("out", private::Save(&out).value()),
                            ("numbers", private::Save(&*numbers).value()),
                            ("outer", private::Save(&outer.again()).value()),
                        ],
                    ));
                }
                left_2 = run.credit(2);
            }
        } else {
            target = 0;
            run.arrived();
        }
    }
    run.done(Ok(format!("{out} {numbers:?}")))
}

#[test]
fn slices_and_adaptors_are_found_again() {
    // Each word makes two passes of the inner site and one of the outer.
    for pass in [3, 6, 9, 12] {
        let report = testing::cut_at(pass, || {
            let mut numbers = [1, 2];
            texts(&["a", "bc", "", "d"], &mut numbers).ok()
        });
        assert_eq!(report.passes, 12);
    }
}

#[test]
fn maps_are_refused_by_name() {
    fn over(map: &HashMap<u64, u64>) -> Result<u64, Error> {
        let function = function!("over", []);
        let call = private::Call::new(function, private::path_of(&|| ())).argument("map", map);
        let mut run = get!(call.open(private::Returns::<Result<u64, Error>>::NEW.kind()));
        let Some(mut items) = run.items("for", false, private::Source::new(map).cursor()) else { return run.refused() };
        let sum = items.block(&mut 10).into_iter().flatten().map(|(key, value)| key * value).sum();
        run.done(Ok(sum))
    }
    crate::set_up();
    let error = over(&HashMap::from([(1, 2)])).expect_err("refused");
    assert_eq!(error.kind(), ErrorKind::Iterator);
    assert!(error.to_string().contains("`HashMap`"), "{error}");
}

/// A value that is captured, whatever its type.
macro_rules! captured {
    ($name:ident, $init:expr) => {{
        fn $name() -> String {
            let function = function!("captured", [site("for", &["x", "for"], &["for"])]);
            let call = private::Call::new(function, private::path_of(&|| ())).argument("n", stringify!($name));
            let mut run = get!(call.open(private::Returns::<String>::NEW.kind()));
            let target = run.target();
            let mut left_1 = run.credit(1);
            let slot = private::Slot::new();
            let mut x = if target == 0 { slot.fresh($init) } else { get!(slot.take(&mut run, "x")) };
            let mut cursor = if target == 0 { private::Steps::new(0..3) } else { get!(run.take_steps("for")) };
            while let Some(block) = cursor.block(&mut { left_1 }) {
                for _ in block {
                    left_1 -= 1;
                }
                if left_1 == 0 {
                    if run.due(1, 0, private::Trigger::new().every(1)) {
                        let held = (x,);
                        let saved = run.put_all(
                            1,
                            &[left_1],
                            &[("x", private::Save(&held.0).value()), ("for", private::Save(&cursor.here()).value())],
                        );
                        (x,) = held;
                        get!(saved);
                    }
                    left_1 = run.credit(1);
                }
            }
            run.done(format!("{x:?}"))
        }
        testing::cut_everywhere($name);
    }};
}

#[test]
fn values_of_all_kinds_are_captured() {
    captured!(option, Some(None::<u8>));
    captured!(unit, Some(()));
    captured!(zero, -0.0);
    captured!(short, [1_u8, 2]);
    captured!(long, [0.5_f64; 100]);
    captured!(rows, [[1.5_f32; 40]; 50]);
    captured!(strings, std::array::from_fn::<String, 40, _>(|i| i.to_string()));
    captured!(list, Vec::<i128>::from([i128::MIN]));
    captured!(map, HashMap::from([('a', 1)]));
}

#[test]
fn generic_arrays_are_captured() {
    fn generic<T, const N: usize>(init: [T; N]) -> Vec<u8>
    where
        T: Clone + Serialize + DeserializeOwned,
    {
        let function = function!("generic", []);
        let call = private::Call::new(function, private::path_of(&|| ())).argument("n", &N);
        let mut run = get!(call.open(private::Returns::<Vec<u8>>::NEW.kind()));
        let slot = private::Slot::new();
        let x = if run.target() == 0 { slot.fresh(init) } else { get!(slot.take(&mut run, "x")) };
        let _ = private::Save(&x).value();
        run.done(vec![0; x.len()])
    }
    crate::set_up();
    assert_eq!(generic([1.5; 70]).len(), 70);
}

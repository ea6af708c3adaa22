//! How runs end: as results, as errors, by an interrupt; and what they leave behind.

use crate::PutAll;
use std::io;

use resume_runtime::__v0_1 as private;
use resume_runtime::__v0_1::OnReturn;
use resume_runtime::{Error, ErrorKind, testing};

use crate::{function, get, site};

/// Adds up to a goal; fails at `fail_at`.
fn add(name: &str, from: &mut u64, goal: u64, fail_at: u64) -> io::Result<u64> {
    let function = function!("add", [site("while", &["from", "sum"], &[])]);
    let call = private::Call::new(function, private::path_of(&|| ())).argument("name", &name);
    let mut run = get!(
        call.argument("goal", &goal)
            .captured("from", private::Save(&*from).value())
            .open(private::Returns::<io::Result<u64>>::NEW.kind())
    );
    let target = run.target();
    let mut left_1 = run.credit(1);
    if target != 0 {
        get!(run.restore("from", from));
    }
    let mut sum = if target == 0 { 0 } else { get!(run.take("sum")) };
    while *from < goal {
        *from += 1;
        if *from == fail_at {
            return run.done(Err(io::Error::other("at the number to fail at")));
        }
        sum += *from;
        left_1 -= 1;
        if left_1 == 0 {
            if run.due(1, left_1, private::Trigger::new().every(2)) {
                get!(run.put_all(
                    1,
                    &[left_1],
                    &[("from", private::Save(&*from).value()), ("sum", private::Save(&sum).value())]
                ));
            }
            left_1 = run.credit(1);
        }
    }
    run.done(Ok(sum))
}

#[test]
fn an_error_is_no_end() {
    crate::set_up();
    assert_eq!(add("error", &mut 0, 10, 7).map_err(|error| error.kind()), Err(io::ErrorKind::Other));
    // From the snapshot at 6: 7 is not the one to fail at any more.
    let mut from = 0;
    assert_eq!(add("error", &mut from, 10, 0).ok(), Some(55));
    assert_eq!(from, 10);
    testing::cut_everywhere(|| {
        let mut from = 3;
        (add("cut", &mut from, 9, 0).ok(), from)
    });
}

/// Calls a child run, and swallows whatever comes of it.
fn careless(n: u64) -> Result<u64, Error> {
    let function = function!("careless", [site("for", &["sum", "for"], &["for"])]);
    let call = private::Call::new(function, private::path_of(&|| ())).argument("n", &n);
    let mut run = get!(call.open(private::Returns::<Result<u64, Error>>::NEW.kind()));
    let target = run.target();
    let mut left_1 = run.credit(1);
    let mut sum = if target == 0 { 0 } else { get!(run.take("sum")) };
    let mut cursor = if target == 0 { private::Steps::new(0..n) } else { get!(run.take_steps("for")) };
    while let Some(block) = cursor.block(&mut { left_1 }) {
        for i in block {
            sum += add("child", &mut 0, 5 + i, 0).unwrap_or(1_000_000);
            left_1 -= 1;
        }
        if left_1 == 0 {
            if run.due(1, 0, private::Trigger::new().every(1)) {
                get!(run.put_all(
                    1,
                    &[left_1],
                    &[("sum", private::Save(&sum).value()), ("for", private::Save(&cursor.here()).value())]
                ));
            }
            left_1 = run.credit(1);
        }
    }
    run.done(Ok(sum))
}

/// The only test that raises the interrupt of this process: in a child process, as it would stop the other tests.
#[test]
fn an_interrupt_saves_and_comes_back_as_an_error() {
    const MARK: &str = "RESUME_TEST_INTERRUPTED";
    crate::set_up();
    if std::env::var_os(MARK).is_none() {
        let status = std::process::Command::new(std::env::current_exe().expect("this test"))
            .args(["--exact", "exits::an_interrupt_saves_and_comes_back_as_an_error"])
            .env(MARK, "1")
            .status();
        assert!(status.expect("started").success());
        return;
    }
    resume_runtime::interrupt();
    let mut from = 0;
    let error = add("interrupted", &mut from, 10, 0).expect_err("interrupted");
    let inner = error.get_ref().and_then(|error| error.downcast_ref::<Error>()).expect("ours");
    assert!(inner.is_interrupt() && inner.kind() == ErrorKind::Interrupted && from == 1);
    // Each call gets one pass further.
    for pass in 2..10 {
        let mut from = 0;
        assert!(add("interrupted", &mut from, 10, 0).is_err());
        assert_eq!(from, pass);
    }
    assert!(careless(4).expect_err("cut").is_interrupt());
    resume_runtime::clear_interrupt();
    assert_eq!(add("interrupted", &mut 0, 10, 0).ok(), Some(55));
    let whole = careless(4).expect("whole");
    assert_eq!(whole, (5..9).map(|goal| (1..=goal).sum::<u64>()).sum());
}

/// The next `more` squares; `most` is what a call may add.
fn squares(name: &str, more: usize, passes: &mut u64) -> Vec<u64> {
    let function = function!("squares", [site("while", &["found"], &[])], on_return: OnReturn::Keep);
    let call = private::Call::new(function, private::path_of(&|| ())).argument("name", &name);
    let mut run = get!(call.open(private::Returns::<Vec<u64>>::NEW.kind()));
    let target = run.target();
    let mut left_1 = run.credit(1);
    let mut found: Vec<u64> = if target == 0 { Vec::new() } else { get!(run.take("found")) };
    let goal = found.len() + more;
    while found.len() < goal {
        *passes += 1;
        found.push((found.len() as u64).pow(2));
        left_1 -= 1;
        if left_1 == 0 {
            if run.due(1, left_1, private::Trigger::new().every(1)) {
                get!(run.put_all(1, &[left_1], &[("found", private::Save(&found).value())]));
            }
            left_1 = run.credit(1);
        }
    }
    run.done(found)
}

#[test]
fn what_is_kept_is_continued() {
    crate::set_up();
    let mut passes = 0;
    assert_eq!(squares("kept", 3, &mut passes), [0, 1, 4]);
    assert_eq!(squares("kept", 2, &mut passes), [0, 1, 4, 9, 16]);
    assert_eq!(passes, 5);
}

/// Doubles what it is given `n` times.
fn double(values: &mut [u64], n: u64, passes: &mut u64) -> Result<String, Error> {
    let function = function!("double", [site("for", &["values", "for"], &["for"])], on_return: OnReturn::Memoize);
    let call = private::Call::new(function, private::path_of(&|| ())).argument("n", &n);
    let mut run = get!(
        call.captured("values", private::Save(&*values).value())
            .open(private::Returns::<Result<String, Error>>::NEW.kind())
    );
    let target = run.target();
    if target != 0 || run.memoized() {
        get!(run.restore("values", &mut *values));
    }
    if let Some(result) = run.memo() {
        return result;
    }
    let mut left_1 = run.credit(1);
    let mut cursor = if target == 0 { private::Steps::new(1..=n) } else { get!(run.take_steps("for")) };
    while let Some(block) = cursor.block(&mut { left_1 }) {
        for _ in block {
            *passes += 1;
            values.iter_mut().for_each(|value| *value *= 2);
            left_1 -= 1;
        }
        if left_1 == 0 {
            if run.due(1, 0, private::Trigger::new().every(2)) {
                get!(run.put_all(
                    1,
                    &[left_1],
                    &[("values", private::Save(&*values).value()), ("for", private::Save(&cursor.here()).value())]
                ));
            }
            left_1 = run.credit(1);
        }
    }
    let text = format!("{values:?}");
    run.memoize(Ok(text), &[("values", private::Save(&*values).value())])
}

#[test]
fn what_is_stored_is_given_back() {
    crate::set_up();
    let mut passes = 0;
    for _ in 0..3 {
        let mut values = [1, 2];
        assert_eq!(double(&mut values, 3, &mut passes).ok().as_deref(), Some("[8, 16]"));
        assert_eq!(values, [8, 16]);
    }
    assert_eq!(passes, 3);
    testing::cut_everywhere(|| {
        let mut values = [1, 5, 7];
        let text = double(&mut values, 5, &mut 0).ok();
        (text, values)
    });
}

#[test]
fn an_option_is_a_result_too() {
    fn first(n: u64) -> Option<u64> {
        let function = function!("first", [site("while", &["i"], &[])]);
        let call = private::Call::new(function, private::path_of(&|| ())).argument("n", &n);
        let mut run = get!(call.open(private::Returns::<Option<u64>>::NEW.kind()));
        let mut left_1 = run.credit(1);
        let mut i = if run.target() == 0 { 0 } else { get!(run.take("i")) };
        loop {
            i += 1;
            n.checked_sub(i)?;
            left_1 -= 1;
            if left_1 == 0 {
                if run.due(1, 0, private::Trigger::new().every(1)) {
                    get!(run.put_all(1, &[left_1], &[("i", private::Save(&i).value())]));
                }
                left_1 = run.credit(1);
            }
        }
    }
    crate::set_up();
    assert_eq!(first(5), None);
    assert_eq!(testing::cut_everywhere(|| first(5)).passes, 5);
}

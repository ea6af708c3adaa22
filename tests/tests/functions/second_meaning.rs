//! Names and labels that reach into macros or out of items, compared with plain Rust in loops long enough for blocks.

use resume_runtime::testing::cut_everywhere;
use resume_runtime::{checkpoint, configure, resumable, store::Memory};
use std::cell::{Cell, RefCell};

macro_rules! next {
    ($label:lifetime) => {
        continue $label
    };
}

/// What `json!` makes of its arguments: a name before a `:` may be a local.
macro_rules! shown {
    ($key:ident : $value:expr) => {
        format!("{}={}", $key, $value)
    };
}

macro_rules! add {
    ($place:ident : $value:expr) => {
        $place += $value
    };
}

#[resumable]
fn to_a_label(n: u64) -> u64 {
    #[resume]
    let mut sum = 0;
    'outer: for i in 0..n {
        for j in 0..3 {
            if i % 7 == 3 && j == 1 {
                next!('outer);
            }
            sum += 1;
        }
        sum += 100;
        checkpoint!();
    }
    sum
}

#[resumable]
fn to_a_label_in_the_middle(list: &[u64]) -> u64 {
    #[resume]
    let mut sum = 0;
    'outer: for i in list {
        sum += 1000;
        checkpoint!();
        for j in 0..3 {
            if i % 7 == 3 && j == 1 {
                next!('outer);
            }
            sum += 1;
        }
        sum += 100;
    }
    sum
}

#[test]
fn a_label_that_a_macro_is_given() {
    let _ = configure().store_in(Memory::new()).quiet(true);
    let one = |i: u64| if i % 7 == 3 { 1 } else { 103 };
    let list: Vec<u64> = (0..5_000).collect();
    assert_eq!(to_a_label(5_000), (0..5_000).map(one).sum());
    assert_eq!(to_a_label_in_the_middle(&list), (0..5_000).map(|i| 1000 + one(i)).sum());
    let _ = cut_everywhere(|| to_a_label(9));
    let _ = cut_everywhere(|| to_a_label_in_the_middle(&list[..9]));
}

/// The name that the end of a function has in its expansion must be nobody else's.
fn end_of_run(x: u64) -> u64 {
    x * 1000
}

#[resumable]
fn named_like_ours(n: u64) -> u64 {
    #[resume]
    let mut sum = 0;
    for i in 0..n {
        sum += end_of_run(i);
        checkpoint!();
    }
    sum
}

#[resumable]
fn keyed(name: &str, n: u64) -> String {
    #[resume]
    let mut sum = 0;
    #[resume]
    let mut more = n;
    let name = name.to_uppercase();
    for i in 0..n {
        sum += i;
        checkpoint!();
    }
    add!(more: 1);
    shown!(name: sum) + &more.to_string()
}

fn scale(x: u64) -> u64 {
    x
}

/// What an inner function declares is nothing of the loop's.
#[resumable]
fn inner(n: u64) -> u64 {
    #[resume]
    let mut sum = scale(0);
    let scale = |x: u64| x * n;
    for i in 0..n {
        fn help(x: u64) -> u64 {
            let scale = x;
            scale + 2
        }
        sum += scale(i) + help(i);
        checkpoint!();
    }
    sum
}

#[test]
fn names_mean_what_they_mean_in_plain_rust() {
    let _ = cut_everywhere(|| {
        assert_eq!(named_like_ours(6), 15_000);
        assert_eq!(keyed("ab", 4), "AB=65");
        assert_eq!(inner(4), (0..4).map(|i| i * 4 + i + 2).sum());
    });
}

#[resumable]
fn cells(#[resume] count: Cell<u64>, #[resume] (list, n): (RefCell<Vec<u64>>, u64)) -> (u64, Vec<u64>) {
    for i in 0..n {
        count.set(count.get() + i);
        list.borrow_mut().push(i);
        checkpoint!();
    }
    (count.get(), list.into_inner())
}

#[test]
fn captured_parameters_that_change_inside() {
    let _ = cut_everywhere(|| {
        assert_eq!(cells(Cell::new(5), (RefCell::new(vec![9]), 4)), (11, vec![9, 0, 1, 2, 3]));
    });
}

/// A type that is called like a primitive one.
mod a_type_called_bool {
    use resume_runtime::{checkpoint, resumable};

    #[allow(non_camel_case_types, dead_code)]
    struct bool;

    #[resumable]
    pub(super) fn sum(n: u64) -> u64 {
        #[resume]
        let mut sum = 0;
        for i in 0..n {
            sum += i;
            checkpoint!(when = sum % 3 == 0, every = 2);
        }
        sum
    }
}

#[test]
fn a_type_may_be_called_bool() {
    let _ = cut_everywhere(|| a_type_called_bool::sum(6));
    assert_eq!(a_type_called_bool::sum(6), 15);
}

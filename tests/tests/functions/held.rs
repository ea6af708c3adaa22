//! What is saved is moved out of its local and back, and the code around a site is not the user's alone: what the user
//! borrows or moves there is borrowed and moved as in the plain function.

use std::borrow::Cow;
use std::cell::Cell;

use resume_runtime::testing::{cut_at, cut_everywhere};
use resume_runtime::{checkpoint, resumable};

/// The item that an index comes to in turn, seen through what is not saved.
struct Seen<'a>(Option<&'a Vec<usize>>);

impl<'a> Seen<'a> {
    fn looks_at(&mut self, list: &'a Vec<usize>) -> bool {
        self.0.replace(list).is_some()
    }
}

/// The condition of a site borrows.
#[resumable]
fn asked(n: usize) -> usize {
    #[resume]
    let mut list = vec![1];
    list.push(n);
    #[transient]
    let mut seen = Seen(None);
    #[resume]
    let mut sum = 0;
    for i in 0..n {
        sum += list[i % 2];
        checkpoint!(when = i > 90 || seen.looks_at(&list));
        assert!(seen.0.is_none_or(|list| list.len() == 2));
    }
    sum
}

macro_rules! head {
    ($name:ident) => {
        Some(ref $name)
    };
}

macro_rules! declare {
    ($name:ident, $place:expr) => {
        let $name = &$place;
    };
}

/// Macros borrow, by names of their own.
#[resumable]
fn told(n: usize) -> usize {
    #[resume]
    let mut first = Some(vec![1, 2]);
    first.get_or_insert_default().push(n);
    #[resume]
    let mut second = vec![3];
    second.push(n);
    #[transient]
    let mut lists: Vec<&Vec<usize>> = Vec::new();
    #[resume]
    let mut sum = 0;
    for i in 0..n {
        if let head!(list) = first {
            lists.push(list);
        }
        declare!(other, second);
        lists.push(other);
        sum += lists[i % 2].len();
        checkpoint!();
    }
    sum
}

/// A `Cow` is captured, and borrowed all the same.
#[resumable]
fn either(n: usize) -> usize {
    #[resume]
    let mut text = String::from("abc");
    text.push('d');
    #[resume]
    let mut word: Cow<'_, str> = Cow::Borrowed(&text);
    #[resume]
    let mut sum = 0;
    for i in 0..n {
        sum += word.len();
        if i == 2 {
            word.to_mut().push('e');
        }
        checkpoint!();
    }
    sum + text.len()
}

/// An inner function has a parameter of the same name, which is `mut`.
#[resumable]
fn named_alike(#[resume] list: Vec<usize>, n: usize) -> usize {
    fn twice(mut list: usize) -> usize {
        list *= 2;
        list
    }
    #[resume]
    let mut sum = 0;
    for i in 0..n {
        sum += twice(list[i % list.len()]);
        checkpoint!();
    }
    sum
}

#[test]
fn what_is_borrowed_stays_where_it_is() {
    assert_eq!((asked(4), told(4), either(4), named_alike(vec![1, 2], 3)), (10, 10, 21, 8));
    cut_everywhere(|| (asked(4), told(4), either(4), named_alike(vec![1, 2], 3)));
}

macro_rules! leave {
    () => {
        break
    };
}

/// What is moved before a `break` is not used again.
#[resumable]
fn moved(n: usize, most: usize) -> usize {
    #[resume]
    let mut list = vec![1];
    #[resume]
    let mut i = 0;
    #[resume]
    let mut sum = 0;
    while i < n {
        let now = list;
        if now.len() > most {
            sum += now.into_iter().sum::<usize>();
            break;
        }
        list = now.into_iter().chain([i]).collect();
        i += 1;
        checkpoint!();
    }
    sum * 10 + i
}

/// The same by a macro, of which that is not seen.
#[resumable]
fn moved_by_macro(#[resume] list: Vec<usize>, n: usize) -> usize {
    #[resume]
    let mut more = vec![1];
    #[resume]
    let mut sum = list.len();
    for i in 0..n {
        if more.len() > 3 {
            sum += more.into_iter().chain(list).sum::<usize>();
            leave!();
        }
        more.push(i);
        checkpoint!();
    }
    sum
}

#[test]
fn what_is_moved_before_a_break_is_gone() {
    assert_eq!((moved(9, 3), moved(2, 3)), (43, 2));
    assert_eq!((moved_by_macro(vec![5, 6], 9), moved_by_macro(vec![5, 6], 2)), (17, 2));
    cut_everywhere(|| (moved(9, 3), moved(2, 3), moved_by_macro(vec![5, 6], 9), moved_by_macro(vec![5, 6], 2)));
}

thread_local! {
    static STARTS: Cell<u32> = const { Cell::new(0) };
}

/// Its list becomes shorter at its third start.
#[resumable]
fn shorter(length: usize) -> usize {
    let list = vec![1; if STARTS.replace(STARTS.get() + 1) < 2 { length } else { length / 2 }];
    #[resume]
    let mut sum = 0;
    for item in &list {
        sum += item;
        checkpoint!();
        sum += 1;
    }
    sum
}

/// The fifth of eight items is in work when the run is cut, and there are four then.
#[test]
#[should_panic(expected = "had given 5 items")]
fn an_item_that_is_in_work_must_come_again() {
    cut_at(5, || shorter(8));
}

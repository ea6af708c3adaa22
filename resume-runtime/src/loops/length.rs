//! What has a length: whether it may be read once more than the user does, and which indices it says to be there. Of the types
//! of the standard library that is known; a user's own `len` may do anything.

use std::collections::{BTreeMap, BTreeSet, BinaryHeap, HashMap, HashSet, LinkedList, VecDeque};
use std::ops::Deref;
use std::rc::Rc;
use std::sync::Arc;

/// Something with a length: whether that may be read once more than the user does, and which indices there are.
///
/// The method of the types of the standard library is found first; all other types, whose `len` may do anything, reach that
/// of `Other` through `Deref`.
#[derive(Debug)]
pub struct Length<'a, T: ?Sized>(Other, &'a T);

/// Any other type.
#[derive(Debug)]
pub struct Other(());

impl<'a, T: ?Sized> Length<'a, T> {
    /// That of `value`.
    #[inline(always)]
    pub fn of(value: &'a T) -> Length<'a, T> {
        Length(Other(()), value)
    }
}

impl<T: Lengthy + ?Sized> Length<'_, T> {
    /// Whether reading it has no effect.
    #[inline(always)]
    pub fn is_fixed(&self) -> bool {
        true
    }
}

impl<T: Still + ?Sized> Length<'_, T> {
    /// Whether it stays what it is, in a variable that is not `mut`.
    #[inline(always)]
    pub fn is_still(&self) -> bool {
        true
    }
}

impl<T: List + ?Sized> Length<'_, T> {
    /// How many indices there are.
    #[inline(always)]
    pub fn indices(&self) -> usize {
        self.1.indices()
    }
}

impl Other {
    /// Whether reading it is known to have no effect.
    #[inline(always)]
    pub fn is_fixed(&self) -> bool {
        false
    }

    /// Whether it is known to stay what it is.
    #[inline(always)]
    pub fn is_still(&self) -> bool {
        false
    }

    /// How many indices there may be.
    #[inline(always)]
    pub fn indices(&self) -> usize {
        usize::MAX
    }
}

impl<T: ?Sized> Deref for Length<'_, T> {
    type Target = Other;

    #[inline(always)]
    fn deref(&self) -> &Other {
        &self.0
    }
}

/// What the standard library tells the length of.
pub trait Lengthy {}

/// What the standard library tells the length of, and what cannot become longer or shorter behind a variable that is not `mut`.
pub trait Still {}

macro_rules! all {
    ($trait:ident: $([$($generics:tt)*] $type:ty),* $(,)?) => { $(impl<$($generics)*> $trait for $type {})* };
}

all! {
    Lengthy:
    [] str, [] String, [T] [T], [T, const N: usize] [T; N], [T] Vec<T>, [T] VecDeque<T>, [T] LinkedList<T>,
    [T] BinaryHeap<T>, [T] BTreeSet<T>, [K, V] BTreeMap<K, V>, [T, S] HashSet<T, S>, [K, V, S] HashMap<K, V, S>,
    [T: Lengthy + ?Sized] &T, [T: Lengthy + ?Sized] &mut T, [T: Lengthy + ?Sized] Box<T>, [T: Lengthy + ?Sized] Rc<T>,
    [T: Lengthy + ?Sized] Arc<T>,
}

all! {
    Still:
    [] str, [] String, [T] [T], [T, const N: usize] [T; N], [T] Vec<T>, [T] VecDeque<T>, [T] LinkedList<T>,
    [T] BinaryHeap<T>, [T] BTreeSet<T>, [K, V] BTreeMap<K, V>, [T, S] HashSet<T, S>, [K, V, S] HashMap<K, V, S>,
    [T: Lengthy + ?Sized] &T, [] &mut str, [T] &mut [T], [T, const N: usize] &mut [T; N], [T: Still + ?Sized] Box<T>,
    [T: Lengthy + ?Sized] Rc<T>, [T: Lengthy + ?Sized] Arc<T>,
}

/// What is indexed by the numbers that are less than its length.
pub trait List {
    /// How many these are.
    fn indices(&self) -> usize;
}

macro_rules! lists {
    ($([$($generics:tt)*] $type:ty, $list:ident => $indices:expr);* $(;)?) => { $(
        impl<$($generics)*> List for $type {
            #[inline(always)]
            fn indices(&self) -> usize {
                let $list = self;
                $indices
            }
        }
    )* };
}

lists! {
    [T] [T], list => list.len();
    [T, const N: usize] [T; N], _list => N;
    [T] Vec<T>, list => list.len();
    [T] VecDeque<T>, list => list.len();
    [T: List + ?Sized] &T, list => (**list).indices();
    [T: List + ?Sized] &mut T, list => (**list).indices();
    [T: List + ?Sized] Box<T>, list => (**list).indices();
    [T: List + ?Sized] Rc<T>, list => (**list).indices();
    [T: List + ?Sized] Arc<T>, list => (**list).indices();
}

#[cfg(test)]
mod tests {
    use super::Length;
    use std::ops::Deref;

    #[test]
    fn only_what_cannot_change_is_still() {
        let (list, mut slice) = (vec![1, 2], [3]);
        assert!(Length::of(&list).is_still() && Length::of(&&list).is_still() && Length::of(&[0; 3]).is_still());
        assert!(Length::of(&&mut slice[..]).is_still() && Length::of(&Box::new(list.clone())).is_still());
        let mut list = list;
        let list = &mut list;
        assert!(Length::of(&list).is_fixed() && !Length::of(&list).is_still());
        assert!(!Length::of(&Box::new(list)).is_still() && !Length::of(&(0..9)).is_still());
    }

    #[test]
    fn only_the_lengths_of_the_standard_library_are_read_once_more() {
        struct Own(Vec<u8>);
        impl Deref for Own {
            type Target = Vec<u8>;
            fn deref(&self) -> &Vec<u8> {
                &self.0
            }
        }
        let (list, own) = (vec![1, 2], Own(vec![3]));
        assert!(Length::of(&list).is_fixed() && Length::of(&&list[..]).is_fixed() && Length::of(&[0; 3]).is_fixed());
        assert!(Length::of(&"text").is_fixed() && Length::of(&Box::new(list)).is_fixed());
        assert!(!Length::of(&own).is_fixed() && !Length::of(&(0..9)).is_fixed() && own.len() == 1);
    }
}

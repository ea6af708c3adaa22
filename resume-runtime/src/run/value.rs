//! Captured values on their way into a snapshot and out of it.
//!
//! serde implements its traits for arrays of up to 32 elements only, but a captured local may be an array of any
//! length. Both ways out of that are method lookup: a type that serde can handle is found first, an array of what serde
//! can handle second (and arrays of arrays), anything else last. Each level is a struct that derefs to the next.
//!
//! - Out: `(&Save(&x)).value()` is a `&dyn Value` for every `x`. The last level panics: whatever reaches it has been
//!   refused by the compiler at the `take` of the same local.
//! - In: `let slot = Slot::new();` then `slot.fresh(INIT)` in a fresh pass and `slot.take(&mut run, "x")` on resume. The
//!   slot ties the two together, so the type of `INIT` chooses the way in. `run.take("x")` is the short form, without
//!   long arrays.

use std::marker::PhantomData;
use std::ops::Deref;

use serde::Serialize;
use serde::de::DeserializeOwned;

use crate::codec;
use crate::codec::array::{ArrayOf, ArrayRef, RowsOf};
use crate::loops::items::Whole;
use crate::run::Run;
use crate::run::entry::{Local, own};
use crate::run::kind::Kind;

/// A type whose values can be captured.
#[diagnostic::on_unimplemented(
    message = "this local cannot be captured: `{Self}` is not `Serialize` and `DeserializeOwned`",
    label = "`{Self}` cannot be saved in a snapshot",
    note = "derive `serde::Serialize` and `serde::Deserialize` for its type, or store the owned type (`String` for \
            `&str`, `Vec<T>` for `&[T]`, `T` for `&T`), such as `….to_owned()`",
    note = "types of a library have them with its feature `serde`, a type parameter with the bounds `serde::Serialize + \
            serde::de::DeserializeOwned`",
    note = "or say `#[transient]`: its initialiser then runs again on every start, and an iterator gives its items from the first \
            on"
)]
pub trait Capturable: Serialize + DeserializeOwned {}

#[diagnostic::do_not_recommend]
impl<T: Serialize + DeserializeOwned> Capturable for T {}

/// An iterator that `#[resume] for` captures.
#[diagnostic::on_unimplemented(
    message = "this iterator cannot be captured: `{Self}` is not `Serialize` and `DeserializeOwned`",
    label = "`{Self}` cannot be saved in a snapshot",
    note = "remove `#[resume]` from the `for`: the iterator is then made again on a resume and advanced to its item",
    note = "or say `#[transient]`, if it goes on by itself where it was (a queue, a socket)"
)]
pub trait CapturableIterator: Serialize + DeserializeOwned {}

#[diagnostic::do_not_recommend]
impl<T: Serialize + DeserializeOwned> CapturableIterator for T {}

/// A plain parameter: part of what names a run.
#[diagnostic::on_unimplemented(
    message = "this parameter cannot name a run: `{Self}` is not `Serialize`",
    label = "`{Self}` is not `Serialize`",
    note = "the arguments of a call name its run: derive `serde::Serialize` for the types in `{Self}` (types of a library have \
            it with its feature `serde`, a type parameter with a bound)",
    note = "or let something else name the run, such as `#[resumable(key = \"{{seed}}-{{n}}\")]`",
    note = "or say `#[transient]` on the parameter, if its value does not change the result"
)]
pub trait Argument {
    #[doc(hidden)]
    fn canonical(&self) -> Result<Vec<u8>, String>;
}

#[diagnostic::do_not_recommend]
impl<T: Serialize + ?Sized> Argument for T {
    fn canonical(&self) -> Result<Vec<u8>, String> {
        codec::to_canonical(self).map_err(|error| error.to_string())
    }
}

impl<K: Kind> Run<K> {
    /// The saved iterator of `#[resume] for`, unless it is `fresh`.
    #[inline]
    pub fn local_whole<I: CapturableIterator>(
        &mut self,
        fresh: bool,
        name: &'static str,
    ) -> Local<Whole<I>, K::Output> {
        self.local(fresh, name)
    }

    /// The saved iterator of a `#[resume] for` that ends with its site, unless it is `fresh`: with it the run is back at the
    /// site.
    #[inline]
    pub fn enter_whole<I: CapturableIterator>(
        &mut self,
        fresh: bool,
        name: &'static str,
    ) -> Local<Whole<I>, K::Output> {
        self.enter(fresh, name)
    }

    /// The saved iterator of `#[resume] for`, on a resume for certain.
    #[inline]
    pub fn take_whole<I: CapturableIterator>(&mut self, name: &'static str) -> Result<Whole<I>, K::Output> {
        self.take(name)
    }
}

/// A value that a snapshot can hold.
pub trait Value {
    /// Appends it to what is captured, if it takes at most `limit` bytes.
    #[doc(hidden)]
    fn capture(&self, into: &mut codec::Capture, limit: usize) -> Result<(), codec::Error>;
    /// Its bytes by themselves, with maps in one order: for comparisons.
    #[doc(hidden)]
    fn canonical(&self) -> Result<Vec<u8>, String>;
    /// How many bytes it takes where it lies, which is a matter of its type.
    #[doc(hidden)]
    fn size(&self) -> usize;
    /// Its type, as messages and snapshots show it.
    #[doc(hidden)]
    fn type_name(&self) -> &'static str;
}

/// What the levels below have in common: serde does the work, on the value or on a view of it.
macro_rules! impl_value {
    ([$($generics:tt)*] $type:ty, $self:ident => $value:expr, $view:expr, $of:ty) => {
        impl<$($generics)*> Value for $type {
            fn capture(&$self, into: &mut codec::Capture, limit: usize) -> Result<(), codec::Error> {
                codec::capture($view, into, limit)
            }

            fn canonical(&$self) -> Result<Vec<u8>, String> {
                codec::to_canonical($view).map_err(|error| error.to_string())
            }

            fn size(&$self) -> usize {
                size_of_val($value)
            }

            fn type_name(&$self) -> &'static str {
                std::any::type_name::<$of>()
            }
        }
    };
}

/// A value to be saved, of a type that serde knows; made by [`Save`].
pub struct Saving<'a, T: ?Sized>(SavingArray<'a, T>);

/// A value to be saved, if it is an array of what serde knows.
pub struct SavingArray<'a, T: ?Sized>(SavingRows<'a, T>);

/// A value to be saved, if it is an array of arrays.
pub struct SavingRows<'a, T: ?Sized>(SavingNothing<'a, T>);

/// A value that cannot be saved.
pub struct SavingNothing<'a, T: ?Sized>(&'a T);

/// A value to be saved: `Save(&x).value()`.
#[allow(non_snake_case, reason = "reads like the struct that it wraps a value into")]
#[inline]
pub fn Save<T: ?Sized>(value: &T) -> Saving<'_, T> {
    Saving(SavingArray(SavingRows(SavingNothing(value))))
}

impl_value!([T: Serialize + ?Sized] Saving<'_, T>, self => self.0.0.0.0, self.0.0.0.0, T);
impl_value!([T: Serialize, const N: usize] SavingArray<'_, [T; N]>, self => self.0.0.0, &ArrayRef(self.0.0.0), [T; N]);
impl_value!([T: Serialize, const N: usize, const M: usize] SavingRows<'_, [[T; M]; N]>, self => self.0.0, &Rows(self.0.0), [[T; M]; N]);

impl<T: Serialize + ?Sized> Saving<'_, T> {
    /// The value, whatever its type.
    #[inline]
    pub fn value(&self) -> &dyn Value {
        self
    }
}

impl<T: Serialize, const N: usize> SavingArray<'_, [T; N]> {
    /// The value, whatever its type.
    #[inline]
    pub fn value(&self) -> &dyn Value {
        self
    }
}

impl<T: Serialize, const N: usize, const M: usize> SavingRows<'_, [[T; M]; N]> {
    /// The value, whatever its type.
    #[inline]
    pub fn value(&self) -> &dyn Value {
        self
    }
}

impl<T: ?Sized> SavingNothing<'_, T> {
    /// There is none: the `take` of this local does not compile.
    pub fn value(&self) -> &dyn Value {
        panic!("BUG: a value that cannot be captured reached a snapshot")
    }
}

/// Arrays of arrays, of any lengths.
struct Rows<'a, T, const N: usize, const M: usize>(&'a [[T; M]; N]);

impl<T: Serialize, const N: usize, const M: usize> Serialize for Rows<'_, T, N, M> {
    fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_seq(self.0.iter().map(ArrayRef))
    }
}

/// Makes the first of two types deref to its only field, the second.
macro_rules! deref {
    ($($from:ident<$($lifetime:lifetime)?> => $to:ident),*) => {
        $(impl<$($lifetime,)? T: ?Sized> Deref for $from<$($lifetime,)? T> {
            type Target = $to<$($lifetime,)? T>;

            #[inline]
            fn deref(&self) -> &Self::Target {
                &self.0
            }
        })*
    };
}

deref!(
    Saving<'a> => SavingArray, SavingArray<'a> => SavingRows, SavingRows<'a> => SavingNothing,
    Slot<> => SlotOwned, SlotOwned<> => SlotArray, SlotArray<> => SlotRows, SlotRows<> => SlotNothing
);

/// Where a captured value of type `T` comes from: its initialiser, or a snapshot.
pub struct Slot<T: ?Sized>(SlotOwned<T>);

/// The level of a [`Slot`] for a `T` that serde knows; no reference.
pub struct SlotOwned<T: ?Sized>(SlotArray<T>);

/// The level of a [`Slot`] for an array of what serde knows.
pub struct SlotArray<T: ?Sized>(SlotRows<T>);

/// The level of a [`Slot`] for an array of arrays.
pub struct SlotRows<T: ?Sized>(SlotNothing<T>);

/// The level of a [`Slot`] for a `T` that cannot be captured.
pub struct SlotNothing<T: ?Sized>(PhantomData<fn(&T)>);

impl<T> Slot<T> {
    /// A slot whose type is still to be found out.
    #[allow(clippy::new_without_default, reason = "called by expansions alone")]
    #[inline]
    pub fn new() -> Slot<T> {
        Slot(SlotOwned(SlotArray(SlotRows(SlotNothing(PhantomData)))))
    }

    /// The slot without the level of references, for a `T` that may be inferred only later: it would be taken for one.
    #[inline]
    pub fn owned(&self) -> &SlotOwned<T> {
        &self.0
    }

    /// The value of a fresh pass, as it is.
    #[inline(always)]
    pub fn fresh(&self, value: T) -> T {
        own(value)
    }
}

impl<T: ?Sized> Slot<T> {
    /// The slot of a place, for its type's sake.
    #[inline]
    pub fn of(_: &T) -> Slot<T> {
        Slot(SlotOwned(SlotArray(SlotRows(SlotNothing(PhantomData)))))
    }
}

/// The ways in of one level: `$read` reads bytes as something that `$open` makes the type of, at the last moment.
macro_rules! ways_in {
    ([$($generics:tt)*] $slot:ty, $type:ty, $read:expr, $read_as:ident => $open:expr) => {
        impl<$($generics)*> $slot {
            /// The saved value of the captured local `name`.
            pub fn take<K: Kind>(&self, run: &mut Run<K>, name: &'static str) -> Result<$type, K::Output> {
                match run.take_as::<$type, _>(name, $read) {
                    Ok($read_as) => Ok($open),
                    Err(end) => Err(end),
                }
            }

            /// The saved value of the captured local `name`, or `default` if the snapshot is older than the local.
            pub fn take_or<K: Kind>(
                &self,
                run: &mut Run<K>,
                name: &'static str,
                default: impl FnOnce() -> $type,
            ) -> Result<$type, K::Output> {
                match run.find_as::<$type, _>(name, $read) {
                    Ok(Some($read_as)) => Ok($open),
                    Ok(None) => Ok(default()),
                    Err(end) => Err(end),
                }
            }

            /// Puts the saved value of a captured parameter into its place.
            pub fn restore<K: Kind>(
                &self,
                run: &mut Run<K>,
                name: &'static str,
                place: &mut $type,
            ) -> Result<(), K::Output> {
                let $read_as = run.take_as::<$type, _>(name, $read)?;
                *place = $open;
                Ok(())
            }
        }
    };
}

ways_in!([T: Capturable] SlotOwned<T>, T, codec::from_slice, value => value);
ways_in!([T: Capturable, const N: usize] SlotArray<[T; N]>, [T; N],
    codec::from_slice::<ArrayOf<T, N>>, array => *array.0);
ways_in!([T: Capturable, const N: usize, const M: usize] SlotRows<[[T; M]; N]>, [[T; M]; N],
    codec::from_slice::<RowsOf<T, N, M>>, rows => *rows.0);

impl<T> SlotOwned<[T]> {
    /// Puts the saved elements of a captured slice into their places.
    pub fn restore<K: Kind>(&self, run: &mut Run<K>, name: &'static str, place: &mut [T]) -> Result<(), K::Output>
    where
        [T]: Restore,
    {
        run.restore(name, place)
    }
}

/// No reference is one: only a bound that nothing meets lets the compiler say so in our words, as serde's borrowed
/// values meet all but the lifetimes of `DeserializeOwned`.
#[diagnostic::on_unimplemented(
    message = "this local cannot be captured: it is a reference (`{Self}`), and what it refers to is not in the snapshot",
    label = "a reference cannot be saved in a snapshot",
    note = "capture an owned value (`String` for `&str`, `Vec<T>` for `&[T]`, `T` for `&T`), such as `….to_owned()`",
    note = "or make the reference again on every start: `#[transient] let`"
)]
pub trait Owned {}

impl<'r, T: ?Sized> Slot<&'r T> {
    /// Does not compile: says that it is a reference.
    pub fn take<K: Kind>(&self, _: &mut Run<K>, _: &'static str) -> Result<&'r T, K::Output>
    where
        &'r T: Owned,
    {
        unreachable!("BUG: no reference is owned")
    }

    /// Does not compile: says that it is a reference.
    pub fn take_or<K: Kind>(
        &self,
        _: &mut Run<K>,
        _: &'static str,
        _: impl FnOnce() -> &'r T,
    ) -> Result<&'r T, K::Output>
    where
        &'r T: Owned,
    {
        unreachable!("BUG: no reference is owned")
    }
}

impl<T: ?Sized> SlotNothing<T> {
    /// Does not compile: names what is missing.
    pub fn take<K: Kind>(&self, run: &mut Run<K>, name: &'static str) -> Result<T, K::Output>
    where
        T: Capturable + Sized,
    {
        run.take(name)
    }

    /// Does not compile: names what is missing.
    pub fn take_or<K: Kind>(
        &self,
        run: &mut Run<K>,
        name: &'static str,
        default: impl FnOnce() -> T,
    ) -> Result<T, K::Output>
    where
        T: Capturable + Sized,
    {
        run.take_or(name, default)
    }

    /// Does not compile: names what is missing.
    pub fn restore<K: Kind>(&self, run: &mut Run<K>, name: &'static str, place: &mut T) -> Result<(), K::Output>
    where
        T: Restore + Sized,
    {
        run.restore(name, place)
    }
}

/// A place that a captured parameter leads to.
#[diagnostic::on_unimplemented(
    message = "this parameter cannot be captured: `{Self}` is not `Serialize` and `DeserializeOwned`",
    label = "`{Self}` cannot be saved in a snapshot",
    note = "derive `serde::Serialize` and `serde::Deserialize` for `{Self}` (types of a library have them with its feature \
            `serde`, a type parameter with the bounds `serde::Serialize + serde::de::DeserializeOwned`)",
    note = "or say `#[transient]` on the parameter: what the caller passes then always counts"
)]
pub trait Restore {
    #[doc(hidden)]
    fn restore(&mut self, bytes: &[u8]) -> Result<(), String>;
}

#[diagnostic::do_not_recommend]
impl<T: Capturable> Restore for T {
    fn restore(&mut self, bytes: &[u8]) -> Result<(), String> {
        *self = codec::from_slice(bytes).map_err(|error| error.to_string())?;
        Ok(())
    }
}

impl<T: Capturable> Restore for [T] {
    fn restore(&mut self, bytes: &[u8]) -> Result<(), String> {
        let saved: Vec<T> = codec::from_slice(bytes).map_err(|error| error.to_string())?;
        if saved.len() != self.len() {
            return Err(format!("the slice had {} elements when it was saved and has {} now", saved.len(), self.len()));
        }
        for (place, value) in self.iter_mut().zip(saved) {
            *place = value;
        }
        Ok(())
    }
}

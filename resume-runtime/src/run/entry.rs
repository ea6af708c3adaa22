//! Captured locals on their way in: fresh, saved, or a reason to leave.

use crate::codec;
use crate::loops::cursor::{Steppable, Steps};
use crate::run::kind::Kind;
use crate::run::restored::Moved;
use crate::run::value::{Capturable, Value};
use crate::run::{Run, keep_registers};

/// Where a captured local or the cursor of a loop comes from.
pub enum Local<T, End> {
    /// Its initialiser.
    Fresh,
    /// The snapshot.
    Saved(T),
    /// Nowhere: what the function returns at once.
    Failed(End),
}

impl<T, End> From<Result<T, End>> for Local<T, End> {
    fn from(taken: Result<T, End>) -> Self {
        match taken {
            Ok(value) => Local::Saved(value),
            Err(end) => Local::Failed(end),
        }
    }
}

impl<K: Kind> Run<K> {
    /// The saved value of the captured local `name`, unless it is `fresh`.
    #[inline]
    pub fn local<T: Capturable>(&mut self, fresh: bool, name: &'static str) -> Local<T, K::Output> {
        if fresh { Local::Fresh } else { self.take(name).into() }
    }

    /// The saved cursor called `name` of a loop that ends with its site, unless it is `fresh`: with it the run is back at the
    /// site.
    #[inline]
    pub fn enter<T: Capturable>(&mut self, fresh: bool, name: &'static str) -> Local<T, K::Output> {
        if fresh {
            return Local::Fresh;
        }
        let taken = self.take(name).into();
        self.arrived();
        taken
    }

    /// The saved value of the captured local `name`, or `default` if the snapshot is older than the local; unless it is
    /// `fresh`.
    #[inline]
    pub fn local_or<T: Capturable>(
        &mut self,
        fresh: bool,
        name: &'static str,
        default: impl FnOnce() -> T,
    ) -> Local<T, K::Output> {
        if fresh { Local::Fresh } else { self.take_or(name, default).into() }
    }

    /// The saved value of the captured local `name`, as the `deserialize` of `#[resume(with = path)]` reads it, unless it is
    /// `fresh`.
    #[inline]
    pub fn local_with<T>(
        &mut self,
        fresh: bool,
        name: &'static str,
        read: impl FnOnce(&mut codec::Decoder<'_>) -> Result<T, codec::Error>,
    ) -> Local<T, K::Output> {
        if fresh {
            Local::Fresh
        } else {
            self.take_as::<T, T>(name, |bytes| codec::from_slice_with(bytes, read)).into()
        }
    }

    /// The saved value of the captured local `name`, as the `deserialize` of `#[resume(with = path)]` reads it, or `default` if
    /// the snapshot is older than the local; unless it is `fresh`.
    #[inline]
    pub fn local_with_or<T>(
        &mut self,
        fresh: bool,
        name: &'static str,
        read: impl FnOnce(&mut codec::Decoder<'_>) -> Result<T, codec::Error>,
        default: impl FnOnce() -> T,
    ) -> Local<T, K::Output> {
        if fresh {
            return Local::Fresh;
        }
        let found = self.find_as::<T, T>(name, |bytes| codec::from_slice_with(bytes, read));
        found.map(|value| value.unwrap_or_else(default)).into()
    }
}

impl<K: Kind> Run<K> {
    /// The saved cursor called `name` of a loop over a range, unless it is `fresh`.
    #[inline]
    pub fn local_steps<R: Steppable>(&mut self, fresh: bool, name: &'static str) -> Local<Steps<R>, K::Output> {
        if fresh { Local::Fresh } else { self.take_steps(name).into() }
    }

    /// The saved cursor called `name` of a loop that ends with its site, unless it is `fresh`: with it the run is back at the
    /// site.
    #[inline]
    pub fn enter_steps<R: Steppable>(&mut self, fresh: bool, name: &'static str) -> Local<Steps<R>, K::Output> {
        if fresh {
            return Local::Fresh;
        }
        let taken = self.take_steps(name).into();
        self.arrived();
        taken
    }

    /// The saved cursor called `name`, on a resume for certain.
    ///
    /// # Errors
    /// What the function returns at once, if there is none of its type.
    #[cold]
    #[inline(always)]
    pub fn take_steps<R: Steppable>(&mut self, name: &'static str) -> Result<Steps<R>, K::Output> {
        keep_registers();
        self.try_take_steps(name)
    }

    #[cold]
    #[inline(never)]
    fn try_take_steps<R: Steppable>(&mut self, name: &'static str) -> Result<Steps<R>, K::Output> {
        let moved = self.life.moved(name);
        let steps: Steps<R> = self.take(name)?;
        match moved {
            None => Ok(steps),
            Some(Moved::Back) => Ok(R::back(&steps)),
            Some(Moved::Forth) => Ok(R::forth(&steps).unwrap_or(steps)),
            // Without an item there is no pass to go on in.
            Some(Moved::Ahead) if R::forth(&steps).is_some() => Ok(steps),
            Some(Moved::Ahead) => Err(self.is_over(name)),
        }
    }
}

/// The largest value that may find room in registers.
const SMALL: usize = 256;

/// `value`, in a place of its own: one that has come out of a call would stay in the memory that the call wrote it to.
#[inline(always)]
pub fn own<T>(value: T) -> T {
    if size_of::<T>() > SMALL {
        return value;
    }
    let mut place = Some(value);
    place.take().unwrap_or_else(|| unreachable!())
}

/// A captured local that the `serialize` of `#[resume(with = path)]` writes.
pub struct With<'a, T, F> {
    value: &'a T,
    write: F,
}

impl<'a, T, F: Fn(&T, &mut codec::Encoder<'_>) -> Result<(), codec::Error>> With<'a, T, F> {
    /// `value`, to be written by `write`.
    pub fn new(value: &'a T, write: F) -> Self {
        With { value, write }
    }

    /// The value, as all others.
    pub fn value(&self) -> &dyn Value {
        self
    }
}

impl<T, F: Fn(&T, &mut codec::Encoder<'_>) -> Result<(), codec::Error>> Value for With<'_, T, F> {
    fn capture(&self, into: &mut codec::Capture, limit: usize) -> Result<(), codec::Error> {
        codec::capture_with(into, limit, |encoder| (self.write)(self.value, encoder))
    }

    fn canonical(&self) -> Result<Vec<u8>, String> {
        codec::to_canonical_with(|encoder| (self.write)(self.value, encoder)).map_err(|error| error.to_string())
    }

    fn size(&self) -> usize {
        size_of_val(self.value)
    }

    fn type_name(&self) -> &'static str {
        std::any::type_name::<T>()
    }
}

/// A computed `every`, of whatever integer type. Less than one, or more than fits: each pass, or never.
#[inline]
pub fn passes<N: TryInto<u64> + PartialOrd + Default>(every: N) -> u64 {
    let negative = every < N::default();
    every.try_into().unwrap_or(if negative { 1 } else { u64::MAX })
}

/// Where a value is, in front of a macro that may declare its name anew.
#[inline(always)]
pub fn place_of<T: ?Sized>(value: &T) -> usize {
    std::ptr::from_ref(value).cast::<()>().addr()
}

/// # Panics
/// If `name` is another value than it was.
#[inline(always)]
#[track_caller]
pub fn same_place<T: ?Sized>(place: usize, value: &T, name: &str) {
    if place_of(value) != place {
        declared_anew(name);
    }
}

#[cold]
#[inline(never)]
#[track_caller]
fn declared_anew(name: &str) -> ! {
    panic!(
        "resume: the macro in front of this `checkpoint!` declares `{name}` anew; behind it, and on a resume, `{name}` would be \
         the old one. Let the macro give a value: `let {name} = …;`"
    )
}

/// A `let … else` matched in the fresh pass, and not when it was computed again: what came of its `else` block is lost.
#[cold]
#[track_caller]
pub fn other_way() -> ! {
    panic!(
        "resume: what this `let … else` takes apart is not what it was before the resume: `#[resume]` it, or what it is made of"
    )
}

//! What a caller lends with `&mut`, looked at without its address.

use std::mem::ManuallyDrop;
use std::ptr;

/// Larger values stay where they are: to move them would take longer than they are worth, and the stack might be too short.
const LARGE: usize = 1024;

/// Looks at a value that is moved out of its place for that, and then moved back, also if `look` panics.
///
/// A function that is not inlined, and is given the address of the place, might keep it and change the value at any time, as
/// far as the compiler knows. It would reload pointer and length of a `Vec` in each pass of a loop, and write each sum to memory.
#[inline(always)]
pub(super) fn aside<T, R>(place: &mut T, look: impl FnOnce(&T) -> R) -> R {
    if size_of::<T>() > LARGE {
        return look(place);
    }
    let held = held(place);
    let _back = Back { place, held: &held };
    look(&held)
}

/// The value, while its place is not looked at.
#[inline(always)]
#[allow(unsafe_code, reason = "no safe code can leave a place empty for a while")]
fn held<T>(place: &mut T) -> ManuallyDrop<T> {
    // SAFETY: the place is valid to be read, as it is a reference. From here on `ManuallyDrop` has the value: it does not drop
    // it, and `Back` puts it back before anybody can look at the place, which it borrows until then.
    ManuallyDrop::new(unsafe { ptr::read(place) })
}

/// Moves the value back, as it is by then: what looks at it may change it inside, as a `Cell` lets it.
struct Back<'a, T> {
    place: &'a mut T,
    held: &'a ManuallyDrop<T>,
}

impl<T> Drop for Back<'_, T> {
    #[inline(always)]
    #[allow(unsafe_code, reason = "see `held`")]
    fn drop(&mut self) {
        // SAFETY: both are references to a `T`, and lie apart, as `held` is a local of `aside`. That neither looks at `held` nor
        // drops it after this, so the value is in its place alone; what the place held before were the same bits, moved out.
        unsafe { ptr::copy_nonoverlapping::<T>(&raw const **self.held, self.place, 1) }
    }
}

#[cfg(test)]
mod tests {
    use super::{LARGE, aside};
    use std::cell::Cell;
    use std::panic::{AssertUnwindSafe, catch_unwind};
    use std::rc::Rc;

    #[test]
    fn a_value_is_back_whatever_happens() {
        let counted = Rc::new(());
        let mut place = (vec![Rc::clone(&counted); 3], Cell::new(1));
        let seen = aside(&mut place, |held| {
            held.1.set(2);
            held.0.len()
        });
        assert_eq!((seen, place.0.len(), place.1.get()), (3, 3, 2));
        let panicked = catch_unwind(AssertUnwindSafe(|| {
            aside(&mut place, |held| {
                held.1.set(3);
                assert!(held.0.is_empty(), "they are there");
            });
        }));
        assert!(panicked.is_err());
        place.0.push(Rc::clone(&counted));
        assert_eq!((place.0.len(), place.1.get(), Rc::strong_count(&counted)), (4, 3, 5));
        drop(place);
        assert_eq!(Rc::strong_count(&counted), 1);
    }

    #[test]
    fn a_large_value_stays_where_it_is() {
        let mut place = [7_u8; LARGE + 1];
        let there = &raw const place;
        aside(&mut place, |held| assert!(std::ptr::eq(held, there)));
        assert_eq!(place, [7; LARGE + 1]);
    }
}

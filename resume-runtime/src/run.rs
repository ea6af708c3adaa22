//! One run, from its first statement to its return: what the expansion of a function calls.

pub(crate) mod alike;
pub(crate) mod call;
pub(crate) mod ends;
pub(crate) mod entry;
pub(crate) mod function;
pub(crate) mod kind;
pub(crate) mod lent;
pub(crate) mod life;
pub(crate) mod node;
pub(crate) mod open;
pub(crate) mod restored;
pub(crate) mod save;
pub(crate) mod tenure;
pub(crate) mod value;

use std::any::type_name;
use std::marker::PhantomData;
use std::sync::atomic::{Ordering, compiler_fence};

use crate::codec;
use crate::error::{Error, ErrorKind};
use crate::interrupt;
use crate::loops::items::{Cursor, Position};
use crate::loops::repeat;
use crate::trigger::Trigger;
use kind::{Kind, Memo};
use life::{Life, Phase};
use node::Context;
use open::Opened;
use restored::Moved;
use save::RESULT;
use value::{Capturable, Restore, Value};

/// The run of a function that ends like `K`.
pub struct Run<K: Kind> {
    life: Life,
    /// Why a loop could not begin, until the function returns for it.
    refused: Option<Error>,
    kind: PhantomData<fn() -> K>,
}

/// A captured value: its name, and itself.
pub type Entry<'a> = (&'static str, &'a dyn Value);

impl<K: Kind> Run<K> {
    pub(crate) fn new(opened: Opened, is_async: bool) -> Run<K> {
        Run { life: Life::new(opened, is_async), refused: None, kind: PhantomData }
    }

    /// The site to go on at, counted from 1; 0 in a fresh run.
    #[inline]
    pub fn target(&self) -> u32 {
        self.life.target
    }

    /// How many passes site `site` may make until it has to ask `due`.
    #[inline(always)]
    pub fn credit(&mut self, site: u32) -> u64 {
        keep_registers();
        self.life.credit(site)
    }

    /// Whether this pass of `site` has to call `save`. `left` is what is left of the site's credit.
    #[cold]
    #[inline(always)]
    pub fn due(&mut self, site: u32, left: u64, trigger: Trigger) -> bool {
        keep_registers();
        self.life.due(site, left, &trigger)
    }

    /// One more captured value for the snapshot that the pass is due for.
    #[cold]
    #[inline(always)]
    pub fn put(&mut self, name: &'static str, value: &dyn Value) {
        keep_registers();
        self.life.put(name, value);
    }

    /// Saves the run at `site`, with the values that were put. `lefts` is what is left of the credit of each site.
    ///
    /// # Errors
    /// What the function returns at once, if the run has to stop here.
    #[cold]
    #[inline(always)]
    pub fn commit(&mut self, site: u32, lefts: &[u64]) -> Result<(), K::Output> {
        keep_registers();
        self.try_commit(site, lefts)
    }

    #[cold]
    #[inline(never)]
    fn try_commit(&mut self, site: u32, lefts: &[u64]) -> Result<(), K::Output> {
        self.life.commit(site, lefts).map_err(|error| self.fail(error))
    }

    /// The run is back at the site it goes on at: what follows was not part of it yet when the snapshot was taken.
    ///
    /// What is recomputed on the way there ran before: its child runs are not saved, and it may not draw from the run's
    /// generators.
    #[cold]
    #[inline(always)]
    pub fn arrived(&mut self) {
        keep_registers();
        self.life.arrive();
    }

    /// The saved value of the captured local `name`.
    ///
    /// # Errors
    /// What the function returns at once, if there is none of its type.
    #[cold]
    #[inline(always)]
    pub fn take<T: Capturable>(&mut self, name: &'static str) -> Result<T, K::Output> {
        keep_registers();
        self.take_as::<T, T>(name, codec::from_slice)
    }

    /// The saved value of the captured local `name`, or `default` if the snapshot is older than the local.
    ///
    /// # Errors
    /// What the function returns at once, if there is one, but not of its type.
    #[cold]
    #[inline(always)]
    pub fn take_or<T: Capturable>(&mut self, name: &'static str, default: impl FnOnce() -> T) -> Result<T, K::Output> {
        keep_registers();
        Ok(self.find_as::<T, T>(name, codec::from_slice)?.unwrap_or_else(default))
    }

    /// The saved value called `name`, as `read` gives it. `Of` is the type that the function knows it by.
    #[cold]
    #[inline(never)]
    pub(crate) fn take_as<Of, T>(
        &mut self,
        name: &'static str,
        read: impl FnOnce(&[u8]) -> Result<T, codec::Error>,
    ) -> Result<T, K::Output> {
        self.read_as::<Of, T>(name, read).map_err(|error| self.fail(error))
    }

    fn read_as<Of, T>(
        &mut self,
        name: &'static str,
        read: impl FnOnce(&[u8]) -> Result<T, codec::Error>,
    ) -> Result<T, Error> {
        match self.life.value(name) {
            Some(bytes) => self.life.checked(name, type_name::<Of>(), read(&bytes)),
            None => Err(self.life.lacks(name)),
        }
    }

    /// The saved value called `name`, as `read` gives it, or `None` if the snapshot is older than the local.
    #[cold]
    #[inline(never)]
    pub(crate) fn find_as<Of, T>(
        &mut self,
        name: &'static str,
        read: impl FnOnce(&[u8]) -> Result<T, codec::Error>,
    ) -> Result<Option<T>, K::Output> {
        let value = self.life.value(name);
        let found = value.map(|bytes| self.life.checked(name, type_name::<Of>(), read(&bytes)));
        found.transpose().map_err(|error| self.fail(error))
    }

    /// Puts the saved value of the captured parameter `name` into its place.
    ///
    /// # Errors
    /// What the function returns at once, if there is none of its type.
    #[cold]
    #[inline(always)]
    pub fn restore<T: Restore + ?Sized>(&mut self, name: &'static str, place: &mut T) -> Result<(), K::Output> {
        keep_registers();
        self.try_restore(name, place)
    }

    #[cold]
    #[inline(never)]
    fn try_restore<T: Restore + ?Sized>(&mut self, name: &'static str, place: &mut T) -> Result<(), K::Output> {
        let restored = match self.life.value(name) {
            Some(bytes) => self.life.checked(name, type_name::<T>(), place.restore(&bytes)),
            None if self.life.has_default(name) => Ok(()),
            None => Err(self.life.lacks(name)),
        };
        restored.map_err(|error| self.fail(error))
    }

    /// Begins the loop whose cursor is called `name`; `resuming` tells that its cursor is in the snapshot. `None` if the loop's
    /// items do not come again in the same order: the function returns [`refused`](Run::refused) at once then. It is not part
    /// of what is given here, as a future would hold what it may return as long as the loop.
    // A cursor over a slice is moved by a number, so that the compiler goes on knowing what its pointers point at: of one that
    // went through a call, or came from either of two ways, it would not.
    #[inline(always)]
    pub fn items<C: Cursor>(&mut self, name: &'static str, resuming: bool, mut cursor: C) -> Option<C> {
        keep_registers();
        let types = cursor.types();
        let given = if !resuming && types.is_none_or(|_| self.life.has_looked_at(name)) {
            0
        } else {
            keep_registers();
            self.first_items(name, resuming, types)?
        };
        if cursor.skip(given) {
            return Some(cursor);
        }
        keep_registers();
        self.refuse_too_few(name, given);
        None
    }

    /// How many items of the loop over these types were given before.
    #[cold]
    #[inline(never)]
    fn first_items(
        &mut self,
        name: &'static str,
        resuming: bool,
        types: Option<(&'static str, &'static str)>,
    ) -> Option<u64> {
        if let Some(why) = types.and_then(|(source, iterator)| repeat::refusal(source, iterator)) {
            let error = self.life.error(ErrorKind::Iterator, format!("the loop `{name}` cannot be resumed: {why}"));
            self.refused = Some(error);
            return None;
        }
        self.life.look_at(name);
        if !resuming {
            return Some(0);
        }
        match (self.read_as::<Position, _>(name, codec::from_slice), self.life.moved(name)) {
            (Err(error), _) => {
                self.refused = Some(error);
                None
            }
            (Ok(Position(given)), Some(Moved::Back)) => Some(given.saturating_sub(1)),
            (Ok(Position(given)), Some(Moved::Forth)) => Some(given.saturating_add(1)),
            (Ok(Position(given)), Some(Moved::Ahead) | None) => Some(given),
        }
    }

    #[cold]
    #[inline(never)]
    fn refuse_too_few(&mut self, name: &'static str, given: u64) {
        let why = format!(
            "the loop `{name}` had given {given} items when the snapshot was taken, and its iterator gives fewer now"
        );
        let advice = "bring back what the loop was over, or start afresh with RESUME_FRESH=1 (the snapshots are kept)";
        self.refused = Some(self.life.error(ErrorKind::Iterator, why).advise(advice));
    }

    /// What the function returns at once where a loop could not begin.
    #[cold]
    #[inline(always)]
    pub fn refused(&mut self) -> K::Output {
        keep_registers();
        self.return_refused()
    }

    #[cold]
    #[inline(never)]
    fn return_refused(&mut self) -> K::Output {
        match self.refused.take() {
            Some(error) => self.fail(error),
            None => unreachable!("BUG: every loop of the run has begun"),
        }
    }

    /// What the function returns at once if a loop that was cut in the middle of a pass has come `here` without giving
    /// the item of that pass.
    #[inline]
    pub fn lacks(&mut self, name: &'static str, here: Position) -> K::Output {
        keep_registers();
        self.refuse_too_few(name, here.0 + 1);
        self.return_refused()
    }

    /// The error for a loop that was over, whose site now asks for an item.
    #[cold]
    #[inline(never)]
    pub(crate) fn is_over(&mut self, name: &'static str) -> K::Output {
        let what = format!(
            "the loop `{name}` had come to its end when the snapshot was taken, and the site stands at the start of its passes now"
        );
        let advice = "put the site back to the end of the pass to finish this run, or start afresh with RESUME_FRESH=1 (the \
                      snapshots are kept)";
        self.fail(self.life.error(ErrorKind::OtherLayout, what).advise(advice))
    }

    /// Whether the run is over, and its result is stored: then captured parameters are to be restored, and `memo` gives
    /// the result.
    #[inline]
    pub fn memoized(&self) -> bool {
        self.life.has_record
    }

    /// The stored result of a run that is over.
    #[cold]
    pub fn memo(&mut self) -> Option<K::Output>
    where
        K: Memo,
    {
        if !self.life.has_record {
            return None;
        }
        let bytes = self.life.value(RESULT).unwrap_or_default();
        Some(match self.life.checked(RESULT, type_name::<K::Output>(), K::unpack(&bytes)) {
            Ok(output) => {
                self.life.phase = Phase::Over;
                self.life.arrive();
                output
            }
            Err(error) => self.fail(error),
        })
    }

    /// The function returns `output`; it is stored if that is not an `Err`, with the final values of captured parameters.
    #[cold]
    pub fn memoize(&mut self, output: K::Output, values: &[Entry<'_>]) -> K::Output
    where
        K: Memo,
    {
        match K::pack(&output) {
            Some(result) => match self.life.memoize(result, values) {
                Ok(()) => output,
                Err(error) => self.fail(error),
            },
            None => self.done(output),
        }
    }

    /// The function returns `output`.
    #[inline(always)]
    pub fn done(&mut self, output: K::Output) -> K::Output {
        keep_registers();
        match self.life.finish(K::is_finished(&output)) {
            Ok(()) => output,
            Err(error) => self.fail(error),
        }
    }

    /// What an `async` run is polled in.
    pub fn context(&self) -> Context {
        Context(self.life.node.clone())
    }

    /// Ends the run without a result of its own.
    #[cold]
    #[inline(never)]
    fn fail(&mut self, error: Error) -> K::Output {
        self.life.stop(&error);
        if self.life.is_async && !K::COMES_BACK && error.is_interrupt() {
            interrupt::leave(error)
        }
        K::failed(error)
    }
}

/// Makes no code, but is an instruction of the block that it stands in.
///
/// A call that may unwind must not be the first of its block: LLVM's register allocator does not split a live range around
/// such a block, so what is alive across the call would be in memory in all of the function's loops too.
#[inline(always)]
pub(crate) fn keep_registers() {
    compiler_fence(Ordering::SeqCst);
}

impl<K: Kind> Drop for Run<K> {
    #[inline(always)]
    fn drop(&mut self) {
        keep_registers();
        self.life.leave(!K::COMES_BACK);
    }
}

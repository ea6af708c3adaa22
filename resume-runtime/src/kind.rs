//! How a run that cannot go on leaves the function: as an `Err`, or not at all.

use std::marker::PhantomData;
use std::ops::Deref;

use serde::Serialize;
use serde::de::DeserializeOwned;

use crate::codec;
use crate::error::Error;
use crate::interrupt;

/// How a function ends when its run has to. `Output` is what the function returns.
pub trait Kind {
    /// What the function returns.
    type Output;

    /// Whether a failure comes back to the caller at all.
    const COMES_BACK: bool;

    /// What the function returns when its run cannot go on.
    fn failed(error: Error) -> Self::Output;

    /// Whether this result ends the run for good. An `Err` does not: the next call resumes.
    fn is_finished(output: &Self::Output) -> bool;
}

/// A kind whose result can be kept for the next call.
#[diagnostic::on_unimplemented(
    message = "the result of this function cannot be stored, as `on_return = memoize` asks for",
    note = "its type must be `Serialize` and `DeserializeOwned`; of a `Result`, the `Ok` side"
)]
pub trait Memo: Kind {
    #[doc(hidden)]
    fn pack(output: &Self::Output) -> Option<Result<Vec<u8>, String>>;
    #[doc(hidden)]
    fn unpack(bytes: &[u8]) -> Result<Self::Output, String>;
}

/// Says how a function that returns `R` ends: `Returns::<R>::NEW.kind()`.
///
/// The method of `Returns<Result<…>>` is found first; all other types reach that of [`Others`] through `Deref`.
pub struct Returns<R>(Others<R>);

/// The function returns anything but a `Result`.
pub struct Others<R>(PhantomData<fn() -> R>);

impl<R> Returns<R> {
    /// The one value.
    pub const NEW: Returns<R> = Returns(Others(PhantomData));
}

impl<T, E> Returns<Result<T, E>> {
    /// Failures come back as `Err`.
    #[inline]
    pub fn kind(&self) -> Fallible<T, E> {
        Fallible(PhantomData)
    }
}

impl<R> Deref for Returns<R> {
    type Target = Others<R>;

    #[inline]
    fn deref(&self) -> &Others<R> {
        &self.0
    }
}

impl<R> Others<R> {
    /// Failures end the process, or panic.
    #[inline]
    pub fn kind(&self) -> Plain<R> {
        Plain(PhantomData)
    }
}

/// A function whose failures come back as `Err(E::from(error))`.
pub struct Fallible<T, E>(PhantomData<fn() -> Result<T, E>>);

/// A function whose failures do not come back.
pub struct Plain<R>(PhantomData<fn() -> R>);

impl<R> Plain<R> {
    /// For return types that cannot be named, such as `impl Trait`.
    #[inline]
    #[allow(clippy::new_without_default, reason = "called by expansions alone")]
    pub fn new() -> Plain<R> {
        Plain(PhantomData)
    }
}

impl<T, E: FromError> Kind for Fallible<T, E> {
    type Output = Result<T, E>;
    const COMES_BACK: bool = true;

    fn failed(error: Error) -> Result<T, E> {
        Err(E::from_error(error))
    }

    #[inline]
    fn is_finished(output: &Result<T, E>) -> bool {
        output.is_ok()
    }
}

impl<R> Kind for Plain<R> {
    type Output = R;
    const COMES_BACK: bool = false;

    fn failed(error: Error) -> R {
        if error.is_interrupt() {
            interrupt::end(&error)
        }
        panic!("{error}")
    }

    #[inline]
    fn is_finished(_: &R) -> bool {
        true
    }
}

impl<T: Serialize + DeserializeOwned, E: FromError> Memo for Fallible<T, E> {
    fn pack(output: &Result<T, E>) -> Option<Result<Vec<u8>, String>> {
        let value = output.as_ref().ok()?;
        Some(codec::to_vec(value).map_err(|error| error.to_string()))
    }

    fn unpack(bytes: &[u8]) -> Result<Result<T, E>, String> {
        codec::from_slice(bytes).map(Ok).map_err(|error| error.to_string())
    }
}

impl<R: Serialize + DeserializeOwned> Memo for Plain<R> {
    fn pack(output: &R) -> Option<Result<Vec<u8>, String>> {
        Some(codec::to_vec(output).map_err(|error| error.to_string()))
    }

    fn unpack(bytes: &[u8]) -> Result<R, String> {
        codec::from_slice(bytes).map_err(|error| error.to_string())
    }
}

/// An error type that a run's own errors can be turned into.
#[diagnostic::on_unimplemented(
    message = "an interrupt or a store failure cannot be returned as `{Self}`",
    label = "`{Self}` is not `From<resume_runtime::Error>`",
    note = "a resumable function that returns a `Result` returns its run's own errors too: write \
            `impl From<resume_runtime::Error> for {Self}`; `std::io::Error`, `String`, `Box<dyn Error>` and `anyhow::Error` have it"
)]
pub trait FromError: Sized {
    #[doc(hidden)]
    fn from_error(error: Error) -> Self;
}

#[diagnostic::do_not_recommend]
impl<E: From<Error>> FromError for E {
    fn from_error(error: Error) -> E {
        E::from(error)
    }
}

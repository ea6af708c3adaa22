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

    /// What the function returns when its run cannot go on. A panic names the place of the caller.
    #[track_caller]
    fn failed(error: Error) -> Self::Output;

    /// Whether this result ends the run for good. An `Err` does not: the next call resumes.
    fn is_finished(output: &Self::Output) -> bool;
}

/// A kind whose result can be kept for the next call.
pub trait Memo: Kind {
    /// The bytes to keep; none of an `Err`, which is not finished.
    #[doc(hidden)]
    fn pack(output: &Self::Output) -> Option<Result<Vec<u8>, String>>;
    #[doc(hidden)]
    fn unpack(bytes: &[u8]) -> Result<Self::Output, String>;
}

/// A result that can be kept for the next call.
#[diagnostic::on_unimplemented(
    message = "the result of this function cannot be stored: `{Self}` is not `Serialize` and `DeserializeOwned`",
    label = "`{Self}` cannot be stored",
    note = "`on_return = memoize` gives the stored result to the next call: derive `serde::Serialize` and \
            `serde::Deserialize` for `{Self}`",
    note = "or leave `on_return` out: the next call computes the result again"
)]
pub trait Storable: Serialize + DeserializeOwned {}

#[diagnostic::do_not_recommend]
impl<T: Serialize + DeserializeOwned> Storable for T {}

/// Says how a function that returns `R` ends: `Returns::<R>::NEW.kind()`, or `memo_kind` if its result is kept.
///
/// Method lookup finds the first of four levels that fits: a `Result` that works, any other `Result`, all else that works,
/// what is left. The two that do not work demand what is missing, and give a kind that does everything: so what is missing
/// is one error, and not one at each use of the run.
pub struct Returns<R>(AnyResult<R>);

/// The function returns a `Result` that lacks something.
pub struct AnyResult<R>(Others<R>);

/// The function returns anything but a `Result`.
pub struct Others<R>(Anything<R>);

/// The function returns something that cannot be kept.
pub struct Anything<R>(PhantomData<fn() -> R>);

impl<R> Returns<R> {
    /// The one value.
    pub const NEW: Returns<R> = Returns(AnyResult(Others(Anything(PhantomData))));
}

impl<T, E: From<Error>> Returns<Result<T, E>> {
    /// Failures come back as `Err`.
    #[inline]
    pub fn kind(&self) -> Fallible<T, E> {
        Fallible(PhantomData)
    }
}

impl<T: Serialize + DeserializeOwned, E: From<Error>> Returns<Result<T, E>> {
    /// Failures come back as `Err`; the result is kept.
    #[inline]
    pub fn memo_kind(&self) -> Fallible<T, E> {
        Fallible(PhantomData)
    }
}

impl<T, E> AnyResult<Result<T, E>> {
    /// Does not compile: names what is missing.
    pub fn kind(&self) -> Refused<Result<T, E>>
    where
        E: FromError,
    {
        Refused(PhantomData)
    }

    /// Does not compile: names what is missing.
    pub fn memo_kind(&self) -> Refused<Result<T, E>>
    where
        T: Storable,
        E: FromError,
    {
        Refused(PhantomData)
    }
}

impl<R> Others<R> {
    /// Failures end the process, or panic.
    #[inline]
    pub fn kind(&self) -> Plain<R> {
        Plain(PhantomData)
    }
}

impl<R: Serialize + DeserializeOwned> Others<R> {
    /// Failures end the process, or panic; the result is kept.
    #[inline]
    pub fn memo_kind(&self) -> Plain<R> {
        Plain(PhantomData)
    }
}

impl<R> Anything<R> {
    /// Does not compile: names what is missing.
    pub fn memo_kind(&self) -> Refused<R>
    where
        R: Storable,
    {
        Refused(PhantomData)
    }
}

/// Makes each level lead to the next.
macro_rules! deref {
    ($($from:ident => $to:ident),*) => {
        $(impl<R> Deref for $from<R> {
            type Target = $to<R>;

            #[inline]
            fn deref(&self) -> &$to<R> {
                &self.0
            }
        })*
    };
}

deref!(Returns => AnyResult, AnyResult => Others, Others => Anything);

/// A function that does not compile.
pub struct Refused<R>(PhantomData<fn() -> R>);

/// Why nothing of [`Refused`] ever runs.
const REFUSED: &str = "BUG: a function that the compiler refused runs";

impl<R> Kind for Refused<R> {
    type Output = R;
    const COMES_BACK: bool = false;

    fn failed(_: Error) -> R {
        panic!("{REFUSED}")
    }

    fn is_finished(_: &R) -> bool {
        panic!("{REFUSED}")
    }
}

impl<R> Memo for Refused<R> {
    fn pack(_: &R) -> Option<Result<Vec<u8>, String>> {
        panic!("{REFUSED}")
    }

    fn unpack(_: &[u8]) -> Result<R, String> {
        panic!("{REFUSED}")
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

    #[track_caller]
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

impl<T: Storable, E: FromError> Memo for Fallible<T, E> {
    fn pack(output: &Result<T, E>) -> Option<Result<Vec<u8>, String>> {
        let value = output.as_ref().ok()?;
        Some(codec::to_vec(value).map_err(|error| error.to_string()))
    }

    fn unpack(bytes: &[u8]) -> Result<Result<T, E>, String> {
        codec::from_slice(bytes).map(Ok).map_err(|error| error.to_string())
    }
}

impl<R: Storable> Memo for Plain<R> {
    fn pack(output: &R) -> Option<Result<Vec<u8>, String>> {
        Some(codec::to_vec(output).map_err(|error| error.to_string()))
    }

    fn unpack(bytes: &[u8]) -> Result<R, String> {
        codec::from_slice(bytes).map_err(|error| error.to_string())
    }
}

/// An error type that a run's own errors can be turned into.
#[diagnostic::on_unimplemented(
    message = "this function cannot return its run's own errors: `{Self}` is not `From<resume_runtime::Error>`",
    label = "`{Self}` cannot hold an interrupt or a store failure",
    note = "a resumable function that returns a `Result` gives an interrupt and a store failure back as `Err`: write \
            `impl From<resume_runtime::Error> for {Self}`",
    note = "`std::io::Error`, `String`, `Box<dyn std::error::Error>` and `anyhow::Error` have it; put an error of a library \
            into one of these, or into one of your own"
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

//! The one error of this crate: what happened, to which run and file, and what to do.

use std::borrow::Cow;
use std::fmt::{self, Display, Formatter};
use std::io;
use std::path::{Path, PathBuf};

/// Why a run could not start, go on or be saved.
///
/// Its text names the run, the file and the way on. Inside a resumable function that returns a
/// `Result` it arrives as `E::from(error)`; `std::io::Error`, `String`, boxed errors and `anyhow`
/// take it as they are.
pub struct Error(Box<Inner>);

/// What stands before the advice. A value that cannot be taken up may say what to do in its own error: what follows this
/// takes the place of the general advice.
pub(crate) const WHAT_TO_DO: &str = "\n  what to do: ";

/// Boxed, so that a `Result` of a hot function does not grow by the size of a message.
struct Inner {
    kind: ErrorKind,
    what: String,
    run: Option<String>,
    path: Option<PathBuf>,
    signal: Option<i32>,
    /// Of a run that was stopped in time.
    status: Option<u8>,
    /// What was to be saved before the end could not be.
    is_unsaved: bool,
    advice: Option<String>,
    source: Option<io::Error>,
}

/// What an [`Error`] is about.
#[non_exhaustive]
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub enum ErrorKind {
    /// A signal, [`interrupt`](crate::interrupt), a deadline or a file `stop` asked the run to stop; it has been saved.
    Interrupted,
    /// Another process, or another thread of this one, is in the same run; or was given it while this one stood still.
    Busy,
    /// A snapshot was required or named, and there is none.
    NoSnapshot,
    /// There are snapshots, but none of them can be read. Nothing has been deleted.
    Damaged,
    /// The snapshot was made by another body of the function, and `strict` forbids to go on.
    OtherCode,
    /// The snapshot was made by a function with other captured locals or other sites.
    OtherLayout,
    /// The snapshot was written by a newer version of this crate.
    OtherFormat,
    /// The store could not be read or written.
    Store,
    /// Two functions have one path, so that their runs cannot be told apart.
    Ambiguous,
    /// A value could not be turned into bytes.
    Encode,
    /// A saved value could not be turned back into one of the local's type; or it stands for a file that is missing or has
    /// changed.
    Decode,
    /// The iterator of a `for` loop does not give the same sequence again.
    Iterator,
    /// A setting, in the environment or in the configuration, cannot be used.
    Config,
}

impl Error {
    /// What the error is about.
    pub fn kind(&self) -> ErrorKind {
        self.0.kind
    }

    /// The run it happened to, as its folder is called in the store: `function/identity`; without the identity, where
    /// the run has none yet.
    pub fn run(&self) -> Option<&str> {
        self.0.run.as_deref()
    }

    /// The file or folder it is about.
    pub fn path(&self) -> Option<&Path> {
        self.0.path.as_deref()
    }

    /// Whether the run was only asked to stop: call the function again and it goes on.
    pub fn is_interrupt(&self) -> bool {
        self.0.kind == ErrorKind::Interrupted
    }

    /// The signal that asked the run to stop, if one did.
    pub fn signal(&self) -> Option<i32> {
        self.0.signal
    }

    /// The status for a program that ends because of this error: 75, or what
    /// [`exit_status`](crate::Configure::exit_status) says, if the run was stopped in time and wants to be run again (by
    /// a deadline, one of the added signals, or a file `stop`); that of a shell after SIGINT, SIGTERM and SIGHUP (130,
    /// 143, 129); 1 if the run failed.
    ///
    /// ```
    /// # use resume_runtime::{checkpoint, resumable, Error};
    /// use std::process::ExitCode;
    ///
    /// # #[resumable] fn simulate(seed: u64) -> Result<f64, Error> { Ok(0.0) }
    /// fn main() -> ExitCode {
    ///     match simulate(7) {
    ///         Ok(result) => println!("{result}"),
    ///         Err(error) => {
    ///             eprintln!("{error}");
    ///             return ExitCode::from(error.exit_status());
    ///         }
    ///     }
    ///     ExitCode::SUCCESS
    /// }
    /// ```
    pub fn exit_status(&self) -> u8 {
        /// What ends a process that [`interrupt`](crate::interrupt) was called in.
        const SIGINT: i32 = 2;
        match (self.0.status, self.is_interrupt()) {
            (Some(status), _) => status,
            (None, true) => u8::try_from(128 + self.signal().unwrap_or(SIGINT)).unwrap_or(1),
            (None, false) => 1,
        }
    }
}

/// How the rest of the crate makes one: `Error::new(kind, "what happened").of(&key).advise("…")`.
impl Error {
    pub(crate) fn new(kind: ErrorKind, what: impl Into<String>) -> Error {
        Error(Box::new(Inner {
            kind,
            what: what.into(),
            run: None,
            path: None,
            signal: None,
            status: None,
            is_unsaved: false,
            advice: None,
            source: None,
        }))
    }

    /// Names the run; the first name stays, as it is the one nearest to what happened.
    pub(crate) fn of(mut self, run: impl Display) -> Error {
        self.0.run.get_or_insert_with(|| run.to_string());
        self
    }

    /// Names the file or folder; the first one stays.
    pub(crate) fn at(mut self, path: impl Into<PathBuf>) -> Error {
        self.0.path.get_or_insert_with(|| path.into());
        self
    }

    pub(crate) fn by_signal(mut self, signal: Option<i32>) -> Error {
        self.0.signal = signal;
        self
    }

    pub(crate) fn with_status(mut self, status: Option<u8>) -> Error {
        self.0.status = status;
        self
    }

    /// What could not be saved is no success, whatever status is set.
    pub(crate) fn unsaved(mut self) -> Error {
        self.0.status = self.0.status.map(|status| status.max(1));
        self.0.is_unsaved = true;
        self
    }

    /// Whether what was to be saved before the end could not be.
    pub(crate) fn is_unsaved(&self) -> bool {
        self.0.is_unsaved
    }

    /// Whether the run was stopped in time, and wants to be run again.
    pub(crate) fn is_in_time(&self) -> bool {
        self.0.status.is_some()
    }

    pub(crate) fn caused_by(mut self, source: io::Error) -> Error {
        self.0.source = Some(source);
        self
    }

    /// Says what to do; may be of several lines.
    pub(crate) fn advise(mut self, advice: impl Into<String>) -> Error {
        self.0.advice = Some(advice.into());
        self
    }
}

impl Display for Error {
    fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {
        let Inner { what, run, path, advice, source, .. } = &*self.0;
        f.write_str(what)?;
        if let Some(source) = source {
            write!(f, ": {source}")?;
        }
        if let Some(run) = run {
            write!(f, "\n  run: {}", shortened(run))?;
        }
        if let Some(path) = path {
            write!(f, "\n  file: {}", path.display())?;
        }
        if let Some(advice) = advice {
            write!(f, "{WHAT_TO_DO}{}", advice.replace('\n', "\n    "))?;
        }
        Ok(())
    }
}

/// The error of an operation on a file, with the name of the file.
pub(crate) fn named(path: &Path, error: &io::Error) -> io::Error {
    io::Error::new(error.kind(), format!("{}: {error}", path.display()))
}

/// A run without the runs between its root and itself, if these are many.
fn shortened(run: &str) -> Cow<'_, str> {
    match run.split('/').collect::<Vec<_>>()[..] {
        // Each child run adds two folders.
        [root, identity, _, _, _, _, .., own] => {
            let depth = run.matches('/').count() / 2;
            format!("{root}/{identity}/…/{own} ({depth} child runs deep)").into()
        }
        _ => run.into(),
    }
}

/// The text of `Display`, behind the kind: it is what `unwrap` and `fn main() -> Result<…>` show, and there too
/// it should tell what to do.
impl fmt::Debug for Error {
    fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {
        write!(f, "{:?}: {self}", self.0.kind)
    }
}

impl std::error::Error for Error {
    fn source(&self) -> Option<&(dyn std::error::Error + 'static)> {
        self.0.source.as_ref().map(|source| source as _)
    }
}

impl From<Error> for io::Error {
    fn from(error: Error) -> io::Error {
        let kind = match error.kind() {
            // Not `io::ErrorKind::Interrupted`: that one means "try at once again" to `read_to_end`,
            // `write_all` and `io::copy`, which would call an interrupted run for ever.
            ErrorKind::Interrupted => io::ErrorKind::Other,
            ErrorKind::Busy => io::ErrorKind::ResourceBusy,
            ErrorKind::NoSnapshot => io::ErrorKind::NotFound,
            ErrorKind::Damaged | ErrorKind::Decode => io::ErrorKind::InvalidData,
            ErrorKind::Config | ErrorKind::Encode | ErrorKind::Ambiguous => io::ErrorKind::InvalidInput,
            ErrorKind::Store => match &error.0.source {
                // For the same reason.
                Some(source) if source.kind() != io::ErrorKind::Interrupted => source.kind(),
                _ => io::ErrorKind::Other,
            },
            _ => io::ErrorKind::Other,
        };
        io::Error::new(kind, error)
    }
}

impl From<Error> for String {
    fn from(error: Error) -> String {
        error.to_string()
    }
}

#[cfg(test)]
mod tests {
    use super::{Error, ErrorKind};
    use std::error::Error as _;
    use std::io;

    fn full() -> Error {
        Error::new(ErrorKind::Store, "the snapshot could not be written")
            .of("walk/12ab")
            .at(".checkpoints/walk/12ab/00000001.snap")
            .caused_by(io::Error::from(io::ErrorKind::StorageFull))
            .advise("make room,\nthen run it again")
    }

    #[test]
    fn text_says_what_to_which_run_and_what_to_do() {
        assert_eq!(
            full().to_string(),
            "the snapshot could not be written: no storage space\n  run: walk/12ab\n  \
             file: .checkpoints/walk/12ab/00000001.snap\n  \
             what to do: make room,\n    then run it again"
        );
        assert_eq!(Error::new(ErrorKind::Config, "no").to_string(), "no");
        let deep =
            Error::new(ErrorKind::Config, "no").of("walk/12/under-1-a/0-walk-3/under-2-b/1-walk-4/under-0-c/0-go-5");
        assert_eq!(deep.to_string(), "no\n  run: walk/12/…/0-go-5 (3 child runs deep)");
    }

    #[test]
    fn first_run_and_file_stay() {
        let error = full().of("outer").at("outer");
        assert_eq!(error.run(), Some("walk/12ab"));
        assert!(error.path().is_some_and(|path| path.ends_with("00000001.snap")));
    }

    #[test]
    fn becomes_an_io_error_and_can_be_found_again() {
        let outer = io::Error::from(full());
        assert_eq!(outer.kind(), io::ErrorKind::StorageFull);
        let inner = outer.get_ref().and_then(|e| e.downcast_ref::<Error>());
        assert_eq!(inner.map(Error::kind), Some(ErrorKind::Store));
        assert!(full().source().is_some_and(|e| e.is::<io::Error>()));
    }

    #[test]
    fn interrupt_is_not_taken_for_a_retry() {
        let error = Error::new(ErrorKind::Interrupted, "stopped").by_signal(Some(15));
        assert!(error.is_interrupt());
        assert_eq!(error.signal(), Some(15));
        assert_ne!(io::Error::from(error).kind(), io::ErrorKind::Interrupted);
    }

    #[test]
    fn statuses_tell_what_happened() {
        let stopped = |signal| Error::new(ErrorKind::Interrupted, "stopped").by_signal(signal);
        assert_eq!(stopped(Some(10)).with_status(Some(75)).exit_status(), 75);
        assert_eq!(stopped(None).with_status(Some(0)).exit_status(), 0);
        assert_eq!(stopped(None).with_status(Some(0)).unsaved().exit_status(), 1);
        assert_eq!(stopped(Some(15)).exit_status(), 143);
        assert_eq!(stopped(None).exit_status(), 130);
        assert_eq!(full().exit_status(), 1);
    }

    #[test]
    fn is_small_and_may_go_between_threads() {
        fn check<T: Send + Sync + 'static>() {}
        check::<Error>();
        assert_eq!(size_of::<Error>(), size_of::<usize>());
    }
}

//! A call of a resumable function: which run it is, and how that begins.

use std::any::{TypeId, type_name};
use std::sync::Arc;

use crate::codec;
use crate::error::{Error, ErrorKind};
use crate::loops::repeat;
use crate::report;
use crate::run::Run;
use crate::run::function::Function;
use crate::run::kind::Kind;
use crate::run::lent::Lent;
use crate::run::node::{self, Mode, Node};
use crate::run::open::{self, Identity};
use crate::run::value::{Argument, Value};

/// A call that is about to begin: gathers what names the run.
#[must_use]
pub struct Call {
    function: &'static Function,
    place: Place,
    /// The run that the call is made in.
    parent: Option<Arc<Node>>,
    /// The plain arguments, or what stands for them.
    plain: Items,
    /// The values of captured parameters; of no account for a child run.
    captured: Items,
    /// What a child run begins with in them.
    lent: Lent,
    /// From `seed = …`, as canonical CBOR.
    seed: Option<Vec<u8>>,
    /// The arguments, as messages and snapshots show them.
    shown: String,
    /// The first thing that went wrong.
    failure: Option<Error>,
}

/// The function in which `_closure` stands.
pub fn path_of<F>(_closure: &F) -> Place {
    let mut path = type_name::<F>();
    while let Some(outer) = path.strip_suffix("::{{closure}}") {
        path = outer;
    }
    Place { path, code: typeid::of::<F>() }
}

/// Which function it is.
#[derive(Clone, Copy, Debug)]
pub struct Place {
    /// `krate::module::function`, with the type of its `impl` and with generic arguments.
    pub(crate) path: &'static str,
    /// Of which there is another for each code; another version of the program, or of the compiler, may have others.
    pub(crate) code: TypeId,
}

impl Call {
    /// A call of `function`, which is at `place`.
    pub fn new(function: &'static Function, place: Place) -> Call {
        Call {
            function,
            place,
            parent: node::current(),
            plain: Items::default(),
            captured: Items::default(),
            lent: Lent::nothing(),
            seed: None,
            shown: String::new(),
            failure: None,
        }
    }

    /// A plain parameter.
    pub fn argument<T: Argument + ?Sized>(mut self, name: &'static str, value: &T) -> Call {
        if repeat::holds_random_set(type_name::<T>()) {
            let what = format!("`{name}` cannot name a run: a hash set has another order in each process");
            let advice = "take a `BTreeSet`, say `#[transient]` if it does not matter to the result, or name the run with \
                          `#[resumable(key = \"…\")]`";
            let error = Error::new(ErrorKind::Encode, what).of(self.place.path).advise(advice);
            self.failure.get_or_insert(error);
        }
        if let Some(bytes) = self.encode(name, value) {
            self.show(name, &bytes);
            self.plain.push(&bytes);
        }
        self
    }

    /// A captured parameter. What a child run is given in one is made by its parent, so it does not name the child.
    pub fn captured(mut self, name: &'static str, value: &dyn Value) -> Call {
        if let Some(parent) = &self.parent {
            if !matches!(parent.home.mode, Mode::Off) {
                self.lent = self.lent.and(value, self.function);
            }
        } else if let Some(bytes) = self.encoded(name, codec::naming(|| value.canonical())) {
            self.show(name, &bytes);
            self.captured.push(&bytes);
        }
        self
    }

    /// What stands for the plain parameters: from `key = …`.
    pub fn key(mut self, key: String) -> Call {
        self.shown = report::key(&key);
        if let Some(bytes) = self.encode("key", &key) {
            self.plain.push(&bytes);
        }
        self
    }

    /// The seed of a generator of the run's own: from `seed = …`.
    pub fn seed<T: Argument + ?Sized>(mut self, seed: &T) -> Call {
        self.seed = self.encode("seed", seed);
        self
    }

    /// Begins the run of a plain function.
    ///
    /// # Errors
    /// What the function returns at once, if the run may not begin.
    #[track_caller]
    pub fn open<K: Kind>(self, _kind: K) -> Result<Run<K>, K::Output> {
        self.begin(false)
    }

    /// Begins the run of an `async` function.
    ///
    /// # Errors
    /// What the function returns at once, if the run may not begin.
    #[track_caller]
    pub fn open_async<K: Kind>(self, _kind: K) -> Result<Run<K>, K::Output> {
        self.begin(true)
    }

    /// No closure calls `failed`: it would not know the caller.
    #[track_caller]
    fn begin<K: Kind>(self, is_async: bool) -> Result<Run<K>, K::Output> {
        let parent = self.parent.clone();
        match self.identify().and_then(open::open) {
            Ok(opened) => Ok(Run::new(opened, is_async)),
            Err(error) => {
                // Whatever the caller makes of this, the runs that called must not save it.
                if let Some(parent) = parent {
                    parent.cut(&error);
                }
                Err(K::failed(error))
            }
        }
    }

    fn identify(self) -> Result<Identity, Error> {
        if let Some(error) = self.failure
            && !open::is_off()
        {
            return Err(error);
        }
        let path = codec::to_canonical(self.place.path).map_err(|error| encode_error("path", &error.to_string()))?;
        let mut hash = blake3::Hasher::new();
        // One array of three: path, plain arguments, captured arguments.
        hash.update(&[0x83]);
        hash.update(&path);
        for items in [&self.plain, &self.captured] {
            hash.update(&items.head());
            hash.update(&items.bytes);
        }
        Ok(Identity {
            function: self.function,
            place: self.place,
            hash: hash.finalize().into(),
            arguments: self.shown,
            seed: self.seed,
            parent: self.parent,
            lent: self.lent,
        })
    }

    fn encode<T: Argument + ?Sized>(&mut self, name: &str, value: &T) -> Option<Vec<u8>> {
        self.encoded(name, codec::naming(|| value.canonical()))
    }

    fn encoded(&mut self, name: &str, bytes: Result<Vec<u8>, String>) -> Option<Vec<u8>> {
        match bytes {
            Ok(bytes) => Some(bytes),
            Err(why) => {
                let error = encode_error(name, &why).of(self.place.path);
                self.failure.get_or_insert(error);
                None
            }
        }
    }

    fn show(&mut self, name: &str, bytes: &[u8]) {
        /// The most bytes of all arguments that people are shown.
        const LONGEST: usize = 200;
        if self.shown.len() > LONGEST {
            return;
        }
        if !self.shown.is_empty() {
            self.shown.push_str(", ");
        }
        if self.shown.len() > LONGEST {
            self.shown.push('…');
            return;
        }
        self.shown.push_str(name);
        self.shown.push_str(" = ");
        self.shown.push_str(&report::value(bytes));
    }
}

fn encode_error(name: &str, why: &str) -> Error {
    Error::new(ErrorKind::Encode, format!("`{name}` cannot name a run, as it cannot be turned into bytes: {why}"))
        .advise(
            "say `#[transient]` if it does not matter to the result, or name the run with `#[resumable(key = \"…\")]`",
        )
}

/// Canonical CBOR items, one after the other.
#[derive(Default)]
struct Items {
    count: u64,
    bytes: Vec<u8>,
}

impl Items {
    fn push(&mut self, item: &[u8]) {
        self.count += 1;
        self.bytes.extend(item);
    }

    /// The head of an array of these.
    fn head(&self) -> Vec<u8> {
        match u8::try_from(self.count) {
            Ok(count @ 0..24) => vec![0x80 | count],
            Ok(count) => vec![0x98, count],
            Err(_) => [&[0x9B][..], &self.count.to_be_bytes()].concat(),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::{Call, path_of};
    use crate::run::function::Function;

    #[test]
    fn a_long_key_names_the_run_whole_and_is_shown_short() {
        static FUNCTION: Function = Function::new(1).named("f");
        let identity = |key: String| Call::new(&FUNCTION, path_of(&|| ())).key(key).identify().expect("it has a name");
        let (one, other) = (identity("line\n".repeat(1000)), identity("line\n".repeat(1001)));
        assert_eq!(one.arguments.lines().count(), 1);
        assert!(one.arguments.chars().count() <= 60, "{}", one.arguments);
        assert_ne!(one.hash, other.hash);
    }
}

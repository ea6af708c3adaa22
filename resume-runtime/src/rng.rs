//! The generator of a run, and its named streams.
//!
//! A root run has one; its child runs draw from it too, unless they state a seed of their own. The states of all
//! generators that a run can reach are part of each of its snapshots.

use std::collections::BTreeMap;
use std::convert::Infallible;
use std::sync::atomic::{AtomicU32, Ordering};
use std::sync::{Arc, Mutex};

use rand_chacha::ChaCha8Rng;
use rand_chacha::rand_core::{SeedableRng, TryRng};
use serde::{Deserialize, Serialize};

use crate::mutex::locked;
use crate::run::node;

/// The generator of the current run.
///
/// It is seeded from the run's identity, or by `#[resumable(seed = …)]`, saved in every snapshot of the run and of its
/// child runs, and restored on resume. Each call gives a handle to the same generator.
///
/// ```
/// use resume_runtime::rand_chacha::rand_core::Rng;
/// use resume_runtime::{checkpoint, resumable, rng};
///
/// #[resumable]
/// fn walk(steps: u64) -> i64 {
///     #[resume]
///     let mut x = 0;
///     for _ in 0..steps {
///         x += if rng().next_u32() % 2 == 0 { 1 } else { -1 };
///         checkpoint!();
///     }
///     x
/// }
/// # resume_runtime::testing::cut_everywhere(|| walk(10));
/// ```
///
/// # Panics
/// Outside a run: there is nothing to seed it from, and nothing that would save it. A thread that a run has started is
/// outside it; give it a handle, or better a stream ([`rng_stream`]). A resumable function on such a thread is a run of its
/// own, which goes on from snapshots of its own: give that a seed instead, from which its own `rng()` draws.
#[track_caller]
pub fn rng() -> Rng {
    let generators = current("rng");
    let generator = generators.with(|content| Arc::clone(&content.main));
    Rng { generator, generators }
}

/// A named generator of the current run, independent of all others.
///
/// What it gives depends on the run's seed and the name alone, so it is the same on any number of threads: give each worker
/// a stream of its own.
///
/// # Panics
/// Outside a run, as [`rng`] does.
#[track_caller]
pub fn rng_stream(name: &str) -> Rng {
    let generators = current("rng_stream");
    let generator = generators.with(|content| content.stream(name));
    Rng { generator, generators }
}

#[track_caller]
fn current(function: &str) -> Arc<Generators> {
    match node::current() {
        Some(node) => Arc::clone(&node.generators),
        None => panic!(
            "resume_runtime::{function}() was called outside a run: call it in a #[resumable] function or in what that \
             calls, on the same thread, and hand the generator on to other threads"
        ),
    }
}

/// A handle to a generator of a run; see [`rng`] and [`rng_stream`]. Clones draw from the same generator.
#[derive(Clone, Debug)]
pub struct Rng {
    generator: Generator,
    generators: Arc<Generators>,
}

type Generator = Arc<Mutex<ChaCha8Rng>>;

impl Rng {
    #[inline]
    fn draw<T>(&self, draw: impl FnOnce(&mut ChaCha8Rng) -> T) -> T {
        if self.generators.walks.load(Ordering::Relaxed) != 0 {
            node::check_draw();
        }
        draw(&mut locked(&self.generator))
    }
}

macro_rules! try_rng {
    ($($type:ty),*) => { $(
        impl TryRng for $type {
            type Error = Infallible;

            #[inline]
            fn try_next_u32(&mut self) -> Result<u32, Infallible> {
                self.draw(TryRng::try_next_u32)
            }

            #[inline]
            fn try_next_u64(&mut self) -> Result<u64, Infallible> {
                self.draw(TryRng::try_next_u64)
            }

            #[inline]
            fn try_fill_bytes(&mut self, bytes: &mut [u8]) -> Result<(), Infallible> {
                self.draw(|generator| generator.try_fill_bytes(bytes))
            }
        }
    )* };
}

// By reference too, so that a handle need not be a mutable local.
try_rng!(Rng, &Rng);

/// The generators of a root run, or of a child run with a seed of its own.
#[derive(Debug)]
pub(crate) struct Generators {
    seed: [u8; 32],
    /// Made when first asked for: most runs have no use for them.
    content: Mutex<Option<Content>>,
    /// How many reasons there are to look at who draws: runs that draw from these and are on their way back to a site, and child
    /// runs that are futures, beside which the run itself may draw.
    pub(crate) walks: AtomicU32,
}

#[derive(Debug)]
struct Content {
    seed: [u8; 32],
    main: Generator,
    streams: BTreeMap<String, Generator>,
}

/// What a snapshot has of the generators.
#[derive(Serialize, Deserialize, Debug)]
pub(crate) struct Saved {
    main: ChaCha8Rng,
    streams: BTreeMap<String, ChaCha8Rng>,
}

/// What a seed is made from.
pub(crate) enum Origin<'a> {
    /// The identity of a root run.
    Identity(&'a [u8]),
    /// The value of `seed = …`, as canonical bytes.
    Stated(&'a [u8]),
}

impl Generators {
    pub(crate) fn new(origin: &Origin<'_>) -> Arc<Generators> {
        let seed = match origin {
            Origin::Identity(bytes) => hash(b"resume 1 identity", bytes),
            Origin::Stated(bytes) => hash(b"resume 1 seed", bytes),
        };
        Arc::new(Generators { seed, content: Mutex::new(None), walks: AtomicU32::new(0) })
    }

    fn with<T>(&self, act: impl FnOnce(&mut Content) -> T) -> T {
        act(locked(&self.content).get_or_insert_with(|| Content::new(self.seed)))
    }

    /// How far the main one has been drawn from. Streams are drawn from on other threads too, at any time.
    pub(crate) fn position(&self) -> u64 {
        let guard = locked(&self.content);
        let main = guard.as_ref().map(|content| locked(&content.main).get_word_pos());
        main.unwrap_or_default() as u64
    }

    /// Whether any generator has been asked for.
    pub(crate) fn is_used(&self) -> bool {
        locked(&self.content).is_some()
    }

    /// The states of all generators; `None` if none has been asked for.
    pub(crate) fn save(&self) -> Option<Saved> {
        let guard = locked(&self.content);
        let content = guard.as_ref()?;
        Some(Saved {
            main: state(&content.main),
            streams: content.streams.iter().map(|(name, stream)| (name.clone(), state(stream))).collect(),
        })
    }

    /// Sets all generators back, in place: handles that are out draw on from there.
    pub(crate) fn restore(&self, saved: Option<Saved>) {
        let Some(saved) = saved else {
            // There was no generator when the snapshot was taken: those that there are begin anew.
            let guard = locked(&self.content);
            if let Some(content) = guard.as_ref() {
                set(&content.main, ChaCha8Rng::from_seed(content.seed));
                content.begin_anew(|_| true);
            }
            return;
        };
        self.with(|content| {
            set(&content.main, saved.main);
            content.begin_anew(|name| !saved.streams.contains_key(name));
            for (name, state) in saved.streams {
                set(&content.stream(&name), state);
            }
        });
    }
}

impl Content {
    fn new(seed: [u8; 32]) -> Content {
        Content { seed, main: generator(ChaCha8Rng::from_seed(seed)), streams: BTreeMap::new() }
    }

    fn stream(&mut self, name: &str) -> Generator {
        if let Some(stream) = self.streams.get(name) {
            return Arc::clone(stream);
        }
        let stream = generator(first_state(&self.seed, name));
        self.streams.insert(name.to_owned(), Arc::clone(&stream));
        stream
    }

    /// Sets streams back to where they begin.
    fn begin_anew(&self, which: impl Fn(&str) -> bool) {
        for (name, stream) in self.streams.iter().filter(|(name, _)| which(name)) {
            set(stream, first_state(&self.seed, name));
        }
    }
}

fn first_state(seed: &[u8; 32], name: &str) -> ChaCha8Rng {
    let mut text = seed.to_vec();
    text.extend(name.as_bytes());
    ChaCha8Rng::from_seed(hash(b"resume 1 stream", &text))
}

fn generator(state: ChaCha8Rng) -> Generator {
    Arc::new(Mutex::new(state))
}

fn state(generator: &Generator) -> ChaCha8Rng {
    locked(generator).clone()
}

fn set(generator: &Generator, state: ChaCha8Rng) {
    *locked(generator) = state;
}

/// A seed from bytes; `purpose` keeps seeds of different kinds apart.
fn hash(purpose: &[u8], bytes: &[u8]) -> [u8; 32] {
    let mut hash = blake3::Hasher::new();
    hash.update(purpose);
    hash.update(&[0]);
    hash.update(bytes);
    hash.finalize().into()
}

//! The tree of runs: what a run and the child runs below it share, and which run a thread is in.

use std::cell::RefCell;
use std::future::{Future, poll_fn};
use std::pin::pin;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, OnceLock, Weak};
use std::task::Poll;

use crate::error::{Error, ErrorKind};
use crate::interrupt::{self, Member};
use crate::mutex::locked;
use crate::recover::poison::Start;
use crate::report;
use crate::rng::{Generators, Origin};
use crate::run::function::Function;
use crate::run::open::{self, Identity};
use crate::run::tenure::Tenure;
use crate::saver::Saver;
use crate::saver::keep::Keep;
use crate::saver::retry::Pauses;
use crate::saver::writer::Writer;
use crate::store::quota::Quota;
use crate::store::{Key, Store};
use crate::testing::Session;
use crate::trigger::budget::Pacing;

/// What all runs of one tree share.
#[derive(Debug)]
pub(crate) struct Home {
    pub(crate) store: Arc<dyn Store>,
    pub(crate) mode: Mode,
    /// The root run, for those who wait for it; none for a plain function or a test.
    pub(crate) member: Option<Arc<Member>>,
    /// Which snapshots are kept, where the function does not say.
    pub(crate) keep: Keep,
    /// How much the store may hold.
    pub(crate) quota: Quota,
    /// How often `checkpoint!()` saves.
    pub(crate) pacing: Pacing,
    /// When child runs may try to save what they stand on, if that fails.
    pub(crate) refusal: Pauses,
    /// When it may be said that child runs cannot be saved.
    pub(crate) told: Pauses,
    /// Whether it has been said that snapshots are large.
    pub(crate) is_weighed: AtomicBool,
    /// Whether it has been said that child runs side by side are not saved.
    pub(crate) is_crowded: AtomicBool,
    /// Whether it has been said that child runs so deep are not saved.
    pub(crate) is_deep: AtomicBool,
    /// The start from a snapshot that may come to nothing.
    pub(crate) start: Start,
    /// What saves the runs of the tree.
    pub(crate) writer: Writer,
    /// Whether they are this process's.
    pub(crate) tenure: Arc<Tenure>,
}

/// What runs of a tree do at all.
#[derive(Clone, Debug)]
pub(crate) enum Mode {
    /// Nothing: they are plain functions.
    Off,
    /// Save and resume.
    Live,
    /// Save and resume, under the eyes of `testing`.
    Test(Arc<Session>),
}

/// One run, as others see it.
#[derive(Debug)]
pub(crate) struct Node {
    pub(crate) function: &'static Function,
    /// The path of the function, with the type of its `impl` and its generic arguments.
    pub(crate) path: &'static str,
    /// In hex.
    pub(crate) identity: String,
    /// Shown in messages, and readable in snapshots.
    pub(crate) arguments: String,
    pub(crate) key: Key,
    pub(crate) parent: Option<Arc<Node>>,
    pub(crate) home: Arc<Home>,
    pub(crate) generators: Arc<Generators>,
    /// Of a child run: what it began with, if that is known.
    pub(crate) began: Option<u64>,
    /// Whether it draws from its parent's generators.
    pub(crate) shares_generators: bool,
    /// Whether nothing of it, or of the runs below it, is saved any more: it runs again whenever its parent resumes.
    is_passing: AtomicBool,
    pub(crate) state: Mutex<State>,
    /// What keeps its snapshots: child runs stand on them.
    pub(crate) saver: OnceLock<Weak<Saver>>,
    /// Whether `state.cut` is set; looked at in each due pass.
    is_cut: AtomicBool,
    /// Whether it is on its way back to the site it was cut at.
    is_walking: AtomicBool,
}

/// What changes while a run is under way.
#[derive(Debug)]
pub(crate) struct State {
    /// What child runs stand on: the current snapshot.
    pub(crate) under: Under,
    /// The child runs that have begun on top of it.
    pub(crate) children: Children,
    /// Whether it was there when this life of the run began, so that child runs may have left snapshots.
    pub(crate) is_inherited: bool,
    /// Whether child runs have saved on top of it in this life.
    pub(crate) has_below: bool,
    /// How often it, or a run below it, has opened a file to append to it, in all of its lives.
    pub(crate) appended: u64,
    /// The child runs that are under way: one, unless futures are polled in turns.
    live: Vec<Weak<Node>>,
    /// Why the run may not go on: something below it was stopped, and whatever its callers made of that is not what
    /// an uninterrupted run would have seen.
    cut: Option<Cut>,
}

/// The calls of child runs so far.
#[derive(Clone, Copy, Default, Debug)]
pub(crate) struct Children {
    count: u64,
    /// What the last one was called with, and those before it.
    hash: [u8; 32],
}

impl Children {
    /// One more, of this identity.
    ///
    /// Its place among all calls alone would not do. Where other calls come before it than when it was saved, as something
    /// transient is another, what its parent lends it is another too, and its snapshot may be that of another pass.
    pub(crate) fn called(self, identity: &[u8; 32]) -> Children {
        let hash = match self.count {
            0 => *identity,
            _ => blake3::Hasher::new().update(&self.hash).update(identity).finalize().into(),
        };
        Children { count: self.count + 1, hash }
    }

    /// The last one has failed. Those behind it may be there only for that.
    fn failed(&mut self) {
        self.hash = blake3::hash(&self.hash).into();
    }

    /// The name of the last one, less that of its function: its ordinal, and what tells it from all others.
    pub(crate) fn last(&self) -> (u64, &[u8]) {
        (self.count - 1, &self.hash[..8])
    }
}

/// What a run below was stopped by.
#[derive(Debug)]
struct Cut {
    kind: ErrorKind,
    text: String,
    is_unsaved: bool,
}

impl State {
    pub(crate) fn new(under: Under) -> State {
        let (children, live) = (Children::default(), Vec::new());
        State { under, children, is_inherited: true, has_below: false, appended: 0, live, cut: None }
    }

    /// A new snapshot is there: child runs begin anew on top of it. Gives what those before stood on.
    pub(crate) fn rise(&mut self, under: Under) -> Option<Under> {
        let before = std::mem::replace(&mut self.under, under);
        let had_below = self.is_inherited || self.has_below;
        (self.children, self.is_inherited, self.has_below) = (Children::default(), false, false);
        had_below.then_some(before)
    }
}

impl Node {
    /// The run that `identity` is of, called `key`.
    pub(crate) fn new(identity: &Identity, key: Key, home: Arc<Home>) -> Arc<Node> {
        let Identity { parent, seed, .. } = identity;
        let generators = match (seed, parent) {
            (Some(seed), _) => Generators::new(&Origin::Stated(seed)),
            (None, Some(parent)) => Arc::clone(&parent.generators),
            (None, None) => Generators::new(&Origin::Identity(&identity.hash)),
        };
        let position = |parent: &Arc<Node>| if seed.is_some() { 0 } else { parent.generators.position() };
        Arc::new(Node {
            function: identity.function,
            path: identity.place.path,
            identity: open::hex(&identity.hash),
            arguments: identity.arguments.clone(),
            key,
            parent: parent.clone(),
            home,
            began: parent.as_ref().and_then(|parent| identity.lent.at(position(parent))),
            shares_generators: parent.is_some() && seed.is_none(),
            generators,
            is_passing: AtomicBool::new(false),
            state: Mutex::new(State::new(Under { seq: 0, mark: identity.function.body })),
            saver: OnceLock::new(),
            is_cut: AtomicBool::new(false),
            is_walking: AtomicBool::new(false),
        })
    }

    pub(crate) fn state(&self) -> MutexGuard<'_, State> {
        locked(&self.state)
    }

    /// What people call this run.
    pub(crate) fn label(&self) -> String {
        label(self.function.name, &self.arguments)
    }

    /// This run and those above it, from here to the root.
    pub(crate) fn line(&self) -> impl Iterator<Item = &Node> {
        std::iter::successors(Some(self), |node| node.parent.as_deref())
    }

    /// Nothing of it, or of the runs below it, is saved any more.
    pub(crate) fn set_passing(&self) {
        self.is_passing.store(true, Ordering::Relaxed);
    }

    /// Whether nothing of it is saved.
    pub(crate) fn is_passing(&self) -> bool {
        self.line().any(|node| node.is_passing.load(Ordering::Relaxed))
    }

    /// A child run begins. Beside others that are under way none of them is saved: which of them comes when, in what order
    /// they draw and which of two alike is which, is told by nothing that a snapshot of one of them holds.
    ///
    /// # Errors
    /// If what the others have saved cannot be removed.
    pub(crate) fn begin_child(&self, child: &Arc<Node>) -> Result<(), Error> {
        let others: Vec<Arc<Node>> = self.state().live.iter().filter_map(Weak::upgrade).collect();
        self.state().live.push(Arc::downgrade(child));
        if others.is_empty() || matches!(self.home.mode, Mode::Off) {
            return Ok(());
        }
        child.set_passing();
        self.give_up(
            others,
            "has child runs that are under way side by side: they are not saved, and run again from its own last snapshot. \
             Call them one after the other, or spawn each as a run of its own",
        )
    }

    /// These child runs are not saved any more, and `why` is said once.
    fn give_up(&self, children: Vec<Arc<Node>>, why: &str) -> Result<(), Error> {
        let saved: Vec<Arc<Node>> =
            children.into_iter().filter(|child| !child.is_passing.swap(true, Ordering::Relaxed)).collect();
        if saved.is_empty() {
            return Ok(());
        }
        if !self.home.is_crowded.swap(true, Ordering::Relaxed) {
            report::warning(&format!("{} {why}", self.label()));
        }
        self.home.writer.flush();
        for other in saved {
            self.home.store.clear(&other.key).map_err(|error| {
                Error::new(ErrorKind::Store, format!("what {} saved could not be removed", other.label()))
                    .of(&other.key)
                    .caused_by(error)
            })?;
        }
        Ok(())
    }

    /// The run draws. Where a child run is under way that is not what draws, the two are futures that are polled in turns:
    /// the child would go on from its own last snapshot, and the run draw once more what it drew beside it.
    fn draw_beside_children(&self) {
        let children: Vec<Arc<Node>> = self.state().live.iter().filter_map(Weak::upgrade).collect();
        if children.is_empty() || self.is_passing() || matches!(self.home.mode, Mode::Off) {
            return;
        }
        let given_up = self.give_up(
            children,
            "draws from resume_runtime::rng() beside a child run that is under way: that is not saved, and runs again from its \
             own last snapshot. Call one after the other, or spawn the child run as a run of its own",
        );
        if let Err(error) = given_up {
            self.cut(&error);
        }
    }

    /// A child run is over, has failed, or was given up.
    pub(crate) fn end_child(&self, child: &Arc<Node>, has_failed: bool) {
        let mut state = self.state();
        state.live.retain(|live| !std::ptr::eq(live.as_ptr(), Arc::as_ptr(child)));
        if has_failed {
            state.children.failed();
        }
    }

    /// Forbids this run and those above it to go on.
    pub(crate) fn cut(&self, error: &Error) {
        for node in self.line() {
            let cut = || Cut { kind: error.kind(), text: error.to_string(), is_unsaved: error.is_unsaved() };
            node.state().cut.get_or_insert_with(cut);
            node.is_cut.store(true, Ordering::SeqCst);
        }
    }

    /// Whether it may not go on.
    pub(crate) fn is_cut(&self) -> bool {
        self.is_cut.load(Ordering::Relaxed) || self.home.tenure.is_over()
    }

    /// The error of a run that may not go on: it is somebody else's, or one below it was stopped.
    pub(crate) fn cut_error(&self) -> Error {
        if let Some(why) = self.home.tenure.lost() {
            let place = self.home.store.place(&self.key);
            return Tenure::error(&self.label(), why).of(&self.key).at(place);
        }
        match &self.state().cut {
            Some(Cut { kind: ErrorKind::Interrupted, is_unsaved: true, .. }) => {
                crate::interrupt::error(self, "a run below it was, and could not be saved").unsaved()
            }
            Some(Cut { kind: ErrorKind::Interrupted, .. }) | None => {
                crate::interrupt::error(self, "a run below it was; it goes on when it is called again")
            }
            Some(Cut { kind, text, .. }) => {
                Error::new(*kind, format!("{} cannot go on, as a run below it could not: {text}", self.label()))
            }
        }
        .of(&self.key)
    }

    pub(crate) fn is_walking(&self) -> bool {
        self.is_walking.load(Ordering::Relaxed)
    }

    /// The run is on its way back to a site: what is recomputed there was saved or drawn before, and is not again.
    pub(crate) fn begin_walk(&self) {
        if !self.is_walking.swap(true, Ordering::SeqCst) {
            self.generators.walks.fetch_add(1, Ordering::SeqCst);
        }
    }

    /// The way back is over; whether it was still under way.
    pub(crate) fn end_walk(&self) -> bool {
        let was_walking = self.is_walking.swap(false, Ordering::SeqCst);
        if was_walking {
            self.generators.walks.fetch_sub(1, Ordering::SeqCst);
        }
        was_walking
    }
}

/// What people call a run.
pub(crate) fn label(name: &str, arguments: &str) -> String {
    format!("{name}({arguments})")
}

/// A snapshot that child runs stand on. `mark` ties them to this very one: numbers begin anew when a run is started afresh.
/// Before the first snapshot the body takes its place, as what another body did is not what this one does.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) struct Under {
    pub(crate) seq: u64,
    pub(crate) mark: u64,
}

impl Under {
    /// Where they are, below the run called `key`.
    pub(crate) fn folder(self, key: &Key) -> Key {
        key.child(&format!("under-{}-{:x}", self.seq, self.mark))
    }

    /// The number in the name of such a place.
    pub(crate) fn seq_of(name: &str) -> Option<u64> {
        let (seq, mark) = name.strip_prefix("under-")?.split_once('-')?;
        u64::from_str_radix(mark, 16).ok()?;
        seq.parse().ok()
    }
}

thread_local! {
    static CURRENT: RefCell<Option<Arc<Node>>> = const { RefCell::new(None) };
}

/// The run that this thread is in.
pub(crate) fn current() -> Option<Arc<Node>> {
    CURRENT.try_with(|current| current.borrow().clone()).ok().flatten()
}

/// Whether child runs of the run that this thread is in may go on from snapshots of an earlier life. These tell of what that
/// life has written to files.
pub(crate) fn has_inherited_children() -> bool {
    let inherits = |node: &Node| {
        let (under, is_inherited) = {
            let state = node.state();
            (state.under, state.is_inherited)
        };
        is_inherited && node.home.store.holds_runs(&under.folder(&node.key))
    };
    current().is_some_and(|node| node.line().any(inherits))
}

/// Puts the thread into another run, or none; gives the one it was in.
pub(crate) fn replace(node: Option<Arc<Node>>) -> Option<Arc<Node>> {
    CURRENT.try_with(|current| current.replace(node)).ok().flatten()
}

/// Puts the thread back when dropped, also when the stack is unwound.
struct Entered(Option<Arc<Node>>);

impl Drop for Entered {
    fn drop(&mut self) {
        replace(self.0.take());
    }
}

/// An asynchronous run, for the time between its polls.
#[derive(Clone, Debug)]
pub struct Context(pub(crate) Arc<Node>);

impl Context {
    /// Polls the future inside the run, on whatever thread.
    pub async fn enter<F: Future>(self, future: F) -> F::Output {
        let mut future = pin!(Some(future));
        poll_fn(|context| {
            // Of a run that was left there is nothing to come.
            let Some(run) = future.as_mut().as_pin_mut() else { return Poll::Pending };
            if let Some(member) = &self.0.home.member {
                member.seen();
            }
            let entered = Entered(replace(Some(Arc::clone(&self.0))));
            let polled = interrupt::poll(run, context);
            drop(entered);
            polled.unwrap_or_else(|| {
                future.set(None);
                Poll::Pending
            })
        })
        .await
    }
}

/// Refuses to draw for what is recomputed on the way back to a site: it drew these numbers before, and others now would be
/// a wrong result. Beside a child run it would be one as well.
#[cold]
#[inline(never)]
pub(crate) fn check_draw() {
    let Some(node) = current() else { return };
    node.draw_beside_children();
    let generators = &node.generators;
    let is_walking = |node: &Node| node.is_walking() && Arc::ptr_eq(&node.generators, generators);
    if let Some(node) = node.line().find(|node| is_walking(node)) {
        panic!(
            "{} drew from resume_runtime::rng() in the initialiser of a local that is made again on resume: say \
             `#[resume] let` for it, so that it keeps what it drew, or take the iterator of a `for` from a captured local",
            node.label()
        );
    }
}

/// Takes the thread out of all runs until it is dropped.
pub(crate) fn outside() -> impl Drop {
    Entered(replace(None))
}

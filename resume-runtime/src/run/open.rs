//! The beginning of a run: its lock, the snapshot it goes on from, and what it says about that.

use std::fmt::Write;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, Instant, SystemTime, UNIX_EPOCH};

use crate::buffer::Buffer;
use crate::codec;
use crate::config::Settings;
use crate::error::{Error, ErrorKind};
use crate::interrupt::{self, Member, Membership};
use crate::pack::Compression;
use crate::recover;
use crate::recover::layout;
use crate::recover::pick::{self, Picked};
use crate::recover::poison::Start;
use crate::report;
use crate::rng::{Generators, Saved};
use crate::run::alike;
use crate::run::call::Place;
use crate::run::function::Function;
use crate::run::lent::{self, Lent};
use crate::run::node::{self, Home, Mode, Node, Under};
use crate::run::save;
use crate::run::tenure::Tenure;
use crate::saver::keep::Keep;
use crate::saver::leftovers;
use crate::saver::retry::Pauses;
use crate::saver::writer::Writer;
use crate::saver::{Job, Ledger, Passed, Saver};
use crate::snapshot::{Bytes, Snapshot};
use crate::store::quota::Quota;
use crate::store::{Key, Lock, Memory, Store};
use crate::testing;
use crate::trigger::budget::Pacing;

/// Which run a call is.
pub(crate) struct Identity {
    pub(crate) function: &'static Function,
    pub(crate) place: Place,
    pub(crate) hash: [u8; 32],
    /// Shown in messages, and readable in snapshots.
    pub(crate) arguments: String,
    /// From `seed = …`.
    pub(crate) seed: Option<Vec<u8>>,
    pub(crate) parent: Option<Arc<Node>>,
    pub(crate) lent: Lent,
}

/// A run that may begin.
pub(crate) struct Opened {
    pub(crate) node: Arc<Node>,
    /// What it goes on from.
    pub(crate) snapshot: Option<Box<Snapshot>>,
    /// Captured parameters, locals and cursors in order, each a CBOR item of its own.
    pub(crate) values: Vec<(String, Buffer)>,
    pub(crate) saver: Arc<Saver>,
    /// The number of the next one.
    pub(crate) next: u64,
    pub(crate) lock: Option<Arc<Lock>>,
    pub(crate) membership: Option<Membership>,
}

pub(crate) fn open(identity: Identity) -> Result<Opened, Error> {
    let opened = match &identity.parent {
        Some(parent) => open_child(&identity, parent),
        None => open_root(&identity),
    }?;
    if let Some(snapshot) = &opened.snapshot {
        restore_generators(&opened.node, snapshot.rng.as_ref())?;
    }
    Ok(opened)
}

impl Identity {
    fn key(&self) -> Key {
        // Half of the hash is far more than enough to tell runs apart.
        Key::new(self.place.path, &hex(&self.hash[..16]))
    }
}

pub(crate) fn hex(bytes: &[u8]) -> String {
    let digit = |half: u8| char::from_digit(half.into(), 16).unwrap_or_default();
    bytes.iter().flat_map(|byte| [digit(byte >> 4), digit(byte & 15)]).collect()
}

/// Whether nothing is to be saved or taken up.
pub(crate) fn is_off() -> bool {
    testing::current().is_none() && Settings::now().is_ok_and(|settings| settings.off)
}

fn open_root(identity: &Identity) -> Result<Opened, Error> {
    if let Some(session) = testing::current() {
        return open_test(identity, session);
    }
    let settings = Settings::now().map_err(|error| error.of(identity.place.path))?;
    if settings.off {
        return Ok(open_off(identity));
    }
    alike::check(identity.place, identity.hash)?;
    interrupt::install(&settings.limits.in_force().map_err(|error| error.of(identity.place.path))?);
    let key = identity.key();
    let store = settings.store();
    let lock = store.lock(&key).map_err(|busy| busy.into_error(&*store, &key))?;
    let lock = Arc::new(lock);
    if let Some(warning) = lock.warning() {
        report::warning(warning);
    }
    let mut picked = pick::root(&settings, &*store, &key, &lock)?;
    let label = node::label(identity.function.name, &identity.arguments);
    let saved = picked.snapshot.as_deref().and_then(age).and_then(|age| Instant::now().checked_sub(age));
    let membership = Member::join(label, saved, &store, &key);
    // Who has asked it to stop before it began means this life of it too.
    if !lock.is_of_new_run() {
        membership.member().look_for_stop();
    }
    let stated = identity.function.compression.filter(|_| !settings.is_compression_forced);
    let compression = stated.unwrap_or(settings.compression);
    let home = Home {
        member: Some(membership.member()),
        keep: settings.keep,
        quota: Quota::new(settings.store_limit),
        pacing: settings.pacing,
        is_weighed: AtomicBool::new(false),
        is_crowded: AtomicBool::new(false),
        is_deep: AtomicBool::new(false),
        writer: Writer::background(compression),
        tenure: Arc::new(Tenure::by(&lock)),
        ..bare_home(store, Mode::Live)
    };
    let node = Node::new(identity, key, Arc::new(home));
    let note = check(&node, &mut picked)?;
    let is_beginning = picked.snapshot.is_none() && picked.beginning.is_none();
    let has_children = is_beginning && !lock.is_of_new_run() && has_saved_children(&node);
    if settings.require && picked.snapshot.is_none() && !has_children {
        return Err(required(&node, &picked));
    }
    let is_silent = is_beginning && !has_children && !lock.is_of_new_run() && note.is_none() && picked.note.is_none();
    let note = if is_silent { of_other_code(&node) } else { note };
    leftovers::drop_outlived(&node, &picked);
    report::start_line(settings.quiet, || begin_line(&node, &picked, has_children, note));
    node.home.start.record(&*node.home.store, &node.key, &picked);
    Ok(Opened { lock: Some(lock), membership: Some(membership), ..opened(node, picked) })
}

/// What runs share where nothing is asked for: of a run that is off or under test, and what that of a live one begins with.
fn bare_home(store: Arc<dyn Store>, mode: Mode) -> Home {
    Home {
        store,
        mode,
        member: None,
        keep: Keep::default(),
        quota: Quota::default(),
        pacing: Pacing::USUAL,
        refusal: Pauses::default(),
        told: Pauses::always(),
        is_weighed: AtomicBool::new(true),
        is_crowded: AtomicBool::new(true),
        is_deep: AtomicBool::new(true),
        start: Start::default(),
        writer: Writer::inline(Compression::None),
        tenure: Arc::default(),
    }
}

/// A plain function, but for its generator.
fn open_off(identity: &Identity) -> Opened {
    let home = bare_home(Arc::new(Memory::new()), Mode::Off);
    opened(Node::new(identity, identity.key(), Arc::new(home)), Picked::default())
}

fn open_test(identity: &Identity, session: Arc<testing::Session>) -> Result<Opened, Error> {
    session.begin_run();
    let key = identity.key();
    let store: Arc<dyn Store> = Arc::new(session.store());
    let lock = store.lock(&key).map_err(|busy| busy.into_error(&*store, &key))?;
    let lock = Arc::new(lock);
    let mut picked = pick::newest(&*store, &key)?;
    let home = bare_home(store, Mode::Test(session));
    let node = Node::new(identity, key, Arc::new(home));
    check(&node, &mut picked)?;
    Ok(Opened { lock: Some(lock), ..opened(node, picked) })
}

/// A child run needs no lock, as its root has one, and no folder until it saves. Where its parent has taken a snapshot in
/// this life, nothing can have been left for it.
fn open_child(identity: &Identity, parent: &Arc<Node>) -> Result<Opened, Error> {
    if parent.is_cut() {
        return Err(parent.cut_error());
    }
    let home = Arc::clone(&parent.home);
    let is_deep = is_too_deep(identity, parent);
    // What a panic calls is none of the steps of its parent.
    let is_passing = is_deep || parent.is_passing() || parent.is_walking() || std::thread::panicking();
    let (under, children, is_inherited) = {
        let mut state = parent.state();
        let children = state.children.called(&identity.hash);
        if !is_passing {
            state.children = children;
        }
        (state.under, children, state.is_inherited)
    };
    let key = if is_deep {
        // Nothing is ever looked for there.
        parent.key.clone()
    } else {
        let (ordinal, hash) = children.last();
        let name = format!("{ordinal}-{}-{}", shortened(identity.function.name), hex(hash));
        under.folder(&parent.key).child(&name)
    };
    let is_off = matches!(home.mode, Mode::Off);
    if let (Mode::Test(session), false) = (&home.mode, is_passing) {
        session.begin_run();
    }
    let node = Node::new(identity, key, home);
    if is_passing {
        node.set_passing();
    }
    parent.begin_child(&node)?;
    let may_resume = is_inherited && !node.is_passing();
    node.state().is_inherited = may_resume;
    let mut picked = if is_off || !may_resume { Picked::default() } else { newest_of_child(&node)? };
    if let Some(note) = check(&node, &mut picked)? {
        report::start_line(Settings::now().is_ok_and(|settings| settings.quiet), || {
            format!("{}: resumed; {note}", node.label())
        });
    }
    Ok(opened(node, picked))
}

/// The longest key of a run that may have child runs with snapshots of their own, in bytes. Each of them adds two folders, and
/// a path has 4,096 bytes at most on Linux, with the store's own folder and the file's name.
const LONGEST_KEY: usize = 2800;

/// Whether a child run is too deep within others for a place in the store.
fn is_too_deep(identity: &Identity, parent: &Node) -> bool {
    let is_deep = parent.key.components().iter().map(String::len).sum::<usize>() > LONGEST_KEY;
    if is_deep && !parent.home.is_deep.swap(true, Ordering::Relaxed) {
        report::warning(&format!(
            "{} is {} child runs deep: what is so deep is not saved, and runs again from the last snapshot of a run above it",
            node::label(identity.function.name, &identity.arguments),
            parent.line().count()
        ));
    }
    is_deep
}

/// A child run all of whose snapshots are damaged begins anew: its parent's snapshot is the newest good one then. So does
/// one whose output file another run has written over since, and one that begins with something else than when it was saved.
fn newest_of_child(node: &Node) -> Result<Picked, Error> {
    let (store, key) = (&*node.home.store, &node.key);
    let is_ours = || node.home.tenure.check().is_ok();
    let picked = match pick::newest(store, key) {
        Err(error) if error.kind() == ErrorKind::Damaged => {
            // Of its files nothing is known if even the table is damaged.
            if recover::newest_table(store, key).is_some_and(|snapshot| !(is_ours() && snapshot.rewind(key))) {
                return Err(error);
            }
            report::warning(&format!("a child run begins anew: {error}"));
            return pick::nothing(store, key);
        }
        picked => picked?,
    };
    let Some(snapshot) = picked.snapshot.as_deref() else { return Ok(picked) };
    let is_another = lent::differ(snapshot.began, node.began);
    let why = match snapshot.files.iter().find(|file| !file.fits()) {
        _ if is_another => "it was saved under a call that began with other values".to_owned(),
        Some(lost) => format!("its output file {} is not as it left it", lost.path().display()),
        None => return Ok(picked),
    };
    // Else the error is that of the file, when it is taken up.
    if is_ours() && snapshot.rewind(key) {
        report::notice(&format!("{} begins anew: {why}", node.label()));
        return pick::nothing(store, key);
    }
    if is_another {
        let what = format!("{} cannot begin anew: {why}, and its output files cannot be put back", node.label());
        let advice = "start afresh with RESUME_FRESH=1 (the snapshots are kept)";
        return Err(Error::new(ErrorKind::OtherLayout, what).of(key).advise(advice));
    }
    Ok(picked)
}

/// The first characters of a name: components of a key are of limited length.
fn shortened(name: &str) -> String {
    name.chars().take(20).collect()
}

fn opened(node: Arc<Node>, picked: Picked) -> Opened {
    if let Some(snapshot) = &picked.snapshot {
        let seq = picked.seq.unwrap_or_default();
        node.line().for_each(|node| node.state().appended += snapshot.appended);
        let mark = if snapshot.is_beginning() { beginning_mark(&node, snapshot.saved_at) } else { snapshot.saved_at };
        node.state().under = Under { seq, mark };
        if let Mode::Test(session) = &node.home.mode {
            session.resumed(&node.key, seq);
        }
    }
    let beginning = picked.beginning.map(|seq| {
        let saved_at = save::now();
        let mut state = node.state();
        (state.under, state.is_inherited) = (Under { seq, mark: beginning_mark(&node, saved_at) }, false);
        Job::beginning(seq, saved_at)
    });
    let damaged = picked.skipped.iter().map(|(seq, _)| *seq).collect();
    let taken = picked.seq;
    let poisoned = picked.poisoned.into_iter().filter(|seq| Some(*seq) > taken).collect();
    let found = Ledger {
        good: picked.good.into_iter().map(|seq| (seq, None)).collect(),
        others: picked.others,
        // It may have been said since that fewer are to be kept.
        unswept: usize::MAX,
        passed: Passed { damaged, poisoned },
        beginning,
        index: picked.index,
        ..Ledger::default()
    };
    Opened {
        saver: Saver::new(Arc::clone(&node), picked.lineage, found),
        node,
        snapshot: picked.snapshot,
        values: picked.values,
        next: picked.next,
        lock: None,
        membership: None,
    }
}

/// What ties child runs to the beginning of a life. As before the first snapshot of any run, what another body did is not
/// what this one does.
fn beginning_mark(node: &Node, saved_at: u64) -> u64 {
    saved_at ^ node.function.body
}

/// Whether the snapshot is one of this function as it is now, or can be made one, and what is to be said about that.
fn check(node: &Node, picked: &mut Picked) -> Result<Option<String>, Error> {
    let Some(snapshot) = &mut picked.snapshot else {
        return Ok(None);
    };
    let place = || node.home.store.locate(&node.key, picked.seq.unwrap_or_default());
    let note = layout::check(node, snapshot, &mut picked.values).map_err(|error| error.of(&node.key).at(place()))?;
    let mut notes: Vec<String> = note.into_iter().collect();
    for (seq, why) in &picked.skipped {
        notes.push(format!("stepped back over {}, which is damaged ({why})", node.home.store.locate(&node.key, *seq)));
    }
    Ok((!notes.is_empty()).then(|| notes.join("; ")))
}

/// Whether there are child runs to go on with, of a run that has saved nothing itself. A store that cannot tell says of any
/// run that there may be some, so it is asked about one that never has any.
fn has_saved_children(node: &Node) -> bool {
    let store = &node.home.store;
    let under = node.state().under;
    store.holds_runs(&under.folder(&node.key)) && !store.holds_runs(&node.key.child("nothing"))
}

/// Says that child runs have saved under other code of a run that has saved nothing itself: they are not taken up, as nobody
/// can tell what that code called.
fn of_other_code(node: &Node) -> Option<String> {
    let own = node.state().under.folder(&node.key);
    let below = node.home.store.below(&node.key).ok()?;
    let is_other = |name: &String| Under::seq_of(name) == Some(0) && own.components().last() != Some(name);
    below.iter().any(is_other).then(|| {
        "what child runs have saved under other code of it is not taken up: bring its old body back to go on with that".to_owned()
    })
}

fn required(node: &Node, picked: &Picked) -> Error {
    let why = picked.note.as_deref().unwrap_or("there is none");
    Error::new(ErrorKind::NoSnapshot, format!("a snapshot is required to go on from, but {why}"))
        .of(&node.key)
        .at(node.home.store.place(&node.key))
        .advise(
            "unset RESUME_REQUIRE, or leave out `require`, to start afresh; check the arguments and RESUME_STORE if there \
             should be one",
        )
}

/// The line with which a root run begins.
fn begin_line(node: &Node, picked: &Picked, has_children: bool, note: Option<String>) -> String {
    let mut line = format!("{}: ", node.label());
    match &picked.snapshot {
        None if has_children => line.push_str("begins anew; its child runs go on"),
        None => line.push_str("started fresh"),
        Some(snapshot) if snapshot.finished => {
            line.push_str("finished before; gives its stored result back");
        }
        Some(snapshot) if snapshot.is_beginning() => {
            line.push_str("begins where RESUME_FRESH began; its child runs go on");
        }
        Some(snapshot) => {
            let passes = snapshot.passes.get(&snapshot.site).copied().unwrap_or_default();
            let _ = write!(line, "resumed at pass {passes} of `{}` (line {})", snapshot.site, snapshot.line);
        }
    }
    if let Some(snapshot) = &picked.snapshot {
        if let Some(age) = age(snapshot) {
            let _ = write!(line, ", from a snapshot {} old", report::span(age));
        }
        if let Some((made, of)) = snapshot.progress.filter(|(_, of)| *of > 0) {
            let part = 100.0 * made as f64 / of as f64;
            let _ = match outermost(snapshot) {
                Some(name) => write!(line, ", {part:.0} % of `{name}` done"),
                None => write!(line, ", {part:.0} % done"),
            };
        }
    }
    for note in [picked.note.clone(), note].into_iter().flatten() {
        let _ = write!(line, "; {note}");
    }
    line
}

/// The loop whose progress is known, unless all sites are in it.
fn outermost(snapshot: &Snapshot) -> Option<&str> {
    let own = snapshot.loops.first()?;
    let is_elsewhere = snapshot.layout.iter().any(|(_, _, loops)| loops.first() != Some(own));
    is_elsewhere.then_some(own)
}

/// How long ago a snapshot was taken.
fn age(snapshot: &Snapshot) -> Option<Duration> {
    let saved = UNIX_EPOCH.checked_add(Duration::from_nanos(snapshot.saved_at))?;
    Some(SystemTime::now().duration_since(saved).unwrap_or_default())
}

/// Sets the generators of this run, and of those above it that it may have been given a handle to.
pub(crate) fn restore_generators(node: &Node, saved: Option<&Bytes>) -> Result<(), Error> {
    let mut saved: Vec<Option<Saved>> = match saved {
        Some(bytes) => codec::from_slice(&bytes.0).map_err(|error| {
            Error::new(ErrorKind::Decode, format!("the states of the generators cannot be read: {error}")).of(&node.key)
        })?,
        None => Vec::new(),
    };
    let reachable: Vec<&Arc<Generators>> = generators(node).collect();
    if !saved.is_empty() && saved.len() != reachable.len() {
        return Err(Error::new(
            ErrorKind::OtherLayout,
            "the snapshot was taken when another set of functions stated a `seed` of their own",
        )
        .of(&node.key)
        .advise("take `seed = …` back to what it was, or start afresh with RESUME_FRESH=1"));
    }
    saved.resize_with(reachable.len(), || None);
    for (generators, saved) in reachable.into_iter().zip(saved) {
        generators.restore(saved);
    }
    Ok(())
}

/// The generators of a run, and those of the runs above it, from here to the root; each once.
pub(crate) fn generators(node: &Node) -> impl Iterator<Item = &Arc<Generators>> {
    node.line().filter(|node| !node.shares_generators).map(|node| &node.generators)
}

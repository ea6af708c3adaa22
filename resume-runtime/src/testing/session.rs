//! One call under test: what it is cut at, what it saves, and what is seen of it.

use std::cell::RefCell;
use std::collections::BTreeMap;
use std::fmt::{self, Display, Formatter};
use std::panic::resume_unwind;
use std::sync::{Arc, Mutex, MutexGuard};

use super::Cut;
use crate::mutex::locked;
use crate::report;
use crate::run::function::Site;
use crate::store::{Key, Memory};

/// What is to be done to a call.
#[derive(Default, Debug)]
pub(crate) struct Plan {
    /// The pass to cut at.
    pub(super) cut_at: Option<u64>,
    pub(super) saving: Saving,
    /// Whether the values of all passes are kept.
    pub(super) is_recording: bool,
    /// What they are compared with.
    pub(super) compare: Option<Arc<Vec<Event>>>,
}

/// At which passes snapshots are taken, besides the one that is cut.
#[derive(Clone, Copy, PartialEq, Eq, Default, Debug)]
pub(crate) enum Saving {
    /// Where `every` or `when` asks for one. Intervals and budgets are not the same each time, so they do not count.
    #[default]
    AsAsked,
    /// At each.
    Always,
}

/// What a run does at a pass.
#[derive(Clone, Copy, Default, Debug)]
pub(crate) struct Verdict {
    pub(crate) is_cut: bool,
    pub(crate) is_saved: bool,
    pub(crate) is_recorded: bool,
}

/// One pass, as it was seen.
#[derive(Debug)]
pub(crate) struct Event {
    site: &'static str,
    line: u32,
    run: String,
    values: Vec<(&'static str, Vec<u8>)>,
}

impl Display for Event {
    fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {
        let Event { site, line, run, .. } = self;
        write!(f, "site `{site}`, line {line}, in {run}")
    }
}

/// A call under test.
#[derive(Debug)]
pub(crate) struct Session {
    store: Memory,
    plan: Plan,
    content: Mutex<Content>,
}

#[derive(Default, Debug)]
struct Content {
    /// The last pass, counted as in the uninterrupted call.
    pass: u64,
    runs: u64,
    is_cut: bool,
    /// The pass of each snapshot.
    places: BTreeMap<(Key, u64), u64>,
    events: Vec<Event>,
    difference: Option<String>,
}

thread_local! {
    static CURRENT: RefCell<Option<Arc<Session>>> = const { RefCell::new(None) };
}

/// The test that root runs of this thread belong to.
pub(crate) fn current() -> Option<Arc<Session>> {
    // A thread that ends may still run destructors of its own when this is gone.
    CURRENT.try_with(|current| current.borrow().clone()).ok().flatten()
}

/// Takes the thread out of the test, also when the stack is unwound.
struct Entered(Option<Arc<Session>>);

impl Drop for Entered {
    fn drop(&mut self) {
        CURRENT.set(self.0.take());
    }
}

impl Session {
    pub(super) fn new(plan: Plan) -> Arc<Session> {
        Arc::new(Session { store: Memory::new(), plan, content: Mutex::default() })
    }

    /// A session with the snapshots of this one, as another process would find them.
    pub(super) fn resumed_with(&self, plan: Plan) -> Arc<Session> {
        let places = std::mem::take(&mut self.content().places);
        let content = Content { places, ..Content::default() };
        Arc::new(Session { store: self.store.clone(), plan, content: Mutex::new(content) })
    }

    /// Calls `f` under this test.
    pub(super) fn within<R>(self: &Arc<Session>, f: &impl Fn() -> R) -> R {
        // A test within a run of another test begins with no run.
        let _outside = crate::run::node::outside();
        let _entered = Entered(CURRENT.replace(Some(Arc::clone(self))));
        f()
    }

    fn content(&self) -> MutexGuard<'_, Content> {
        locked(&self.content)
    }

    pub(crate) fn store(&self) -> Memory {
        self.store.clone()
    }

    pub(super) fn counts(&self) -> (u64, u64) {
        let content = self.content();
        (content.pass, content.runs)
    }

    pub(super) fn is_cut(&self) -> bool {
        self.content().is_cut
    }

    pub(super) fn events(&self) -> Vec<Event> {
        std::mem::take(&mut self.content().events)
    }

    pub(super) fn difference(&self) -> Option<String> {
        self.content().difference.take()
    }

    /// A run begins, or a child run.
    pub(crate) fn begin_run(&self) {
        self.content().runs += 1;
    }

    /// A run goes on from a snapshot: what follows is what followed it.
    pub(crate) fn resumed(&self, key: &Key, seq: u64) {
        let mut content = self.content();
        if let Some(pass) = content.places.get(&(key.clone(), seq)).copied() {
            content.pass = pass;
        }
    }

    pub(crate) fn saved(&self, key: &Key, seq: u64) {
        let mut content = self.content();
        let pass = content.pass;
        content.places.insert((key.clone(), seq), pass);
    }

    /// Counts a pass, and says what is to be done there.
    pub(crate) fn pass(&self, is_asked: bool) -> Verdict {
        self.end_if_cut();
        let mut content = self.content();
        if content.is_cut {
            return Verdict::default();
        }
        content.pass += 1;
        Verdict {
            is_cut: self.plan.cut_at == Some(content.pass),
            is_saved: is_asked || self.plan.saving == Saving::Always,
            is_recorded: self.plan.is_recording || self.plan.compare.is_some(),
        }
    }

    /// Ends the call here, as if the process had ended.
    pub(crate) fn cut(&self) {
        self.content().is_cut = true;
        self.end_if_cut();
    }

    /// The pass to cut at cannot be saved. The run would begin anew and come to the same result, which would prove nothing.
    pub(crate) fn cannot_cut(&self, why: &str) -> ! {
        let pass = self.content().pass;
        panic!("pass {pass} cannot be cut and resumed: {why}")
    }

    /// Whatever somebody has made of the cut, nothing goes on after it.
    pub(crate) fn end_if_cut(&self) {
        if self.is_cut() && !std::thread::panicking() {
            resume_unwind(Box::new(Cut));
        }
    }

    /// Keeps the values of a pass, or compares them.
    pub(crate) fn record(&self, site: &'static Site, run: &str, values: Vec<(&'static str, Vec<u8>)>) {
        let event = Event { site: site.id, line: site.line, run: run.to_owned(), values };
        let mut content = self.content();
        if let (Some(expected), None) = (&self.plan.compare, &content.difference) {
            content.difference = difference(content.pass, expected, &event);
        }
        if self.plan.is_recording {
            content.events.push(event);
        }
    }
}

/// What differs at a pass, if anything does.
fn difference(pass: u64, expected: &[Event], got: &Event) -> Option<String> {
    let index = usize::try_from(pass).ok()?.checked_sub(1)?;
    let Some(expected) = expected.get(index) else {
        return Some(format!("the uninterrupted call ends before pass {pass} ({got})"));
    };
    if (expected.site, &expected.run) != (got.site, &got.run) {
        return Some(format!("pass {pass} of the uninterrupted call is at {expected}; of the resumed one, at {got}"));
    }
    let pairs = expected.values.iter().zip(&got.values);
    let (before, after) = pairs.into_iter().find(|(before, after)| before != after)?;
    Some(format!(
        "first difference: `{}` at pass {pass} ({got})\n    uninterrupted: {}\n          resumed: {}",
        after.0,
        report::value(&before.1),
        report::value(&after.1)
    ))
}

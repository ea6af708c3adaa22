//! What a run keeps between its passes, whatever its function returns.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::sync::atomic::Ordering;
use std::time::Instant;

use crate::buffer::Buffer;
use crate::error::{Error, ErrorKind};
use crate::interrupt::{self, Membership};
use crate::run::function::OnReturn;
use crate::run::node::{self, Mode, Node};
use crate::run::open::{self, Opened};
use crate::run::restored::{Moved, Restored};
use crate::run::save::Draft;
use crate::saver::Saver;
use crate::saver::retry::Retry;
use crate::snapshot::Bytes;
use crate::store::Lock;
use crate::trigger::budget::Budget;
use crate::trigger::{Counter, Trigger};

pub(crate) struct Life {
    pub(crate) node: Arc<Node>,
    /// One for each site.
    pub(crate) counters: Vec<Counter>,
    /// The site to go on at; 0 for none.
    pub(crate) target: u32,
    restored: Restored,
    /// The states of the generators in the snapshot.
    generators: Option<Bytes>,
    /// Whether the snapshot is the record of a run that is over.
    pub(crate) has_record: bool,
    /// What keeps its snapshots.
    pub(crate) saver: Arc<Saver>,
    /// The number of the next snapshot.
    pub(crate) next: u64,
    /// What makes the pass due that `due` was last asked about.
    pub(crate) cause: Cause,
    /// The snapshot that is being put together.
    pub(crate) draft: Draft,
    /// When this life of the run began.
    pub(crate) began: Instant,
    /// The run time of earlier lives, in seconds.
    pub(crate) before: f64,
    /// When a snapshot was last tried that was not forced by an interrupt; else when this life began.
    pub(crate) last: Instant,
    pub(crate) budget: Budget,
    /// Whether this life has handed over a snapshot.
    pub(crate) has_saved: bool,
    /// When the next one may be tried, if the last could not be saved.
    retry: Retry,
    pub(crate) phase: Phase,
    /// Whether it has returned an `Err`.
    has_failed: bool,
    /// Whether it is neither off nor under test.
    is_live: bool,
    pub(crate) is_async: bool,
    /// The run that the thread was in before.
    outer: Option<Arc<Node>>,
    /// Loops whose source has been looked at, by the address of their name.
    looked_at: Vec<usize>,
    _membership: Option<Membership>,
    /// Goes last, and after the writer is done: it says that what is written is this process's to write.
    _lock: Option<Arc<Lock>>,
}

/// Where a run is in its life.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum Phase {
    Active,
    /// It has returned, or cannot go on.
    Over,
}

/// What makes a pass due.
#[derive(Clone, Copy, Default, Debug)]
pub(crate) struct Cause {
    /// The run has to stop here.
    pub(crate) stop: Option<Stop>,
    /// What the site asked for has come: its triggers begin anew.
    pub(crate) is_trigger: bool,
    /// The site asked for nothing but to stay within the budget.
    pub(crate) is_budget: bool,
    /// The last snapshot could not be saved, and it is time to try again: no trigger begins anew.
    pub(crate) is_retry: bool,
    /// A test wants to see the values.
    pub(crate) is_recorded: bool,
}

/// Why a run has to stop at a pass.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum Stop {
    /// An interrupt: it saves first.
    Interrupt,
    /// A run below was stopped: it must not save what came of that.
    Cut,
    /// A test: it saves first.
    Test,
}

impl Life {
    pub(crate) fn new(opened: Opened, is_async: bool) -> Life {
        let Opened { node, snapshot, values, saver, next, lock, membership } = opened;
        let pacing = node.home.pacing;
        let mut snapshot = snapshot.map(|snapshot| *snapshot).unwrap_or_default();
        let now = Instant::now();
        let count = |counts: &BTreeMap<String, u64>, id: &str| counts.get(id).copied().unwrap_or(0);
        let counters = node
            .function
            .sites
            .iter()
            .map(|site| Counter::new(count(&snapshot.passes, site.id), count(&snapshot.since, site.id)))
            .collect();
        let target = if snapshot.finished { 0 } else { node.function.site_named(&snapshot.site).unwrap_or(0) };
        let site = node.function.sites.get((target as usize).wrapping_sub(1));
        let restored = Restored::new(&mut snapshot, values, site);
        if is_async && let Some(parent) = &node.parent {
            parent.generators.walks.fetch_add(1, Ordering::SeqCst);
        }
        let mut life = Life {
            counters,
            target,
            restored,
            has_record: snapshot.finished,
            generators: snapshot.rng,
            saver,
            next,
            cause: Cause::default(),
            draft: Draft::default(),
            began: now,
            before: snapshot.elapsed,
            last: now,
            budget: Budget::new(now, pacing),
            has_saved: false,
            retry: Retry::default(),
            phase: Phase::Active,
            has_failed: false,
            is_live: matches!(node.home.mode, Mode::Live),
            is_async,
            outer: None,
            looked_at: Vec::new(),
            _membership: membership,
            _lock: lock,
            node,
        };
        if target != 0 {
            life.node.begin_walk();
        }
        if !is_async {
            life.outer = node::replace(Some(Arc::clone(&life.node)));
        }
        life
    }

    fn counter(&mut self, site: u32) -> &mut Counter {
        let node = &self.node;
        let index = (site as usize).wrapping_sub(1);
        self.counters.get_mut(index).unwrap_or_else(|| panic!("BUG: `{}` has no site {site}", node.function.name))
    }

    // Not cold: whatever leads to a cold call counts as unlikely, and here that is the whole function.
    #[inline(never)]
    pub(crate) fn credit(&mut self, site: u32) -> u64 {
        match self.node.home.mode {
            Mode::Live => self.counter(site).credit(),
            Mode::Test(_) => self.counter(site).grant(1),
            Mode::Off => u64::MAX,
        }
    }

    #[cold]
    #[inline(never)]
    pub(crate) fn due(&mut self, site: u32, left: u64, trigger: &Trigger) -> bool {
        let is_watched =
            interrupt::stops(&self.node.home) || !self.is_live || self.node.is_cut() || self.node.is_walking();
        let counter = self.counter(site);
        counter.count(left);
        let is_trigger = counter.is_due(trigger);
        // Nearly always it ends here, after a few nanoseconds.
        if !is_trigger && !is_watched && counter.needs_no_clock() {
            return false;
        }
        self.is_due(site, is_trigger, trigger)
    }

    // By itself, so that what nearly always happens needs no stack.
    #[cold]
    #[inline(never)]
    fn is_due(&mut self, site: u32, is_trigger: bool, trigger: &Trigger) -> bool {
        if matches!(self.node.home.mode, Mode::Off) {
            return false;
        }
        self.arrive();
        self.cause = Cause { is_trigger, ..Cause::default() };
        if self.node.is_cut() {
            self.cause.stop = Some(Stop::Cut);
        } else if let Mode::Test(session) = &self.node.home.mode {
            if !self.node.is_passing() {
                let verdict = session.pass(is_trigger);
                self.cause.stop = verdict.is_cut.then_some(Stop::Test);
                self.cause.is_trigger = verdict.is_saved;
                self.cause.is_recorded = verdict.is_recorded;
            }
        } else if interrupt::obeys(&self.node.home) {
            self.cause.stop = Some(Stop::Interrupt);
        } else if is_trigger {
            interrupt::passed(&self.node, site, Instant::now());
        } else {
            self.look_at_clock(site, trigger);
        }
        // Within a budget, it is no more than due when it fails.
        if self.cause.stop.is_none() && (self.cause.is_trigger || trigger.share().is_none()) {
            self.retry_what_failed(site);
        }
        // What will run again whenever its parent resumes is never saved; it can only stop.
        let saves = self.cause.is_trigger || self.cause.is_retry;
        self.cause.stop.is_some() || self.cause.is_recorded || (saves && !self.node.is_passing())
    }

    /// While snapshots cannot be saved they are tried at times of their own, and what a site asks for counts as served:
    /// `every` goes on falling on its passes.
    fn retry_what_failed(&mut self, site: u32) {
        let is_failing = self.saver.is_failing();
        let is_time = self.retry.is_time(is_failing, Instant::now);
        if is_failing && !is_time && self.cause.is_trigger {
            self.counter(site).since = 0;
            self.cause.is_trigger = false;
        }
        self.cause.is_retry = is_failing && is_time && !self.cause.is_trigger;
    }

    fn look_at_clock(&mut self, site: u32, trigger: &Trigger) {
        let now = self.counter(site).clock();
        interrupt::passed(&self.node, site, now);
        if let Some(interval) = trigger.interval {
            self.cause.is_trigger = now.saturating_duration_since(self.last) >= interval;
        }
        if let (Some(share), false) = (trigger.share(), self.cause.is_trigger) {
            if let Some((spent, wrote)) = self.saver.take_spent() {
                self.budget.charge(spent, wrote);
            }
            self.cause.is_budget = self.budget.is_due(now, share) && !self.node.home.writer.is_full();
            self.cause.is_trigger = self.cause.is_budget;
        }
    }

    /// The saved value called `name`, or as older snapshots call it; it is taken once.
    pub(crate) fn value(&mut self, name: &str) -> Option<Buffer> {
        self.restored.take(&self.node, name)
    }

    /// How the cursor called `name` has to be moved.
    pub(crate) fn moved(&self, name: &str) -> Option<Moved> {
        self.restored.moved(name)
    }

    /// What became of reading the value of `name` as a `now`; of another type it may be one all the same.
    ///
    /// # Errors
    /// If it could not be read, or may not be of another type.
    pub(crate) fn checked<T>(&self, name: &str, now: &str, read: Result<T, impl ToString>) -> Result<T, Error> {
        let value = read.map_err(|why| self.restored.unreadable(&self.node, name, now, &why.to_string()))?;
        self.restored.check_type(&self.node, name, now)?;
        Ok(value)
    }

    pub(crate) fn has_default(&self, name: &str) -> bool {
        self.node.function.option(name).is_some_and(|option| option.default)
    }

    /// The way back is over. What was drawn or begun on it was not part of the run.
    #[inline(never)]
    pub(crate) fn arrive(&mut self) {
        if self.node.is_walking() && self.node.end_walk() {
            // It has been read once before, so it can be read.
            let _ = open::restore_generators(&self.node, self.generators.take().as_ref());
        }
    }

    pub(crate) fn error(&self, kind: ErrorKind, what: String) -> Error {
        Error::new(kind, what).of(&self.node.key)
    }

    pub(crate) fn lacks(&self, name: &str) -> Error {
        self.restored.lacks(&self.node, name)
    }

    #[inline]
    pub(crate) fn has_looked_at(&self, name: &'static str) -> bool {
        matches!(self.node.home.mode, Mode::Off) || self.looked_at.contains(&name.as_ptr().addr())
    }

    pub(crate) fn look_at(&mut self, name: &'static str) {
        self.looked_at.push(name.as_ptr().addr());
    }

    /// The function returns; `is_finished` tells that it has not failed.
    pub(crate) fn finish(&mut self, is_finished: bool) -> Result<(), Error> {
        if self.phase == Phase::Over || matches!(self.node.home.mode, Mode::Off) {
            self.phase = Phase::Over;
            return Ok(());
        }
        self.phase = Phase::Over;
        if self.has_saved || self.node.state().has_below || self.node.parent.is_none() {
            self.node.home.writer.flush();
        }
        if !is_finished {
            self.has_failed = true;
            // What is called on the way out is none of its steps.
            self.node.set_passing();
            return Ok(());
        }
        self.end_test();
        if self.node.is_cut() {
            // Its result was made of a child run's that was stopped.
            return Err(self.node.cut_error());
        }
        if self.node.parent.is_none() {
            self.cut_files();
        }
        // What is dropped behind the end may call more child runs: they belong to no snapshot.
        self.node.set_passing();
        // What a child run has saved goes with its parent's next snapshot: until then a resumed parent calls it again, and
        // it need not begin anew. From what it was to keep it would come out further than it did. A call that goes on from
        // what a root run has kept is another one, whose child runs are others too.
        match (self.node.parent.is_none(), self.node.function.on_return) {
            (true, OnReturn::Discard) | (false, OnReturn::Keep) => self.discard(),
            (true, OnReturn::Keep) => self.end_call(),
            _ => return Ok(()),
        }
        if self.node.home.tenure.is_over() { Err(self.node.cut_error()) } else { Ok(()) }
    }

    /// The run cannot go on, and neither can those that called it, whatever they make of the error.
    pub(crate) fn stop(&mut self, error: &Error) {
        self.phase = Phase::Over;
        // Whatever comes of the error may be the end of the process.
        self.node.home.writer.flush();
        self.take_back_start();
        self.node.cut(error);
        if let (true, Some(member)) = (error.is_interrupt(), &self.node.home.member) {
            member.flushed(error.is_unsaved());
        }
    }

    /// The function has been left. Without `done` and without a panic it was left by `?`: that is a result like any other
    /// on an `Option`, an `Err` on a `Result`, which `is_result` tells. A future may also have been given up.
    #[inline(never)]
    pub(crate) fn leave(&mut self, is_result: bool) {
        let is_result = is_result && !self.is_async && !std::thread::panicking();
        if self.phase == Phase::Active && is_result && !self.node.is_cut() {
            let _ = self.finish(true);
        }
        self.node.end_walk();
        if let Some(parent) = &self.node.parent {
            let has_failed = self.has_failed || self.phase == Phase::Active;
            parent.end_child(&self.node, has_failed);
            if self.is_async {
                parent.generators.walks.fetch_sub(1, Ordering::SeqCst);
            }
        } else {
            self.node.home.writer.close();
            // A panic is what the record of a start is for.
            if self.phase == Phase::Over || !std::thread::panicking() {
                self.take_back_start();
            }
        }
        if !self.is_async {
            node::replace(self.outer.take());
        }
    }

    /// The run, with all of its tree, ends in an orderly way.
    fn take_back_start(&self) {
        self.node.home.start.take_back(&*self.node.home.store);
    }

    /// In a test that has cut the run, nothing goes on.
    pub(crate) fn end_test(&self) {
        if let Mode::Test(session) = &self.node.home.mode {
            session.end_if_cut();
        }
    }
}

//! A due pass: the values it takes, and what that changes.

use std::sync::Arc;
use std::time::{Instant, SystemTime, UNIX_EPOCH};

use crate::error::Error;
use crate::fs;
use crate::interrupt;
use crate::rng::Saved;
use crate::run::Entry;
use crate::run::life::{Life, Phase, Stop};
use crate::run::node::{Mode, Under};
use crate::run::open;
use crate::run::value::Value;
use crate::saver::taken::Taken;
use crate::saver::{Job, Moment};

/// The name under which the result of a finished run is stored; no local can be called so.
pub(crate) const RESULT: &str = "return";

/// A snapshot while its values are put into it.
#[derive(Default)]
pub(crate) struct Draft {
    taken: Taken,
    /// The values as a test compares them, with maps in one order.
    recorded: Vec<(&'static str, Vec<u8>)>,
    /// The first value that could not be turned into bytes.
    failure: Option<String>,
    /// What is left of the size that the budget allows, where that is all that is known of the cost.
    room: usize,
    /// The size that the budget does not allow for, at the least.
    refused: Option<usize>,
    began: Option<Instant>,
}

impl Draft {
    /// Takes one more value, if there is room for it.
    fn take(&mut self, name: &'static str, value: &dyn Value) {
        let before = self.taken.size();
        let (captured, files) = fs::marks_of(|| value.capture(&mut self.taken.capture, self.room));
        self.taken.files.extend(files);
        match captured {
            Ok(()) => {
                self.taken.close(name, value.type_name());
                self.room = self.room.saturating_sub(self.taken.size() - before);
            }
            Err(error) => match error.needed() {
                Some(needed) => self.refused = Some(needed),
                None => self.failure = Some(format!("`{name}` cannot be saved: {error}")),
            },
        }
    }
}

impl Life {
    /// Whether the pass saves, rather than only stops or shows its values.
    fn is_saving(&self) -> bool {
        let cause = &self.cause;
        let stops = matches!(cause.stop, Some(Stop::Interrupt | Stop::Test));
        (cause.is_trigger || cause.is_retry || stops) && cause.stop != Some(Stop::Cut) && !self.node.is_passing()
    }

    /// One more value of the snapshot that the pass is due for.
    #[cold]
    #[inline(never)]
    pub(crate) fn put(&mut self, name: &'static str, value: &dyn Value) {
        if self.draft.began.is_none() {
            self.begin();
        }
        if self.cause.is_recorded {
            self.draft.recorded.push((name, value.canonical().unwrap_or_default()));
        }
        if self.is_saving() && self.draft.refused.is_none() && self.draft.failure.is_none() {
            self.draft.take(name, value);
        }
    }

    /// Gets the memory for the values; where the one snapshot that may wait already does, waits until it is being written.
    fn begin(&mut self) {
        let began = Instant::now();
        self.draft.began = Some(began);
        self.draft.room = usize::MAX;
        if self.is_saving() {
            self.draft.taken = self.node.home.writer.buffer();
            if self.cause.is_budget && self.cause.stop.is_none() {
                self.draft.room = self.budget.limit();
            }
        }
    }

    /// Does what the pass is due for, with the values that were put.
    pub(crate) fn commit(&mut self, site: u32, lefts: &[u64]) -> Result<(), Error> {
        for (counter, left) in self.counters.iter_mut().zip(lefts) {
            counter.count(*left);
        }
        if self.draft.began.is_none() {
            self.begin();
        }
        let mut draft = std::mem::take(&mut self.draft);
        let cause = self.cause;
        if cause.stop == Some(Stop::Cut) {
            return Err(self.node.cut_error());
        }
        if self.node.is_passing() {
            return Err(self.interrupted("it will run again when the run it belongs to is resumed"));
        }
        if let (true, Mode::Test(session)) = (cause.is_recorded, &self.node.home.mode) {
            session.record(self.node.function.site(site), &self.node.label(), std::mem::take(&mut draft.recorded));
        }
        if !self.is_saving() {
            return Ok(());
        }
        let began = draft.began.unwrap_or_else(Instant::now);
        if let Some(needed) = draft.refused {
            self.node.home.writer.give_back(draft.taken);
            self.budget.refuse(Instant::now() - began, needed);
            return Ok(());
        }
        if cause.is_trigger
            && let Some(counter) = self.counters.get_mut((site as usize).wrapping_sub(1))
        {
            counter.since = 0;
        }
        let size = draft.taken.size();
        match draft.failure {
            Some(why) => self.fail_to_take(draft.taken, false, &why),
            None => self.submit(site, draft.taken),
        }
        let now = Instant::now();
        interrupt::took(&self.node.home, now - began);
        if cause.is_trigger {
            self.last = now;
        }
        self.budget.spend(began, now, size);
        self.stop_after()
    }

    /// What follows a snapshot that was tried because the run has to stop.
    fn stop_after(&mut self) -> Result<(), Error> {
        let Some(stop) = self.cause.stop else { return Ok(()) };
        self.node.home.writer.flush();
        if self.node.home.tenure.is_over() {
            return Err(self.node.cut_error());
        }
        match stop {
            Stop::Interrupt => Err(match self.saver.is_failing() {
                false => self.interrupted("it is saved and goes on when it is called again"),
                true => self.interrupted(&format!("it could not be saved; {}", self.saver.standing())).unsaved(),
            }),
            Stop::Test => {
                if let Mode::Test(session) = &self.node.home.mode {
                    session.cut();
                }
                Err(self.interrupted("a test cuts it here"))
            }
            Stop::Cut => Ok(()),
        }
    }

    fn interrupted(&self, what: &str) -> Error {
        interrupt::error(&self.node, what)
    }

    /// A value could not be turned into bytes; the run goes on with the snapshots it has.
    fn fail_to_take(&mut self, taken: Taken, is_record: bool, why: &str) {
        self.node.home.writer.give_back(taken);
        if let (Some(Stop::Test), Mode::Test(session)) = (self.cause.stop, &self.node.home.mode) {
            session.cannot_cut(why);
        }
        self.saver.fail_to_take(self.next, is_record, why);
    }

    /// Hands a snapshot over to be saved. From here on child runs begin anew on top of it.
    fn submit(&mut self, site: u32, mut taken: Taken) {
        let saved_at = now();
        taken.counts.extend(self.counters.iter().map(|counter| (counter.passes, counter.since)));
        let elapsed = self.before + self.began.elapsed().as_secs_f64();
        let appended = self.node.state().appended;
        let moment = Moment { site, is_beginning: false, saved_at, elapsed, appended, rng: self.generators() };
        let (home, key, seq) = (&self.node.home, &self.node.key, self.next);
        self.next = seq.saturating_add(1);
        self.has_saved = true;
        if let Mode::Test(session) = &home.mode {
            session.saved(key, seq);
        }
        let before = self.node.state().rise(Under { seq, mark: saved_at });
        if let Some(parent) = &self.node.parent {
            for above in parent.line() {
                above.state().has_below = true;
            }
        }
        let below = before.map(|before| before.folder(key));
        home.writer.submit(&self.saver, Job { seq, moment, taken, below });
    }

    /// The states of all generators that the run can reach, from its own to the root's; nothing if none has been used.
    fn generators(&self) -> Vec<Option<Saved>> {
        let all = || open::generators(&self.node);
        if all().any(|generators| generators.is_used()) {
            all().map(|generators| generators.save()).collect()
        } else {
            Vec::new()
        }
    }

    /// Stores the result of the run. If that fails the result stands all the same, and so do the snapshots.
    pub(crate) fn memoize(&mut self, result: Result<Vec<u8>, String>, values: &[Entry<'_>]) -> Result<(), Error> {
        let is_stored = self.phase == Phase::Active
            && !matches!(self.node.home.mode, Mode::Off)
            && !self.node.is_passing()
            && !self.node.is_cut();
        if !is_stored {
            return self.finish(true);
        }
        self.end_test();
        let home = Arc::clone(&self.node.home);
        let mut draft = Draft { taken: home.writer.buffer(), room: usize::MAX, ..Draft::default() };
        match result {
            Ok(result) => draft.taken.push(RESULT, &result),
            Err(why) => draft.failure = Some(why),
        }
        for (name, value) in values {
            if draft.failure.is_none() {
                draft.take(name, *value);
            }
        }
        match draft.failure {
            Some(why) => self.fail_to_take(draft.taken, true, &why),
            None => self.submit(0, draft.taken),
        }
        self.node.home.writer.flush();
        self.phase = Phase::Over;
        self.node.set_passing();
        if self.node.home.tenure.is_over() { Err(self.node.cut_error()) } else { Ok(()) }
    }
}

/// Nanoseconds since 1970.
pub(crate) fn now() -> u64 {
    let now = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
    u64::try_from(now.as_nanos()).unwrap_or(u64::MAX)
}

//! A due pass: the snapshot it makes, and what that changes.

use std::io;
use std::time::{Instant, SystemTime, UNIX_EPOCH};

use crate::codec;
use crate::error::Error;
use crate::interrupt;
use crate::layout;
use crate::life::{Life, Phase, Stop};
use crate::node::{self, Mode};
use crate::open;
use crate::report;
use crate::rng::Saved;
use crate::run::Entry;
use crate::snapshot::{Bytes, Snapshot};
use crate::value::Value;

/// The name under which the result of a finished run is stored; no local can be called so.
pub(crate) const RESULT: &str = "return";

/// How many snapshots of a run are kept.
const KEPT: usize = 2;

/// A snapshot while its values are put into it.
#[derive(Default)]
pub(crate) struct Draft {
    values: Vec<(String, Bytes)>,
    /// The same for a test that compares, with maps in one order.
    recorded: Vec<(&'static str, Vec<u8>)>,
    /// The first value that could not be turned into bytes.
    failure: Option<String>,
    /// What is left of the size that the budget allows, where that is all that is known of the cost.
    room: Option<usize>,
    /// The budget does not allow for it.
    is_refused: bool,
    began: Option<Instant>,
}

impl Life {
    /// Whether the pass saves, rather than only stops or shows its values.
    fn is_saving(&self) -> bool {
        let cause = &self.cause;
        let stops = matches!(cause.stop, Some(Stop::Interrupt | Stop::Test));
        (cause.is_trigger || stops) && cause.stop != Some(Stop::Cut) && !self.node.is_passing
    }

    /// One more value of the snapshot that the pass is due for.
    #[cold]
    #[inline(never)]
    pub(crate) fn put(&mut self, name: &'static str, value: &dyn Value) {
        if self.draft.began.is_none() {
            let began = Instant::now();
            self.draft.began = Some(began);
            if self.cause.is_budget && self.cause.stop.is_none() {
                self.draft.room = self.budget.limit(began);
            }
        }
        if self.cause.is_recorded {
            self.draft.recorded.push((name, value.canonical().unwrap_or_default()));
        }
        if !self.is_saving() || self.draft.is_refused || self.draft.failure.is_some() {
            return;
        }
        if let Some(room) = &mut self.draft.room {
            match value.fits(*room) {
                Some(size) => *room -= size,
                None => {
                    self.draft.is_refused = true;
                    return;
                }
            }
        }
        match value.encode() {
            Ok(bytes) => self.draft.values.push((name.to_owned(), Bytes(bytes))),
            Err(why) => self.draft.failure = Some(format!("`{name}` cannot be turned into bytes: {why}")),
        }
    }

    /// Does what the pass is due for, with the values that were put.
    pub(crate) fn commit(&mut self, site: u32, lefts: &[u64]) -> Result<(), Error> {
        for (counter, left) in self.counters.iter_mut().zip(lefts) {
            counter.count(*left);
        }
        let mut draft = std::mem::take(&mut self.draft);
        let cause = self.cause;
        if cause.stop == Some(Stop::Cut) {
            return Err(self.node.cut_error());
        }
        if self.node.is_passing {
            return Err(self.interrupted("it will run again when the run it belongs to is resumed"));
        }
        if let (true, Mode::Test(session)) = (cause.is_recorded, &self.node.home.mode) {
            session.record(self.node.function.site(site), &self.node.label(), std::mem::take(&mut draft.recorded));
        }
        if !self.is_saving() {
            return Ok(());
        }
        let began = draft.began.unwrap_or_else(Instant::now);
        if draft.is_refused {
            self.budget.refuse(began, Instant::now());
            return Ok(());
        }
        if cause.is_trigger
            && let Some(counter) = self.counters.get_mut((site as usize).wrapping_sub(1))
        {
            counter.since = 0;
        }
        let saved = self.write(|life| match draft.failure {
            Some(why) => Err(why),
            None => life.snapshot(site, draft.values),
        });
        let now = Instant::now();
        if cause.is_trigger {
            self.last = now;
            self.budget.spend(began, now);
        }
        self.stop_after(saved)
    }

    /// What follows a snapshot that was tried because the run has to stop.
    fn stop_after(&mut self, saved: bool) -> Result<(), Error> {
        match self.cause.stop {
            Some(Stop::Interrupt) => Err(self.interrupted(match saved {
                true => "it is saved and goes on when it is called again",
                false => "it could not be saved; its last snapshot stands",
            })),
            Some(Stop::Test) => {
                if let Mode::Test(session) = &self.node.home.mode {
                    session.cut();
                }
                Err(self.interrupted("a test cuts it here"))
            }
            Some(Stop::Cut) | None => Ok(()),
        }
    }

    fn interrupted(&self, what: &str) -> Error {
        interrupt::error(format!("{} was interrupted: {what}", self.node.label())).of(&self.node.key)
    }

    /// Saves one snapshot; a failure is a warning, as the run goes on with the ones it has.
    fn write(&mut self, make: impl FnOnce(&Life) -> Result<Snapshot, String>) -> bool {
        let attempt = make(self).and_then(|snapshot| {
            let bytes = snapshot.to_bytes().map_err(|error| error.to_string())?;
            self.store(&bytes).map_err(|error| error.to_string())?;
            Ok(snapshot.saved_at)
        });
        match attempt {
            Ok(saved_at) => {
                self.risen(saved_at);
                true
            }
            Err(why) => {
                self.warn(&why);
                false
            }
        }
    }

    fn store(&mut self, bytes: &[u8]) -> io::Result<()> {
        let (store, key) = (&self.node.home.store, &self.node.key);
        let put = store.put(key, self.next, bytes);
        let Err(error) = put else { return Ok(()) };
        if error.kind() != io::ErrorKind::AlreadyExists {
            return Err(error);
        }
        // A life of this run that is ignored, or a file that somebody put there.
        self.next = store.list(key)?.last().map_or(self.next, |newest| *newest).saturating_add(1);
        store.put(key, self.next, bytes)
    }

    /// A new snapshot is there: what stood on the one before goes, then the oldest.
    fn risen(&mut self, saved_at: u64) {
        let (home, key) = (&self.node.home, &self.node.key);
        let seq = self.next;
        self.next = seq.saturating_add(1);
        self.good.push(seq);
        if let Mode::Test(session) = &home.mode {
            session.saved(key, seq);
        }
        let before = self.node.state().rise(node::under(seq, saved_at));
        if let Some(parent) = &self.node.parent {
            for above in parent.line() {
                above.state().has_below = true;
            }
        }
        if let Some(before) = before {
            // Left-overs are never found again, and go with the run.
            let _ = home.store.clear(&key.child(&before));
        }
        for seq in self.damaged.drain(..) {
            if let Ok(place) = home.store.set_aside(key, seq) {
                report::notice(&format!("{}: the damaged snapshot is now {place}", self.node.label()));
            }
        }
        while self.good.len() > KEPT {
            let _ = home.store.remove(key, self.good.remove(0));
        }
        if let Some(member) = &home.member {
            member.saved();
        }
        if std::mem::take(&mut self.is_failing) {
            report::notice(&format!("{} is being saved again", self.node.label()));
        }
    }

    /// Once for each time that it begins to fail.
    fn warn(&mut self, why: &str) {
        if !std::mem::replace(&mut self.is_failing, true) {
            let (home, key) = (&self.node.home, &self.node.key);
            report::warning(&format!(
                "{} could not be saved in {}: {why}. It goes on, and will be tried again; until then {}",
                self.node.label(),
                home.store.locate(key, self.next),
                match self.good.last() {
                    Some(seq) => format!("snapshot {seq} stands"),
                    None => "there is no snapshot".to_owned(),
                }
            ));
        }
    }

    fn snapshot(&self, site: u32, values: Vec<(String, Bytes)>) -> Result<Snapshot, String> {
        let site = self.node.function.site(site);
        let own = |name: &&str| (*name).to_owned();
        Ok(Snapshot {
            site: site.id.to_owned(),
            loops: site.loops.iter().map(own).collect(),
            line: site.line,
            progress: site.loops.first().and_then(|outermost| progress(outermost, &values)),
            values,
            ..self.frame()?
        })
    }

    /// What snapshots of any kind have in common.
    fn frame(&self) -> Result<Snapshot, String> {
        let node = &self.node;
        let sites = || node.function.sites.iter().map(|site| site.id.to_owned()).zip(&self.counters);
        Ok(Snapshot {
            function: node.path.to_owned(),
            identity: node.identity.clone(),
            arguments: node.arguments.clone(),
            body: node.function.body,
            passes: sites().map(|(id, counter)| (id, counter.passes)).collect(),
            since: sites().map(|(id, counter)| (id, counter.since)).collect(),
            saved_at: now(),
            elapsed: self.before + self.began.elapsed().as_secs_f64(),
            rng: self.generators()?,
            layout: layout::of(node.function),
            ..Snapshot::default()
        })
    }

    /// The states of all generators that the run can reach, from its own to the root's.
    fn generators(&self) -> Result<Option<Bytes>, String> {
        let states: Vec<Option<Saved>> = open::generators(&self.node).map(|generators| generators.save()).collect();
        if states.iter().all(Option::is_none) {
            return Ok(None);
        }
        codec::to_vec(&states).map(|bytes| Some(Bytes(bytes))).map_err(|error| error.to_string())
    }

    /// Stores the result of the run. If that fails the result stands all the same, and so do the snapshots.
    pub(crate) fn memoize(&mut self, result: Result<Vec<u8>, String>, values: &[Entry<'_>]) -> Result<(), Error> {
        let is_stored = self.phase == Phase::Active
            && !matches!(self.node.home.mode, Mode::Off)
            && !self.node.is_passing
            && !self.node.is_cut();
        if is_stored {
            self.write(|life| {
                let mut all = vec![(RESULT.to_owned(), Bytes(result?))];
                all.extend(encode(values)?);
                Ok(Snapshot { values: all, finished: true, ..life.frame()? })
            });
            self.phase = Phase::Over;
            return Ok(());
        }
        self.finish(true)
    }
}

fn encode(values: &[Entry<'_>]) -> Result<Vec<(String, Bytes)>, String> {
    let encode = |(name, value): &Entry<'_>| match value.encode() {
        Ok(bytes) => Ok(((*name).to_owned(), Bytes(bytes))),
        Err(why) => Err(format!("`{name}` cannot be turned into bytes: {why}")),
    };
    values.iter().map(encode).collect()
}

/// Nanoseconds since 1970.
fn now() -> u64 {
    let now = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
    u64::try_from(now.as_nanos()).unwrap_or(u64::MAX)
}

/// How far the outermost loop has come, if it is over a range of integers: of how many items, how many are done.
fn progress(outermost: &str, values: &[(String, Bytes)]) -> Option<(u64, u64)> {
    let (_, Bytes(bytes)) = values.iter().find(|(name, _)| name == outermost)?;
    let (began, next, end) = match codec::from_slice::<(i128, i128, i128)>(bytes) {
        Ok(range) => range,
        Err(_) => {
            let (began, next, last, _) = codec::from_slice::<(i128, i128, i128, bool)>(bytes).ok()?;
            (began, next, last.checked_add(1)?)
        }
    };
    let distance = |to: i128| u64::try_from(to.checked_sub(began)?).ok();
    Some((distance(next)?, distance(end)?))
}

//! The snapshots of one run: how they come to be, which of them are there, and which may go.
//!
//! Whatever happens here happens behind the back of the run, on the thread of the `Writer`, one snapshot after the other.

pub(crate) mod keep;
pub(crate) mod leftovers;
pub(crate) mod retry;
pub(crate) mod sweep;
pub(crate) mod taken;
pub(crate) mod weight;
pub(crate) mod writer;

use std::collections::{BTreeMap, BTreeSet};
use std::io::{self, ErrorKind};
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, Weak};
use std::time::{Duration, Instant};

use crate::codec;
use crate::interrupt;
use crate::mutex::locked;
use crate::object::{self, Index, Written};
use crate::pack::Packer;
use crate::recover::layout;
use crate::recover::lineage::Lineage;
use crate::report;
use crate::rng::Saved;
use crate::run::function::Site;
use crate::run::node::Node;
use crate::snapshot::{Bytes, Snapshot};
use crate::store::Key;
use taken::Taken;

/// A snapshot to be saved.
#[derive(Debug)]
pub(crate) struct Job {
    /// Its number.
    pub(crate) seq: u64,
    pub(crate) moment: Moment,
    pub(crate) taken: Taken,
    /// What stood on the snapshot before, and goes when this one is there.
    pub(crate) below: Option<Key>,
}

impl Job {
    /// That a life begins here.
    pub(crate) fn beginning(seq: u64, saved_at: u64) -> Job {
        let moment = Moment { is_beginning: true, saved_at, ..Moment::default() };
        Job { seq, moment, taken: Taken::default(), below: None }
    }
}

/// What a snapshot says of the moment it was taken at.
#[derive(Default, Debug)]
pub(crate) struct Moment {
    /// The number of the site; 0 for the beginning of a life, and for the record of a run that is over.
    pub(crate) site: u32,
    pub(crate) is_beginning: bool,
    /// Nanoseconds since 1970.
    pub(crate) saved_at: u64,
    /// The run time so far in seconds, over all processes.
    pub(crate) elapsed: f64,
    /// How often files were opened to append to them.
    pub(crate) appended: u64,
    /// The states of the generators that the run can reach; none if it has none.
    pub(crate) rng: Vec<Option<Saved>>,
}

impl Moment {
    /// Whether it is the end of a run whose result is stored.
    pub(crate) fn is_record(&self) -> bool {
        self.site == 0 && !self.is_beginning
    }
}

/// In place of a time: none has been taken since somebody asked.
const NOTHING: u64 = u64::MAX;

/// Saves the snapshots of one run, and knows which there are and which may go.
#[derive(Debug)]
pub(crate) struct Saver {
    pub(crate) node: Arc<Node>,
    /// Which of the files there are of this life.
    pub(crate) lineage: Lineage,
    ledger: Mutex<Ledger>,
    is_failing: AtomicBool,
    /// Whether that has been said.
    was_told: AtomicBool,
    /// What saving has taken of the run's own time since somebody asked, in nanoseconds.
    spent: AtomicU64,
    /// How long the last save took, in nanoseconds.
    wrote: AtomicU64,
}

/// What is known of the files of a run.
#[derive(Default, Debug)]
pub(crate) struct Ledger {
    /// Snapshots that are sound as far as is known.
    pub(crate) good: BTreeMap<u64, Option<Known>>,
    /// Those of other lives.
    pub(crate) others: Vec<u64>,
    /// The files that these need, once that has been looked up.
    pub(crate) spared: Option<BTreeSet<u64>>,
    /// How many snapshots were saved since it was looked which may go.
    pub(crate) unswept: usize,
    /// Newer ones that have not been set aside.
    pub(crate) passed: Passed,
    /// What goes with the next snapshot that is saved.
    pub(crate) below: Vec<Key>,
    /// What the snapshots of this life stand on, as long as that is not saved and may be needed.
    pub(crate) beginning: Option<Job>,
    /// The newest snapshot, if it could not be saved: child runs save what stands on it.
    pub(crate) unsaved: Option<Job>,
    /// The blocks of the newest snapshot.
    pub(crate) index: Index,
}

/// Newer snapshots than the one that the run went on from.
#[derive(Default, Debug)]
pub(crate) struct Passed {
    /// They cannot be read.
    pub(crate) damaged: Vec<u64>,
    /// No start got on from them.
    pub(crate) poisoned: Vec<u64>,
}

/// What has to be known of a snapshot to decide whether it may go.
#[derive(Debug)]
pub(crate) struct Known {
    /// The files that hold its blocks.
    pub(crate) needs: Vec<u64>,
    pub(crate) saved_at: u64,
    /// The site it was taken at.
    pub(crate) site: String,
}

impl Saver {
    /// For a run that has begun, with what was found of its snapshots.
    pub(crate) fn new(node: Arc<Node>, lineage: Lineage, found: Ledger) -> Arc<Saver> {
        let saver = Arc::new(Saver {
            node,
            lineage,
            ledger: Mutex::new(found),
            is_failing: AtomicBool::new(false),
            was_told: AtomicBool::new(false),
            spent: AtomicU64::new(NOTHING),
            wrote: AtomicU64::new(0),
        });
        let _ = saver.node.saver.set(Arc::downgrade(&saver));
        saver
    }

    pub(crate) fn ledger(&self) -> MutexGuard<'_, Ledger> {
        locked(&self.ledger)
    }

    /// Whether the last snapshot that was tried could not be saved.
    pub(crate) fn is_failing(&self) -> bool {
        self.is_failing.load(Ordering::Acquire)
    }

    /// What saving has taken of the run's own time since this was last asked, if anything has been saved: all of it where no
    /// processor was idle, else nothing. And how long the last save took.
    pub(crate) fn take_spent(&self) -> Option<(Duration, Duration)> {
        let spent = self.spent.swap(NOTHING, Ordering::Acquire);
        let wrote = || Duration::from_nanos(self.wrote.load(Ordering::Relaxed));
        (spent != NOTHING).then(|| (Duration::from_nanos(spent), wrote()))
    }

    /// Saves one snapshot; a failure is a warning, as the run goes on with the ones it has.
    /// Where the run is somebody else's by now, nothing is written or removed: it ends at its next pass.
    pub(crate) fn save(&self, job: &mut Job, packer: &mut Packer) {
        if self.node.home.tenure.is_over() {
            return;
        }
        let (start, began) = (Instant::now(), crate::clock::thread_time());
        self.weigh(&job.taken);
        // What is the last of a run is tried whatever came before.
        let is_last = job.moment.is_record() || interrupt::stops(&self.node.home);
        let stands = self.stands(is_last, packer);
        let mut ledger = self.ledger();
        ledger.below.extend(job.below.take());
        ledger.unsaved = None;
        let begins = stands.and_then(|()| self.begin(&mut ledger, packer));
        let mut beside = Duration::ZERO;
        match begins.and_then(|()| self.try_save(&mut ledger, job, packer)) {
            Ok(took) => {
                ledger.beginning = None;
                beside = took;
            }
            Err(why) if self.node.home.tenure.is_lost_by(&why) => {}
            Err(why) => {
                let is_news = self.node.parent.is_none() || self.node.home.told.is_time();
                self.fail(&ledger, job.seq, job.moment.is_record(), &why.to_string(), is_news);
                let (moment, taken) = (std::mem::take(&mut job.moment), std::mem::take(&mut job.taken));
                ledger.unsaved = Some(Job { seq: job.seq, moment, taken, below: None });
            }
        }
        // On a machine with a processor to spare the run does not feel it.
        let took = match crate::trigger::load::is_busy() {
            true => crate::clock::thread_time().saturating_sub(began) + beside,
            false => Duration::ZERO,
        };
        let nanos = |time: Duration| u64::try_from(time.as_nanos()).unwrap_or(NOTHING);
        let sum = |before: u64| Some(nanos(took).saturating_add(if before == NOTHING { 0 } else { before }));
        self.wrote.store(nanos(start.elapsed()), Ordering::Relaxed);
        let _ = self.spent.fetch_update(Ordering::Release, Ordering::Relaxed, sum);
        interrupt::wrote(&self.node.home, start.elapsed());
    }

    /// The first snapshot of a life that was begun afresh stands on a beginning too where there are others: from a file that
    /// is damaged all over nobody could learn that those before it are not to be stepped back to.
    fn begin(&self, ledger: &mut Ledger, packer: &mut Packer) -> io::Result<()> {
        if ledger.others.is_empty() {
            Ok(())
        } else {
            self.save_pending(ledger, |ledger| &mut ledger.beginning, packer)
        }
    }

    /// Saves what waits at that place, if anything does. It waits there until it is saved.
    fn save_pending(
        &self,
        ledger: &mut Ledger,
        place: fn(&mut Ledger) -> &mut Option<Job>,
        packer: &mut Packer,
    ) -> io::Result<()> {
        let Some(job) = place(ledger).take() else { return Ok(()) };
        let saved = self.try_save(ledger, &job, packer);
        if saved.is_err() {
            *place(ledger) = Some(job);
        }
        saved.map(drop)
    }

    /// Gives the processor time that it took on other threads.
    fn try_save(&self, ledger: &mut Ledger, job: &Job, packer: &mut Packer) -> io::Result<Duration> {
        if !self.has_all(&ledger.index)? {
            report::warning(&format!(
                "files that the snapshots of {} share have been removed by somebody: the next one holds everything again",
                self.node.label()
            ));
            ledger.index = Index::default();
        }
        let Written { index, beside } = self.write(job, &ledger.index, packer)?;
        self.risen(ledger, job, index);
        Ok(beside)
    }

    /// Whether the files are there that the next snapshot may lean on. Where that cannot be known now, they may well be.
    fn has_all(&self, index: &Index) -> io::Result<bool> {
        let (store, key) = (&self.node.home.store, &self.node.key);
        for (seq, size) in index.files() {
            match store.open(key, seq) {
                Ok(object) if object.size() == size => {}
                Ok(_) => return Ok(false),
                Err(error) if matches!(error.kind(), ErrorKind::NotFound | ErrorKind::InvalidData) => return Ok(false),
                Err(error) => return Err(error),
            }
        }
        Ok(true)
    }

    /// A snapshot of a child run is never found without those of the runs above that it stands on. One of these that could
    /// not be saved is tried again first.
    fn stands(&self, is_last: bool, packer: &mut Packer) -> io::Result<()> {
        let above: Vec<Arc<Saver>> =
            self.node.line().skip(1).filter_map(|node| node.saver.get().and_then(Weak::upgrade)).collect();
        for saver in above.iter().rev() {
            let mut ledger = saver.ledger();
            if ledger.beginning.is_none() && ledger.unsaved.is_none() {
                continue;
            }
            let pauses = &self.node.home.refusal;
            if !is_last && !pauses.is_time() {
                return Err(io::Error::other("saving failed a moment ago"));
            }
            let beginning = saver.save_pending(&mut ledger, |ledger| &mut ledger.beginning, packer);
            let all = beginning.and_then(|()| saver.save_pending(&mut ledger, |ledger| &mut ledger.unsaved, packer));
            pauses.stands(all.is_err());
            all.map_err(|error| {
                let what = format!("the snapshot of {} that it stands on cannot be saved: {error}", saver.node.label());
                io::Error::new(error.kind(), what)
            })?;
        }
        Ok(())
    }

    fn weigh(&self, taken: &Taken) {
        let is_weighed = &self.node.home.is_weighed;
        if !is_weighed.load(Ordering::Relaxed)
            && let Some(warning) = weight::warning(&self.node.label(), taken)
            && !is_weighed.swap(true, Ordering::Relaxed)
        {
            report::warning(&warning);
        }
    }

    fn write(&self, job: &Job, before: &Index, packer: &mut Packer) -> io::Result<Written> {
        let snapshot = self.snapshot(&job.moment, &job.taken)?;
        let (store, key) = (&self.node.home.store, &self.node.key);
        let mut written = None;
        store.write(key, job.seq, &mut |out| {
            written = Some(object::write(out, job.seq, &snapshot, &job.taken, before, packer)?);
            Ok(())
        })?;
        written.ok_or_else(|| io::Error::other("the store did not ask for what is to be written"))
    }

    /// A new snapshot is there: what stood on the one before goes, then what nobody needs any more.
    fn risen(&self, ledger: &mut Ledger, job: &Job, index: Index) {
        let home = &self.node.home;
        let site = self.site(&job.moment).map_or("", |site| site.id).to_owned();
        let known = Known { needs: index.objects().collect(), saved_at: job.moment.saved_at, site };
        ledger.good.insert(job.seq, Some(known));
        ledger.index = index;
        for before in ledger.below.drain(..) {
            // Left-overs are never found again, and go with the run.
            let gone = home.store.clear(&before);
            if gone.is_err_and(|error| home.tenure.is_lost_by(&error)) {
                return;
            }
        }
        home.start.got_on(&*home.store);
        if !self.set_aside(&mut ledger.passed) {
            return;
        }
        ledger.unswept = ledger.unswept.saturating_add(1);
        self.sweep(ledger);
        if let Some(member) = &home.member {
            member.saved();
        }
        if self.is_failing.swap(false, Ordering::AcqRel) && self.was_told.swap(false, Ordering::AcqRel) {
            report::notice(&format!("{} is being saved again", self.node.label()));
        }
    }

    /// What was stepped over is kept, where it is in nobody's way. Whether the run is this process's still.
    fn set_aside(&self, passed: &mut Passed) -> bool {
        let (home, key) = (&self.node.home, &self.node.key);
        let damaged = passed.damaged.drain(..);
        let damaged = damaged.map(|seq| ("the damaged snapshot", home.store.set_aside(key, seq)));
        // The newest last, as the store may keep only that one.
        let poisoned = passed.poisoned.drain(..).rev();
        let poisoned =
            poisoned.map(|seq| ("the snapshot that no start got on from", home.store.set_poisoned_aside(key, seq)));
        for (what, place) in damaged.chain(poisoned) {
            match place {
                Ok(place) => report::notice(&format!("{}: {what} is now {place}", self.node.label())),
                Err(error) if home.tenure.is_lost_by(&error) => return false,
                Err(_) => {}
            }
        }
        true
    }

    /// Said once for each time that it begins to fail, unless it has just been said of another child run. That a result is
    /// lost is always said.
    fn fail(&self, ledger: &Ledger, seq: u64, is_record: bool, why: &str, is_news: bool) {
        if !self.is_failing.swap(true, Ordering::AcqRel) && (is_news || is_record) {
            self.was_told.store(true, Ordering::Release);
            let (home, key) = (&self.node.home, &self.node.key);
            let (label, place, standing) = (self.node.label(), home.store.locate(key, seq), standing(ledger));
            report::warning(&match is_record {
                false => format!(
                    "{label} could not be saved in {place}: {why}. It goes on, and will be tried again; until then {standing}"
                ),
                true => format!(
                    "the result of {label} could not be stored in {place}: {why}. It stands, but the next call has to make it \
                     again; {standing}"
                ),
            });
        }
    }

    /// For a message: what there is to go on from.
    pub(crate) fn standing(&self) -> String {
        standing(&self.ledger())
    }

    /// A value could not be taken: there is nothing to save. An output file of a run that is somebody else's by now cannot,
    /// and the next due pass ends the run with the error that says so.
    pub(crate) fn fail_to_take(&self, seq: u64, is_record: bool, why: &str) {
        if self.node.home.tenure.is_over() {
            return;
        }
        self.fail(&self.ledger(), seq, is_record, why, true);
    }

    /// The site of a snapshot; none for the record of a run that is over.
    fn site(&self, moment: &Moment) -> Option<&'static Site> {
        self.node.function.sites.get((moment.site as usize).wrapping_sub(1))
    }

    fn snapshot(&self, moment: &Moment, taken: &Taken) -> io::Result<Snapshot> {
        let node = &*self.node;
        let rng = match &*moment.rng {
            [] => None,
            states => Some(Bytes(codec::to_vec(states).map_err(io::Error::other)?)),
        };
        let counts = || node.function.sites.iter().map(|site| site.id.to_owned()).zip(&taken.counts);
        let site = self.site(moment);
        let own = |name: &&str| (*name).to_owned();
        Ok(Snapshot {
            function: node.path.to_owned(),
            identity: node.identity.clone(),
            arguments: node.arguments.clone(),
            body: node.function.body,
            site: site.map_or_else(String::new, |site| site.id.to_owned()),
            loops: site.map_or_else(Vec::new, |site| site.loops.iter().map(own).collect()),
            place: site.map(|site| site.place),
            given: Vec::new(),
            line: site.map_or(0, |site| site.line),
            passes: counts().map(|(id, (passes, _))| (id, *passes)).collect(),
            since: counts().map(|(id, (_, since))| (id, *since)).collect(),
            saved_at: moment.saved_at,
            elapsed: moment.elapsed,
            progress: site.and_then(|site| progress(taken.get(site.loops.first()?)?)),
            rng,
            layout: layout::of(node.function),
            finished: moment.is_record(),
            version: node.function.version,
            types: taken.types(),
            lineage: self.lineage.clone(),
            files: taken.files.clone(),
            appended: moment.appended,
            began: node.began,
        })
    }
}

fn standing(ledger: &Ledger) -> String {
    match ledger.good.keys().next_back() {
        Some(seq) => format!("snapshot {seq} stands"),
        None => "there is no snapshot".to_owned(),
    }
}

/// How far the outermost loop has come, if it is over a range of integers: of how many items, how many are done.
fn progress(cursor: &[u8]) -> Option<(u64, u64)> {
    let (began, next, end) = match codec::from_slice::<(i128, i128, i128)>(cursor) {
        Ok(range) => range,
        Err(_) => {
            let (began, next, last, _) = codec::from_slice::<(i128, i128, i128, bool)>(cursor).ok()?;
            (began, next, last.checked_add(1)?)
        }
    };
    let distance = |to: i128| u64::try_from(to.checked_sub(began)?).ok();
    Some((distance(next)?, distance(end)?))
}

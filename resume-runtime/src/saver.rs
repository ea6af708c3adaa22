//! The snapshots of one run: how they come to be, which of them are there, and which may go.
//!
//! Whatever happens here happens behind the back of the run, on the thread of the `Writer`, one snapshot after the other.

use std::collections::{BTreeMap, BTreeSet};
use std::io;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError, Weak};
use std::time::{Duration, Instant};

use crate::codec;
use crate::function::Site;
use crate::interrupt;
use crate::keep;
use crate::layout;
use crate::lineage::Lineage;
use crate::node::Node;
use crate::object::{self, Fault, Index};
use crate::pack::Packer;
use crate::report;
use crate::snapshot::{Bytes, Snapshot};
use crate::store::{Key, Store};
use crate::taken::Taken;
use crate::weight;

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
    /// For each site: passes so far, and those since its `every` was last served.
    pub(crate) counts: Vec<(u64, u64)>,
    /// Nanoseconds since 1970.
    pub(crate) saved_at: u64,
    /// The run time so far in seconds, over all processes.
    pub(crate) elapsed: f64,
    /// The states of the generators that the run can reach.
    pub(crate) rng: Option<Vec<u8>>,
}

/// See above.
#[derive(Debug)]
pub(crate) struct Saver {
    node: Arc<Node>,
    /// Which of the files there are of this life.
    pub(crate) lineage: Lineage,
    ledger: Mutex<Ledger>,
    is_failing: AtomicBool,
    /// What saving has taken of the run's own time since somebody asked, in nanoseconds.
    spent: AtomicU64,
}

/// What is known of the files of a run.
#[derive(Default, Debug)]
pub(crate) struct Ledger {
    /// Snapshots that are sound as far as is known.
    pub(crate) good: BTreeMap<u64, Option<Known>>,
    /// Those of other lives.
    others: Vec<u64>,
    /// The files that these need, once that has been looked up.
    spared: Option<BTreeSet<u64>>,
    /// Newer ones that have not been set aside.
    passed: Passed,
    /// What goes with the next snapshot that is saved.
    below: Vec<Key>,
    /// The newest snapshot, if it could not be saved or has not been needed so far: child runs save what stands on it.
    unsaved: Option<Job>,
    /// The blocks of the newest snapshot.
    pub(crate) index: Index,
}

impl Ledger {
    /// The files that these snapshots need, and those of other lives.
    fn needed(&self, kept: &BTreeSet<u64>) -> BTreeSet<u64> {
        let mut needed = keep::needed(kept, &self.good);
        needed.extend(self.spared.iter().flatten());
        needed
    }
}

/// What a run finds when it begins.
pub(crate) struct Inherited {
    pub(crate) good: Vec<u64>,
    /// Snapshots of other lives.
    pub(crate) others: Vec<u64>,
    pub(crate) passed: Passed,
    pub(crate) lineage: Lineage,
    /// What child runs stand on that save before the run itself, where nothing is there for that.
    pub(crate) beginning: Option<Job>,
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
    pub(crate) fn new(node: Arc<Node>, found: Inherited) -> Arc<Saver> {
        let Inherited { good, others, passed, lineage, beginning, index } = found;
        let good = good.into_iter().map(|seq| (seq, None)).collect();
        let ledger = Ledger { good, others, spared: None, passed, below: Vec::new(), unsaved: beginning, index };
        let (is_failing, spent) = (AtomicBool::new(false), AtomicU64::new(0));
        let saver = Arc::new(Saver { node, lineage, ledger: Mutex::new(ledger), is_failing, spent });
        let _ = saver.node.saver.set(Arc::downgrade(&saver));
        saver
    }

    pub(crate) fn ledger(&self) -> MutexGuard<'_, Ledger> {
        self.ledger.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Whether the last snapshot that was tried could not be saved.
    pub(crate) fn is_failing(&self) -> bool {
        self.is_failing.load(Ordering::Acquire)
    }

    /// What saving has taken of the run's own time since this was last asked: all of it, where no processor was idle.
    pub(crate) fn take_spent(&self) -> Duration {
        Duration::from_nanos(self.spent.swap(0, Ordering::Relaxed))
    }

    /// Saves one snapshot; a failure is a warning, as the run goes on with the ones it has.
    /// Where the run is somebody else's by now, nothing is written or removed: it ends at its next pass.
    pub(crate) fn save(&self, job: &mut Job, packer: &mut Packer) {
        if self.node.home.is_lost() {
            return;
        }
        let (start, began) = (Instant::now(), crate::clock::thread_time());
        self.weigh(&job.taken);
        let stands = self.stands(packer);
        let mut ledger = self.ledger();
        ledger.below.extend(job.below.take());
        ledger.unsaved = None;
        match stands.and_then(|()| self.try_save(&mut ledger, job, packer)) {
            Ok(()) => {}
            Err(why) if self.node.home.is_lost_by(&why) => {}
            Err(why) => {
                self.fail(&ledger, job.seq, &why.to_string());
                let (moment, taken) = (std::mem::take(&mut job.moment), std::mem::take(&mut job.taken));
                ledger.unsaved = Some(Job { seq: job.seq, moment, taken, below: None });
            }
        }
        // On a machine with a processor to spare the run does not feel it.
        if crate::load::is_busy() {
            let took = crate::clock::thread_time().saturating_sub(began);
            self.spent.fetch_add(u64::try_from(took.as_nanos()).unwrap_or(u64::MAX), Ordering::Relaxed);
        }
        interrupt::wrote(&self.node.home, start.elapsed());
    }

    fn try_save(&self, ledger: &mut Ledger, job: &Job, packer: &mut Packer) -> io::Result<()> {
        if !self.has_all(&ledger.index) {
            report::warning(&format!(
                "files that the snapshots of {} share have been removed by somebody: the next one holds everything again",
                self.node.label()
            ));
            ledger.index = Index::default();
        }
        let index = self.write(job, &ledger.index, packer)?;
        self.risen(ledger, job, index);
        Ok(())
    }

    /// Whether the files are there that the next snapshot may lean on.
    fn has_all(&self, index: &Index) -> bool {
        let (store, key) = (&self.node.home.store, &self.node.key);
        index.files().all(|(seq, size)| store.open(key, seq).is_ok_and(|object| object.size() == size))
    }

    /// A snapshot of a child run is never found without those of the runs above that it stands on. One of these that could
    /// not be saved is tried again first.
    fn stands(&self, packer: &mut Packer) -> io::Result<()> {
        let above: Vec<Arc<Saver>> =
            self.node.line().skip(1).filter_map(|node| node.saver.get().and_then(Weak::upgrade)).collect();
        for saver in above.iter().rev() {
            let mut ledger = saver.ledger();
            if let Some(job) = ledger.unsaved.take()
                && let Err(error) = saver.try_save(&mut ledger, &job, packer)
            {
                ledger.unsaved = Some(job);
                let what = format!("the snapshot of {} that it stands on cannot be saved: {error}", saver.node.label());
                return Err(io::Error::new(error.kind(), what));
            }
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

    fn write(&self, job: &Job, before: &Index, packer: &mut Packer) -> io::Result<Index> {
        let snapshot = self.snapshot(&job.moment, &job.taken);
        let (store, key) = (&self.node.home.store, &self.node.key);
        let mut index = Index::default();
        store.write(key, job.seq, &mut |out| {
            index = object::write(out, job.seq, &snapshot, &job.taken, before, packer)?;
            Ok(())
        })?;
        Ok(index)
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
            if gone.is_err_and(|error| home.is_lost_by(&error)) {
                return;
            }
        }
        home.start.got_on(&*home.store);
        if !self.set_aside(&mut ledger.passed) {
            return;
        }
        self.sweep(ledger);
        if let Some(member) = &home.member {
            member.saved();
        }
        if self.is_failing.swap(false, Ordering::AcqRel) {
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
                Err(error) if home.is_lost_by(&error) => return false,
                Err(_) => {}
            }
        }
        true
    }

    /// Removes the files that no snapshot which is to be kept needs.
    fn sweep(&self, ledger: &mut Ledger) {
        let (store, key) = (&self.node.home.store, &self.node.key);
        let unknown: Vec<u64> = ledger.good.iter().filter(|(_, known)| known.is_none()).map(|(seq, _)| *seq).collect();
        for seq in unknown {
            match known_from(&**store, key, seq) {
                Ok(there) => drop(ledger.good.insert(seq, there)),
                // Somebody has removed it.
                Err(error) if error.kind() == io::ErrorKind::NotFound => drop(ledger.good.remove(&seq)),
                // It may be sound, and need any of the others: they stay until it can be read.
                Err(_) => return,
            }
        }
        if self.spare(ledger).is_err() {
            return;
        }
        let function = self.node.function;
        let keep = function.keep.unwrap_or(self.node.home.keep);
        let kept = keep::kept(keep, function.pin, &ledger.good);
        self.remove_all_but(ledger, &kept);
        let excess = self.node.home.quota.excess(&**store);
        if excess > 0 {
            self.make_room(ledger, kept, excess);
        }
    }

    /// Looks up what snapshots of other lives need: those that `RESUME_FROM` went back behind share files with this one's.
    fn spare(&self, ledger: &mut Ledger) -> io::Result<()> {
        if ledger.spared.is_none() {
            let mut spared = BTreeSet::new();
            let first = ledger.good.keys().next().copied().unwrap_or_default();
            for seq in ledger.others.iter().filter(|seq| **seq > first) {
                match known_from(&*self.node.home.store, &self.node.key, *seq) {
                    Ok(known) => spared.extend(known.into_iter().flat_map(|known| known.needs)),
                    Err(error) if error.kind() == io::ErrorKind::NotFound => {}
                    Err(error) => return Err(error),
                }
            }
            ledger.spared = Some(spared);
        }
        Ok(())
    }

    /// Gives up kept snapshots until the files hold `excess` bytes less.
    fn make_room(&self, ledger: &mut Ledger, mut kept: BTreeSet<u64>, excess: u64) {
        let (home, key) = (&self.node.home, &self.node.key);
        let size = |seq: &u64| home.store.open(key, *seq).map_or(0, |object| object.size());
        let mut freed = 0;
        for seq in keep::expendable(&kept, self.node.function.pin, &ledger.good) {
            if freed >= excess {
                return;
            }
            kept.remove(&seq);
            let needed = ledger.needed(&kept);
            freed += ledger.good.keys().filter(|seq| !needed.contains(seq)).map(size).sum::<u64>();
            self.remove_all_but(ledger, &kept);
        }
        if freed < excess
            && let Some(limit) = home.quota.complaint()
        {
            report::warning(&format!(
                "the store holds {} more than its limit of {}, and {} has no more snapshots to spare: remove runs that are \
                 not needed any more, or raise the limit",
                report::size(excess - freed),
                report::size(limit),
                self.node.label()
            ));
        }
    }

    /// Removes the files that these snapshots do not need.
    fn remove_all_but(&self, ledger: &mut Ledger, kept: &BTreeSet<u64>) {
        let needed = ledger.needed(kept);
        let gone: Vec<u64> = ledger.good.keys().copied().filter(|seq| !needed.contains(seq)).collect();
        for seq in gone {
            match self.node.home.store.remove(&self.node.key, seq) {
                Ok(()) => {
                    ledger.good.remove(&seq);
                }
                Err(error) if self.node.home.is_lost_by(&error) => return,
                // What stays for now is tried again after the next snapshot.
                Err(_) => {}
            }
        }
    }

    /// Once for each time that it begins to fail.
    fn fail(&self, ledger: &Ledger, seq: u64, why: &str) {
        if !self.is_failing.swap(true, Ordering::AcqRel) {
            let (home, key) = (&self.node.home, &self.node.key);
            report::warning(&format!(
                "{} could not be saved in {}: {why}. It goes on, and will be tried again; until then {}",
                self.node.label(),
                home.store.locate(key, seq),
                standing(ledger)
            ));
        }
    }

    /// For a message: what there is to go on from.
    pub(crate) fn standing(&self) -> String {
        standing(&self.ledger())
    }

    /// A value could not be taken: there is nothing to save.
    pub(crate) fn fail_to_take(&self, seq: u64, why: &str) {
        self.fail(&self.ledger(), seq, why);
    }

    /// The site of a snapshot; none for the record of a run that is over.
    fn site(&self, moment: &Moment) -> Option<&'static Site> {
        self.node.function.sites.get((moment.site as usize).wrapping_sub(1))
    }

    fn snapshot(&self, moment: &Moment, taken: &Taken) -> Snapshot {
        let node = &*self.node;
        let counts = || node.function.sites.iter().map(|site| site.id.to_owned()).zip(&moment.counts);
        let site = self.site(moment);
        let own = |name: &&str| (*name).to_owned();
        Snapshot {
            function: node.path.to_owned(),
            identity: node.identity.clone(),
            arguments: node.arguments.clone(),
            body: node.function.body,
            site: site.map_or_else(String::new, |site| site.id.to_owned()),
            loops: site.map_or_else(Vec::new, |site| site.loops.iter().map(own).collect()),
            line: site.map_or(0, |site| site.line),
            passes: counts().map(|(id, (passes, _))| (id, *passes)).collect(),
            since: counts().map(|(id, (_, since))| (id, *since)).collect(),
            saved_at: moment.saved_at,
            elapsed: moment.elapsed,
            progress: site.and_then(|site| progress(taken.get(site.loops.first()?)?)),
            rng: moment.rng.clone().map(Bytes),
            layout: layout::of(node.function),
            finished: moment.site == 0 && !moment.is_beginning,
            version: node.function.version,
            types: taken.types(),
            lineage: self.lineage.clone(),
        }
    }
}

fn standing(ledger: &Ledger) -> String {
    match ledger.good.keys().next_back() {
        Some(seq) => format!("snapshot {seq} stands"),
        None => "there is no snapshot".to_owned(),
    }
}

/// Reads of an earlier snapshot what has to be known of it; `None` of one that is damaged. It stays.
fn known_from(store: &dyn Store, key: &Key, seq: u64) -> io::Result<Option<Known>> {
    let table = match object::table(&mut *store.open(key, seq)?) {
        Ok(table) => table,
        Err(Fault::Damage(_)) => return Ok(None),
        Err(Fault::Io(error)) => return Err(error),
    };
    let needs: BTreeSet<u64> = table.needs().chain([seq]).collect();
    let Snapshot { saved_at, site, .. } = table.snapshot;
    Ok(Some(Known { needs: needs.into_iter().collect(), saved_at, site }))
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

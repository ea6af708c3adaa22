//! Which files of a run may go once a new snapshot is there.

use std::collections::BTreeSet;
use std::io;

use crate::object::{self, Fault};
use crate::report;
use crate::run::ends;
use crate::run::function::OnReturn;
use crate::saver::keep;
use crate::saver::{Known, Ledger, Saver};
use crate::snapshot::Snapshot;
use crate::store::{Key, Store};

impl Saver {
    /// Removes the files that no snapshot which is to be kept needs.
    ///
    /// Where many are kept, it is not looked at all of them after each save, or saves would cost more and more.
    pub(crate) fn sweep(&self, ledger: &mut Ledger) {
        let function = self.node.function;
        let keep = function.keep.unwrap_or(self.node.home.keep);
        let kept = |ledger: &Ledger| {
            let mut kept = keep::kept(keep, function.pin, &ledger.good);
            kept.extend(ledger.good.keys().filter(|seq| **seq == self.lineage.born));
            kept
        };
        if keep.is_time(ledger.good.len(), ledger.unswept) {
            if self.look_up(ledger).is_err() {
                return;
            }
            ledger.unswept = 0;
            self.remove_all_but(ledger, &kept(ledger));
        }
        let excess = self.node.home.quota.excess(&*self.node.home.store);
        if excess > 0 && self.look_up(ledger).is_ok() {
            self.make_room(ledger, kept(ledger), excess);
        }
    }

    /// Looks up what is not known yet of the snapshots that were there before. One that cannot be read may be sound, and need
    /// any of the others: they stay until it can be.
    fn look_up(&self, ledger: &mut Ledger) -> io::Result<()> {
        let (store, key) = (&self.node.home.store, &self.node.key);
        let unknown: Vec<u64> = ledger.good.iter().filter(|(_, known)| known.is_none()).map(|(seq, _)| *seq).collect();
        for seq in unknown {
            match known_from(&**store, key, seq) {
                Ok(there) => drop(ledger.good.insert(seq, there)),
                // Somebody has removed it.
                Err(error) if error.kind() == io::ErrorKind::NotFound => drop(ledger.good.remove(&seq)),
                Err(error) => return Err(error),
            }
        }
        self.spare(ledger)
    }

    /// Looks up what snapshots of other lives need: those that `RESUME_FROM` went back behind share
    /// files with this one's.
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
        let mut expendable = keep::expendable(&kept, self.node.function.pin, &ledger.good).into_iter();
        loop {
            let needed = ledger.needed(&kept);
            freed += ledger.good.keys().filter(|seq| !needed.contains(seq)).map(size).sum::<u64>();
            self.remove_all_but(ledger, &kept);
            if freed >= excess {
                return;
            }
            let Some(seq) = expendable.next() else { break };
            kept.remove(&seq);
        }
        if let Some(limit) = home.quota.complaint() {
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
        let (store, key) = (&*self.node.home.store, &self.node.key);
        for seq in gone {
            let is_end = self.node.function.on_return == OnReturn::Keep && ends::is_end(store, key, seq);
            match store.remove(key, seq) {
                Ok(()) => {
                    ledger.good.remove(&seq);
                    // Older files may stay for their blocks.
                    if is_end && let Some(next) = ledger.good.range(seq..).next().map(|(next, _)| *next) {
                        let _ = ends::set_end(store, key, next);
                    }
                }
                Err(error) if self.node.home.tenure.is_lost_by(&error) => return,
                // What stays for now is tried again after the next snapshot.
                Err(_) => {}
            }
        }
    }
}

impl Ledger {
    /// The files that these snapshots need, and those of other lives.
    fn needed(&self, kept: &BTreeSet<u64>) -> BTreeSet<u64> {
        let mut needed = keep::needed(kept, &self.good);
        needed.extend(self.spared.iter().flatten());
        needed
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

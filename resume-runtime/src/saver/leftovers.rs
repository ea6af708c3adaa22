//! What a finished run leaves behind, and what goes.

use std::io;

use crate::recover::pick::Picked;
use crate::report;
use crate::run::ends;
use crate::run::life::Life;
use crate::run::node::{Node, Under};

/// Removes what child runs have saved under earlier snapshots than the one that the run goes on from, where a kill came
/// between a snapshot and the removal of what stood on the one before. Only what is of the same life.
pub(crate) fn drop_outlived(node: &Node, picked: &Picked) {
    let Some(newest) = picked.seq else { return };
    let store = &node.home.store;
    for name in store.below(&node.key).unwrap_or_default() {
        if Under::seq_of(&name).is_some_and(|seq| seq < newest && picked.lineage.holds(seq)) {
            // What stays is never found again, and goes with the run.
            let _ = store.clear(&node.key.child(&name));
        }
    }
}

impl Life {
    /// What output files have behind their end, where that could not go before.
    pub(crate) fn cut_files(&self) {
        let tenure = &self.node.home.tenure;
        if let Err(error) = tenure.handles.cut(|| tenure.check())
            && !tenure.is_over()
        {
            report::warning(&format!(
                "{} is finished, but an output file may have bytes behind its end that could not be cut off ({error}): call \
                 `finish` of each file to be told of this",
                self.node.label()
            ));
        }
    }

    /// Removes what the run has saved.
    pub(crate) fn discard(&mut self) {
        let (home, key) = (&self.node.home, &self.node.key);
        if home.writer.is_closed() {
            // A child run that has outlived its root run: what it saved went with that, and the folder may be that of the
            // next life.
            return;
        }
        let good = std::mem::take(&mut self.saver.ledger().good);
        let is_root = self.node.parent.is_none();
        if is_root {
            home.start.forget();
        }
        let removed = if is_root && self.saver.lineage.born > 0 {
            self.discard_since_birth()
        } else if is_root || !good.is_empty() || self.node.state().has_below {
            home.store.clear(key)
        } else {
            Ok(())
        };
        if let Err(error) = removed {
            self.still_there("its snapshots", &error);
        }
    }

    /// The run stays as it is for a later call, which goes on from its last snapshot.
    pub(crate) fn end_call(&self) {
        self.discard_below();
        let (home, key) = (&self.node.home, &self.node.key);
        home.start.take_back(&*home.store);
        let newest = self.saver.ledger().good.keys().next_back().copied();
        // What is not on record matters only if the snapshot is damaged, or no start gets on from it.
        let _ = newest.map(|seq| ends::set_end(&*home.store, key, seq));
    }

    /// Removes what child runs have saved since the last snapshot.
    fn discard_below(&self) {
        let (is_inherited, has_below, under) = {
            let state = self.node.state();
            (state.is_inherited, state.has_below, state.under)
        };
        if (is_inherited || has_below)
            && let Err(error) = self.node.home.store.clear(&under.folder(&self.node.key))
        {
            self.still_there("the snapshots of its child runs", &error);
        }
    }

    /// Says so, and what comes of it.
    fn still_there(&self, what: &str, error: &io::Error) {
        let Node { home, key, .. } = &*self.node;
        if !home.tenure.is_lost_by(error) {
            let then = match home.store.list(key) {
                Ok(there) if there.is_empty() => "the next call begins anew and removes what is left of them",
                _ => "the next call will take them up again",
            };
            report::warning(&format!(
                "{} is finished, but {what} could not be removed ({error}): {then}",
                self.node.label()
            ));
        }
    }

    /// What was there before RESUME_FRESH is none of this life's business. Of all else the newest goes first, as it needs the
    /// others, and whatever is left decides which life is gone on with.
    fn discard_since_birth(&self) -> io::Result<()> {
        let (store, key) = (&self.node.home.store, &self.node.key);
        let own = store.list(key)?.into_iter().filter(|seq| *seq >= self.saver.lineage.born);
        own.rev().try_for_each(|seq| store.remove(key, seq))?;
        store.clear(&self.node.state().under.folder(key))
    }
}

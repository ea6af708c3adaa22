//! The thread that saves: a run waits until its values are in memory, and goes on while they are written.
//!
//! One thread for a root run and all child runs below it, from the first snapshot to the end of the root run. One snapshot is
//! being written and one may wait, so at most two buffers are in use, and snapshots become durable in the order in which they
//! were taken: a child run's never without the one of its parent that it stands on.

mod handover;
#[cfg(test)]
mod modelled;

use std::sync::Arc;

use crate::pack::{Compression, Packer};
use crate::saver::taken::Taken;
use crate::saver::{Job, Saver};
use handover::{Handover, Work};

/// What `handover` is made of.
mod sync {
    pub(super) use std::sync::{Arc, Condvar, Mutex, MutexGuard};
    pub(super) use std::thread;
}

/// Saves the snapshots of a tree of runs on a thread, one after the other. Without a thread of its own it writes at once: in
/// tests, and where no thread can be had.
#[derive(Debug)]
pub(crate) struct Writer {
    handover: Handover<Writing>,
    compression: Compression,
    is_inline: bool,
}

/// One snapshot on its way.
struct Writing {
    saver: Arc<Saver>,
    job: Job,
}

impl Work for Writing {
    type Tools = Packer;
    type Buffer = Taken;

    fn work(&mut self, packer: &mut Packer) {
        self.saver.save(&mut self.job, packer);
    }

    fn panicked(&mut self) {
        self.saver.fail_to_take(self.job.seq, self.job.moment.is_record(), "BUG: writing it panicked");
    }

    fn into_buffer(self) -> Taken {
        self.job.taken.reused()
    }
}

impl Writer {
    /// One with a thread, which begins with the first snapshot.
    pub(crate) fn background(compression: Compression) -> Writer {
        Writer { handover: Handover::new(), compression, is_inline: false }
    }

    /// One that writes at once.
    pub(crate) fn inline(compression: Compression) -> Writer {
        Writer { is_inline: true, ..Writer::background(compression) }
    }

    /// Whether a snapshot that is taken now would have to wait before it may be.
    pub(crate) fn is_full(&self) -> bool {
        self.handover.is_full()
    }

    /// A buffer for the next snapshot, once there is room for one more.
    pub(crate) fn buffer(&self) -> Taken {
        self.handover.buffer()
    }

    /// Takes a buffer back.
    pub(crate) fn give_back(&self, taken: Taken) {
        self.handover.give_back(taken.reused());
    }

    /// Saves a snapshot, now or soon.
    pub(crate) fn submit(&self, saver: &Arc<Saver>, job: Job) {
        let compression = self.compression;
        let mut writing = Writing { saver: Arc::clone(saver), job };
        if self.handover.is_closed() {
            return refuse(writing);
        }
        if self.is_inline || !self.handover.start(move || Packer::new(compression)) {
            writing.work(&mut Packer::new(compression));
            return self.handover.give_back(writing.into_buffer());
        }
        if let Err(writing) = self.handover.put(writing) {
            refuse(writing);
        }
    }

    /// Waits until all that was submitted has been saved, or could not be.
    pub(crate) fn flush(&self) {
        self.handover.flush();
    }

    /// Whether the root run is over.
    pub(crate) fn is_closed(&self) -> bool {
        self.handover.is_closed()
    }

    /// Waits for the last snapshot, and for the thread to end.
    pub(crate) fn close(&self) {
        self.handover.close();
    }
}

/// A child run that is polled after its root run has returned: nobody would ever ask for its snapshots, and the lock
/// that they were under is gone.
fn refuse(writing: Writing) {
    writing.saver.fail_to_take(writing.job.seq, writing.job.moment.is_record(), "the run that it is part of is over");
}

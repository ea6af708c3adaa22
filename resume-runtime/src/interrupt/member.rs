//! The root runs that are under way.

use std::sync::atomic::{AtomicBool, AtomicU8, Ordering};
use std::sync::{Arc, Mutex, MutexGuard};
use std::thread::{self, ThreadId};
use std::time::{Duration, Instant};

use super::gaps::Gaps;
use super::{Asked, FLAGS, SINGLE, UNSAVED, end, watch};
use crate::config;
use crate::mutex::locked;
use crate::report;
use crate::store::{Key, Store};

/// The root runs that are under way.
static ACTIVE: Mutex<Vec<Arc<Member>>> = Mutex::new(Vec::new());

pub(super) fn members() -> MutexGuard<'static, Vec<Arc<Member>>> {
    locked(&ACTIVE)
}

/// A root run that is under way.
#[derive(Debug)]
pub(crate) struct Member {
    /// What people call it.
    pub(super) label: String,
    /// The thread it was last seen on.
    thread: Mutex<ThreadId>,
    /// Whether it may be seen on another one yet.
    pub(super) is_future: AtomicBool,
    /// Whether it has nothing left to save.
    has_flushed: AtomicBool,
    /// When its last snapshot was taken.
    saved: Mutex<Option<Instant>>,
    /// What asks it to stop, as an `Asked`.
    asked: AtomicU8,
    gaps: Mutex<Gaps>,
    pub(super) grace: Duration,
    /// Where somebody may ask it to stop.
    store: Arc<dyn Store>,
    key: Key,
}

/// Keeps a root run in the list while it is under way.
#[derive(Debug)]
pub(crate) struct Membership(Arc<Member>);

impl Member {
    pub(super) fn new(label: String, saved: Option<Instant>, store: &Arc<dyn Store>, key: &Key) -> Arc<Member> {
        Arc::new(Member {
            label,
            thread: Mutex::new(thread::current().id()),
            is_future: AtomicBool::new(false),
            has_flushed: AtomicBool::new(false),
            saved: Mutex::new(saved),
            asked: AtomicU8::new(Asked::Nothing as u8),
            gaps: Mutex::default(),
            grace: config::grace(),
            store: Arc::clone(store),
            key: key.clone(),
        })
    }

    /// Begins to count among the runs that are under way.
    pub(crate) fn join(label: String, saved: Option<Instant>, store: &Arc<dyn Store>, key: &Key) -> Membership {
        let member = Member::new(label, saved, store, key);
        let mut members = members();
        members.push(Arc::clone(&member));
        FLAGS.joined();
        drop(members);
        watch::joined(&member);
        Membership(member)
    }

    pub(super) fn asked(&self) -> Asked {
        Asked::of(self.asked.load(Ordering::SeqCst))
    }

    pub(super) fn is_asked(&self) -> bool {
        self.asked.load(Ordering::Relaxed) != Asked::Nothing as u8
    }

    pub(super) fn ask(&self, asked: Asked) {
        self.asked.store(asked as u8, Ordering::SeqCst);
        SINGLE.store(true, Ordering::SeqCst);
    }

    pub(crate) fn look_for_stop(&self) {
        if self.store.stop_requested(&self.key) {
            self.ask(Asked::File);
        }
    }

    pub(super) fn gaps(&self) -> MutexGuard<'_, Gaps> {
        locked(&self.gaps)
    }

    /// It has nothing left to save; `is_unsaved` tells that it could not be.
    pub(crate) fn flushed(&self, is_unsaved: bool) {
        if is_unsaved {
            UNSAVED.store(true, Ordering::SeqCst);
        }
        self.has_flushed.store(true, Ordering::SeqCst);
    }

    /// For a message: what people call it, and how old its last snapshot is.
    pub(super) fn age(&self) -> String {
        let saved = *locked(&self.saved);
        match saved {
            Some(saved) => format!("{} (last snapshot {} old)", self.label, report::span(saved.elapsed())),
            None => format!("{} (no snapshot yet)", self.label),
        }
    }

    pub(crate) fn saved(&self) {
        *locked(&self.saved) = Some(Instant::now());
    }

    /// Takes note of the thread that a future is polled on.
    pub(crate) fn seen(&self) {
        self.is_future.store(true, Ordering::Relaxed);
        *locked(&self.thread) = thread::current().id();
    }

    pub(super) fn has_flushed(&self) -> bool {
        self.has_flushed.load(Ordering::SeqCst)
    }

    /// Whether it is on a thread that does not end the process, as this one does: there it gets on.
    pub(super) fn is_elsewhere(&self) -> bool {
        let thread = *locked(&self.thread);
        !end::threads().contains(&thread)
    }
}

impl Membership {
    pub(crate) fn member(&self) -> Arc<Member> {
        Arc::clone(&self.0)
    }
}

impl Drop for Membership {
    fn drop(&mut self) {
        let mut members = members();
        members.retain(|member| !Arc::ptr_eq(member, &self.0));
        if members.is_empty() {
            FLAGS.left();
        }
    }
}

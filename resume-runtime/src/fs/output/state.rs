//! What an output file consists of, what a snapshot holds of it, and how it goes on from there.

use std::fs::OpenOptions;
use std::io;
use std::path::{Path, PathBuf};
use std::sync::atomic::Ordering;
use std::sync::{Arc, Weak};

use serde::{Deserialize, Serialize};

use crate::error::named;
use crate::fs::chain::{Chain, Depth, Sum};
use crate::fs::frame::{Form, Frames};
use crate::fs::handles::Claim;
use crate::fs::mark::{self, Mark, Opening};
use crate::fs::medium::Medium;
use crate::fs::place::Place;
use crate::fs::trouble::{Trouble, What, Why};
use crate::report;
use crate::run::node::{self, Home, Mode};
use crate::run::tenure::Tenure;

/// Bytes in memory from which on the next write brings them to the file.
const ROOM: usize = 1 << 16;

/// The most that one write takes.
const MOST: usize = 1 << 20;

/// The longest file that a resume reads whole to check it: about a second on the slowest disks.
const CHECKED_WHOLE: u64 = 64 << 20;

pub(super) struct State {
    path: PathBuf,
    medium: Box<dyn Medium>,
    frames: Frames,
    /// Bytes of the file that are not there yet.
    waiting: Vec<u8>,
    /// Of what the file has.
    chain: Chain,
    /// How many bytes it was given in this run.
    given: u64,
    /// Whether a power cut could take some of what the file has.
    is_dirty: bool,
    /// Whether its name is safe from a power cut.
    is_named: bool,
    /// Why it cannot be known what the file has.
    broken: Option<String>,
    is_finished: bool,
    /// Whether the run that writes it is this process's.
    tenure: Option<Arc<Tenure>>,
    /// Whether a child run has taken it up, and goes on with it in place of this handle.
    claim: Option<Claim>,
    /// Whether there may be bytes behind what the file has that child runs go on behind. They are overwritten, as the run
    /// does what it did before, and what is left of them goes with `finish`.
    has_tail: bool,
    /// How it was opened; none outside of runs.
    opening: Option<Opening>,
    /// Whether a kill would lead to a start that knows where it was.
    known: Known,
}

/// Whether a snapshot tells where a file was appended to. Without one the run would begin afresh, behind what it wrote.
enum Known {
    No,
    /// One is being written.
    Soon(Weak<Home>),
    /// Or there is nothing to tell, as the run has made the file.
    Yes,
}

/// What a snapshot holds.
#[derive(Serialize, Deserialize)]
pub(super) struct Saved {
    path: Place,
    form: Form,
    sum: Sum,
    given: u64,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    opening: Option<Opening>,
}

impl State {
    pub(super) fn new(
        path: PathBuf,
        medium: Box<dyn Medium>,
        form: Form,
        chain: Chain,
        tenure: Option<Arc<Tenure>>,
    ) -> State {
        let claim = tenure.as_ref().map(|tenure| tenure.handles.add(&path));
        State {
            path,
            medium,
            frames: Frames::new(form),
            waiting: Vec::new(),
            chain,
            given: 0,
            is_dirty: true,
            is_named: false,
            broken: None,
            is_finished: false,
            tenure,
            claim,
            has_tail: false,
            opening: None,
            known: Known::Yes,
        }
    }

    /// The file as one made by the run that this thread is in.
    pub(super) fn made(mut self) -> State {
        self.opening = Opening::now(None);
        self
    }

    /// The file as one that the run goes on with, behind what it has already.
    pub(super) fn appending(mut self) -> State {
        self.opening = Opening::now(Some(self.chain.sum()));
        self.known = Known::No;
        self
    }

    /// The file with bytes behind its end that stay for now.
    pub(super) fn with_tail(mut self) -> State {
        self.has_tail = true;
        self
    }

    pub(super) fn path(&self) -> &Path {
        &self.path
    }

    fn is_superseded(&self) -> bool {
        self.claim.as_ref().is_some_and(|claim| claim.load(Ordering::SeqCst))
    }

    fn check(&self) -> io::Result<()> {
        if self.is_superseded() {
            let what = "another handle of the file has been taken up from a snapshot: write to that one";
            return Err(named(&self.path, &io::Error::other(what)));
        }
        match &self.broken {
            None => Ok(()),
            Some(why) => Err(io::Error::other(format!(
                "{}: it cannot be known what is in the file, as it failed before ({why}): start the program again, and the \
                 run goes on from its last snapshot",
                self.path.display()
            ))),
        }
    }

    // Never a part of it that is then followed by an error: a writer above, such as the one of `csv`, tries again with all
    // that it has.
    pub(super) fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.check()?;
        if self.waiting.len() >= ROOM {
            self.pour()?;
        }
        if self.waiting.is_empty() {
            self.belong();
        }
        let taken = &bytes[..bytes.len().min(MOST)];
        self.frame(|frames, out| frames.push(taken, out))?;
        self.given += taken.len() as u64;
        Ok(taken.len())
    }

    /// A file that was opened outside is written by the run that it was handed to, and may outlive it.
    fn belong(&mut self) {
        let Some(tenure) = tenure() else { return };
        if self.tenure.as_ref().is_none_or(|before| !Arc::ptr_eq(before, &tenure)) {
            self.claim = Some(tenure.handles.add(&self.path));
            self.tenure = Some(tenure);
        }
    }

    /// Compression writes to memory and does not fail, short of memory; if it does, nobody knows what it has.
    fn frame(&mut self, act: impl FnOnce(&mut Frames, &mut Vec<u8>) -> io::Result<()>) -> io::Result<()> {
        act(&mut self.frames, &mut self.waiting).map_err(|error| {
            self.broken = Some(error.to_string());
            named(&self.path, &error)
        })
    }

    /// Brings what is waiting to the file; what the file does not take goes on waiting. Once the run is somebody else's, that
    /// one goes on with the file.
    fn pour(&mut self) -> io::Result<()> {
        if let (Known::Soon(home), false) = (&self.known, self.waiting.is_empty()) {
            if let Some(home) = home.upgrade() {
                home.writer.flush();
            }
            self.known = Known::Yes;
        }
        let mut done = 0;
        let mut result = Ok(());
        while done < self.waiting.len() && result.is_ok() {
            if let Err(error) = check_owner(self.tenure.as_deref(), &self.path) {
                result = Err(error);
                break;
            }
            match self.medium.write_at(&self.waiting[done..], self.chain.length()) {
                Ok(0) => result = Err(io::ErrorKind::WriteZero.into()),
                Ok(taken) => {
                    self.is_dirty = true;
                    self.chain.update(&self.waiting[done..done + taken]);
                    done += taken;
                }
                Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
                Err(error) => result = Err(named(&self.path, &error)),
            }
        }
        self.waiting.drain(..done);
        result
    }

    pub(super) fn flush(&mut self) -> io::Result<()> {
        self.check()?;
        self.frame(Frames::flush)?;
        self.pour()
    }

    pub(super) fn sync_all(&mut self) -> io::Result<()> {
        self.flush()?;
        self.sync()
    }

    /// A sync that has failed is not tried again: the system may have dropped what it could not write, and a second one
    /// would succeed without it.
    fn sync(&mut self) -> io::Result<()> {
        let mut synced = Ok(());
        if self.is_dirty {
            synced = self.medium.sync();
        }
        if synced.is_ok() && !self.is_named {
            synced = self.medium.sync_name(&self.path);
        }
        match synced {
            Ok(()) => {
                (self.is_dirty, self.is_named) = (false, true);
                Ok(())
            }
            Err(error) => {
                self.broken = Some(error.to_string());
                Err(named(&self.path, &error))
            }
        }
    }

    /// Ends what was begun, so that the file is whole as it is.
    fn complete(&mut self) -> io::Result<()> {
        self.check()?;
        self.frame(Frames::end)?;
        if self.chain.length() == 0 && self.waiting.is_empty() {
            self.frame(Frames::empty)?;
        }
        self.pour()
    }

    pub(super) fn finish(&mut self) -> io::Result<()> {
        self.complete()?;
        self.cut_tail()?;
        self.sync()?;
        self.is_finished = true;
        Ok(())
    }

    fn cut_tail(&mut self) -> io::Result<()> {
        if self.has_tail {
            check_owner(self.tenure.as_deref(), &self.path)?;
            self.medium.cut(self.chain.length()).map_err(|error| named(&self.path, &error))?;
            (self.has_tail, self.is_dirty) = (false, true);
        }
        Ok(())
    }

    /// The handle goes before its file was finished: the run may have been stopped, and go on from where it was.
    fn leave_tail(&mut self) -> io::Result<()> {
        let length = self.chain.length();
        match &self.tenure {
            Some(tenure) if self.has_tail && !tenure.handles.leave(&self.path, length) => Ok(()),
            _ => self.cut_tail(),
        }
    }

    /// Makes what was written durable, for a snapshot.
    pub(super) fn save(&mut self) -> io::Result<Saved> {
        self.check()?;
        self.belong();
        self.frame(Frames::end)?;
        self.pour()?;
        // The snapshots of a test are in memory: there is no power cut that they outlive.
        if !is_tested() {
            self.sync()?;
        }
        if matches!(self.known, Known::No) {
            self.known = node::current().map_or(Known::No, |node| Known::Soon(Arc::downgrade(&node.home)));
        }
        let saved = self.saved(self.chain.sum());
        mark::note(|| Mark::new(saved.path.clone(), saved.sum.clone(), saved.opening.clone()));
        Ok(saved)
    }

    /// What was written, without touching the file: for a caller that only compares. Of a compressed file, the sum would tell
    /// when snapshots were taken.
    pub(super) fn seen(&self) -> Saved {
        if self.frames.form() != Form::Plain {
            return self.saved(Sum::default());
        }
        let mut chain = self.chain.clone();
        chain.update(&self.waiting);
        self.saved(chain.sum())
    }

    /// What names a run that is handed the file by its caller: which file it is, as it grows from start to start. The caller's
    /// handle has to let go of what it was given before: if the run goes on from a snapshot, the file is cut back to that,
    /// and nothing may be written behind it afterwards.
    pub(super) fn named(&mut self) -> io::Result<Saved> {
        self.check()?;
        self.frame(Frames::end)?;
        self.pour()?;
        Ok(Saved { given: 0, opening: None, ..self.saved(Sum::default()) })
    }

    fn saved(&self, sum: Sum) -> Saved {
        let (form, given, opening) = (self.frames.form(), self.given, self.opening.clone());
        Saved { path: Place::new(&self.path), form, sum, given, opening }
    }

    pub(super) fn restore(saved: Saved) -> Result<State, Trouble> {
        let path = saved.path.to_path();
        let what =
            if saved.opening.as_ref().is_some_and(Opening::is_to_append) { What::Appended } else { What::Output };
        let trouble = |why| Trouble { what, path: path.clone(), why };
        if let Some(feature) = saved.form.lacks() {
            return Err(trouble(Why::Lacks(feature)));
        }
        let file = OpenOptions::new().read(true).write(true).open(&path).map_err(|error| match error.kind() {
            io::ErrorKind::NotFound => trouble(Why::Missing),
            _ => trouble(Why::Unusable(error)),
        })?;
        match file.metadata() {
            Err(error) => return Err(trouble(Why::Unusable(error))),
            Ok(metadata) if !metadata.is_file() => return Err(trouble(Why::NotAFile)),
            Ok(_) => {}
        }
        let (tenure, keeps_tail) = (tenure(), node::has_inherited_children());
        let is_child = node::current().is_some_and(|node| node.parent.is_some());
        let state = State::go_on(saved, Box::new(file), tenure.clone(), keeps_tail).map_err(trouble)?;
        if let (true, Some(tenure), Some(claim)) = (is_child, tenure, &state.claim) {
            tenure.handles.supersede(&path, claim);
        }
        Ok(state)
    }

    /// Goes on with a file that is open. Nothing is cut before all is known to be right.
    fn go_on(
        saved: Saved,
        mut medium: Box<dyn Medium>,
        tenure: Option<Arc<Tenure>>,
        keeps_tail: bool,
    ) -> Result<State, Why> {
        let Saved { path, form, sum, given, opening } = saved;
        let had = sum.length;
        let has = medium.length().map_err(Why::Unusable)?;
        if has < had {
            return Err(Why::Shorter { has, had });
        }
        let chain = sum.take_up(&mut *medium, depth(&sum)).map_err(Why::Unusable)?.ok_or(Why::Changed { had })?;
        if has > had && !keeps_tail {
            // What is behind it may be what the run's new process has written.
            check_owner(tenure.as_deref(), &path.to_path()).map_err(Why::Unusable)?;
            medium.cut(had).map_err(Why::Unusable)?;
        }
        let mut state = State::new(path.to_path(), medium, form, chain, tenure);
        // What the snapshot tells of was made durable before it.
        (state.given, state.is_dirty, state.is_named) = (given, has > had, true);
        state.has_tail = keeps_tail && has > had;
        state.opening = opening;
        Ok(state)
    }
}

impl Drop for State {
    fn drop(&mut self) {
        if self.is_finished || self.is_superseded() {
            return;
        }
        let completed = self.complete().and_then(|()| self.leave_tail());
        if self.tenure.as_ref().is_some_and(|tenure| tenure.is_over()) {
            // The error of the run tells that.
            return;
        }
        if let Err(error) = completed {
            report::warning(&match &self.broken {
                Some(_) => error.to_string(),
                None => format!("{error}: the last {} bytes are lost", self.waiting.len()),
            });
        }
    }
}

/// How much of a file is read to check that it is what `sum` was taken of.
pub(in crate::fs) fn depth(sum: &Sum) -> Depth {
    if sum.covered() <= CHECKED_WHOLE { Depth::Whole } else { Depth::Tail }
}

/// That of the run which this thread is in.
pub(super) fn tenure() -> Option<Arc<Tenure>> {
    node::current().map(|node| Arc::clone(&node.home.tenure))
}

/// Whether a file of such a run may be touched.
pub(super) fn check_owner(tenure: Option<&Tenure>, path: &Path) -> io::Result<()> {
    let Some(tenure) = tenure else { return Ok(()) };
    tenure.check().map_err(|error| match tenure.lost() {
        Some(why) => Tenure::error(&format!("the output file {}", path.display()), why).into(),
        None => named(path, &error),
    })
}

/// Whether the run that this thread is in is one of a test.
fn is_tested() -> bool {
    node::current().is_some_and(|node| matches!(node.home.mode, Mode::Test(_)))
}

#[cfg(test)]
mod tests;

//! What a run takes out of the snapshot that it goes on from.

use std::collections::{BTreeMap, BTreeSet};

use crate::buffer::Buffer;
use crate::error::{self, Error, ErrorKind};
use crate::recover::layout;
use crate::report;
use crate::run::function::{Place, Site};
use crate::run::node::Node;
use crate::snapshot::Snapshot;

/// The values of a snapshot, and what has to be known to take them.
#[derive(Default)]
pub(crate) struct Restored {
    /// Each is taken once.
    values: Vec<(String, Option<Buffer>)>,
    /// The names of locals that are captured at any site of the code it is of.
    known: BTreeSet<String>,
    /// The types that they had.
    types: BTreeMap<String, String>,
    /// The cursors that have to be moved, as the code around the site has changed.
    moved: Vec<(&'static str, Moved)>,
}

/// How a cursor of the snapshot differs from what the code asks for.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum Moved {
    /// It goes on behind the item of the pass, and the site is in the middle of the pass now.
    Back,
    /// It gives the item of the pass again, and the site ends the pass now.
    Forth,
    /// Not at all: behind one pass is in front of the next. There has to be one.
    Ahead,
}

impl Moved {
    /// The cursors that differ, where it is known which the snapshot's were.
    fn all(snapshot: &Snapshot, site: &Site) -> Vec<(&'static str, Moved)> {
        let Some(place) = snapshot.place else { return Vec::new() };
        let how = |name: &str| {
            let stood = |wanted| place == wanted && snapshot.loops.last().is_some_and(|last| last == name);
            let stands = |wanted| site.place == wanted && site.loops.last().is_some_and(|last| *last == name);
            match (stood(Place::End), stands(Place::End)) {
                (true, false) if stands(Place::Start) => Some(Moved::Ahead),
                (true, false) => Some(Moved::Back),
                (false, true) if !stood(Place::Start) => Some(Moved::Forth),
                _ => None,
            }
        };
        let cursors = site.loops.iter().filter(|name| !snapshot.given.iter().any(|given| given == *name));
        cursors.filter_map(|name| Some((*name, how(name)?))).collect()
    }
}

impl Restored {
    /// For a run that goes on at `site`.
    pub(crate) fn new(snapshot: &mut Snapshot, values: Vec<(String, Buffer)>, site: Option<&Site>) -> Restored {
        Restored {
            values: values.into_iter().map(|(name, bytes)| (name, Some(bytes))).collect(),
            moved: site.map_or_else(Vec::new, |site| Moved::all(snapshot, site)),
            known: snapshot.layout.iter().flat_map(|(_, names, _)| names).cloned().collect(),
            types: std::mem::take(&mut snapshot.types),
        }
    }

    /// What the snapshot calls the local `name`.
    fn held_as(&self, node: &Node, name: &str) -> Option<usize> {
        let position = |name: &str| self.values.iter().position(|(there, _)| there == name);
        let holds = |name: &str| position(name).is_some();
        node.function.held_as(name, holds, |name| holds(name) || self.known.contains(name)).and_then(position)
    }

    /// The saved value called `name`, or as older snapshots call it; it is taken once.
    pub(crate) fn take(&mut self, node: &Node, name: &str) -> Option<Buffer> {
        let index = self.held_as(node, name)?;
        self.values[index].1.take()
    }

    /// How the cursor called `name` has to be moved.
    pub(crate) fn moved(&self, name: &str) -> Option<Moved> {
        self.moved.iter().find(|(moved, _)| *moved == name).map(|(_, how)| *how)
    }

    /// The error for a value that is not there.
    pub(crate) fn lacks(&self, node: &Node, name: &str) -> Error {
        Error::new(ErrorKind::OtherLayout, format!("the snapshot has no `{name}`"))
            .of(&node.key)
            .advise("say `#[resume(default)]` or `#[resume(rename = \"…\")]`, or start afresh with RESUME_FRESH=1")
    }

    /// The type that the value of `name` had, if it is not `now`; as people write it.
    fn other_type(&self, node: &Node, name: &str, now: &str) -> Option<String> {
        let held_as = self.held_as(node, name).map(|index| &*self.values[index].0)?;
        self.types.get(held_as).map(|was| layout::short(was)).filter(|was| *was != layout::short(now))
    }

    /// Says so where a value of another type than the local's was taken for one of that: the code has changed, and serde cannot
    /// tell generators of one shape apart, or `f32` from `f64`.
    ///
    /// # Errors
    /// If the function is `strict`.
    pub(crate) fn check_type(&self, node: &Node, name: &str, now: &str) -> Result<(), Error> {
        let is_cursor = node.function.sites.iter().any(|site| site.loops.contains(&name));
        let Some(was) = self.other_type(node, name, now).filter(|_| !is_cursor) else { return Ok(()) };
        let what = format!("`{name}` was saved as `{was}` and is a `{}` now", layout::short(now));
        if node.function.strict {
            let advice = "bring its old type back to finish this run, start afresh with RESUME_FRESH=1 (the snapshots are kept), \
                          or drop `strict` to go on with what the saved value gives";
            return Err(Error::new(ErrorKind::OtherCode, what).of(&node.key).advise(advice));
        }
        report::warning(&format!("{}: {what}: it goes on with what the saved value gives", node.label()));
        Ok(())
    }

    /// The error for a saved value of `name` that is none of type `now`.
    pub(crate) fn unreadable(&self, node: &Node, name: &str, now: &str, why: &str) -> Error {
        if node.home.tenure.is_over() {
            return node.cut_error();
        }
        let error = |what: String| Error::new(ErrorKind::Decode, what).of(&node.key);
        if let Some((what, advice)) = why.split_once(error::WHAT_TO_DO) {
            return error(format!("`{name}` cannot go on where it was: {what}")).advise(advice);
        }
        let was = self.other_type(node, name, now);
        let now = layout::short(now);
        let (what, code) = match was {
            Some(was) => (
                format!("`{name}` was saved as `{was}` and is a `{now}` now: {why}"),
                format!(
                    "say how to make the one of the other: `#[resumable(version = …, migrate = path)]`, and in `path` \
                     `let was: {was} = old.take({name:?})?; old.put({name:?}, &…)?;`. Or bring its old type back to finish \
                     this run"
                ),
            ),
            None => (
                format!("the saved value of `{name}` cannot be taken up as a `{now}`: {why}"),
                "bring back what it was made with to finish this run".to_owned(),
            ),
        };
        error(what).advise(format!("{code}, or start afresh with RESUME_FRESH=1 (the snapshots are kept)"))
    }
}

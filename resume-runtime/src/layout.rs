//! Whether a snapshot fits the function as it is now: its sites, and what is captured there.

use std::collections::BTreeSet;

use crate::error::{Error, ErrorKind};
use crate::function::{Function, OnReturn, Site};
use crate::node::Node;
use crate::snapshot::Snapshot;

/// The sites of a function, as a snapshot carries them.
pub(crate) fn of(function: &Function) -> Vec<(String, Vec<String>, Vec<String>)> {
    let own = |names: &[&str]| names.iter().map(|name| (*name).to_owned()).collect();
    function.sites.iter().map(|site| (site.id.to_owned(), own(site.locals), own(site.loops))).collect()
}

/// Refuses a snapshot that does not fit; says what is to be said about one that does.
pub(crate) fn check(node: &Node, snapshot: &Snapshot) -> Result<Option<String>, Error> {
    let function = node.function;
    if snapshot.function != node.path || snapshot.identity != node.identity {
        return Err(Error::new(
            ErrorKind::OtherLayout,
            format!("the snapshot is one of another run: {}({})", snapshot.function, snapshot.arguments),
        )
        .advise("move the file to where it came from"));
    }
    if snapshot.finished && function.on_return != OnReturn::Memoize {
        return Err(Error::new(
            ErrorKind::OtherLayout,
            "the run is over and its result is stored, but the function does not say `on_return = memoize` any more",
        )
        .advise(WAYS_ON));
    }
    let changes = changes(function, snapshot);
    if !changes.is_empty() {
        let what = format!(
            "the snapshot is of another layout of `{}` ({}:{}):\n    {}",
            function.name,
            function.file,
            function.line,
            changes.join("\n    ")
        );
        return Err(Error::new(ErrorKind::OtherLayout, what).advise(WAYS_ON));
    }
    if snapshot.body == function.body {
        return Ok(None);
    }
    if function.strict {
        return Err(Error::new(
            ErrorKind::OtherCode,
            format!("the body of `{}` has changed since the snapshot was taken, and it is `strict`", function.name),
        )
        .advise(
            "bring the old body back to go on, start afresh with RESUME_FRESH=1 (the snapshots are kept), or drop \
             `strict` to go on with the new body",
        ));
    }
    Ok(Some("the body of the function has changed since".to_owned()))
}

const WAYS_ON: &str = "bring the old code back to finish this run, or start afresh: RESUME_FRESH=1 keeps the snapshots, \
                       removing them does not.\n\
                       A new local: `#[resume(default)]` or `#[resume(default = value)]`. A renamed one: \
                       `#[resume(rename = \"old\")]`. A moved site: give it the label it had in the snapshot.";

/// What was added, removed or moved, a line each.
fn changes(function: &Function, snapshot: &Snapshot) -> Vec<String> {
    let mut lines = Vec::new();
    let mut seen = BTreeSet::new();
    for site in function.sites {
        match snapshot.layout.iter().find(|(id, ..)| id == site.id) {
            Some((id, names, loops)) => {
                seen.insert(id.as_str());
                compare(function, site, names, loops, &mut lines);
            }
            None => lines.push(format!("added: site `{}` (line {})", site.id, site.line)),
        }
    }
    for (id, ..) in &snapshot.layout {
        if !seen.contains(id.as_str()) {
            lines.push(format!("removed: site `{id}`"));
        }
    }
    if function.site_named(&snapshot.site).is_none() && !snapshot.finished && lines.is_empty() {
        lines.push(format!("removed: site `{}`, at which it was taken", snapshot.site));
    }
    lines
}

fn compare(function: &Function, site: &Site, names: &[String], loops: &[String], lines: &mut Vec<String>) {
    if !site.loops.iter().eq(loops) {
        lines.push(format!(
            "moved: site `{}` (line {}) is {} now and was {}",
            site.id,
            site.line,
            within(site.loops.iter().copied()),
            within(loops.iter().map(String::as_str))
        ));
    }
    let mut unmatched: BTreeSet<&str> = names.iter().map(String::as_str).collect();
    // Cursors are named by their loops, which have been compared.
    let own = |name: &&str| !site.loops.contains(name);
    for name in site.locals.iter().copied().filter(own) {
        let option = function.option(name);
        let was = option.and_then(|option| option.was);
        let is_there = unmatched.remove(name) || was.is_some_and(|was| unmatched.remove(was));
        if !is_there && !option.is_some_and(|option| option.default) {
            lines.push(format!("added: `{name}` at site `{}` (line {})", site.id, site.line));
        }
    }
    for name in unmatched {
        if !loops.iter().any(|cursor| cursor == name) {
            lines.push(format!("removed: `{name}` at site `{}` (line {})", site.id, site.line));
        }
    }
}

fn within<'a>(loops: impl Iterator<Item = &'a str>) -> String {
    let loops: Vec<String> = loops.map(|name| format!("`{name}`")).collect();
    if loops.is_empty() { "in no loop".to_owned() } else { format!("in {}", loops.join(" in ")) }
}

impl Function {
    /// The number of the site that a snapshot names, counted from 1.
    pub(crate) fn site_named(&self, id: &str) -> Option<u32> {
        let index = self.sites.iter().position(|site| site.id == id)?;
        u32::try_from(index + 1).ok()
    }
}

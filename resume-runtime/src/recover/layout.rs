//! Whether a snapshot fits the function as it is now: its version, its sites, and what is captured there.

use std::collections::BTreeSet;
use std::fmt::Write;

use crate::buffer::Buffer;
use crate::error::{Error, ErrorKind};
use crate::recover::migrate;
use crate::run::function::{Function, OnReturn, Site};
use crate::run::node::Node;
use crate::snapshot::Snapshot;

/// The sites of a function, as a snapshot carries them.
pub(crate) fn of(function: &Function) -> Vec<(String, Vec<String>, Vec<String>)> {
    let own = |names: &[&str]| names.iter().map(|name| (*name).to_owned()).collect();
    function.sites.iter().map(|site| (site.id.to_owned(), own(site.locals), own(site.loops))).collect()
}

/// Refuses a snapshot that does not fit and cannot be made to; says what is to be said about one that does.
pub(crate) fn check(
    node: &Node,
    snapshot: &mut Snapshot,
    values: &mut Vec<(String, Buffer)>,
) -> Result<Option<String>, Error> {
    let function = node.function;
    if snapshot.function != node.path || snapshot.identity != node.identity {
        return Err(Error::new(
            ErrorKind::OtherLayout,
            format!("the snapshot is one of another run: {}({})", snapshot.function, snapshot.arguments),
        )
        .advise("move the file to where it came from"));
    }
    if snapshot.is_beginning() {
        return Ok(None);
    }
    if snapshot.finished && function.on_return != OnReturn::Memoize {
        return Err(Error::new(
            ErrorKind::OtherLayout,
            "the run is over and its result is stored, but the function does not say `on_return = memoize` any more",
        )
        .advise(ways_on(function)));
    }
    if snapshot.version != function.version {
        return of_another_version(function, snapshot, values).map(Some);
    }
    let changes = changes(function, snapshot);
    if !changes.is_empty() {
        return Err(other_layout(function, &changes));
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

/// Brings a snapshot of another version up to date.
fn of_another_version(
    function: &Function,
    snapshot: &mut Snapshot,
    values: &mut Vec<(String, Buffer)>,
) -> Result<String, Error> {
    let (from, to) = (snapshot.version, function.version);
    if snapshot.finished {
        // It holds a result, and no locals.
        snapshot.version = to;
        return Ok(format!("its result is one of version {from}, and this is version {to}"));
    }
    // What was made for older ones would make values of it that are wrong, and fit.
    if from > to {
        let what =
            format!("the snapshot is of version {from} of `{}`, and this is the older version {to}", function.name);
        return Err(Error::new(ErrorKind::OtherLayout, what).advise(
            "bring the newer code back to finish this run, or start afresh with RESUME_FRESH=1 (the snapshots are kept)",
        ));
    }
    let Some(path) = function.migrate else {
        let what = format!("the snapshot is of version {from} of `{}`, and this is version {to}", function.name);
        return Err(Error::new(ErrorKind::OtherLayout, what).advise(
            "say how to bring it up to date: `#[resumable(version = …, migrate = path)]`, where `path` is a function from \
             the old `resume_runtime::Locals` to the new ones. Or bring the old code back to finish this run, or start \
             afresh with RESUME_FRESH=1 (the snapshots are kept).",
        ));
    };
    migrate::bring_up(path, to, snapshot, values)?;
    let mut changes = Vec::new();
    match function.sites.iter().find(|site| site.id == snapshot.site) {
        Some(site) => {
            let names: Vec<String> = values.iter().map(|(name, _)| name.clone()).collect();
            let loops: Vec<String> = site.loops.iter().map(|name| (*name).to_owned()).collect();
            let missing = site.loops.iter().filter(|name| !names.iter().any(|there| there == *name));
            changes.extend(missing.map(|name| Change {
                what: "missing",
                of: format!("cursor `{name}` of site `{}`", site.id),
                code: format!("in `migrate`: old.rename(\"…\", {name:?})?"),
            }));
            compare(function, site, &names, &loops, snapshot, &mut changes, &provide);
        }
        None => changes.push(Change {
            what: "missing",
            of: format!("site `{}`", snapshot.site),
            code: format!("in `migrate`: old.move_to({:?})", function.sites.first().map_or("…", |site| site.id)),
        }),
    }
    if changes.is_empty() {
        Ok(format!("brought from version {from} to {to}"))
    } else {
        Err(other_layout(function, &changes))
    }
}

fn ways_on(function: &Function) -> String {
    // One that states no version has the first.
    let next = function.version.max(1).saturating_add(1);
    format!(
        "bring the old code back to finish this run, or start afresh: RESUME_FRESH=1 keeps the snapshots, removing them does \
         not.\n\
         A new local: `#[resume(default)]` or `#[resume(default = value)]`. A renamed one: `#[resume(rename = \"old\")]`. A \
         moved site: give it the label it had in the snapshot. Anything else: `#[resumable(version = {next}, migrate = path)]`."
    )
}

/// Columns of the table of changes are as wide as their longest entry, up to this many characters.
const WIDEST_COLUMN: usize = 80;

/// A difference between a snapshot and the code.
struct Change {
    /// Added, removed, moved.
    what: &'static str,
    /// Which local or site.
    of: String,
    /// The line that makes up for it.
    code: String,
}

/// The changes as a table.
fn other_layout(function: &Function, changes: &[Change]) -> Error {
    // The names of a snapshot are as long as it says, and a width beyond 65,535 would be a panic.
    let width = |of: fn(&Change) -> &str| {
        changes.iter().map(|change| of(change).chars().count()).max().unwrap_or(0).min(WIDEST_COLUMN)
    };
    let (first, second) = (width(|change| change.what), width(|change| &change.of));
    let mut what =
        format!("the snapshot is of another layout of `{}` ({}:{}):", function.name, function.file, function.line);
    for change in changes {
        let _ = write!(what, "\n    {:first$}  {:second$}  {}", change.what, change.of, change.code);
    }
    let mut ways = ways_on(function);
    if changes.iter().any(|change| change.what == "added" && change.of.starts_with("site ")) {
        ways.push_str(
            "\nSites without a label are counted: one that was written in front of others has taken the name of the first of \
             them, and the last one counts as added. Then say in `migrate` where the snapshot's site is now: \
             `old.move_to(\"…\")`.",
        );
    }
    Error::new(ErrorKind::OtherLayout, what).advise(ways)
}

/// What was added, removed or moved.
fn changes(function: &Function, snapshot: &Snapshot) -> Vec<Change> {
    let mut changes = Vec::new();
    let is_new = |site: &&Site| !snapshot.layout.iter().any(|(id, ..)| id == site.id);
    let is_one_new = function.sites.iter().filter(is_new).count() == 1;
    let gone: Vec<_> =
        snapshot.layout.iter().filter(|(id, ..)| !function.sites.iter().any(|site| site.id == id)).collect();
    for site in function.sites {
        match snapshot.layout.iter().find(|(id, ..)| id == site.id) {
            Some((_, names, loops)) => compare(function, site, names, loops, snapshot, &mut changes, &declare),
            None => {
                changes.push(Change {
                    what: "added",
                    of: format!("site `{}` (line {})", site.id, site.line),
                    code: match gone.first() {
                        Some((id, ..)) => format!("checkpoint!(…, label = {id:?}), if it is the one that was removed"),
                        None => "#[resumable(version = …, migrate = …)]".to_owned(),
                    },
                });
                // Most likely it is the same: with its old label back, this is what would still differ.
                if let ([(_, names, loops)], true) = (&gone[..], is_one_new)
                    && site.loops.len() == loops.len()
                {
                    let held: Vec<String> = names.iter().filter(|name| !loops.contains(name)).cloned().collect();
                    let loops: Vec<String> = site.loops.iter().map(|name| (*name).to_owned()).collect();
                    compare(function, site, &held, &loops, snapshot, &mut changes, &declare);
                }
            }
        }
    }
    for (id, ..) in gone {
        changes.push(Change {
            what: "removed",
            of: format!("site `{id}`"),
            code: format!("checkpoint!(…, label = {id:?}), where it stands today"),
        });
    }
    if function.site_named(&snapshot.site).is_none() && !snapshot.finished && changes.is_empty() {
        changes.push(Change {
            what: "removed",
            of: format!("site `{}`, at which it was taken", snapshot.site),
            code: format!("checkpoint!(…, label = {:?})", snapshot.site),
        });
    }
    changes
}

/// The line for a local that a snapshot lacks, which may be one of those that it has too many.
fn declare(name: &str, removed: &[&str]) -> String {
    match removed {
        [] => format!("#[resume(default = …)] let {name}"),
        [was] => format!("#[resume(rename = {was:?})] let {name}, or #[resume(default)] if it is a new one"),
        _ => format!(
            "#[resume(rename = \"…\")] let {name} with one of those removed, or #[resume(default)] if it is a new one"
        ),
    }
}

/// The line for a local that a `migrate` does not give, which may be one of those that it leaves over.
fn provide(name: &str, removed: &[&str]) -> String {
    match removed {
        [] => format!("in `migrate`: old.put({name:?}, &…)?"),
        [was] => format!("in `migrate`: old.rename({was:?}, {name:?})?, or old.put({name:?}, &…)?"),
        _ => format!("in `migrate`: old.rename(\"…\", {name:?})? of one of those removed, or old.put({name:?}, &…)?"),
    }
}

/// `line` gives the line to write for a local that is new, beside those that are gone.
fn compare(
    function: &Function,
    site: &Site,
    names: &[String],
    loops: &[String],
    snapshot: &Snapshot,
    changes: &mut Vec<Change>,
    line: &dyn Fn(&str, &[&str]) -> String,
) {
    let place = || format!("site `{}` (line {})", site.id, site.line);
    if !site.loops.iter().eq(loops) {
        changes.push(Change {
            what: "moved",
            of: format!(
                "{} is {} now and was {}",
                place(),
                within(site.loops.iter().copied()),
                within(loops.iter().map(String::as_str))
            ),
            code: "#[resumable(version = …, migrate = …)]".to_owned(),
        });
    }
    let mut unmatched: BTreeSet<&str> = names.iter().map(String::as_str).collect();
    // Cursors are named by their loops, which have been compared.
    let own = |name: &&str| !site.loops.contains(name);
    let mut added = Vec::new();
    for name in site.locals.iter().copied().filter(own) {
        let holds = |name: &str| names.iter().any(|held| held == name);
        let held_as = function.held_as(name, holds, |name| holds(name) || snapshot.knows(name));
        match held_as {
            Some(held_as) => drop(unmatched.remove(held_as)),
            None if function.option(name).is_some_and(|option| option.default) => {}
            None => added.push(name),
        }
    }
    unmatched.retain(|name| !loops.iter().any(|cursor| cursor == name));
    let removed: Vec<&str> = unmatched.into_iter().collect();
    for name in &added {
        changes.push(Change { what: "added", of: format!("`{name}` at {}", place()), code: line(name, &removed) });
    }
    for name in removed {
        let type_name = snapshot.types.get(name).map(|name| short(name)).unwrap_or_default();
        let typed = if type_name.is_empty() { String::new() } else { format!(": {type_name}") };
        changes.push(Change {
            what: "removed",
            of: format!("`{name}{typed}` at {}", place()),
            code: format!("#[resume] let {name}, or in a `migrate`: old.remove({name:?})?"),
        });
    }
}

/// The name of a type without the paths in it: `Vec<f64>` of `alloc::vec::Vec<f64>`.
pub(crate) fn short(type_name: &str) -> String {
    let mut short = String::new();
    let mut word = String::new();
    for letter in type_name.chars() {
        match letter {
            ':' => word.clear(),
            _ if letter.is_alphanumeric() || letter == '_' => word.push(letter),
            _ => {
                short.push_str(&word);
                word.clear();
                short.push(letter);
            }
        }
    }
    short + &word
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

#[cfg(test)]
mod tests {
    use super::{Change, other_layout, short};
    use crate::run::function::Function;

    #[test]
    fn names_of_any_length_make_a_table() {
        let change = |of: &str| Change { what: "removed", of: of.to_owned(), code: "…".to_owned() };
        let text = other_layout(&Function::new(0), &[change(&"x".repeat(70_000)), change("y")]).to_string();
        assert!(text.contains(&"x".repeat(70_000)), "{} bytes", text.len());
        assert!(text.len() < 72_000, "{} bytes", text.len());
    }

    #[test]
    fn types_are_short() {
        assert_eq!(
            short("alloc::vec::Vec<(f64, core::option::Option<alloc::string::String>)>"),
            "Vec<(f64, Option<String>)>"
        );
        assert_eq!(short("[[u8; 3]; 40]"), "[[u8; 3]; 40]");
        assert_eq!(short("my_crate::a_b::State"), "State");
    }
}

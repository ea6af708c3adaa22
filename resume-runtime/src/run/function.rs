//! What the macro knows about a resumable function, as constants of its expansion.

use std::panic::Location;
use std::sync::atomic::AtomicBool;

use serde::{Deserialize, Serialize};

use crate::pack::Compression;
use crate::recover::migrate::Migrate;
use crate::saver::keep::Keep;

/// A resumable function as it stands in the source.
#[derive(Debug)]
pub struct Function {
    /// Its name alone, without the type of its `impl`.
    pub name: &'static str,
    /// The file it stands in.
    pub file: &'static str,
    /// The line it begins at.
    pub line: u32,
    /// A hash of the tokens of its body, blind to layout and comments.
    pub body: u64,
    /// What a finished run leaves behind.
    pub on_return: OnReturn,
    /// Whether a snapshot of another body is refused even if its layout is the same.
    pub strict: bool,
    /// Its sites, in the order of the expansion, which may be another one than that of the source: site `k` is
    /// `sites[k - 1]`.
    pub sites: &'static [Site],
    /// Captured names that a snapshot of an older layout may lack, or call otherwise.
    pub options: &'static [Captured],
    /// The version of what is captured; 0 if none is stated.
    pub version: u32,
    /// What makes the locals of an older version those of this one.
    pub migrate: Option<Migrate>,
    /// Which snapshots are kept, if that is stated.
    pub keep: Option<Keep>,
    /// The label of the site whose newest snapshot always stays.
    pub pin: Option<&'static str>,
    /// How snapshots are compressed, if that is stated.
    pub compression: Option<Compression>,
    /// Whether what it is lent as a child run has been too long to be looked at.
    pub(crate) is_lent_much: AtomicBool,
}

/// A `checkpoint!(…)`.
#[derive(Debug)]
pub struct Site {
    /// Its label, or its structural path: what names it in snapshots.
    pub id: &'static str,
    /// Its label, if it has one.
    pub label: Option<&'static str>,
    /// The line it stands at.
    pub line: u32,
    /// The names that are captured there, in order.
    pub locals: &'static [&'static str],
    /// The cursors of the loops around it, from the outside in.
    pub loops: &'static [&'static str],
    /// Where in a pass of the last of these it stands.
    pub place: Place,
}

/// Where in a pass of its loop a site stands, and so what the cursor of that loop goes on with.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Place {
    /// Before all else: the item of the pass is given again, and nothing has been done with it.
    Start,
    /// Elsewhere: the item is given again.
    Middle,
    /// Behind all else: the next item is given.
    End,
}

/// What `#[resume(default)]` and `#[resume(rename = "…")]` say about a captured name.
#[derive(Debug)]
pub struct Captured {
    /// The name.
    pub name: &'static str,
    /// Whether an older snapshot may lack it.
    pub default: bool,
    /// What older snapshots call it.
    pub was: Option<&'static str>,
}

/// What a finished run leaves behind.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum OnReturn {
    /// Nothing.
    Discard,
    /// Its last snapshot, from which a later call continues.
    Keep,
    /// Its result, which the next call gives back at once.
    Memoize,
}

impl Site {
    /// A site without a label.
    pub const fn new(
        line: u32,
        id: &'static str,
        loops: &'static [&'static str],
        locals: &'static [&'static str],
    ) -> Site {
        Site { id, label: None, line, locals, loops, place: Place::Middle }
    }

    /// A site without a label, which begins each pass of the last of the loops.
    pub const fn first(
        line: u32,
        id: &'static str,
        loops: &'static [&'static str],
        locals: &'static [&'static str],
    ) -> Site {
        Site { place: Place::Start, ..Site::new(line, id, loops, locals) }
    }

    /// A site without a label, which ends each pass of the last of the loops.
    pub const fn last(
        line: u32,
        id: &'static str,
        loops: &'static [&'static str],
        locals: &'static [&'static str],
    ) -> Site {
        Site { place: Place::End, ..Site::new(line, id, loops, locals) }
    }

    /// The name is a label.
    #[must_use]
    pub const fn labelled(mut self) -> Site {
        self.label = Some(self.id);
        self
    }
}

impl Function {
    /// A function whose body hashes to `body`; it stands where this is called, which is in the expansion of its attribute.
    #[track_caller]
    pub const fn new(body: u64) -> Function {
        let place = Location::caller();
        Function {
            name: "",
            file: place.file(),
            line: place.line(),
            body,
            on_return: OnReturn::Discard,
            strict: false,
            sites: &[],
            options: &[],
            version: 0,
            migrate: None,
            keep: None,
            pin: None,
            compression: None,
            is_lent_much: AtomicBool::new(false),
        }
    }

    /// Its name.
    #[must_use]
    pub const fn named(mut self, name: &'static str) -> Function {
        self.name = name;
        self
    }

    /// Its sites.
    #[must_use]
    pub const fn sites(mut self, sites: &'static [Site]) -> Function {
        self.sites = sites;
        self
    }

    /// What is said about some of the captured names.
    #[must_use]
    pub const fn options(mut self, options: &'static [Captured]) -> Function {
        self.options = options;
        self
    }

    /// `on_return = keep`
    #[must_use]
    pub const fn keep(mut self) -> Function {
        self.on_return = OnReturn::Keep;
        self
    }

    /// `on_return = memoize`
    #[must_use]
    pub const fn memoize(mut self) -> Function {
        self.on_return = OnReturn::Memoize;
        self
    }

    /// `strict`
    #[must_use]
    pub const fn strict(mut self) -> Function {
        self.strict = true;
        self
    }

    /// `version = 2`
    #[must_use]
    pub const fn version(mut self, version: u32) -> Function {
        self.version = version;
        self
    }

    /// `migrate = path`
    #[must_use]
    pub const fn migrated(mut self, migrate: Migrate) -> Function {
        self.migrate = Some(migrate);
        self
    }

    /// `keep = last(5)`
    #[must_use]
    pub const fn kept(mut self, keep: Keep) -> Function {
        self.keep = Some(keep);
        self
    }

    /// `pin = "label"`
    #[must_use]
    pub const fn pinned(mut self, label: &'static str) -> Function {
        self.pin = Some(label);
        self
    }

    /// `compression = "zstd"`
    #[must_use]
    pub const fn compressed(mut self, how: Compression) -> Function {
        self.compression = Some(how);
        self
    }

    /// The site `number` of the expansion, counted from 1.
    pub(crate) fn site(&self, number: u32) -> &'static Site {
        let index = (number as usize).wrapping_sub(1);
        self.sites.get(index).unwrap_or_else(|| panic!("BUG: `{}` has no site {number}", self.name))
    }

    /// What a snapshot calls the captured local `name`, given what it `holds` and which names it `knows` at any of its sites.
    pub(crate) fn held_as<'n>(
        &self,
        name: &'n str,
        holds: impl Fn(&str) -> bool,
        knows: impl Fn(&str) -> bool,
    ) -> Option<&'n str> {
        // As long as it knows no such local by its own name, it is from before that was renamed.
        let is_of_another = self.options.iter().any(|other| other.was == Some(name) && !knows(other.name));
        if holds(name) && !is_of_another {
            return Some(name);
        }
        self.option(name).and_then(|option| option.was).filter(|was| holds(was))
    }

    /// What is said about the captured name `name`, if anything.
    pub(crate) fn option(&self, name: &str) -> Option<&'static Captured> {
        self.options.iter().find(|option| option.name == name)
    }
}

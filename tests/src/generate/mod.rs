//! Random function bodies, valid by construction under the contract (`docs/design.md`, sections 3.1 to 3.5).
//!
//! A body is made from a seed and written once, as text with marks (`text`), then read as plain Rust and as a resumable
//! function. What keeps it valid is in `scope`; what a statement may be is in `statement`, `declare`, `branch` and
//! `repeat`; signatures and everything around a body are in `function`.

mod branch;
mod declare;
mod expression;
mod function;
mod parameter;
mod repeat;
mod scope;
mod statement;
mod text;
mod types;

use crate::random::Random;
use function::{Child, Returns, Shape};
use scope::Scope;
use text::Text;

/// One generated test: the text of a module with `pub fn plain() -> Outcome` and `pub fn resumed() -> Outcome`.
pub fn module(seed: u64) -> String {
    function::module(seed)
}

/// The same module with the plain version alone: needs no macro.
pub fn plain_module(seed: u64) -> String {
    function::plain_module(seed)
}

/// What a `break` or `continue` may aim at.
#[derive(Clone)]
struct Target {
    label: Option<String>,
    /// A labelled block, not a loop.
    block: bool,
    /// Its value is a `u64`.
    valued: bool,
}

/// The state of writing one function.
struct Generator {
    random: Random,
    out: Text,
    scope: Scope,
    targets: Vec<Target>,
    children: Vec<Child>,
    shape: Shape,
    returns: Returns,
    /// A local that is never captured and only pushed to.
    log: Option<String>,
    /// Statements that may still be written.
    budget: usize,
    /// How often the current place runs at most.
    weight: usize,
    /// Passes of all sites and child runs so far, at most.
    passes: usize,
    /// Sites may be written here.
    sites: bool,
    /// The branch that was written last does not come to its end.
    left: bool,
    named: usize,
    /// The same, for names that no other local has.
    unique: usize,
}

/// A run is cut at each of its passes, so their number bounds the time of a test.
const MAX_PASSES: usize = 110;

/// Names that meet those of an expansion, if that is not hygienic. None is a name of a method or field that bodies use:
/// in the arguments of a macro that would be a mention.
const NAMES: &[&str] = &[
    "run",
    "target",
    "left_1",
    "left",
    "held",
    "steps",
    "items",
    "saved",
    "end",
    "value",
    "private",
    "block",
    "site",
    "state",
    "fresh",
    "result",
    "r#type",
    "call",
    "cursor",
    "r#match",
    "context",
    "i",
    "acc",
    "resume_runtime",
    "item",
    "here",
    "trigger",
];

impl Generator {
    /// A name that is free, or one that shadows.
    fn name(&mut self) -> String {
        self.named += 1;
        if self.random.chance(25) {
            return self.random.pick(NAMES).to_owned();
        }
        let stem = ["a", "b", "total", "w", "k", "data", "n", "it"][self.named % 8];
        format!("{stem}{}", self.named)
    }

    /// A name that no other local has.
    fn unique(&mut self, stem: &str) -> String {
        self.unique += 1;
        format!("{stem}_{}", self.unique)
    }

    /// Between one and `most` statements in a scope of their own, which the caller opens and closes.
    fn statements(&mut self, most: usize) {
        let count = self.random.between(1, most);
        for _ in 0..count {
            self.statement();
        }
    }

    /// Runs `inside` in a scope of its own, with sites allowed or not.
    fn scoped(&mut self, sites: bool, inside: impl FnOnce(&mut Self)) {
        let outside = self.sites;
        self.sites = outside && sites;
        self.scope.enter();
        inside(self);
        self.scope.leave();
        self.sites = outside;
    }

    /// Writes several branches, of which one runs: each starts from the same state of the locals.
    fn branches(&mut self, count: usize, mut write: impl FnMut(&mut Self, usize)) {
        let before = self.scope.kinds();
        let mut after = Vec::new();
        // Branches beside one another may have locals of one name.
        let (first, mut last, shares_names) = (self.named, self.named, self.random.chance(50));
        for branch in 0..count {
            last = last.max(self.named);
            self.named = if shares_names { first } else { last };
            self.scope.set_kinds(&before);
            self.scope.enter();
            self.left = false;
            write(self, branch);
            self.scope.leave();
            if std::mem::take(&mut self.left) {
                // What control cannot come from is not dead by it, if it is of this block.
                self.scope.revive(&before);
            }
            after.push(self.scope.kinds());
        }
        self.named = last.max(self.named);
        self.scope.set_kinds(&before);
        self.scope.merge(&after);
    }
}

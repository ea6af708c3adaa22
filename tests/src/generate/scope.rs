//! The locals in scope, and what may be done with each under the contract.
//!
//! The rule that keeps bodies valid: a local that is neither captured, transient nor recomputed (`Kind::Scratch`) is
//! never mentioned after a site that it has seen. `kill_scratch` is called wherever a site is written, and before every
//! loop that may hold one (the back edge makes what is mentioned in its body alive at its sites). Sites in a branch that
//! leaves are not seen by the locals of the block that the branch stands in (`revive`).

use super::types::Ty;

/// What may be done with a local.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum Kind {
    /// Immutable and the same after a resume: captured, recomputed, an item of a `for`, a plain parameter.
    Stable,
    /// Mutable and captured.
    Captured,
    /// Not annotated: a binding of a pattern, or a local that is dead at every site.
    Scratch,
    /// Stable, but a closure `Fn(u64) -> u64`.
    Closure,
    /// A transient buffer `Vec<u64>`: its content may not reach over a site.
    Buffer,
    /// In scope, not to be mentioned any more (or not to be mentioned at all).
    Dead,
}

#[derive(Clone, Debug)]
pub(crate) struct Var {
    pub(crate) name: String,
    pub(crate) ty: Ty,
    pub(crate) by_ref: bool,
    pub(crate) kind: Kind,
    /// Mutable; only these are changed.
    pub(crate) mutable: bool,
    /// Borrowed by another local or by a loop: not to be moved or changed.
    pub(crate) pinned: bool,
    /// Read by the initialiser of a transient local: not to be moved.
    pub(crate) stays: bool,
    /// How many blocks deep it was declared.
    pub(crate) level: usize,
}

#[derive(Default)]
pub(crate) struct Scope {
    vars: Vec<Var>,
    level: usize,
}

/// Which locals an expression may read.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum Reads {
    /// Whatever may be mentioned here.
    Any,
    /// What the initialiser of a recomputed local may read: nothing mutable, nothing that a resume does not find again.
    Stable,
    /// What may be alive at a site: all but scratch.
    Alive,
}

impl Scope {
    pub(crate) fn enter(&mut self) {
        self.level += 1;
    }

    pub(crate) fn leave(&mut self) {
        self.level -= 1;
        let level = self.level;
        self.vars.retain(|var| var.level <= level);
    }

    pub(crate) fn level(&self) -> usize {
        self.level
    }

    pub(crate) fn declare(&mut self, name: &str, ty: Ty, kind: Kind, mutable: bool) {
        self.declare_as(name, ty, kind, mutable, false);
    }

    pub(crate) fn declare_as(&mut self, name: &str, ty: Ty, kind: Kind, mutable: bool, by_ref: bool) {
        let (name, level) = (name.to_owned(), self.level);
        self.vars.push(Var { name, ty, by_ref, kind, mutable, pinned: false, stays: false, level });
    }

    /// The locals that a mention by name would reach, in order of declaration.
    pub(crate) fn visible(&self) -> Vec<Var> {
        let hidden = |at: usize| self.vars[at + 1..].iter().any(|later| later.name == self.vars[at].name);
        let shown = (0..self.vars.len()).filter(|at| !hidden(*at));
        shown.map(|at| self.vars[at].clone()).filter(|var| var.kind != Kind::Dead).collect()
    }

    /// The locals that an expression may read as values.
    pub(crate) fn readable(&self, reads: Reads) -> Vec<Var> {
        let allowed = |var: &Var| match var.kind {
            Kind::Stable => true,
            Kind::Captured => reads != Reads::Stable,
            Kind::Scratch => reads == Reads::Any,
            Kind::Closure | Kind::Buffer | Kind::Dead => false,
        };
        self.visible().into_iter().filter(allowed).collect()
    }

    pub(crate) fn changeable(&self) -> Vec<Var> {
        let fits = |var: &Var| var.mutable && !var.pinned && matches!(var.kind, Kind::Captured | Kind::Scratch);
        self.visible().into_iter().filter(fits).collect()
    }

    pub(crate) fn of_kind(&self, kind: Kind) -> Vec<Var> {
        self.visible().into_iter().filter(|var| var.kind == kind).collect()
    }

    fn innermost(&mut self, name: &str) -> Option<&mut Var> {
        self.vars.iter_mut().rev().find(|var| var.name == name)
    }

    pub(crate) fn pin(&mut self, name: &str, pinned: bool) {
        if let Some(var) = self.innermost(name) {
            var.pinned = pinned;
        }
    }

    /// What a local reads that is made again on resume must still be there then.
    pub(crate) fn pin_from_moves(&mut self, name: &str) {
        if let Some(var) = self.innermost(name) {
            var.stays = true;
        }
    }

    pub(crate) fn set_kind(&mut self, name: &str, kind: Kind) -> Option<Kind> {
        self.innermost(name).map(|var| std::mem::replace(&mut var.kind, kind))
    }

    /// A site stands here, or may stand in the loop that follows: what is not annotated must not be mentioned again.
    pub(crate) fn kill_scratch(&mut self) {
        for var in &mut self.vars {
            if var.kind == Kind::Scratch {
                var.kind = Kind::Dead;
            }
        }
    }

    /// The state before one of several branches; see `merge`.
    pub(crate) fn kinds(&self) -> Vec<Kind> {
        self.vars.iter().map(|var| var.kind).collect()
    }

    pub(crate) fn set_kinds(&mut self, kinds: &[Kind]) {
        for (var, kind) in self.vars.iter_mut().zip(kinds) {
            var.kind = *kind;
        }
    }

    /// After a branch that leaves: the locals of this block are what they were before it.
    pub(crate) fn revive(&mut self, before: &[Kind]) {
        let level = self.level;
        for (var, kind) in self.vars.iter_mut().zip(before) {
            if var.level == level {
                var.kind = *kind;
            }
        }
    }

    /// Dead after a branch is dead after all of them.
    pub(crate) fn merge(&mut self, others: &[Vec<Kind>]) {
        for kinds in others {
            for (var, kind) in self.vars.iter_mut().zip(kinds) {
                if *kind == Kind::Dead {
                    var.kind = Kind::Dead;
                }
            }
        }
    }
}

//! Which branches are moved, and behind what.

use crate::end::ends_run;
use crate::mentions::Names;
use crate::model::{Binding, Block, Branch, Compound, CompoundKind, Sites, Stmt};
use crate::syntax::label_name;
use crate::ways::{Jump, Jumps};

/// Where a branch is moved.
#[derive(Clone, Copy, Debug)]
pub(super) struct Move {
    /// Into the block of this depth; the body of the function has depth 0.
    pub(super) depth: usize,
    /// To the end of that block, or else behind the statement that it is in.
    pub(super) to_end: bool,
}

pub(super) struct Decisions {
    /// One for each branch with sites, in the order of the source, outer ones first.
    pub(super) moves: Vec<Option<Move>>,
    /// What is gone at each site because of that.
    pub(super) freed: Vec<Names>,
}

/// `exact` is what is alive by control flow, `text` what is mentioned behind.
pub(super) fn decide(body: &Block, exact: &[Names], text: &[Names]) -> Decisions {
    let decisions = Decisions { moves: Vec::new(), freed: vec![Names::new(); exact.len()] };
    let mut walk = Walk { exact, text, levels: Vec::new(), floor: 0, decisions };
    walk.block(body, Level::default());
    walk.decisions
}

/// A block around the place.
#[derive(Default)]
struct Level<'a> {
    /// Declared in it before the statement that the walk is in, and bound at its start.
    declared: Vec<&'a [Binding]>,
    /// The statements behind that.
    behind: &'a [Stmt],
    /// What that statement binds.
    bound: &'a [Binding],
    /// The sites of that statement.
    sites: Option<Sites>,
    /// That statement gives the block its value.
    is_tail: bool,
    /// What a branch in it needs to be moved out of it.
    gate: Gate,
}

/// How a block hangs together with the statement that it is in.
#[derive(Clone, Default)]
enum Gate {
    /// No branch can leave.
    #[default]
    Closed,
    /// Branches that do not come to their end can, unless they lead to this label.
    Leaving(Option<String>),
    /// The end of the block is the end of the statement: any branch at its tail can leave.
    Open,
}

struct Walk<'a> {
    exact: &'a [Names],
    text: &'a [Names],
    levels: Vec<Level<'a>>,
    /// The outermost level that is not beyond a branch that is moved itself.
    floor: usize,
    decisions: Decisions,
}

impl<'a> Walk<'a> {
    fn block(&mut self, block: &'a Block, level: Level<'a>) {
        self.levels.push(level);
        for (at, stmt) in block.stmts.iter().enumerate() {
            if let Some(level) = self.levels.last_mut() {
                level.behind = &block.stmts[at + 1..];
                level.bound = if let Stmt::Let(local) = stmt { &local.bindings } else { &[] };
                level.sites = stmt.sites();
                level.is_tail = level.behind.is_empty() && matches!(stmt, Stmt::Compound { semi: false, .. });
            }
            match stmt {
                Stmt::Let(local) => {
                    if let Some(compound) = &local.sited {
                        self.compound(compound, &Gate::Leaving(None));
                    }
                    if let Some(level) = self.levels.last_mut() {
                        level.declared.push(&local.bindings);
                    }
                }
                Stmt::Compound { compound, attrs, .. } => {
                    let gate = if attrs.is_empty() { Gate::Open } else { Gate::Closed };
                    self.compound(compound, &gate);
                }
                Stmt::Plain { .. } | Stmt::Site(..) => {}
            }
        }
        self.levels.pop();
    }

    /// `gate` leads from branches of `compound` to the block that it is in.
    fn compound(&mut self, compound: &'a Compound, gate: &Gate) {
        match &compound.kind {
            CompoundKind::If(decision) => {
                self.branch(&decision.then, &decision.bindings, gate);
                if let Some(els) = &decision.els {
                    self.branch(els, &[], gate);
                }
            }
            CompoundKind::Match(decision) => {
                for arm in &decision.arms {
                    self.branch(&arm.body, &arm.bindings, gate);
                }
            }
            CompoundKind::Block { label, is_unsafe, block } => {
                let gate = match (gate, label) {
                    (Gate::Closed, _) => Gate::Closed,
                    _ if *is_unsafe => Gate::Closed,
                    (_, Some(label)) => Gate::Leaving(Some(label_name(label))),
                    (gate, None) => gate.clone(),
                };
                self.block(block, Level { gate, ..Level::default() });
            }
            CompoundKind::Behind(behind) => self.block(&behind.block, Level::default()),
            CompoundKind::Loop(inner) => {
                self.block(&inner.body, Level { declared: vec![inner.kind.bindings()], ..Level::default() });
            }
            CompoundKind::Wrap { outer, inner, .. } => {
                let gate = match gate {
                    Gate::Open if ends_run(outer) => Gate::Open,
                    Gate::Closed => Gate::Closed,
                    _ => Gate::Leaving(None),
                };
                self.compound(inner, &gate);
            }
        }
    }

    fn branch(&mut self, branch: &'a Branch, bindings: &'a [Binding], gate: &Gate) {
        let Branch::Sited { block, sites, .. } = branch else { return };
        let decision = self.find(block, sites, gate);
        if let Some(decision) = decision {
            let names: Vec<&Binding> = self.levels[decision.depth..]
                .iter()
                .flat_map(|level| level.declared.iter().copied().flatten())
                .collect();
            for freed in &mut self.decisions.freed[*sites.start() - 1..*sites.end()] {
                freed.extend(names.iter().map(|binding| binding.name()));
            }
        }
        self.decisions.moves.push(decision);
        let floor = self.floor;
        if decision.is_some() {
            self.floor = self.levels.len();
        }
        self.block(block, Level { declared: vec![bindings], gate: gate.clone(), ..Level::default() });
        self.floor = floor;
    }

    /// The outermost block that the branch can be moved to, if it is rid of a local there.
    fn find(&self, block: &Block, sites: &Sites, gate: &Gate) -> Option<Move> {
        let leaving = !block.ends();
        let jumps = block.jumps();
        let mut found = None;
        if !passes(gate, leaving, &jumps, true) {
            return None;
        }
        let past = past_first(block);
        for depth in (self.floor..self.levels.len()).rev() {
            let level = &self.levels[depth];
            let own = || level.declared.iter().copied().flatten().map(Binding::name);
            let behind: Names = level.behind.iter().flat_map(Stmt::mentions).collect();
            let rid: Names = own().filter(|name| self.is_rid(name, sites, level)).collect();
            // What comes behind needs it, or the branch itself where no site in it leads to, and would be moved with it.
            let still = |name: &String| past.contains(name) || (!leaving && behind.contains(name));
            if own().any(|name| still(&name) && !self.alive_in(&name, sites)) {
                break;
            }
            if !rid.is_empty() {
                let inside = level.bound.iter().map(Binding::name).chain(rid);
                found = Some(Move { depth, to_end: leaving && inside.into_iter().any(|name| behind.contains(&name)) });
            }
            let needed = own().any(|name| self.alive_in(&name, sites));
            let tail = level.behind.is_empty() && level.is_tail;
            if needed || !passes(&level.gate, leaving, &jumps, tail) {
                break;
            }
        }
        found
    }

    /// Whether `name` is dead at all of `sites`, but kept there where they are.
    fn is_rid(&self, name: &str, sites: &Sites, level: &Level<'_>) -> bool {
        let kept = |site: usize| self.text[site - 1].contains(name);
        let beside = |site: usize| self.exact[site - 1].contains(name);
        !self.alive_in(name, sites)
            && (sites.clone().any(kept) || level.sites.clone().is_some_and(|mut all| all.any(beside)))
    }

    fn alive_in(&self, name: &str, sites: &Sites) -> bool {
        sites.clone().any(|site| self.exact[site - 1].contains(name))
    }
}

/// Whether a branch with these ways out can be moved past `gate`; `tail`: it is the last thing before.
fn passes(gate: &Gate, leaving: bool, jumps: &Jumps, tail: bool) -> bool {
    match gate {
        Gate::Closed => false,
        Gate::Leaving(_) if !leaving => false,
        Gate::Leaving(Some(label)) => {
            !jumps.contains(&Jump::Hidden) && !jumps.contains(&Jump::Break(Some(label.clone())))
        }
        Gate::Leaving(None) => true,
        Gate::Open => leaving || tail,
    }
}

/// What a block mentions past the first of its sites in the order of the text.
fn past_first(block: &Block) -> Names {
    let Some(place) = block.stmts.iter().position(|stmt| stmt.sites().is_some()) else { return Names::new() };
    let mut names = block.stmts[place].compound().map(past_first_of).unwrap_or_default();
    names.extend(block.stmts[place + 1..].iter().flat_map(Stmt::mentions));
    names
}

fn past_first_of(compound: &Compound) -> Names {
    match &compound.kind {
        CompoundKind::Loop(inner) => inner.again.clone(),
        CompoundKind::Wrap { inner, outer_mentions, .. } => {
            past_first_of(inner).into_iter().chain(outer_mentions.iter().cloned()).collect()
        }
        _ => {
            let mut names = Names::new();
            compound.blocks(&mut |block| names.append(&mut past_first(block)));
            names
        }
    }
}

//! What is alive at each site: what code that can run after it mentions, and what runs again on a resume.

use crate::mentions::Names;
use crate::model::{Binding, Block, Branch, Compound, CompoundKind, Cursor, Kind, Let, LoopKind, Sites, Stmt};
use std::collections::HashMap;

/// The locals alive at each site (index: number of the site less one).
pub(crate) struct Live {
    /// As the contract defines it.
    pub(crate) exact: Vec<Names>,
    /// The same and what the shape of the code adds: a local declared before a statement with sites, and alive at one
    /// of them, has to have a value whichever of them is resumed.
    pub(crate) at: Vec<Names>,
}

impl Live {
    /// Whether a binding of `local` is alive at one of `sites`.
    pub(crate) fn is_needed(&self, local: &Let, sites: &Sites) -> bool {
        self.any(&local.bindings, sites)
    }

    pub(crate) fn any(&self, bindings: &[Binding], sites: &Sites) -> bool {
        self.at[*sites.start() - 1..*sites.end()]
            .iter()
            .any(|alive| bindings.iter().any(|binding| alive.contains(&binding.name())))
    }
}

pub(crate) fn live(body: &Block, sites: usize) -> Live {
    let mut lets = HashMap::new();
    body.lets(&mut |local| lets.extend(local.bindings.iter().map(|binding| (binding.name(), local))));
    let empty = vec![Names::new(); sites];
    let mut walk = Walk { lets, scope: Vec::new(), again: Vec::new(), reach: Vec::new(), exact: empty };
    walk.block(body, &Names::new());
    let mut at = walk.exact.clone();
    walk.complete(&mut at);
    Live { exact: walk.exact, at }
}

struct Walk<'a> {
    /// Every `let` by each name it binds.
    lets: HashMap<String, &'a Let>,
    /// The bindings in scope.
    scope: Vec<&'a [Binding]>,
    /// Mentioned by the iterators that a resume makes again.
    again: Vec<&'a Names>,
    /// A `let`, and the sites of a later statement of its block.
    reach: Vec<(&'a Let, Sites)>,
    exact: Vec<Names>,
}

impl<'a> Walk<'a> {
    fn block(&mut self, block: &'a Block, after: &Names) {
        let outer = self.scope.len();
        let mut suffixes = vec![after.clone()];
        for stmt in block.stmts.iter().rev() {
            let mut names = suffixes.last().cloned().unwrap_or_default();
            names.append(&mut stmt.mentions());
            suffixes.push(names);
        }
        suffixes.reverse();
        for (at, stmt) in block.stmts.iter().enumerate() {
            let after = &suffixes[at + 1];
            match stmt {
                Stmt::Plain { .. } => {}
                Stmt::Let(local) => {
                    if let Some(compound) = &local.sited {
                        self.compound(compound, after);
                    }
                    self.scope.push(&local.bindings);
                    let later = block.stmts[at + 1..].iter().filter_map(Stmt::sites);
                    self.reach.extend(later.map(|sites| (&**local, sites)));
                }
                Stmt::Site(site, _) => self.site(*site, after),
                Stmt::Compound { compound, .. } => self.compound(compound, after),
            }
        }
        self.scope.truncate(outer);
    }

    fn compound(&mut self, compound: &'a Compound, after: &Names) {
        match &compound.kind {
            CompoundKind::If(decision) => {
                self.branch(&decision.bindings, &decision.then, after);
                if let Some(els) = &decision.els {
                    self.branch(&[], els, after);
                }
            }
            CompoundKind::Match(decision) => {
                for arm in &decision.arms {
                    self.branch(&arm.bindings, &arm.body, after);
                }
            }
            CompoundKind::Block { block, .. } => self.block(block, after),
            CompoundKind::Loop(inner) => {
                let mut after = after.clone();
                after.extend(inner.again.difference(&inner.declared).cloned());
                let bindings: &[Binding] = match &inner.kind {
                    LoopKind::Loop => &[],
                    LoopKind::While { bindings, .. } | LoopKind::For { bindings, .. } => bindings,
                };
                let reruns = self.again.len();
                if let LoopKind::For { cursor: Cursor::Count, mentions, .. } = &inner.kind {
                    self.again.push(mentions);
                }
                self.scope.push(bindings);
                self.block(&inner.body, &after);
                self.scope.pop();
                self.again.truncate(reruns);
            }
            CompoundKind::Wrap { inner, outer_mentions, .. } => {
                self.compound(inner, &after.union(outer_mentions).cloned().collect());
            }
        }
    }

    fn branch(&mut self, bindings: &'a [Binding], branch: &'a Branch, after: &Names) {
        if let Branch::Sited { block, .. } = branch {
            self.scope.push(bindings);
            self.block(block, after);
            self.scope.pop();
        }
    }

    fn site(&mut self, site: usize, after: &Names) {
        let mut alive = Names::new();
        let scope: Vec<&Binding> = self.scope.iter().copied().flatten().collect();
        let in_scope = |name: &str| scope.iter().any(|binding| binding.ident == name);
        let mut todo: Vec<String> = after.iter().chain(self.again.iter().copied().flatten()).cloned().collect();
        let guards = scope.iter().filter(|binding| binding.is_guard() && self.lets.contains_key(&binding.name()));
        todo.extend(guards.map(|binding| binding.name()));
        while let Some(name) = todo.pop() {
            if in_scope(&name) && alive.insert(name.clone()) {
                todo.extend(self.brings(&name));
            }
        }
        self.exact[site - 1] = alive;
    }

    /// What has to be alive where `name` is: the other bindings of its `let`, and what its initialiser mentions, if
    /// that runs again.
    fn brings(&self, name: &str) -> Vec<String> {
        let Some(local) = self.lets.get(name) else { return Vec::new() };
        let mut names: Vec<String> = local.bindings.iter().map(Binding::name).collect();
        if local.kind != Kind::Captured {
            names.extend(local.mentions.iter().cloned());
        }
        names
    }

    /// Adds what the shape of the code needs, until nothing changes.
    fn complete(&self, at: &mut [Names]) {
        let mut changed = true;
        while changed {
            changed = false;
            for (local, sites) in &self.reach {
                let range = *sites.start() - 1..*sites.end();
                let needed =
                    at[range.clone()].iter().any(|alive| local.bindings.iter().any(|b| alive.contains(&b.name())));
                for alive in at[range].iter_mut().filter(|_| needed) {
                    let mut todo: Vec<String> = local.bindings.iter().map(Binding::name).collect();
                    while let Some(name) = todo.pop() {
                        // What an initialiser mentions is declared before it, in scope wherever it is.
                        if self.lets.contains_key(&name) && alive.insert(name.clone()) {
                            changed = true;
                            todo.extend(self.brings(&name));
                        }
                    }
                }
            }
        }
    }
}

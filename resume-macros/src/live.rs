//! What is alive at each site: what code that can run after it mentions, and what runs again on a resume.

use crate::mentions::Names;
use crate::model::{Binding, Block, Branch, Compound, CompoundKind, Cursor, Kind, Let, Loop, LoopKind, Sites, Stmt};
use crate::syntax::label_name;
use crate::ways::{self, Jump, Jumps};
use std::collections::HashMap;

/// The locals alive at each site (index: number of the site less one).
pub(crate) struct Live {
    /// By what control can come to.
    pub(crate) reached: Vec<Names>,
    /// The same and what is kept although it is dead there (see `apart`): this has to have a value on a resume.
    pub(crate) exact: Vec<Names>,
    /// The same and what the shape of the code adds: a local declared before a statement with sites, and alive at one
    /// of them, has to have a value whichever of them is resumed.
    pub(crate) at: Vec<Names>,
    /// What is alive otherwise than for what runs again.
    direct: Vec<Names>,
}

impl Live {
    /// Adds to `exact` what the shape of `body` needs.
    pub(crate) fn new(body: &Block, reached: Vec<Names>, exact: Vec<Names>, direct: Vec<Names>) -> Self {
        let mut at = exact.clone();
        let mut reach = Vec::new();
        collect_reach(body, &mut reach);
        complete(&lets(body), &reach, &mut at);
        Self { reached, exact, at, direct }
    }

    /// What would be alive at some site of `body` if none of `settled` had to be computed again.
    pub(crate) fn without(&self, body: &Block, settled: &Names) -> Names {
        let lets = lets(body);
        let mut alive = Names::new();
        let mut todo: Vec<String> = self.direct.iter().flatten().cloned().collect();
        while let Some(name) = todo.pop() {
            if !alive.insert(name.clone()) {
                continue;
            }
            match lets.get(&name) {
                Some(local) if settled.contains(&name) => todo.extend(local.bindings.iter().map(Binding::name)),
                _ => todo.extend(brings(&lets, &name)),
            }
        }
        alive
    }

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

/// Which code counts as running after a site.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) enum Follow {
    /// What control can come to.
    Control,
    /// All that stands behind, as if every branch came to its end.
    Text,
}

/// What is alive at each site of `body`, less what is `gone` there.
/// The second is what is alive otherwise than for what runs again.
pub(crate) fn alive<'a>(body: &'a Block, follow: Follow, gone: &'a [Names]) -> (Vec<Names>, Vec<Names>) {
    let mut walk = Walk {
        follow,
        gone,
        lets: lets(body),
        scope: Vec::new(),
        again: Vec::new(),
        frames: Vec::new(),
        alive: vec![Names::new(); gone.len()],
        direct: vec![Names::new(); gone.len()],
    };
    walk.block(body, &Names::new());
    (walk.alive, walk.direct)
}

/// Names of captured `let`s that a site of `body` needs without others of the same `let`.
pub(crate) fn uneven(body: &Block, sites: usize) -> Names {
    let (lets, none) = (lets(body), vec![Names::new(); sites]);
    if !lets.values().any(|local| local.kind == Kind::Captured && local.bindings.len() > 1) {
        return Names::new();
    }
    let (_, direct) = alive(body, Follow::Control, &none);
    let is_captured = |name: &String| lets.get(name).is_some_and(|local| local.kind == Kind::Captured);
    let mut uneven = Names::new();
    for direct in direct {
        let mut alive = Names::new();
        let mut todo: Vec<String> = direct.into_iter().collect();
        while let Some(name) = todo.pop() {
            if alive.insert(name.clone()) && !is_captured(&name) {
                todo.extend(brings(&lets, &name));
            }
        }
        let alone = |name: &&String| lets[*name].bindings.iter().any(|other| !alive.contains(&other.name()));
        uneven.extend(alive.iter().filter(|name| is_captured(name)).filter(alone).cloned());
    }
    uneven
}

/// Every `let` by each name it binds.
pub(crate) fn lets(body: &Block) -> HashMap<String, &Let> {
    let mut lets = HashMap::new();
    body.lets(&mut |local| lets.extend(local.bindings.iter().map(|binding| (binding.name(), local))));
    lets
}

/// Where the jumps out of a loop or a labelled block lead: what is mentioned from there on.
struct Frame {
    label: Option<String>,
    is_loop: bool,
    behind: Names,
    head: Names,
}

struct Walk<'a> {
    follow: Follow,
    gone: &'a [Names],
    /// Every `let` by each name it binds.
    lets: HashMap<String, &'a Let>,
    /// The bindings in scope.
    scope: Vec<&'a [Binding]>,
    /// Mentioned by the iterators that a resume makes again.
    again: Vec<&'a Names>,
    /// Loops and labelled blocks around.
    frames: Vec<Frame>,
    alive: Vec<Names>,
    direct: Vec<Names>,
}

/// From the last statement to the first: `after` is what is mentioned behind, the result what is mentioned from here on.
impl<'a> Walk<'a> {
    fn block(&mut self, block: &'a Block, after: &Names) -> Names {
        let outer = self.scope.len();
        let mut visible = Vec::with_capacity(block.stmts.len());
        for stmt in &block.stmts {
            visible.push(self.scope.len());
            if let Stmt::Let(local) = stmt {
                self.scope.push(&local.bindings);
            }
        }
        let mut names = after.clone();
        for (stmt, visible) in block.stmts.iter().zip(visible).rev() {
            self.scope.truncate(visible);
            names = self.stmt(stmt, names);
        }
        self.scope.truncate(outer);
        names
    }

    fn stmt(&mut self, stmt: &'a Stmt, after: Names) -> Names {
        let mut names = match stmt {
            Stmt::Plain { .. } => self.way(after, stmt.ends(), &stmt.jumps()),
            Stmt::Let(local) => {
                let needed = local.bindings.iter().any(|binding| after.contains(&binding.name()));
                let mut names = self.way(after, true, &stmt.jumps());
                if self.follow == Follow::Text && needed && local.again.is_some() {
                    // A resume behind it comes past the sites of the `else` block without these.
                    names.extend(local.reads.iter().cloned());
                }
                if let Some(compound) = &local.sited {
                    names = self.compound(compound, &names);
                }
                names
            }
            Stmt::Site(site, _) => {
                self.site(*site, &after);
                after
            }
            Stmt::Compound { compound, .. } => self.compound(compound, &after),
        };
        names.append(&mut stmt.mentions());
        names
    }

    /// What is mentioned where code without sites leads.
    fn way(&self, after: Names, ends: bool, jumps: &Jumps) -> Names {
        let mut names = if ends || self.follow == Follow::Text { after } else { Names::new() };
        for jump in jumps {
            let (label, head) = match jump {
                Jump::Break(label) => (label, false),
                Jump::Continue(label) => (label, true),
                Jump::Hidden => {
                    names.extend(self.frames.iter().flat_map(|frame| frame.behind.union(&frame.head)).cloned());
                    continue;
                }
            };
            let is_meant = |frame: &&Frame| match label {
                Some(_) => frame.label == *label,
                None => frame.is_loop,
            };
            if let Some(frame) = self.frames.iter().rev().find(is_meant) {
                names.extend(if head { &frame.head } else { &frame.behind }.iter().cloned());
            }
        }
        names
    }

    fn compound(&mut self, compound: &'a Compound, after: &Names) -> Names {
        match &compound.kind {
            CompoundKind::If(decision) => {
                let mut names = self.way(Names::new(), false, &ways::expr_jumps(&decision.cond));
                names.append(&mut self.branch(&decision.bindings, &decision.then, after));
                match &decision.els {
                    Some(els) => names.append(&mut self.branch(&[], els, after)),
                    None => names.extend(after.iter().cloned()),
                }
                names
            }
            CompoundKind::Match(decision) => {
                let mut names = self.way(Names::new(), false, &ways::expr_jumps(&decision.scrutinee));
                for arm in &decision.arms {
                    names.append(&mut self.branch(&arm.bindings, &arm.body, after));
                }
                names
            }
            CompoundKind::Block { label, block, .. } => {
                let frame = Frame {
                    label: label.as_ref().map(label_name),
                    is_loop: false,
                    behind: after.clone(),
                    head: Names::new(),
                };
                self.within(frame, |this| this.block(block, after))
            }
            CompoundKind::Behind(behind) => self.block(&behind.block, after),
            CompoundKind::Loop(inner) => self.repeat(inner, compound.ends(), &compound.jumps(), after),
            CompoundKind::Wrap { outer, inner, outer_mentions, .. } => {
                let mut names = self.way(after.clone(), !ways::leaves(outer), &ways::expr_jumps(outer));
                names.extend(outer_mentions.iter().cloned());
                self.compound(inner, &names)
            }
        }
    }

    fn repeat(&mut self, inner: &'a Loop, ends: bool, jumps: &Jumps, after: &Names) -> Names {
        // A later pass may leave by any jump out of the loop.
        let mut head = self.way(after.clone(), ends, jumps);
        let behind = head.clone();
        head.extend(inner.again.difference(&inner.declared).cloned());
        let reruns = self.again.len();
        if let LoopKind::For { cursor: Cursor::Count | Cursor::Transient, mentions, .. } = &inner.kind {
            self.again.push(mentions);
        }
        self.scope.push(inner.kind.bindings());
        let label = inner.label.as_ref().map(label_name);
        let frame = Frame { label, is_loop: true, behind: after.clone(), head: head.clone() };
        let mut names = self.within(frame, |this| this.block(&inner.body, &head));
        self.scope.pop();
        self.again.truncate(reruns);
        names.extend(behind);
        names
    }

    fn within(&mut self, frame: Frame, walk: impl FnOnce(&mut Self) -> Names) -> Names {
        self.frames.push(frame);
        let names = walk(self);
        self.frames.pop();
        names
    }

    fn branch(&mut self, bindings: &'a [Binding], branch: &'a Branch, after: &Names) -> Names {
        match branch {
            Branch::Plain(_) => self.way(after.clone(), branch.ends(), &branch.jumps()),
            Branch::Sited { block, .. } => {
                self.scope.push(bindings);
                let names = self.block(block, after);
                self.scope.pop();
                names
            }
        }
    }

    fn site(&mut self, site: usize, after: &Names) {
        let mut alive = Names::new();
        let scope: Vec<&Binding> = self.scope.iter().copied().flatten().collect();
        let in_scope = |name: &str| scope.iter().any(|binding| binding.ident == name);
        let mut todo: Vec<String> = after.iter().chain(self.again.iter().copied().flatten()).cloned().collect();
        let guards = scope.iter().filter(|binding| binding.is_guard() && self.lets.contains_key(&binding.name()));
        todo.extend(guards.map(|binding| binding.name()));
        let direct = todo.iter().filter(|name| in_scope(name) && !self.gone[site - 1].contains(*name));
        self.direct[site - 1] = direct.cloned().collect();
        while let Some(name) = todo.pop() {
            if in_scope(&name) && !self.gone[site - 1].contains(&name) && alive.insert(name.clone()) {
                todo.extend(brings(&self.lets, &name));
            }
        }
        self.alive[site - 1] = alive;
    }
}

/// What has to be alive where `name` is: the other bindings of its `let`, and what its initialiser mentions, if that
/// runs again.
fn brings(lets: &HashMap<String, &Let>, name: &str) -> Vec<String> {
    let Some(local) = lets.get(name) else { return Vec::new() };
    let mut names: Vec<String> = local.bindings.iter().map(Binding::name).collect();
    if local.kind != Kind::Captured {
        names.extend(local.mentions_again().iter().cloned());
    }
    names
}

/// Each `let` with the sites of each later statement of its block.
fn collect_reach<'a>(block: &'a Block, reach: &mut Vec<(&'a Let, Sites)>) {
    for (at, stmt) in block.stmts.iter().enumerate() {
        if let Some(compound) = stmt.compound() {
            compound.blocks(&mut |block| collect_reach(block, reach));
        }
        if let Stmt::Let(local) = stmt {
            let later = block.stmts[at + 1..].iter().filter_map(Stmt::sites);
            reach.extend(later.map(|sites| (&**local, sites)));
        }
    }
}

/// Adds what the shape of the code needs, until nothing changes.
fn complete(lets: &HashMap<String, &Let>, reach: &[(&Let, Sites)], at: &mut [Names]) {
    let mut changed = true;
    while changed {
        changed = false;
        for (local, sites) in reach {
            let range = *sites.start() - 1..*sites.end();
            let needed = at[range.clone()].iter().any(|alive| local.bindings.iter().any(|b| alive.contains(&b.name())));
            for alive in at[range].iter_mut().filter(|_| needed) {
                let mut todo: Vec<String> = local.bindings.iter().map(Binding::name).collect();
                while let Some(name) = todo.pop() {
                    // What an initialiser mentions is declared before it, in scope wherever it is.
                    if lets.contains_key(&name) && alive.insert(name.clone()) {
                        changed = true;
                        todo.extend(brings(lets, &name));
                    }
                }
            }
        }
    }
}

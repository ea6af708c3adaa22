//! Moves the branches, makes plain code of what has no more sites, and numbers the sites anew.

use super::decide::Move;
use crate::mentions::Names;
use crate::model::{Behind, Binding, Block, Branch, Compound, CompoundKind, If, Let, Stmt, sites};
use crate::names;
use proc_macro2::Ident;
use syn::{Expr, Pat};

/// The body with its branches moved, and the old numbers of its sites in their new order.
pub(super) fn part(body: Block, moves: Vec<Option<Move>>) -> (Block, Vec<usize>) {
    let mut parter = Parter { moves: moves.into_iter(), depth: 0, in_loop: false, count: 0 };
    let (mut body, outside) = parter.block(body);
    debug_assert!(outside.is_empty(), "BUG: a branch was moved out of the function");
    let mut order = Vec::new();
    number_block(&mut body, &mut order);
    (body, order)
}

struct Parter {
    moves: std::vec::IntoIter<Option<Move>>,
    /// Of the block that statements are in.
    depth: usize,
    /// That block is the body of a loop, whose value is nothing.
    in_loop: bool,
    count: usize,
}

/// A branch on its way.
struct Taken {
    to: Move,
    number: usize,
    block: Block,
    mentions: Names,
    visible: Names,
}

impl Parter {
    fn block(&mut self, block: Block) -> (Block, Vec<Taken>) {
        let (mut stmts, mut ends, mut outside) = (Vec::new(), Vec::new(), Vec::new());
        let mut declared = Names::new();
        let (in_loop, count) = (self.in_loop, block.stmts.len());
        for (at, stmt) in block.stmts.into_iter().enumerate() {
            let semi = matches!(stmt, Stmt::Compound { semi: true, .. });
            let bound: Vec<String> = match &stmt {
                Stmt::Let(local) => local.bindings.iter().map(Binding::name).collect(),
                _ => Vec::new(),
            };
            let (stmt, taken) = self.stmt(stmt);
            let (here, mut further): (Vec<Taken>, Vec<Taken>) =
                taken.into_iter().partition(|taken| taken.to.depth == self.depth);
            further.iter_mut().for_each(|taken| taken.visible.extend(declared.iter().cloned()));
            outside.extend(further);
            let start = stmts.len();
            stmts.push(stmt);
            let (to_end, behind): (Vec<Taken>, Vec<Taken>) = here.into_iter().partition(|taken| taken.to.to_end);
            ends.extend(to_end.into_iter().map(|taken| (start, taken)));
            // The one that is left first is the outermost.
            for taken in behind.into_iter().rev() {
                taken.put(&mut stmts, start, semi, !in_loop && at + 1 == count);
            }
            declared.extend(bound);
        }
        for (start, taken) in ends.into_iter().rev() {
            taken.put(&mut stmts, start, false, !in_loop);
        }
        (Block { stmts }, outside)
    }

    fn stmt(&mut self, stmt: Stmt) -> (Stmt, Vec<Taken>) {
        match stmt {
            Stmt::Let(mut local) => {
                let Some(compound) = local.sited.take() else { return (Stmt::Let(local), Vec::new()) };
                let (compound, taken) = self.compound(compound);
                mention(&mut local.mentions, &taken);
                if has_sites(&compound) {
                    local.sited = Some(compound);
                } else if let Some(init) = &mut local.local.init {
                    *init.expr = plain_compound(compound);
                }
                (Stmt::Let(local), taken)
            }
            Stmt::Compound { attrs, compound, semi } => {
                let (compound, taken) = self.compound(*compound);
                let stmt = if has_sites(&compound) {
                    Stmt::Compound { attrs, compound: Box::new(compound), semi }
                } else {
                    let mentions = compound.mentions.clone();
                    let semi = semi.then(<syn::Token![;]>::default);
                    Stmt::Plain { stmt: Box::new(syn::Stmt::Expr(plain_compound(compound), semi)), mentions }
                };
                (stmt, taken)
            }
            stmt => (stmt, Vec::new()),
        }
    }

    fn compound(&mut self, mut compound: Compound) -> (Compound, Vec<Taken>) {
        let mut taken = Vec::new();
        compound.kind = match compound.kind {
            CompoundKind::If(decision) => {
                let If { cond, then, els, bindings } = *decision;
                let then = self.branch(then, &bindings, &mut taken);
                let els = els.map(|els| self.branch(els, &[], &mut taken));
                CompoundKind::If(Box::new(If { cond, then, els, bindings }))
            }
            CompoundKind::Match(mut decision) => {
                for arm in &mut decision.arms {
                    let body = std::mem::replace(&mut arm.body, Branch::Plain(Expr::PLACEHOLDER));
                    arm.body = self.branch(body, &arm.bindings, &mut taken);
                }
                CompoundKind::Match(decision)
            }
            CompoundKind::Block { label, is_unsafe, block } => {
                CompoundKind::Block { label, is_unsafe, block: self.inner(block, &[], &mut taken) }
            }
            CompoundKind::Loop(mut inner) => {
                let block = std::mem::take(&mut inner.body);
                inner.body = self.loop_body(block);
                CompoundKind::Loop(inner)
            }
            CompoundKind::Wrap { outer, hole, inner, outer_mentions } => {
                let (inner, inside) = self.compound(*inner);
                taken.extend(inside.into_iter().map(|taken| taken.within(&outer, &hole, &outer_mentions)));
                CompoundKind::Wrap { outer, hole, inner: Box::new(inner), outer_mentions }
            }
            kind @ CompoundKind::Behind(_) => kind,
        };
        mention(&mut compound.mentions, &taken);
        (compound, taken)
    }

    fn inner(&mut self, block: Block, bindings: &[Binding], taken: &mut Vec<Taken>) -> Block {
        let in_loop = std::mem::replace(&mut self.in_loop, false);
        self.depth += 1;
        let (block, mut further) = self.block(block);
        self.depth -= 1;
        self.in_loop = in_loop;
        further.iter_mut().for_each(|taken| taken.visible.extend(bindings.iter().map(Binding::name)));
        taken.extend(further);
        block
    }

    /// No branch leaves it.
    fn loop_body(&mut self, block: Block) -> Block {
        let in_loop = std::mem::replace(&mut self.in_loop, true);
        self.depth += 1;
        let (block, outside) = self.block(block);
        debug_assert!(outside.is_empty(), "BUG: a branch was moved out of a loop");
        self.depth -= 1;
        self.in_loop = in_loop;
        block
    }

    fn branch(&mut self, branch: Branch, bindings: &[Binding], taken: &mut Vec<Taken>) -> Branch {
        let Branch::Sited { block, sites, mut mentions } = branch else { return branch };
        let to = self.moves.next().flatten();
        let mut inside = Vec::new();
        let block = self.inner(block, bindings, &mut inside);
        mention(&mut mentions, &inside);
        taken.extend(inside);
        let Some(to) = to else {
            return match block_has_sites(&block) {
                true => Branch::Sited { block, sites, mentions },
                false => Branch::Plain(block_expr(plain_block(block))),
            };
        };
        self.count += 1;
        let stands = names::behind(self.count);
        let visible = bindings.iter().map(Binding::name).collect();
        taken.push(Taken { to, number: self.count, block, mentions, visible });
        Branch::Plain(syn::parse_quote!({ #stands }))
    }
}

impl Taken {
    /// What is made of the value of the place that the branch leaves is made of that of the branch.
    fn within(mut self, outer: &Expr, hole: &Ident, outer_mentions: &Names) -> Self {
        if self.block.ends() {
            let compound = |kind| Compound { kind, sites: sites(1, 2), mentions: self.mentions.clone() };
            let inner = Box::new(compound(CompoundKind::Block { label: None, is_unsafe: false, block: self.block }));
            let (outer, hole) = (Box::new(outer.clone()), hole.clone());
            let wrap = compound(CompoundKind::Wrap { outer, hole, inner, outer_mentions: outer_mentions.clone() });
            let stmt = Stmt::Compound { attrs: Vec::new(), compound: Box::new(wrap), semi: false };
            self.block = Block { stmts: vec![stmt] };
        }
        self
    }

    /// Puts it behind `stmts`, of which those from `start` on lead to it.
    fn put(self, stmts: &mut Vec<Stmt>, start: usize, semi: bool, is_value: bool) {
        let Self { number, block, mentions, visible, .. } = self;
        let is_passed = stmts[start..].iter().all(Stmt::ends);
        let kind = CompoundKind::Behind(Box::new(Behind { number, block, visible, is_passed, is_value }));
        let compound = Box::new(Compound { kind, sites: sites(1, 2), mentions });
        stmts.push(Stmt::Compound { attrs: Vec::new(), compound, semi });
    }
}

/// Code that leads to the branches in `taken` says so.
fn mention(mentions: &mut Names, taken: &[Taken]) {
    mentions.extend(taken.iter().map(|taken| names::behind_mention(taken.number)));
}

fn block_has_sites(block: &Block) -> bool {
    block.stmts.iter().any(|stmt| matches!(stmt, Stmt::Site(..)) || stmt.compound().is_some_and(has_sites))
}

fn has_sites(compound: &Compound) -> bool {
    let mut found = false;
    compound.blocks(&mut |block| found |= block_has_sites(block));
    found
}

fn block_expr(block: syn::Block) -> Expr {
    Expr::Block(syn::ExprBlock { attrs: Vec::new(), label: None, block })
}

/// The code of a block that has no more sites.
fn plain_block(block: Block) -> syn::Block {
    let stmts = block.stmts.into_iter().map(|stmt| match stmt {
        Stmt::Plain { stmt, .. } => *stmt,
        Stmt::Let(local) => {
            let Let { local, .. } = *local;
            syn::Stmt::Local(local)
        }
        Stmt::Compound { compound, semi, .. } => {
            syn::Stmt::Expr(plain_compound(*compound), semi.then(<syn::Token![;]>::default))
        }
        Stmt::Site(..) => unreachable!("BUG: a site in code without sites"),
    });
    syn::Block { brace_token: syn::token::Brace::default(), stmts: stmts.collect() }
}

/// The code of a compound that has no more sites.
fn plain_compound(compound: Compound) -> Expr {
    let plain = |branch| match branch {
        Branch::Plain(expr) => expr,
        Branch::Sited { block, .. } => block_expr(plain_block(block)),
    };
    match compound.kind {
        CompoundKind::If(decision) => {
            let (cond, then) = (decision.cond, plain(decision.then));
            let els = decision.els.map(plain).map(|els| quote::quote!(else #els));
            syn::parse_quote!(if #cond #then #els)
        }
        CompoundKind::Match(decision) => {
            let (scrutinee, arms) = (decision.scrutinee, decision.arms.into_iter());
            let arms = arms.map(|arm| {
                let (pat, body): (Pat, Expr) = (arm.pat, plain(arm.body));
                quote::quote!(#pat => #body,)
            });
            syn::parse_quote!(match #scrutinee { #(#arms)* })
        }
        CompoundKind::Block { label, is_unsafe: false, block } => {
            let (label, block) = (label.map(|label| quote::quote!(#label:)), plain_block(block));
            syn::parse_quote!(#label #block)
        }
        CompoundKind::Block { block, .. } => {
            let block = plain_block(block);
            syn::parse_quote!(unsafe #block)
        }
        CompoundKind::Wrap { mut outer, hole, inner, .. } => {
            crate::lower::fill(&mut outer, &hole, plain_compound(*inner));
            *outer
        }
        CompoundKind::Loop(_) | CompoundKind::Behind(_) => unreachable!("BUG: its sites stay in it"),
    }
}

/// Gives sites their numbers in order, and says which each had.
fn number_block(block: &mut Block, order: &mut Vec<usize>) {
    for stmt in &mut block.stmts {
        match stmt {
            Stmt::Plain { .. } => {}
            Stmt::Let(local) => {
                if let Some(compound) = &mut local.sited {
                    number_compound(compound, order);
                }
            }
            Stmt::Site(site, _) => {
                order.push(*site);
                *site = order.len();
            }
            Stmt::Compound { compound, .. } => number_compound(compound, order),
        }
    }
}

fn number_compound(compound: &mut Compound, order: &mut Vec<usize>) {
    let first = order.len() + 1;
    match &mut compound.kind {
        CompoundKind::If(decision) => {
            number_branch(&mut decision.then, order);
            if let Some(els) = &mut decision.els {
                number_branch(els, order);
            }
        }
        CompoundKind::Match(decision) => decision.arms.iter_mut().for_each(|arm| number_branch(&mut arm.body, order)),
        CompoundKind::Block { block, .. } => number_block(block, order),
        CompoundKind::Behind(behind) => number_block(&mut behind.block, order),
        CompoundKind::Loop(inner) => {
            number_block(&mut inner.body, order);
            // Its only site.
            inner.tail = inner.tail.map(|_| first);
        }
        CompoundKind::Wrap { inner, .. } => number_compound(inner, order),
    }
    compound.sites = sites(first, order.len() + 1);
}

fn number_branch(branch: &mut Branch, order: &mut Vec<usize>) {
    if let Branch::Sited { block, sites: range, .. } = branch {
        let first: usize = order.len() + 1;
        number_block(block, order);
        *range = sites(first, order.len() + 1);
    }
}

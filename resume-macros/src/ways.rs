//! Where control goes on from a piece of code: to its end, or by jumps to somewhere else.

use crate::hidden::{has_break, has_control, may_jump};
use crate::lower::is_site;
use crate::model::{Block, Branch, Compound, CompoundKind, LoopKind, Stmt};
use crate::syntax::{bare, diverging, label_name};
use crate::{names, std_macros};
use std::collections::BTreeSet;
use syn::visit::{self, Visit};
use syn::{Expr, Lifetime};

/// A way out of a piece of code into the function around it. `return` and `?` lead nowhere in it, and are none.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Debug)]
pub(crate) enum Jump {
    /// To behind the loop, or the labelled block or loop.
    Break(Option<String>),
    /// To the head of the loop.
    Continue(Option<String>),
    /// In the arguments of a macro: to anywhere.
    Hidden,
}

pub(crate) type Jumps = BTreeSet<Jump>;

/// The jumps of an expression without sites.
pub(crate) fn expr_jumps(expr: &Expr) -> Jumps {
    Outward::of(|outward| outward.visit_expr(expr))
}

/// Collects the jumps that lead out of what is visited.
struct Outward {
    found: Jumps,
    /// Labels within.
    labels: Vec<String>,
    /// Loops within, around the place.
    loops: usize,
}

impl Outward {
    fn of(visit: impl FnOnce(&mut Self)) -> Jumps {
        let mut outward = Self { found: Jumps::new(), labels: Vec::new(), loops: 0 };
        visit(&mut outward);
        outward.found
    }

    fn add(&mut self, label: Option<&Lifetime>, jump: fn(Option<String>) -> Jump) {
        match label.map(label_name) {
            Some(label) if self.labels.contains(&label) => {}
            None if self.loops > 0 => {}
            label => {
                self.found.insert(jump(label));
            }
        }
    }

    fn within(&mut self, label: Option<&syn::Label>, loops: usize, visit: impl FnOnce(&mut Self)) {
        self.labels.extend(label.map(|label| label_name(&label.name)));
        self.loops += loops;
        visit(self);
        self.loops -= loops;
        if label.is_some() {
            self.labels.pop();
        }
    }
}

impl<'ast> Visit<'ast> for Outward {
    fn visit_expr_break(&mut self, expr: &'ast syn::ExprBreak) {
        self.add(expr.label.as_ref(), Jump::Break);
        visit::visit_expr_break(self, expr);
    }

    fn visit_expr_continue(&mut self, expr: &'ast syn::ExprContinue) {
        self.add(expr.label.as_ref(), Jump::Continue);
    }

    fn visit_expr_loop(&mut self, expr: &'ast syn::ExprLoop) {
        self.within(expr.label.as_ref(), 1, |this| this.visit_block(&expr.body));
    }

    fn visit_expr_while(&mut self, expr: &'ast syn::ExprWhile) {
        self.within(expr.label.as_ref(), 1, |this| {
            this.visit_expr(&expr.cond);
            this.visit_block(&expr.body);
        });
    }

    fn visit_expr_for_loop(&mut self, expr: &'ast syn::ExprForLoop) {
        self.visit_expr(&expr.expr);
        self.within(expr.label.as_ref(), 1, |this| this.visit_block(&expr.body));
    }

    fn visit_expr_block(&mut self, expr: &'ast syn::ExprBlock) {
        self.within(expr.label.as_ref(), 0, |this| this.visit_block(&expr.block));
    }

    fn visit_macro(&mut self, mac: &'ast syn::Macro) {
        if is_site(mac) {
            return;
        }
        if has_control(mac.tokens.clone()) {
            self.found.insert(Jump::Hidden);
        }
        if may_jump(mac) && self.loops == 0 {
            self.found.extend([Jump::Break(None), Jump::Continue(None)]);
        }
    }

    fn visit_expr_closure(&mut self, _: &'ast syn::ExprClosure) {}

    fn visit_expr_async(&mut self, _: &'ast syn::ExprAsync) {}

    fn visit_item(&mut self, _: &'ast syn::Item) {}
}

/// By what one sees that code does not come to its end.
#[derive(Clone, Copy, PartialEq)]
enum By {
    /// Keywords alone: a name may stand for anything.
    Keywords,
    /// The names of functions and macros too, and what a macro may hide is none.
    Names,
}

/// Whether the statement visibly does not come to its end.
pub(crate) fn stmt_leaves(stmt: &syn::Stmt) -> bool {
    By::Keywords.stmt(stmt)
}

/// Whether the expression visibly does not come to its end.
pub(crate) fn leaves(expr: &Expr) -> bool {
    By::Keywords.expr(expr)
}

/// Whether by the names in it the statement does not come to its end, so that rustc would call more code unreachable. More
/// code has to be there all the same.
pub(crate) fn stmt_leaves_by_name(stmt: &syn::Stmt) -> bool {
    By::Names.stmt(stmt)
}

/// Whether by the names in it the expression does not come to its end.
pub(crate) fn leaves_by_name(expr: &Expr) -> bool {
    By::Names.expr(expr)
}

impl By {
    fn stmt(self, stmt: &syn::Stmt) -> bool {
        match stmt {
            syn::Stmt::Expr(expr, _) => self.expr(expr),
            syn::Stmt::Macro(mac) => self == Self::Names && std_macros::ends(&mac.mac),
            syn::Stmt::Local(_) | syn::Stmt::Item(_) => false,
        }
    }

    fn block(self, block: &syn::Block) -> bool {
        block.stmts.iter().any(|stmt| self.stmt(stmt))
    }

    fn expr(self, expr: &Expr) -> bool {
        match bare(expr) {
            Expr::Return(_) | Expr::Break(_) | Expr::Continue(_) => true,
            Expr::Path(path) => path.path.get_ident().is_some_and(names::is_behind),
            Expr::Block(block) => block.label.is_none() && self.block(&block.block),
            Expr::Unsafe(block) => self.block(&block.block),
            Expr::If(branch) => {
                let els = branch.else_branch.as_ref();
                self.block(&branch.then_branch) && els.is_some_and(|(_, els)| self.expr(els))
            }
            Expr::Match(decision) => !decision.arms.is_empty() && decision.arms.iter().all(|arm| self.expr(&arm.body)),
            Expr::Loop(inner) => !has_break(&inner.body, self == Self::Keywords),
            Expr::Macro(mac) => self == Self::Names && std_macros::ends(&mac.mac),
            Expr::Call(call) => self == Self::Names && (is_end(call) || call.args.iter().any(|arg| self.expr(arg))),
            _ => false,
        }
    }
}

/// Whether it calls a function that by its name does not return.
pub(crate) fn is_end(call: &syn::ExprCall) -> bool {
    let ends = ["exit", "abort", "panic_any", "resume_unwind"];
    let Expr::Path(path) = &*call.func else { return false };
    path.path.segments.last().is_some_and(|last| ends.iter().any(|name| last.ident == name))
}

impl Block {
    /// Whether its end can be reached.
    pub(crate) fn ends(&self) -> bool {
        self.stmts.iter().all(Stmt::ends)
    }

    /// The jumps out of it.
    pub(crate) fn jumps(&self) -> Jumps {
        self.stmts.iter().flat_map(Stmt::jumps).collect()
    }
}

impl Stmt {
    pub(crate) fn ends(&self) -> bool {
        match self {
            Self::Plain { stmt, .. } => !stmt_leaves(stmt),
            Self::Let(local) => local.sited.as_ref().is_none_or(Compound::ends),
            Self::Site(..) => true,
            Self::Compound { compound, .. } => compound.ends(),
        }
    }

    pub(crate) fn jumps(&self) -> Jumps {
        match self {
            Self::Plain { stmt, .. } => Outward::of(|outward| outward.visit_stmt(stmt)),
            Self::Let(local) => {
                let sited = local.sited.as_ref().map(Compound::jumps).unwrap_or_default();
                let own = local.initialiser().filter(|_| local.sited.is_none());
                let own = own.into_iter().chain(diverging(&local.local)).flat_map(expr_jumps);
                sited.into_iter().chain(own).collect()
            }
            Self::Site(..) => Jumps::new(),
            Self::Compound { compound, .. } => compound.jumps(),
        }
    }
}

impl Branch {
    pub(crate) fn ends(&self) -> bool {
        match self {
            Self::Plain(expr) => !leaves(expr),
            Self::Sited { block, .. } => block.ends(),
        }
    }

    pub(crate) fn jumps(&self) -> Jumps {
        match self {
            Self::Plain(expr) => expr_jumps(expr),
            Self::Sited { block, .. } => block.jumps(),
        }
    }
}

impl Compound {
    pub(crate) fn ends(&self) -> bool {
        match &self.kind {
            CompoundKind::If(decision) => decision.then.ends() || decision.els.as_ref().is_none_or(Branch::ends),
            CompoundKind::Match(decision) => decision.arms.iter().any(|arm| arm.body.ends()),
            CompoundKind::Block { label, block, .. } => {
                let label = label.as_ref().map(label_name);
                let inside = block.jumps();
                block.ends()
                    || inside.contains(&Jump::Hidden)
                    || (label.is_some() && inside.contains(&Jump::Break(label)))
            }
            CompoundKind::Behind(behind) => behind.is_passed || behind.block.ends(),
            CompoundKind::Loop(inner) => {
                let inside = inner.body.jumps();
                let label = inner.label.as_ref().map(label_name);
                !matches!(inner.kind, LoopKind::Loop)
                    || [Jump::Break(None), Jump::Break(label), Jump::Hidden].iter().any(|jump| inside.contains(jump))
            }
            CompoundKind::Wrap { outer, inner, .. } => inner.ends() && !leaves(outer),
        }
    }

    pub(crate) fn jumps(&self) -> Jumps {
        match &self.kind {
            CompoundKind::If(decision) => {
                let mut found = expr_jumps(&decision.cond);
                found.extend(decision.then.jumps());
                found.extend(decision.els.iter().flat_map(Branch::jumps));
                found
            }
            CompoundKind::Match(decision) => {
                let mut found = expr_jumps(&decision.scrutinee);
                found.extend(decision.arms.iter().flat_map(|arm| Outward::of(|outward| outward.visit_pat(&arm.pat))));
                found.extend(decision.arms.iter().flat_map(|arm| arm.body.jumps()));
                found
            }
            CompoundKind::Block { label, block, .. } => {
                let mut found = block.jumps();
                if let Some(label) = label {
                    found.remove(&Jump::Break(Some(label_name(label))));
                }
                found
            }
            CompoundKind::Behind(behind) => behind.block.jumps(),
            CompoundKind::Loop(inner) => {
                let mut found = match &inner.kind {
                    LoopKind::While { cond, .. } => expr_jumps(cond),
                    _ => Jumps::new(),
                };
                found.extend(inner.body.jumps());
                for label in [None].into_iter().chain(inner.label.as_ref().map(|label| Some(label_name(label)))) {
                    found.remove(&Jump::Break(label.clone()));
                    found.remove(&Jump::Continue(label));
                }
                if let LoopKind::For { expr, .. } = &inner.kind {
                    found.extend(expr_jumps(expr));
                }
                found
            }
            CompoundKind::Wrap { outer, inner, .. } => {
                let mut found = inner.jumps();
                found.extend(expr_jumps(outer));
                found
            }
        }
    }
}

//! What the stages after `lower` work on: blocks of statements, where everything without a site stays as it was.

use crate::args::{Capture, Trigger};
use crate::mentions::Names;
use crate::syntax;
use proc_macro2::{Ident, Span};
use std::ops::RangeInclusive;
use syn::{Expr, Lifetime, Pat, Type};

/// Sites are numbered from 1 in the order of the expansion, which `apart` may make another one than that of the source; those
/// of one piece of code are a range.
pub(crate) type Sites = RangeInclusive<usize>;

/// The sites from `first` on, up to the one before `next`.
pub(crate) fn sites(first: usize, next: usize) -> Sites {
    RangeInclusive::new(first, next - 1)
}

/// A `checkpoint!`.
pub(crate) struct Site {
    /// The label, or where it stands: `for/if/checkpoint`.
    pub(crate) id: String,
    pub(crate) trigger: Trigger,
    /// The path as the user wrote it: `checkpoint`.
    pub(crate) path: syn::Path,
    pub(crate) span: Span,
    /// Numbers of the loops around it, outermost first.
    pub(crate) loops: Vec<usize>,
}

#[derive(Default)]
pub(crate) struct Block {
    pub(crate) stmts: Vec<Stmt>,
}

pub(crate) enum Stmt {
    /// Without a site.
    Plain {
        stmt: Box<syn::Stmt>,
        mentions: Names,
    },
    Let(Box<Let>),
    /// Its number, and what its arguments mention.
    Site(usize, Names),
    /// With a site inside; `semi` if it ends in a semicolon.
    Compound {
        attrs: Vec<syn::Attribute>,
        compound: Box<Compound>,
        semi: bool,
    },
}

#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum Kind {
    Plain,
    Captured,
    Transient,
}

pub(crate) struct Binding {
    pub(crate) ident: Ident,
    /// `mut x`
    pub(crate) mutable: bool,
    /// `ref mut x`
    pub(crate) lends: bool,
}

impl Binding {
    pub(crate) fn name(&self) -> String {
        self.ident.to_string()
    }

    /// A guard such as `_span` lives to the end of its scope.
    pub(crate) fn is_guard(&self) -> bool {
        let name = self.ident.to_string();
        name.starts_with('_') && name != "_"
    }
}

pub(crate) struct Let {
    /// Without `#[resume]` and `#[transient]`.
    pub(crate) local: syn::Local,
    pub(crate) kind: Kind,
    pub(crate) capture: Capture,
    pub(crate) bindings: Vec<Binding>,
    /// What the initialiser (and `else` block) mentions.
    pub(crate) mentions: Names,
    /// The same without the `else` block.
    pub(crate) reads: Names,
    /// The initialiser, if it has a site.
    pub(crate) sited: Option<Compound>,
    /// Of a `let … else` whose `else` block a resume leaves out: what it computes the bindings by.
    pub(crate) again: Option<Again>,
}

/// The pattern and the initialiser of a `let … else`.
pub(crate) struct Again {
    pub(crate) pat: Pat,
    pub(crate) init: Expr,
}

impl Let {
    pub(crate) fn is_deferred(&self) -> bool {
        self.local.init.is_none()
    }

    pub(crate) fn initialiser(&self) -> Option<&Expr> {
        self.local.init.as_ref().map(|init| &*init.expr)
    }

    /// `x` or `x: T` without `else`: the pattern, and the type.
    pub(crate) fn simple(&self) -> Option<(&Pat, Option<&Type>)> {
        if syntax::diverging(&self.local).is_some() {
            return None;
        }
        let is_ident = |pat: &Pat| matches!(pat, Pat::Ident(ident) if ident.by_ref.is_none() && ident.subpat.is_none());
        match &self.local.pat {
            Pat::Type(typed) if is_ident(&typed.pat) => Some((&self.local.pat, Some(&typed.ty))),
            pat if is_ident(pat) => Some((pat, None)),
            _ => None,
        }
    }

    /// What the code mentions that computes it again on a resume.
    pub(crate) fn mentions_again(&self) -> &Names {
        if self.again.is_some() { &self.reads } else { &self.mentions }
    }
}

/// An expression with a site inside.
pub(crate) struct Compound {
    pub(crate) kind: CompoundKind,
    pub(crate) sites: Sites,
    pub(crate) mentions: Names,
}

pub(crate) enum CompoundKind {
    If(Box<If>),
    Match(Match),
    Block {
        label: Option<Lifetime>,
        is_unsafe: bool,
        block: Block,
    },
    Loop(Box<Loop>),
    /// A branch moved behind the statements that lead to it (see `apart`), for which `names::behind(number)` stands there.
    Behind(Box<Behind>),
    /// `outer` with the compound in the place of the path `hole`, which it evaluates first.
    Wrap {
        outer: Box<Expr>,
        hole: Ident,
        inner: Box<Compound>,
        outer_mentions: Names,
    },
}

pub(crate) struct Behind {
    pub(crate) number: usize,
    pub(crate) block: Block,
    /// What is bound where it was, and not where it is.
    pub(crate) visible: Names,
    /// Whether the end of those statements can be reached.
    pub(crate) is_passed: bool,
    /// Its value, and that of the statements it was moved behind, is that of the block they are in.
    pub(crate) is_value: bool,
}

pub(crate) struct If {
    pub(crate) cond: Expr,
    pub(crate) then: Branch,
    pub(crate) els: Option<Branch>,
    /// Bound by `let` in the condition.
    pub(crate) bindings: Vec<Binding>,
}

pub(crate) struct Match {
    pub(crate) scrutinee: Expr,
    pub(crate) arms: Vec<Arm>,
}

pub(crate) struct Arm {
    pub(crate) pat: Pat,
    pub(crate) bindings: Vec<Binding>,
    pub(crate) body: Branch,
}

/// One way on from a decision.
pub(crate) enum Branch {
    Plain(Expr),
    Sited { block: Block, sites: Sites, mentions: Names },
}

pub(crate) struct Loop {
    pub(crate) number: usize,
    /// Where it stands: `for/while`; names its cursor in snapshots.
    pub(crate) id: String,
    pub(crate) label: Option<Lifetime>,
    pub(crate) kind: LoopKind,
    pub(crate) body: Block,
    /// The only site, if it is the last statement of the body: then the loop runs in blocks without a test.
    pub(crate) tail: Option<usize>,
    /// Whether a macro in the body may expand to a jump out of the pass.
    pub(crate) hides: bool,
    /// Whether each jump is led to where it belongs if the loop is made of two.
    pub(crate) in_blocks: bool,
    /// Bound anywhere inside.
    pub(crate) declared: Names,
    /// Mentioned in what each pass runs again (the body, the condition).
    pub(crate) again: Names,
}

pub(crate) enum LoopKind {
    Loop,
    While { cond: Box<Expr>, bindings: Vec<Binding> },
    For { pat: Box<Pat>, bindings: Vec<Binding>, expr: Box<Expr>, cursor: Cursor, mentions: Names },
}

impl LoopKind {
    /// What the head binds anew for each pass.
    pub(crate) fn bindings(&self) -> &[Binding] {
        match self {
            Self::Loop => &[],
            Self::While { bindings, .. } | Self::For { bindings, .. } => bindings,
        }
    }
}

/// How far a `for` loop has come is kept as …
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) enum Cursor {
    /// … the rest of the range.
    Range,
    /// … a number of items; the iterator is made again.
    Count,
    /// … the iterator itself: `#[resume] for`.
    Captured,
    /// … nothing: `#[transient] for`.
    Transient,
}

impl Block {
    /// Calls `visit` for each `let` of this block and the blocks inside.
    pub(crate) fn lets<'a>(&'a self, visit: &mut dyn FnMut(&'a Let)) {
        for stmt in &self.stmts {
            if let Stmt::Let(local) = stmt {
                visit(local);
            }
            if let Some(compound) = stmt.compound() {
                compound.blocks(&mut |block| block.lets(visit));
            }
        }
    }

    /// Calls `visit` for each loop with a site of this block and the blocks inside, outer ones first.
    pub(crate) fn loops<'a>(&'a self, visit: &mut dyn FnMut(&'a Loop)) {
        self.stmts.iter().filter_map(Stmt::compound).for_each(|compound| compound.loops(visit));
    }
}

impl Compound {
    /// Calls `visit` for the blocks with sites one level down.
    pub(crate) fn blocks<'a>(&'a self, visit: &mut dyn FnMut(&'a Block)) {
        match &self.kind {
            CompoundKind::If(branch) => {
                for branch in [Some(&branch.then), branch.els.as_ref()].into_iter().flatten() {
                    if let Branch::Sited { block, .. } = branch {
                        visit(block);
                    }
                }
            }
            CompoundKind::Match(decision) => {
                for arm in &decision.arms {
                    if let Branch::Sited { block, .. } = &arm.body {
                        visit(block);
                    }
                }
            }
            CompoundKind::Block { block, .. } => visit(block),
            CompoundKind::Behind(behind) => visit(&behind.block),
            CompoundKind::Loop(inner) => visit(&inner.body),
            CompoundKind::Wrap { inner, .. } => inner.blocks(visit),
        }
    }

    fn loops<'a>(&'a self, visit: &mut dyn FnMut(&'a Loop)) {
        match &self.kind {
            CompoundKind::Loop(inner) => visit(inner),
            CompoundKind::Wrap { inner, .. } => return inner.loops(visit),
            _ => {}
        }
        self.blocks(&mut |block| block.loops(visit));
    }
}

impl Stmt {
    /// The expression with a site that it is, or that gives it its value.
    pub(crate) fn compound(&self) -> Option<&Compound> {
        match self {
            Self::Let(local) => local.sited.as_ref(),
            Self::Compound { compound, .. } => Some(compound),
            Self::Plain { .. } | Self::Site(..) => None,
        }
    }

    pub(crate) fn sites(&self) -> Option<Sites> {
        match self {
            Self::Site(site, _) => Some(*site..=*site),
            _ => self.compound().map(|compound| compound.sites.clone()),
        }
    }

    /// As the last statement of a block it may be the value of that.
    pub(crate) fn has_value(&self) -> bool {
        match self {
            Self::Plain { stmt, .. } => syntax::has_value(stmt),
            Self::Let(_) | Self::Site(..) => false,
            Self::Compound { semi, .. } => !semi,
        }
    }

    /// Whether it is a `for` or a `while`, which have no value.
    pub(crate) fn is_valueless_loop(&self) -> bool {
        let Self::Compound { compound, .. } = self else { return false };
        matches!(&compound.kind, CompoundKind::Loop(inner) if !matches!(inner.kind, LoopKind::Loop))
    }

    /// Everything it mentions.
    pub(crate) fn mentions(&self) -> Names {
        match self {
            Self::Plain { mentions, .. } => mentions.clone(),
            Self::Let(local) => local.mentions.clone(),
            Self::Site(_, mentions) => mentions.clone(),
            Self::Compound { compound, .. } => compound.mentions.clone(),
        }
    }
}

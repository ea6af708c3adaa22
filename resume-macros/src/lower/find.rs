//! Sites and annotations in code as written: where they are, and where they may not be.

use crate::diag::{self, Sink};
use crate::input::Bindings;
use crate::mentions::Names;
use crate::model::{Binding, Block, Compound, CompoundKind, Stmt};
use crate::syntax::is_ours;
use proc_macro2::Span;
use syn::spanned::Spanned;
use syn::visit::{self, Visit};
use syn::visit_mut::{self, VisitMut};
use syn::{Attribute, Expr};

pub(crate) fn is_site(mac: &syn::Macro) -> bool {
    mac.path.segments.last().is_some_and(|segment| segment.ident == "checkpoint")
}

pub(crate) fn has_site(expr: &Expr) -> bool {
    Sites::of(|sites| sites.visit_expr(expr)).first.is_some()
}

pub(crate) fn block_has_site(block: &syn::Block) -> bool {
    Sites::of(|sites| sites.visit_block(block)).first.is_some()
}

/// Where the first site of `expr` is.
pub(super) fn site_span(expr: &Expr) -> Span {
    Sites::of(|sites| sites.visit_expr(expr)).first.unwrap_or_else(|| expr.span())
}

/// The sites in what is visited.
#[derive(Default)]
struct Sites {
    first: Option<Span>,
}

impl Sites {
    fn of(visit: impl FnOnce(&mut Self)) -> Self {
        let mut sites = Self::default();
        visit(&mut sites);
        sites
    }
}

impl<'ast> Visit<'ast> for Sites {
    fn visit_macro(&mut self, mac: &'ast syn::Macro) {
        if is_site(mac) {
            self.first.get_or_insert_with(|| mac.path.span());
        }
    }

    // A site in one of these is a mistake that `check_places` reports.
    fn visit_expr_closure(&mut self, _: &'ast syn::ExprClosure) {}

    fn visit_expr_async(&mut self, _: &'ast syn::ExprAsync) {}

    fn visit_expr_const(&mut self, _: &'ast syn::ExprConst) {}

    fn visit_item(&mut self, _: &'ast syn::Item) {}
}

/// Reports sites and annotations where they cannot stand.
pub(crate) fn check_places(body: &syn::Block, sink: &mut Sink) {
    let mut places = Places { sink, within: None };
    places.visit_block(body);
}

struct Places<'a> {
    sink: &'a mut Sink,
    /// The place that is not run by the function itself, and what to write instead of a site in it.
    within: Option<(&'static str, &'static str)>,
}

impl Places<'_> {
    fn within(&mut self, place: &'static str, instead: &'static str, visit: impl FnOnce(&mut Self)) {
        let outer = self.within.replace((place, instead));
        visit(self);
        self.within = outer;
    }

    fn annotations(&mut self, attrs: &[Attribute]) {
        for attribute in attrs.iter().filter(|attribute| is_ours(attribute)) {
            if let Some((place, _)) = self.within {
                self.sink.add(syn::Error::new_spanned(attribute, diag::local_in(place)));
            }
        }
    }
}

impl<'ast> Visit<'ast> for Places<'_> {
    fn visit_macro(&mut self, mac: &'ast syn::Macro) {
        if let (true, Some((place, instead))) = (is_site(mac), self.within) {
            self.sink.at(mac.path.span(), diag::site_in(place, instead));
        }
    }

    /// A site may stand as a statement, and as the whole of an arm; whatever else comes by is a value.
    fn visit_expr_macro(&mut self, expr: &'ast syn::ExprMacro) {
        if is_site(&expr.mac) && self.within.is_none() {
            self.sink.at(expr.mac.path.span(), diag::site_as_value());
        }
        visit::visit_expr_macro(self, expr);
    }

    fn visit_stmt(&mut self, stmt: &'ast syn::Stmt) {
        match stmt {
            syn::Stmt::Expr(Expr::Macro(expr), _) => self.visit_macro(&expr.mac),
            stmt => visit::visit_stmt(self, stmt),
        }
    }

    fn visit_arm(&mut self, arm: &'ast syn::Arm) {
        match &*arm.body {
            Expr::Macro(expr) => self.visit_macro(&expr.mac),
            _ => visit::visit_arm(self, arm),
        }
    }

    fn visit_expr_closure(&mut self, expr: &'ast syn::ExprClosure) {
        let instead = "write the site behind the call, or make a `#[resumable]` function of the closure";
        self.within("a closure", instead, |this| visit::visit_expr_closure(this, expr));
    }

    fn visit_expr_async(&mut self, expr: &'ast syn::ExprAsync) {
        let instead = "make a `#[resumable]` `async fn` of the block";
        self.within("an `async` block", instead, |this| visit::visit_expr_async(this, expr));
    }

    fn visit_expr_const(&mut self, expr: &'ast syn::ExprConst) {
        self.within("a `const` block", "remove it: the compiler runs the block", |this| {
            visit::visit_expr_const(this, expr)
        });
    }

    // An inner function may be resumable itself; if it is not, its sites are reported by `checkpoint!`.
    fn visit_item(&mut self, _: &'ast syn::Item) {}

    fn visit_local(&mut self, local: &'ast syn::Local) {
        self.annotations(&local.attrs);
        self.visit_pat(&local.pat);
        if let Some(init) = &local.init {
            self.visit_local_init(init);
        }
    }

    fn visit_expr_for_loop(&mut self, expr: &'ast syn::ExprForLoop) {
        self.annotations(&expr.attrs);
        self.visit_expr(&expr.expr);
        self.visit_block(&expr.body);
    }

    fn visit_attribute(&mut self, attribute: &'ast Attribute) {
        if is_ours(attribute) {
            self.sink.add(syn::Error::new_spanned(attribute, diag::PLACES));
        }
    }
}

/// Takes `#[resume]` and `#[transient]` out of code without a site, where they change nothing.
pub(crate) fn strip(stmt: &mut syn::Stmt) {
    struct Strip;
    impl VisitMut for Strip {
        fn visit_local_mut(&mut self, local: &mut syn::Local) {
            local.attrs.retain(|attribute| !is_ours(attribute));
            visit_mut::visit_local_mut(self, local);
        }
        fn visit_expr_for_loop_mut(&mut self, expr: &mut syn::ExprForLoop) {
            expr.attrs.retain(|attribute| !is_ours(attribute));
            visit_mut::visit_expr_for_loop_mut(self, expr);
        }
        fn visit_item_mut(&mut self, _: &mut syn::Item) {}
    }
    Strip.visit_stmt_mut(stmt);
}

/// The locals without an annotation that are mutable, or set after their declaration.
pub(super) fn changing(body: &syn::Block) -> Names {
    struct Changing(Names);
    impl<'ast> Visit<'ast> for Changing {
        fn visit_local(&mut self, local: &'ast syn::Local) {
            if !local.attrs.iter().any(is_ours) {
                let changes = |binding: &&Binding| binding.mutable || local.init.is_none();
                self.0.extend(super::bindings(&local.pat).iter().filter(changes).map(Binding::name));
            }
            visit::visit_local(self, local);
        }
        fn visit_item(&mut self, _: &'ast syn::Item) {}
    }
    let mut changing = Changing(Names::new());
    changing.visit_block(body);
    changing.0
}

/// What patterns of branches and loops inside `block` bind, and everything bound in its statements without a site.
pub(super) fn pattern_names(block: &Block, names: &mut Names) {
    for stmt in &block.stmts {
        if let Stmt::Plain { stmt, .. } = stmt {
            let mut found = Bindings::default();
            found.visit_stmt(stmt);
            names.extend(found.0.iter().map(Binding::name));
        }
        if let Some(compound) = stmt.compound() {
            compound_names(compound, names);
        }
    }
}

fn compound_names(compound: &Compound, names: &mut Names) {
    let mut add = |bindings: &[Binding]| names.extend(bindings.iter().map(Binding::name));
    match &compound.kind {
        CompoundKind::If(branch) => add(&branch.bindings),
        CompoundKind::Match(decision) => decision.arms.iter().for_each(|arm| add(&arm.bindings)),
        CompoundKind::Loop(inner) => add(inner.kind.bindings()),
        CompoundKind::Wrap { inner, .. } => return compound_names(inner, names),
        CompoundKind::Block { .. } | CompoundKind::Behind(_) => {}
    }
    compound.blocks(&mut |block| pattern_names(block, names));
}

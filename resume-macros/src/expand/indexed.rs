//! `for i in a..b { … list[i] … }`: what is known of each number that is less than the list is long. As the end of the range
//! may come out of a snapshot, the compiler could not tell.

use super::Generator;
use crate::model::{CompoundKind, Cursor, Loop, LoopKind, Stmt};
use crate::names;
use proc_macro2::{Ident, TokenStream};
use quote::{ToTokens, quote};
use std::collections::BTreeMap;
use syn::visit::{self, Visit};
use syn::{Expr, Pat, RangeLimits};

impl Generator<'_> {
    /// Output: what the cursor of the loop gives next, by `block` or by `stretch`, for a credit.
    pub(super) fn next_items(&self, inner: &Loop, site: usize, method: &str, credit: &TokenStream) -> TokenStream {
        let (steps, runtime) = (names::cursor(inner.number), &self.runtime);
        let lengths = self.indexed(inner, site).into_iter().map(|list| quote!(#runtime::Length::of(&#list).indices()));
        let Some(shortest) = lengths.reduce(|one, other| quote!(#one.min(#other))) else {
            let method = names::ident(method);
            return quote!(#steps.#method(#credit));
        };
        let method = names::ident(&format!("{method}_in"));
        quote!(#steps.#method(#shortest, #credit))
    }

    /// The lists of which the number of the loop is an index. They may be looked at before any pass, as nothing else is looked
    /// at there than what each pass looks at.
    fn indexed(&self, inner: &Loop, site: usize) -> Vec<TokenStream> {
        let LoopKind::For { pat, expr, cursor: Cursor::Range, .. } = &inner.kind else { return Vec::new() };
        let Pat::Ident(index) = &**pat else { return Vec::new() };
        let half_open = matches!(&**expr, Expr::Range(range) if matches!(range.limits, RangeLimits::HalfOpen(_)) && range.end.is_some());
        if !half_open || index.mutability.is_some() || index.by_ref.is_some() || index.subpat.is_some() {
            return Vec::new();
        }
        let mut found = Found { index: &index.ident, lists: BTreeMap::new() };
        found.stmts(&inner.body.stmts);
        // What may lack a value there, or be lent for longer than a pass, is left alone.
        let stays = |root: &str| {
            let known = root == "self" || self.resolved.locals.contains(root);
            let has_value = !self.facts.mutable.contains(root) || self.keys.contains_key(root);
            known && has_value && !inner.declared.contains(root) && self.is_free(site, root)
        };
        found.lists.values().filter(|(root, _)| stays(root)).map(|(_, list)| self.expr(list)).collect()
    }
}

/// What is indexed by a number, outside of `unsafe` code and of what may run elsewhere.
struct Found<'a> {
    index: &'a Ident,
    /// By its text; and the local that it is, or is a part of.
    lists: BTreeMap<String, (String, &'a Expr)>,
}

impl<'a> Found<'a> {
    fn stmts(&mut self, stmts: &'a [Stmt]) {
        for stmt in stmts {
            match stmt {
                Stmt::Plain { stmt, .. } => self.visit_stmt(stmt),
                Stmt::Let(local) if local.sited.is_none() => self.visit_local(&local.local),
                Stmt::Compound { compound, .. } => {
                    if let CompoundKind::Block { is_unsafe: false, block, .. } = &compound.kind {
                        self.stmts(&block.stmts);
                    }
                }
                Stmt::Let(_) | Stmt::Site(..) => {}
            }
        }
    }
}

impl<'a> Visit<'a> for Found<'a> {
    fn visit_expr_index(&mut self, expr: &'a syn::ExprIndex) {
        if matches!(&*expr.index, Expr::Path(path) if path.path.is_ident(self.index))
            && let Some(root) = root(&expr.expr)
        {
            self.lists.insert(expr.expr.to_token_stream().to_string(), (root.to_string(), &expr.expr));
        }
        visit::visit_expr_index(self, expr);
    }

    fn visit_expr_unsafe(&mut self, _: &'a syn::ExprUnsafe) {}
    fn visit_expr_async(&mut self, _: &'a syn::ExprAsync) {}
    fn visit_expr_closure(&mut self, _: &'a syn::ExprClosure) {}
    fn visit_item(&mut self, _: &'a syn::Item) {}
}

/// The local of a name and the fields behind it.
fn root(place: &Expr) -> Option<&Ident> {
    match place {
        Expr::Path(path) if path.qself.is_none() => path.path.get_ident(),
        Expr::Field(field) => root(&field.base),
        _ => None,
    }
}

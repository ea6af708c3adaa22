//! The items of a `#[resume] for` with sites: a part of one may be alive in one place, and dead or moved out in another. What it is
//! bound to becomes a captured `let` at the start of the body, which is saved where it is alive and brought back there, as any is.

use crate::lower::block_has_site;
use crate::resolve::Resolved;
use syn::visit_mut::{self, VisitMut};
use syn::{ExprForLoop, Pat};

/// `#[resume] for item in … { #[resume] let pattern = item; … }` for each `#[resume] for pattern in … { … }`.
pub(crate) fn bind_items(body: &mut syn::Block, resolved: &mut Resolved) {
    Loops { resolved }.visit_block_mut(body);
}

struct Loops<'a> {
    resolved: &'a mut Resolved,
}

impl VisitMut for Loops<'_> {
    fn visit_expr_for_loop_mut(&mut self, expr: &mut ExprForLoop) {
        visit_mut::visit_expr_for_loop_mut(self, expr);
        let is_captured = expr.attrs.iter().any(|attribute| attribute.path().is_ident("resume"));
        if is_captured && block_has_site(&expr.body) {
            let item = self.resolved.another("item");
            let mut pat = std::mem::replace(&mut *expr.pat, syn::parse_quote!(#item));
            if let Pat::Or(_) = pat {
                pat = syn::parse_quote!((#pat));
            }
            expr.body.stmts.insert(0, syn::parse_quote!(#[resume] let #pat = #item;));
        }
    }

    fn visit_item_mut(&mut self, _: &mut syn::Item) {}
}

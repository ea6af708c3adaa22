//! Statements that lead to a branch which stands behind them (see `apart`).

use super::past;
use crate::model::{Behind, CompoundKind, Stmt};
use crate::names;
use crate::syntax::{is_block_like, refilled};
use crate::ways::stmt_leaves_by_name;
use proc_macro2::{TokenStream, TokenTree};
use quote::quote;

/// A branch that was moved behind.
pub(super) fn behind(stmt: &Stmt) -> Option<&Behind> {
    match stmt {
        Stmt::Compound { compound, .. } => match &compound.kind {
            CompoundKind::Behind(behind) => Some(behind),
            _ => None,
        },
        _ => None,
    }
}

/// The statement that leads to the branch.
pub(super) fn leads_to(stmts: &[Stmt], number: usize) -> Option<usize> {
    stmts.iter().position(|stmt| stmt.mentions().contains(&names::behind_mention(number)))
}

/// Output: `body`, which ends in the statement `last`, and `hole`; or if it leads to a branch behind, to that by way of
/// `hole`, or past it.
pub(super) fn led(lead: Option<&Behind>, last: Option<&Stmt>, body: TokenStream, hole: TokenStream) -> TokenStream {
    let Some(lead) = lead else { return quote!(#body #hole) };
    let (behind, done) = (names::label("behind", lead.number), names::label("done", lead.number));
    let body = put_in(body, &names::behind(lead.number), &quote!(#hole break #behind;));
    let by_name = matches!(last, Some(Stmt::Plain { stmt, .. }) if stmt_leaves_by_name(stmt));
    // One whose branches all leave may have a value all the same, as rustc sees it.
    let is_value = |last: &Stmt| last.has_value() && (last.ends() || matches!(last, Stmt::Compound { .. }));
    let (before, out) = match last {
        Some(last) if lead.is_value && is_value(last) => {
            (TokenStream::new(), past(by_name || !last.ends(), quote!(break #done { #body })))
        }
        Some(last) if !last.ends() => (body, TokenStream::new()),
        _ => {
            let end = last.filter(|last| is_open(last)).map(|_| quote!(;));
            (quote!(#body #end), past(by_name, quote!(break #done;)))
        }
    };
    quote!(#behind: { #before #out })
}

/// Whether it takes a semicolon to put something behind it.
fn is_open(last: &Stmt) -> bool {
    let Stmt::Plain { stmt, .. } = last else { return false };
    match &**stmt {
        syn::Stmt::Expr(expr, semi) => semi.is_none() && !is_block_like(expr),
        syn::Stmt::Macro(mac) => {
            mac.semi_token.is_none() && !matches!(mac.mac.delimiter, syn::MacroDelimiter::Brace(_))
        }
        syn::Stmt::Local(_) | syn::Stmt::Item(_) => false,
    }
}

/// `code` with `new` in the place of `ident`.
pub(super) fn put_in(code: TokenStream, ident: &proc_macro2::Ident, new: &TokenStream) -> TokenStream {
    let tokens = code.into_iter().map(|token| match token {
        TokenTree::Ident(found) if found == *ident => new.clone(),
        TokenTree::Group(group) => TokenTree::Group(refilled(&group, put_in(group.stream(), ident, new))).into(),
        other => other.into(),
    });
    tokens.collect()
}

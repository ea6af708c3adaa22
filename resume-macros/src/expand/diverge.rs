//! Code that by the names in it does not come to its end, so that rustc would call more code unreachable. A name may stand
//! for anything, so more code there is all the same.

use crate::hidden::has_break;
use crate::syntax::bare;
use crate::{std_macros, ways};
use proc_macro2::TokenStream;
use quote::quote;
use syn::{Expr, Stmt};

/// Output: `code`, which rustc may find to be unreachable.
pub(super) fn past(unreachable: bool, code: TokenStream) -> TokenStream {
    if unreachable { quote!(#[allow(unreachable_code)] { #code };) } else { code }
}

pub(super) fn stmt(stmt: &Stmt) -> bool {
    match stmt {
        Stmt::Expr(inner, _) => expr(inner),
        Stmt::Macro(mac) => std_macros::ends(&mac.mac),
        Stmt::Local(_) | Stmt::Item(_) => false,
    }
}

pub(super) fn expr(expr_: &Expr) -> bool {
    match bare(expr_) {
        Expr::Macro(mac) => std_macros::ends(&mac.mac),
        Expr::Block(block) => block.label.is_none() && block.block.stmts.iter().any(stmt),
        Expr::Unsafe(block) => block.block.stmts.iter().any(stmt),
        Expr::If(branch) => {
            let then = branch.then_branch.stmts.iter().any(stmt);
            then && branch.else_branch.as_ref().is_some_and(|(_, els)| expr(els))
        }
        Expr::Match(decision) => !decision.arms.is_empty() && decision.arms.iter().all(|arm| expr(&arm.body)),
        Expr::Call(call) => is_end(call) || call.args.iter().any(expr),
        Expr::Loop(inner) => !has_break(&inner.body, false),
        other => ways::leaves(other),
    }
}

/// The call of a function that does not return.
pub(crate) fn is_end(call: &syn::ExprCall) -> bool {
    let ends = ["exit", "abort", "panic_any", "resume_unwind"];
    let Expr::Path(path) = &*call.func else { return false };
    path.path.segments.last().is_some_and(|last| ends.iter().any(|name| last.ident == name))
}

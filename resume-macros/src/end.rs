//! Where a body ends its run: `end_of_run(e)` stands there for the stages between, until the expansion ends the run with `e`.

use crate::lower::is_site;
use crate::names;
use crate::syntax::is_block_like;
use crate::ways::{stmt_leaves, stmt_leaves_by_name};
use syn::{Block, Expr, ReturnType, Stmt, Type};

/// Marks where the body ends the run: its value `e` becomes `end_of_run(e)`, which `flow` turns into `run.done(e)`.
pub(crate) fn mark_end(body: &mut Block, output: &ReturnType) {
    let unit = match output {
        ReturnType::Default => true,
        ReturnType::Type(_, ty) => matches!(&**ty, Type::Tuple(tuple) if tuple.elems.is_empty()),
    };
    let end = names::ident(END);
    if body.stmts.iter().any(stmt_leaves) {
        return;
    }
    let by_name = body.stmts.iter().any(stmt_leaves_by_name);
    let value: Expr = match body.stmts.pop() {
        Some(Stmt::Expr(expr, None)) if !(unit && is_block_like(&expr)) => expr,
        Some(Stmt::Macro(mac)) if mac.semi_token.is_none() && !is_site(&mac.mac) => {
            let mac = mac.mac;
            syn::parse_quote!(#mac)
        }
        last => {
            body.stmts.extend(last);
            if !unit {
                return;
            }
            syn::parse_quote!(())
        }
    };
    let allow: Option<syn::Attribute> = by_name.then(|| syn::parse_quote!(#[allow(unreachable_code)]));
    body.stmts.push(Stmt::Expr(syn::parse_quote!(#allow #end(#value)), None));
}

/// The function that `mark_end` calls.
const END: &str = "__resume_end_of_run";

/// Whether the expression is a call of that function.
pub(crate) fn ends_run(expr: &Expr) -> bool {
    matches!(expr, Expr::Call(call) if matches!(&*call.func, Expr::Path(path) if path.path.is_ident(END)))
}

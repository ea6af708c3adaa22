//! Code that visibly does not come to its end, after which more code would be unreachable.

use crate::lower::has_break;
use syn::{Expr, Stmt};

pub(super) fn stmt(stmt: &Stmt) -> bool {
    match stmt {
        Stmt::Expr(inner, _) => expr(inner),
        Stmt::Macro(mac) => is_panic(&mac.mac),
        Stmt::Local(_) | Stmt::Item(_) => false,
    }
}

pub(super) fn expr(expr_: &Expr) -> bool {
    match expr_ {
        Expr::Return(_) | Expr::Break(_) | Expr::Continue(_) => true,
        Expr::Macro(mac) => is_panic(&mac.mac),
        Expr::Block(block) => block.label.is_none() && block.block.stmts.iter().any(stmt),
        Expr::Unsafe(block) => block.block.stmts.iter().any(stmt),
        Expr::Paren(inner) => expr(&inner.expr),
        Expr::If(branch) => {
            let then = branch.then_branch.stmts.iter().any(stmt);
            then && branch.else_branch.as_ref().is_some_and(|(_, els)| expr(els))
        }
        Expr::Match(decision) => !decision.arms.is_empty() && decision.arms.iter().all(|arm| expr(&arm.body)),
        Expr::Call(call) => matches!(&*call.func, Expr::Path(path) if path.path.segments.last().is_some_and(|last| {
            ["exit", "abort", "panic_any", "resume_unwind"].iter().any(|name| last.ident == name)
        })),
        Expr::Loop(inner) => !has_break(&inner.body),
        _ => false,
    }
}

fn is_panic(mac: &syn::Macro) -> bool {
    mac.path.segments.last().is_some_and(|last| {
        ["panic", "unreachable", "todo", "unimplemented", "bail"].iter().any(|name| last.ident == name)
    })
}

//! Which part of an expression is evaluated first: a site may be there, for nothing is lost when it is entered again.

use super::find::{block_has_site, has_site};
use crate::syntax::bare;
use proc_macro2::Ident;
use syn::visit_mut::{self, VisitMut};
use syn::{BinOp, Expr};

/// Puts `inner` where `outer` has the hole.
pub(crate) fn fill(outer: &mut Expr, hole: &Ident, inner: Expr) {
    struct Fill<'h>(&'h Ident, Option<Expr>);
    impl VisitMut for Fill<'_> {
        fn visit_expr_mut(&mut self, expr: &mut Expr) {
            match self.1.take_if(|_| matches!(expr, Expr::Path(path) if path.path.is_ident(self.0))) {
                Some(inner) => *expr = inner,
                None => visit_mut::visit_expr_mut(self, expr),
            }
        }
    }
    Fill(hole, Some(inner)).visit_expr_mut(outer);
}

/// The part of `expr` that has its sites, if it is evaluated before all others.
pub(super) fn first_evaluated(expr: &mut Expr) -> Option<&mut Expr> {
    match expr {
        Expr::Paren(outer) => Some(&mut outer.expr),
        Expr::Group(outer) => Some(&mut outer.expr),
        Expr::Try(outer) => Some(&mut outer.expr),
        Expr::Await(outer) => Some(&mut outer.base),
        Expr::Field(outer) => Some(&mut outer.base),
        Expr::Unary(outer) => Some(&mut outer.expr),
        Expr::Cast(outer) => Some(&mut outer.expr),
        Expr::Reference(outer) => Some(&mut outer.expr),
        Expr::Return(outer) => outer.expr.as_deref_mut(),
        Expr::Break(outer) => outer.expr.as_deref_mut(),
        Expr::MethodCall(outer) => (!outer.args.iter().any(has_site)).then_some(&mut *outer.receiver),
        Expr::Call(outer) => {
            let path = matches!(&*outer.func, Expr::Path(_));
            let first_only = !outer.args.iter().skip(1).any(has_site);
            outer.args.first_mut().filter(|_| path && first_only)
        }
        Expr::Binary(outer) => {
            let place = is_assignment(&outer.op) && is_place(&outer.left);
            match has_site(&outer.right) {
                false => Some(&mut outer.left),
                true => place.then_some(&mut outer.right),
            }
        }
        Expr::Assign(outer) if is_place(&outer.left) => Some(&mut *outer.right),
        Expr::If(outer) => {
            let branches = outer.else_branch.iter().any(|(_, els)| has_site(els)) || block_has_site(&outer.then_branch);
            (!branches && !matches!(&*outer.cond, Expr::Let(_))).then_some(&mut *outer.cond)
        }
        Expr::Match(outer) => (!outer.arms.iter().any(|arm| has_site(&arm.body))).then_some(&mut *outer.expr),
        Expr::ForLoop(outer) => (!block_has_site(&outer.body)).then_some(&mut *outer.expr),
        _ => None,
    }
}

/// `x`, `x.y`, `*x`, `_`: evaluating it does nothing.
fn is_place(expr: &Expr) -> bool {
    match bare(expr) {
        Expr::Path(_) | Expr::Infer(_) => true,
        Expr::Field(field) => is_place(&field.base),
        Expr::Unary(unary) => is_place(&unary.expr),
        _ => false,
    }
}

/// `+=` and its like.
pub(crate) fn is_assignment(op: &BinOp) -> bool {
    matches!(
        op,
        BinOp::AddAssign(_)
            | BinOp::SubAssign(_)
            | BinOp::MulAssign(_)
            | BinOp::DivAssign(_)
            | BinOp::RemAssign(_)
            | BinOp::BitXorAssign(_)
            | BinOp::BitAndAssign(_)
            | BinOp::BitOrAssign(_)
            | BinOp::ShlAssign(_)
            | BinOp::ShrAssign(_)
    )
}

//! What makes the value of an initialiser.

use crate::syntax::bare;
use proc_macro2::Span;
use syn::Expr;
use syn::spanned::Spanned;

/// The expression without parentheses, `?`, `.unwrap()` and `.expect(…)`.
pub(crate) fn peeled(expr: &Expr) -> &Expr {
    match bare(expr) {
        Expr::Try(inner) => peeled(&inner.expr),
        Expr::MethodCall(call) if call.method == "unwrap" || call.method == "expect" => peeled(&call.receiver),
        other => other,
    }
}

/// The path of the function that gives the value of `expr`, and where it stands.
pub(crate) fn called(expr: &Expr) -> Option<(Vec<String>, Span)> {
    let Expr::Call(call) = peeled(expr) else { return None };
    let Expr::Path(path) = &*call.func else { return None };
    Some((path.path.segments.iter().map(|segment| segment.ident.to_string()).collect(), path.span()))
}

/// Whether the value of `expr` is a mutable reference into what a method was called of: `map.get_mut(k).unwrap()`,
/// `map.entry(k).or_default()`, `&mut rows[i]`.
pub(crate) fn lends(expr: &Expr) -> bool {
    if let Expr::Reference(reference) = peeled(expr) {
        return reference.mutability.is_some();
    }
    let Expr::MethodCall(call) = peeled(expr) else { return false };
    let name = call.method.to_string();
    name.ends_with("_mut") || name == "entry" || name.starts_with("or_insert") || name == "or_default"
}

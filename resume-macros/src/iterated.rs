//! What the iterator of a `for` does with the mutable local that it reads: it decides what to write instead.

use crate::syntax::bare;
use syn::Expr;

#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum Iterated {
    /// `rows.iter()`, `&rows`
    Borrowed,
    /// `count(rows)`
    Read,
    /// `rows`
    Consumed,
    /// `rows.iter_mut()`, `&mut rows`
    Changed,
    /// `map.values_mut()`
    ChangedByKey,
    /// `rows.drain(..)`, `std::mem::take(&mut rows)`
    Taken,
}

/// How `expr`, the iterator, uses what it begins with.
pub(crate) fn iterated(expr: &Expr) -> Iterated {
    match bare(expr) {
        Expr::Reference(reference) if reference.mutability.is_some() => Iterated::Changed,
        Expr::Reference(_) => Iterated::Borrowed,
        Expr::Call(call) if takes(&call.func) || call.args.iter().any(is_lent) => Iterated::Taken,
        Expr::MethodCall(call) => match call.method.to_string().as_str() {
            "values_mut" => Iterated::ChangedByKey,
            "drain" | "extract_if" => Iterated::Taken,
            name if name.ends_with("_mut") => Iterated::Changed,
            "into_iter" | "into_values" | "into_keys" => iterated(&call.receiver),
            // Other methods borrow, but those of the iterator.
            _ if matches!(*call.receiver, Expr::Path(_) | Expr::Field(_)) => Iterated::Borrowed,
            _ => iterated(&call.receiver),
        },
        Expr::Path(_) | Expr::Field(_) => Iterated::Consumed,
        _ => Iterated::Read,
    }
}

/// What the iterator is one of: `self.rows` of `self.rows[1..].iter_mut().rev()`. `None` if it comes from a call.
pub(crate) fn place(expr: &Expr) -> Option<&Expr> {
    let expr = bare(expr);
    match expr {
        Expr::Reference(reference) => place(&reference.expr),
        Expr::Index(index) => place(&index.expr),
        Expr::MethodCall(call) => place(&call.receiver),
        Expr::Field(field) => place(&field.base).map(|_| expr),
        Expr::Path(_) => Some(expr),
        _ => None,
    }
}

fn is_lent(argument: &Expr) -> bool {
    matches!(argument, Expr::Reference(reference) if reference.mutability.is_some())
}

/// `std::mem::take(rows)` where `rows` is a mutable reference itself.
fn takes(function: &Expr) -> bool {
    let Expr::Path(path) = function else { return false };
    path.path.segments.last().is_some_and(|last| last.ident == "take" || last.ident == "replace")
}

#[cfg(test)]
mod tests {
    use super::Iterated::{Borrowed, Changed, ChangedByKey, Read, Taken};
    use super::{iterated, place};

    #[test]
    fn the_outermost_use_of_the_local_decides() {
        for (code, expected) in [
            ("rows.iter().map(|row| row.iter_mut())", Borrowed),
            ("&rows", Borrowed),
            ("count(rows)", Read),
            ("rows.iter_mut().enumerate()", Changed),
            ("(&mut rows[1..])", Changed),
            ("rows.chunks_mut(3).rev()", Changed),
            ("map.values_mut()", ChangedByKey),
            ("rows.drain(..).rev()", Taken),
            ("std::mem::take(&mut rows)", Taken),
            ("mem::take(rows)", Taken),
            ("take(&mut rows).into_iter().zip(&other)", Taken),
        ] {
            assert_eq!(iterated(&syn::parse_str(code).expect(code)), expected, "{code}");
        }
    }

    #[test]
    fn the_place_is_what_holds_the_items() {
        for (code, expected) in [
            ("&mut self.rows", Some("self.rows")),
            ("self.rows[1..].iter_mut().rev()", Some("self.rows")),
            ("rows.iter()", Some("rows")),
            ("make().rows.iter()", None),
        ] {
            let expr = syn::parse_str(code).expect(code);
            let expected = expected.map(|code| syn::parse_str(code).expect(code));
            assert_eq!(place(&expr), expected.as_ref(), "{code}");
        }
    }
}

//! What several stages ask of a piece of syntax, and have to be told alike.

use crate::lower::is_site;
use proc_macro2::{Group, Ident, Span, TokenStream, TokenTree};
use syn::{Attribute, Expr, Lifetime, Local, Stmt, Type};

/// The attributes that are annotations of ours.
pub(crate) const ANNOTATIONS: [&str; 2] = ["resume", "transient"];

/// Whether the attribute is one of these.
pub(crate) fn is_ours(attribute: &Attribute) -> bool {
    attribute.path().get_ident().is_some_and(names_ours)
}

/// Whether an attribute of this name is one of these.
pub(crate) fn names_ours(name: &Ident) -> bool {
    ANNOTATIONS.iter().any(|annotation| name == annotation)
}

/// A label without its apostrophe, to be compared with others.
pub(crate) fn label_name(label: &Lifetime) -> String {
    label.ident.to_string()
}

/// What a `let … else` runs where the pattern does not match.
pub(crate) fn diverging(local: &Local) -> Option<&Expr> {
    let (_, els) = local.init.as_ref()?.diverge.as_ref()?;
    Some(els)
}

/// Whether it may be the value of the block that it is the last statement of.
pub(crate) fn has_value(stmt: &Stmt) -> bool {
    match stmt {
        Stmt::Expr(_, semi) => semi.is_none(),
        Stmt::Macro(mac) => mac.semi_token.is_none(),
        Stmt::Local(_) | Stmt::Item(_) => false,
    }
}

/// Without the parentheses, and the invisible ones of a `macro_rules!`.
pub(crate) fn bare(expr: &Expr) -> &Expr {
    match expr {
        Expr::Paren(inner) => bare(&inner.expr),
        Expr::Group(inner) => bare(&inner.expr),
        other => other,
    }
}

/// The type without parentheses, and without the invisible ones of a `macro_rules!`.
pub(crate) fn bare_type(ty: &Type) -> &Type {
    match ty {
        Type::Paren(inner) => bare_type(&inner.elem),
        Type::Group(inner) => bare_type(&inner.elem),
        other => other,
    }
}

/// Where `name` stands in code first, in the arguments of macros too.
pub(crate) fn mention(tokens: TokenStream, name: &str) -> Option<Span> {
    tokens.into_iter().find_map(|token| match token {
        TokenTree::Ident(ident) => (ident == name).then(|| ident.span()),
        TokenTree::Group(group) => mention(group.stream(), name),
        TokenTree::Punct(_) | TokenTree::Literal(_) => None,
    })
}

pub(crate) fn is_punct(token: &TokenTree, char: char) -> bool {
    matches!(token, TokenTree::Punct(punct) if punct.as_char() == char)
}

/// The group with other content.
pub(crate) fn refilled(group: &Group, content: TokenStream) -> Group {
    let mut new = Group::new(group.delimiter(), content);
    new.set_span(group.span());
    new
}

/// Whether there is a `let` in the condition, which can neither be negated then nor be evaluated in a place of its own.
pub(crate) fn has_let(cond: &Expr) -> bool {
    match bare(cond) {
        Expr::Let(_) => true,
        Expr::Binary(both) => has_let(&both.left) || has_let(&both.right),
        _ => false,
    }
}

/// Whether it can be a statement without a semicolon.
pub(crate) fn is_block_like(expr: &Expr) -> bool {
    matches!(
        expr,
        Expr::While(_)
            | Expr::ForLoop(_)
            | Expr::Loop(_)
            | Expr::Block(_)
            | Expr::If(_)
            | Expr::Match(_)
            | Expr::Unsafe(_)
    ) || matches!(expr, Expr::Macro(mac) if is_site(&mac.mac))
}

//! Which locals a piece of code mentions: paths, identifiers inside macro arguments, captures in format strings.

use crate::hidden::may_jump;
use crate::syntax::refilled;
use crate::{names, std_macros, ways};
use proc_macro2::{Literal, TokenStream, TokenTree};
use std::collections::BTreeSet;
use syn::visit::{self, Visit};

/// Names of locals; each name is bound once in the function (see `resolve`).
pub(crate) type Names = BTreeSet<String>;

/// Collects what is mentioned, out of the locals of the function.
pub(crate) struct Mentions<'a> {
    locals: &'a Names,
    found: Names,
}

impl<'a> Mentions<'a> {
    fn new(locals: &'a Names) -> Self {
        Self { locals, found: Names::new() }
    }

    /// The locals that `visit` comes across.
    pub(crate) fn of(locals: &Names, visit: impl FnOnce(&mut Mentions<'_>)) -> Names {
        let mut mentions = Mentions::new(locals);
        visit(&mut mentions);
        mentions.found
    }

    fn add(&mut self, name: &str) {
        if self.locals.contains(name) {
            self.found.insert(name.to_owned());
        }
    }
}

impl<'ast> Visit<'ast> for Mentions<'_> {
    fn visit_expr_path(&mut self, path: &'ast syn::ExprPath) {
        if let (None, Some(ident)) = (&path.qself, path.path.get_ident()) {
            self.add(&ident.to_string());
        }
    }

    fn visit_macro(&mut self, mac: &'ast syn::Macro) {
        let mut add = |name: &str| {
            self.add(name);
            None
        };
        // What stands before a `:` is a field of a literal to the standard library, and whatever it likes to others.
        if std_macros::calls_standard(mac) {
            map_macro(&mac.tokens, &mut add);
        } else {
            map_names(&mac.tokens, &mut add);
        }
    }

    fn visit_item(&mut self, _: &'ast syn::Item) {}

    fn visit_pat(&mut self, pat: &'ast syn::Pat) {
        // Only guards, ranges and constants of a pattern are mentions; its bindings are not.
        if !matches!(pat, syn::Pat::Ident(ident) if ident.subpat.is_none()) {
            visit::visit_pat(self, pat);
        }
    }
}

/// The locals that are set anew somewhere in `body`, or may be by a macro; all of them, if it may end in the middle: then any
/// of them may be without use behind a site.
pub(crate) fn assigned(body: &syn::Block, locals: &Names) -> Names {
    struct Assigned<'a> {
        found: Mentions<'a>,
        may_end: bool,
    }
    impl<'ast> Visit<'ast> for Assigned<'_> {
        fn visit_expr_assign(&mut self, expr: &'ast syn::ExprAssign) {
            self.found.visit_expr(&expr.left);
            visit::visit_expr_assign(self, expr);
        }
        fn visit_expr_call(&mut self, call: &'ast syn::ExprCall) {
            self.may_end |= ways::is_end(call);
            visit::visit_expr_call(self, call);
        }
        fn visit_macro(&mut self, mac: &'ast syn::Macro) {
            self.may_end |= std_macros::ends(mac);
            if may_jump(mac) {
                self.found.visit_macro(mac);
            }
        }
        fn visit_item(&mut self, _: &'ast syn::Item) {}
    }
    let mut assigned = Assigned { found: Mentions::new(locals), may_end: false };
    assigned.visit_block(body);
    if assigned.may_end { locals.clone() } else { assigned.found.found }
}

/// The locals that a raw pointer made somewhere in `body` may point at.
pub(crate) fn pointed(body: &syn::Block, locals: &Names) -> Names {
    struct Pointed<'a>(Mentions<'a>);
    impl<'ast> Visit<'ast> for Pointed<'_> {
        fn visit_expr_raw_addr(&mut self, expr: &'ast syn::ExprRawAddr) {
            self.0.visit_expr(&expr.expr);
            visit::visit_expr_raw_addr(self, expr);
        }
        fn visit_macro(&mut self, mac: &'ast syn::Macro) {
            if may_jump(mac) || std_macros::points(mac) {
                self.0.visit_macro(mac);
            }
        }
        fn visit_item(&mut self, _: &'ast syn::Item) {}
    }
    let mut pointed = Pointed(Mentions::new(locals));
    pointed.visit_block(body);
    pointed.0.found
}

/// Shows every identifier that may be a local in a macro's arguments to `rename` and puts in what it answers.
pub(crate) fn map_macro(tokens: &TokenStream, rename: &mut dyn FnMut(&str) -> Option<String>) -> TokenStream {
    map_tokens(tokens, &is_mention, rename)
}

/// The same with what comes before a single `:`: it may be given a type, as the parameter of a closure is.
pub(crate) fn map_names(tokens: &TokenStream, rename: &mut dyn FnMut(&str) -> Option<String>) -> TokenStream {
    map_tokens(tokens, &is_name, rename)
}

fn map_tokens(
    tokens: &TokenStream,
    is_local: &dyn Fn(&[TokenTree], usize) -> bool,
    rename: &mut dyn FnMut(&str) -> Option<String>,
) -> TokenStream {
    let tokens: Vec<TokenTree> = tokens.clone().into_iter().collect();
    let mut mapped = TokenStream::new();
    for (at, token) in tokens.iter().enumerate() {
        let new = match token {
            TokenTree::Ident(ident) if is_local(&tokens, at) => {
                rename(&ident.to_string()).map_or_else(|| token.clone(), |name| names::user(&name, ident.span()).into())
            }
            TokenTree::Literal(literal) => {
                map_literal(literal, rename).map_or_else(|| token.clone(), TokenTree::Literal)
            }
            TokenTree::Group(group) => refilled(group, map_tokens(&group.stream(), is_local, rename)).into(),
            other => other.clone(),
        };
        mapped.extend([new]);
    }
    mapped
}

fn punct(tokens: &[TokenTree], at: Option<usize>) -> Option<char> {
    match at.and_then(|at| tokens.get(at)) {
        Some(TokenTree::Punct(punct)) => Some(punct.as_char()),
        _ => None,
    }
}

/// Not a field or method (`.name`), in a path (`::name`, `name::`), a macro (`name!`), a label or a variable of a macro (`$name`).
fn is_name(tokens: &[TokenTree], at: usize) -> bool {
    let before = |count| punct(tokens, at.checked_sub(count));
    let after = |count| punct(tokens, Some(at + count));
    let member = before(1) == Some('.') && before(2) != Some('.');
    let in_path =
        (before(1) == Some(':') && before(2) == Some(':')) || (after(1) == Some(':') && after(2) == Some(':'));
    let other = matches!(before(1), Some('$' | '\''));
    let bang = after(1) == Some('!') && after(2) != Some('=');
    !(member || in_path || other || bang)
}

/// Nor a field of a literal (`name:`).
fn is_mention(tokens: &[TokenTree], at: usize) -> bool {
    is_name(tokens, at) && punct(tokens, Some(at + 1)) != Some(':')
}

/// Inline captures of a format string: `"{x}"`, `"{x:?}"`, `"{:>width$}"`.
pub(crate) fn map_literal(literal: &Literal, rename: &mut dyn FnMut(&str) -> Option<String>) -> Option<Literal> {
    let syn::Lit::Str(text) = syn::Lit::new(literal.clone()) else { return None };
    let value = text.value();
    let mut mapped = String::with_capacity(value.len());
    let mut changed = false;
    let mut rest = value.as_str();
    while let Some(open) = rest.find('{') {
        let (before, after) = rest.split_at(open + 1);
        mapped.push_str(before);
        if let Some(escaped) = after.strip_prefix('{') {
            mapped.push('{');
            rest = escaped;
            continue;
        }
        let end = after.find('}').unwrap_or(after.len());
        let (inner, tail) = after.split_at(end);
        mapped.push_str(&map_placeholder(inner, &mut changed, rename));
        rest = tail;
    }
    mapped.push_str(rest);
    changed.then(|| {
        let mut new = Literal::string(&mapped);
        new.set_span(literal.span());
        new
    })
}

fn map_placeholder(inner: &str, changed: &mut bool, rename: &mut dyn FnMut(&str) -> Option<String>) -> String {
    let (argument, format) = inner.split_once(':').map_or((inner, None), |(a, f)| (a, Some(f)));
    let mut replace = |name: &str| -> String {
        let ident = name.chars().next().is_some_and(|c| c.is_alphabetic() || c == '_')
            && name.chars().all(|c| c.is_alphanumeric() || c == '_');
        // `{type}` captures `r#type`.
        let mut either = |name: &str| rename(name).or_else(|| rename(&format!("r#{name}")));
        match ident.then(|| either(name)).flatten() {
            Some(new) => {
                *changed = true;
                new
            }
            None => name.to_owned(),
        }
    };
    let mut mapped = format!("{}{}", replace(argument.trim_end()), &argument[argument.trim_end().len()..]);
    if let Some(format) = format {
        mapped.push(':');
        let mut parts = format.split('$').peekable();
        while let Some(part) = parts.next() {
            if parts.peek().is_none() {
                mapped.push_str(part);
                break;
            }
            let name = part
                .rfind(|c: char| !(c.is_alphanumeric() || c == '_'))
                .map_or(0, |at| at + part[at..].chars().next().map_or(1, char::len_utf8));
            mapped.push_str(&part[..name]);
            mapped.push_str(&replace(&part[name..]));
            mapped.push('$');
        }
    }
    mapped
}

#[cfg(test)]
mod tests {
    use super::{Mentions, Names};
    use syn::visit::Visit;

    fn found(code: &str) -> Vec<String> {
        let locals: Names = ["x", "y", "len", "width", "_z"].map(str::to_owned).into();
        let expr: syn::Expr = syn::parse_str(code).expect("an expression");
        Mentions::of(&locals, |mentions| mentions.visit_expr(&expr)).into_iter().collect()
    }

    #[test]
    fn paths_macros_and_format_captures_count() {
        assert_eq!(found("x + a.len()"), ["x"]);
        assert_eq!(found("S { x, y: 1 }"), ["x"]);
        assert_eq!(found("vec![len; a.y]"), ["len"]);
        assert_eq!(found(r#"println!("{x:>width$} {{y}} {_z:?}")"#), ["_z", "width", "x"]);
        assert_eq!(found(r#"vec![S { x: 1 }, 0..y, m::len]"#), ["y"]);
        assert_eq!(found(r#"f!(x: 1, 0..y, m::len)"#), ["x", "y"]);
        assert_eq!(found("|x| x.y"), ["x"]);
        assert_eq!(found("x::f()"), Vec::<String>::new());
    }
}

//! Generators of random numbers: those whose state cannot be captured (`rand::rng()`, `thread_rng()`, `rand::random()`), and
//! those that the run saves.

use crate::made::called;
use crate::syntax::is_punct;
use proc_macro2::{Delimiter, Ident, Span, TokenStream, TokenTree};
use syn::Expr;
use syn::spanned::Spanned;
use syn::visit::{self, Visit};

/// Where `body` asks for a generator that cannot be captured, in the arguments of macros too.
pub(crate) fn calls(body: &syn::Block) -> Vec<Span> {
    let mut calls = Calls { found: Vec::new(), in_macros: true };
    calls.visit_block(body);
    calls.found
}

/// Whether the value of `expr` is, or is made of, a generator that cannot be captured. What a macro makes of its arguments
/// is not known.
pub(crate) fn makes_one(expr: &Expr) -> bool {
    if let Some((path, _)) = called(expr)
        && let [.., generator, _] = &path[..]
        && ["StdRng", "SmallRng", "ThreadRng", "OsRng", "SysRng"].contains(&generator.as_str())
    {
        return true;
    }
    let mut calls = Calls { found: Vec::new(), in_macros: false };
    calls.visit_expr(expr);
    !calls.found.is_empty()
}

/// Whether the value of `expr` is a handle of a generator that the run saves.
pub(crate) fn is_own(expr: &Expr) -> bool {
    called(expr).is_some_and(|(path, _)| match &path[..] {
        [.., name] if name == "rng_stream" => true,
        [.., krate, name] => krate == "resume_runtime" && name == "rng",
        _ => false,
    })
}

struct Calls {
    found: Vec<Span>,
    /// Whether the arguments of macros count.
    in_macros: bool,
}

impl<'ast> Visit<'ast> for Calls {
    fn visit_expr_call(&mut self, call: &'ast syn::ExprCall) {
        if let Expr::Path(path) = &*call.func {
            let names: Vec<String> = path.path.segments.iter().map(|segment| segment.ident.to_string()).collect();
            let names: Vec<&str> = names.iter().map(String::as_str).collect();
            if matches!(names[..], [.., "rand", "rng" | "random"] | [.., "thread_rng"]) {
                self.found.push(path.span());
            }
        }
        visit::visit_expr_call(self, call);
    }

    fn visit_macro(&mut self, mac: &'ast syn::Macro) {
        if self.in_macros {
            search(mac.tokens.clone(), &mut self.found);
        }
    }

    fn visit_item(&mut self, _: &'ast syn::Item) {}
}

/// Finds the calls in what a macro is given, which need not be expressions.
fn search(tokens: TokenStream, found: &mut Vec<Span>) {
    let tokens: Vec<TokenTree> = tokens.into_iter().collect();
    for (at, token) in tokens.iter().enumerate() {
        match token {
            TokenTree::Group(group) => search(group.stream(), found),
            TokenTree::Ident(name) if is_called(&tokens[at + 1..]) => {
                found.extend(generator(&tokens[..at], name));
            }
            _ => {}
        }
    }
}

/// Whether what stands `behind` a name makes a call of it: `(…)` or `::<…>(…)`.
fn is_called(behind: &[TokenTree]) -> bool {
    match behind {
        [TokenTree::Group(group), ..] => group.delimiter() == Delimiter::Parenthesis,
        [first, second, third, ..] => is_punct(first, ':') && is_punct(second, ':') && is_punct(third, '<'),
        _ => false,
    }
}

/// Where the path to a generator begins, if `name` with what stands `before` it is one, and no method or definition.
fn generator(before: &[TokenTree], name: &Ident) -> Option<Span> {
    match before {
        [.., TokenTree::Ident(of), first, second] if of == "rand" && is_punct(first, ':') && is_punct(second, ':') => {
            ["rng", "random", "thread_rng"].iter().any(|known| name == known).then(|| of.span())
        }
        [.., TokenTree::Ident(last)] if last == "fn" => None,
        [.., last] if is_punct(last, '.') => None,
        _ => (name == "thread_rng").then(|| name.span()),
    }
}

//! A warning for each generator whose state cannot be captured: `rand::rng()`, `thread_rng()`, `rand::random()`.

use crate::names;
use proc_macro2::{Span, TokenStream};
use quote::quote_spanned;
use syn::spanned::Spanned;
use syn::visit::{self, Visit};
use syn::{Expr, ItemFn};

const NOTE: &str = "this generator cannot be captured, so a resumed run would draw other numbers: \
                    use `resume_runtime::rng()`, or a seeded generator in a `#[resume] let`";

/// Output: a warning for each call.
pub(super) fn warnings(function: &ItemFn) -> TokenStream {
    let mut calls = Calls(Vec::new());
    calls.visit_block(&function.block);
    warn("UNCAPTURED", NOTE, calls.0)
}

/// Output: for each place a deprecated constant, used there: the one way to warn on stable.
pub(super) fn warn(name: &str, note: &str, places: Vec<Span>) -> TokenStream {
    let constant = names::ident(name);
    let warnings = places.into_iter().map(|span| {
        let used = proc_macro2::Ident::new(name, Span::mixed_site().located_at(span));
        quote_spanned!(span=> { #[deprecated(note = #note)] const #constant: () = (); #used })
    });
    warnings.map(|warning| quote_spanned!(Span::mixed_site()=> let () = #warning;)).collect()
}

struct Calls(Vec<Span>);

/// Whether the value of `expr` is, or is made of, a generator that cannot be captured.
pub(crate) fn makes_one(expr: &Expr) -> bool {
    let mut calls = Calls(Vec::new());
    calls.visit_expr(expr);
    !calls.0.is_empty()
}

impl<'ast> Visit<'ast> for Calls {
    fn visit_expr_call(&mut self, call: &'ast syn::ExprCall) {
        if let Expr::Path(path) = &*call.func {
            let names: Vec<String> = path.path.segments.iter().map(|segment| segment.ident.to_string()).collect();
            let names: Vec<&str> = names.iter().map(String::as_str).collect();
            if matches!(names[..], [.., "rand", "rng" | "random"] | [.., "thread_rng"]) {
                self.0.push(path.span());
            }
        }
        visit::visit_expr_call(self, call);
    }

    fn visit_item(&mut self, _: &'ast syn::Item) {}
}

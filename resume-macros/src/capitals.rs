//! Locals whose names begin with a capital: `N`, `T`, `Δt`.
//!
//! A lone name in a pattern is a binding, or a constant or unit variant that is compared with. As a rule a capital tells; but
//! where a pattern must always match, it is a binding. And what is a binding in one place is one in all of the function, as
//! no binding may be called as a constant is that is in scope.

use crate::syntax::diverging;
use proc_macro2::Ident;
use std::cell::RefCell;
use std::collections::HashSet;
use syn::visit::{self, Visit};
use syn::{FnArg, ItemFn, Pat};

thread_local! {
    /// Those of the function at hand: whoever meets a pattern has to know.
    static BOUND: RefCell<HashSet<String>> = RefCell::default();
}

/// From here on, until the next function, those of `function` are bindings.
pub(crate) fn learn(function: &ItemFn) {
    let mut found = Found(HashSet::new());
    for input in &function.sig.inputs {
        if let FnArg::Typed(typed) = input {
            found.pattern(&typed.pat);
        }
    }
    found.visit_block(&function.block);
    BOUND.set(found.0);
}

/// Whether a lone name in a pattern is a binding.
pub(crate) fn is_bound(name: &Ident) -> bool {
    let name = name.to_string();
    !name.starts_with(char::is_uppercase) || BOUND.with_borrow(|bound| bound.contains(&name))
}

struct Found(HashSet<String>);

impl Found {
    /// One that always matches.
    fn pattern(&mut self, pat: &Pat) {
        struct Idents<'a>(&'a mut HashSet<String>);
        impl<'ast> Visit<'ast> for Idents<'_> {
            fn visit_pat_ident(&mut self, pat: &'ast syn::PatIdent) {
                self.0.insert(pat.ident.to_string());
                visit::visit_pat_ident(self, pat);
            }
        }
        Idents(&mut self.0).visit_pat(pat);
    }
}

impl<'ast> Visit<'ast> for Found {
    fn visit_local(&mut self, local: &'ast syn::Local) {
        if diverging(local).is_none() {
            self.pattern(&local.pat);
        }
        visit::visit_local(self, local);
    }

    fn visit_expr_for_loop(&mut self, inner: &'ast syn::ExprForLoop) {
        self.pattern(&inner.pat);
        visit::visit_expr_for_loop(self, inner);
    }

    fn visit_expr_closure(&mut self, closure: &'ast syn::ExprClosure) {
        closure.inputs.iter().for_each(|input| self.pattern(input));
        visit::visit_expr_closure(self, closure);
    }

    fn visit_item(&mut self, _: &'ast syn::Item) {}
}

//! A `let … else` with a site in its `else`, as a `match`.

use crate::model::Binding;
use crate::names;
use proc_macro2::{Ident, Span};
use syn::visit::Visit;
use syn::visit_mut::{self, VisitMut};
use syn::{Expr, Pat};

/// `let P = e else { … }` with a site in the `else` becomes
/// `let (a, b) = match { let found = if let P = e { Some((a, b)) } else { None }; found } { Some(bound) => bound, None => { … } }`:
/// what `e` holds on to ends before the `else`, as it does in a `let … else`.
pub(super) fn into_match(local: &mut syn::Local, bindings: &[Binding]) {
    let Some(init) = &mut local.init else { return };
    let Some((_, els)) = init.diverge.take() else { return };
    let expr = match &*init.expr {
        Expr::Paren(paren) if matches!(*paren.expr, Expr::If(_) | Expr::Match(_) | Expr::Block(_)) => &paren.expr,
        _ => &init.expr,
    };
    let (pat, scrutinee): (Pat, Expr) = match &local.pat {
        Pat::Type(typed) => {
            let (pat, ty) = (&typed.pat, &typed.ty);
            (syn::parse_quote!(#pat), syn::parse_quote!({ let typed: #ty = #expr; typed }))
        }
        pat => (pat.clone(), (**expr).clone()),
    };
    // A `match` takes the braces of a struct for its own.
    let scrutinee: Expr = if has_struct(&scrutinee) { syn::parse_quote!((#scrutinee)) } else { scrutinee };
    let pat = without_mut(pat);
    let idents: Vec<&Ident> = bindings.iter().map(|binding| &binding.ident).collect();
    let value: Expr = match idents[..] {
        [ident] => syn::parse_quote!(#ident),
        _ => syn::parse_quote!((#(#idents),*)),
    };
    let (found, bound) = (names::ident("found"), names::ident("bound"));
    *init.expr = syn::parse_quote!(match {
        let #found = if let #pat = #scrutinee {
            ::core::option::Option::Some(#value)
        } else {
            ::core::option::Option::None
        };
        #found
    } {
        ::core::option::Option::Some(#bound) => #bound,
        ::core::option::Option::None => #els,
    });
    let mut patterns: Vec<Pat> = bindings.iter().map(pattern).collect();
    local.pat = match patterns.len() {
        1 => patterns.remove(0),
        _ => syn::parse_quote!((#(#patterns),*)),
    };
}

fn pattern(binding: &Binding) -> Pat {
    let mutability = binding.mutable.then(|| syn::Token![mut](Span::mixed_site()));
    let ident = binding.ident.clone();
    Pat::Ident(syn::PatIdent { attrs: Vec::new(), by_ref: None, mutability, ident, subpat: None })
}

/// Whether a struct is written out in an expression, where no parentheses are around it.
fn has_struct(expr: &Expr) -> bool {
    struct Found(bool);
    impl<'ast> Visit<'ast> for Found {
        fn visit_expr_struct(&mut self, _: &'ast syn::ExprStruct) {
            self.0 = true;
        }
        fn visit_block(&mut self, _: &'ast syn::Block) {}
    }
    let mut found = Found(false);
    found.visit_expr(expr);
    found.0
}

/// The pattern with its bindings immutable: what it binds is only passed on.
pub(crate) fn without_mut(mut pat: Pat) -> Pat {
    struct Strip;
    impl VisitMut for Strip {
        fn visit_pat_ident_mut(&mut self, pat: &mut syn::PatIdent) {
            if pat.by_ref.is_none() {
                pat.mutability = None;
            }
            visit_mut::visit_pat_ident_mut(self, pat);
        }
    }
    VisitMut::visit_pat_mut(&mut Strip, &mut pat);
    pat
}

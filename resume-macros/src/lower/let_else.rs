//! A `let … else` with a site in its `else`, as a `match`.

use crate::model::Binding;
use proc_macro2::{Ident, Span};
use syn::visit::Visit;
use syn::visit_mut::{self, VisitMut};
use syn::{Expr, Pat};

/// `let P = e else { … }` with a site in the `else` becomes `let (a, b) = match e { P => (a, b), _ => { … } }`.
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
    let muts = bindings.iter().map(|binding| binding.mutable.then(|| syn::Token![mut](Span::mixed_site())));
    if let [ident] = idents[..] {
        let mutability = muts.flatten().next();
        local.pat = syn::Pat::Ident(syn::PatIdent {
            attrs: Vec::new(),
            by_ref: None,
            mutability,
            ident: ident.clone(),
            subpat: None,
        });
        *init.expr = syn::parse_quote!(match #scrutinee { #pat => #ident, _ => #els });
    } else {
        let elems = muts.zip(&idents).map(|(mutability, ident)| -> Pat {
            syn::Pat::Ident(syn::PatIdent {
                attrs: Vec::new(),
                by_ref: None,
                mutability,
                ident: (*ident).clone(),
                subpat: None,
            })
        });
        let elems: Vec<Pat> = elems.collect();
        local.pat = Pat::Tuple(syn::PatTuple {
            attrs: Vec::new(),
            paren_token: syn::token::Paren::default(),
            elems: elems.into_iter().collect(),
        });
        *init.expr = syn::parse_quote!(match #scrutinee { #pat => (#(#idents,)*), _ => #els });
    }
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

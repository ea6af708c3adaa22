//! What is left of a function with mistakes: the plain function, without annotations and sites, so that its callers
//! compile and each mistake is one error.

use crate::diag::Sink;
use crate::lower::is_site;
use proc_macro2::{Span, TokenStream};
use quote::{ToTokens, quote};
use syn::visit_mut::{self, VisitMut};
use syn::{Attribute, Expr, ItemFn, Stmt};

pub(crate) fn plain(mut function: ItemFn, sink: Sink) -> TokenStream {
    Plain.visit_item_fn_mut(&mut function);
    function.attrs.push(syn::parse_quote!(#[allow(unused, clippy::all, clippy::pedantic)]));
    let errors = sink.into_tokens();
    quote!(#function #errors)
}

/// The item is not a function with a body.
pub(crate) fn not_a_function(item: &TokenStream, error: syn::Error) -> syn::Error {
    if let Ok(method) = syn::parse2::<syn::TraitItemFn>(item.clone()) {
        return syn::Error::new(
            method.sig.ident.span(),
            "a resumable function needs a body\nhelp: put `#[resumable]` on the method of each `impl`",
        );
    }
    match syn::parse2::<syn::Item>(item.clone()) {
        // Rust that this macro cannot read.
        Err(_) | Ok(syn::Item::Fn(_) | syn::Item::Verbatim(_)) => error,
        Ok(_) => syn::Error::new(
            Span::call_site(),
            "`#[resumable]` stands on a function or a method\nhelp: put it on each `fn` that has a `checkpoint!`",
        ),
    }
}

struct Plain;

fn is_ours(attribute: &Attribute) -> bool {
    attribute.path().is_ident("resume") || attribute.path().is_ident("transient")
}

impl VisitMut for Plain {
    fn visit_item_mut(&mut self, _: &mut syn::Item) {}

    fn visit_receiver_mut(&mut self, receiver: &mut syn::Receiver) {
        receiver.attrs.retain(|attribute| !is_ours(attribute));
    }

    fn visit_pat_type_mut(&mut self, typed: &mut syn::PatType) {
        typed.attrs.retain(|attribute| !is_ours(attribute));
    }

    fn visit_local_mut(&mut self, local: &mut syn::Local) {
        local.attrs.retain(|attribute| !is_ours(attribute));
        visit_mut::visit_local_mut(self, local);
    }

    fn visit_attributes_mut(&mut self, attributes: &mut Vec<Attribute>) {
        attributes.retain(|attribute| !is_ours(attribute));
    }

    fn visit_stmt_mut(&mut self, stmt: &mut Stmt) {
        if let Stmt::Macro(mac) = stmt
            && is_site(&mac.mac)
        {
            mac.mac.tokens = quote!(@site);
        }
        visit_mut::visit_stmt_mut(self, stmt);
    }

    fn visit_expr_mut(&mut self, expr: &mut Expr) {
        visit_mut::visit_expr_mut(self, expr);
        if let Expr::Macro(mac) = expr
            && is_site(&mac.mac)
        {
            let path = mac.mac.path.to_token_stream();
            *expr = syn::parse_quote!({ #path!(@site); });
        }
    }
}

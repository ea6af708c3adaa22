//! What is left of a function with mistakes: the plain function, without annotations and sites, so that its callers
//! compile and each mistake is one error.

use crate::diag::Sink;
use crate::lower::is_site;
use crate::syntax::{is_ours, is_punct, names_ours, refilled};
use proc_macro2::{Delimiter, Group, Span, TokenStream, TokenTree};
use quote::{ToTokens, TokenStreamExt, quote};
use syn::visit_mut::{self, VisitMut};
use syn::{Attribute, Expr, ItemFn, Stmt};

/// `asked` stands before the body, and never runs.
pub(crate) fn plain(mut function: ItemFn, asked: TokenStream, sink: Sink) -> TokenStream {
    Plain.visit_item_fn_mut(&mut function);
    if !asked.is_empty() {
        function.block.stmts.insert(0, Stmt::Expr(Expr::Verbatim(asked), None));
    }
    function.attrs.push(syn::parse_quote!(#[allow(unused, clippy::all, clippy::pedantic)]));
    let errors = sink.into_tokens();
    quote!(#function #errors)
}

/// The item is not a function with a body.
pub(crate) fn no_function(item: TokenStream, error: &syn::Error, mut sink: Sink) -> TokenStream {
    let mut plain: Vec<TokenTree> = without_ours(item.clone()).into_iter().collect();
    match (mistake(&item), plain.last_mut()) {
        (Some(mistake), _) => sink.add(mistake),
        (None, Some(TokenTree::Group(body))) if body.delimiter() == Delimiter::Brace => {
            *body = refilled(body, guarded(body.stream(), &error.to_string()));
        }
        (None, _) => sink.add(error.clone()),
    }
    let errors = sink.into_tokens();
    quote!(#(#plain)* #errors)
}

fn mistake(item: &TokenStream) -> Option<syn::Error> {
    if let Ok(method) = syn::parse2::<syn::TraitItemFn>(item.clone()) {
        return Some(syn::Error::new(
            method.sig.ident.span(),
            "a resumable function needs a body\nhelp: put `#[resumable]` on the method of each `impl`",
        ));
    }
    match syn::parse2::<syn::Item>(item.clone()) {
        Err(_) | Ok(syn::Item::Fn(_) | syn::Item::Verbatim(_)) => None,
        Ok(_) => Some(syn::Error::new(
            Span::call_site(),
            "`#[resumable]` stands on a function or a method\nhelp: put it on each `fn` that has a `checkpoint!`",
        )),
    }
}

/// A body that cannot be read. Nearly always rustc has said so by now, in better words, and one error is enough. Should it
/// be Rust that only this macro cannot read, then the compiler comes as far as to its lints.
fn guarded(body: TokenStream, why: &str) -> TokenStream {
    let tokens: Vec<TokenTree> = body.into_iter().collect();
    let is_inner = |at: &[TokenTree]| matches!(at, [hash, bang, _] if is_punct(hash, '#') && is_punct(bang, '!'));
    let inner = 3 * tokens.chunks(3).take_while(|at| is_inner(at)).count();
    let (inner, rest) = tokens.split_at(inner);
    let why = format!("`#[resumable]` cannot read this function: {why}");
    quote! {
        #(#inner)*
        #[deny(unused_must_use)]
        {
            #[must_use = #why]
            const fn resumable() -> bool {
                false
            }
            resumable();
        }
        #(#rest)*
    }
}

/// The tokens without annotations and sites.
fn without_ours(tokens: TokenStream) -> TokenStream {
    let tokens: Vec<TokenTree> = tokens.into_iter().collect();
    let mut rest = tokens.as_slice();
    let mut out = TokenStream::new();
    while let Some((first, behind)) = rest.split_first() {
        rest = behind;
        match (first, behind) {
            (hash, [TokenTree::Group(attribute), ..]) if is_punct(hash, '#') && names_us(attribute) => {
                rest = &behind[1..];
            }
            (TokenTree::Ident(name), [bang, TokenTree::Group(_), after @ ..])
                if name == "checkpoint" && is_punct(bang, '!') =>
            {
                let is_statement = after.first().is_some_and(|end| is_punct(end, ';'));
                out.extend(if is_statement { quote!(#name!(@site)) } else { quote!({ #name!(@site); }) });
                rest = after;
            }
            (TokenTree::Group(group), _) => {
                out.append(refilled(group, without_ours(group.stream())));
            }
            _ => out.append(first.clone()),
        }
    }
    out
}

fn names_us(attribute: &Group) -> bool {
    let name = attribute.stream().into_iter().next();
    attribute.delimiter() == Delimiter::Bracket && matches!(name, Some(TokenTree::Ident(name)) if names_ours(&name))
}

struct Plain;

impl VisitMut for Plain {
    fn visit_item_mut(&mut self, _: &mut syn::Item) {}

    fn visit_receiver_mut(&mut self, receiver: &mut syn::Receiver) {
        receiver.attrs.retain(|attribute| !is_ours(attribute));
    }

    fn visit_pat_type_mut(&mut self, typed: &mut syn::PatType) {
        typed.attrs.retain(|attribute| !is_ours(attribute));
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

#[cfg(test)]
mod tests {
    use super::no_function;
    use crate::diag::Sink;
    use proc_macro2::{Span, TokenStream};

    fn left_of(item: &str) -> String {
        let item: TokenStream = item.parse().expect("tokens");
        let error = syn::Error::new(Span::call_site(), "expected something else");
        no_function(item, &error, Sink::default()).to_string()
    }

    #[test]
    fn what_cannot_be_read_is_plain_and_says_so_to_the_lints() {
        let left = left_of("fn f() { #![allow(x)] #[resume] let a = 1 1; checkpoint!(every = 2); { checkpoint!() } }");
        assert!(left.starts_with("fn f () { #! [allow (x)] # [deny (unused_must_use)] {"), "{left}");
        assert!(left.contains("cannot read this function: expected something else"), "{left}");
        assert!(left.ends_with("let a = 1 1 ; checkpoint ! (@ site) ; { { checkpoint ! (@ site) ; } } }"), "{left}");
        assert!(!left.contains("compile_error"), "{left}");
    }

    #[test]
    fn what_has_no_body_is_an_error() {
        for item in ["fn f = 3;", "fn f()", "fn", ""] {
            assert!(left_of(item).contains("compile_error"), "{item}");
        }
    }
}

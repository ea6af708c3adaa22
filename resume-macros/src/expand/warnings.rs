//! A warning for each generator of random numbers whose state cannot be captured, and how a warning is given at all.

use crate::{names, random};
use proc_macro2::{Ident, Span, TokenStream};
use quote::quote_spanned;
use syn::ItemFn;

const NOTE: &str = "this generator cannot be captured, so a resumed run would draw other numbers: \
                    use `resume_runtime::rng()`, or a seeded generator in a `#[resume] let`";

/// Output: a warning for each generator whose state cannot be captured.
pub(super) fn uncaptured(function: &ItemFn) -> TokenStream {
    warn("UNCAPTURED", NOTE, random::calls(&function.block))
}

/// Output: for each place a deprecated constant, used there: the one way to warn on stable.
pub(super) fn warn(name: &str, note: &str, places: Vec<Span>) -> TokenStream {
    let constant = names::ident(name);
    let warnings = places.into_iter().map(|span| {
        let used = Ident::new(name, Span::mixed_site().located_at(span));
        quote_spanned!(span=> { #[deprecated(note = #note)] const #constant: () = (); #used })
    });
    warnings.map(|warning| quote_spanned!(Span::mixed_site()=> let () = #warning;)).collect()
}

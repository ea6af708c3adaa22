//! `let`s: fresh, captured, or made again.

use super::Generator;
use super::sequence::Prefix;
use super::way_in::{is_inclusive, way_in};
use crate::arrays;
use crate::input::Parameter;
use crate::lower::without_mut;
use crate::model::{Binding, Block, Kind, Let};
use crate::names;
use crate::resolve::Resolved;
use crate::syntax::diverging;
use proc_macro2::{Ident, Span, TokenStream, TokenTree};
use quote::{ToTokens, quote, quote_spanned};
use std::collections::HashMap;
use syn::Expr;
use syn::spanned::Spanned;

/// Names captured locals for snapshots: as the user did, with a number where a name occurs again.
pub(super) fn name_captured(body: &Block, parameters: &[Parameter], resolved: &Resolved) -> HashMap<String, String> {
    let mut count: HashMap<String, usize> = HashMap::new();
    for parameter in parameters {
        for ident in &parameter.bindings {
            count.insert(ident.to_string(), 1);
        }
    }
    let mut keys = HashMap::new();
    let mut add = |binding: &Binding| {
        let user = resolved.user(&binding.name()).to_owned();
        let count = count.entry(user.clone()).or_default();
        *count += 1;
        let key = if *count == 1 { user } else { format!("{user}#{count}") };
        keys.insert(binding.name(), key);
    };
    body.lets(&mut |local| {
        if local.kind == Kind::Captured {
            local.bindings.iter().for_each(&mut add);
        }
    });
    keys
}

impl Generator<'_> {
    /// Output: `init` in a fresh pass, else the value saved under the binding's name; leaves the function if that
    /// cannot be had. Without `init` it is a resume for certain.
    pub(super) fn local(
        &self,
        binding: &Binding,
        local: &Let,
        fresh: Option<(TokenStream, TokenStream)>,
    ) -> TokenStream {
        let (ident, mut run, runtime) = (&binding.ident, names::run(), &self.runtime);
        let span = Span::mixed_site().located_at(ident.span());
        // What rustc says of a value that cannot be taken up, it says of this call.
        run.set_span(span);
        let key = &self.keys[&binding.name()];
        let (value, end) = (names::ident("value"), names::ident("end"));
        if let Some(owned) = way_in(local, binding) {
            let slot = slot_of(binding);
            let slot = quote!(#slot #owned);
            let taken = match &local.capture.default {
                Some(default) => {
                    let default = default_value(default.as_ref());
                    quote_spanned!(span=> #slot.take_or(&mut #run, #key, #default))
                }
                None => quote_spanned!(span=> #slot.take(&mut #run, #key)),
            };
            return quote!(match #taken { #runtime::Ok(#value) => #value, #runtime::Err(#end) => return #end });
        }
        let with = self.with(local);
        if fresh.is_none() && with.is_none() && local.capture.default.is_none() {
            let taken = quote_spanned!(span=> #run.take(#key));
            return quote!(match #taken { #runtime::Ok(#value) => #value, #runtime::Err(#end) => return #end });
        }
        let (fresh, init) = fresh.unwrap_or_else(|| (quote!(false), quote!(::core::unreachable!())));
        let with = with.map(|with| {
            let decoder = names::ident("decoder");
            let deserialize = quote_spanned!(span=> #with::deserialize);
            quote!(|#decoder: &mut #runtime::Decoder<'_>| #deserialize(#decoder))
        });
        let default = local.capture.default.as_ref();
        // A value of another type than the local is said to be one where it stands.
        let mut saved_value = value.clone();
        if let Some(Some(default)) = default {
            saved_value.set_span(Span::mixed_site().located_at(default.span()));
        }
        let default = default.map(|default| default_value(default.as_ref()));
        let saved = match (with, default) {
            (None, None) => quote_spanned!(span=> #run.local(#fresh, #key)),
            (None, Some(default)) => quote_spanned!(span=> #run.local_or(#fresh, #key, #default)),
            (Some(with), None) => quote_spanned!(span=> #run.local_with(#fresh, #key, #with)),
            (Some(with), Some(default)) => {
                quote_spanned!(span=> #run.local_with_or(#fresh, #key, #with, #default))
            }
        };
        quote! {
            match #saved {
                #runtime::Fresh => #init,
                #runtime::Saved(#saved_value) => #saved_value,
                #runtime::Failed(#end) => return #end,
            }
        }
    }

    /// Output: the module that saves a captured local and brings it back, if that is not serde.
    pub(super) fn with(&self, local: &Let) -> Option<TokenStream> {
        if let Some(own) = &local.capture.with {
            return Some(own.to_token_stream());
        }
        let name = local.bindings.first().filter(|_| is_inclusive(local))?.ident.span();
        let span = Span::mixed_site().located_at(name);
        let runtime = self.runtime_at(span);
        Some(quote_spanned!(span=> #runtime::inclusive))
    }

    /// Output: `let` in its place, verbatim, or with its saved value on a resume.
    /// `prefix` comes with an initialiser that has sites.
    pub(super) fn direct(&self, local: &Let, needed: bool, prefix: Option<Prefix<'_>>) -> TokenStream {
        if !is_split(local) || !needed {
            return self.verbatim(local, prefix);
        }
        let attrs = &local.local.attrs;
        let upto = local.sited.as_ref().map_or(0, |compound| *compound.sites.end());
        let fresh = self.fresh(upto);
        let resume = prefix.as_ref().map(|prefix| prefix.resume.clone()).unwrap_or_default();
        let init = self.init(local, prefix);
        if let Some(again) = self.left_out(local) {
            let (inner, outer) = (self.inner_let(local, init), outer_pattern(&local.bindings));
            let idents = bound(local);
            return quote!(#(#attrs)* let #outer = if #fresh { #inner #idents } else { #resume #again };);
        }
        let slots = self.slots_of(local);
        if let (Some((pat, _)), [binding], true, None) =
            (local.simple(), &local.bindings[..], resume.is_empty(), &slots)
        {
            // A call writes its result to memory; passed on, it is free to live in registers.
            let called = matches!(local.initialiser(), Some(Expr::Call(_)));
            let runtime = &self.runtime;
            let init = if called && local.sited.is_none() { quote!(#runtime::own(#init)) } else { init };
            let value = self.local(binding, local, Some((fresh, init)));
            return quote!(#(#attrs)* let #pat = #value;);
        }
        let taken = self.taken(local);
        let (pat, value) = match (local.simple(), &local.bindings[..]) {
            (Some((pat, _)), [binding]) => (quote!(#pat), passed(local, binding, init)),
            _ => {
                let (inner, outer) = (self.inner_let(local, init), outer_pattern(&local.bindings));
                let passed = passed_on(local);
                (outer, quote!(#inner #passed))
            }
        };
        quote! {
            #slots
            #(#attrs)*
            let #pat = if #fresh { #value } else { #resume #taken };
        }
    }

    /// Output: the assignment of a local declared before (see `slot`).
    pub(super) fn assign(&self, local: &Let, prefix: Option<Prefix<'_>>) -> TokenStream {
        local.bindings.iter().for_each(|binding| self.pin(&binding.name()));
        if local.is_deferred() || is_closure(local) {
            return TokenStream::new();
        }
        let idents = bound(local);
        if let Some((again, _)) = self.again(local) {
            return quote!(#idents = #again!(););
        }
        let upto = local.sited.as_ref().map_or(0, |compound| *compound.sites.end());
        let resume = prefix.as_ref().map(|prefix| prefix.resume.clone());
        let value = self.assigned(local, prefix);
        if !is_split(local) || upto == 0 {
            return quote!(#idents = #value;);
        }
        let (cond, taken) = (self.fresh(upto), self.resumed(local));
        quote!(#idents = if #cond { #value } else { #resume #taken };)
    }

    /// Output: what is assigned to a local declared before.
    fn assigned(&self, local: &Let, prefix: Option<Prefix<'_>>) -> TokenStream {
        let init = self.init(local, prefix);
        match (local.simple(), &local.bindings[..]) {
            (Some(_), [binding]) => passed(local, binding, init),
            _ => {
                let (inner, passed) = (self.inner_let(local, init), passed_on(local));
                quote!({ #inner #passed })
            }
        }
    }

    /// What is assigned to a local on both ways stands in one place: in a macro of this name, with this body. Not if that
    /// would read something in it as its own.
    fn again(&self, local: &Let) -> Option<(Ident, TokenStream)> {
        if is_split(local) || local.sited.is_some() || local.is_deferred() || is_closure(local) {
            return None;
        }
        let name = local.bindings.first()?.name();
        let value = self.assigned(local, None);
        let again = names::ident(&format!("again_{}", name.trim_start_matches("r#")));
        (!has_dollar(value.clone())).then_some((again, value))
    }

    /// Output: the assignment of a local declared before, in a fresh pass as on a resume.
    pub(super) fn assign_either(&self, local: &Let) -> TokenStream {
        let assign = self.assign(local, None);
        if !is_split(local) || local.sited.is_some() {
            return assign;
        }
        let (fresh, resumed) = (self.fresh(0), self.assign_resumed(local));
        quote!(if #fresh { #assign } else { #resumed })
    }

    /// Output: the assignment on a resume of a local declared before.
    pub(super) fn assign_resumed(&self, local: &Let) -> TokenStream {
        let assign = if is_split(local) {
            let idents = bound(local);
            let resumed = self.resumed(local);
            quote!(#idents = #resumed;)
        } else {
            self.assign(local, None)
        };
        // What runs from here on may need one of them alone.
        if local.bindings.len() > 1 { quote!(#[allow(unused_assignments)] { #assign }) } else { assign }
    }

    /// Output: `let mut a: T; let b;`, to be assigned on both ways to the site. What is computed again is so by a macro,
    /// for the code of the user to stand in one place. A closure is made at once: one text makes
    /// one type, and making it does nothing.
    pub(super) fn slot(&self, local: &Let) -> TokenStream {
        if is_closure(local) {
            return self.verbatim(local, None);
        }
        self.slots.set(true);
        let again = self.again(local).map(|(again, value)| quote!(macro_rules! #again { () => { #value } }));
        let slots = self.slots_of(local);
        if let Some((pat, _)) = local.simple() {
            return quote!(#slots let #pat; #again);
        }
        let declared = local.bindings.iter().map(declared);
        quote!(#slots #(let #declared;)* #again)
    }

    /// Output: what ties the types of bindings to the ways in, for those that need it.
    fn slots_of(&self, local: &Let) -> Option<TokenStream> {
        let runtime = &self.runtime;
        let tied = local.bindings.iter().filter(|binding| way_in(local, binding).is_some());
        let slots: TokenStream = tied.map(slot_of).map(|slot| quote!(let #slot = #runtime::Slot::new();)).collect();
        (!slots.is_empty()).then_some(slots)
    }

    /// Output: the `let` with its exits rewritten.
    pub(super) fn verbatim(&self, local: &Let, prefix: Option<Prefix<'_>>) -> TokenStream {
        let Some(compound) = &local.sited else { return self.stmt(&syn::Stmt::Local(local.local.clone())) };
        let (attrs, pat) = (&local.local.attrs, self.pat(&local.local.pat));
        let init = self.compound(compound, prefix);
        let diverge = self.diverge(local);
        quote!(#(#attrs)* let #pat = #init #diverge;)
    }

    /// Output: what the bindings are on a resume.
    fn resumed(&self, local: &Let) -> TokenStream {
        self.left_out(local).map_or_else(|| self.taken(local), |again| quote!({ #again }))
    }

    /// Output: a `let … else` without what its `else` block does, and its bindings.
    fn left_out(&self, local: &Let) -> Option<TokenStream> {
        let again = local.again.as_ref()?;
        let (pat, init) = (self.pat(&without_mut(again.pat.clone())), self.expr(&again.init));
        let idents = bound(local);
        let runtime = &self.runtime;
        Some(quote!(let #pat = #init else { #runtime::other_way() }; #idents))
    }

    fn taken(&self, local: &Let) -> TokenStream {
        tuple(local.bindings.iter().map(|binding| self.local(binding, local, None)))
    }

    fn init(&self, local: &Let, prefix: Option<Prefix<'_>>) -> TokenStream {
        match (&local.sited, local.initialiser()) {
            (Some(compound), _) => self.compound(compound, prefix),
            (None, Some(init)) => self.expr(init),
            (None, None) => TokenStream::new(),
        }
    }

    fn diverge(&self, local: &Let) -> Option<TokenStream> {
        let els = self.expr(diverging(&local.local)?);
        Some(quote!(else #els))
    }

    /// The user's `let` again, inside a block that passes its bindings on.
    fn inner_let(&self, local: &Let, init: TokenStream) -> TokenStream {
        let pat = self.pat(&without_mut(local.local.pat.clone()));
        let diverge = self.diverge(local);
        quote!(let #pat = #init #diverge;)
    }
}

/// What the `let` binds: `a`, or `(a, b)`.
fn bound(local: &Let) -> TokenStream {
    tuple(local.bindings.iter().map(|binding| &binding.ident))
}

/// `a`, or `(a, b)`.
fn tuple(parts: impl Iterator<Item = impl ToTokens>) -> TokenStream {
    let parts: Vec<_> = parts.collect();
    match &parts[..] {
        [one] => quote!(#one),
        _ => quote!((#(#parts),*)),
    }
}

/// `mut a`, or `(mut a, b)`.
fn outer_pattern(bindings: &[Binding]) -> TokenStream {
    tuple(bindings.iter().map(declared))
}

/// `mut a`
fn declared(binding: &Binding) -> TokenStream {
    let (ident, mutability) = (&binding.ident, binding.mutable.then(|| quote!(mut)));
    quote!(#mutability #ident)
}

/// Whether a resume comes to its value by other code than a fresh pass.
fn is_split(local: &Let) -> bool {
    local.kind == Kind::Captured || local.again.is_some()
}

/// A local that is visibly an array of more than a few elements, or of who knows how many.
pub(super) fn is_long_array(local: &Let) -> bool {
    let Some((_, ty)) = local.simple() else { return false };
    match (ty, local.initialiser()) {
        (Some(ty), _) => arrays::is_long(ty),
        (None, Some(init)) => arrays::is_long_value(init),
        (None, None) => false,
    }
}

/// Output: the value of a binding in a fresh pass.
fn passed(local: &Let, binding: &Binding, value: TokenStream) -> TokenStream {
    match way_in(local, binding) {
        Some(_) => {
            let slot = slot_of(binding);
            quote!(#slot.fresh(#value))
        }
        None => value,
    }
}

/// Output: the bindings of an inner `let`, for the outer one.
fn passed_on(local: &Let) -> TokenStream {
    tuple(local.bindings.iter().map(|binding| passed(local, binding, binding.ident.to_token_stream())))
}

/// Ties the type of a local to the way in.
fn slot_of(binding: &Binding) -> Ident {
    let span = Span::mixed_site().located_at(binding.ident.span());
    Ident::new(&format!("slot_{}", binding.name().trim_start_matches("r#")), span)
}

/// A macro made of it would take what comes behind for a variable of its own.
fn has_dollar(tokens: TokenStream) -> bool {
    tokens.into_iter().any(|token| match token {
        TokenTree::Punct(punct) => punct.as_char() == '$',
        TokenTree::Group(group) => has_dollar(group.stream()),
        TokenTree::Ident(_) | TokenTree::Literal(_) => false,
    })
}

fn default_value(default: Option<&Expr>) -> TokenStream {
    match default {
        Some(expr) => quote!(|| #expr),
        None => quote!(::core::default::Default::default),
    }
}

/// `let f = |…| …;`, made again on a resume.
pub(super) fn is_closure(local: &Let) -> bool {
    local.kind == Kind::Plain && matches!(local.initialiser(), Some(Expr::Closure(_)))
}

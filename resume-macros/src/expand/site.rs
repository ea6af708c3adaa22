//! The code of a site: count the pass, and save if a snapshot is due.

use super::Generator;
use super::locals::is_long_array;
use super::sequence::Prefix;
use crate::args::{Interval, Trigger};
use crate::mentions::Names;
use crate::model::{Binding, Cursor, Kind, Let, Loop, LoopKind, Stmt};
use crate::names;
use crate::syntax::mention;
use proc_macro2::{Ident, Literal, TokenStream};
use quote::{ToTokens, quote, quote_spanned};

impl Generator<'_> {
    /// The loops with sites around a site, outermost first.
    pub(super) fn loops_around(&self, site: usize) -> impl DoubleEndedIterator<Item = &Loop> {
        self.sites[site - 1].loops.iter().map(|number| self.loops[number])
    }

    fn number(site: usize) -> Literal {
        Literal::usize_unsuffixed(site)
    }

    /// The user's path to `checkpoint!`, so that it counts as used; expands to nothing.
    pub(super) fn mark(&self, site: usize) -> TokenStream {
        let path = &self.sites[site - 1].path;
        quote!(#path! { @site })
    }

    /// Output: what happens after a block of passes.
    pub(super) fn poll(&self, site: usize) -> TokenStream {
        let (left, run, number) = (names::left(site), names::run(), Self::number(site));
        let trigger = self.trigger(&self.sites[site - 1].trigger);
        let save = self.save(site);
        quote! {
            if #left == 0 {
                if #run.due(#number, 0, #trigger) { #save }
                #left = #run.credit(#number);
            }
        }
    }

    /// Output: a site that is looked at on each pass. `later`: other sites follow in its block.
    /// `asked`: its trigger, if that is made before.
    pub(super) fn mid_site(&self, site: usize, later: bool, asked: Option<TokenStream>) -> TokenStream {
        let (left, run, target) = (names::left(site), names::run(), names::target());
        let number = Self::number(site);
        let trigger = &self.sites[site - 1].trigger;
        let when = trigger.when.as_ref().filter(|_| asked.is_none()).map(|when| {
            let (name, when) = (names::ident("when"), self.expr(when));
            let runtime = &self.runtime;
            quote!(let #name: #runtime::Bool = #when;)
        });
        let or_when = trigger.when.as_ref().map(|_| {
            let name = names::ident("when");
            quote!(|| #name)
        });
        let (mark, save) = (self.mark(site), self.save(site));
        let trigger = asked.unwrap_or_else(|| self.trigger(trigger));
        // In a stretch it does not come to 0.
        let looks = self.loops_around(site).next_back().filter(|inner| self.stretched(inner).is_some()).map(|inner| {
            let looks = names::looks(inner.number);
            quote!(#looks &&)
        });
        let arrive = self.arrive(site);
        let reached = if later { quote!(else if #target == #number { #arrive }) } else { quote!(else { #arrive }) };
        quote! {
            if #target == 0 {
                #mark
                #when
                #left -= 1;
                if #looks #left == 0 #or_when {
                    if #run.due(#number, #left, #trigger) { #save }
                    #left = #run.credit(#number);
                }
            } #reached
        }
    }

    /// The site's arguments need what is bound for fresh code only: they are evaluated in there.
    pub(super) fn ask_within(&self, site: usize, prefix: Prefix<'_>) -> (TokenStream, Option<TokenStream>) {
        self.slots.set(true);
        let runtime = &self.runtime;
        let trigger = &self.sites[site - 1].trigger;
        let (asked, when) = (names::ident("asked"), names::ident("when"));
        let value = self.trigger(trigger);
        let cond = trigger.when.as_ref().map(|cond| self.expr(cond));
        let ask = match &cond {
            Some(cond) => quote!(#when = #cond; #asked = #value;),
            None => quote!(#asked = #value;),
        };
        let declared = cond.map(|_| quote!(let mut #when = false;));
        let before = self.flush(Some(prefix.then(Names::new(), move |hole| quote!(#ask #hole))));
        (quote!(#declared let mut #asked = #runtime::Trigger::new(); #before), Some(quote!(#asked)))
    }

    fn trigger(&self, trigger: &Trigger) -> TokenStream {
        let runtime = &self.runtime;
        let every = trigger.every.as_ref().map(|every| {
            let passes = self.expr(every);
            let is_u64 = |n: &syn::LitInt| matches!(n.suffix(), "" | "u64");
            if matches!(every, syn::Expr::Lit(syn::ExprLit { lit: syn::Lit::Int(n), .. }) if is_u64(n)) {
                quote!(.every(#passes))
            } else {
                quote!(.every(#runtime::passes(#passes)))
            }
        });
        let interval = trigger.interval.as_ref().map(|interval| match interval {
            Interval::Nanos(nanos) => {
                let nanos = Literal::u64_unsuffixed(*nanos);
                quote!(.interval(::core::time::Duration::from_nanos(#nanos)))
            }
            Interval::Duration(expr) => {
                let expr = self.expr(expr);
                quote!(.interval(#expr))
            }
        });
        let when = trigger.when.as_ref().map(|_| {
            let name = names::ident("when");
            quote!(.when(#name))
        });
        let budget = trigger.budget.map(|share| quote!(.budget(#share)));
        quote!(#runtime::Trigger::new()#budget #every #interval #when)
    }

    /// The captured locals of a site, in the order of their declaration.
    pub(super) fn captured_at(&self, site: usize) -> Vec<(&Binding, &Let)> {
        let alive = &self.live.at[site - 1];
        let mut captured = Vec::new();
        self.body.lets(&mut |local| {
            if local.kind == Kind::Captured {
                let bindings = local.bindings.iter().filter(|binding| alive.contains(&binding.name()));
                captured.extend(bindings.map(|binding| (binding, local)));
            }
        });
        captured
    }

    /// Output: saves the cursors, the captured parameters and the captured locals. Mutable ones are moved out and
    /// back, so that their address does not escape and the loop can keep them in registers.
    fn save(&self, site: usize) -> TokenStream {
        let (run, runtime, number) = (names::run(), &self.runtime, Self::number(site));
        let lefts = (1..=self.sites.len()).map(names::left);
        let end = names::ident("end");
        let captured = self.captured_at(site);
        captured.iter().for_each(|(binding, _)| self.pin(&binding.name()));
        let parameters = self.moved_parameters().filter(|ident| self.is_free(site, &ident.to_string()));
        let locals = captured.iter().filter(|(binding, local)| {
            let is_read = self.live.reached[site - 1].contains(&binding.name());
            binding.mutable && !is_long_array(local) && is_read && self.is_free(site, &binding.name())
        });
        let moved: Vec<&Ident> = parameters.chain(locals.map(|(binding, _)| &binding.ident)).collect();
        let mut values: Vec<TokenStream> = self.cursors_at(site);
        values.extend(self.parameters_at(&moved).into_iter().map(|(key, value)| quote!((#key, #value))));
        for (binding, local) in &captured {
            let ident = &binding.ident;
            let place = held_place(&moved, ident).unwrap_or_else(|| quote!(#ident));
            let key = &self.keys[&binding.name()];
            let value = self.value(&place, ident, local);
            values.push(quote!((#key, #value)))
        }
        let (hold, back) = self.held(&moved);
        quote! {
            #hold
            #(#run.put #values;)*
            #back
            if let #runtime::Err(#end) = #run.commit(#number, &[#(#lefts),*]) { return #end; }
        }
    }

    fn value(&self, place: &TokenStream, ident: &Ident, local: &Let) -> TokenStream {
        let runtime = &self.runtime;
        if let Some(with) = self.with(local) {
            return quote!(#runtime::With::new(&#place, |value, encoder: &mut #runtime::Encoder<'_>| #with::serialize(value, encoder)).value());
        }
        quote_spanned!(ident.span()=> #runtime::Save(&#place).value())
    }

    /// Output: moves these out, and back.
    pub(super) fn held(&self, moved: &[&Ident]) -> (TokenStream, TokenStream) {
        if moved.is_empty() {
            return (TokenStream::new(), TokenStream::new());
        }
        let held = names::ident("held");
        let back = quote!((#(#moved,)*) = #held;);
        // What is set anew before it is read is in the snapshot all the same, and so is a parameter that is not read again.
        let set = moved
            .iter()
            .map(ToString::to_string)
            .any(|name| self.facts.assigned.contains(&name) || !self.lets.contains_key(&name));
        let back = if set { quote!(#[allow(unused_assignments)] { #back }) } else { back };
        (quote!(let #held = (#(#moved,)*);), back)
    }

    /// The captured parameters that are moved to be saved: those that are `mut`, but for long arrays.
    pub(super) fn moved_parameters(&self) -> impl Iterator<Item = &Ident> {
        let by_value = self
            .parameters
            .iter()
            .filter(|parameter| parameter.kind == Kind::Captured && !parameter.by_reference && !parameter.is_long);
        let idents = by_value.flat_map(|parameter| &parameter.bindings);
        idents.filter(|ident| *ident != "self" && self.facts.mutable.contains(&ident.to_string()))
    }

    /// Whether nothing that is alive at the site can hold a borrow of it, so that it can be moved there.
    pub(super) fn is_free(&self, site: usize, name: &str) -> bool {
        // A `Cow` is saved as what it owns, and may be borrowed until then.
        let is_saved =
            |local: &Let| local.kind == Kind::Captured && mention(local.local.to_token_stream(), "Cow").is_none();
        let holds = |name: &String| {
            self.lets.get(name).is_some_and(|local| {
                local.kind == Kind::Transient || (local.kind == Kind::Captured && !is_saved(local))
            })
        };
        let holders: Names = self.live.at[site - 1].iter().filter(|name| holds(name)).cloned().collect();
        let is_owned = |name: &str| match self.lets.get(name) {
            Some(local) => is_saved(local),
            None => self.parameters.iter().any(|parameter| parameter.bindings.iter().any(|ident| ident == name)),
        };
        // A range holds what it goes to by value.
        let lent = self.loops_around(site).any(|inner| {
            matches!(&inner.kind, LoopKind::For { mentions, cursor, .. } if *cursor != Cursor::Range && mentions.contains(name))
        });
        !lent && !self.facts.lending.may_hold(name, &holders, is_owned)
    }

    /// The constructor of a site by where it stands in each pass of the `for` around it, if the cursor of that could give the
    /// item of a pass again.
    pub(super) fn place_in_pass(&self, site: usize) -> &'static str {
        let innermost = self.loops_around(site).next_back();
        let Some(inner) = innermost
            .filter(|inner| matches!(&inner.kind, LoopKind::For { cursor: Cursor::Range | Cursor::Count, .. }))
        else {
            return "new";
        };
        match inner.body.stmts.first() {
            _ if inner.tail == Some(site) => "last",
            Some(Stmt::Site(first, _)) if *first == site => "first",
            _ => "new",
        }
    }

    fn cursors_at(&self, site: usize) -> Vec<TokenStream> {
        let runtime = &self.runtime;
        let cursors = self.loops_around(site).filter_map(|inner| {
            let LoopKind::For { cursor, .. } = &inner.kind else { return None };
            let (steps, id) = (names::cursor(inner.number), &inner.id);
            let method = match cursor {
                Cursor::Transient => return None,
                Cursor::Captured => names::ident("here"),
                Cursor::Range | Cursor::Count if inner.tail == Some(site) => names::ident("here"),
                Cursor::Range | Cursor::Count => names::ident("again"),
            };
            Some(quote!((#id, #runtime::Save(&#steps.#method()).value())))
        });
        cursors.collect()
    }

    pub(super) fn parameters_at(&self, moved: &[&Ident]) -> Vec<(String, TokenStream)> {
        let runtime = &self.runtime;
        let captured = self.parameters.iter().filter(|parameter| parameter.kind == Kind::Captured);
        let values = captured.flat_map(|parameter| {
            parameter.bindings.iter().map(move |ident| {
                let key = ident.to_string();
                let held = held_place(moved, ident).map(|place| quote!(&#place));
                let place =
                    held.unwrap_or_else(|| if parameter.by_reference { quote!(&*#ident) } else { quote!(&#ident) });
                (key, quote_spanned!(ident.span()=> #runtime::Save(#place).value()))
            })
        });
        values.collect()
    }
}

/// Output: where one of those that are moved is meanwhile.
pub(super) fn held_place(moved: &[&Ident], ident: &Ident) -> Option<TokenStream> {
    let at = Literal::usize_unsuffixed(moved.iter().position(|moved| *moved == ident)?);
    let held = names::ident("held");
    Some(quote!(#held.#at))
}

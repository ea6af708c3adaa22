//! Loops with sites. A loop whose only site ends its body runs in blocks: an inner loop of so many passes as need no
//! look at counters, clock and signals has no test inside, so it runs at the speed of the plain loop.

use super::flow::Flow;
use super::sequence::Prefix;
use super::upwards::{Relation, Upwards};
use super::{Generator, labelled};
use crate::mentions::Names;
use crate::model::{Binding, CompoundKind, Cursor, Loop, LoopKind, Stmt, sites};
use crate::names;
use proc_macro2::{Ident, Span, TokenStream};
use quote::{quote, quote_spanned};
use syn::spanned::Spanned;
use syn::{Expr, Lifetime, Pat};

impl Generator<'_> {
    /// Output: the loop as an expression.
    pub(super) fn repeat(&self, inner: &Loop, prefix: Option<Prefix<'_>>) -> TokenStream {
        let (before, code) = self.loop_parts(inner, prefix);
        if before.is_empty() { code } else { quote!({ #before #code }) }
    }

    /// Output: what comes before the loop, and the loop.
    pub(super) fn loop_parts(&self, inner: &Loop, prefix: Option<Prefix<'_>>) -> (TokenStream, TokenStream) {
        let LoopKind::For { expr, cursor, .. } = &inner.kind else {
            let (before, (arrive, code)) = (self.flush(prefix), self.walked(inner));
            return (quote!(#before #arrive), code);
        };
        let (steps, run, target, runtime) = (names::cursor(inner.number), names::run(), names::target(), &self.runtime);
        let id = &inner.id;
        // An iterator is made in the head of a `match`: what it borrows lives as long as the loop.
        match cursor {
            Cursor::Range | Cursor::Captured => {
                let (cursor, (arrive, code)) = (self.cursor(inner, expr, *cursor, prefix), self.walked(inner));
                (quote!(#cursor #arrive), code)
            }
            Cursor::Count => {
                let (before, iter, (arrive, code)) = (self.flush(prefix), self.expr(expr), self.walked(inner));
                let items = quote_spanned!(expr.span()=> #runtime::Source::new(#iter).cursor());
                // Cut in the middle of a pass, it needs the item of that pass once more.
                let lacking =
                    inner.tail.is_none().then(|| quote!(if #target != 0 { return #run.lacks(#id, #steps.here()); }));
                let code = quote! {
                    match #run.items(#id, #target != 0, #items) {
                        #runtime::Some(mut #steps) => { #arrive #code #lacking }
                        #runtime::None => return #run.refused(),
                    }
                };
                (before, code)
            }
            Cursor::Transient => {
                let (before, iter, (arrive, code)) = (self.flush(prefix), self.expr(expr), self.walked(inner));
                let items = quote_spanned!(expr.span()=> #runtime::Passing::new(#iter));
                (before, quote!(match #items { mut #steps => { #arrive #code } }))
            }
        }
    }

    /// Output: what a resume does in front of the loop, and the loop itself, with its label.
    fn walked(&self, inner: &Loop) -> (TokenStream, TokenStream) {
        let label = inner.label.clone().unwrap_or_else(|| names::label("loop", inner.number));
        let in_two = inner.tail.is_some() || self.stretched(inner).is_some();
        let pass = in_two.then(|| names::label("pass", inner.number));
        let by_cursor = matches!(&inner.kind, LoopKind::For { cursor: Cursor::Range | Cursor::Captured, .. });
        let arrive = inner.tail.map(|site| if by_cursor { self.reset(site) } else { self.arrive_if_resumed(site) });
        let upwards = inner.tail.and_then(|_| self.upwards(inner));
        let catches = inner.hides || upwards.as_ref().is_some_and(|upwards| upwards.jumps);
        let catches = catches && pass.is_some();
        let flow = Flow { user: inner.label.clone(), label: label.clone(), pass: pass.clone(), catches };
        self.flows.borrow_mut().push(flow);
        let code = match (inner.tail, pass, upwards) {
            (Some(site), _, Some(upwards)) => self.block_upwards(inner, &upwards, site, &label),
            (Some(site), Some(pass), None) => self.blocked(inner, site, &label, &pass),
            _ => self.open(inner, &label),
        };
        self.flows.borrow_mut().pop();
        (arrive.unwrap_or_default(), labelled(&label, code))
    }

    /// Output: `let mut steps = …;`, fresh or as saved. If the loop ends with its site, the run is back there with that.
    fn cursor(&self, inner: &Loop, expr: &Expr, cursor: Cursor, prefix: Option<Prefix<'_>>) -> TokenStream {
        let (steps, run, target, runtime) = (names::cursor(inner.number), names::run(), names::target(), &self.runtime);
        let (value, end, id) = (names::ident("value"), names::ident("end"), &inner.id);
        let iter = self.expr(expr);
        let span = Span::mixed_site().located_at(expr.span());
        let method = |name: &str| match cursor {
            Cursor::Captured => Ident::new(&format!("{name}_whole"), span),
            _ => names::ident(&format!("{name}_steps")),
        };
        let fresh = match cursor {
            Cursor::Captured => quote_spanned!(expr.span()=> #runtime::Whole::new(#iter)),
            _ => quote_spanned!(expr.span()=> #runtime::Steps::new(#iter)),
        };
        let mentions = match &inner.kind {
            LoopKind::For { mentions, .. } => mentions,
            _ => &Names::new(),
        };
        match prefix {
            Some(prefix) if !prefix.names.is_disjoint(mentions) => {
                let cond = self.fresh(prefix.upto);
                let code = (prefix.wrap)(quote!(#steps = #fresh;));
                let (resume, after) = (prefix.resume, prefix.after);
                let take = method("take");
                let arrived = inner.tail.map(|_| quote!(#run.arrived();));
                quote! {
                    let mut #steps;
                    if #cond { #code } else {
                        #resume
                        #steps = match #run.#take(#id) { #runtime::Ok(#value) => #value, #runtime::Err(#end) => return #end };
                        #arrived
                    }
                    #after
                }
            }
            prefix => {
                let before = self.flush(prefix);
                let local = method(if inner.tail.is_some() { "enter" } else { "local" });
                quote! {
                    #before
                    let mut #steps = match #run.#local(#target == 0, #id) {
                        #runtime::Fresh => #fresh,
                        #runtime::Saved(#value) => #value,
                        #runtime::Failed(#end) => return #end,
                    };
                }
            }
        }
    }

    /// Output: a loop that runs in blocks.
    fn blocked(&self, inner: &Loop, site: usize, label: &Lifetime, pass: &Lifetime) -> TokenStream {
        let (left, runtime) = (names::left(site), &self.runtime);
        let stmts = &inner.body.stmts[..inner.body.stmts.len() - 1];
        let (body, mark) = (self.sequence(stmts, None, &Names::new()), self.mark(site));
        let body =
            if inner.hides { self.caught(&body, &quote!(break #label;), &quote!(continue #pass;)) } else { body };
        let each_counts = inner.hides || stmts.iter().any(|stmt| !stmt.jumps().is_empty());
        let countdown = (each_counts || !matches!(inner.kind, LoopKind::For { .. })).then(|| quote!(#left -= 1;));
        let body = quote!(#body #mark #countdown);
        let poll = self.poll(site);
        match &inner.kind {
            LoopKind::For { pat, .. } => {
                let (block, pat) = (names::ident("block"), self.pat(pat));
                let each = labelled(pass, quote!(for #pat in #block { #body }));
                // Counted down by the block, or pass by pass where one may leave the loop or the pass.
                let most = if each_counts { quote!({ #left }) } else { quote!(#left) };
                let next = self.next_items(inner, site, "block", &quote!(&mut #most));
                quote!(while let #runtime::Some(#block) = #next { #each #poll })
            }
            LoopKind::While { cond, .. } => {
                let cond = self.expr(cond);
                let each =
                    labelled(pass, quote!(loop { if #cond { #body if #left == 0 { break; } } else { break #label; } }));
                quote!(loop { #each #poll })
            }
            LoopKind::Loop => {
                let each = labelled(pass, quote!(loop { #body if #left == 0 { break; } }));
                quote!(loop { #each #poll })
            }
        }
    }

    /// Output: the code of a pass in a loop that runs once, which is where a jump without a label leads, and what is done after a
    /// `break` and after a `continue`. The ways are those of the user's loop: what is moved before a `break` is not used again.
    fn caught(&self, body: &TokenStream, broken: &TokenStream, continued: &TokenStream) -> TokenStream {
        let (again, done) = (names::ident("again"), self.label("done"));
        quote! {
            #done: {
                let mut #again = false;
                loop {
                    if #again { #continued }
                    #[allow(unused_assignments)] { #again = true; }
                    #body
                    #[allow(unreachable_code)] { break #done; }
                }
                #[allow(unreachable_code)] { #broken }
            }
        }
    }

    /// Output: a loop that runs in blocks, the passes of which are those of a number that goes up.
    fn block_upwards(&self, inner: &Loop, upwards: &Upwards<'_>, site: usize, label: &Lifetime) -> TokenStream {
        let (left, runtime, block) = (names::left(site), &self.runtime, names::ident("block"));
        let stmts = &inner.body.stmts[upwards.head..inner.body.stmts.len() - 1];
        let body = self.sequence(stmts, None, &Names::new());
        let (mark, poll) = (self.mark(site), self.poll(site));
        let (before, body) = self.checked(upwards, body, site, label);
        let (index, bound) = (upwards.index, self.bound(upwards));
        let (test, ends) = upwards.test;
        let test = self.expr(test);
        let count = quote!(#left -= #block.made(#index););
        let (new, test, is_over) = match upwards.relation {
            Relation::Below => ("below", test, quote!(&& #block.is_over(#index, #bound))),
            Relation::UpTo => ("up_to", test, quote!(&& #block.is_past(#index, #bound))),
            Relation::Until if ends => ("until", quote!(#block.is_blind() && #test), quote!(&& !#block.is_blind())),
            Relation::Until => ("until", quote!(!#block.is_blind() || #test), quote!(&& !#block.is_blind())),
        };
        let new = names::ident(new);
        let test = if ends {
            quote!(if #test { #count break #label; })
        } else {
            quote!(if #test {} else { #count break #label; })
        };
        quote! {
            loop {
                let #block = #runtime::Upwards::#new(#index, #bound, #left);
                while #block.has(#index) { #before #test #body #mark }
                #count
                if #left != 0 #is_over { break #label; }
                #poll
            }
        }
    }

    /// Output: what comes before a pass, and its code, after which it is looked whether the number has gone up by one if that
    /// is not certain. Where nothing else happened, the compiler sees that.
    fn checked(
        &self,
        upwards: &Upwards<'_>,
        body: TokenStream,
        site: usize,
        label: &Lifetime,
    ) -> (TokenStream, TokenStream) {
        if upwards.is_certain && !upwards.jumps {
            return (TokenStream::new(), body);
        }
        let (left, block, index) = (names::left(site), names::ident("block"), upwards.index);
        let at = names::ident("at");
        let body = if upwards.jumps {
            let count = quote!(#left -= #block.made(#at););
            self.caught(&body, &quote!(#count break #label;), &quote!(#count continue #label;))
        } else {
            body
        };
        let checked = quote! {
            #body
            if !#block.is_next(#at, #index) {
                #left -= #block.made(#at) + 1;
                continue #label;
            }
        };
        (quote!(let #at = #index;), checked)
    }

    /// Output: a loop whose body is entered anywhere.
    fn open(&self, inner: &Loop, label: &Lifetime) -> TokenStream {
        let target = names::target();
        match &inner.kind {
            LoopKind::Loop => {
                let body = self.body(inner, None, None);
                quote!(loop { #body })
            }
            LoopKind::While { cond, bindings } if bindings.is_empty() => {
                let code = self.expr(cond);
                let code = if needs_parens(cond) { quote!((#code)) } else { code };
                let body = self.body(inner, None, None);
                quote!(while #target != 0 || #code { #body })
            }
            LoopKind::While { cond, bindings } => {
                let cond = self.expr(cond);
                let names = bindings.iter().map(Binding::name).collect();
                let prefix = Prefix::empty().then(names, |hole| quote!(if #cond { #hole } else { break #label; };));
                let body = self.body(inner, Some(prefix), None);
                quote!(loop { #body })
            }
            LoopKind::For { pat, bindings, cursor: Cursor::Range | Cursor::Count, .. } => {
                self.open_for(inner, pat, bindings)
            }
            LoopKind::For { pat, bindings, .. } => self.open_once(inner, pat, bindings, label),
        }
    }

    /// A `for` whose cursor gives the item again on a resume.
    fn open_for(&self, inner: &Loop, pat: &Pat, bindings: &[Binding]) -> TokenStream {
        let used = bindings.iter().any(|binding| inner.again.contains(&binding.name()));
        if !used || self.live.any(bindings, &self.sites_of(inner)) {
            let pat = self.pat(pat);
            return self.stretches(inner, &pat, &self.body(inner, None, None));
        }
        let (item, pat) = (names::ident("item"), self.pat_of_let(pat));
        let names = bindings.iter().map(Binding::name).collect();
        let bind = item.clone();
        let prefix = Prefix::empty().then(names, move |hole| quote!(let #pat = #bind; #hole));
        let body = self.body(inner, Some(prefix), None);
        self.stretches(inner, &quote!(#item), &body)
    }

    /// Output: the loop over the items, in stretches if it can be.
    fn stretches(&self, inner: &Loop, pat: &TokenStream, body: &TokenStream) -> TokenStream {
        let (steps, runtime) = (names::cursor(inner.number), &self.runtime);
        let some = quote!(#runtime::Some);
        let Some(site) = self.stretched(inner) else {
            return quote!(while let #some(#pat) = #steps.next() { #body });
        };
        let (stretch, looks, target) = (names::ident("stretch"), names::looks(inner.number), names::target());
        let left = names::left(site);
        let pass = names::label("pass", inner.number);
        // Says what is so: on the way back to a site the first pass is a single one.
        let each = labelled(
            &pass,
            quote! {
                while let #some(#pat) = #stretch.next(&mut #steps) {
                    if !#looks { #target = 0; }
                    #body
                }
            },
        );
        self.arrives.set(true);
        let next = self.next_items(inner, site, "stretch", &quote!(if #target == 0 { #left } else { 1 }));
        quote! {
            while let #some(mut #stretch) = #next {
                let #looks = #stretch.looks();
                #each
            }
        }
    }

    /// The site of a `for` that can be run in stretches: its only one, which each pass comes by, and which asks for no condition
    /// in each.
    pub(super) fn stretched(&self, inner: &Loop) -> Option<usize> {
        let by_cursor = matches!(&inner.kind, LoopKind::For { cursor: Cursor::Range | Cursor::Count, .. });
        let numbers = self.sites_of(inner);
        let only = numbers.start() == numbers.end() && passes_by(&inner.body);
        let asks = self.sites[*numbers.start() - 1].trigger.when.is_some();
        let fits = by_cursor && only && !asks && inner.tail.is_none() && inner.in_blocks && !inner.hides;
        fits.then_some(*numbers.start())
    }

    /// A `for` whose cursor gives each item once.
    fn open_once(&self, inner: &Loop, pat: &Pat, bindings: &[Binding], label: &Lifetime) -> TokenStream {
        let (steps, item) = (names::cursor(inner.number), names::ident("item"));
        let runtime = &self.runtime;
        let next = quote! {
            match #steps.next() {
                #runtime::Some(#item) => #item,
                #runtime::None => break #label,
            }
        };
        let names = bindings.iter().map(Binding::name).collect();
        let pat = self.pat_of_let(pat);
        let prefix = Prefix::empty().then(names, move |hole| quote!(let #pat = #next; #hole));
        let body = self.body(inner, Some(prefix), None);
        quote!(loop { #body })
    }

    /// The statements of the body; `prefix` is run first in a fresh pass, `before` in each.
    fn body(&self, inner: &Loop, prefix: Option<Prefix<'_>>, before: Option<TokenStream>) -> TokenStream {
        let (flushed, prefix) = self.hand_on(prefix, &inner.again);
        let body = self.sequence(&inner.body.stmts, prefix, &Names::new());
        quote!(#before #flushed #body)
    }

    fn sites_of(&self, inner: &Loop) -> crate::model::Sites {
        let within = |site: &crate::model::Site| site.loops.contains(&inner.number);
        let first = self.sites.iter().position(within).unwrap_or(0) + 1;
        let count = self.sites.iter().filter(|site| within(site)).count();
        sites(first, first + count)
    }
}

/// Whether a site stands among the statements of the block, and not in a branch or a loop.
fn passes_by(block: &crate::model::Block) -> bool {
    block.stmts.iter().any(|stmt| match stmt {
        Stmt::Site(..) => true,
        Stmt::Compound { compound, .. } => {
            matches!(&compound.kind, CompoundKind::Block { label: None, block, .. } if passes_by(block))
        }
        _ => false,
    })
}

fn needs_parens(cond: &Expr) -> bool {
    matches!(cond, Expr::Closure(_) | Expr::Range(_) | Expr::Assign(_) | Expr::Return(_) | Expr::Break(_))
}

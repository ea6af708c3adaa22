//! `if`, `match`, blocks, and expressions around them.
//!
//! The decision is taken in a fresh pass only. A branch with sites is moved behind it, where a resume enters it without
//! deciding; a branch without is done within, and leads to the end:
//!
//! ```text
//! 'end: {
//!     if target == 0 {
//!         if COND {} else { break 'end ELSE }
//!     }
//!     THEN
//! }
//! ```
//!
//! A branch that `apart` has moved is behind all that the others need (see `Generator::enclose`):
//!
//! ```text
//! 'done: {
//!     if target <= 2 {
//!         'behind: {
//!             if COND { break 'behind }
//!             OTHERS
//!             break 'done
//!         }
//!     }
//!     BRANCH
//! }
//! ```

use super::sequence::Prefix;
use super::{Generator, among, diverge, labelled};
use crate::lower::{fill, without_mut};
use crate::mentions::Names;
use crate::model::{Arm, Binding, Branch, Compound, CompoundKind, If, Match, Sites};
use crate::names;
use crate::ways;
use proc_macro2::{Literal, TokenStream};
use quote::quote;
use syn::{Expr, Lifetime, Stmt};

/// A branch with sites, and what the decision binds for it.
struct Entered<'b> {
    bindings: &'b [Binding],
    block: &'b crate::model::Block,
    sites: &'b Sites,
    mentions: &'b Names,
}

impl<'b> Entered<'b> {
    fn of(bindings: &'b [Binding], branch: &'b Branch) -> Option<Self> {
        match branch {
            Branch::Sited { block, sites, mentions } => Some(Self { bindings, block, sites, mentions }),
            Branch::Plain(_) => None,
        }
    }
}

impl Generator<'_> {
    /// Output: an expression that does what `compound` does, entered at `target` if that is inside.
    pub(super) fn compound(&self, compound: &Compound, prefix: Option<Prefix<'_>>) -> TokenStream {
        match &compound.kind {
            CompoundKind::If(decision) => self.if_else(decision, prefix),
            CompoundKind::Match(decision) => self.decision(decision, prefix),
            CompoundKind::Block { label, is_unsafe, block } => {
                self.block(label.as_ref(), *is_unsafe, block, &compound.mentions, prefix)
            }
            CompoundKind::Loop(inner) => self.repeat(inner, prefix),
            CompoundKind::Behind(behind) => {
                let (before, prefix) = self.hand_on(prefix, &compound.mentions);
                let body = self.sequence(&behind.block.stmts, prefix, &Names::new());
                labelled(&names::label("done", behind.number), quote!({ #before #body }))
            }
            CompoundKind::Wrap { outer, hole, inner, .. } => {
                let inner = self.compound(inner, prefix);
                let mut outer: Expr = syn::parse_quote!(#outer);
                fill(&mut outer, hole, Expr::Verbatim(inner));
                self.expr(&outer)
            }
        }
    }

    fn block(
        &self,
        label: Option<&Lifetime>,
        is_unsafe: bool,
        block: &crate::model::Block,
        mentions: &Names,
        prefix: Option<Prefix<'_>>,
    ) -> TokenStream {
        let (before, prefix) = self.hand_on(prefix, mentions);
        let prefix = prefix
            .map(|prefix| if is_unsafe { prefix.then(Names::new(), |hole| quote!(unsafe { #hole })) } else { prefix });
        let body = self.sequence(&block.stmts, prefix, &Names::new());
        let label = label.map(|label| quote!(#label:));
        let inner = if is_unsafe { quote!(unsafe { #body }) } else { quote!(#label { #body }) };
        if before.is_empty() { inner } else { quote!({ #before #inner }) }
    }

    /// The prefix for code that mentions `mentions`; or, if that needs none of its names, the prefix run before it.
    fn hand_on<'p>(&self, prefix: Option<Prefix<'p>>, mentions: &Names) -> (TokenStream, Option<Prefix<'p>>) {
        match prefix {
            Some(prefix) if among(prefix.names.iter(), mentions).is_empty() => (self.flush(Some(prefix)), None),
            prefix => (TokenStream::new(), prefix),
        }
    }

    fn if_else(&self, decision: &If, prefix: Option<Prefix<'_>>) -> TokenStream {
        let then = Entered::of(&decision.bindings, &decision.then);
        let els = decision.els.as_ref().and_then(|els| Entered::of(&[], els));
        let end = self.label("end");
        let leave_else = match &decision.els {
            Some(branch) => self.leave(&end, branch),
            None => quote!({ break #end; }),
        };
        let cond = self.expr(&decision.cond);
        match (then, els) {
            (Some(then), Some(els)) => {
                let cond = self.expr(&passing_on(decision.cond.clone()));
                let decide = |holes: &[TokenStream]| {
                    let (then, els) = (&holes[0], &holes[1]);
                    quote!(if #cond { #then } else { #els };)
                };
                self.several(&end, &[then, els], &decide, prefix)
            }
            (Some(then), None) => {
                self.one(&end, &then, prefix, |hole| match hole.is_empty() && decision.bindings.is_empty() {
                    true => quote!(if !(#cond) #leave_else),
                    false => quote!(if #cond { #hole } else #leave_else;),
                })
            }
            (None, Some(els)) => {
                let leave = self.leave(&end, &decision.then);
                self.one(&end, &els, prefix, |hole| match hole.is_empty() {
                    true => quote!(if #cond #leave),
                    false => quote!(if #cond #leave else { #hole };),
                })
            }
            (None, None) => TokenStream::new(),
        }
    }

    fn decision(&self, decision: &Match, prefix: Option<Prefix<'_>>) -> TokenStream {
        let end = self.label("end");
        let entered: Vec<Entered<'_>> =
            decision.arms.iter().filter_map(|arm| Entered::of(&arm.bindings, &arm.body)).collect();
        let scrutinee = self.expr(&decision.scrutinee);
        let several = entered.len() > 1;
        let decide = |holes: &[TokenStream]| {
            let mut holes = holes.iter();
            let arms = decision.arms.iter().map(|arm| {
                let Arm { pat, body, .. } = arm;
                match body {
                    Branch::Plain(_) => {
                        let (pat, leave) = (self.pat(pat), self.leave(&end, body));
                        quote!(#pat => #leave)
                    }
                    Branch::Sited { .. } => {
                        let pat = if several { self.pat(&without_mut(pat.clone())) } else { self.pat(pat) };
                        let hole = holes.next();
                        quote!(#pat => { #hole })
                    }
                }
            });
            quote!(match #scrutinee { #(#arms)* };)
        };
        match &entered[..] {
            [one] => self.one(&end, one, prefix, |hole| decide(&[hole])),
            several => self.several(&end, several, &decide, prefix),
        }
    }

    /// Output: a decision with one branch to enter.
    fn one(
        &self,
        end: &Lifetime,
        branch: &Entered<'_>,
        prefix: Option<Prefix<'_>>,
        decide: impl FnOnce(TokenStream) -> TokenStream,
    ) -> TokenStream {
        let bound = branch.bindings.iter().map(Binding::name).collect();
        let prefix = prefix.unwrap_or_else(Prefix::empty).then(bound, decide);
        let (before, prefix) = self.hand_on(Some(prefix), branch.mentions);
        let body = self.sequence(&branch.block.stmts, prefix, &Names::new());
        labelled(end, quote!({ #before #body }))
    }

    /// Output: a decision with several branches to enter: it says which, and keeps what it bound for them.
    fn several(
        &self,
        end: &Lifetime,
        branches: &[Entered<'_>],
        decide: &dyn Fn(&[TokenStream]) -> TokenStream,
        prefix: Option<Prefix<'_>>,
    ) -> TokenStream {
        let prefix = prefix.unwrap_or_else(Prefix::empty);
        let count = branches.len();
        let carried: Vec<Vec<(String, bool)>> =
            branches.iter().map(|branch| self.carried(branch, &prefix.names)).collect();
        // The names are numbered: this code may come to stand inside that of a decision around it.
        let arm = self.label("arm").ident;
        let runtime = &self.runtime;
        let number = |at: usize| Literal::usize_unsuffixed(at + 1);
        let slot = |at: usize| (!carried[at].is_empty()).then(|| names::ident(&format!("{arm}_bound_{}", at + 1)));
        let holes: Vec<TokenStream> = (0..count)
            .map(|at| {
                let (number, idents) = (number(at), carried[at].iter().map(|(name, _)| user_ident(name)));
                let bound = slot(at).map(|slot| quote!(#slot = #runtime::Some((#(#idents,)*));));
                quote!(#arm = #number; #bound)
            })
            .collect();
        let target = names::target();
        let chosen = branches.iter().enumerate().rev().fold(TokenStream::new(), |rest, (at, branch)| {
            let (number, last) = (number(at), Literal::usize_unsuffixed(*branch.sites.end()));
            if rest.is_empty() { quote!({ #number }) } else { quote!(if #target <= #last { #number } else #rest) }
        });
        let slots = (0..count).filter_map(slot);
        let (fresh, resume) = (self.fresh(prefix.upto), prefix.resume);
        let code = (prefix.wrap)(decide(&holes));
        let bodies = branches.iter().enumerate().map(|(at, branch)| {
            let inner = slot(at).map(|slot| bound_prefix(runtime, &slot, &carried[at]));
            let body = self.sequence(&branch.block.stmts, inner, &Names::new());
            let pattern = if at + 1 == count {
                quote!(_)
            } else {
                let number = number(at);
                quote!(#number)
            };
            quote!(#pattern => { #body })
        });
        let body = quote!({
            let #arm;
            #(let mut #slots = #runtime::None;)*
            if #fresh { #code } else { #resume #arm = #chosen; }
            match #arm { #(#bodies)* }
        });
        labelled(end, body)
    }

    /// What a branch's own fresh code needs of what is bound before it: names, and whether they are mutable.
    fn carried(&self, branch: &Entered<'_>, outer: &Names) -> Vec<(String, bool)> {
        let own = branch.bindings.iter().map(|binding| (binding.name(), binding.mutable));
        let outer = outer.iter().map(|name| {
            let local = self.lets.get(name);
            (name.clone(), local.is_some_and(|local| local.bindings.iter().any(|b| b.ident == name && b.mutable)))
        });
        own.chain(outer).filter(|(name, _)| branch.mentions.contains(name)).collect()
    }

    /// Output: a block that does a branch without sites and goes on behind the decision.
    fn leave(&self, end: &Lifetime, branch: &Branch) -> TokenStream {
        let Branch::Plain(expr) = branch else { return quote!({}) };
        let code = self.expr(expr);
        if ways::leaves(expr) {
            return if matches!(expr, Expr::Block(block) if block.label.is_none()) { code } else { quote!({ #code }) };
        }
        let by_name = diverge::expr(expr);
        match expr {
            Expr::Block(block) if block.label.is_none() && has_no_value(&block.block) => {
                let mut stmts = TokenStream::new();
                for stmt in &block.block.stmts {
                    stmts.extend(self.stmt(stmt));
                }
                let out = diverge::past(by_name, quote!(break #end;));
                quote!({ #stmts #out })
            }
            Expr::Tuple(tuple) if tuple.elems.is_empty() => quote!({ break #end; }),
            _ => {
                let out = diverge::past(by_name, quote!(break #end #code));
                quote!({ #out })
            }
        }
    }
}

/// The condition with the bindings of its last `let`, which nothing in it can change, immutable: they are only passed on.
fn passing_on(mut cond: Expr) -> Expr {
    let last = match &mut cond {
        Expr::Binary(both) => &mut *both.right,
        cond => cond,
    };
    if let Expr::Let(last) = last {
        *last.pat = without_mut((*last.pat).clone());
    }
    cond
}

/// Every statement ends in a semicolon or is an item.
fn has_no_value(block: &syn::Block) -> bool {
    match block.stmts.last() {
        None => true,
        Some(Stmt::Expr(_, semi)) => semi.is_some(),
        Some(Stmt::Macro(mac)) => mac.semi_token.is_some(),
        Some(Stmt::Local(_) | Stmt::Item(_)) => true,
    }
}

fn user_ident(name: &str) -> proc_macro2::Ident {
    names::user(name, proc_macro2::Span::call_site())
}

/// Fresh code of a branch begins with what the decision bound for it.
fn bound_prefix<'p>(runtime: &TokenStream, slot: &proc_macro2::Ident, carried: &[(String, bool)]) -> Prefix<'p> {
    let names = carried.iter().map(|(name, _)| name.clone()).collect();
    let parts = carried.iter().map(|(name, mutable)| {
        let (ident, mutability) = (user_ident(name), mutable.then(|| quote!(mut)));
        quote!(#mutability #ident)
    });
    let bind = quote!(let #runtime::Some((#(#parts,)*)) = #slot else { ::core::unreachable!() };);
    Prefix::empty().then(names, move |hole| quote!(#bind #hole))
}

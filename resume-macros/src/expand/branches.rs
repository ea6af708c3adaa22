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

use super::lead::put_in;
use super::sequence::Prefix;
use super::{Generator, labelled, past};
use crate::lower::fill;
use crate::mentions::Names;
use crate::model::{self, Arm, Binding, Branch, Compound, CompoundKind, If, Match, Sites};
use crate::names;
use crate::syntax::{has_let, has_value};
use crate::ways;
use proc_macro2::{Ident, Literal, TokenStream};
use quote::{ToTokens, quote};
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
    pub(super) fn hand_on<'p>(
        &self,
        prefix: Option<Prefix<'p>>,
        mentions: &Names,
    ) -> (TokenStream, Option<Prefix<'p>>) {
        match prefix {
            Some(prefix) if prefix.names.is_disjoint(mentions) => (self.flush(Some(prefix)), None),
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
                let decide = |holes: &[TokenStream]| {
                    let (then, els) = (&holes[0], &holes[1]);
                    quote!(if #cond { #then } else { #els };)
                };
                self.several(&end, &[then, els], &decide, prefix)
            }
            (Some(then), None) => {
                self.one(&end, &then, prefix, |hole| match hole.is_empty() && !has_let(&decision.cond) {
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
                        let (pat, hole) = (self.pat(pat), holes.next());
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

    /// Output: a decision with several branches to enter. If they need what is bound before, all that leads to them is
    /// around their first sites, and each but the first is behind the ones before it:
    ///
    /// ```text
    /// 'end: {
    ///     if target <= 1 {
    ///         'arm: {
    ///             if target == 0 { match x { A(a) => f(a), B(b) => { g(b); break 'arm } } }
    ///             the rest of the first branch
    ///             break 'end;
    ///         }
    ///     }
    ///     the rest of the second
    /// }
    /// ```
    fn several(
        &self,
        end: &Lifetime,
        branches: &[Entered<'_>],
        decide: &dyn Fn(&[TokenStream]) -> TokenStream,
        prefix: Option<Prefix<'_>>,
    ) -> TokenStream {
        let prefix = prefix.unwrap_or_else(Prefix::empty);
        let needs = |branch: &Entered<'_>| {
            branch.bindings.iter().any(|binding| branch.mentions.contains(&binding.name()))
                || !prefix.names.is_disjoint(branch.mentions)
        };
        if !branches.iter().any(needs) {
            return self.chosen(end, branches, decide, prefix);
        }
        let (resume, after, names) = (prefix.resume.clone(), prefix.after.clone(), prefix.names.clone());
        let labels: Vec<Lifetime> = branches.iter().map(|_| self.label("arm")).collect();
        let holes: Vec<Ident> = labels.iter().map(|label| names::hole(&label.ident)).collect();
        let bound = |branch: &Entered<'_>| branch.bindings.iter().map(Binding::name).collect::<Names>();
        let mut body = TokenStream::new();
        let mut prefix = Some(prefix.then(bound(&branches[0]), |hole| {
            let rest = holes[1..].iter().map(ToTokens::to_token_stream);
            decide(&std::iter::once(hole).chain(rest).collect::<Vec<_>>())
        }));
        for (at, branch) in branches.iter().enumerate() {
            if at > 0 {
                let before = self.past_branch(&branches[at - 1], std::mem::take(&mut body), end);
                let (label, place) = (&labels[at], &holes[at]);
                prefix = Some(Prefix {
                    upto: *branches[at - 1].sites.end(),
                    wrap: Box::new(move |hole| {
                        let before = put_in(before, place, &quote!(#hole break #label;));
                        quote!(#label: { #before })
                    }),
                    names: names.iter().cloned().chain(bound(branch)).collect(),
                    resume: resume.clone(),
                    after: after.clone(),
                });
            }
            let (before, handed) = self.hand_on(prefix.take(), branch.mentions);
            let code = self.sequence(&branch.block.stmts, handed, &Names::new());
            body = quote!(#before #code);
        }
        labelled(end, quote!({ #body }))
    }

    /// Output: `body`, which is that of `branch`, and the way on.
    fn past_branch(&self, branch: &Entered<'_>, body: TokenStream, end: &Lifetime) -> TokenStream {
        let stmts = &branch.block.stmts;
        let Some(last) = stmts.last().filter(|_| branch.block.ends()) else { return body };
        let by_name = matches!(last, model::Stmt::Plain { stmt, .. } if ways::stmt_leaves_by_name(stmt));
        // A block that does not come to its end is of any type, without a value too.
        if by_name || last.has_value() || matches!(last, model::Stmt::Compound { .. }) {
            return past(by_name, quote!(break #end { #body }));
        }
        let out = past(by_name, quote!(break #end;));
        quote!(#body #out)
    }

    /// Output: a decision that says which of several branches is to be entered; they need nothing else of it.
    fn chosen(
        &self,
        end: &Lifetime,
        branches: &[Entered<'_>],
        decide: &dyn Fn(&[TokenStream]) -> TokenStream,
        prefix: Prefix<'_>,
    ) -> TokenStream {
        // Numbered: this code may come to stand inside that of a decision around it.
        let arm = self.label("arm").ident;
        let number = |at: usize| Literal::usize_unsuffixed(at + 1);
        let holes: Vec<TokenStream> = (0..branches.len())
            .map(|at| {
                let number = number(at);
                quote!(#arm = #number;)
            })
            .collect();
        let target = names::target();
        let chosen = branches.iter().enumerate().rev().fold(TokenStream::new(), |rest, (at, branch)| {
            let (number, last) = (number(at), Literal::usize_unsuffixed(*branch.sites.end()));
            if rest.is_empty() { quote!({ #number }) } else { quote!(if #target <= #last { #number } else #rest) }
        });
        let (fresh, resume) = (self.fresh(prefix.upto), prefix.resume);
        let code = (prefix.wrap)(decide(&holes));
        let bodies = branches.iter().enumerate().map(|(at, branch)| {
            let body = self.sequence(&branch.block.stmts, None, &Names::new());
            let pattern = if at + 1 == branches.len() {
                quote!(_)
            } else {
                let number = number(at);
                quote!(#number)
            };
            quote!(#pattern => { #body })
        });
        let after = prefix.after;
        let body = quote!({
            let #arm;
            if #fresh { #code } else { #resume #arm = #chosen; }
            #after
            match #arm { #(#bodies)* }
        });
        labelled(end, body)
    }

    /// Output: a block that does a branch without sites and goes on behind the decision.
    fn leave(&self, end: &Lifetime, branch: &Branch) -> TokenStream {
        let Branch::Plain(expr) = branch else { return quote!({}) };
        let code = self.expr(expr);
        if ways::leaves(expr) {
            return if matches!(expr, Expr::Block(block) if block.label.is_none()) { code } else { quote!({ #code }) };
        }
        let by_name = ways::leaves_by_name(expr);
        match expr {
            Expr::Block(block) if block.label.is_none() && !block.block.stmts.last().is_some_and(has_value) => {
                let mut stmts = TokenStream::new();
                for stmt in &block.block.stmts {
                    stmts.extend(self.stmt(stmt));
                }
                let out = past(by_name, quote!(break #end;));
                quote!({ #stmts #out })
            }
            Expr::Tuple(tuple) if tuple.elems.is_empty() => quote!({ break #end; }),
            _ => {
                let code = self.expr(&single(expr));
                let out = past(by_name, quote!(break #end #code));
                quote!({ #out })
            }
        }
    }
}

/// `x` of `{ x }`: rustc would have the braces removed behind a `break`.
fn single(expr: &Expr) -> Expr {
    match expr {
        Expr::Block(block) if block.label.is_none() && block.attrs.is_empty() => match &block.block.stmts[..] {
            [Stmt::Expr(value, None)]
                if !matches!(value, Expr::Block(_) | Expr::Loop(_) | Expr::While(_) | Expr::ForLoop(_)) =>
            {
                value.clone()
            }
            [Stmt::Macro(mac)] if mac.semi_token.is_none() => {
                Expr::Macro(syn::ExprMacro { attrs: mac.attrs.clone(), mac: mac.mac.clone() })
            }
            _ => expr.clone(),
        },
        _ => expr.clone(),
    }
}

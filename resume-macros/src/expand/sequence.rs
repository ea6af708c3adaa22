//! A block's statements, with what lies before each site skipped on a resume.
//!
//! Statements fall into groups, each ending in a *place*: a statement with sites. Within a group,
//!
//! - a `let` whose bindings are alive at the place stays a `let`, captured or made again (`locals`);
//! - all else is *fresh*: it runs under `if target == 0`, and what it declares ends there;
//! - a fresh part that a later statement of the group or the decision at the place (the condition of an `if`, arms
//!   without a site) still needs is kept together with it; the alive locals inside become slots: declared before, and
//!   assigned on both ways. Such a part that leads into a place is a [`Prefix`].
//! - locals alive at an earlier place but not at this one are enclosed with that place, and so dropped before this one;
//! - a branch that was moved behind is a place too: all from the statement that leads to it on is enclosed.

use super::Generator;
use super::lead::{behind, leads_to, led};
use super::locals::is_closure;
use crate::mentions::Names;
use crate::model::{Behind, CompoundKind, Let, Stmt};
use crate::names;
use proc_macro2::TokenStream;
use quote::quote;

/// Fresh code right before a place, whose bindings the place's own fresh code may still need.
pub(super) struct Prefix<'p> {
    /// The last site inside `wrap`, or 0: it runs if `target` is not beyond.
    pub(super) upto: usize,
    /// Puts the rest of the fresh code in, at a tail position.
    pub(super) wrap: Box<dyn FnOnce(TokenStream) -> TokenStream + 'p>,
    /// What is bound for the rest of the fresh code only.
    pub(super) names: Names,
    /// Assigns the slots instead.
    pub(super) resume: TokenStream,
    /// Closures over slots, made again behind all that.
    pub(super) after: TokenStream,
}

impl<'p> Prefix<'p> {
    pub(super) fn empty() -> Self {
        Self {
            upto: 0,
            wrap: Box::new(|hole| hole),
            names: Names::new(),
            resume: TokenStream::new(),
            after: TokenStream::new(),
        }
    }

    /// More code around the rest.
    pub(super) fn then(self, names: Names, wrap: impl FnOnce(TokenStream) -> TokenStream + 'p) -> Prefix<'p> {
        let outer = self.wrap;
        Prefix {
            wrap: Box::new(move |hole| outer(wrap(hole))),
            names: self.names.into_iter().chain(names).collect(),
            upto: self.upto,
            resume: self.resume,
            after: self.after,
        }
    }
}

/// The statements of a group, by index.
enum Piece {
    /// A `let` alive at the place.
    Direct(usize),
    /// Fresh statements; some may be slots.
    Fresh(Vec<usize>),
}

impl Generator<'_> {
    /// The condition under which fresh code with sites up to `upto` runs.
    pub(super) fn fresh(&self, upto: usize) -> TokenStream {
        let target = names::target();
        let last = proc_macro2::Literal::usize_unsuffixed(upto);
        if upto == 0 { quote!(#target == 0) } else { quote!(#target <= #last) }
    }

    /// Output: `if target == 0 { … } else { … }` with nothing more inside.
    pub(super) fn flush(&self, prefix: Option<Prefix<'_>>) -> TokenStream {
        let Some(prefix) = prefix else { return TokenStream::new() };
        let fresh = self.fresh(prefix.upto);
        let Prefix { wrap, resume, after, .. } = prefix;
        let code = wrap(TokenStream::new());
        match (code.is_empty(), resume.is_empty()) {
            (true, true) => after,
            (_, true) => quote!(if #fresh { #code } #after),
            _ => quote!(if #fresh { #code } else { #resume } #after),
        }
    }

    /// Output: the statements. `slots` are declared before and only assigned here.
    pub(super) fn sequence(&self, stmts: &[Stmt], prefix: Option<Prefix<'_>>, slots: &Names) -> TokenStream {
        // Items are at the front, and visible in all of the block.
        let items = stmts
            .iter()
            .take_while(|stmt| matches!(stmt, Stmt::Plain { stmt, .. } if matches!(**stmt, syn::Stmt::Item(_))))
            .count();
        let (items, stmts) = stmts.split_at(items);
        let items: TokenStream = items.iter().map(|item| self.fresh_stmt(item, slots)).collect();
        let last_place = stmts.iter().rposition(|stmt| stmt.sites().is_some());
        let Some(last_place) = last_place else {
            let code: TokenStream = stmts.iter().map(|stmt| self.fresh_stmt(stmt, slots)).collect();
            return match prefix {
                Some(prefix) => self.flush(Some(prefix.then(Names::new(), |hole| quote!(#items #code #hole)))),
                None => quote!(#items #code),
            };
        };
        let mut code = items;
        let mut prefix = prefix;
        let mut start = 0;
        for (from, place) in self.groups(stmts) {
            let later = place != last_place;
            code.extend(self.group(stmts, start..place, from, later, prefix.take(), slots));
            start = place + 1;
        }
        code.extend(stmts[start..].iter().map(|stmt| self.fresh_stmt(stmt, slots)));
        code
    }

    /// The places of the outermost level, each with the start of what has to be enclosed with earlier places, if
    /// anything has to.
    fn groups(&self, stmts: &[Stmt]) -> Vec<(Option<usize>, usize)> {
        let places: Vec<usize> = (0..stmts.len()).filter(|at| stmts[*at].sites().is_some()).collect();
        let mut groups = Vec::new();
        let mut end = places.len();
        while end > 0 {
            let place = places[end - 1];
            let from = self.enclosed_from(stmts, &places[..end - 1], place);
            groups.push((from, place));
            end -= 1;
            if let Some(from) = from {
                end = places[..end].iter().filter(|earlier| **earlier < from).count();
            }
        }
        groups.reverse();
        groups
    }

    /// The first `let` that an earlier place needs or holds, and that must be gone at `place`.
    fn enclosed_from(&self, stmts: &[Stmt], earlier: &[usize], place: usize) -> Option<usize> {
        let sites = stmts[place].sites()?;
        let dead = |at: usize| match &stmts[at] {
            Stmt::Let(local) if !self.live.is_needed(local, &sites) => Some(&**local),
            _ => None,
        };
        let held = earlier.last().and_then(|last| {
            (0..=*last).find(|at| {
                dead(*at).is_some_and(|local| {
                    stmts[*at].sites().is_some()
                        || (*at..=*last)
                            .any(|p| stmts[p].sites().is_some_and(|sites| self.live.is_needed(local, &sites)))
                })
            })
        });
        let lead = behind(&stmts[place]).and_then(|behind| leads_to(stmts, behind.number));
        let mut from = [held, lead].into_iter().flatten().min()?;
        // What is dead too but still used in there goes inside as well; so do slots that are only assigned in there, or
        // have no value at a site in there.
        let slot = |local: &Let, from: usize| {
            let mut places = stmts[from..place].iter().filter_map(Stmt::sites);
            lead.is_some() && (local.is_deferred() || places.any(|sites| !self.live.is_needed(local, &sites)))
        };
        let used = |at: usize, from: usize| match &stmts[at] {
            Stmt::Let(local) if dead(at).is_none() && slot(local, from) => true,
            Stmt::Let(local) if dead(at).is_some() => last_mention(stmts, at, local, place) >= from,
            _ => false,
        };
        while let Some(at) = (0..from).find(|at| used(*at, from)) {
            from = at;
        }
        Some(from)
    }

    /// Output: one group, ending in the place after `range`.
    fn group(
        &self,
        stmts: &[Stmt],
        range: std::ops::Range<usize>,
        from: Option<usize>,
        later: bool,
        prefix: Option<Prefix<'_>>,
        slots: &Names,
    ) -> TokenStream {
        let place = range.end;
        let Some(sites) = stmts[place].sites() else { return TokenStream::new() };
        let end = from.unwrap_or(place);
        let mut code = TokenStream::new();
        let mut prefix = prefix;
        for piece in self.pieces(stmts, range.start..end, place, prefix.as_ref()) {
            match piece {
                Piece::Direct(at) => {
                    code.extend(self.flush(prefix.take()));
                    if let Stmt::Let(local) = &stmts[at] {
                        let slot = is_slot(local, slots);
                        code.extend(if slot { self.assign_either(local) } else { self.direct(local, true, None) });
                    }
                }
                Piece::Fresh(indices) => {
                    let (declared, new) = self.chunk(stmts, &indices, &sites, prefix.take(), slots, None);
                    code.extend(declared);
                    prefix = Some(new);
                }
            }
        }
        if let Some(from) = from {
            let (declared, new) = self.enclose(stmts, from..place, &sites, prefix.take(), slots);
            code.extend(declared);
            prefix = Some(new);
        }
        code.extend(self.place(&stmts[place], prefix, later, slots));
        code
    }

    /// Splits the statements before a place into alive `let`s and fresh parts.
    fn pieces(
        &self,
        stmts: &[Stmt],
        range: std::ops::Range<usize>,
        place: usize,
        prefix: Option<&Prefix<'_>>,
    ) -> Vec<Piece> {
        let Some(sites) = stmts[place].sites() else { return Vec::new() };
        let alive = |at: usize| matches!(&stmts[at], Stmt::Let(local) if self.live.is_needed(local, &sites));
        // Parts that stay together, as inclusive index ranges.
        let mut together: Vec<(usize, usize)> = Vec::new();
        if let Some(prefix) = prefix {
            let mentioned = (range.start..=place).rev().find(|at| !prefix.names.is_disjoint(&stmts[*at].mentions()));
            together.extend(mentioned.map(|last| (range.start, last)));
        }
        for at in range.clone() {
            if let Stmt::Let(local) = &stmts[at] {
                let last = last_mention(stmts, at, local, place);
                if !alive(at) && last > at {
                    together.push((at, last));
                } else if alive(at) && local.is_deferred() {
                    together.push((at, last.min(place.saturating_sub(1)).max(at)));
                }
            }
        }
        let kept = |at: usize| together.iter().any(|(from, to)| (*from..=*to).contains(&at));
        let mut pieces = Vec::new();
        let mut chunk: Vec<usize> = Vec::new();
        if prefix.is_some() {
            pieces.push(Piece::Fresh(Vec::new()));
        }
        for at in range {
            if alive(at) && !kept(at) {
                if !chunk.is_empty() {
                    pieces.push(Piece::Fresh(std::mem::take(&mut chunk)));
                }
                pieces.push(Piece::Direct(at));
            } else {
                chunk.push(at);
            }
        }
        if !chunk.is_empty() {
            match pieces.last_mut() {
                Some(Piece::Fresh(first)) if first.is_empty() => *first = chunk,
                _ => pieces.push(Piece::Fresh(chunk)),
            }
        }
        if let [Piece::Fresh(first), Piece::Fresh(_), ..] = &pieces[..]
            && first.is_empty()
        {
            pieces.remove(0);
        }
        pieces
    }

    /// Fresh statements as a prefix of what follows, and the declarations of the slots inside; `lead`: they lead to it.
    fn chunk<'p>(
        &'p self,
        stmts: &'p [Stmt],
        indices: &[usize],
        sites: &crate::model::Sites,
        prefix: Option<Prefix<'p>>,
        slots: &Names,
        lead: Option<&'p Behind>,
    ) -> (TokenStream, Prefix<'p>) {
        let (mut declared, mut body, mut resume) = (TokenStream::new(), TokenStream::new(), TokenStream::new());
        let (mut names, mut after) = (Names::new(), TokenStream::new());
        let own = bound_in(indices.iter().map(|at| &stmts[*at]));
        for at in indices {
            match &stmts[*at] {
                Stmt::Let(local) if is_closure(local) && !local.mentions.is_disjoint(&own) => {
                    let closure = self.verbatim(local, None);
                    body.extend(closure.clone());
                    if self.live.is_needed(local, sites) {
                        after.extend(closure);
                    } else {
                        names.extend(local.bindings.iter().map(crate::model::Binding::name));
                    }
                }
                Stmt::Let(local) if self.live.is_needed(local, sites) => {
                    if !is_slot(local, slots) {
                        declared.extend(self.slot(local));
                    }
                    body.extend(self.assign(local, None));
                    resume.extend(self.assign_resumed(local));
                }
                Stmt::Let(local) => {
                    names.extend(local.bindings.iter().map(crate::model::Binding::name));
                    let slot = is_slot(local, slots);
                    body.extend(if slot { self.assign(local, None) } else { self.verbatim(local, None) });
                }
                stmt => body.extend(self.watched(stmt, &stmts[*at + 1..], sites, self.fresh_stmt(stmt, slots))),
            }
        }
        let prefix = prefix.unwrap_or_else(Prefix::empty);
        let outer = prefix.resume.clone();
        let last = indices.last().map(|at| &stmts[*at]);
        names.extend(lead.iter().flat_map(|lead| &lead.visible).cloned());
        let mut new = prefix.then(names, move |hole| led(lead, last, body, hole));
        new.resume = quote!(#outer #resume);
        new.after.extend(after);
        (declared, new)
    }

    /// Everything from `range.start` on, earlier places included, as a prefix of the place at `range.end`.
    fn enclose<'p>(
        &'p self,
        stmts: &'p [Stmt],
        range: std::ops::Range<usize>,
        sites: &crate::model::Sites,
        prefix: Option<Prefix<'p>>,
        slots: &Names,
    ) -> (TokenStream, Prefix<'p>) {
        let lead = behind(&stmts[range.end]);
        if stmts[range.clone()].iter().all(|stmt| stmt.sites().is_none()) {
            return self.chunk(stmts, &range.collect::<Vec<_>>(), sites, prefix, slots, lead);
        }
        let inner = &stmts[range];
        let (mut declared, mut resume) = (TokenStream::new(), TokenStream::new());
        let (mut names, mut inner_slots, mut after) = (Names::new(), slots.clone(), TokenStream::new());
        let own = bound_in(inner.iter());
        for stmt in inner {
            let Stmt::Let(local) = stmt else { continue };
            let bound = local.bindings.iter().map(crate::model::Binding::name);
            if is_closure(local) && !local.mentions.is_disjoint(&own) {
                if self.live.is_needed(local, sites) {
                    after.extend(self.verbatim(local, None));
                } else {
                    names.extend(bound);
                }
            } else if self.live.is_needed(local, sites) {
                if !is_slot(local, slots) {
                    declared.extend(self.slot(local));
                }
                resume.extend(self.assign_resumed(local));
                inner_slots.extend(bound);
            } else {
                names.extend(bound);
            }
        }
        let inner_uses =
            prefix.as_ref().is_some_and(|prefix| inner.iter().any(|stmt| !prefix.names.is_disjoint(&stmt.mentions())));
        if let (true, Some(prefix)) = (inner_uses, &prefix) {
            // The branch begins where these are still bound.
            names.extend(lead.iter().flat_map(|_| &prefix.names).cloned());
            let (outer, closures) = (&prefix.resume, &prefix.after);
            resume = quote!(#outer #resume);
            after = quote!(#closures #after);
        }
        let (before, inner_prefix) = if inner_uses { (TokenStream::new(), prefix) } else { (self.flush(prefix), None) };
        let body = self.sequence(inner, inner_prefix, &inner_slots);
        let upto = inner.iter().filter_map(Stmt::sites).map(|sites| *sites.end()).max().unwrap_or(0);
        names.extend(lead.iter().flat_map(|lead| &lead.visible).cloned());
        let wrap = Box::new(move |hole| led(lead, inner.last(), body, hole));
        (quote!(#before #declared), Prefix { upto, wrap, names, resume, after })
    }

    /// Output: a statement with sites. `later`: other sites follow in its block, so it may have to be skipped.
    fn place(&self, stmt: &Stmt, prefix: Option<Prefix<'_>>, later: bool, slots: &Names) -> TokenStream {
        match stmt {
            Stmt::Plain { stmt, .. } => self.stmt(stmt),
            Stmt::Site(site, mentions) => {
                let needed = prefix.as_ref().is_some_and(|prefix| !prefix.names.is_disjoint(mentions));
                let (before, asked) = match prefix {
                    Some(prefix) if needed => self.ask_within(*site, prefix),
                    prefix => (self.flush(prefix), None),
                };
                let pass = self.mid_site(*site, later, asked);
                quote!(#before #pass)
            }
            Stmt::Let(local) => {
                if is_slot(local, slots) {
                    return self.assign(local, prefix);
                }
                self.direct(local, later, prefix)
            }
            Stmt::Compound { attrs, compound, semi } => {
                let last = *compound.sites.end();
                let resume = prefix.as_ref().map(|prefix| prefix.resume.clone()).unwrap_or_default();
                let (before, code) = match &compound.kind {
                    CompoundKind::Loop(inner) => self.loop_parts(inner, prefix),
                    _ => (TokenStream::new(), self.compound(compound, prefix)),
                };
                // What comes before a loop, as soon as a resume is back there, is not what they are for.
                let is_loop = matches!(compound.kind, CompoundKind::Loop(_));
                let code = if is_loop && !attrs.is_empty() { quote!({ #code }) } else { code };
                let semi = semi.then(|| quote!(;));
                let fresh = self.fresh(last);
                match (later, resume.is_empty()) {
                    (false, _) => quote!(#before #(#attrs)* #code #semi),
                    (true, true) => quote!(if #fresh { #before #(#attrs)* #code #semi }),
                    (true, false) => quote!(if #fresh { #before #(#attrs)* #code #semi } else { #resume }),
                }
            }
        }
    }

    /// A statement without sites, or one that is run as a whole.
    fn fresh_stmt(&self, stmt: &Stmt, slots: &Names) -> TokenStream {
        match stmt {
            Stmt::Let(local) if is_slot(local, slots) => self.assign(local, None),
            Stmt::Let(local) => self.verbatim(local, None),
            Stmt::Plain { .. } | Stmt::Site(..) | Stmt::Compound { .. } => self.place(stmt, None, false, slots),
        }
    }
}

/// The last statement up to `place` that mentions what `local` binds; its own if none does.
fn last_mention(stmts: &[Stmt], at: usize, local: &Let, place: usize) -> usize {
    let mentioned = (at + 1..=place).rev().find(|later| {
        let mentions = stmts[*later].mentions();
        local.bindings.iter().any(|binding| mentions.contains(&binding.name()))
    });
    mentioned.unwrap_or(at)
}

/// Whether the local is declared before, and only assigned here.
fn is_slot(local: &Let, slots: &Names) -> bool {
    local.bindings.iter().any(|binding| slots.contains(&binding.name()))
}

/// What the `let`s among `stmts` bind.
fn bound_in<'s>(stmts: impl Iterator<Item = &'s Stmt>) -> Names {
    let lets = stmts.filter_map(|stmt| if let Stmt::Let(local) = stmt { Some(&local.bindings) } else { None });
    lets.flatten().map(crate::model::Binding::name).collect()
}

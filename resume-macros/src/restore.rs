//! Gives the locals the names back that the user gave them (see `resolve`).
//!
//! Where generated code has to tell two locals of one name apart, one of the two gets the name with the hygiene of the macro. So
//! macros of the user's, of which nobody knows what they make of their arguments, find the names that the user wrote, in
//! texts and as the fields of something too, and all of one name mean the same local. There is only one such hygiene: what
//! it does not do for keeps the name that `resolve` gave it.

use crate::diag::{self, Sink};
use crate::mentions::map_literal;
use crate::names;
use crate::resolve::Resolved;
use crate::std_macros::{has_format, is_standard};
use crate::syntax::refilled;
use proc_macro2::{Ident, Literal, Span, TokenStream, TokenTree};
use std::collections::{HashMap, HashSet};

/// The user's names by those that the locals have.
#[derive(Default)]
pub(crate) struct Given<'a> {
    all: HashMap<&'a str, &'a str>,
    /// Those that are told apart by hygiene.
    apart: HashSet<&'a str>,
    /// Those that keep the name they have, with the user's.
    kept: HashMap<&'a str, &'a str>,
}

impl<'a> Given<'a> {
    /// All names, as for a message.
    pub(crate) fn all(resolved: &'a Resolved) -> Given<'a> {
        let all = resolved.origin.iter().map(|(own, user)| (&**own, &**user)).collect();
        Given { all, ..Given::default() }
    }

    /// With the locals of the `pinned` names told apart in finished code.
    pub(crate) fn told_apart(resolved: &'a Resolved, pinned: &HashSet<String>, code: &TokenStream) -> Given<'a> {
        let mut given = Given::all(resolved);
        let names: Vec<&str> =
            given.all.iter().filter(|(_, user)| pinned.contains(**user)).map(|(own, _)| *own).collect();
        for own in names {
            match resolved.depth[own] {
                0 => {}
                1 if given.can_be_apart(own) => drop(given.apart.insert(own)),
                _ => given.keep(own),
            }
        }
        // Each time one more is told apart, or keeps its name.
        while let Some(own) = given.met(pinned, code) {
            if !given.can_be_apart(own) || !given.apart.insert(own) {
                given.keep(own);
            }
        }
        given.agree(resolved, code.clone());
        given
    }

    /// A local that would get the name of another one around it, or within it: the expansion may declare those of one branch
    /// around those of another.
    fn met(&self, pinned: &HashSet<String>, code: &TokenStream) -> Option<&'a str> {
        let mut meeting = Meeting { given: self, pinned, open: Vec::new(), met: None };
        meeting.tokens(code.clone());
        let met = meeting.met?;
        self.all.get_key_value(&*met).map(|(own, _)| *own)
    }

    fn can_be_apart(&self, own: &str) -> bool {
        self.all.get(own).is_some_and(|user| !names::is_made(user) && !is_keyword(user))
    }

    fn keep(&mut self, own: &'a str) {
        self.kept.extend(self.all.remove_entry(own));
        self.apart.remove(own);
    }

    /// A text has one hygiene for all that it captures.
    fn agree(&mut self, resolved: &Resolved, code: TokenStream) {
        for token in code {
            match token {
                TokenTree::Group(group) => self.agree(resolved, group.stream()),
                TokenTree::Literal(literal) => {
                    let captured = captured(&literal);
                    let is_other = |name: &String| !self.apart.contains(&**name) && resolved.locals.contains(name);
                    if captured.iter().any(is_other) {
                        let apart: Vec<&'a str> =
                            self.apart.iter().copied().filter(|own| captured.contains(*own)).collect();
                        apart.into_iter().for_each(|own| self.keep(own));
                    }
                }
                TokenTree::Ident(_) | TokenTree::Punct(_) => {}
            }
        }
    }

    /// Reports macros that may not mean what the user wrote with a name that was kept: nothing is known of any but the
    /// standard library's, and to these a text may be no format.
    pub(crate) fn check(&self, code: TokenStream, sink: &mut Sink) {
        let code: Vec<TokenTree> = code.into_iter().collect();
        for (at, token) in code.iter().enumerate() {
            let TokenTree::Group(group) = token else { continue };
            if let Some(name) = called(&code, at) {
                let mut kept = self.kept.iter();
                let shown = |own| has(group.stream(), own) && shows(name, group.stream(), own);
                if let Some((_, user)) = kept.find(|(own, _)| shown(own)) {
                    sink.at(name.span(), diag::shadowed_in_macro(user, name));
                }
            }
            self.check(group.stream(), sink);
        }
    }
}

/// Looks for a local that is mentioned where another one of its name has been declared since.
struct Meeting<'g, 'a> {
    given: &'g Given<'a>,
    pinned: &'g HashSet<String>,
    /// The locals of the groups around, with the names they get.
    open: Vec<((String, bool), String)>,
    met: Option<String>,
}

impl Meeting<'_, '_> {
    fn tokens(&mut self, code: TokenStream) {
        for token in code {
            match token {
                TokenTree::Group(group) => {
                    let before = self.open.len();
                    self.tokens(group.stream());
                    self.open.truncate(before);
                }
                TokenTree::Ident(ident) => self.name(ident.to_string()),
                TokenTree::Literal(literal) => captured(&literal).into_iter().for_each(|name| self.name(name)),
                TokenTree::Punct(_) => {}
            }
        }
    }

    fn name(&mut self, own: String) {
        let user = self.given.all.get(&*own).copied().unwrap_or(&own);
        if !self.pinned.contains(user) || self.given.kept.contains_key(&*own) || self.met.is_some() {
            return;
        }
        let name = (user.to_owned(), self.given.apart.contains(&*own));
        let mut same = self.open.iter().rev().filter(|(there, _)| *there == name);
        match same.next() {
            Some((_, last)) if *last == own => {}
            Some((_, last)) if same.any(|(_, there)| *there == own) => {
                let is_renamed = self.given.all.contains_key(&**last);
                self.met = Some(if is_renamed { last.clone() } else { own });
            }
            _ => self.open.push((name, own)),
        }
    }
}

/// The macro whose arguments the group is.
fn called(tokens: &[TokenTree], group: usize) -> Option<&Ident> {
    match tokens.get(group.checked_sub(2)?..group)? {
        [TokenTree::Ident(name), TokenTree::Punct(bang)]
            if bang.as_char() == '!' && !names::is_before_a_value(name) =>
        {
            Some(name)
        }
        _ => None,
    }
}

/// Whether the macro may make something of the name itself.
fn shows(name: &Ident, arguments: TokenStream, own: &str) -> bool {
    if !is_standard(name) || name == "stringify" {
        return true;
    }
    let is_text =
        |token: &TokenTree| matches!(token, TokenTree::Literal(text) if text.to_string().starts_with(['"', 'r']));
    let mut arguments: Vec<TokenTree> = arguments.into_iter().collect();
    if has_format(name)
        && let Some(format) = arguments.iter().position(is_text)
    {
        arguments.remove(format);
    }
    captures(&arguments, own)
}

/// Whether a text captures the name, other than in the arguments of a further macro.
fn captures(tokens: &[TokenTree], own: &str) -> bool {
    tokens.iter().enumerate().any(|(at, token)| match token {
        TokenTree::Group(group) if called(tokens, at).is_none() => {
            captures(&group.stream().into_iter().collect::<Vec<_>>(), own)
        }
        TokenTree::Literal(literal) => captured(literal).contains(own),
        TokenTree::Group(_) | TokenTree::Punct(_) | TokenTree::Ident(_) => false,
    })
}

fn has(tokens: TokenStream, own: &str) -> bool {
    tokens.into_iter().any(|token| match token {
        TokenTree::Group(group) => has(group.stream(), own),
        TokenTree::Ident(ident) => ident == own,
        TokenTree::Literal(literal) => captured(&literal).contains(own),
        TokenTree::Punct(_) => false,
    })
}

/// What a format string captures.
fn captured(literal: &Literal) -> HashSet<String> {
    let mut names = HashSet::new();
    map_literal(literal, &mut |name| {
        names.insert(name.to_owned());
        None
    });
    names
}

/// Names that are words of the language in the edition of this crate, and perhaps not in the user's.
fn is_keyword(name: &str) -> bool {
    matches!(name, "gen" | "async" | "await" | "dyn" | "try")
}

/// The tokens with the names that the user gave.
pub(crate) fn restore(tokens: TokenStream, given: &Given<'_>) -> TokenStream {
    if given.all.is_empty() {
        return tokens;
    }
    tokens.into_iter().map(|token| restored(token, given)).collect()
}

fn restored(token: TokenTree, given: &Given<'_>) -> TokenTree {
    let span =
        |span: Span, own: &str| if given.apart.contains(own) { span.resolved_at(Span::mixed_site()) } else { span };
    match token {
        TokenTree::Ident(ident) => {
            let own = ident.to_string();
            given
                .all
                .get(&*own)
                .map_or_else(|| ident.clone(), |user| names::user(user, span(ident.span(), &own)))
                .into()
        }
        TokenTree::Group(group) => refilled(&group, restore(group.stream(), given)).into(),
        TokenTree::Literal(literal) => {
            let apart = captured(&literal).into_iter().find(|own| given.apart.contains(&**own));
            // `{type}` captures `r#type`.
            let user = |own: &str| given.all.get(own).map(|user| user.trim_start_matches("r#").to_owned());
            let mut new = map_literal(&literal, &mut |own| user(own)).unwrap_or(literal);
            if let Some(own) = apart {
                new.set_span(span(new.span(), &own));
            }
            new.into()
        }
        punct @ TokenTree::Punct(_) => punct,
    }
}

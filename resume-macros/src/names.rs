//! Every identifier that an expansion makes. All have the hygiene of the macro (`Span::mixed_site`), so a local or
//! label of the user can never meet them, whatever its name.

use proc_macro2::{Ident, Span};
use std::cell::RefCell;
use std::collections::HashSet;
use syn::Lifetime;

thread_local! {
    /// What the expansion at hand has made so far.
    static MADE: RefCell<HashSet<String>> = RefCell::default();
}

pub(crate) fn ident(name: &str) -> Ident {
    MADE.with_borrow_mut(|made| made.insert(name.to_owned()));
    Ident::new(name, Span::mixed_site())
}

/// Another expansion begins.
pub(crate) fn forget() {
    MADE.take();
}

/// Whether an identifier of this name was made, or may be.
pub(crate) fn is_made(name: &str) -> bool {
    is_derived(name) || MADE.with_borrow(|made| made.contains(name))
}

/// Before the name of a local, names of ours that go with it.
const DERIVED: [&str; 3] = ["again_", "place_", "slot_"];

fn is_derived(name: &str) -> bool {
    DERIVED.iter().any(|prefix| name.starts_with(prefix))
}

/// A name for the `number`-th local of a name; no identifier of ours is called so.
pub(crate) fn numbered(name: &str, number: usize) -> String {
    let name = name.trim_start_matches("r#");
    let kind = if is_derived(name) { "nr" } else { "no" };
    format!("{name}_{kind}{number}")
}

pub(crate) fn run() -> Ident {
    ident("run")
}

/// The site to resume into; 0 in a fresh pass.
pub(crate) fn target() -> Ident {
    ident("target")
}

/// Passes of a site until the runtime wants to look.
pub(crate) fn left(site: usize) -> Ident {
    ident(&format!("left_{site}"))
}

/// The cursor of a loop.
pub(crate) fn cursor(number: usize) -> Ident {
    ident(&format!("steps_{number}"))
}

/// Whether the pass of a loop is one in which the credit of a site may run out.
pub(crate) fn looks(number: usize) -> Ident {
    ident(&format!("looks_{number}"))
}

/// Stands for a branch where it was before it was moved behind.
pub(crate) fn behind(number: usize) -> Ident {
    ident(&format!("{BEHIND}{number}"))
}

pub(crate) fn is_behind(ident: &Ident) -> bool {
    ident.to_string().starts_with(BEHIND)
}

const BEHIND: &str = "__resume_behind_";

/// The same among the names that code mentions; no local is called so.
pub(crate) fn behind_mention(number: usize) -> String {
    format!("behind {number}")
}

/// Stands for the fresh code of the branch that `label` leads to, until that is made.
pub(crate) fn hole(label: &Ident) -> Ident {
    ident(&format!("__resume_hole_{label}"))
}

pub(crate) fn label(kind: &str, number: usize) -> Lifetime {
    Lifetime { apostrophe: Span::mixed_site(), ident: ident(&format!("{kind}_{number}")) }
}

/// An identifier of the user's, from its text.
pub(crate) fn user(name: &str, span: Span) -> Ident {
    match name.strip_prefix("r#") {
        Some(raw) => Ident::new_raw(raw, span),
        None => Ident::new(name, span),
    }
}

/// Whether `!` behind the word negates what follows, as in `if !(a || b)`, so that the word is no macro.
pub(crate) fn is_before_a_value(word: &Ident) -> bool {
    ["break", "if", "in", "match", "return", "while"].iter().any(|known| word == known)
}

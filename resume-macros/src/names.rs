//! Every identifier that an expansion makes. All have the hygiene of the macro (`Span::mixed_site`), so a local or
//! label of the user can never meet them, whatever its name.

use proc_macro2::{Ident, Span};
use syn::Lifetime;

pub(crate) fn ident(name: &str) -> Ident {
    Ident::new(name, Span::mixed_site())
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

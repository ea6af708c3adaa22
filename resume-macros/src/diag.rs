//! One sink for the mistakes of a function, and the texts of them all (listed in `docs/diagnostics.md`).

use proc_macro2::{Ident, Span, TokenStream};

/// Collects mistakes; every stage adds to it, the entry takes them out.
#[derive(Default)]
pub(crate) struct Sink {
    errors: Vec<syn::Error>,
}

impl Sink {
    /// Adds a mistake at `span`.
    pub(crate) fn at(&mut self, span: Span, message: impl std::fmt::Display) {
        self.errors.push(syn::Error::new(span, message));
    }

    /// Adds a mistake found by `syn`.
    pub(crate) fn add(&mut self, error: syn::Error) {
        self.errors.push(error);
    }

    /// Takes the value, or adds the mistake.
    pub(crate) fn take<T>(&mut self, result: syn::Result<T>) -> Option<T> {
        result.map_err(|error| self.add(error)).ok()
    }

    pub(crate) fn is_empty(&self) -> bool {
        self.errors.is_empty()
    }

    /// All mistakes as `compile_error!`s.
    pub(crate) fn into_tokens(self) -> TokenStream {
        self.errors.into_iter().map(syn::Error::into_compile_error).collect()
    }
}

/// Where `checkpoint!` may stand; ends every message on a misplaced one.
const WHERE: &str = "it stands as a statement: in blocks, branches, match arms, loops, `let` initialisers and the tail \
                     expression of the resumable function";

pub(crate) fn site_in(place: &str) -> String {
    format!("`checkpoint!` cannot stand in {place}\n\n{WHERE}")
}

pub(crate) fn site_in_operand() -> String {
    format!(
        "`checkpoint!` cannot stand here: what was evaluated before it would be lost on a resume\n\n{WHERE}\n\
         help: bind the block to a local first: `let value = {{ … checkpoint!(); … }};`"
    )
}

/// How a local that must be annotated was declared; the same word for all bindings of one `let`.
pub(crate) enum Forgotten<'a> {
    /// `let mut p`
    Mutable,
    /// `let p;` assigned later
    Deferred,
    /// `let p = e;` where `e` reads the mutable local
    Reads(&'a str),
    /// `let p = { … checkpoint!() … };`
    HoldsSite,
}

pub(crate) fn forgotten(name: &str, how: &Forgotten<'_>, site_line: Option<usize>) -> String {
    let why = match how {
        Forgotten::Mutable => format!("`{name}` is mutable and needed after {}", the_site(site_line)),
        Forgotten::Deferred => format!("`{name}` is assigned later and needed after {}", the_site(site_line)),
        Forgotten::Reads(other) => format!(
            "`{name}` is needed after {}, and its initialiser reads `{other}`, which changes",
            the_site(site_line)
        ),
        Forgotten::HoldsSite => format!(
            "`{name}` is needed after {}, and its initialiser holds a `checkpoint!`, so it cannot run again",
            the_site(site_line)
        ),
    };
    format!(
        "{why}: a resume would lose it\n\
         help: save it in every snapshot: `#[resume] let … {name}`\n\
         help: or make it anew on each start: `#[transient] let … {name}`"
    )
}

fn the_site(line: Option<usize>) -> String {
    match line {
        Some(line) => format!("the `checkpoint!` in line {line}"),
        None => "a `checkpoint!`".to_owned(),
    }
}

pub(crate) fn pattern_binding(name: &str, place: &str, site_line: Option<usize>) -> String {
    format!(
        "`{name}` is bound by {place} and needed after {}: a resume could not find it again\n\
         help: capture it: `#[resume] let {name} = {name};`",
        the_site(site_line)
    )
}

pub(crate) fn mutable_item(name: &str) -> String {
    format!(
        "`{name}` is mutable and needed after a `checkpoint!`: a resume finds the item again, not what was made of it\n\
         help: capture it: `#[resume] let mut {name} = {name};`, and bind `{name}` without `mut` in the `for`"
    )
}

pub(crate) fn loop_reads(name: &str) -> String {
    format!(
        "this iterator is made again on a resume, but it reads `{name}`, which changes\n\
         help: bind what it iterates over first: `#[resume] let items = …;`, then `for … in &items`\n\
         help: or capture the iterator itself: `#[resume] for …`, or take it as it comes: `#[transient] for …`"
    )
}

pub(crate) fn parameter(name: &Ident, what: &str, annotated: &str) -> String {
    format!(
        "parameter `{name}` is {what}: its value changes during the run\n\
         help: save it in every snapshot and restore it: `#[resume] {annotated}`\n\
         help: or always take the caller's: `#[transient] {annotated}`"
    )
}

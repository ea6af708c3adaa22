//! From the model to the new function. Nothing in here can fail: all mistakes are found before.
//!
//! The function is entered from the top, in a fresh pass as on a resume, and walked to the site to resume into,
//! `target` (0 in a fresh pass; sites are numbered in the order in which they come out). What lies before it is skipped
//! (`if target == 0`), captured locals take their saved values, recomputed ones run their initialiser.

use crate::apart::Parted;
use crate::args::Options;
use crate::input::Parameter;
use crate::live::{self, Live};
use crate::model::{Block, Let, Loop, Site};
use crate::resolve::Resolved;
use facts::Facts;
use proc_macro2::{Ident, Span, TokenStream};
use quote::{ToTokens, quote};
use std::cell::{Cell, RefCell};
use std::collections::{HashMap, HashSet};
use syn::{ItemFn, Lifetime};

mod anew;
mod branches;
mod facts;
mod flow;
mod function;
mod indexed;
mod lead;
mod locals;
mod loops;
mod rewound;
mod sequence;
mod site;
mod truncation;
mod upwards;
mod warnings;
mod way_in;
mod writing;

/// A function as the stages before leave it.
pub(crate) struct Analysed<'a> {
    pub(crate) function: &'a ItemFn,
    /// The hash of its body.
    pub(crate) fingerprint: u64,
    pub(crate) options: &'a Options,
    pub(crate) parameters: &'a [Parameter],
    pub(crate) resolved: &'a Resolved,
    pub(crate) parted: &'a Parted,
}

/// Output: the function of the same signature, whose body opens a run and can be entered at each site; and the names by the
/// user of which the bindings must stay told apart in it.
pub(crate) fn function(analysed: &Analysed<'_>) -> (TokenStream, HashSet<String>) {
    let Analysed { function, fingerprint, resolved, .. } = *analysed;
    let generator = Generator::new(analysed, Facts::of(function, &resolved.locals));
    let code = generator.function(function, fingerprint);
    (code, generator.pinned.take())
}

/// Output: for a function with mistakes, what still asks the compiler about its types.
pub(crate) fn asked(analysed: &Analysed<'_>) -> TokenStream {
    Generator::new(analysed, Facts::default()).asked(analysed.function, analysed.fingerprint)
}

/// Makes the tokens of one function.
struct Generator<'a> {
    body: &'a Block,
    sites: &'a [Site],
    live: &'a Live,
    resolved: &'a Resolved,
    parameters: &'a [Parameter],
    options: &'a Options,
    /// The private module of the runtime, under a name that the function does not use.
    runtime: Ident,
    /// Where that is.
    runtime_path: TokenStream,
    /// The type of the result, if it can be named.
    output: Option<syn::Type>,
    facts: Facts,
    /// The names of captured locals in snapshots.
    keys: HashMap<String, String>,
    /// Every `let` by each name it binds.
    lets: HashMap<String, &'a Let>,
    loops: HashMap<usize, &'a Loop>,
    /// Names by the user that must stay told apart in the output.
    pinned: RefCell<HashSet<String>>,
    labels: Cell<usize>,
    /// Whether `target` is set anywhere.
    arrives: Cell<bool>,
    /// Whether a local is declared in one place and assigned in another.
    slots: Cell<bool>,
    /// The loops with sites around the code being made.
    flows: RefCell<Vec<flow::Flow>>,
}

impl<'a> Generator<'a> {
    fn new(analysed: &Analysed<'a>, facts: Facts) -> Self {
        let Analysed { function, options, parameters, resolved, parted, .. } = *analysed;
        let Parted { body, sites, live } = parted;
        let root = options.runtime.as_ref().map_or_else(|| quote!(::resume_runtime), ToTokens::to_token_stream);
        let mut loops = HashMap::new();
        body.loops(&mut |inner| {
            loops.insert(inner.number, inner);
        });
        Self {
            body,
            sites,
            live,
            resolved,
            parameters,
            options,
            runtime: resolved.unused("__resume"),
            runtime_path: quote!(#root::__v0_1),
            output: function::nameable(&function.sig.output),
            facts,
            keys: locals::name_captured(body, parameters, resolved),
            lets: live::lets(body),
            loops,
            pinned: RefCell::default(),
            labels: Cell::new(0),
            arrives: Cell::new(false),
            slots: Cell::new(false),
            flows: RefCell::default(),
        }
    }

    /// The module of the runtime where the compiler is to say it of `span`.
    fn runtime_at(&self, span: Span) -> Ident {
        let mut runtime = self.runtime.clone();
        runtime.set_span(span);
        runtime
    }

    /// A label of our own.
    fn label(&self, kind: &str) -> Lifetime {
        self.labels.set(self.labels.get() + 1);
        crate::names::label(kind, self.labels.get())
    }

    /// Output: `target = 0`, at `site`, where code asks for it again.
    fn reset(&self, site: usize) -> TokenStream {
        if site == self.sites.len() && self.flows.borrow().is_empty() {
            return TokenStream::new();
        }
        self.arrives.set(true);
        let target = crate::names::target();
        quote!(#target = 0;)
    }

    /// Output: the walk is over at `site`.
    fn arrive(&self, site: usize) -> TokenStream {
        let (run, reset) = (crate::names::run(), self.reset(site));
        quote!(#reset #run.arrived();)
    }

    /// The same, in a place that is passed in a fresh run too.
    fn arrive_if_resumed(&self, site: usize) -> TokenStream {
        let (target, arrive) = (crate::names::target(), self.arrive(site));
        quote!(if #target != 0 { #arrive })
    }

    /// Keeps the bindings called `name` by the user apart.
    fn pin(&self, name: &str) {
        self.pinned.borrow_mut().insert(self.resolved.user(name).to_owned());
    }
}

/// `'label: body`, or just `body` if nothing in it leads to the label.
fn labelled(label: &Lifetime, body: TokenStream) -> TokenStream {
    if uses(body.clone(), label) { quote!(#label: #body) } else { body }
}

/// Output: `code`, which rustc may find to be unreachable.
fn past(unreachable: bool, code: TokenStream) -> TokenStream {
    if unreachable { quote!(#[allow(unreachable_code)] { #code };) } else { code }
}

fn uses(tokens: TokenStream, label: &Lifetime) -> bool {
    let mut apostrophe = false;
    tokens.into_iter().any(|token| match token {
        proc_macro2::TokenTree::Punct(punct) => {
            apostrophe = punct.as_char() == '\'';
            false
        }
        proc_macro2::TokenTree::Ident(ident) => std::mem::take(&mut apostrophe) && ident == label.ident,
        proc_macro2::TokenTree::Group(group) => {
            apostrophe = false;
            uses(group.stream(), label)
        }
        proc_macro2::TokenTree::Literal(_) => false,
    })
}

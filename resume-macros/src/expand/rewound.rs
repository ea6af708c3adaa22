//! Warnings for what begins anew on a resume although one sees that something is made of it: a generator with a seed, an
//! iterator, and what is written through a shared reference.

use super::{Generator, warnings, writing};
use crate::input::Parameter;
use crate::made::{called, peeled};
use crate::model::{Binding, Kind, Let};
use proc_macro2::{Span, TokenStream};
use quote::ToTokens;
use syn::visit::{self, Visit};
use syn::{Expr, FnArg, ItemFn};

const SEEDED: &str = "this generator begins anew on each resume, and draws the same numbers again: say `#[resume]`, with a \
                      generator that serde can save such as `resume_runtime::rand_chacha::ChaCha8Rng`, or draw from \
                      `resume_runtime::rng()`";
const WRITTEN: &str = "a resume makes this anew, and what was written into it is lost: `#[resume] let` saves it, `#[transient]` \
                       says that it may begin anew";
const BEGUN: &str = "this iterator begins anew on each resume, and gives the items again that were taken from it before: go over \
                     it with `for`, which finds its item again, or capture how far it has got \
                     (`#[resume] let mut at = 0;`, and `items.get(at)`)";
const LENT: &str = "what the function writes into this is lost on a resume: take a `#[resume]` parameter of type `&mut`, or say \
                    `#[transient]` if it may begin anew";

impl Generator<'_> {
    /// Output: a warning for each.
    pub(super) fn rewound_warnings(&self, function: &ItemFn) -> TokenStream {
        let (mut seeded, mut begun, mut written) = (Vec::new(), Vec::new(), Vec::new());
        let code = function.block.to_token_stream();
        self.made_again(&mut |local, init| {
            if local.kind == Kind::Transient && local.bindings.iter().any(|binding| binding.mutable) {
                seeded.extend(seeds(init));
                let is_taken = |binding: &Binding| writing::taken_before_a_site(&code, &binding.ident);
                begun.extend(iterates(init).filter(|_| local.bindings.iter().any(is_taken)));
            }
            let is_lost = |binding: &Binding| writing::before_a_site(&code, &binding.ident);
            if local.kind == Kind::Plain {
                written.extend(makes_cell(init).filter(|_| local.bindings.iter().any(is_lost)));
            }
        });
        let is_lost = |given: &Parameter| given.bindings.iter().any(|name| writing::before_a_site(&code, name));
        let lent = self.parameters.iter().zip(&function.sig.inputs).filter_map(|(given, input)| match input {
            FnArg::Typed(typed) if given.kind == Kind::Plain => cell_in(&typed.ty).filter(|_| is_lost(given)),
            _ => None,
        });
        let mut warnings = warnings::warn("SEEDED", SEEDED, seeded);
        warnings.extend(warnings::warn("BEGUN", BEGUN, begun));
        warnings.extend(warnings::warn("WRITTEN", WRITTEN, written));
        warnings.extend(warnings::warn("LENT", LENT, lent.collect()));
        warnings
    }

    /// The locals that are alive at a site and made again on a resume, with what makes them.
    pub(super) fn made_again(&self, each: &mut dyn FnMut(&Let, &Expr)) {
        self.body.lets(&mut |local| {
            let is_alive = local.bindings.iter().any(|b| self.live.exact.iter().any(|alive| alive.contains(&b.name())));
            if let (true, Some(init)) = (local.kind != Kind::Captured && is_alive, local.initialiser()) {
                each(local, init);
            }
        });
    }
}

/// Where a generator is made from a seed, if that is the value of `init`.
fn seeds(init: &Expr) -> Option<Span> {
    let (path, span) = called(init)?;
    let name = path.last()?;
    ["seed_from_u64", "from_seed"].contains(&name.as_str()).then_some(span)
}

/// Where an iterator over something that is there is made, if that is the value of `init`. One over a queue or a socket goes on
/// by itself where it was.
fn iterates(init: &Expr) -> Option<Span> {
    let Expr::MethodCall(call) = peeled(init) else { return None };
    let name = call.method.to_string();
    let begins =
        ["chars", "char_indices", "bytes", "lines", "split_whitespace", "iter", "windows", "chunks", "chunks_exact"];
    if begins.contains(&name.as_str()) || name.starts_with("split") {
        return matches!(peeled(&call.receiver), Expr::Path(_) | Expr::Field(_) | Expr::Lit(_))
            .then(|| call.method.span());
    }
    let goes_on =
        ["peekable", "enumerate", "rev", "skip", "cloned", "copied", "map", "filter", "zip", "fuse", "step_by"];
    if goes_on.contains(&name.as_str()) { iterates(&call.receiver) } else { None }
}

/// Where something is made that can be written through a shared reference, if that is the value of `init`.
fn makes_cell(init: &Expr) -> Option<Span> {
    let (path, span) = called(init)?;
    match &path[..] {
        [.., holder, name] if name == "new" && ["Rc", "Arc", "Box"].contains(&holder.as_str()) => {
            let Expr::Call(call) = peeled(init) else { return None };
            makes_cell(call.args.first()?)
        }
        [.., cell, name] => {
            (["new", "default", "from"].contains(&name.as_str()) && is_cell(cell) && !is_unit(init)).then_some(span)
        }
        _ => None,
    }
}

/// `Mutex::new(())` holds nothing.
fn is_unit(init: &Expr) -> bool {
    let Expr::Call(call) = peeled(init) else { return false };
    matches!(call.args.first(), Some(Expr::Tuple(tuple)) if tuple.elems.is_empty())
}

/// Cells that are set once are caches more often than not.
fn is_cell(name: &str) -> bool {
    ["Cell", "RefCell", "Mutex", "RwLock"].contains(&name) || name.starts_with("Atomic")
}

/// The first such type in a type, other than in that of a function.
fn cell_in(ty: &syn::Type) -> Option<Span> {
    struct Found(Option<Span>);
    impl<'ast> Visit<'ast> for Found {
        fn visit_path_segment(&mut self, segment: &'ast syn::PathSegment) {
            if is_cell(&segment.ident.to_string()) {
                self.0.get_or_insert(segment.ident.span());
            }
            visit::visit_path_segment(self, segment);
        }
        fn visit_type_fn_ptr(&mut self, _: &'ast syn::TypeFnPtr) {}
        fn visit_parenthesized_generic_arguments(&mut self, _: &'ast syn::ParenthesizedGenericArguments) {}
    }
    let mut found = Found(None);
    found.visit_type(ty);
    found.0
}

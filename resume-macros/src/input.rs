//! The function as written: its parameters and what each is to the run.

use crate::args;
use crate::arrays;
use crate::diag::{self, Sink};
use crate::lower::bindings;
use crate::macros;
use crate::mentions::Names;
use crate::model::{Binding, Kind};
use crate::names;
use crate::resolve::is_binding;
use crate::syntax;
use proc_macro2::Ident;
use quote::ToTokens;
use syn::visit::{self, Visit};
use syn::{Attribute, FnArg, ItemFn, Pat, Receiver, ReceiverKind, Signature, Type};

pub(crate) struct Parameter {
    pub(crate) kind: Kind,
    /// What it binds, with `self` as itself.
    pub(crate) bindings: Vec<Ident>,
    /// `&mut T`: restored into place.
    pub(crate) by_reference: bool,
    /// `[T; N]`, or a reference to one: serde alone stops at 32 elements, its slice does not.
    pub(crate) is_array: bool,
    /// One that is better left where it is.
    pub(crate) is_long: bool,
}

/// The parameters of `function`, out of which `#[resume]` and `#[transient]` are taken.
pub(crate) fn parameters(function: &mut ItemFn, sink: &mut Sink) -> Vec<Parameter> {
    check(&function.sig, sink);
    let inputs = function.sig.inputs.iter_mut().enumerate();
    inputs
        .map(|(number, input)| match input {
            FnArg::Receiver(receiver) => read_receiver(receiver, sink),
            FnArg::Typed(typed) => read_typed(number, typed, sink),
        })
        .collect()
}

fn check(signature: &Signature, sink: &mut Sink) {
    if let Some(constness) = &signature.constness {
        sink.at(constness.span, "a `const fn` cannot be resumable: the compiler may run it, which leaves nothing to resume\nhelp: remove `const`");
    }
    if let Some(variadic) = &signature.variadic {
        sink.add(syn::Error::new_spanned(
            variadic,
            "a variadic function cannot be resumable: its arguments cannot name a run",
        ));
    }
}

fn read_receiver(receiver: &mut Receiver, sink: &mut Sink) -> Parameter {
    let kind = take_kind(&mut receiver.attrs, sink);
    let ident = Ident::new("self", receiver.self_token.span);
    let written = diag::source(receiver.to_token_stream());
    let by_reference = match &receiver.kind {
        ReceiverKind::Reference(_, _, mutability) => mutability.is_some(),
        ReceiverKind::Typed(_, ty) => is_mut_reference(ty),
        _ => false,
    };
    let holds_one = matches!(&receiver.kind, ReceiverKind::Typed(_, ty) if holds_mut_reference(ty));
    let is_shared = matches!(&receiver.kind, ReceiverKind::Reference(..)) && !by_reference;
    if kind == Kind::Captured && (is_shared || (holds_one && !by_reference)) {
        sink.at(ident.span(), diag::unsettable_parameter(&ident));
    } else if kind == Kind::Plain && by_reference {
        sink.at(ident.span(), diag::parameter(&ident, "a mutable reference", &written));
    } else if kind == Kind::Plain && holds_one {
        sink.at(ident.span(), diag::lending_parameter(&ident, &written));
    } else if kind == Kind::Plain && receiver.mutability.is_some() {
        sink.at(ident.span(), diag::parameter(&ident, "mutable", &written));
    }
    Parameter { kind, bindings: vec![ident], by_reference, is_array: false, is_long: false }
}

fn read_typed(number: usize, typed: &mut syn::PatType, sink: &mut Sink) -> Parameter {
    let kind = take_kind(&mut typed.attrs, sink);
    let by_reference = is_mut_reference(&typed.ty);
    if kind == Kind::Plain && matches!(&*typed.pat, Pat::Wild(_)) {
        // The value counts for the run's identity, so it needs a name.
        let ident = names::ident(&format!("argument_{number}"));
        *typed.pat = syn::parse_quote!(#ident);
    }
    macros::pattern(&typed.pat, sink);
    let found = bindings(&typed.pat);
    let is_shared = matches!(syntax::bare_type(&typed.ty), Type::Reference(_));
    if let (Kind::Captured, false, Some(Binding { ident, .. })) = (kind, by_reference, found.first())
        && (is_shared || holds_mut_reference(&typed.ty))
    {
        sink.at(ident.span(), diag::unsettable_parameter(ident));
    }
    if kind == Kind::Plain {
        let written = diag::source(typed.to_token_stream());
        // One word mends all that it binds.
        let reference = found.first().filter(|_| by_reference);
        let lending = found.iter().find(|binding| binding.lends);
        let lending = lending.or(found.first().filter(|_| holds_mut_reference(&typed.ty)));
        if let Some(Binding { ident, .. }) = found.iter().find(|binding| binding.mutable) {
            sink.at(ident.span(), diag::parameter(ident, "mutable", &written));
        } else if let Some(Binding { ident, .. }) = reference {
            sink.at(ident.span(), diag::parameter(ident, "a mutable reference", &written));
        } else if let Some(Binding { ident, .. }) = lending {
            sink.at(ident.span(), diag::lending_parameter(ident, &written));
        }
    }
    let is_array = matches!(&*typed.pat, Pat::Ident(_)) && is_array(&typed.ty);
    let bindings = found.into_iter().map(|binding| binding.ident).collect();
    Parameter { kind, bindings, by_reference, is_array, is_long: arrays::is_long(&typed.ty) }
}

fn is_array(ty: &Type) -> bool {
    match syntax::bare_type(ty) {
        Type::Array(_) => true,
        Type::Reference(reference) => is_array(&reference.elem),
        _ => false,
    }
}

fn is_mut_reference(ty: &Type) -> bool {
    matches!(syntax::bare_type(ty), Type::Reference(reference) if reference.mutability.is_some())
}

/// Whether there is a mutable reference anywhere in what the value holds. What a function or closure is called with is not.
fn holds_mut_reference(ty: &Type) -> bool {
    struct Holds(bool);
    impl<'ast> Visit<'ast> for Holds {
        fn visit_type_reference(&mut self, reference: &'ast syn::TypeReference) {
            self.0 |= reference.mutability.is_some();
            visit::visit_type_reference(self, reference);
        }
        fn visit_type_fn_ptr(&mut self, _: &'ast syn::TypeFnPtr) {}
        fn visit_parenthesized_generic_arguments(&mut self, _: &'ast syn::ParenthesizedGenericArguments) {}
    }
    let mut holds = Holds(false);
    holds.visit_type(ty);
    holds.0
}

/// The bindings of a pattern, in order, each once.
#[derive(Default)]
pub(crate) struct Bindings(pub(crate) Vec<Binding>);

impl<'ast> Visit<'ast> for Bindings {
    fn visit_pat_ident(&mut self, pat: &'ast syn::PatIdent) {
        if is_binding(pat) && !self.0.iter().any(|known| known.ident == pat.ident) {
            let (by_ref, mutable) = (pat.by_ref.is_some(), pat.mutability.is_some());
            self.0.push(Binding { ident: pat.ident.clone(), mutable: mutable && !by_ref, lends: mutable && by_ref });
        }
        visit::visit_pat_ident(self, pat);
    }

    fn visit_expr(&mut self, _: &'ast syn::Expr) {}

    fn visit_item(&mut self, _: &'ast syn::Item) {}
}

/// Takes `#[resume]` or `#[transient]` out of `attributes`.
fn take_kind(attributes: &mut Vec<Attribute>, sink: &mut Sink) -> Kind {
    let mut kind = Kind::Plain;
    attributes.retain(|attribute| {
        let new = match () {
            () if attribute.path().is_ident("resume") => Kind::Captured,
            () if attribute.path().is_ident("transient") => Kind::Transient,
            () => return true,
        };
        args::no_options(attribute, sink);
        if kind != Kind::Plain {
            sink.add(syn::Error::new_spanned(attribute, diag::annotated_twice("this parameter")));
        }
        kind = new;
        false
    });
    kind
}

/// The names of all parameters.
pub(crate) fn names(parameters: &[Parameter]) -> Names {
    parameters.iter().flat_map(|parameter| &parameter.bindings).map(Ident::to_string).collect()
}

/// Parameters by what `check` has to know of them.
#[derive(Default)]
pub(crate) struct Changing {
    /// Those whose value changes during the run.
    pub(crate) mutable: Names,
    /// Those that are references, whose value is elsewhere.
    pub(crate) references: Names,
}

/// What the parameters' patterns and types say of them.
pub(crate) fn mutable_names(function: &ItemFn, parameters: &[Parameter]) -> Changing {
    let mut names = Changing::default();
    for (input, parameter) in function.sig.inputs.iter().zip(parameters) {
        let all = parameter.bindings.iter().map(Ident::to_string);
        let all_change = match input {
            FnArg::Receiver(receiver) => {
                let holds_one = matches!(&receiver.kind, ReceiverKind::Typed(_, ty) if holds_mut_reference(ty));
                receiver.mutability.is_some() || holds_one
            }
            FnArg::Typed(typed) => {
                if matches!((&*typed.pat, &*typed.ty), (Pat::Ident(_), Type::Reference(_))) {
                    names.references.extend(all.clone());
                }
                let found = bindings(&typed.pat);
                let changing = found.iter().filter(|binding| binding.mutable || binding.lends);
                names.mutable.extend(changing.map(Binding::name));
                holds_mut_reference(&typed.ty)
            }
        };
        if all_change || parameter.by_reference {
            names.mutable.extend(all);
        }
    }
    names
}

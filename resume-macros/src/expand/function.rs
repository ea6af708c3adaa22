//! The function around the body: opens the run, restores parameters, ends the run.

use super::site::held_place;
use super::{Generator, warnings};
use crate::args::OnReturn;
use crate::mentions::Names;
use crate::model::{Kind, LoopKind};
use crate::names;
use proc_macro2::{Ident, Literal, Span, TokenStream};
use quote::{quote, quote_spanned};
use syn::visit_mut::{self, VisitMut};
use syn::{FnArg, ItemFn, Pat, ReturnType, Type};

impl Generator<'_> {
    pub(super) fn function(&self, function: &ItemFn, fingerprint: u64) -> TokenStream {
        let ItemFn { attrs, vis, sig, .. } = function;
        let (run, target) = (names::run(), names::target());
        let about = self.about(function, fingerprint);
        let open = self.open_run(function);
        let lefts = (1..=self.sites.len()).map(|site| {
            let (left, number) = (names::left(site), Literal::usize_unsuffixed(site));
            quote!(let mut #left = #run.credit(#number);)
        });
        let restore = self.restore_parameters(function);
        let mut warnings = warnings::uncaptured(function);
        warnings.extend(self.truncation_warnings());
        warnings.extend(self.rewound_warnings(function));
        let code = self.sequence(&self.body.stmts, None, &Names::new());
        let modifiers = function.modifiers.defaultness;
        let allow = self.allowed(&sig.output);
        let mutability = self.arrives.get().then(|| quote!(mut));
        let target = (!self.sites.is_empty()).then(|| quote!(let #mutability #target = #run.target();));
        let (runtime, path) = (&self.runtime, &self.runtime_path);
        let mut inner = quote!(#target #(#lefts)* #restore #code);
        if sig.asyncness.is_some() {
            let (context, order) = (names::ident("context"), self.drop_order(function));
            inner = quote!(let #context = #run.context(); #context.enter(async move { #order #inner }).await);
        }
        quote! {
            #(#attrs)* #allow #vis #modifiers #sig {
                use #path as #runtime;
                #warnings
                #about
                #open
                #inner
            }
        }
    }

    /// Output: for a function with mistakes, what the compiler has to say of the types of its parameters, its result and
    /// its key, so that one compile shows all.
    pub(super) fn asked(&self, function: &ItemFn, fingerprint: u64) -> TokenStream {
        let sig = &function.sig;
        if sig.constness.is_some() || sig.variadic.is_some() {
            return TokenStream::new();
        }
        let (about, open, restore) =
            (self.about(function, fingerprint), self.open_run(function), self.restore_parameters(function));
        let (runtime, path) = (&self.runtime, &self.runtime_path);
        let (run, target) = (names::run(), names::target());
        quote!(if false { use #path as #runtime; #about #open let #target = #run.target(); #restore })
    }

    /// Output: `let _ = (&run, &last, …, &first);` in an `async` function. Its block owns the parameters, and drops them in
    /// the order in which it first mentions them: this makes it the order in which a function does.
    fn drop_order(&self, function: &ItemFn) -> Option<TokenStream> {
        let inputs = self.parameters.iter().zip(&function.sig.inputs);
        let dropped = inputs.filter(|(_, input)| matches!(input, FnArg::Typed(typed) if may_drop(&typed.ty)));
        let mut bindings: Vec<&Ident> = dropped.flat_map(|(parameter, _)| &parameter.bindings).collect();
        bindings.reverse();
        let run = names::run();
        (bindings.len() > 1).then(|| quote!(let _ = (&#run, #(&#bindings),*);))
    }

    /// Output: `#[allow]` of what lints would hold against the user's own code.
    fn allowed(&self, output: &ReturnType) -> TokenStream {
        let slots = self.slots.get();
        let slots =
            slots.then(|| quote!(#[allow(clippy::useless_let_if_seq, reason = "a resume takes the other way")]));
        let parameters = self.parameters.iter().filter(|parameter| parameter.kind != Kind::Transient);
        let mut named = parameters.flat_map(|parameter| &parameter.bindings).map(ToString::to_string);
        let unused = named.any(|name| name.starts_with('_')) || self.keys.keys().any(|name| name.starts_with('_'));
        let unused = unused.then(
            || quote!(#[allow(clippy::used_underscore_binding, reason = "it names the run, or is in its snapshots")]),
        );
        let never = matches!(output, ReturnType::Type(_, ty) if matches!(&**ty, Type::Never(_)));
        let never = never.then(|| quote!(#[allow(unreachable_code, reason = "what ends the run here is never made")]));
        quote!(#slots #unused #never)
    }

    /// Output: `static FUNCTION`, what the runtime knows of the function.
    fn about(&self, function: &ItemFn, fingerprint: u64) -> TokenStream {
        let (runtime, about) = (&self.runtime, self.resolved.unused("FUNCTION"));
        let (name, fingerprint) = (function.sig.ident.to_string(), Literal::u64_unsuffixed(fingerprint));
        let parameters: Vec<String> = self.captured_parameters().map(Ident::to_string).collect();
        let sites = (1..=self.sites.len()).map(|number| {
            let site = &self.sites[number - 1];
            let (id, line) = (&site.id, Literal::usize_unsuffixed(site.span.start().line));
            let own = self.captured_at(number).into_iter().map(|(binding, _)| self.keys[&binding.name()].clone());
            let locals: Vec<String> = parameters.iter().cloned().chain(own).collect();
            let loops = self.loops_around(number).filter(
                |inner| matches!(inner.kind, LoopKind::For { cursor, .. } if cursor != crate::model::Cursor::Transient),
            );
            let loops: Vec<&str> = loops.map(|inner| inner.id.as_str()).collect();
            let labelled = site.trigger.label.as_ref().map(|_| quote!(.labelled()));
            let new = names::ident(self.place_in_pass(number));
            quote!(#runtime::Site::#new(#line, #id, &[#(#loops),*], &[#(#locals),*]) #labelled)
        });
        let on_return = match self.options.on_return {
            OnReturn::Discard => None,
            OnReturn::Keep => Some(quote!(.keep())),
            OnReturn::Memoize => Some(quote!(.memoize())),
        };
        let strict = self.options.strict.then(|| quote!(.strict()));
        let kept = self.kept();
        let options = self.capture_options();
        let options = (!options.is_empty()).then(|| quote!(.options(&[#(#options),*])));
        quote! {
            /// A hash of the code; of each site: line, name, cursors of the loops around it, captured locals.
            static #about: #runtime::Function =
                #runtime::Function::new(#fingerprint).named(#name).sites(&[#(#sites),*]) #on_return #strict #kept #options;
        }
    }

    /// What happens to the snapshots of the run: how they are kept, packed and brought up to date.
    fn kept(&self) -> TokenStream {
        let (runtime, options) = (&self.runtime, &self.options);
        let version = options.version.map(|version| quote!(.version(#version)));
        let migrate = options.migrate.as_ref().map(|path| quote!(.migrated(|old| #runtime::migrate(#path, old))));
        let keep = options.keep.as_ref().map(|keep| keep.expand(runtime)).map(|keep| quote!(.kept(#keep)));
        let pin = options.pin.as_ref().map(|label| quote!(.pinned(#label)));
        let compression = options.compression.map(|how| how.expand(runtime)).map(|how| quote!(.compressed(#how)));
        quote!(#version #migrate #keep #pin #compression)
    }

    fn capture_options(&self) -> Vec<TokenStream> {
        let runtime = &self.runtime;
        let mut options = Vec::new();
        self.body.lets(&mut |local| {
            if local.kind != Kind::Captured || (local.capture.default.is_none() && local.capture.rename.is_none()) {
                return;
            }
            for binding in &local.bindings {
                let (name, default) = (&self.keys[&binding.name()], local.capture.default.is_some());
                let was = match &local.capture.rename {
                    Some(old) => quote!(#runtime::Some(#old)),
                    None => quote!(#runtime::None),
                };
                options.push(quote!(#runtime::Captured { name: #name, default: #default, was: #was }));
            }
        });
        options
    }

    fn captured_parameters(&self) -> impl Iterator<Item = &Ident> {
        self.parameters
            .iter()
            .filter(|parameter| parameter.kind == Kind::Captured)
            .flat_map(|parameter| &parameter.bindings)
    }

    /// Output: `let mut run = …`, named by the function and its arguments.
    fn open_run(&self, function: &ItemFn) -> TokenStream {
        let (run, runtime, about) = (names::run(), &self.runtime, self.resolved.unused("FUNCTION"));
        let (value, end) = (names::ident("value"), names::ident("end"));
        // So that their address does not escape; the key and the seed may mention them.
        let is_asked = self.options.key.is_some() || self.options.seed.is_some();
        let moved: Vec<&Ident> = self.moved_parameters().filter(|_| !is_asked).collect();
        let (hold, back) = self.held(&moved);
        let arguments = self.parameters.iter().flat_map(|parameter| {
            let moved = &moved;
            parameter.bindings.iter().filter_map(move |ident| {
                let key = ident.to_string();
                let span = Span::mixed_site().located_at(ident.span());
                let place = held_place(moved, ident).unwrap_or_else(|| quote!(#ident));
                let value = match (parameter.is_array && parameter.kind == Kind::Plain, parameter.by_reference) {
                    (true, _) => quote_spanned!(span=> &#place[..]),
                    (false, true) => quote_spanned!(span=> &*#place),
                    (false, false) => quote_spanned!(span=> &#place),
                };
                match parameter.kind {
                    // The key stands for them.
                    Kind::Plain if self.options.key.is_some() => None,
                    Kind::Plain => Some(quote_spanned!(span=> .argument(#key, #value))),
                    Kind::Captured => Some(quote_spanned!(span=> .captured(#key, #runtime::Save(#value).value()))),
                    Kind::Transient => None,
                }
            })
        });
        let key = self.options.key.as_ref().map(|key| quote!(.key(::std::format!(#key))));
        let seed = self.options.seed.as_ref().map(|seed| match seed {
            syn::Expr::Binary(_) | syn::Expr::Cast(_) => quote!(.seed(&(#seed))),
            _ => quote!(.seed(&#seed)),
        });
        let open = names::ident(if function.sig.asyncness.is_some() { "open_async" } else { "open" });
        let kind = self.kind(&function.sig.output);
        let path = quote!(#runtime::path_of(&|| ()));
        quote! {
            #hold
            let mut #run = match #runtime::Call::new(&#about, #path) #(#arguments)* #key #seed .#open(#kind)
            {
                #runtime::Ok(#value) => #value,
                #runtime::Err(#end) => return #end,
            };
            #back
        }
    }

    /// How errors leave a function of this return type.
    fn kind(&self, output: &ReturnType) -> TokenStream {
        let runtime = &self.runtime;
        let ReturnType::Type(_, ty) = output else { return quote!((&#runtime::Returns::<()>::NEW).kind()) };
        let method = if self.options.on_return == OnReturn::Memoize { "memo_kind" } else { "kind" };
        match &**ty {
            Type::ImplTrait(_) | Type::Never(_) => quote!(#runtime::Plain::new()),
            _ => {
                let ty = &self.output;
                let span = Span::mixed_site().located_at(syn::spanned::Spanned::span(&ty));
                let method = Ident::new(method, span);
                let runtime = self.runtime_at(span);
                quote_spanned!(span=> (&#runtime::Returns::<#ty>::NEW).#method())
            }
        }
    }

    fn restore_parameters(&self, function: &ItemFn) -> TokenStream {
        let runtime = &self.runtime;
        let (run, target, end, value) = (names::run(), names::target(), names::ident("end"), names::ident("value"));
        let memoize = self.options.on_return == OnReturn::Memoize;
        let resumed = match (self.sites.is_empty(), memoize) {
            (true, false) => return TokenStream::new(),
            (true, true) => quote!(#run.memoized()),
            (false, false) => quote!(#target != 0),
            (false, true) => quote!(#target != 0 || #run.memoized()),
        };
        let mut code = TokenStream::new();
        for (parameter, input) in self.parameters.iter().zip(&function.sig.inputs) {
            if parameter.kind != Kind::Captured {
                continue;
            }
            for ident in &parameter.bindings {
                let key = ident.to_string();
                let restored = |place: TokenStream| {
                    quote_spanned! {ident.span()=>
                        if let #runtime::Err(#end) = #runtime::Slot::of(&#place).restore(&mut #run, #key, &mut #place) { return #end; }
                    }
                };
                let is_mutable = is_mutable(input, ident);
                if parameter.by_reference {
                    let restored = restored(quote_spanned!(ident.span()=> *#ident));
                    code.extend(quote_spanned!(ident.span()=> if #resumed { #restored }));
                } else if !is_mutable && ident != "self" {
                    // It may change inside, as a `Cell` does.
                    let restored = restored(quote!(#value));
                    code.extend(quote_spanned! {ident.span()=>
                        let #ident = if #resumed {
                            let mut #value = #ident;
                            #restored
                            #value
                        } else {
                            #ident
                        };
                    });
                } else if is_mutable {
                    // The address of the parameter itself does not escape.
                    let restored = restored(quote!(#value));
                    code.extend(quote_spanned! {ident.span()=>
                        if #resumed {
                            let mut #value = #ident;
                            #restored
                            #ident = #value;
                        }
                    });
                }
            }
        }
        if memoize {
            let result = names::ident("result");
            code.extend(quote!(if let #runtime::Some(#result) = #run.memo() { return #result; }));
        }
        code
    }
}

/// Whether dropping a value of the type may do anything, as far as its name tells.
fn may_drop(ty: &Type) -> bool {
    const COPIED: [&str; 16] = [
        "bool", "char", "f32", "f64", "i8", "i16", "i32", "i64", "i128", "isize", "u8", "u16", "u32", "u64", "u128",
        "usize",
    ];
    match ty {
        Type::Reference(_) | Type::Ptr(_) | Type::FnPtr(_) => false,
        Type::Path(path) => !COPIED.iter().any(|name| path.path.is_ident(name)),
        _ => true,
    }
}

fn is_mutable(input: &FnArg, ident: &Ident) -> bool {
    match input {
        FnArg::Receiver(receiver) => receiver.mutability.is_some(),
        FnArg::Typed(typed) => match &*typed.pat {
            Pat::Ident(pat) => pat.mutability.is_some(),
            pat => crate::lower::bindings(pat).iter().any(|binding| binding.ident == *ident && binding.mutable),
        },
    }
}

/// The type of the result with `_` for each `impl Trait`; none if it is one itself.
pub(super) fn nameable(output: &ReturnType) -> Option<Type> {
    let ReturnType::Type(_, ty) = output else { return None };
    if matches!(&**ty, Type::ImplTrait(_) | Type::Never(_)) {
        return None;
    }
    let mut ty = (**ty).clone();
    Infer.visit_type_mut(&mut ty);
    Some(ty)
}

/// `impl Trait` inside a type becomes `_`.
struct Infer;

impl VisitMut for Infer {
    fn visit_type_mut(&mut self, ty: &mut Type) {
        if matches!(ty, Type::ImplTrait(_)) {
            *ty = syn::parse_quote!(_);
        } else {
            visit_mut::visit_type_mut(self, ty);
        }
    }
}

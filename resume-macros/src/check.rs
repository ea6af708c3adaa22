//! The mistakes of section "locals" of the language: what a resume would forget is a compile error.

use crate::diag::{self, Forgotten, Sink};
use crate::input::Changing;
use crate::iterated::{iterated, place};
use crate::live::Live;
use crate::made::lends;
use crate::mentions::Names;
use crate::model::{Binding, Block, Branch, Compound, CompoundKind, Cursor, Kind, Let, Loop, LoopKind, Site, Stmt};
use crate::opened::{captured, opened};
use crate::random::{is_own, makes_one};
use crate::resolve::Resolved;
use crate::restore::{Given, restore};
use crate::syntax::{bare, diverging, mention};
use proc_macro2::TokenStream;
use quote::ToTokens;
use syn::Expr;
use syn::visit::{self, Visit};

/// Reports what patterns bind and a resume would lose, before branches are moved behind them. What is alive only in branches
/// that cannot be moved is found out by `check`.
pub(crate) fn check_patterns(body: &Block, sites: &[Site], live: &Live, resolved: &Resolved, sink: &mut Sink) {
    Check { sites, live, resolved, mutable: Names::new(), references: &Names::new(), sink }.patterns(body);
}

/// Reports each local that would be lost, once, at its name.
pub(crate) fn check(
    body: &Block,
    sites: &[Site],
    live: &Live,
    resolved: &Resolved,
    parameters: &Changing,
    sink: &mut Sink,
) {
    let mut mutable = parameters.mutable.clone();
    body.lets(&mut |local| {
        let lends = lends_its_own(local);
        let changes = |binding: &&Binding| binding.mutable || binding.lends || lends || local.is_deferred();
        let changes = local.bindings.iter().filter(changes);
        mutable.extend(changes.map(Binding::name));
    });
    let mut check = Check { sites, live, resolved, mutable, references: &parameters.references, sink };
    check.patterns(body);
    // What only the initialisers of these need is no mistake of its own: an annotation keeps them from running again.
    let mut lost = Names::new();
    body.lets(&mut |local| {
        let found = local.bindings.iter().filter(|binding| check.forgotten(local, binding).is_some());
        lost.extend(found.map(Binding::name));
    });
    let alive = live.without(body, &lost);
    body.lets(&mut |local| check.local(local, &alive));
    body.loops(&mut |inner| check.iterator(inner));
}

struct Check<'a> {
    sites: &'a [Site],
    live: &'a Live,
    resolved: &'a Resolved,
    mutable: Names,
    /// Parameters that are references.
    references: &'a Names,
    sink: &'a mut Sink,
}

impl<'a> Check<'a> {
    /// The line of the first site at which `name` is alive.
    fn alive_at(&self, name: &str) -> Option<usize> {
        let site = self.live.exact.iter().position(|alive| alive.contains(name))?;
        Some(self.sites[site].span.start().line)
    }

    /// One word at the `let` mends all that it binds, so it is one mistake.
    fn local(&mut self, local: &Let, alive: &Names) {
        let needed = local.bindings.iter().filter_map(|binding| {
            let name = binding.name();
            let line = self.alive_at(&name).filter(|_| alive.contains(&name))?;
            Some((binding, self.resolved.user(&name).to_owned(), line))
        });
        let needed: Vec<_> = needed.collect();
        let Some((first, name, _)) = needed.first() else { return };
        if let Some(owned) = self.owned(local).filter(|_| local.kind == Kind::Captured) {
            let text = diag::borrowed(name, first.mutable, &owned);
            return self.sink.at(first.ident.span(), text);
        }
        let mut lost = needed
            .into_iter()
            .filter_map(|(binding, name, line)| Some((binding, name, line, self.forgotten(local, binding)?)));
        let Some((first, name, line, how)) = lost.next() else { return };
        let alike = lost.filter(|(_, _, other, same)| *other == line && *same == how);
        let names: Vec<String> = std::iter::once(name).chain(alike.map(|(_, name, ..)| name)).collect();
        let text = match (&how, local.initialiser()) {
            (Forgotten::File(opened), Some(init)) => {
                let call = captured(init, |tokens| self.by_user(tokens));
                diag::forgotten_file(&names[0], *opened, line, &call, &self.written(local))
            }
            _ => diag::forgotten(&names, &how, line, &self.written(local)),
        };
        self.sink.at(first.ident.span(), text);
    }

    /// How a resume would lose `binding`, if it would and that matters at some site.
    fn forgotten<'l>(&self, local: &'l Let, binding: &Binding) -> Option<Forgotten<'l>>
    where
        'a: 'l,
    {
        if local.kind == Kind::Captured || self.alive_at(&binding.name()).is_none() {
            return None;
        }
        let reads = local.reads.iter().find(|name| self.mutable.contains(*name));
        match (local.kind, reads) {
            (Kind::Transient, _) if local.is_deferred() => Some(Forgotten::DeferredTransient),
            (_, _) if local.is_deferred() => Some(Forgotten::Deferred),
            (_, _) if local.sited.is_some() && local.again.is_none() => Some(Forgotten::HoldsSite),
            (Kind::Transient, _) => None,
            (_, _) if binding.mutable && binding.is_guard() => Some(Forgotten::Guard),
            (_, _) if binding.mutable && local.initialiser().is_some_and(is_own) => Some(Forgotten::Own),
            (_, _) if binding.mutable && local.initialiser().is_some_and(makes_one) => Some(Forgotten::Generator),
            (_, Some(other)) if binding.mutable && local.initialiser().is_some_and(lends) => {
                Some(Forgotten::Borrows(self.resolved.user(other)))
            }
            (_, _) if binding.mutable => Some(match local.initialiser().and_then(opened) {
                Some(opened) => Forgotten::File(opened),
                None => Forgotten::Mutable,
            }),
            (_, _) if binding.lends || lends_its_own(local) => Some(Forgotten::Lent),
            (_, Some(other)) => Some(match local.initialiser().is_some_and(lends) {
                true => Forgotten::Borrows(self.resolved.user(other)),
                false => Forgotten::Reads(self.resolved.user(other)),
            }),
            (_, None) => None,
        }
    }

    /// The `let` about as the user wrote it.
    fn written(&self, local: &Let) -> String {
        let pat = diag::source(self.by_user(local.local.pat.to_token_stream()));
        let init = match (local.initialiser(), &local.sited) {
            (None, _) => String::new(),
            (Some(_), Some(_)) => " = …".to_owned(),
            (Some(init), None) => format!(" = {}", diag::short(self.by_user(init.to_token_stream()))),
        };
        let diverge = diverging(&local.local).map_or("", |_| " else { … }");
        format!("let {pat}{init}{diverge};")
    }

    /// The tokens with the names that the user gave.
    fn by_user(&self, tokens: TokenStream) -> TokenStream {
        restore(tokens, &Given::all(self.resolved))
    }

    /// If `local` is a reference, or holds some, for all to see: what to capture instead.
    fn owned(&self, local: &Let) -> Option<String> {
        if local.capture.with.is_some() {
            return None;
        }
        let (init, (_, ty)) = (local.initialiser()?, local.simple()?);
        let borrows = match (ty, init) {
            (Some(ty), _) => has_reference(ty),
            (None, Expr::Reference(_)) => true,
            (None, Expr::Lit(literal)) => {
                matches!(literal.lit, syn::Lit::Str(_) | syn::Lit::ByteStr(_) | syn::Lit::CStr(_))
            }
            (None, Expr::Path(path)) => {
                path.path.get_ident().is_some_and(|name| self.references.contains(&name.to_string()))
            }
            (None, Expr::Call(call)) => is_view(&call.func),
            (None, Expr::MethodCall(call)) => call.turbofish.as_ref().is_some_and(|given| {
                given.args.iter().any(|arg| matches!(arg, syn::GenericArgument::Type(ty) if has_reference(ty)))
            }),
            (None, _) => false,
        };
        borrows.then(|| match init {
            // The type that was written says where the reference is.
            _ if !matches!(ty, None | Some(syn::Type::Reference(_))) => "…".to_owned(),
            Expr::Lit(_) | Expr::Path(_) | Expr::Call(_) => {
                format!("{}.to_owned()", diag::short(self.by_user(init.to_token_stream())))
            }
            Expr::Reference(reference) if matches!(*reference.expr, Expr::Path(_)) => {
                format!("{}.to_owned()", diag::short(self.by_user(reference.expr.to_token_stream())))
            }
            _ => "…".to_owned(),
        })
    }

    fn bound_by(&mut self, bindings: &[Binding], place: &str) {
        for binding in bindings {
            if let Some(line) = self.alive_at(&binding.name()) {
                let user = self.resolved.user(&binding.name()).to_owned();
                self.sink.at(binding.ident.span(), diag::pattern_binding(&user, binding.mutable, place, line));
            }
        }
    }

    /// A local that is set for the first time beside a site has no value at that site.
    fn set_in_time(&mut self, local: &Let, behind: &[Stmt]) {
        let [binding] = &local.bindings[..] else { return };
        let name = binding.name();
        let first = behind.iter().find(|stmt| stmt.mentions().contains(&name));
        let Some(sites) = first.and_then(Stmt::sites) else { return };
        if let Some(site) = sites.into_iter().find(|site| self.live.exact[site - 1].contains(&name)) {
            let (user, line) = (self.resolved.user(&name).to_owned(), self.sites[site - 1].span.start().line);
            let in_loop = first.is_some_and(Stmt::is_valueless_loop);
            self.sink.at(binding.ident.span(), diag::set_beside_site(&user, binding.mutable, line, in_loop));
        }
    }

    /// One that is declared before a site and mentioned behind it for the first time has no value there either.
    fn declared_in_time(&mut self, local: &Let, behind: &[Stmt]) {
        let Some(first) = local.bindings.first() else { return };
        let is_mentioned = |stmt: &&Stmt| {
            let mentions = stmt.mentions();
            local.bindings.iter().any(|binding| mentions.contains(&binding.name()))
        };
        let before = behind.iter().take_while(|stmt| !is_mentioned(stmt));
        let is_alive = |site: &usize| self.live.exact[site - 1].contains(&first.name());
        if let Some(site) = before.filter_map(Stmt::sites).flatten().find(is_alive) {
            let (user, line) = (self.resolved.user(&first.name()).to_owned(), self.sites[site - 1].span.start().line);
            let pattern = diag::source(self.by_user(local.local.pat.to_token_stream()));
            self.sink.at(first.ident.span(), diag::declared_too_early(&user, &pattern, line));
        }
    }

    fn patterns(&mut self, block: &Block) {
        for (at, stmt) in block.stmts.iter().enumerate() {
            if let Stmt::Let(local) = stmt
                && local.is_deferred()
            {
                self.declared_in_time(local, &block.stmts[at + 1..]);
                if local.kind == Kind::Captured {
                    self.set_in_time(local, &block.stmts[at + 1..]);
                }
            }
            if let Some(compound) = stmt.compound() {
                self.compound(compound);
            }
        }
    }

    fn compound(&mut self, compound: &Compound) {
        match &compound.kind {
            CompoundKind::If(decision) if matches!(decision.then, Branch::Sited { .. }) => {
                self.bound_by(&decision.bindings, "`if let`");
            }
            CompoundKind::Match(decision) => {
                for arm in decision.arms.iter().filter(|arm| matches!(arm.body, Branch::Sited { .. })) {
                    self.bound_by(&arm.bindings, "`match`");
                }
            }
            CompoundKind::Loop(inner) => match &inner.kind {
                LoopKind::While { bindings, .. } => self.bound_by(bindings, "`while let`"),
                LoopKind::For { bindings, cursor: Cursor::Transient, .. } => {
                    self.bound_by(bindings, "a `#[transient] for`")
                }
                LoopKind::For { bindings, cursor: Cursor::Range | Cursor::Count, .. } => {
                    for binding in bindings.iter().filter(|binding| binding.mutable || binding.lends) {
                        if let Some(line) = self.alive_at(&binding.name()) {
                            let user = self.resolved.user(&binding.name()).to_owned();
                            self.sink.at(binding.ident.span(), diag::mutable_item(&user, line));
                        }
                    }
                }
                _ => {}
            },
            CompoundKind::Wrap { inner, .. } => return self.compound(inner),
            _ => {}
        }
        compound.blocks(&mut |block| self.patterns(block));
    }

    /// What an iterator gives, bound before its loop.
    fn once(&self, iterator: &Expr) -> String {
        let given = diag::short(self.by_user(iterator.to_token_stream()));
        match iterator {
            Expr::MethodCall(_) => format!("#[resume] let fixed: Vec<_> = {given}.collect();"),
            _ => format!("#[resume] let fixed = {given};"),
        }
    }

    /// What holds the items of an iterator that reads `name`, as the user wrote it.
    fn holder(&self, iterator: &Expr, name: &str) -> String {
        let place = place(iterator).map(ToTokens::to_token_stream);
        let written = place.filter(|place| mention(place.clone(), name).is_some());
        match written.map(|place| diag::short(self.by_user(place))) {
            Some(text) if text != "self" => text,
            _ if name == "self" => "…".to_owned(),
            _ => self.resolved.user(name).to_owned(),
        }
    }

    fn iterator(&mut self, inner: &Loop) {
        if let LoopKind::For { expr, cursor: Cursor::Count, mentions, .. } = &inner.kind
            && let Some(name) = mentions.iter().find(|name| self.mutable.contains(*name))
        {
            let user = self.resolved.user(name);
            let text = diag::loop_reads(user, iterated(expr), &self.holder(expr, name), &self.once(expr));
            match mention(expr.to_token_stream(), name) {
                Some(span) => self.sink.at(span, text),
                None => self.sink.add(syn::Error::new_spanned(expr, text)),
            }
        }
    }
}

/// Types of the standard library that hold what they are generic over.
const HOLDERS: [&str; 10] =
    ["BTreeMap", "BTreeSet", "BinaryHeap", "Box", "HashMap", "HashSet", "Option", "Result", "Vec", "VecDeque"];

/// Whether there is a reference in a type, other than in that of a function.
fn has_reference(ty: &syn::Type) -> bool {
    struct Found(bool);
    impl<'ast> Visit<'ast> for Found {
        fn visit_type_reference(&mut self, _: &'ast syn::TypeReference) {
            self.0 = true;
        }
        fn visit_type_path(&mut self, path: &'ast syn::TypePath) {
            // Another type may hold nothing of what it is generic over.
            if path.path.segments.last().is_some_and(|last| HOLDERS.iter().any(|name| last.ident == name)) {
                visit::visit_type_path(self, path);
            }
        }
        fn visit_type_fn_ptr(&mut self, _: &'ast syn::TypeFnPtr) {}
        fn visit_expr(&mut self, _: &'ast Expr) {}
    }
    let mut found = Found(false);
    found.visit_type(ty);
    found.0
}

/// `Path::new` and `OsStr::new`, which give a reference to what they are given.
fn is_view(function: &Expr) -> bool {
    let Expr::Path(path) = function else { return false };
    let mut last = path.path.segments.iter().rev();
    last.next().is_some_and(|name| name.ident == "new")
        && last.next().is_some_and(|of| of.ident == "Path" || of.ident == "OsStr")
}

/// Whether what it binds is, or holds, a mutable reference to a value made by the initialiser, as in `let x = &mut 0;`.
fn lends_its_own(local: &Let) -> bool {
    fn is_made(place: &Expr) -> bool {
        match bare(place) {
            Expr::Path(_) => false,
            Expr::Unary(unary) => !matches!(unary.op, syn::UnOp::Deref(_)),
            // Of what a call gives, that may be a place behind a reference.
            Expr::Field(field) => !is_call(&field.base) && is_made(&field.base),
            Expr::Index(index) => !is_call(&index.expr) && is_made(&index.expr),
            _ => true,
        }
    }
    fn is_call(expr: &Expr) -> bool {
        matches!(expr, Expr::Call(_) | Expr::MethodCall(_))
    }
    // Where the compiler lets a temporary value live as long as the local.
    fn lends(expr: &Expr) -> bool {
        match bare(expr) {
            Expr::Reference(reference) if reference.mutability.is_some() => is_made(&reference.expr),
            Expr::Reference(reference) => lends(&reference.expr),
            Expr::Cast(cast) => lends(&cast.expr),
            Expr::Tuple(parts) => parts.elems.iter().any(lends),
            Expr::Array(parts) => parts.elems.iter().any(lends),
            Expr::Struct(parts) => parts.fields.iter().any(|field| lends(&field.expr)),
            // `Some(&mut 0)`
            Expr::Call(call) => is_constructor(&call.func) && call.args.iter().any(lends),
            _ => false,
        }
    }
    fn is_constructor(function: &Expr) -> bool {
        let Expr::Path(path) = function else { return false };
        path.path.segments.last().is_some_and(|last| last.ident.to_string().starts_with(char::is_uppercase))
    }
    local.initialiser().is_some_and(lends)
}

//! The mistakes of section "locals" of the language: what a resume would forget is a compile error.

use crate::diag::{self, Forgotten, Sink};
use crate::live::Live;
use crate::mentions::Names;
use crate::model::{Binding, Block, Branch, Compound, CompoundKind, Cursor, Kind, Let, Loop, LoopKind, Site, Stmt};
use crate::resolve::Resolved;

/// Reports each local that would be lost, once, at its name. `mutable` are the parameters that change.
pub(crate) fn check(body: &Block, sites: &[Site], live: &Live, resolved: &Resolved, mutable: &Names, sink: &mut Sink) {
    let mut mutable = mutable.clone();
    body.lets(&mut |local| {
        let changes = local.bindings.iter().filter(|binding| binding.mutable || local.is_deferred());
        mutable.extend(changes.map(Binding::name));
    });
    let mut check = Check { sites, live, resolved, mutable, sink };
    check.patterns(body);
    body.lets(&mut |local| check.local(local));
    body.loops(&mut |inner| check.iterator(inner));
}

struct Check<'a> {
    sites: &'a [Site],
    live: &'a Live,
    resolved: &'a Resolved,
    mutable: Names,
    sink: &'a mut Sink,
}

impl Check<'_> {
    /// The line of the first site at which `name` is alive.
    fn alive_at(&self, name: &str) -> Option<usize> {
        let site = self.live.exact.iter().position(|alive| alive.contains(name))?;
        Some(self.sites[site].span.start().line)
    }

    fn local(&mut self, local: &Let) {
        if local.kind == Kind::Captured {
            return;
        }
        for binding in &local.bindings {
            let name = binding.name();
            let Some(line) = self.alive_at(&name) else { continue };
            let user = self.resolved.user(&name).to_owned();
            if local.kind == Kind::Transient {
                if local.is_deferred() {
                    let text = format!(
                        "`{user}` has no initialiser that could run again on a resume\nhelp: save it: `#[resume] let {user}`"
                    );
                    self.sink.at(binding.ident.span(), text);
                    return;
                }
                if local.sited.is_some() {
                    self.sink.at(binding.ident.span(), diag::forgotten(&user, &Forgotten::HoldsSite, Some(line)));
                    return;
                }
                continue;
            }
            let reads = local.mentions.iter().find(|name| self.mutable.contains(*name)).cloned();
            let reads = reads.map(|name| self.resolved.user(&name).to_owned());
            let how = match &reads {
                _ if local.is_deferred() => Forgotten::Deferred,
                _ if binding.mutable => Forgotten::Mutable,
                _ if local.sited.is_some() => Forgotten::HoldsSite,
                Some(other) => Forgotten::Reads(other),
                None => continue,
            };
            self.sink.at(binding.ident.span(), diag::forgotten(&user, &how, Some(line)));
        }
    }

    fn bound_by(&mut self, bindings: &[Binding], place: &str) {
        for binding in bindings {
            if let Some(line) = self.alive_at(&binding.name()) {
                let user = self.resolved.user(&binding.name()).to_owned();
                self.sink.at(binding.ident.span(), diag::pattern_binding(&user, place, Some(line)));
            }
        }
    }

    fn patterns(&mut self, block: &Block) {
        for stmt in &block.stmts {
            match stmt {
                Stmt::Let(local) => {
                    if let Some(compound) = &local.sited {
                        self.compound(compound);
                    }
                }
                Stmt::Compound { compound, .. } => self.compound(compound),
                Stmt::Plain { .. } | Stmt::Site(..) => {}
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
                    for binding in bindings.iter().filter(|binding| binding.mutable) {
                        if self.alive_at(&binding.name()).is_some() {
                            let user = self.resolved.user(&binding.name()).to_owned();
                            self.sink.at(binding.ident.span(), diag::mutable_item(&user));
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

    fn iterator(&mut self, inner: &Loop) {
        if let LoopKind::For { expr, cursor: Cursor::Count, mentions, .. } = &inner.kind
            && let Some(name) = mentions.iter().find(|name| self.mutable.contains(*name))
        {
            let user = self.resolved.user(name).to_owned();
            self.sink.add(syn::Error::new_spanned(expr, diag::loop_reads(&user)));
        }
    }
}

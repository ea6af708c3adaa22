//! A captured `let` of several names of which some are needed at a site where others are not: each gets a `let` of its own, so
//! that a name is saved where it is alive, and may be moved out before a site where it is not.

use crate::lower::has_site;
use crate::mentions::Names;
use crate::resolve::Resolved;
use crate::syntax::diverging;
use proc_macro2::Ident;
use syn::visit_mut::{self, VisitMut};
use syn::{Attribute, Local, Meta, Pat, Stmt};

/// Takes each `let` apart that binds one of `uneven`; whether there was one.
pub(crate) fn split(body: &mut syn::Block, uneven: &Names, resolved: &mut Resolved) -> bool {
    let mut split = Split { uneven, resolved, found: false };
    if !uneven.is_empty() {
        split.visit_block_mut(body);
    }
    split.found
}

struct Split<'a> {
    uneven: &'a Names,
    resolved: &'a mut Resolved,
    found: bool,
}

impl VisitMut for Split<'_> {
    fn visit_block_mut(&mut self, block: &mut syn::Block) {
        visit_mut::visit_block_mut(self, block);
        for stmt in std::mem::take(&mut block.stmts) {
            match stmt {
                Stmt::Local(local) => match self.parts(&local) {
                    Some(parts) => {
                        self.found = true;
                        block.stmts.extend(parts);
                    }
                    None => block.stmts.push(Stmt::Local(local)),
                },
                stmt => block.stmts.push(stmt),
            }
        }
    }

    fn visit_item_mut(&mut self, _: &mut syn::Item) {}
}

impl Split<'_> {
    /// `let (a, b) = e;` with other names, and `#[resume] let a = …;` for each.
    fn parts(&mut self, local: &Local) -> Option<Vec<Stmt>> {
        // Options are of the `let` as a whole.
        let is_resume =
            |attribute: &&Attribute| attribute.path().is_ident("resume") && matches!(attribute.meta, Meta::Path(_));
        let (init, capture) = (local.init.as_ref()?, local.attrs.iter().find(is_resume)?);
        if has_site(&init.expr) || diverging(local).is_some_and(has_site) {
            return None;
        }
        let mut local = local.clone();
        local.attrs.iter_mut().for_each(allowed);
        let mut renamer = Renamer { resolved: self.resolved, uneven: self.uneven, found: Vec::new(), is_uneven: false };
        renamer.visit_pat_mut(&mut local.pat);
        if !renamer.is_uneven {
            return None;
        }
        let attrs = &local.attrs;
        let each = renamer
            .found
            .iter()
            .map(|(new, mutability, ident)| -> Stmt { syn::parse_quote!(#(#attrs)* let #mutability #ident = #new;) });
        let each: Vec<Stmt> = each.collect();
        let capture = capture.clone();
        local.attrs.retain(|attribute| *attribute != capture);
        Some(std::iter::once(Stmt::Local(local)).chain(each).collect())
    }
}

/// `#[expect(…)]` as `#[allow(…)]`: of several `let`s not each has what is expected of the one.
fn allowed(attribute: &mut Attribute) {
    if let Meta::List(list) = &mut attribute.meta
        && list.path.is_ident("expect")
    {
        list.path = syn::parse_quote!(allow);
    }
}

/// Gives what a pattern binds other names.
struct Renamer<'a> {
    resolved: &'a mut Resolved,
    uneven: &'a Names,
    /// The new name, whether it was `mut`, and its name.
    found: Vec<(Ident, Option<syn::Token![mut]>, Ident)>,
    is_uneven: bool,
}

impl VisitMut for Renamer<'_> {
    fn visit_pat_ident_mut(&mut self, pat: &mut syn::PatIdent) {
        visit_mut::visit_pat_ident_mut(self, pat);
        if !self.resolved.locals.contains(&pat.ident.to_string()) {
            return;
        }
        self.is_uneven |= self.uneven.contains(&pat.ident.to_string());
        // `ref mut` says what kind of reference it is.
        let mutability = if pat.by_ref.is_none() { pat.mutability.take() } else { None };
        // The ways of an or-pattern bind the same names.
        let known = self.found.iter().find(|(.., ident)| *ident == pat.ident).map(|(new, ..)| new.clone());
        let new = known.unwrap_or_else(|| {
            let new = self.resolved.another(&format!("new_{}", pat.ident.to_string().trim_start_matches("r#")));
            self.found.push((new.clone(), mutability, pat.ident.clone()));
            new
        });
        pat.ident = new;
    }

    fn visit_field_pat_mut(&mut self, field: &mut syn::FieldPat) {
        visit_mut::visit_field_pat_mut(self, field);
        if matches!(&*field.pat, Pat::Ident(pat) if syn::Member::Named(pat.ident.clone()) != field.member) {
            field.colon_token.get_or_insert_default();
        }
    }

    fn visit_expr_mut(&mut self, _: &mut syn::Expr) {}

    fn visit_type_mut(&mut self, _: &mut syn::Type) {}
}

//! Gives each local of the function a name of its own, so that later stages can go by names alone.
//!
//! Only a name that is bound more than once changes (`x`, then `x_no2`, …); `expand` gives the user's names back
//! (see `restore`).

use crate::capitals;
use crate::mentions::{Names, map_literal, map_macro, map_names};
use crate::names;
use proc_macro2::{Ident, Span, TokenStream, TokenTree};
use std::collections::{HashMap, HashSet};
use syn::visit_mut::{self, VisitMut};
use syn::{Block, Expr, Member, Pat};

/// What became of the names.
#[derive(Default)]
pub(crate) struct Resolved {
    /// All locals and parameters, by their own names.
    pub(crate) locals: Names,
    /// The user's name of a local that got another one.
    pub(crate) origin: HashMap<String, String>,
    /// How many others of the user's name each local is in the scope of.
    pub(crate) depth: HashMap<String, usize>,
    /// Macros defined in the function, each with a local that is in scope there and that its definition mentions.
    pub(crate) by_macros: HashMap<String, String>,
    /// Every identifier that occurs in the function.
    taken: HashSet<String>,
}

impl Resolved {
    /// The name the user wrote.
    pub(crate) fn user<'a>(&'a self, name: &'a str) -> &'a str {
        self.origin.get(name).map_or(name, String::as_str)
    }

    /// Another local of ours.
    pub(crate) fn another(&mut self, name: &str) -> Ident {
        let ident = names::ident(&self.unused(name).to_string());
        self.taken.insert(ident.to_string());
        self.locals.insert(ident.to_string());
        ident
    }

    /// A name for an item of ours that the function does not use.
    pub(crate) fn unused(&self, name: &str) -> Ident {
        let mut name = name.to_owned();
        while self.taken.contains(&name) {
            name.push('_');
        }
        Ident::new(&name, Span::mixed_site())
    }
}

/// Renames in place; `parameters` keep their names.
pub(crate) fn resolve(body: &mut Block, parameters: &Names, tokens: TokenStream) -> Resolved {
    let mut taken = HashSet::new();
    idents(tokens, &mut taken);
    let mut renamer = Renamer { scopes: vec![HashMap::new()], resolved: Resolved { taken, ..Resolved::default() } };
    for name in parameters {
        renamer.declare(name);
    }
    renamer.visit_block_mut(body);
    renamer.resolved
}

fn idents(tokens: TokenStream, taken: &mut HashSet<String>) {
    for token in tokens {
        match token {
            TokenTree::Ident(ident) => {
                taken.insert(ident.to_string());
            }
            TokenTree::Group(group) => idents(group.stream(), taken),
            TokenTree::Literal(literal) => {
                map_literal(&literal, &mut |captured| {
                    taken.insert(captured.to_owned());
                    None
                });
            }
            TokenTree::Punct(_) => {}
        }
    }
}

/// Whether it is a binding, and no constant or unit variant.
pub(crate) fn is_binding(pat: &syn::PatIdent) -> bool {
    pat.by_ref.is_some() || pat.mutability.is_some() || pat.subpat.is_some() || capitals::is_bound(&pat.ident)
}

struct Renamer {
    scopes: Vec<HashMap<String, String>>,
    resolved: Resolved,
}

impl Renamer {
    fn declare(&mut self, name: &str) -> String {
        let mut own = name.to_owned();
        let mut number = 2;
        while self.resolved.locals.contains(&own) || (own != name && self.resolved.taken.contains(&own)) {
            own = names::numbered(name, number);
            number += 1;
        }
        self.resolved.locals.insert(own.clone());
        let shadowed = self.scopes.iter().rev().find_map(|scope| scope.get(name));
        let depth = shadowed.map_or(0, |shadowed| self.resolved.depth[shadowed] + 1);
        self.resolved.depth.insert(own.clone(), depth);
        if own != name {
            self.resolved.origin.insert(own.clone(), name.to_owned());
        }
        if let Some(scope) = self.scopes.last_mut() {
            scope.insert(name.to_owned(), own.clone());
        }
        own
    }

    fn lookup(&self, name: &str) -> Option<String> {
        let own = self.scopes.iter().rev().find_map(|scope| scope.get(name))?;
        (own != name).then(|| own.clone())
    }

    fn rename(&self, ident: &mut Ident) {
        if let Some(own) = self.lookup(&ident.to_string()) {
            *ident = names::user(&own, ident.span());
        }
    }

    fn bind(&mut self, pat: &mut Pat) {
        Binder { renamer: self, bound: HashMap::new() }.visit_pat_mut(pat);
    }

    fn scoped(&mut self, within: impl FnOnce(&mut Self)) {
        self.scopes.push(HashMap::new());
        within(self);
        self.scopes.pop();
    }
}

/// Declares the bindings of one pattern; the cases of an or-pattern bind the same names.
struct Binder<'a> {
    renamer: &'a mut Renamer,
    bound: HashMap<String, String>,
}

impl VisitMut for Binder<'_> {
    fn visit_pat_ident_mut(&mut self, pat: &mut syn::PatIdent) {
        if is_binding(pat) {
            let name = pat.ident.to_string();
            let own = match self.bound.get(&name) {
                Some(own) => own.clone(),
                None => {
                    let own = self.renamer.declare(&name);
                    self.bound.insert(name, own.clone());
                    own
                }
            };
            pat.ident = names::user(&own, pat.ident.span());
        }
        if let Some((_, subpat)) = &mut pat.subpat {
            self.visit_pat_mut(subpat);
        }
    }

    fn visit_field_pat_mut(&mut self, field: &mut syn::FieldPat) {
        self.visit_pat_mut(&mut field.pat);
        let renamed =
            matches!((&field.member, &*field.pat), (Member::Named(member), Pat::Ident(pat)) if *member != pat.ident);
        if field.colon_token.is_none() && renamed {
            field.colon_token = Some(<syn::Token![:]>::default());
            by_macro(&mut field.member);
        }
    }

    fn visit_expr_mut(&mut self, expr: &mut Expr) {
        self.renamer.visit_expr_mut(expr);
    }

    fn visit_type_mut(&mut self, _: &mut syn::Type) {}
}

/// The user wrote `S { x }`, so it is not the user who is told that `S { x: x }` is redundant.
fn by_macro(member: &mut Member) {
    if let Member::Named(ident) = member {
        ident.set_span(Span::mixed_site().located_at(ident.span()));
    }
}

impl VisitMut for Renamer {
    fn visit_block_mut(&mut self, block: &mut Block) {
        self.scoped(|this| visit_mut::visit_block_mut(this, block));
    }

    fn visit_local_mut(&mut self, local: &mut syn::Local) {
        if let Some(init) = &mut local.init {
            self.visit_expr_mut(&mut init.expr);
            if let Some((_, diverge)) = &mut init.diverge {
                self.visit_expr_mut(diverge);
            }
        }
        for attribute in &mut local.attrs {
            rename_default(self, attribute);
        }
        self.bind(&mut local.pat);
    }

    fn visit_expr_let_mut(&mut self, expr: &mut syn::ExprLet) {
        self.visit_expr_mut(&mut expr.expr);
        self.bind(&mut expr.pat);
    }

    fn visit_expr_closure_mut(&mut self, closure: &mut syn::ExprClosure) {
        self.scoped(|this| {
            for input in &mut closure.inputs {
                this.bind(input);
            }
            this.visit_expr_mut(&mut closure.body);
        });
    }

    fn visit_arm_mut(&mut self, arm: &mut syn::Arm) {
        self.scoped(|this| {
            this.bind(&mut arm.pat);
            this.visit_expr_mut(&mut arm.body);
        });
    }

    fn visit_expr_if_mut(&mut self, expr: &mut syn::ExprIf) {
        self.scoped(|this| {
            this.visit_expr_mut(&mut expr.cond);
            this.visit_block_mut(&mut expr.then_branch);
        });
        if let Some((_, els)) = &mut expr.else_branch {
            self.visit_expr_mut(els);
        }
    }

    fn visit_expr_while_mut(&mut self, expr: &mut syn::ExprWhile) {
        self.scoped(|this| {
            this.visit_expr_mut(&mut expr.cond);
            this.visit_block_mut(&mut expr.body);
        });
    }

    fn visit_expr_for_loop_mut(&mut self, expr: &mut syn::ExprForLoop) {
        self.visit_expr_mut(&mut expr.expr);
        self.scoped(|this| {
            this.bind(&mut expr.pat);
            this.visit_block_mut(&mut expr.body);
        });
    }

    fn visit_expr_path_mut(&mut self, path: &mut syn::ExprPath) {
        if path.qself.is_none() && path.path.get_ident().is_some() {
            self.rename(&mut path.path.segments[0].ident);
        }
    }

    fn visit_field_value_mut(&mut self, field: &mut syn::FieldValue) {
        self.visit_expr_mut(&mut field.expr);
        let renamed = matches!((&field.member, &field.expr), (Member::Named(member), Expr::Path(path)) if !path.path.is_ident(member));
        if field.colon_token.is_none() && renamed {
            field.colon_token = Some(<syn::Token![:]>::default());
            by_macro(&mut field.member);
        }
    }

    fn visit_macro_mut(&mut self, mac: &mut syn::Macro) {
        mac.tokens = map_names(&mac.tokens, &mut |name| self.lookup(name));
    }

    fn visit_item_mut(&mut self, item: &mut syn::Item) {
        if let syn::Item::Macro(item) = item
            && let Some(name) = &item.ident
        {
            let mut local = None;
            map_macro(&item.mac.tokens, &mut |mentioned| {
                // Parameters, the outermost scope, are everywhere.
                let own = self.scopes[1..].iter().rev().find_map(|scope| scope.get(mentioned));
                local = local.take().or_else(|| own.cloned());
                None
            });
            self.resolved.by_macros.extend(local.map(|local| (name.to_string(), local)));
        }
    }

    fn visit_type_mut(&mut self, _: &mut syn::Type) {}
}

/// `#[resume(default = e)]`: `e` is code of this place too.
fn rename_default(renamer: &Renamer, attribute: &mut syn::Attribute) {
    if attribute.path().is_ident("resume")
        && let syn::Meta::List(list) = &mut attribute.meta
    {
        list.tokens = map_macro(&list.tokens, &mut |name| renamer.lookup(name));
    }
}

#[cfg(test)]
mod tests {
    use super::resolve;
    use crate::mentions::Names;
    use quote::ToTokens;

    fn resolved(code: &str) -> String {
        let mut body: syn::Block = syn::parse_str(code).expect("a block");
        let tokens = body.to_token_stream();
        resolve(&mut body, &Names::from(["p".to_owned()]), tokens);
        let expected = body.to_token_stream().to_string();
        expected.replace(' ', "")
    }

    fn same(code: &str, expected: &str) {
        assert_eq!(resolved(code), expected.replace(' ', ""));
    }

    #[test]
    fn a_name_bound_twice_is_told_apart() {
        same("{ let x = 1; let x = x + 1; f(x); }", "{ let x = 1; let x_no2 = x + 1; f(x_no2); }");
        same("{ let p = p; { let p = 2; g(p) } p }", "{ let p_no2 = p; { let p_no3 = 2; g(p_no3) } p_no2 }");
        same("{ let x = 1; S { x }; let x = 2; S { x }; }", "{ let x = 1; S { x }; let x_no2 = 2; S { x: x_no2 }; }");
        same(
            "{ let x = 1; let x = 2; println!(\"{x}\", ); x_no2 }",
            "{ let x = 1; let x_no3 = 2; println!(\"{x_no3}\", ); x_no2 }",
        );
        same(
            "{ let x = 1; match a { Some(x) | Ok(x) if x > 0 => x, S { x, .. } => x, None => x } }",
            "{ let x = 1; match a { Some(x_no2) | Ok(x_no2) if x_no2 > 0 => x_no2, S { x: x_no3, .. } => x_no3, None => x } }",
        );
        same(
            "{ let x = 1; if let Some(x) = x && x > 1 { x } else { x } }",
            "{ let x = 1; if let Some(x_no2) = x && x_no2 > 1 { x_no2 } else { x } }",
        );
        same("{ let x = 1; for x in x..2 { x.x(); } }", "{ let x = 1; for x_no2 in x..2 { x_no2.x(); } }");
        same("{ let x = 1; let c = |x: u8| x; x }", "{ let x = 1; let c = |x_no2: u8| x_no2; x }");
    }
}

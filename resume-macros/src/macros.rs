//! Macros defined in the body. With all items they come to stand at the front of their block, or a macro could not be used
//! on both sides of a site. What would mean something else there is a mistake.

use crate::diag::{self, Sink};
use crate::lower::{block_has_site, has_site};
use crate::resolve::Resolved;
use proc_macro2::{Ident, TokenStream, TokenTree};
use quote::ToTokens;
use syn::spanned::Spanned;
use syn::visit::{self, Visit};
use syn::{Block, Item, Stmt};

/// Reports macros that mention locals, and those that are defined behind a use of another one of their name.
pub(crate) fn check(body: &Block, resolved: &Resolved, sink: &mut Sink) {
    Check { resolved, sink }.visit_block(body);
}

struct Check<'a> {
    resolved: &'a Resolved,
    sink: &'a mut Sink,
}

impl<'ast> Visit<'ast> for Check<'_> {
    fn visit_block(&mut self, block: &'ast Block) {
        let moved = block_has_site(block);
        for (at, stmt) in block.stmts.iter().enumerate() {
            if let (true, Stmt::Local(local)) = (moved, stmt) {
                pattern(&local.pat, self.sink);
            }
            let Stmt::Item(Item::Macro(item)) = stmt else { continue };
            let Some(name) = &item.ident else { continue };
            let local = self.resolved.by_macros.get(&name.to_string());
            if let Some(local) = local.filter(|local| moved || self.resolved.origin.contains_key(*local)) {
                self.sink.at(name.span(), diag::macro_mentions(name, self.resolved.user(local)));
            } else if moved && block.stmts[..at].iter().any(|stmt| uses(stmt.to_token_stream(), name)) {
                self.sink.at(name.span(), diag::macro_late(name));
            }
        }
        visit::visit_block(self, block);
    }

    fn visit_expr_if(&mut self, branch: &'ast syn::ExprIf) {
        if block_has_site(&branch.then_branch) {
            self.patterns(&branch.cond);
        }
        visit::visit_expr_if(self, branch);
    }

    fn visit_expr_while(&mut self, inner: &'ast syn::ExprWhile) {
        if block_has_site(&inner.body) {
            self.patterns(&inner.cond);
        }
        visit::visit_expr_while(self, inner);
    }

    fn visit_arm(&mut self, arm: &'ast syn::Arm) {
        if has_site(&arm.body) {
            pattern(&arm.pat, self.sink);
        }
        visit::visit_arm(self, arm);
    }

    fn visit_item(&mut self, _: &'ast Item) {}
}

impl Check<'_> {
    /// Those of the `let`s in a condition.
    fn patterns(&mut self, cond: &syn::Expr) {
        match cond {
            syn::Expr::Let(found) => pattern(&found.pat, self.sink),
            syn::Expr::Binary(both) => {
                self.patterns(&both.left);
                self.patterns(&both.right);
            }
            _ => {}
        }
    }
}

/// Reports a macro in the place of a pattern, if it may bind something.
pub(crate) fn pattern(pat: &syn::Pat, sink: &mut Sink) {
    struct Patterns<'a>(&'a mut Sink);
    impl<'ast> Visit<'ast> for Patterns<'_> {
        fn visit_macro(&mut self, mac: &'ast syn::Macro) {
            if may_bind(mac.tokens.clone()) {
                let name = mac.path.segments.last().map(|last| last.ident.to_string()).unwrap_or_default();
                self.0.at(mac.path.span(), diag::pattern_macro(&name));
            }
        }
        fn visit_expr(&mut self, _: &'ast syn::Expr) {}
    }
    Patterns(sink).visit_pat(pat);
}

fn may_bind(tokens: TokenStream) -> bool {
    tokens.into_iter().any(|token| match token {
        TokenTree::Ident(name) => {
            let name = name.to_string();
            !name.starts_with(char::is_uppercase) && syn::parse_str::<Ident>(&name).is_ok()
        }
        TokenTree::Group(group) => may_bind(group.stream()),
        TokenTree::Punct(_) | TokenTree::Literal(_) => false,
    })
}

/// Whether `name!` or its definition is in there.
fn uses(tokens: TokenStream, name: &Ident) -> bool {
    let mut before = [None, None];
    tokens.into_iter().any(|token| {
        let (is_name, is_bang) = match &token {
            TokenTree::Ident(ident) => (ident == name, false),
            TokenTree::Punct(punct) => (false, punct.as_char() == '!'),
            TokenTree::Group(_) | TokenTree::Literal(_) => (false, false),
        };
        let found = match &token {
            TokenTree::Group(group) => uses(group.stream(), name),
            _ => {
                (is_bang && before[1] == Some(Part::Name))
                    || (is_name && before == [Some(Part::Rules), Some(Part::Bang)])
            }
        };
        let part = match &token {
            TokenTree::Ident(ident) if ident == "macro_rules" => Some(Part::Rules),
            _ if is_name => Some(Part::Name),
            _ => is_bang.then_some(Part::Bang),
        };
        before = [before[1], part];
        found
    })
}

#[derive(Clone, Copy, PartialEq)]
enum Part {
    Name,
    Bang,
    Rules,
}

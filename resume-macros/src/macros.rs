//! Macros defined in the body. With all items they come to stand at the front of their block, or a macro could not be used
//! on both sides of a site. What would mean something else there is a mistake.

use crate::diag::{self, Sink};
use crate::lower::block_has_site;
use crate::resolve::Resolved;
use proc_macro2::{Ident, TokenStream, TokenTree};
use quote::ToTokens;
use syn::visit::{self, Visit};
use syn::{Block, Item, Stmt};

/// Reports macros that mention locals, and those that are defined behind a use of another one of their name.
pub(crate) fn check(body: &Block, resolved: &Resolved, sink: &mut Sink) {
    Check { resolved, sink }.visit_block(body);
}

/// The name that an item defines as a macro.
pub(crate) fn defined(item: &Item) -> Option<&Ident> {
    match item {
        Item::Macro(item) => item.ident.as_ref(),
        _ => None,
    }
}

struct Check<'a> {
    resolved: &'a Resolved,
    sink: &'a mut Sink,
}

impl<'ast> Visit<'ast> for Check<'_> {
    fn visit_block(&mut self, block: &'ast Block) {
        let moved = block_has_site(block);
        for (at, stmt) in block.stmts.iter().enumerate() {
            let Stmt::Item(item) = stmt else { continue };
            let Some(name) = defined(item) else { continue };
            let local = self.resolved.by_macros.get(&name.to_string());
            if let Some(local) = local.filter(|local| moved || self.resolved.origin.contains_key(*local)) {
                self.sink.at(name.span(), diag::macro_mentions(name, self.resolved.user(local)));
            } else if moved && block.stmts[..at].iter().any(|stmt| uses(stmt.to_token_stream(), name)) {
                self.sink.at(name.span(), diag::macro_late(name));
            }
        }
        visit::visit_block(self, block);
    }

    fn visit_item(&mut self, _: &'ast Item) {}
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

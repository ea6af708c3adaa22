//! Names that mean two things in one function, of which a resume could not tell which is meant: labels of a loop in a loop, items
//! of a block that also mean something before it, names of sites.

use crate::diag::{self, Sink};
use crate::lower::block_has_site;
use crate::model::Site;
use crate::syntax::label_name;
use proc_macro2::{Ident, TokenStream, TokenTree};
use quote::ToTokens;
use std::collections::HashSet;
use syn::visit::{self, Visit};
use syn::{Block, Item, Label, Stmt, UseTree};

/// Reports them.
pub(crate) fn check(body: &Block, sink: &mut Sink) {
    let mut twice = Twice { sink, labels: Vec::new(), blocks: Vec::new(), mentioned: HashSet::new() };
    twice.visit_block(body);
}

/// No two sites may have one name, be it a label or the path of a site that has none.
pub(crate) fn check_sites(sites: &[Site], sink: &mut Sink) {
    for (number, site) in sites.iter().enumerate() {
        let Some(label) = &site.trigger.label else { continue };
        let same = |other: &Site| other.id == site.id;
        if sites.iter().any(|other| same(other) && other.trigger.label.is_none()) {
            sink.at(label.span(), diag::label_is_path(&site.id));
        } else if sites[..number].iter().any(same) {
            sink.at(label.span(), diag::label_twice(&site.id));
        }
    }
}

struct Twice<'a> {
    sink: &'a mut Sink,
    /// Those of the loops and blocks around the place.
    labels: Vec<String>,
    /// What the blocks around the place define.
    blocks: Vec<HashSet<String>>,
    /// What has been mentioned up to the place and is not defined in the blocks around it.
    mentioned: HashSet<String>,
}

impl Twice<'_> {
    fn within(&mut self, label: Option<&Label>, visit: impl FnOnce(&mut Self)) {
        let Some(label) = label else { return visit(self) };
        let name = label_name(&label.name);
        if self.labels.contains(&name) {
            self.sink.at(label.name.ident.span(), diag::label_shadowed(&name));
        }
        self.labels.push(name);
        visit(self);
        self.labels.pop();
    }

    fn mention(&mut self, name: &Ident) {
        let name = name.to_string();
        if !self.blocks.iter().any(|defined| defined.contains(&name)) {
            self.mentioned.insert(name);
        }
    }

    fn mention_all(&mut self, tokens: TokenStream) {
        for token in tokens {
            match token {
                TokenTree::Ident(name) => self.mention(&name),
                TokenTree::Group(group) => self.mention_all(group.stream()),
                TokenTree::Punct(_) | TokenTree::Literal(_) => {}
            }
        }
    }
}

impl<'ast> Visit<'ast> for Twice<'_> {
    fn visit_block(&mut self, block: &'ast Block) {
        let items = block.stmts.iter().filter_map(|stmt| match stmt {
            Stmt::Item(item) => Some(item),
            _ => None,
        });
        let defined: Vec<&Ident> = items.flat_map(defined).collect();
        // The items of the whole body are before everything anyway.
        if !self.blocks.is_empty() && block_has_site(block) {
            for name in defined.iter().filter(|name| self.mentioned.contains(&name.to_string())) {
                self.sink.at(name.span(), diag::item_late(name));
            }
        }
        self.blocks.push(defined.iter().map(ToString::to_string).collect());
        visit::visit_block(self, block);
        self.blocks.pop();
    }

    fn visit_path(&mut self, path: &'ast syn::Path) {
        if let Some(first) = path.segments.first() {
            self.mention(&first.ident);
        }
        visit::visit_path(self, path);
    }

    fn visit_macro(&mut self, mac: &'ast syn::Macro) {
        self.mention_all(mac.to_token_stream());
    }

    fn visit_expr_loop(&mut self, expr: &'ast syn::ExprLoop) {
        self.within(expr.label.as_ref(), |this| this.visit_block(&expr.body));
    }

    fn visit_expr_while(&mut self, expr: &'ast syn::ExprWhile) {
        self.visit_expr(&expr.cond);
        self.within(expr.label.as_ref(), |this| this.visit_block(&expr.body));
    }

    fn visit_expr_for_loop(&mut self, expr: &'ast syn::ExprForLoop) {
        self.visit_pat(&expr.pat);
        self.visit_expr(&expr.expr);
        self.within(expr.label.as_ref(), |this| this.visit_block(&expr.body));
    }

    fn visit_expr_block(&mut self, expr: &'ast syn::ExprBlock) {
        self.within(expr.label.as_ref(), |this| this.visit_block(&expr.block));
    }

    fn visit_expr_closure(&mut self, closure: &'ast syn::ExprClosure) {
        let labels = std::mem::take(&mut self.labels);
        visit::visit_expr_closure(self, closure);
        self.labels = labels;
    }

    fn visit_item(&mut self, _: &'ast Item) {}
}

/// The names that an item brings into its block.
fn defined(item: &Item) -> Vec<&Ident> {
    match item {
        Item::Const(item) => vec![&item.ident],
        Item::Enum(item) => vec![&item.ident],
        Item::Fn(item) => vec![&item.sig.ident],
        Item::Mod(item) => vec![&item.ident],
        Item::Static(item) => vec![&item.ident],
        Item::Struct(item) => vec![&item.ident],
        Item::Trait(item) => vec![&item.ident],
        Item::Type(item) => vec![&item.ident],
        Item::Union(item) => vec![&item.ident],
        Item::Macro(item) => item.ident.iter().collect(),
        Item::Use(item) => leaves(&item.tree),
        _ => Vec::new(),
    }
}

fn leaves(tree: &UseTree) -> Vec<&Ident> {
    match tree {
        UseTree::Path(path) => leaves(&path.tree),
        UseTree::Name(name) => vec![&name.ident],
        UseTree::Rename(rename) => vec![&rename.rename],
        UseTree::Group(group) => group.items.iter().flat_map(leaves).collect(),
        _ => Vec::new(),
    }
}

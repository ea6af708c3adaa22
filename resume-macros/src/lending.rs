//! Which locals may hold a borrow of which others.
//!
//! What is saved by moving it into the code of the snapshot and back must not be lent to what lives across the site. Types
//! are not known, so a borrow is taken to go from where it is made to everything that stands in the same statement, and on
//! from there. What is found lent by mistake is saved by reference, which only costs time.

use crate::args::Trigger;
use crate::diag::Sink;
use crate::hidden::may_jump;
use crate::lower::is_site;
use crate::mentions::{Mentions, Names, map_macro};
use crate::std_macros;
use crate::syntax::bare;
use proc_macro2::{TokenStream, TokenTree};
use syn::visit::{self, Visit};
use syn::{BinOp, Block, Expr, Pat, Stmt};

/// The statements of a function, as far as borrows go.
#[derive(Default)]
pub(crate) struct Lending(Vec<Group>);

/// What stands together in one statement, or in the head of one.
#[derive(Default)]
struct Group {
    all: Names,
    /// Those that may be borrowed there: behind an `&`, before a method, in a closure.
    lent: Names,
}

impl Lending {
    pub(crate) fn of(body: &Block, locals: &Names) -> Lending {
        // What a macro is told the name of, it may declare.
        let mut told = Told(locals.clone());
        told.visit_block(body);
        let mut groups = Groups { locals: &told.0, found: Vec::new() };
        groups.visit_block(body);
        Lending(groups.found)
    }

    /// Whether one of `holders` may hold a borrow of `owner`. What `is_owned` holds none.
    pub(crate) fn may_hold(&self, owner: &str, holders: &Names, is_owned: impl Fn(&str) -> bool) -> bool {
        let mut carriers = Names::new();
        loop {
            let before = carriers.len();
            for group in &self.0 {
                if group.lent.contains(owner) || !group.all.is_disjoint(&carriers) {
                    let others = group.all.iter().filter(|name| *name != owner && !is_owned(name));
                    carriers.extend(others.cloned());
                }
            }
            if carriers.len() == before {
                return !carriers.is_disjoint(holders);
            }
        }
    }
}

/// The locals, and the names among the arguments of the user's macros.
struct Told(Names);

impl<'ast> Visit<'ast> for Told {
    fn visit_macro(&mut self, mac: &'ast syn::Macro) {
        if may_jump(mac) {
            map_macro(&mac.tokens, &mut |name| {
                self.0.insert(name.to_owned());
                None
            });
        }
    }

    fn visit_item(&mut self, _: &'ast syn::Item) {}
}

/// Finds the groups.
struct Groups<'a> {
    locals: &'a Names,
    found: Vec<Group>,
}

impl<'a> Groups<'a> {
    fn group(&mut self, visit: impl FnOnce(&mut Leaf<'a>)) {
        let mut leaf = Leaf { locals: self.locals, group: Group::default() };
        visit(&mut leaf);
        if leaf.group.all.len() > 1 {
            self.found.push(leaf.group);
        }
    }

    /// An expression whose value goes nowhere.
    fn statement(&mut self, expr: &Expr) {
        match bare(expr) {
            Expr::If(branch) => {
                self.group(|leaf| leaf.visit_expr(&branch.cond));
                self.visit_block(&branch.then_branch);
                if let Some((_, other)) = &branch.else_branch {
                    self.statement(other);
                }
            }
            Expr::Match(choice) => {
                self.group(|leaf| {
                    leaf.visit_expr(&choice.expr);
                    for arm in &choice.arms {
                        leaf.bound(&arm.pat, Some(&choice.expr));
                    }
                });
                choice.arms.iter().for_each(|arm| self.statement(&arm.body));
            }
            Expr::ForLoop(inner) => {
                self.group(|leaf| {
                    leaf.bound(&inner.pat, Some(&inner.expr));
                    leaf.visit_expr(&inner.expr);
                });
                self.visit_block(&inner.body);
            }
            Expr::While(inner) => {
                self.group(|leaf| leaf.visit_expr(&inner.cond));
                self.visit_block(&inner.body);
            }
            Expr::Loop(inner) => self.visit_block(&inner.body),
            Expr::Block(inner) => self.visit_block(&inner.block),
            Expr::Unsafe(inner) => self.visit_block(&inner.block),
            Expr::Macro(site) if is_site(&site.mac) => self.site(&site.mac),
            other => self.group(|leaf| leaf.visit_expr(other)),
        }
    }

    /// What a site asks: numbers and conditions.
    fn site(&mut self, site: &syn::Macro) {
        let trigger = Trigger::parse(site.tokens.clone(), &mut Sink::default());
        trigger.exprs().for_each(|expr| self.condition(expr));
    }

    /// No borrow goes from one side of `||` to the other.
    fn condition(&mut self, expr: &Expr) {
        match bare(expr) {
            Expr::Binary(both) if matches!(both.op, BinOp::And(_) | BinOp::Or(_)) => {
                self.condition(&both.left);
                self.condition(&both.right);
            }
            other => self.group(|leaf| leaf.visit_expr(other)),
        }
    }
}

impl<'ast> Visit<'ast> for Groups<'_> {
    fn visit_stmt(&mut self, stmt: &'ast Stmt) {
        match stmt {
            Stmt::Local(local) => self.group(|leaf| leaf.visit_local(local)),
            Stmt::Expr(expr, _) => self.statement(expr),
            Stmt::Macro(site) if is_site(&site.mac) => self.site(&site.mac),
            Stmt::Macro(mac) => self.group(|leaf| leaf.visit_macro(&mac.mac)),
            Stmt::Item(_) => {}
        }
    }
}

/// Fills one group.
struct Leaf<'a> {
    locals: &'a Names,
    group: Group,
}

impl Leaf<'_> {
    fn lend(&mut self, names: Names) {
        self.group.all.extend(names.iter().cloned());
        self.group.lent.extend(names);
    }

    /// Everything that is mentioned may be lent.
    fn lend_all(&mut self, visit: impl FnOnce(&mut Mentions<'_>)) {
        let names = Mentions::of(self.locals, visit);
        self.lend(names);
    }

    /// The local that the place is in may be lent.
    fn lend_place(&mut self, place: &Expr) {
        match bare(place) {
            Expr::Path(path) => self.lend_all(|mentions| mentions.visit_expr_path(path)),
            Expr::Field(field) => self.lend_place(&field.base),
            Expr::Index(element) => self.lend_place(&element.expr),
            Expr::Unary(unary) => self.lend_place(&unary.expr),
            _ => {}
        }
    }

    /// What the pattern binds, of the value.
    fn bound(&mut self, pat: &Pat, value: Option<&Expr>) {
        let mut references = References(false);
        references.visit_pat(pat);
        if let (true, Some(value)) = (references.0, value) {
            self.lend_place(value);
        }
        self.visit_pat(pat);
    }
}

impl<'ast> Visit<'ast> for Leaf<'_> {
    fn visit_expr_path(&mut self, path: &'ast syn::ExprPath) {
        self.group.all.extend(Mentions::of(self.locals, |mentions| mentions.visit_expr_path(path)));
    }

    fn visit_pat_ident(&mut self, pat: &'ast syn::PatIdent) {
        let name = pat.ident.to_string();
        if self.locals.contains(&name) {
            self.group.all.insert(name);
        }
        visit::visit_pat_ident(self, pat);
    }

    fn visit_local(&mut self, local: &'ast syn::Local) {
        self.bound(&local.pat, local.init.as_ref().map(|init| &*init.expr));
        visit::visit_local(self, local);
    }

    fn visit_expr_let(&mut self, expr: &'ast syn::ExprLet) {
        self.bound(&expr.pat, Some(&expr.expr));
        visit::visit_expr_let(self, expr);
    }

    fn visit_expr_match(&mut self, choice: &'ast syn::ExprMatch) {
        choice.arms.iter().for_each(|arm| self.bound(&arm.pat, Some(&choice.expr)));
        visit::visit_expr_match(self, choice);
    }

    fn visit_expr_reference(&mut self, expr: &'ast syn::ExprReference) {
        self.lend_place(&expr.expr);
        visit::visit_expr_reference(self, expr);
    }

    fn visit_expr_raw_addr(&mut self, expr: &'ast syn::ExprRawAddr) {
        self.lend_place(&expr.expr);
        visit::visit_expr_raw_addr(self, expr);
    }

    fn visit_expr_method_call(&mut self, call: &'ast syn::ExprMethodCall) {
        if !is_of_numbers(&call.method.to_string()) {
            self.lend_place(&call.receiver);
        }
        visit::visit_expr_method_call(self, call);
    }

    fn visit_expr_closure(&mut self, closure: &'ast syn::ExprClosure) {
        self.lend_all(|mentions| mentions.visit_expr_closure(closure));
    }

    fn visit_expr_async(&mut self, block: &'ast syn::ExprAsync) {
        self.lend_all(|mentions| mentions.visit_expr_async(block));
    }

    fn visit_macro(&mut self, mac: &'ast syn::Macro) {
        if !is_printing(mac) {
            self.lend_all(|mentions| mentions.visit_macro(mac));
        }
    }

    fn visit_item(&mut self, _: &'ast syn::Item) {}
}

/// Whether a pattern has a `ref` in it, or may have one in a macro.
struct References(bool);

impl<'ast> Visit<'ast> for References {
    fn visit_pat_ident(&mut self, pat: &'ast syn::PatIdent) {
        self.0 |= pat.by_ref.is_some();
        visit::visit_pat_ident(self, pat);
    }

    fn visit_macro(&mut self, _: &'ast syn::Macro) {
        self.0 = true;
    }
}

/// Whether it is one of the standard library's that look at values and keep none, and no call is among them, which could.
fn is_printing(mac: &syn::Macro) -> bool {
    let has_calls = |tokens: TokenStream| tokens.into_iter().any(|token| matches!(token, TokenTree::Group(_)));
    !may_jump(mac) && !std_macros::holds(mac) && !has_calls(mac.tokens.clone())
}

/// Whether numbers have a method of this name, and hardly anything else: what it gives holds nothing.
fn is_of_numbers(method: &str) -> bool {
    ["wrapping_", "saturating_", "overflowing_"].iter().any(|kind| method.starts_with(kind))
}

#[cfg(test)]
mod tests {
    use super::Lending;
    use crate::mentions::Names;

    /// Whether `t` may hold a borrow of `x`; `a` and `b` are captured, `c` and `d` any other locals.
    fn lends(code: &str) -> bool {
        let locals: Names = ["x", "t", "a", "b", "c", "d"].map(str::to_owned).into();
        let body: syn::Block = syn::parse_str(&format!("{{ {code} }}")).expect("a block");
        Lending::of(&body, &locals).may_hold("x", &Names::from(["t".to_owned()]), |name| name < "c" || name == "x")
    }

    #[test]
    fn borrows_go_where_they_stand() {
        for code in [
            "let t = &x;",
            "let t = x.iter();",
            "let t = &mut x.rows[3];",
            "let t = f(a, Some(&*x));",
            "let t = |c| x[c];",
            "let ref t = x;",
            "let t = { let c = &x; c.len() };",
            "if let Some(c) = x.first() { t.push(c); }",
            "if let Some(ref c) = x.head { t = Some(c); }",
            "match x { S { ref c, .. } => t.push(c), _ => {} }",
            "for c in &x { for d in c { t.push(d); } }",
            "let c = &x; let d = c; if a { t = d; }",
            "while let Some(c) = x.next() { loop { t = c; } }",
            "t.put(&x);",
            "put(&mut t, x.as_str());",
            "assert!(t.insert(&x));",
            "writeln!(t, \"{}\", x.name());",
            "dbg!(t = &x);",
            "any!(t, x);",
            "let t = vec![x.len(); 3];",
            "let t = match a { 0 => &x, _ => panic!() };",
            "let t = unsafe { &raw mut x };",
            "let t = async { x.len() };",
            "if let some!(c) = x.head { t = Some(c); }",
            "if let some!(other) = x { t.push(other); }",
            "declare!(other, x); t.push(other);",
            "match a { 3 if t.insert(&x) => {} _ => {} }",
            "checkpoint!(when = a || t.insert(&x));",
            "if a { checkpoint!(every = t.keep(x.rows())) }",
            "match a { 3 => checkpoint!(interval = t.keep(&x)), _ => {} }",
        ] {
            assert!(lends(code), "{code}");
        }
    }

    #[test]
    fn values_are_no_borrows() {
        for code in [
            "let t = File::open(a); x += a;",
            "t.add(x);",
            "t.add(x + a); x.push(b);",
            "x = t.next();",
            "let c = x * 2; t.push(c);",
            "writeln!(t, \"{x} {}\", x)?;",
            "println!(\"{}\", x.rate); t.flush();",
            "for c in 0..x { t.push(c); }",
            "let c = &t; let d = &x; c.len(); d.len();",
            "a += x.len(); t.push(a);",
            "if x > a { t.flush(); } else if a { x.go(&mut b); }",
            "let t = S { n: x };",
            "checkpoint!(when = t.is_full() || x.is_full());",
        ] {
            assert!(!lends(code), "{code}");
        }
    }
}

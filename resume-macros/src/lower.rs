//! The body as a `model`: blocks of statements, in which everything without a site stays as it was.

use crate::args::{Capture, Trigger, no_options};
use crate::diag::{self, Sink};
use crate::input::Bindings;
use crate::mentions::{Mentions, Names};
use crate::model::{
    Again, Arm, Binding, Block, Branch, Compound, CompoundKind, Cursor, If, Kind, Let, Loop, LoopKind, Match, Site,
    Stmt, sites,
};
use crate::syntax::{bare, diverging, is_ours};
use crate::{hidden, names, twice};
use std::collections::HashMap;
use syn::spanned::Spanned;
use syn::visit::{self, Visit};
use syn::{Attribute, Expr, Pat};

mod find;
mod hole;
mod let_else;

use find::site_span;
pub(crate) use find::{block_has_site, check_places, has_site, is_site};
pub(crate) use hole::{fill, is_assignment};
use let_else::into_match;
pub(crate) use let_else::without_mut;

/// The body and its sites; mistakes go into `sink`.
pub(crate) fn lower(body: syn::Block, locals: &Names, sink: &mut Sink) -> (Block, Vec<Site>) {
    let changing = find::changing(&body);
    let mut lowerer =
        Lowerer { sink, locals, changing, sites: Vec::new(), path: Vec::new(), loops: Vec::new(), loop_count: 0 };
    let block = lowerer.block(body);
    let sites = lowerer.sites;
    twice::check_sites(&sites, sink);
    (block, sites)
}

struct Lowerer<'a> {
    sink: &'a mut Sink,
    locals: &'a Names,
    /// Those that have no annotation and are mutable, or set after their declaration.
    changing: Names,
    sites: Vec<Site>,
    /// Where we are: `for`, `if`, …
    path: Vec<String>,
    loops: Vec<usize>,
    loop_count: usize,
}

/// Numbers the compounds of a kind within one block, for structural paths.
#[derive(Default)]
struct Ordinals(HashMap<&'static str, usize>);

impl Ordinals {
    fn next(&mut self, kind: &'static str) -> String {
        let count = self.0.entry(kind).or_default();
        *count += 1;
        if *count == 1 { kind.to_owned() } else { format!("{kind}#{count}") }
    }
}

impl Lowerer<'_> {
    fn next_site(&self) -> usize {
        self.sites.len() + 1
    }

    fn mentions(&self, visit: impl FnOnce(&mut Mentions<'_>)) -> Names {
        Mentions::of(self.locals, visit)
    }

    fn within<T>(&mut self, segment: String, lower: impl FnOnce(&mut Self) -> T) -> T {
        self.path.push(segment);
        let result = lower(self);
        self.path.pop();
        result
    }

    fn block(&mut self, mut block: syn::Block) -> Block {
        let mut ordinals = Ordinals::default();
        // Items are visible in the whole block; at its front they are, whatever is made of the statements around them.
        block.stmts.sort_by_key(|stmt| !matches!(stmt, syn::Stmt::Item(_)));
        Block { stmts: block.stmts.into_iter().map(|stmt| self.stmt(stmt, &mut ordinals)).collect() }
    }

    fn stmt(&mut self, mut stmt: syn::Stmt, ordinals: &mut Ordinals) -> Stmt {
        match stmt {
            syn::Stmt::Local(local) => Stmt::Let(Box::new(self.local(local, ordinals))),
            syn::Stmt::Macro(mac) if is_site(&mac.mac) => self.site(mac.mac, ordinals),
            syn::Stmt::Expr(Expr::Macro(mac), _) if is_site(&mac.mac) => self.site(mac.mac, ordinals),
            syn::Stmt::Expr(mut expr, semi) if has_site(&expr) => {
                let attrs = take_attrs(&mut expr);
                let (ours, attrs) = attrs.into_iter().partition(is_ours);
                let compound = Box::new(self.compound(expr, ours, ordinals));
                Stmt::Compound { attrs, compound, semi: semi.is_some() }
            }
            _ => {
                let mentions = self.mentions(|mentions| mentions.visit_stmt(&stmt));
                find::strip(&mut stmt);
                Stmt::Plain { stmt: Box::new(stmt), mentions }
            }
        }
    }

    fn site(&mut self, mac: syn::Macro, ordinals: &mut Ordinals) -> Stmt {
        let span = mac.path.span();
        let trigger = Trigger::parse(mac.tokens, self.sink);
        let ordinal = ordinals.next("checkpoint");
        let id = match &trigger.label {
            Some(label) => label.value(),
            // The first of a block is named by where the block stands.
            None if ordinal == "checkpoint" && !self.path.is_empty() => self.path.join("/"),
            None => self.path.iter().map(|segment| format!("{segment}/")).collect::<String>() + &ordinal,
        };
        let mentions = self.mentions(|mentions| trigger.exprs().for_each(|expr| mentions.visit_expr(expr)));
        self.sites.push(Site { id, trigger, path: mac.path, span, loops: self.loops.clone() });
        Stmt::Site(self.sites.len(), mentions)
    }

    fn local(&mut self, mut local: syn::Local, ordinals: &mut Ordinals) -> Let {
        let (kind, capture) = self.kind(&mut local.attrs);
        let bindings = bindings(&local.pat);
        if let Some(init) = &mut local.init {
            ungroup(&mut init.expr);
        }
        let reads = self.mentions(|mentions| {
            visit::visit_pat(mentions, &local.pat);
            if let Some(init) = &local.init {
                mentions.visit_expr(&init.expr);
            }
            if let Some(Some(default)) = &capture.default {
                mentions.visit_expr(default);
            }
        });
        let mut mentions = reads.clone();
        if let Some(els) = diverging(&local) {
            mentions.extend(self.mentions(|mentions| mentions.visit_expr(els)));
        }
        let again = self.again(&local, kind);
        if diverging(&local).is_some_and(has_site) {
            into_match(&mut local, &bindings);
        }
        let mut sited = None;
        if let Some(init) = local.init.as_mut().filter(|init| has_site(&init.expr)) {
            let expr = std::mem::replace(&mut *init.expr, Expr::PLACEHOLDER);
            sited = Some(self.within("let".to_owned(), |this| this.compound(expr, Vec::new(), ordinals)));
        } else {
            let mut stmt = syn::Stmt::Local(local);
            find::strip(&mut stmt);
            let syn::Stmt::Local(stripped) = stmt else { unreachable!("BUG: a local stays a local") };
            local = stripped;
        }
        Let { local, kind, capture, bindings, mentions, reads, sited, again }
    }

    /// A resume does not come to the `else` block of a `let … else` that is computed again: its sites do not matter to
    /// that, nor locals that change and are mentioned in it alone.
    fn again(&self, local: &syn::Local, kind: Kind) -> Option<Again> {
        let (init, els) = (local.init.as_ref()?, diverging(local)?);
        let changes = || !self.mentions(|mentions| mentions.visit_expr(els)).is_disjoint(&self.changing);
        if kind == Kind::Captured || has_site(&init.expr) || !(has_site(els) || (kind == Kind::Plain && changes())) {
            return None;
        }
        Some(Again { pat: local.pat.clone(), init: (*init.expr).clone() })
    }

    fn kind(&mut self, attrs: &mut Vec<Attribute>) -> (Kind, Capture) {
        let mut found: Option<(Kind, Capture)> = None;
        let (ours, others): (Vec<_>, Vec<_>) = std::mem::take(attrs).into_iter().partition(is_ours);
        *attrs = others;
        for attribute in ours {
            if found.is_some() {
                self.sink.add(syn::Error::new_spanned(&attribute, diag::annotated_twice("this local")));
            }
            found = Some(if attribute.path().is_ident("resume") {
                (Kind::Captured, Capture::parse(&attribute, self.sink))
            } else {
                no_options(&attribute, self.sink);
                (Kind::Transient, Capture::default())
            });
        }
        found.unwrap_or((Kind::Plain, Capture::default()))
    }

    fn branch(&mut self, expr: Expr, segment: String) -> Branch {
        let mentions = self.mentions(|mentions| mentions.visit_expr(&expr));
        if !has_site(&expr) {
            let mut stmt = syn::Stmt::Expr(expr, None);
            find::strip(&mut stmt);
            let syn::Stmt::Expr(expr, _) = stmt else { unreachable!("BUG: an expression stays one") };
            return Branch::Plain(expr);
        }
        let first = self.next_site();
        let block = self.within(segment, |this| match expr {
            Expr::Block(block) if block.label.is_none() => this.block(block.block),
            expr => this.block(syn::Block {
                brace_token: syn::token::Brace::default(),
                stmts: vec![syn::Stmt::Expr(expr, None)],
            }),
        });
        Branch::Sited { block, sites: sites(first, self.next_site()), mentions }
    }

    /// An expression that has a site; `attrs` are `#[resume]` and `#[transient]` on it.
    fn compound(&mut self, expr: Expr, attrs: Vec<Attribute>, ordinals: &mut Ordinals) -> Compound {
        let mentions = self.mentions(|mentions| mentions.visit_expr(&expr));
        let first = self.next_site();
        if let Some(attribute) = attrs.first().filter(|_| !matches!(expr, Expr::ForLoop(_))) {
            self.sink.add(syn::Error::new_spanned(attribute, diag::PLACES));
        }
        let kind = match expr {
            Expr::If(expr) if !has_site(&expr.cond) => self.if_else(expr, ordinals),
            Expr::Match(expr) if !has_site(&expr.expr) => self.decision(expr, ordinals),
            Expr::Block(expr) => {
                let segment = ordinals.next("block");
                let block = self.within(segment, |this| this.block(expr.block));
                CompoundKind::Block { label: expr.label.map(|label| label.name), is_unsafe: false, block }
            }
            Expr::Unsafe(expr) => {
                let segment = ordinals.next("unsafe");
                let block = self.within(segment, |this| this.block(expr.block));
                CompoundKind::Block { label: None, is_unsafe: true, block }
            }
            Expr::Loop(expr) => self.repeat(ordinals.next("loop"), expr.label, expr.body, &mentions, LoopKind::Loop),
            Expr::While(expr) if !has_site(&expr.cond) => {
                let bindings = condition_bindings(&expr.cond);
                let cond = expr.cond;
                self.repeat(
                    ordinals.next("while"),
                    expr.label,
                    expr.body,
                    &mentions,
                    LoopKind::While { cond, bindings },
                )
            }
            Expr::ForLoop(expr) if !has_site(&expr.expr) => self.for_loop(expr, attrs, ordinals),
            Expr::Macro(mac) if is_site(&mac.mac) => {
                let site = self.site(mac.mac, ordinals);
                CompoundKind::Block { label: None, is_unsafe: false, block: Block { stmts: vec![site] } }
            }
            expr => self.wrap(expr, ordinals),
        };
        Compound { kind, sites: sites(first, self.next_site()), mentions }
    }

    fn if_else(&mut self, expr: syn::ExprIf, ordinals: &mut Ordinals) -> CompoundKind {
        let segment = ordinals.next("if");
        let bindings = condition_bindings(&expr.cond);
        let then = Expr::Block(syn::ExprBlock { attrs: Vec::new(), label: None, block: expr.then_branch });
        let then = self.branch(then, segment.clone());
        let els = expr.else_branch.map(|(_, els)| self.branch(*els, format!("{segment}/else")));
        CompoundKind::If(Box::new(If { cond: *expr.cond, then, els, bindings }))
    }

    fn decision(&mut self, expr: syn::ExprMatch, ordinals: &mut Ordinals) -> CompoundKind {
        let segment = ordinals.next("match");
        let arms = expr.arms.into_iter().enumerate().map(|(number, arm)| Arm {
            bindings: bindings(&arm.pat),
            body: self.branch(*arm.body, format!("{segment}/arm{}", number + 1)),
            pat: arm.pat,
        });
        let arms = arms.collect();
        CompoundKind::Match(Match { scrutinee: *expr.expr, arms })
    }

    fn for_loop(&mut self, expr: syn::ExprForLoop, mut attrs: Vec<Attribute>, ordinals: &mut Ordinals) -> CompoundKind {
        let over = self.mentions(|mentions| mentions.visit_expr(&expr.expr));
        let again = self.mentions(|mentions| mentions.visit_block(&expr.body));
        let (kind, capture) = self.kind(&mut attrs);
        if !capture.is_plain() {
            self.sink.at(expr.for_token.span, "`#[resume]` on a `for` takes no options");
        }
        let cursor = match kind {
            Kind::Captured => Cursor::Captured,
            Kind::Transient => Cursor::Transient,
            Kind::Plain if is_range(&expr.expr) => Cursor::Range,
            Kind::Plain => Cursor::Count,
        };
        let bindings = bindings(&expr.pat);
        let pat = expr.pat;
        // A literal needs parentheses in the head of a `for`, and has them anyway in a call.
        let iter = match *expr.expr {
            Expr::Paren(inner) if inner.attrs.is_empty() => inner.expr,
            other => Box::new(other),
        };
        self.repeat(
            ordinals.next("for"),
            expr.label,
            expr.body,
            &again,
            LoopKind::For { pat, bindings, expr: iter, cursor, mentions: over },
        )
    }

    fn repeat(
        &mut self,
        segment: String,
        label: Option<syn::Label>,
        body: syn::Block,
        again: &Names,
        kind: LoopKind,
    ) -> CompoundKind {
        self.loop_count += 1;
        let number = self.loop_count;
        let first = self.next_site();
        let hiding = hidden::hiding(&body);
        // A hidden jump is found out by a loop within, where it leads to. It has no label and no value.
        let is_found = label.is_none() && (hiding.breaks || !matches!(kind, LoopKind::Loop));
        let in_blocks = !hiding.written && (!hiding.expanded || is_found);
        self.loops.push(number);
        let (id, body) = self.within(segment, |this| (this.path.join("/"), this.block(body)));
        self.loops.pop();
        let mut declared = Names::new();
        body.lets(&mut |local| declared.extend(local.bindings.iter().map(Binding::name)));
        declared.extend(kind.bindings().iter().map(Binding::name));
        find::pattern_names(&body, &mut declared);
        let tail = self.tail_site(&body, first, &declared).filter(|_| in_blocks);
        let again = again.clone();
        CompoundKind::Loop(Box::new(Loop {
            number,
            id,
            label: label.map(|label| label.name),
            kind,
            body,
            tail,
            hides: hiding.expanded,
            in_blocks,
            declared,
            again,
        }))
    }

    /// The body's only site, if the body ends with it and nothing tells apart the moments before and after it.
    fn tail_site(&self, body: &Block, first: usize, declared: &Names) -> Option<usize> {
        let Some(Stmt::Site(site, mentions)) = body.stmts.last() else { return None };
        let only = self.next_site() == first + 1;
        let when = self.sites.last().is_some_and(|site| site.trigger.when.is_some());
        let guard = body
            .stmts
            .iter()
            .any(|stmt| matches!(stmt, Stmt::Let(local) if local.bindings.iter().any(Binding::is_guard)));
        (only && !when && !guard && mentions.is_disjoint(declared)).then_some(*site)
    }

    fn wrap(&mut self, mut expr: Expr, ordinals: &mut Ordinals) -> CompoundKind {
        let at = site_span(&expr);
        let Some(place) = hole::first_evaluated(&mut expr) else {
            self.sink.at(at, diag::site_in_operand());
            return CompoundKind::Block { label: None, is_unsafe: false, block: Block::default() };
        };
        let hole = names::ident(&format!("hole_{}", self.next_site()));
        let inner = std::mem::replace(place, syn::parse_quote!(#hole));
        let outer_mentions = self.mentions(|mentions| mentions.visit_expr(&expr));
        let inner = Box::new(self.compound(inner, Vec::new(), ordinals));
        CompoundKind::Wrap { outer: Box::new(expr), hole, inner, outer_mentions }
    }
}

fn take_attrs(expr: &mut Expr) -> Vec<Attribute> {
    match expr {
        Expr::If(expr) => std::mem::take(&mut expr.attrs),
        Expr::Match(expr) => std::mem::take(&mut expr.attrs),
        Expr::Block(expr) => std::mem::take(&mut expr.attrs),
        Expr::Unsafe(expr) => std::mem::take(&mut expr.attrs),
        Expr::Loop(expr) => std::mem::take(&mut expr.attrs),
        Expr::While(expr) => std::mem::take(&mut expr.attrs),
        Expr::ForLoop(expr) => std::mem::take(&mut expr.attrs),
        _ => Vec::new(),
    }
}

pub(crate) fn bindings(pat: &Pat) -> Vec<Binding> {
    let mut found = Bindings::default();
    found.visit_pat(pat);
    found.0
}

/// What `let`s in a condition bind.
fn condition_bindings(cond: &Expr) -> Vec<Binding> {
    struct Lets(Vec<Binding>);
    impl<'ast> Visit<'ast> for Lets {
        fn visit_expr_let(&mut self, expr: &'ast syn::ExprLet) {
            self.0.extend(bindings(&expr.pat));
            self.visit_expr(&expr.expr);
        }
        fn visit_expr_closure(&mut self, _: &'ast syn::ExprClosure) {}
        fn visit_block(&mut self, _: &'ast syn::Block) {}
    }
    let mut lets = Lets(Vec::new());
    lets.visit_expr(cond);
    lets.0
}

/// Takes off what a `macro_rules!` puts around an `$init:expr`: it hides a call as well as a literal.
pub(crate) fn ungroup(expr: &mut Expr) {
    if let Expr::Group(group) = expr
        && group.attrs.is_empty()
    {
        *expr = std::mem::replace(&mut *group.expr, Expr::PLACEHOLDER);
        ungroup(expr);
    }
}

/// `a..b`, `a..=b` or `a..`, in parentheses or not.
fn is_range(expr: &Expr) -> bool {
    match bare(expr) {
        Expr::Range(range) => {
            range.start.is_some() && (range.end.is_some() || matches!(range.limits, syn::RangeLimits::HalfOpen(_)))
        }
        _ => false,
    }
}

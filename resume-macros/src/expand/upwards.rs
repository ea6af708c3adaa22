//! `while i < n { …; i += 1; checkpoint!() }`, and the same as a `loop` that begins with `if i >= n { break; }`, with `<=` or
//! with `!=`: how many passes may be made until the next look is then a bound of `i`, and no pass need be counted.
//!
//! The user's condition stays where it is and decides; what is read off the code here is only that each pass makes `i`
//! greater by one, that nothing else sets it, and that `n` can be read at any time. Where a macro or a jump might interfere, it
//! is looked after each pass whether `i` is the next number; as a rule the compiler sees that it is. Only the condition of `i != n` is left out
//! of the passes that are known to come before `n`, where nothing sets that either.

use super::Generator;
use crate::hidden::{has_control, may_jump};
use crate::lower::is_assignment;
use crate::mentions::Names;
use crate::model::{Let, Loop, LoopKind, Stmt};
use crate::names;
use crate::syntax::{bare, has_let, mention};
use crate::ways::Jump;
use proc_macro2::{Ident, TokenStream};
use quote::{ToTokens, quote};
use std::collections::HashSet;
use syn::visit::{self, Visit};
use syn::{BinOp, Expr, FnArg, ItemFn, Lit, Pat, Type, UnOp};

/// Such a loop.
pub(super) struct Upwards<'a> {
    pub(super) index: &'a Ident,
    pub(super) relation: Relation,
    pub(super) bound: &'a Expr,
    /// What ends the loop, and whether it does so where it holds.
    pub(super) test: (&'a Expr, bool),
    /// Statements of the body before those of the pass: the `if` of a `loop`.
    pub(super) head: usize,
    /// Whether one sees that each pass makes the number greater by one.
    pub(super) is_certain: bool,
    /// Whether a pass may be left by a `break` or `continue` without a label, if only by one that a macro hides.
    pub(super) jumps: bool,
}

/// How the number stands to its bound as long as there are passes.
#[derive(Clone, Copy, PartialEq)]
pub(super) enum Relation {
    /// `i < n`
    Below,
    /// `i <= n`
    UpTo,
    /// `i != n`
    Until,
}

impl Generator<'_> {
    pub(super) fn upwards<'a>(&self, inner: &'a Loop) -> Option<Upwards<'a>> {
        let (test, ends, head) = match &inner.kind {
            LoopKind::While { cond, bindings } if bindings.is_empty() => (&**cond, false, 0),
            LoopKind::Loop => (ending(inner)?, true, 1),
            _ => return None,
        };
        let pass = &inner.body.stmts[head..];
        let (index, relation, bound) = comparison(test, ends, &|index| Steps::of(pass, index).is_some())?;
        let steps = Steps::of(pass, index)?;
        let name = index.to_string();
        let integer = self.lets.get(&name).is_some_and(|local| is_integer(local));
        let is_known = is_pure(bound) && !self.is_unsafe(bound) && (relation != Relation::Until || self.stays(bound));
        (integer && is_known && keeps(test, index)).then_some(Upwards {
            index,
            relation,
            bound,
            test: (test, ends),
            head,
            // What a pointer points at may be set by what does not name it.
            is_certain: steps.is_certain && !self.facts.pointed.contains(&name),
            jumps: steps.jumps || inner.hides,
        })
    }

    /// Output: the bound, read once more than the user does; nothing where that may not be done, or where it is of another
    /// type than the number, so that the passes are counted and the user's condition alone ends the loop.
    pub(super) fn bound(&self, upwards: &Upwards<'_>) -> TokenStream {
        let (index, bound, runtime) = (upwards.index, self.expr(upwards.bound), &self.runtime);
        if self.is_number(upwards.bound) {
            return quote!(#runtime::Some(#bound));
        }
        let bound = if matches!(upwards.bound, Expr::Binary(_) | Expr::Cast(_)) { quote!((#bound)) } else { bound };
        let read = quote!(#runtime::Against::of(&#index, &#bound).value());
        let mut measured = Measured(Vec::new());
        measured.visit_expr(upwards.bound);
        if measured.0.is_empty() {
            return read;
        }
        // What the `len` of a user's own type does is not known.
        let question = names::ident(if upwards.relation == Relation::Until { "is_still" } else { "is_fixed" });
        let known = measured.0.into_iter().map(|of| {
            let of = self.expr(of);
            quote!(#runtime::Length::of(&#of).#question())
        });
        quote!(if #(#known)&&* { #read } else { #runtime::None })
    }

    /// Whether one sees that the bound is an integer: others may compare with integers.
    fn is_number(&self, bound: &Expr) -> bool {
        let typed = |name: &Ident| {
            let name = name.to_string();
            let typed = |local: &&Let| matches!(&local.local.pat, Pat::Type(typed) if is_primitive(&typed.ty));
            self.facts.numbers.contains(&name) || self.lets.get(&name).is_some_and(typed)
        };
        matches!(bare(bound), Expr::Lit(_)) || ident(bound).is_some_and(typed)
    }

    /// Whether a static that is `mut` may be read there: it must not be borrowed, and changes behind each name that it has not.
    fn is_unsafe(&self, bound: &Expr) -> bool {
        let mut paths = Paths(HashSet::new());
        paths.visit_expr(bound);
        !paths.0.is_disjoint(&self.facts.statics)
    }

    /// Whether one sees that nothing sets the bound anew, if it is an integer: numbers, constants, locals that are not `mut`,
    /// and the lengths of such.
    fn stays(&self, bound: &Expr) -> bool {
        match bare(bound) {
            Expr::Lit(_) => true,
            Expr::Path(path) => match path.path.get_ident().map(ToString::to_string) {
                Some(name) if self.resolved.locals.contains(&name) => !self.facts.mutable.contains(&name),
                Some(name) => name.starts_with(char::is_uppercase),
                None => true,
            },
            Expr::Cast(cast) => self.stays(&cast.expr),
            Expr::Binary(both) => self.stays(&both.left) && self.stays(&both.right),
            Expr::MethodCall(call) => matches!(bare(&call.receiver), Expr::Path(_)) && self.stays(&call.receiver),
            _ => false,
        }
    }
}

/// The paths in `unsafe` code that may be those of statics that are `mut`.
pub(super) fn statics(function: &ItemFn, locals: &Names) -> HashSet<String> {
    struct Statics(Paths);
    impl<'ast> Visit<'ast> for Statics {
        fn visit_expr_unsafe(&mut self, block: &'ast syn::ExprUnsafe) {
            self.0.visit_block(&block.block);
        }
    }
    let mut statics = Statics(Paths(HashSet::new()));
    match function.sig.safety {
        syn::Safety::Unsafe(_) => statics.0.visit_block(&function.block),
        _ => statics.visit_block(&function.block),
    }
    let is_parameter = |path: &str| function.sig.generics.const_params().any(|parameter| parameter.ident == path);
    statics.0.0.retain(|path| !locals.contains(path) && !is_parameter(path));
    statics.0.0
}

/// Which paths there are, as texts.
struct Paths(HashSet<String>);

impl<'ast> Visit<'ast> for Paths {
    fn visit_expr_path(&mut self, path: &'ast syn::ExprPath) {
        self.0.insert(path.to_token_stream().to_string());
    }
}

/// The parameters of which one sees that they are integers.
pub(super) fn numbers(function: &ItemFn) -> Names {
    let typed = function.sig.inputs.iter().filter_map(|input| match input {
        FnArg::Typed(typed) if is_primitive(&typed.ty) => Some(&*typed.pat),
        _ => None,
    });
    typed.flat_map(crate::lower::bindings).map(|binding| binding.name()).collect()
}

/// The locals and parameters that are `mut`.
pub(super) fn mutable(function: &ItemFn) -> Names {
    struct Mutable(Names);
    impl<'ast> Visit<'ast> for Mutable {
        fn visit_pat_ident(&mut self, pat: &'ast syn::PatIdent) {
            if pat.mutability.is_some() {
                self.0.insert(pat.ident.to_string());
            }
            visit::visit_pat_ident(self, pat);
        }
        fn visit_item(&mut self, _: &'ast syn::Item) {}
    }
    let mut mutable = Mutable(Names::new());
    mutable.visit_item_fn(function);
    mutable.0
}

fn is_primitive(ty: &Type) -> bool {
    let Type::Path(path) = ty else { return false };
    path.path.get_ident().is_some_and(|name| {
        let name = name.to_string();
        let bits = name.strip_prefix(['i', 'u']).unwrap_or_default();
        matches!(bits, "8" | "16" | "32" | "64" | "128" | "size")
    })
}

/// What `len()` is called on.
struct Measured<'a>(Vec<&'a Expr>);

impl<'ast> Visit<'ast> for Measured<'ast> {
    fn visit_expr_method_call(&mut self, call: &'ast syn::ExprMethodCall) {
        self.0.push(bare(&call.receiver));
        visit::visit_expr_method_call(self, call);
    }
}

/// The condition of `if … { break; }` at the front of a loop.
fn ending(inner: &Loop) -> Option<&Expr> {
    let Stmt::Plain { stmt, .. } = inner.body.stmts.first()? else { return None };
    let syn::Stmt::Expr(Expr::If(branch), _) = &**stmt else { return None };
    let [syn::Stmt::Expr(Expr::Break(leave), _)] = &branch.then_branch.stmts[..] else { return None };
    let ours =
        leave.label.as_ref().is_none_or(|label| inner.label.as_ref().is_some_and(|own| own.ident == label.ident));
    let plain =
        branch.attrs.is_empty() && leave.attrs.is_empty() && leave.expr.is_none() && branch.else_branch.is_none();
    (ours && plain).then_some(&branch.cond)
}

/// `i` and `n` of `i < n`, the first of what is joined by `&&`; of `i >= n`, the first of what is joined by `||`, if that
/// `ends` the loop; and how they stand to each other. Where both could be the number, it is the one that `goes_up`.
fn comparison<'a>(
    test: &'a Expr,
    ends: bool,
    goes_up: &dyn Fn(&Ident) -> bool,
) -> Option<(&'a Ident, Relation, &'a Expr)> {
    let first = |mut test: &'a Expr| {
        while let Expr::Binary(both) = bare(test)
            && matches!((&both.op, ends), (BinOp::And(_), false) | (BinOp::Or(_), true))
        {
            test = &both.left;
        }
        bare(test)
    };
    let Expr::Binary(both) = first(test) else { return None };
    let (left, right) = (&*both.left, &*both.right);
    let (index, relation, bound) = match (&both.op, ends) {
        (BinOp::Lt(_), false) | (BinOp::Ge(_), true) => (left, Relation::Below, right),
        (BinOp::Gt(_), false) | (BinOp::Le(_), true) => (right, Relation::Below, left),
        (BinOp::Le(_), false) | (BinOp::Gt(_), true) => (left, Relation::UpTo, right),
        (BinOp::Ge(_), false) | (BinOp::Lt(_), true) => (right, Relation::UpTo, left),
        // What else is asked there is asked in each pass.
        (BinOp::Ne(_), false) | (BinOp::Eq(_), true) if matches!(bare(test), Expr::Binary(all) if all.op == both.op) => {
            let is_left = ident(left).is_some_and(goes_up);
            if is_left { (left, Relation::Until, right) } else { (right, Relation::Until, left) }
        }
        _ => return None,
    };
    // Read in a place of its own, it needs no parentheses.
    Some((ident(index).filter(|index| goes_up(index))?, relation, bare(bound)))
}

fn ident(expr: &Expr) -> Option<&Ident> {
    match bare(expr) {
        Expr::Path(path) if path.qself.is_none() => path.path.get_ident(),
        _ => None,
    }
}

/// Whether it may be read once more than the user does: names, fields, numbers, `len()` and arithmetic of these.
fn is_pure(expr: &Expr) -> bool {
    match bare(expr) {
        Expr::Path(_) => true,
        Expr::Lit(literal) => matches!(literal.lit, Lit::Int(_)),
        Expr::Field(field) => is_pure(&field.base),
        Expr::Cast(cast) => is_pure(&cast.expr),
        Expr::Unary(unary) => matches!(unary.op, UnOp::Deref(_)) && is_pure(&unary.expr),
        Expr::Binary(both) => {
            let arithmetic = matches!(both.op, BinOp::Add(_) | BinOp::Sub(_) | BinOp::Mul(_) | BinOp::Div(_));
            arithmetic && is_pure(&both.left) && is_pure(&both.right)
        }
        Expr::MethodCall(call) => call.method == "len" && call.args.is_empty() && is_pure(&call.receiver),
        _ => false,
    }
}

/// A local of which one sees that it is an integer.
fn is_integer(local: &Let) -> bool {
    let (pat, ty) = match &local.local.pat {
        Pat::Type(typed) => (&*typed.pat, Some(&*typed.ty)),
        pat => (pat, None),
    };
    let named = matches!(pat, Pat::Ident(name) if name.by_ref.is_none() && name.subpat.is_none());
    // `0f64` is an integer to the parser.
    let is_whole = |literal: &Lit| matches!(literal, Lit::Int(number) if !number.suffix().starts_with('f'));
    let written = |init: &syn::LocalInit| matches!(bare(&init.expr), Expr::Lit(literal) if is_whole(&literal.lit));
    named
        && match ty {
            Some(Type::Infer(_)) | None => local.local.init.as_ref().is_some_and(written),
            Some(ty) => is_primitive(ty),
        }
}

/// Whether the condition neither sets `index` nor leaves the loop by itself. A `let` in it holds on to what it looks at for
/// the whole pass, which an `if` in front of the pass would not.
fn keeps(test: &Expr, index: &Ident) -> bool {
    let mut changes = Changes { index, found: has_control(test.to_token_stream()) || has_let(test), hidden: false };
    changes.visit_expr(test);
    !changes.found && !changes.hidden
}

/// How the passes go, each of which makes the number greater by one as far as one sees.
struct Steps {
    is_certain: bool,
    jumps: bool,
}

impl Steps {
    /// None if the number is set in any other way, or if a jump may lead to anywhere but to this loop.
    fn of(pass: &[Stmt], index: &Ident) -> Option<Steps> {
        let mut changes = Changes { index, found: false, hidden: false };
        let (mut steps, mut jumps) = (0, false);
        for stmt in pass {
            match stmt {
                Stmt::Plain { stmt, .. } if is_step(stmt, index) => steps += 1,
                Stmt::Plain { stmt, .. } => changes.visit_stmt(stmt),
                Stmt::Let(local) if local.sited.is_none() => changes.visit_local(&local.local),
                Stmt::Site(..) => {}
                Stmt::Let(_) | Stmt::Compound { .. } => return None,
            }
            for jump in stmt.jumps() {
                match jump {
                    Jump::Break(None) | Jump::Continue(None) => jumps = true,
                    _ => return None,
                }
            }
        }
        (steps == 1 && !changes.found).then_some(Steps { is_certain: !changes.hidden, jumps })
    }
}

/// `i += 1;`
fn is_step(stmt: &syn::Stmt, index: &Ident) -> bool {
    let syn::Stmt::Expr(Expr::Binary(sum), Some(_)) = stmt else { return false };
    let one = matches!(bare(&sum.right), Expr::Lit(lit) if matches!(&lit.lit, Lit::Int(n) if n.base10_digits() == "1"));
    sum.attrs.is_empty() && matches!(sum.op, BinOp::AddAssign(_)) && ident(&sum.left) == Some(index) && one
}

/// Looks for what may set a local anew.
struct Changes<'a> {
    index: &'a Ident,
    found: bool,
    /// Whether a macro may do it.
    hidden: bool,
}

impl Changes<'_> {
    /// Whether what the expression stands for is, or is a part of, the local; as an index it is only read.
    fn is_place(&self, expr: &Expr) -> bool {
        match bare(expr) {
            Expr::Index(element) => self.is_place(&element.expr),
            Expr::Field(field) => self.is_place(&field.base),
            Expr::Tuple(parts) => parts.elems.iter().any(|part| self.is_place(part)),
            Expr::Array(parts) => parts.elems.iter().any(|part| self.is_place(part)),
            Expr::Call(call) => call.args.iter().any(|part| self.is_place(part)),
            Expr::Struct(parts) => parts.fields.iter().any(|part| self.is_place(&part.expr)),
            place => ident(place) == Some(self.index),
        }
    }
}

impl<'ast> Visit<'ast> for Changes<'_> {
    fn visit_expr_assign(&mut self, expr: &'ast syn::ExprAssign) {
        self.found |= self.is_place(&expr.left);
        visit::visit_expr_assign(self, expr);
    }

    fn visit_expr_binary(&mut self, expr: &'ast syn::ExprBinary) {
        self.found |= is_assignment(&expr.op) && self.is_place(&expr.left);
        visit::visit_expr_binary(self, expr);
    }

    fn visit_expr_reference(&mut self, expr: &'ast syn::ExprReference) {
        self.found |= expr.mutability.is_some() && self.is_place(&expr.expr);
        visit::visit_expr_reference(self, expr);
    }

    fn visit_expr_raw_addr(&mut self, expr: &'ast syn::ExprRawAddr) {
        self.found |= self.is_place(&expr.expr);
        visit::visit_expr_raw_addr(self, expr);
    }

    fn visit_expr_method_call(&mut self, call: &'ast syn::ExprMethodCall) {
        // It may take `&mut self`.
        self.found |= ident(&call.receiver) == Some(self.index);
        visit::visit_expr_method_call(self, call);
    }

    fn visit_pat_ident(&mut self, pat: &'ast syn::PatIdent) {
        self.found |= pat.by_ref.is_some() && pat.mutability.is_some();
        visit::visit_pat_ident(self, pat);
    }

    fn visit_macro(&mut self, mac: &'ast syn::Macro) {
        self.hidden |= may_jump(mac) || mention(mac.tokens.clone(), &self.index.to_string()).is_some();
    }
}

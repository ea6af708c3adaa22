//! `while i < n { …; i += 1; checkpoint!() }`, and the same as a `loop` that begins with `if i >= n { break; }`: how many
//! passes may be made until the next look is then a bound of `i`, and no pass need be counted.
//!
//! The user's condition stays where it is and decides; what is read off the code here is only that each pass makes `i`
//! greater by one, that nothing else sets it, and that `n` can be read at any time.

use super::Generator;
use crate::hidden::{has_control, may_jump};
use crate::lower::is_assignment;
use crate::mentions::Names;
use crate::model::{Let, Loop, LoopKind, Stmt};
use proc_macro2::{Ident, TokenStream, TokenTree};
use quote::{ToTokens, quote};
use syn::visit::{self, Visit};
use syn::{BinOp, Expr, FnArg, Lit, Pat, Signature, Type, UnOp};

/// Such a loop.
pub(super) struct Upwards<'a> {
    pub(super) index: &'a Ident,
    pub(super) bound: &'a Expr,
    /// What ends the loop, and whether it does so where it holds.
    pub(super) test: (&'a Expr, bool),
    /// Statements of the body before those of the pass: the `if` of a `loop`.
    pub(super) head: usize,
}

impl Generator<'_> {
    pub(super) fn upwards<'a>(&self, inner: &'a Loop) -> Option<Upwards<'a>> {
        let (test, ends, head) = match &inner.kind {
            LoopKind::While { cond, bindings } if bindings.is_empty() => (&**cond, false, 0),
            LoopKind::Loop => (ending(inner)?, true, 1),
            _ => return None,
        };
        let (index, bound) = comparison(test, ends)?;
        let pass = &inner.body.stmts[head..];
        let name = index.to_string();
        let integer = self.lets.get(&name).is_some_and(|local| is_integer(local));
        // What a pointer points at may be set by what does not name it.
        let certain = integer && !self.pointed.contains(&name) && is_pure(bound) && !self.is_foreign(bound);
        (certain && keeps(test, index) && steps(pass, index)).then_some(Upwards {
            index,
            bound,
            test: (test, ends),
            head,
        })
    }

    /// Output: the bound, to be read once more than the user does. What the `len` of a user's own type does is not known: it
    /// is left alone, and the user's condition alone ends the loop.
    pub(super) fn bound(&self, upwards: &Upwards<'_>) -> TokenStream {
        let (index, bound, runtime) = (upwards.index, self.expr(upwards.bound), &self.runtime);
        let mut measured = Measured(Vec::new());
        measured.visit_expr(upwards.bound);
        if measured.0.is_empty() {
            return bound;
        }
        let fixed = measured.0.into_iter().map(|of| {
            let of = self.expr(of);
            quote!(#runtime::Length::of(&#of).is_fixed())
        });
        quote!(if #(#fixed)&&* { #bound } else { #runtime::unread(#index) })
    }

    /// Whether one sees of the bound that it may not be an integer, though integers may compare with it.
    fn is_foreign(&self, bound: &Expr) -> bool {
        ident(bound).is_some_and(|name| {
            let name = name.to_string();
            let typed = |local: &&Let| matches!(&local.local.pat, Pat::Type(typed) if may_be_foreign(&typed.ty));
            self.foreign.contains(&name) || self.lets.get(&name).is_some_and(typed)
        })
    }
}

/// The parameters that may be no integers.
pub(super) fn foreign(signature: &Signature) -> Names {
    let typed = signature.inputs.iter().filter_map(|input| match input {
        FnArg::Typed(typed) if may_be_foreign(&typed.ty) => Some(&*typed.pat),
        _ => None,
    });
    typed.flat_map(crate::lower::bindings).map(|binding| binding.name()).collect()
}

fn may_be_foreign(ty: &Type) -> bool {
    !matches!(ty, Type::Infer(_)) && !is_primitive(ty)
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
/// `ends` the loop.
fn comparison(test: &Expr, ends: bool) -> Option<(&Ident, &Expr)> {
    let Expr::Binary(both) = bare(test) else { return None };
    let (index, bound) = match (&both.op, ends) {
        (BinOp::And(_), false) | (BinOp::Or(_), true) => return comparison(&both.left, ends),
        (BinOp::Lt(_), false) | (BinOp::Ge(_), true) => (&both.left, &both.right),
        (BinOp::Gt(_), false) | (BinOp::Le(_), true) => (&both.right, &both.left),
        _ => return None,
    };
    // Read in a place of its own, it needs no parentheses.
    Some((ident(index)?, bare(bound)))
}

/// Without the parentheses, and the invisible ones of a `macro_rules!`.
fn bare(expr: &Expr) -> &Expr {
    match expr {
        Expr::Paren(inner) => bare(&inner.expr),
        Expr::Group(inner) => bare(&inner.expr),
        other => other,
    }
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
    let mut changes = Changes { index, found: has_control(test.to_token_stream()) || has_let(test) };
    changes.visit_expr(test);
    !changes.found
}

fn has_let(test: &Expr) -> bool {
    match bare(test) {
        Expr::Let(_) => true,
        Expr::Binary(both) => has_let(&both.left) || has_let(&both.right),
        _ => false,
    }
}

/// Whether each pass that comes to its end makes `index` greater by one, and no more, and none is left before.
fn steps(pass: &[Stmt], index: &Ident) -> bool {
    let mut changes = Changes { index, found: false };
    let mut steps = 0;
    for stmt in pass {
        match stmt {
            Stmt::Plain { stmt, .. } if is_step(stmt, index) => steps += 1,
            Stmt::Plain { stmt, .. } => {
                changes.found |= has_control(stmt.to_token_stream());
                changes.visit_stmt(stmt);
            }
            Stmt::Let(local) if local.sited.is_none() => {
                changes.found |= has_control(local.local.to_token_stream());
                changes.visit_local(&local.local);
            }
            Stmt::Site(..) => {}
            Stmt::Let(_) | Stmt::Compound { .. } => return false,
        }
    }
    steps == 1 && !changes.found
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
        self.found |= may_jump(mac) || names(mac.tokens.clone(), self.index);
    }
}

fn names(tokens: TokenStream, index: &Ident) -> bool {
    tokens.into_iter().any(|token| match token {
        TokenTree::Ident(ident) => ident == *index,
        TokenTree::Group(group) => names(group.stream(), index),
        _ => false,
    })
}

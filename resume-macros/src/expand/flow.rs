//! The user's `return`, `break` and `continue`, led to where they would have gone.

use super::Generator;
use crate::args::OnReturn;
use crate::end::ends_run;
use crate::names;
use proc_macro2::TokenStream;
use quote::{ToTokens, quote};
use syn::visit::{self, Visit};
use syn::visit_mut::{self, VisitMut};
use syn::{Expr, Lifetime};

/// A loop with sites around the code being made.
pub(super) struct Flow {
    /// The user's label.
    pub(super) user: Option<Lifetime>,
    /// The label of the loop.
    pub(super) label: Lifetime,
    /// The label of the loop within that runs one block of passes.
    pub(super) pass: Option<Lifetime>,
    /// Whether there is one more loop in that, in which jumps without a label are caught.
    pub(super) catches: bool,
}

impl Generator<'_> {
    /// `stmt` with its exits rewritten.
    pub(super) fn stmt(&self, stmt: &syn::Stmt) -> TokenStream {
        let mut stmt = stmt.clone();
        self.rewrite().visit_stmt_mut(&mut stmt);
        stmt.into_token_stream()
    }

    /// `expr` with its exits rewritten.
    pub(super) fn expr(&self, expr: &Expr) -> TokenStream {
        let mut expr = expr.clone();
        self.rewrite().visit_expr_mut(&mut expr);
        expr.into_token_stream()
    }

    pub(super) fn pat(&self, pat: &syn::Pat) -> TokenStream {
        let mut pat = pat.clone();
        self.rewrite().visit_pat_mut(&mut pat);
        pat.into_token_stream()
    }

    /// A `let` takes alternatives in parentheses only.
    pub(super) fn pat_of_let(&self, pat: &syn::Pat) -> TokenStream {
        let tokens = self.pat(pat);
        if let syn::Pat::Or(_) = pat { quote!((#tokens)) } else { tokens }
    }

    fn rewrite(&self) -> Rewrite {
        let flows = self.flows.borrow();
        let innermost = flows.last().filter(|flow| !flow.catches);
        let innermost = innermost.map(|flow| (flow.label.clone(), flow.pass.is_some()));
        let passes = flows.iter().filter_map(|flow| Some((flow.user.clone()?, flow.pass.clone()?)));
        let memoize = self.options.on_return == OnReturn::Memoize;
        let memo =
            memoize.then(|| self.parameters_at(&[]).into_iter().map(|(key, value)| quote!((#key, #value))).collect());
        Rewrite { innermost, passes: passes.collect(), depth: 0, memo, output: self.output.clone() }
    }
}

struct Rewrite {
    /// The label of the innermost loop, and whether it runs in blocks; none if it catches jumps where they are.
    innermost: Option<(Lifetime, bool)>,
    /// User labels of loops that run in blocks, and the label of the block's loop.
    passes: Vec<(Lifetime, Lifetime)>,
    /// Loops of the code itself around the place being looked at.
    depth: usize,
    /// The captured parameters, if the result is to be kept with them.
    memo: Option<Vec<TokenStream>>,
    /// The type of the function's result, if it can be named.
    output: Option<syn::Type>,
}

/// Whether code that ends the run, or has sites, is inside.
fn uses_run(expr: &Expr) -> bool {
    struct Uses(bool);
    impl<'ast> Visit<'ast> for Uses {
        fn visit_expr(&mut self, expr: &'ast Expr) {
            self.0 |= matches!(expr, Expr::Return(_) | Expr::Verbatim(_));
            visit::visit_expr(self, expr);
        }
        fn visit_expr_closure(&mut self, _: &'ast syn::ExprClosure) {}
        fn visit_expr_async(&mut self, _: &'ast syn::ExprAsync) {}
        fn visit_item(&mut self, _: &'ast syn::Item) {}
    }
    let mut uses = Uses(false);
    uses.visit_expr(expr);
    uses.0
}

impl Rewrite {
    /// The end of the run with this result.
    fn done(&self, value: &Expr) -> Expr {
        let run = names::run();
        let done = |value: &Expr| -> Expr {
            match &self.memo {
                Some(values) => syn::parse_quote!(#run.memoize(#value, &[#(#values),*])),
                None => syn::parse_quote!(#run.done(#value)),
            }
        };
        if !uses_run(value) {
            return done(value);
        }
        // The value is made first: while it is, the run is still at work.
        let output = names::ident("output");
        let ty = self.output.as_ref().map(|ty| quote!(: #ty));
        let done = done(&syn::parse_quote!(#output));
        syn::parse_quote!({ let #output #ty = #value; #done })
    }

    fn inner(&mut self, visit: impl FnOnce(&mut Self)) {
        self.depth += 1;
        visit(self);
        self.depth -= 1;
    }
}

impl VisitMut for Rewrite {
    fn visit_expr_return_mut(&mut self, expr: &mut syn::ExprReturn) {
        visit_mut::visit_expr_return_mut(self, expr);
        let value = expr.expr.take().map_or_else(|| syn::parse_quote!(()), |value| *value);
        expr.expr = Some(Box::new(self.done(&value)));
    }

    fn visit_expr_mut(&mut self, expr: &mut Expr) {
        visit_mut::visit_expr_mut(self, expr);
        if ends_run(expr)
            && let Expr::Call(call) = expr
            && let Some(value) = call.args.first()
        {
            let (attrs, done) = (&call.attrs, self.done(value));
            *expr = Expr::Verbatim(quote!(#(#attrs)* #done));
        }
    }

    fn visit_expr_break_mut(&mut self, expr: &mut syn::ExprBreak) {
        visit_mut::visit_expr_break_mut(self, expr);
        if let (None, 0, Some((label, _))) = (&expr.label, self.depth, &self.innermost) {
            expr.label = Some(label.clone());
        }
    }

    fn visit_expr_continue_mut(&mut self, expr: &mut syn::ExprContinue) {
        match (&expr.label, &self.innermost) {
            (None, Some((label, false))) if self.depth == 0 => expr.label = Some(label.clone()),
            (Some(label), _) => {
                if let Some((_, pass)) = self.passes.iter().find(|(user, _)| user.ident == label.ident) {
                    expr.label = Some(pass.clone());
                }
            }
            _ => {}
        }
    }

    fn visit_expr_loop_mut(&mut self, expr: &mut syn::ExprLoop) {
        self.inner(|this| this.visit_block_mut(&mut expr.body));
    }

    fn visit_expr_while_mut(&mut self, expr: &mut syn::ExprWhile) {
        self.inner(|this| {
            this.visit_expr_mut(&mut expr.cond);
            this.visit_block_mut(&mut expr.body);
        });
    }

    fn visit_expr_for_loop_mut(&mut self, expr: &mut syn::ExprForLoop) {
        self.visit_expr_mut(&mut expr.expr);
        self.inner(|this| this.visit_block_mut(&mut expr.body));
    }

    fn visit_expr_closure_mut(&mut self, _: &mut syn::ExprClosure) {}

    fn visit_expr_async_mut(&mut self, _: &mut syn::ExprAsync) {}

    fn visit_expr_const_mut(&mut self, _: &mut syn::ExprConst) {}

    fn visit_item_mut(&mut self, _: &mut syn::Item) {}

    fn visit_type_mut(&mut self, _: &mut syn::Type) {}
}

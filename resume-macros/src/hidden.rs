//! What the call of a macro may hide: a `break` or `continue` among its arguments, or in what it expands to.

use crate::lower::is_site;
use crate::std_macros;
use proc_macro2::{TokenStream, TokenTree};
use syn::visit::{self, Visit};

/// Whether it may expand to a `break` or `continue` of its own. Labels are hygienic, so those lead to the loop around it,
/// unless it is given one.
pub(crate) fn may_jump(mac: &syn::Macro) -> bool {
    !is_site(mac) && !std_macros::calls_standard(mac)
}

/// Whether a `break` or `continue` is among `tokens`, or a label, to which a macro may jump.
pub(crate) fn has_control(tokens: TokenStream) -> bool {
    tokens.into_iter().any(|token| match token {
        TokenTree::Ident(ident) => ident == "break" || ident == "continue",
        TokenTree::Punct(punct) => punct.as_char() == '\'',
        TokenTree::Group(group) => has_control(group.stream()),
        _ => false,
    })
}

/// What macros in the body of a loop may hide of jumps out of the pass.
#[derive(Default)]
pub(crate) struct Hiding {
    /// One among the arguments of a macro, to anywhere.
    pub(crate) written: bool,
    /// Some macro may expand to one, which leads to the loop right around it.
    pub(crate) expanded: bool,
    /// The loop ends with `break;`, without a value, as a hidden one then does, too.
    pub(crate) breaks: bool,
}

pub(crate) fn hiding(body: &syn::Block) -> Hiding {
    let mut hidden = Hidden { loops: 0, found: Hiding::default() };
    hidden.visit_block(body);
    hidden.found
}

struct Hidden {
    /// Loops around the place.
    loops: usize,
    found: Hiding,
}

impl Hidden {
    fn within(&mut self, body: &syn::Block) {
        self.loops += 1;
        self.visit_block(body);
        self.loops -= 1;
    }
}

impl<'ast> Visit<'ast> for Hidden {
    fn visit_macro(&mut self, mac: &'ast syn::Macro) {
        self.found.written |= !is_site(mac) && has_control(mac.tokens.clone());
        self.found.expanded |= self.loops == 0 && may_jump(mac);
    }

    fn visit_expr_break(&mut self, leave: &'ast syn::ExprBreak) {
        self.found.breaks |= self.loops == 0 && leave.label.is_none() && leave.expr.is_none();
        visit::visit_expr_break(self, leave);
    }

    fn visit_expr_loop(&mut self, expr: &'ast syn::ExprLoop) {
        self.within(&expr.body);
    }

    fn visit_expr_while(&mut self, expr: &'ast syn::ExprWhile) {
        self.visit_expr(&expr.cond);
        self.within(&expr.body);
    }

    fn visit_expr_for_loop(&mut self, expr: &'ast syn::ExprForLoop) {
        self.visit_expr(&expr.expr);
        self.within(&expr.body);
    }

    fn visit_expr_closure(&mut self, _: &'ast syn::ExprClosure) {}

    fn visit_expr_async(&mut self, _: &'ast syn::ExprAsync) {}

    fn visit_item(&mut self, _: &'ast syn::Item) {}
}

/// Whether a `break` may lead out of the loop with this body, or of one around it: better a superfluous way than a wrong
/// one. `by_macro`: what macros may hide counts.
pub(crate) fn has_break(body: &syn::Block, by_macro: bool) -> bool {
    struct Breaks {
        by_macro: bool,
        found: bool,
    }
    impl<'ast> Visit<'ast> for Breaks {
        fn visit_expr_break(&mut self, expr: &'ast syn::ExprBreak) {
            self.found = true;
            visit::visit_expr_break(self, expr);
        }
        fn visit_macro(&mut self, mac: &'ast syn::Macro) {
            self.found |= has_control(mac.tokens.clone()) || (self.by_macro && may_jump(mac));
        }
        fn visit_item(&mut self, _: &'ast syn::Item) {}
    }
    let mut breaks = Breaks { by_macro, found: false };
    breaks.visit_block(body);
    breaks.found
}

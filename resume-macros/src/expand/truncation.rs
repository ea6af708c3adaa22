//! A warning for each file that an initialiser empties which runs again on resume: what the run has written would be lost.

use super::{Generator, warnings};
use proc_macro2::{Span, TokenStream};
use syn::spanned::Spanned;
use syn::visit::{self, Visit};
use syn::{Expr, Lit};

const NOTE: &str = "this runs again on a resume, and empties the file that the run has written: use \
                    `resume_runtime::fs::OutputFile::create` in a `#[resume] let`, which goes on where the file was";

impl Generator<'_> {
    /// Output: a warning for each, among the recomputed and transient locals that are alive at a site.
    pub(super) fn truncation_warnings(&self) -> TokenStream {
        let mut found = Truncations(Vec::new());
        self.made_again(&mut |_, init| {
            // A closure or a function runs when it is called.
            if !matches!(init, Expr::Closure(_) | Expr::Path(_)) {
                found.visit_expr(init);
            }
        });
        warnings::warn("TRUNCATES", NOTE, found.0)
    }
}

struct Truncations(Vec<Span>);

impl<'ast> Visit<'ast> for Truncations {
    /// Called here, or by whom it is passed to, as in `path.map(File::create)`.
    fn visit_expr_path(&mut self, path: &'ast syn::ExprPath) {
        let names: Vec<String> = path.path.segments.iter().map(|segment| segment.ident.to_string()).collect();
        let names: Vec<&str> = names.iter().map(String::as_str).collect();
        let empties = match names[..] {
            [.., "File" | "CsvWriter", "create"] | [.., "fs", "write"] | [.., "Writer", "from_path"] => true,
            [.., "OutputFile", name] => name.starts_with("create"),
            _ => false,
        };
        if empties {
            self.0.push(path.span());
        }
    }

    fn visit_expr_method_call(&mut self, call: &'ast syn::ExprMethodCall) {
        let is_true =
            |arg: &Expr| matches!(arg, Expr::Lit(literal) if matches!(&literal.lit, Lit::Bool(value) if value.value));
        if call.method == "truncate" && call.args.len() == 1 && call.args.iter().all(is_true) {
            self.0.push(call.method.span());
        }
        visit::visit_expr_method_call(self, call);
    }

    fn visit_item(&mut self, _: &'ast syn::Item) {}
}

//! `#[cfg(…)]` and `#[cfg_attr(…)]` in the body and on parameters: an attribute sees them as they stand, and whether the
//! condition holds only the compiler knows. So the function is given back twice, with each answer, for the compiler to
//! keep one of them:
//!
//! ```text
//!                                         #[cfg(unix)]
//!                                         #[resumable]
//! #[resumable]                            fn f() { let k = 1; g(k) }
//! fn f() {                      becomes
//!     #[cfg(unix)]                        #[cfg(not(unix))]
//!     let k = 1;                          #[resumable]
//!     #[cfg(not(unix))]                   fn f() {
//!     let k = 2;                              #[cfg(not(unix))]
//!     g(k)                                    let k = 2;
//! }                                           g(k)
//!                                         }
//! ```

use proc_macro2::{Delimiter, TokenStream, TokenTree};
use quote::{ToTokens, quote};
use syn::punctuated::Punctuated;
use syn::visit_mut::{self, VisitMut};
use syn::{Attribute, ItemFn, Meta, Path, Token};

/// Output: `function` with both answers to its first condition, if it has any; `attribute` is ours, with its arguments.
pub(crate) fn split(function: &ItemFn, attribute: &TokenStream) -> Option<TokenStream> {
    let condition = first_condition(function)?;
    let answered = |holds: bool| {
        let mut function = function.clone();
        let mut answer = Answer { condition: Some(condition.clone()), holds };
        answer.function(&mut function);
        function
    };
    let (with, without) = (answered(true), answered(false));
    Some(quote! {
        #[cfg(#condition)]
        #[#attribute]
        #with
        #[cfg(not(#condition))]
        #[#attribute]
        #without
    })
}

fn first_condition(function: &ItemFn) -> Option<Meta> {
    let mut question = Answer { condition: None, holds: true };
    question.function(&mut function.clone());
    question.condition
}

/// Puts in what is known of a condition; or finds one, if there is none yet.
struct Answer {
    condition: Option<Meta>,
    holds: bool,
}

/// `cfg(condition)`, or `cfg_attr(condition, rest…)`.
struct Conditional {
    condition: Meta,
    rest: Option<Vec<Meta>>,
}

fn conditional(attribute: &Attribute) -> Option<Conditional> {
    let parse = Punctuated::<Meta, Token![,]>::parse_terminated;
    let has_rest = attribute.path().is_ident("cfg_attr");
    if !has_rest && !attribute.path().is_ident("cfg") {
        return None;
    }
    let mut metas = attribute.parse_args_with(parse).ok()?.into_iter();
    let condition = metas.next()?;
    Some(Conditional { condition, rest: has_rest.then(|| metas.collect()) })
}

impl Answer {
    /// What is not code of the body answers for itself.
    fn function(&mut self, function: &mut ItemFn) {
        self.list(&mut function.sig.inputs);
        function.sig.inputs.iter_mut().for_each(|input| self.visit_fn_arg_mut(input));
        self.visit_block_mut(&mut function.block);
    }

    /// Whether the code is there.
    fn keeps(&mut self, code: &impl ToTokens) -> bool {
        let is_off = |attribute: &Attribute| match conditional(attribute) {
            Some(Conditional { condition, rest: None }) => {
                let known = self.condition.get_or_insert_with(|| condition.clone());
                !self.holds && *known == condition
            }
            _ => false,
        };
        !leading(code).iter().any(is_off)
    }

    fn list<T: ToTokens, P: Default>(&mut self, list: &mut Punctuated<T, P>) {
        if list.iter().all(|code| leading(code).is_empty()) {
            return;
        }
        *list = std::mem::take(list).into_iter().filter(|code| self.keeps(code)).collect();
    }
}

/// The attributes that `code` begins with.
fn leading(code: &impl ToTokens) -> Vec<Attribute> {
    let mut tokens = code.to_token_stream().into_iter();
    let mut attributes = Vec::new();
    while let (Some(TokenTree::Punct(hash)), Some(TokenTree::Group(group))) = (tokens.next(), tokens.next()) {
        if hash.as_char() != '#' || group.delimiter() != Delimiter::Bracket {
            break;
        }
        let Ok(meta) = syn::parse2(group.stream()) else { break };
        attributes.push(of_meta(meta));
    }
    attributes
}

fn of_meta(meta: Meta) -> Attribute {
    syn::parse_quote!(#[#meta])
}

impl VisitMut for Answer {
    fn visit_attributes_mut(&mut self, attributes: &mut Vec<Attribute>) {
        *attributes = std::mem::take(attributes)
            .into_iter()
            .flat_map(|attribute| match conditional(&attribute) {
                Some(Conditional { condition, rest: Some(rest) }) => {
                    let known = self.condition.get_or_insert_with(|| condition.clone());
                    match (*known == condition, self.holds) {
                        (true, true) => rest.into_iter().map(of_meta).collect(),
                        (true, false) => Vec::new(),
                        (false, _) => vec![attribute],
                    }
                }
                Some(Conditional { condition, rest: None })
                    if self.holds && self.condition == Some(condition.clone()) =>
                {
                    Vec::new()
                }
                _ => vec![attribute],
            })
            .collect();
    }

    fn visit_block_mut(&mut self, block: &mut syn::Block) {
        block.stmts.retain(|stmt| matches!(stmt, syn::Stmt::Item(_)) || self.keeps(stmt));
        visit_mut::visit_block_mut(self, block);
    }

    fn visit_expr_match_mut(&mut self, expr: &mut syn::ExprMatch) {
        expr.arms.retain(|arm| self.keeps(arm));
        visit_mut::visit_expr_match_mut(self, expr);
    }

    fn visit_expr_struct_mut(&mut self, expr: &mut syn::ExprStruct) {
        self.list(&mut expr.fields);
        visit_mut::visit_expr_struct_mut(self, expr);
    }

    fn visit_pat_struct_mut(&mut self, pat: &mut syn::PatStruct) {
        self.list(&mut pat.fields);
        visit_mut::visit_pat_struct_mut(self, pat);
    }

    fn visit_expr_array_mut(&mut self, expr: &mut syn::ExprArray) {
        self.list(&mut expr.elems);
        visit_mut::visit_expr_array_mut(self, expr);
    }

    fn visit_expr_tuple_mut(&mut self, expr: &mut syn::ExprTuple) {
        self.list(&mut expr.elems);
        visit_mut::visit_expr_tuple_mut(self, expr);
    }

    fn visit_expr_call_mut(&mut self, expr: &mut syn::ExprCall) {
        self.list(&mut expr.args);
        visit_mut::visit_expr_call_mut(self, expr);
    }

    fn visit_expr_method_call_mut(&mut self, expr: &mut syn::ExprMethodCall) {
        self.list(&mut expr.args);
        visit_mut::visit_expr_method_call_mut(self, expr);
    }

    fn visit_item_mut(&mut self, _: &mut syn::Item) {}
}

/// Output: `resumable(arguments)`, as it can be written anywhere.
pub(crate) fn attribute(runtime: Option<&Path>, arguments: &TokenStream) -> TokenStream {
    let root = runtime.map_or_else(|| quote!(::resume_runtime), ToTokens::to_token_stream);
    if arguments.is_empty() { quote!(#root::resumable) } else { quote!(#root::resumable(#arguments)) }
}

#[cfg(test)]
mod tests {
    use super::split;
    use quote::quote;

    fn same(code: &str, with: &str, without: &str) {
        let function = syn::parse_str(code).expect("a function");
        let found = split(&function, &quote!(resumable)).map(|tokens| tokens.to_string().replace(' ', ""));
        let expected = format!("#[cfg(unix)]#[resumable]{with}#[cfg(not(unix))]#[resumable]{without}");
        assert_eq!(found, Some(expected.replace(' ', "")));
    }

    #[test]
    fn both_answers_are_put_in() {
        same("fn f() { #[cfg(unix)] return; g() }", "fn f() { return; g() }", "fn f() { g() }");
        same(
            "fn f(#[cfg(unix)] k: u8) { #[cfg(not(unix))] let k = 2; g(k, #[cfg(unix)] 3) }",
            "fn f(k: u8) { #[cfg(not(unix))] let k = 2; g(k, 3) }",
            "fn f() { #[cfg(not(unix))] let k = 2; g(k) }",
        );
        same(
            "fn f() { match k { #[cfg(unix)] S { #[cfg(unix)] a, b } => 1, #[cfg(unix)] _ if true => 2, _ => 3, } }",
            "fn f() { match k { S { a, b } => 1, _ if true => 2, _ => 3, } }",
            "fn f() { match k { _ => 3, } }",
        );
        same(
            "fn f() { #[cfg_attr(unix, resume, allow(unused))] let x = 1; #[cfg(unix)] { g() } }",
            "fn f() { #[resume] #[allow(unused)] let x = 1; { g() } }",
            "fn f() { let x = 1; }",
        );
    }

    #[test]
    fn items_and_what_stands_around_are_left_to_the_compiler() {
        let function =
            syn::parse_str("#[cfg(unix)] fn f() { #[cfg(unix)] fn g() {} #[allow(x)] { h!(#[cfg(unix)] 1) } }");
        assert!(split(&function.expect("a function"), &quote!(resumable)).is_none());
    }
}

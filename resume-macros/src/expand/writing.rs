//! Whether what a name stands for is written through a shared reference before a site, or items are taken from it, as far as
//! the text shows it: `name.set(…)`, `name.lock().unwrap().push(…)`, `name.next()`.

use crate::syntax::{is_punct, mention};
use proc_macro2::{Delimiter, Ident, TokenStream, TokenTree};

/// Whether a write of `name` in `code` can be followed by a site: it stands before one, or in one loop with one. What stands
/// before the `let` of the name does not mention it.
pub(super) fn before_a_site(code: &TokenStream, name: &Ident) -> bool {
    is_used(code, name, writes)
}

/// The same for the items of an iterator.
pub(super) fn taken_before_a_site(code: &TokenStream, name: &Ident) -> bool {
    is_used(code, name, takes)
}

/// `is_use` is asked about what follows the name.
fn is_used(code: &TokenStream, name: &Ident, is_use: fn(&[TokenTree]) -> bool) -> bool {
    let tokens: Vec<TokenTree> = code.clone().into_iter().collect();
    let tokens = scope(&tokens, name).unwrap_or(tokens);
    Walk { name, is_use, is_used: false }.comes_to_a_site(&tokens)
}

/// What stands behind the `let` of `name` in its block.
fn scope(tokens: &[TokenTree], name: &Ident) -> Option<Vec<TokenTree>> {
    for (at, token) in tokens.iter().enumerate() {
        match token {
            TokenTree::Ident(word) if word == "let" => {
                let pattern = tokens[at..].iter().take_while(|token| !is_punct(token, '=')).cloned();
                if mention(pattern.collect(), &name.to_string()).is_some() {
                    let end = tokens[at..]
                        .iter()
                        .position(|token| is_punct(token, ';'))
                        .map_or(tokens.len(), |end| at + end + 1);
                    return Some(tokens[end..].to_vec());
                }
            }
            TokenTree::Group(group) => {
                let inner: Vec<TokenTree> = group.stream().into_iter().collect();
                if let Some(found) = scope(&inner, name) {
                    return Some(found);
                }
            }
            _ => {}
        }
    }
    None
}

struct Walk<'a> {
    name: &'a Ident,
    is_use: fn(&[TokenTree]) -> bool,
    is_used: bool,
}

impl Walk<'_> {
    /// In the order of the text.
    fn comes_to_a_site(&mut self, tokens: &[TokenTree]) -> bool {
        let mut in_head = false;
        for (at, token) in tokens.iter().enumerate() {
            match token {
                TokenTree::Ident(word) if ["loop", "while", "for"].iter().any(|known| word == known) => in_head = true,
                TokenTree::Ident(word) if self.is_used && word == "checkpoint" && is_call(&tokens[at + 1..]) => {
                    return true;
                }
                TokenTree::Ident(word) if word == self.name => self.is_used |= (self.is_use)(&tokens[at + 1..]),
                TokenTree::Group(group) => {
                    let inner: Vec<TokenTree> = group.stream().into_iter().collect();
                    let is_body = in_head && group.delimiter() == Delimiter::Brace;
                    in_head &= !is_body;
                    // What a pass writes comes before the sites of the next one.
                    if self.comes_to_a_site(&inner) || is_body && self.is_used && self.comes_to_a_site(&inner) {
                        return true;
                    }
                }
                _ => {}
            }
        }
        false
    }
}

/// Whether what follows a name writes what it stands for.
fn writes(behind: &[TokenTree]) -> bool {
    let Some((method, rest)) = method(behind) else { return false };
    match method.trim_start_matches("try_") {
        "borrow_mut" | "replace" | "set" | "store" | "swap" | "take" | "update" | "write" => true,
        // Also to read one.
        "lock" => changes(rest),
        method => method.starts_with("fetch_") || method.starts_with("compare_exchange"),
    }
}

/// Whether what follows a name takes items from it.
fn takes(behind: &[TokenTree]) -> bool {
    let is_taken = |(method, _): (String, _)| method.starts_with("next") || method.starts_with("nth");
    method(behind).is_some_and(is_taken)
}

/// Whether what follows the lock of a value changes that.
fn changes(behind: &[TokenTree]) -> bool {
    if let Some((method, rest)) = method(behind) {
        let begins = ["push", "insert", "extend", "append", "remove", "pop", "sort", "swap", "drain", "retain"];
        return match method.as_str() {
            "unwrap" | "expect" => changes(rest),
            "clear" | "entry" | "truncate" | "resize" | "fill" | "iter_mut" | "get_mut" => true,
            method => begins.iter().any(|begin| method.starts_with(begin)),
        };
    }
    match behind {
        [sign, rest @ ..] if is_punct(sign, '?') => changes(rest),
        [first, second, ..] if is_punct(first, '=') => !is_punct(second, '='),
        [first, second, ..] => {
            ['+', '-', '*', '/', '%', '|', '&', '^'].iter().any(|sign| is_punct(first, *sign)) && is_punct(second, '=')
        }
        _ => false,
    }
}

/// The method that is called, and what follows the call.
fn method(behind: &[TokenTree]) -> Option<(String, &[TokenTree])> {
    match behind {
        [dot, TokenTree::Ident(method), TokenTree::Group(_), rest @ ..] if is_punct(dot, '.') => {
            Some((method.to_string(), rest))
        }
        _ => None,
    }
}

/// Whether what follows a name makes it that of a macro.
fn is_call(behind: &[TokenTree]) -> bool {
    behind.first().is_some_and(|token| is_punct(token, '!'))
}

//! What a `macro_rules!` puts in as `$x:expr` comes in a group without delimiters, which holds it together. The compiler takes
//! no notice of such a group in what a procedural macro gives back, so `$x * 2` of `1 + 2` would become `1 + 2 * 2`. Here such
//! groups get parentheses, where what is around them could come between.

use crate::lower::is_assignment;
use crate::names;
use crate::std_macros::is_standard;
use crate::syntax::refilled;
use proc_macro2::{Delimiter, Group, Spacing, Span, TokenStream, TokenTree};
use syn::Expr;

/// The tokens with parentheses for the groups that need them, and without any around blocks.
pub(crate) fn parenthesised(tokens: TokenStream) -> TokenStream {
    within(tokens, false)
}

/// `opaque`: the arguments of a macro that may take a group for one token.
fn within(tokens: TokenStream, opaque: bool) -> TokenStream {
    let tokens: Vec<TokenTree> = tokens.into_iter().collect();
    let mut made = TokenStream::new();
    for (at, token) in tokens.iter().enumerate() {
        let TokenTree::Group(group) = token else {
            made.extend([token.clone()]);
            continue;
        };
        let content = within(group.stream(), is_opaque(&tokens[..at]));
        let token = match group.delimiter() {
            Delimiter::None => held(group, content, opaque || binds(&tokens, at), is_before_braces(&tokens, at)),
            _ => refilled(group, content).into(),
        };
        made.extend([token]);
    }
    made
}

/// A group without delimiters, held together by others if it has to be.
fn held(group: &Group, content: TokenStream, is_bound: bool, is_before_braces: bool) -> TokenTree {
    let inner: Vec<TokenTree> = content.clone().into_iter().collect();
    match &inner[..] {
        [TokenTree::Group(block)] if block.delimiter() == Delimiter::Brace => inner[0].clone(),
        [_, _, ..] if (is_bound && falls_apart(content.clone())) || (is_before_braces && ends_in_braces(&inner)) => {
            let mut held = Group::new(Delimiter::Parenthesis, content);
            // The lint on superfluous ones does not look at those of a macro.
            held.set_span(Span::mixed_site().located_at(group.span()));
            held.into()
        }
        _ => refilled(group, content).into(),
    }
}

/// Whether these are the tokens before the arguments of a macro that is not one of the standard library's.
fn is_opaque(before: &[TokenTree]) -> bool {
    match before {
        [.., TokenTree::Ident(name), TokenTree::Punct(bang)] => {
            bang.as_char() == '!' && !is_standard(name) && !names::is_before_a_value(name)
        }
        _ => false,
    }
}

/// Whether what is around the token `at` could come between its parts.
fn binds(tokens: &[TokenTree], at: usize) -> bool {
    let before = match &tokens[..at] {
        [.., TokenTree::Punct(last)] if matches!(last.as_char(), ',' | ';' | ':') => false,
        [.., TokenTree::Punct(first), TokenTree::Punct(last)] if first.spacing() == Spacing::Joint => {
            let both = (first.as_char(), last.as_char());
            !matches!(both, ('-' | '=', '>') | ('+' | '-' | '*' | '/' | '%' | '^' | '&' | '|', '='))
        }
        [.., TokenTree::Punct(last)] => last.as_char() != '=',
        // The type of a reference: `&'a $t`, `*const $t`.
        [.., TokenTree::Ident(last)] => last == "mut" || last == "const" || is_lifetime(&tokens[..at]),
        _ => false,
    };
    let behind = match &tokens[at + 1..] {
        [TokenTree::Punct(next), TokenTree::Punct(then), ..] if next.spacing() == Spacing::Joint => {
            !matches!((next.as_char(), then.as_char()), ('=', '>') | (',' | ';' | ':', _))
        }
        [TokenTree::Punct(next), ..] => !matches!(next.as_char(), ',' | ';' | ':' | '='),
        [TokenTree::Ident(next), ..] => next == "as",
        // `$f(…)`, `$list[…]`.
        [TokenTree::Group(next), ..] => next.delimiter() != Delimiter::Brace,
        _ => false,
    };
    before || behind
}

/// Whether braces follow, which a value that ends in some would be taken to end before: `if $x == $y { … }`.
fn is_before_braces(tokens: &[TokenTree], at: usize) -> bool {
    matches!(&tokens[at + 1..], [TokenTree::Group(next), ..] if next.delimiter() == Delimiter::Brace)
}

fn ends_in_braces(content: &[TokenTree]) -> bool {
    matches!(content, [.., TokenTree::Group(last)] if last.delimiter() == Delimiter::Brace)
        && syn::parse2::<Expr>(content.iter().cloned().collect()).is_ok()
}

fn is_lifetime(tokens: &[TokenTree]) -> bool {
    matches!(tokens, [.., TokenTree::Punct(apostrophe), TokenTree::Ident(_)] if apostrophe.as_char() == '\'')
}

/// Whether it is an expression, or a type or pattern that looks like one, whose parts other tokens could come between.
fn falls_apart(content: TokenStream) -> bool {
    if let Some(TokenTree::Ident(first)) = content.clone().into_iter().next()
        && (first == "dyn" || first == "impl")
    {
        return true;
    }
    match syn::parse2::<Expr>(content) {
        Ok(Expr::Binary(both)) => !is_assignment(&both.op),
        Ok(expr) => matches!(
            expr,
            Expr::Unary(_)
                | Expr::Cast(_)
                | Expr::Range(_)
                | Expr::Reference(_)
                | Expr::RawAddr(_)
                | Expr::Closure(_)
                | Expr::Struct(_)
                | Expr::If(_)
                | Expr::Match(_)
                | Expr::Block(_)
                | Expr::Unsafe(_)
                | Expr::Loop(_)
                | Expr::Async(_)
        ),
        Err(_) => false,
    }
}

#[cfg(test)]
mod tests {
    use super::parenthesised;
    use proc_macro2::{Delimiter, Group, TokenStream, TokenTree};

    /// `code` with `content` in a group without delimiters for each `X`, written out without these.
    fn with(code: &str, content: &str) -> String {
        fn filled(tokens: TokenStream, content: &TokenStream) -> TokenStream {
            let fill = |token| match token {
                TokenTree::Ident(name) if name == "X" => Group::new(Delimiter::None, content.clone()).into(),
                TokenTree::Group(group) => Group::new(group.delimiter(), filled(group.stream(), content)).into(),
                other => other,
            };
            tokens.into_iter().map(fill).collect()
        }
        fn bare(tokens: TokenStream) -> TokenStream {
            let open = |token| match token {
                TokenTree::Group(group) if group.delimiter() == Delimiter::None => bare(group.stream()),
                TokenTree::Group(group) => TokenTree::from(Group::new(group.delimiter(), bare(group.stream()))).into(),
                other => TokenStream::from(other),
            };
            tokens.into_iter().map(open).collect()
        }
        let content = content.parse().expect("tokens");
        let tokens = bare(parenthesised(filled(code.parse().expect("tokens"), &content)));
        tokens.to_string().replace(' ', "")
    }

    #[test]
    fn what_could_come_between_is_held_off() {
        for (code, content, want) in [
            ("X * 10", "1 + 2", "(1+2)*10"),
            ("2 * X", "1 + 2", "2*(1+2)"),
            ("-X", "a - b", "-(a-b)"),
            ("!X", "a && b", "!(a&&b)"),
            ("X as u64", "a ^ b", "(a^b)asu64"),
            ("X.abs()", "-5", "(-5).abs()"),
            ("X?", "*a", "(*a)?"),
            ("X[0]", "&a", "(&a)[0]"),
            ("X(3)", "|x| x + 1", "(|x|x+1)(3)"),
            ("a == X", "b | c", "a==(b|c)"),
            ("a <= X", "b | c", "a<=(b|c)"),
            ("a .. X", "b .. c", "a..(b..c)"),
            ("if a == X { }", "S { x: 1 }", "ifa==(S{x:1}){}"),
            ("match X { }", "S { x: 1 }", "match(S{x:1}){}"),
            ("X > b", "a && c", "(a&&c)>b"),
            ("f(a,-X)", "b - c", "f(a,-(b-c))"),
            ("f(X - X)", "a - b", "f((a-b)-(a-b))"),
            ("println!(\"{}\", X * 2)", "1 + 2", "println!(\"{}\",(1+2)*2)"),
            ("mine!(X)", "1 + 2", "mine!((1+2))"),
            ("&X", "dyn A + B", "&(dynA+B)"),
            ("&'a mut X", "dyn A + B", "&'amut(dynA+B)"),
            ("X + 3", "match x { _ => 1 }", "(matchx{_=>1})+3"),
        ] {
            assert_eq!(with(code, content), want, "{code} of {content}");
        }
    }

    #[test]
    fn what_stands_alone_or_holds_together_stays_as_it_is() {
        for (code, content, want) in [
            ("f(X, X)", "1 + 2", "f(1+2,1+2)"),
            ("let a = X;", "1 + 2", "leta=1+2;"),
            ("a += X;", "1 + 2", "a+=1+2;"),
            ("return X;", "1 + 2", "return1+2;"),
            ("match a { X => X }", "A | B", "matcha{A|B=>A|B}"),
            ("fn f(a: X, b: X) -> X { }", "&T", "fnf(a:&T,b:&T)->&T{}"),
            ("if X { }", "a == b", "ifa==b{}"),
            ("while X { }", "a < b", "whilea<b{}"),
            ("f(a?,X)", "1 + 2", "f(a?,1+2)"),
            ("X * 10", "f(1)[2].a", "f(1)[2].a*10"),
            ("X * 10", "a", "a*10"),
            ("&X", "Vec<u8>", "&Vec<u8>"),
            ("#[cfg(X)]", "feature = \"x\"", "#[cfg(feature=\"x\")]"),
            ("concat!(X)", "-5", "concat!(-5)"),
            ("X;", "x = 5", "x=5;"),
            ("X let", "{ a; }", "{a;}let"),
            ("#[X]", "derive(A)", "#[derive(A)]"),
        ] {
            assert_eq!(with(code, content), want, "{code} of {content}");
        }
    }
}

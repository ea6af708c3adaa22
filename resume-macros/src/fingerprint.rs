//! A hash of the tokens of a function's body: the same for the same code, blind to layout and comments, and to what stands
//! around the body: a run goes on just so where a function has become `pub` or `#[inline]`.

use proc_macro2::{Delimiter, TokenStream, TokenTree};

/// FNV-1a over the tokens of the body of `function`; doc comments (attributes by now) are left out.
pub(crate) fn of(function: TokenStream) -> u64 {
    let mut hash = 0xcbf2_9ce4_8422_2325;
    feed(body(function), &mut hash);
    hash
}

/// What stands in the braces at the end; all of it, if there are none, which is no function then.
fn body(function: TokenStream) -> TokenStream {
    match function.clone().into_iter().last() {
        Some(TokenTree::Group(group)) if group.delimiter() == Delimiter::Brace => group.stream(),
        // The body, or the function, that a `macro_rules!` was given.
        Some(TokenTree::Group(group)) if group.delimiter() == Delimiter::None => body(group.stream()),
        _ => function,
    }
}

fn feed(tokens: TokenStream, hash: &mut u64) {
    let mut tokens = tokens.into_iter().peekable();
    while let Some(token) = tokens.next() {
        match token {
            TokenTree::Punct(punct) if punct.as_char() == '#' && tokens.peek().is_some_and(is_doc) => {
                tokens.next();
            }
            TokenTree::Group(group) => {
                let (open, close) = match group.delimiter() {
                    Delimiter::Parenthesis => ("(", ")"),
                    Delimiter::Brace => ("{", "}"),
                    Delimiter::Bracket => ("[", "]"),
                    Delimiter::None => ("", ""),
                };
                bytes(open, hash);
                feed(group.stream(), hash);
                bytes(close, hash);
            }
            other => {
                bytes(&other.to_string(), hash);
                bytes(" ", hash);
            }
        }
    }
}

fn is_doc(token: &TokenTree) -> bool {
    matches!(token, TokenTree::Group(group) if group.delimiter() == Delimiter::Bracket
        && group.stream().into_iter().next().is_some_and(|first| first.to_string() == "doc"))
}

fn bytes(text: &str, hash: &mut u64) {
    for byte in text.bytes() {
        *hash = (*hash ^ u64::from(byte)).wrapping_mul(0x0000_0100_0000_01b3);
    }
}

#[cfg(test)]
mod tests {
    use super::of;
    use proc_macro2::{Delimiter, Group, TokenStream, TokenTree};

    #[test]
    fn blind_to_layout_and_comments_only() {
        let hash = |text: &str| of(text.parse().expect("tokens"));
        assert_eq!(hash("{ let x = 1; f(x) }"), hash("{ /* c */ let x=1;\n // d\n f ( x ) }"));
        assert_eq!(hash("{ /// doc\n let x = 1; }"), hash("{ let x = 1; }"));
        assert_ne!(hash("{ f(x, y) }"), hash("{ f(y, x) }"));
        assert_ne!(hash("{ (a) b }"), hash("{ (a b) }"));
    }

    #[test]
    fn blind_to_what_stands_around_the_body() {
        let tokens = |text: &str| text.parse::<TokenStream>().expect("tokens");
        let plain = of(tokens("fn f(n: u64) -> u64 { g(n) }"));
        assert_eq!(
            plain,
            of(tokens("/// doc\n #[inline] pub async fn f<T>(n: u64, m: T) -> u64 where T: A<{ 1 }> { g(n) }"))
        );
        assert_ne!(plain, of(tokens("fn f(n: u64) -> u64 { g(n) + 0 }")));
        let given = |text: &str| TokenTree::Group(Group::new(Delimiter::None, tokens(text)));
        assert_eq!(plain, of([given("fn f(n: u64) -> u64 { g(n) }")].into_iter().collect()));
        assert_eq!(plain, of(tokens("fn f(n: u64) -> u64").into_iter().chain([given("{ g(n) }")]).collect()));
    }
}

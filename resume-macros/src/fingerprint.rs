//! A hash of a function's tokens: the same for the same code, blind to layout and comments.

use proc_macro2::{Delimiter, TokenStream, TokenTree};

/// FNV-1a over the tokens; doc comments (attributes by now) are left out.
pub(crate) fn of(tokens: TokenStream) -> u64 {
    let mut hash = 0xcbf2_9ce4_8422_2325;
    feed(tokens, &mut hash);
    hash
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

    #[test]
    fn blind_to_layout_and_comments_only() {
        let hash = |text: &str| of(text.parse().expect("tokens"));
        assert_eq!(hash("{ let x = 1; f(x) }"), hash("{ /* c */ let x=1;\n // d\n f ( x ) }"));
        assert_eq!(hash("{ /// doc\n let x = 1; }"), hash("{ let x = 1; }"));
        assert_ne!(hash("{ f(x, y) }"), hash("{ f(y, x) }"));
        assert_ne!(hash("{ (a) b }"), hash("{ (a b) }"));
    }
}

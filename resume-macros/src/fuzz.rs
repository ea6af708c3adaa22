//! Any token stream gives code or diagnostics, never a panic: for the target in `fuzz/`, and for the test below.

use std::str::FromStr;

use proc_macro2::TokenStream;

use crate::pipeline;

/// What functions are made of here: what the macro looks at, in pieces that often fit together.
const PIECES: &[&str] = &[
    "#[resume] let mut a = 0;",
    "#[resume] let mut b = Vec::new();",
    "#[transient] let t = &a;",
    "let c = b.len();",
    "let (x, y) = (a, c);",
    "let Some(z) = b.pop() else",
    "checkpoint!();",
    "checkpoint!(every = 2);",
    "checkpoint!(label = \"l\", when = a > 3)",
    "checkpoint!(every = 0, what)",
    "for i in 0..n",
    "for i in 0..=n",
    "for e in b.iter()",
    "#[resume] for e in it",
    "'outer: for i in 0..3",
    "while a < n",
    "while let Some(z) = b.pop()",
    "loop",
    "if a > 1",
    "else",
    "else if let Some(z) = b.first()",
    "match a",
    "0 =>",
    "Some(z) if z > 1 =>",
    "_ =>",
    "{",
    "}",
    "(",
    ")",
    "[",
    "]",
    ";",
    ",",
    "=",
    "a",
    "b",
    "x",
    "i",
    "n",
    "a += 1;",
    "b.push(a);",
    "break;",
    "continue;",
    "break 'outer;",
    "break 'outer 5",
    "return a;",
    "a?",
    "|q|",
    "move ||",
    "async",
    ".await",
    "unsafe",
    "const K: u64 = 1;",
    "fn g() { a }",
    "println!(\"{a}\", b);",
    "vec![a; 3]",
    "let a = a + 1;",
    "let f = |q| q + a;",
    "&mut b",
    "*a",
    "::std",
    "<u64>",
    "..",
    "ref r",
    "@",
    "=>",
    "->",
    "#",
    "!",
    "'life",
    "\"text\"",
    "1.5",
    "r#type",
    "self",
    "Self",
    "macro_rules!",
    "struct S;",
    "impl Drop for S",
    "dyn Fn()",
    "where T: Clone",
    "$",
    "__resume",
    "_",
    "let _ = g();",
    "#[resume(default)] let d = 1;",
    "#[resume(with = m, rename = \"o\")] let w = 2;",
    "#[cfg(test)]",
    "#[allow(unused)]",
    "// ",
    "let e;",
    "e = 4;",
];

const ARGUMENTS: &[&str] = &[
    "on_return = keep",
    "on_return = memoize",
    "on_return",
    "key = \"{n}\"",
    "seed = n",
    "strict",
    "crate = other",
    "keep = last(3)",
    "keep = all",
    "version = 2",
    "migrate = m",
    "pin = \"l\"",
    ",",
    "=",
    "(",
    ")",
    "nonsense",
    "\"text\"",
    "compression = \"lz4\"",
];

const HEADS: &[&str] = &[
    "fn f(n: u64) -> u64 {",
    "fn f(n: u64) {",
    "async fn f(#[resume] b: &mut Vec<u64>, n: u64) -> Result<u64, E> {",
    "unsafe fn f<T: Clone>(#[transient] n: &T) -> impl Iterator<Item = u64> {",
    "fn f(self) -> Option<u64> {",
    "",
];

/// The attribute over tokens that these bytes choose.
pub(crate) fn attribute(bytes: &[u8]) {
    let mut bytes = bytes.iter().take(300).map(|byte| usize::from(*byte));
    let mut next = || bytes.next();
    let count = next().unwrap_or_default() % 4;
    let arguments: Vec<&str> = (0..count).filter_map(|_| Some(ARGUMENTS[next()? % ARGUMENTS.len()])).collect();
    let mut body = vec![HEADS[next().unwrap_or_default() % HEADS.len()]];
    while let Some(byte) = next() {
        body.push(PIECES[byte % PIECES.len()]);
    }
    let (Ok(arguments), Ok(item)) = (lex(&arguments), lex(&body)) else { return };
    let is_function = syn::parse2::<syn::ItemFn>(item.clone()).is_ok();
    let output = pipeline::attribute(arguments, item);
    if is_function {
        let text = output.to_string();
        assert!(syn::parse2::<syn::File>(output).is_ok(), "what comes out is no item: {text}");
    }
}

/// The tokens of these pieces, with brackets that are missing, and without those that are too many.
fn lex(pieces: &[&str]) -> Result<TokenStream, proc_macro2::LexError> {
    let (mut text, mut open) = (String::new(), Vec::new());
    for piece in pieces {
        match *piece {
            "}" | ")" | "]" => match open.pop() {
                Some(close) => text.push_str(close),
                None => continue,
            },
            piece => {
                for (start, end) in [('{', "}"), ('(', ")"), ('[', "]")] {
                    let more = piece.matches(start).count() > piece.matches(end).count();
                    open.extend(more.then_some(end));
                }
                text.push_str(piece);
            }
        }
        text.push('\n');
    }
    while let Some(close) = open.pop() {
        text.push_str(close);
    }
    TokenStream::from_str(&text)
}

#[cfg(test)]
mod tests {
    use super::attribute;

    #[test]
    fn any_tokens_give_code_or_diagnostics() {
        let mut state = 0x9e37_79b9_7f4a_7c15_u64;
        let mut bytes = Vec::new();
        for round in 0..3000 {
            bytes.clear();
            for _ in 0..4 + round % 60 {
                state ^= state << 13;
                state ^= state >> 7;
                state ^= state << 17;
                bytes.push((state >> 32) as u8);
            }
            attribute(&bytes);
        }
    }
}

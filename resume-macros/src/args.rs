//! Arguments of `#[resumable(…)]` and `#[resume(…)]`, and how lists of options are read.

mod retain;
mod site;

use crate::diag::{Sink, listed};
use proc_macro2::{Ident, TokenStream, TokenTree};
use quote::ToTokens;
use syn::parse::{Parse, ParseStream, Parser};
use syn::spanned::Spanned;
use syn::{Attribute, Expr, ExprPath, LitInt, LitStr, Path, Token};

pub(crate) use retain::{Compression, Keep};
pub(crate) use site::{Interval, Trigger};

/// Sets the value of an option, which may be given once.
fn set<T>(option: &mut Option<T>, name: &Ident, value: T) -> syn::Result<()> {
    match option.replace(value) {
        Some(_) => Err(syn::Error::new(name.span(), format!("`{name}` is given twice\nhelp: remove one of the two"))),
        None => Ok(()),
    }
}

/// The options of one list, as `name` or `name = …`.
struct Known {
    /// Each with a value that may follow it; empty if none may.
    options: &'static [(&'static str, &'static str)],
}

impl Known {
    fn names(&self) -> String {
        let names: Vec<&str> = self.options.iter().map(|(name, _)| *name).collect();
        listed(&names, "or")
    }

    fn unknown(&self, name: &Ident) -> syn::Error {
        let near = self.options.iter().map(|(known, _)| *known).find(|known| is_near(known, &name.to_string()));
        let help = near.map(|near| format!("\nhelp: did you mean `{near}`?")).unwrap_or_default();
        syn::Error::new(name.span(), format!("unknown option `{name}`: expected {}{help}", self.names()))
    }

    /// Reads each option through `read`, and goes on behind a mistake.
    fn list(
        &self,
        input: ParseStream<'_>,
        mut read: impl FnMut(&Ident, ParseStream<'_>) -> syn::Result<()>,
    ) -> syn::Result<()> {
        let mut errors: Option<syn::Error> = None;
        while !input.is_empty() {
            if let Err(error) = self.option(input, &mut read) {
                match &mut errors {
                    Some(errors) => errors.combine(error),
                    None => errors = Some(error),
                }
                while !input.is_empty() && !input.peek(Token![,]) {
                    input.parse::<TokenTree>()?;
                }
            }
            input.parse::<Option<Token![,]>>()?;
        }
        errors.map_or(Ok(()), Err)
    }

    fn option(
        &self,
        input: ParseStream<'_>,
        read: &mut impl FnMut(&Ident, ParseStream<'_>) -> syn::Result<()>,
    ) -> syn::Result<()> {
        if !input.peek(<Ident as syn::ext::IdentExt>::peek_any) {
            return Err(input.error(format!("expected an option: {}", self.names())));
        }
        let name = input.call(<Ident as syn::ext::IdentExt>::parse_any)?;
        let Some((_, example)) = self.options.iter().find(|(known, _)| name == known) else {
            return Err(self.unknown(&name));
        };
        let needs_value = !example.is_empty() && *example != ANY;
        if (needs_value || input.peek(Token![=])) && !has_value(input) {
            return Err(syn::Error::new(name.span(), format!("`{name}` needs a value\nhelp: `{name} = {example}`")));
        }
        if input.peek(Token![=]) && example.is_empty() {
            return Err(input.error(format!("`{name}` takes no value\nhelp: write `{name}` alone")));
        }
        read(&name, input)?;
        if !input.is_empty() && !input.peek(Token![,]) {
            return Err(input.error("expected `,` between options"));
        }
        Ok(())
    }
}
/// The option may stand with a value or without.
const ANY: &str = "…";

/// `= …` follows.
fn has_value(input: ParseStream<'_>) -> bool {
    let ahead = input.fork();
    ahead.parse::<Token![=]>().is_ok() && !ahead.is_empty() && !ahead.peek(Token![,])
}

fn value<T: Parse>(input: ParseStream<'_>) -> syn::Result<T> {
    input.parse::<Token![=]>()?;
    input.parse()
}

/// The same, where `expected` says better than the parser what is wrong with another value.
fn value_or<T: Parse>(input: ParseStream<'_>, expected: &str) -> syn::Result<T> {
    input.parse::<Token![=]>()?;
    input.parse().map_err(|error| syn::Error::new(error.span(), expected))
}

/// At most two letters apart.
pub(crate) fn is_near(known: &str, name: &str) -> bool {
    let mut row: Vec<usize> = (0..=known.chars().count()).collect();
    for (above, letter) in name.chars().enumerate() {
        let mut corner = std::mem::replace(&mut row[0], above + 1);
        for (at, other) in known.chars().enumerate() {
            let change = corner + usize::from(letter != other);
            corner = row[at + 1];
            row[at + 1] = change.min(row[at] + 1).min(corner + 1);
        }
    }
    row.last().is_some_and(|distance| *distance <= 2)
}

/// `#[transient]`, or `#[resume]` on a parameter: nothing may follow.
pub(crate) fn no_options(attribute: &Attribute, sink: &mut Sink) {
    let name = attribute.path().to_token_stream();
    let span = match &attribute.meta {
        syn::Meta::Path(_) => return,
        syn::Meta::List(list) => list.tokens.clone().into_iter().next().map(|token| token.span()),
        syn::Meta::NameValue(meta) => Some(meta.eq_token.span),
    };
    sink.at(
        span.unwrap_or_else(|| attribute.span()),
        format!("this annotation takes no options\nhelp: write `#[{name}]` alone"),
    );
}

#[derive(Clone, Copy, PartialEq, Eq, Default)]
pub(crate) enum OnReturn {
    #[default]
    Discard,
    Keep,
    Memoize,
}

/// `#[resumable(…)]`
#[derive(Default)]
pub(crate) struct Options {
    pub(crate) on_return: OnReturn,
    /// The format string and its arguments, as they go into `format!`.
    pub(crate) key: Option<TokenStream>,
    pub(crate) seed: Option<Expr>,
    pub(crate) strict: bool,
    /// The version of what is captured, from `version = 2`.
    pub(crate) version: Option<u32>,
    /// What makes the locals of an older version those of this one.
    pub(crate) migrate: Option<ExprPath>,
    pub(crate) keep: Option<Keep>,
    /// The label of the site whose newest snapshot always stays.
    pub(crate) pin: Option<LitStr>,
    pub(crate) compression: Option<Compression>,
    pub(crate) runtime: Option<Path>,
}

const OF_FUNCTION: Known = Known {
    options: &[
        ("on_return", "keep"),
        ("key", "\"{…}\""),
        ("seed", "42"),
        ("strict", ""),
        ("version", "2"),
        ("migrate", "path"),
        ("keep", "last(5)"),
        ("pin", "\"label\""),
        ("compression", "\"zstd\""),
        ("crate", "path"),
    ],
};

impl Options {
    pub(crate) fn parse(tokens: TokenStream, sink: &mut Sink) -> Self {
        sink.take(Self::read.parse2(tokens)).unwrap_or_default()
    }

    fn read(input: ParseStream<'_>) -> syn::Result<Self> {
        let (mut options, mut on_return, mut strict) = (Self::default(), None, None);
        OF_FUNCTION.list(input, |name, input| match name.to_string().as_str() {
            "on_return" => set(&mut on_return, name, read_on_return(value(input)?)?),
            "key" => set(&mut options.key, name, read_key(input)?),
            "seed" => set(&mut options.seed, name, value(input)?),
            "strict" => set(&mut strict, name, ()),
            "version" => {
                let number: LitInt = value_or(input, "`version` is a number, such as `version = 2`")?;
                set(&mut options.version, name, number.base10_parse()?)
            }
            "migrate" => {
                let text = "`migrate` is the path of a function from the old `Locals` to the new ones";
                set(&mut options.migrate, name, value_or(input, text)?)
            }
            "keep" => set(&mut options.keep, name, value(input).and_then(Keep::read)?),
            "pin" => {
                let text = "`pin` is the label of a site, such as `pin = \"burn-in\"`";
                set(&mut options.pin, name, value_or(input, text)?)
            }
            "compression" => {
                let text: LitStr = value_or(input, "`compression` is a text, such as `compression = \"zstd\"`")?;
                set(&mut options.compression, name, Compression::read(&text)?)
            }
            _ => {
                input.parse::<Token![=]>()?;
                set(&mut options.runtime, name, input.call(Path::parse_mod_style)?)
            }
        })?;
        Ok(Self { on_return: on_return.unwrap_or_default(), strict: strict.is_some(), ..options })
    }
}

fn read_on_return(word: Expr) -> syn::Result<OnReturn> {
    let text = word.to_token_stream().to_string();
    match text.as_str() {
        "discard" => Ok(OnReturn::Discard),
        "keep" => Ok(OnReturn::Keep),
        "memoize" => Ok(OnReturn::Memoize),
        _ => Err(syn::Error::new_spanned(
            word,
            format!("unknown `on_return = {text}`: expected `discard`, `keep` or `memoize`"),
        )),
    }
}

/// `key = "…"`, then the arguments of the format string up to the next `name = …` that is an option.
fn read_key(input: ParseStream<'_>) -> syn::Result<TokenStream> {
    let text: LitStr = value_or(input, "`key` is a format string over the parameters, such as `key = \"{seed}\"`")?;
    let mut tokens = text.to_token_stream();
    while input.peek(Token![,]) && !input.peek2(Token![crate]) {
        let ahead = input.fork();
        ahead.parse::<Token![,]>()?;
        if ahead.is_empty() || is_option(&ahead) {
            break;
        }
        input.parse::<Token![,]>()?.to_tokens(&mut tokens);
        input.parse::<Expr>()?.to_tokens(&mut tokens);
    }
    Ok(tokens)
}

fn is_option(input: ParseStream<'_>) -> bool {
    let Ok(name) = input.parse::<Ident>() else { return false };
    OF_FUNCTION.options.iter().any(|(option, value)| name == option && (value.is_empty() || input.peek(Token![=])))
}

/// `#[resume(…)]` on a `let`.
#[derive(Default)]
pub(crate) struct Capture {
    /// `default` or `default = e`
    pub(crate) default: Option<Option<Expr>>,
    pub(crate) rename: Option<LitStr>,
    pub(crate) with: Option<ExprPath>,
}

const OF_LOCAL: Known = Known { options: &[("default", ANY), ("rename", "\"old\""), ("with", "module")] };

impl Capture {
    pub(crate) fn parse(attribute: &Attribute, sink: &mut Sink) -> Self {
        match &attribute.meta {
            syn::Meta::Path(_) => Self::default(),
            syn::Meta::List(meta) => sink.take(Self::read.parse2(meta.tokens.clone())).unwrap_or_default(),
            meta => {
                sink.at(meta.span(), "expected `#[resume]` or `#[resume(…)]`");
                Self::default()
            }
        }
    }

    fn read(input: ParseStream<'_>) -> syn::Result<Self> {
        let mut capture = Self::default();
        OF_LOCAL.list(input, |name, input| match name.to_string().as_str() {
            "default" if input.peek(Token![=]) => set(&mut capture.default, name, Some(value(input)?)),
            "default" => set(&mut capture.default, name, None),
            "rename" => {
                let text = "`rename` is the name that older snapshots have, such as `rename = \"old\"`";
                set(&mut capture.rename, name, value_or(input, text)?)
            }
            _ => {
                let text = "`with` is the path of a module with `serialize` and `deserialize`, as of serde's `with`";
                set(&mut capture.with, name, value_or(input, text)?)
            }
        })?;
        Ok(capture)
    }

    pub(crate) fn is_plain(&self) -> bool {
        self.default.is_none() && self.rename.is_none() && self.with.is_none()
    }
}

#[cfg(test)]
mod tests {
    use super::is_near;

    #[test]
    fn names_that_are_near() {
        assert!(is_near("every", "evry") && is_near("default", "deflaut") && is_near("on_return", "onreturn"));
        assert!(!is_near("every", "when") && !is_near("label", "interval"));
    }
}

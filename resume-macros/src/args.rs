//! Arguments of `#[resumable(…)]`, `#[resume(…)]` and `checkpoint!(…)`.

use crate::diag::Sink;
use proc_macro2::{Ident, Span, TokenStream};
use quote::ToTokens;
use syn::parse::{Parse, ParseStream, Parser};
use syn::spanned::Spanned;
use syn::{Attribute, Expr, ExprPath, Lit, LitStr, Path, Token};

/// A value that may be given once; a second one is a mistake.
struct Slot<T> {
    name: &'static str,
    value: Option<T>,
}

impl<T> Slot<T> {
    fn new(name: &'static str) -> Self {
        Self { name, value: None }
    }

    fn set(&mut self, at: Span, value: T) -> syn::Result<()> {
        if self.value.is_some() {
            return Err(syn::Error::new(at, format!("`{}` is given twice", self.name)));
        }
        self.value = Some(value);
        Ok(())
    }
}

fn unknown(name: &Ident, known: &str) -> syn::Error {
    syn::Error::new(name.span(), format!("unknown option `{name}`: expected one of {known}"))
}

/// Reads `name`, or `name = …` through `read`, separated by commas.
fn list(input: ParseStream<'_>, mut read: impl FnMut(&Ident, ParseStream<'_>) -> syn::Result<()>) -> syn::Result<()> {
    while !input.is_empty() {
        let name = input.call(<Ident as syn::ext::IdentExt>::parse_any)?;
        read(&name, input)?;
        if input.is_empty() {
            break;
        }
        input.parse::<Token![,]>()?;
    }
    Ok(())
}

fn value<T: Parse>(input: ParseStream<'_>) -> syn::Result<T> {
    input.parse::<Token![=]>()?;
    input.parse()
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
    pub(crate) runtime: Option<Path>,
}

impl Options {
    pub(crate) fn parse(tokens: TokenStream, sink: &mut Sink) -> Self {
        sink.take(Self::read.parse2(tokens)).unwrap_or_default()
    }

    fn read(input: ParseStream<'_>) -> syn::Result<Self> {
        let mut on_return = Slot::new("on_return");
        let mut key = Slot::new("key");
        let mut seed = Slot::new("seed");
        let mut strict = Slot::new("strict");
        let mut runtime = Slot::new("crate");
        list(input, |name, input| match name.to_string().as_str() {
            "on_return" => on_return.set(name.span(), value::<Ident>(input).and_then(read_on_return)?),
            "key" => key.set(name.span(), read_key(input)?),
            "seed" => seed.set(name.span(), value(input)?),
            "strict" => strict.set(name.span(), ()),
            "crate" => {
                input.parse::<Token![=]>()?;
                runtime.set(name.span(), input.call(Path::parse_mod_style)?)
            }
            _ => Err(unknown(name, "`on_return`, `key`, `seed`, `strict`, `crate`")),
        })?;
        Ok(Self {
            on_return: on_return.value.unwrap_or_default(),
            key: key.value,
            seed: seed.value,
            strict: strict.value.is_some(),
            runtime: runtime.value,
        })
    }
}

fn read_on_return(word: Ident) -> syn::Result<OnReturn> {
    match word.to_string().as_str() {
        "discard" => Ok(OnReturn::Discard),
        "keep" => Ok(OnReturn::Keep),
        "memoize" => Ok(OnReturn::Memoize),
        _ => Err(syn::Error::new(
            word.span(),
            format!("unknown `on_return = {word}`: expected `discard`, `keep` or `memoize`"),
        )),
    }
}

/// `key = "…"`, then the arguments of the format string up to the next `name = …` that is an option.
fn read_key(input: ParseStream<'_>) -> syn::Result<TokenStream> {
    let text: LitStr = value(input)?;
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
    name == "strict" || (["on_return", "seed", "key"].iter().any(|option| name == option) && input.peek(Token![=]))
}

/// `#[resume(…)]` on a `let`.
#[derive(Clone, Default)]
pub(crate) struct Capture {
    /// `default` or `default = e`
    pub(crate) default: Option<Option<Expr>>,
    pub(crate) rename: Option<LitStr>,
    pub(crate) with: Option<ExprPath>,
}

impl Capture {
    pub(crate) fn parse(attribute: &Attribute, sink: &mut Sink) -> Self {
        match &attribute.meta {
            syn::Meta::Path(_) => Self::default(),
            syn::Meta::List(meta) => sink.take(Self::read.parse2(meta.tokens.clone())).unwrap_or_default(),
            meta => {
                sink.at(meta.span(), "expected `#[resume]` or `#[resume(default, rename = \"…\", with = path)]`");
                Self::default()
            }
        }
    }

    fn read(input: ParseStream<'_>) -> syn::Result<Self> {
        let mut default = Slot::new("default");
        let mut rename = Slot::new("rename");
        let mut with = Slot::new("with");
        list(input, |name, input| match name.to_string().as_str() {
            "default" if input.peek(Token![=]) => default.set(name.span(), Some(value(input)?)),
            "default" => default.set(name.span(), None),
            "rename" => rename.set(name.span(), value(input)?),
            "with" => with.set(name.span(), value(input)?),
            _ => Err(unknown(name, "`default`, `rename`, `with`")),
        })?;
        Ok(Self { default: default.value, rename: rename.value, with: with.value })
    }

    pub(crate) fn is_plain(&self) -> bool {
        self.default.is_none() && self.rename.is_none() && self.with.is_none()
    }
}

/// `checkpoint!(…)`
#[derive(Clone, Default)]
pub(crate) struct Trigger {
    pub(crate) every: Option<Expr>,
    pub(crate) interval: Option<Interval>,
    pub(crate) when: Option<Expr>,
    pub(crate) label: Option<LitStr>,
}

#[derive(Clone)]
pub(crate) enum Interval {
    /// A literal such as `"30s"`, in nanoseconds.
    Nanos(u64),
    /// An expression of type `Duration`.
    Duration(Box<Expr>),
}

impl Trigger {
    pub(crate) fn parse(tokens: TokenStream, sink: &mut Sink) -> Self {
        sink.take(Self::read.parse2(tokens)).unwrap_or_default()
    }

    fn read(input: ParseStream<'_>) -> syn::Result<Self> {
        let mut every = Slot::new("every");
        let mut interval = Slot::new("interval");
        let mut when = Slot::new("when");
        let mut label = Slot::new("label");
        list(input, |name, input| match name.to_string().as_str() {
            "every" => every.set(name.span(), value(input).and_then(check_every)?),
            "interval" => interval.set(name.span(), value(input).and_then(read_interval)?),
            "when" => when.set(name.span(), value(input)?),
            "label" => label.set(name.span(), value(input).and_then(check_label)?),
            _ => Err(unknown(name, "`every`, `interval`, `when`, `label`")),
        })?;
        Ok(Self { every: every.value, interval: interval.value, when: when.value, label: label.value })
    }
}

fn check_every(expr: Expr) -> syn::Result<Expr> {
    if let Expr::Lit(literal) = &expr {
        let Lit::Int(number) = &literal.lit else {
            return Err(syn::Error::new(expr.span(), "`every` is a number of passes: `every = 10_000`"));
        };
        if number.base10_parse::<u64>()? == 0 {
            return Err(syn::Error::new(
                expr.span(),
                "`every = 0` would never be due: say at each how many passes to save",
            ));
        }
    }
    Ok(expr)
}

fn check_label(label: LitStr) -> syn::Result<LitStr> {
    if label.value().trim().is_empty() {
        return Err(syn::Error::new(label.span(), "the label is empty"));
    }
    Ok(label)
}

fn read_interval(expr: Expr) -> syn::Result<Interval> {
    let Expr::Lit(literal) = &expr else { return Ok(Interval::Duration(Box::new(expr))) };
    let Lit::Str(text) = &literal.lit else {
        return Err(syn::Error::new(
            expr.span(),
            "`interval` is a text with a unit, `interval = \"30s\"`, or a `Duration`",
        ));
    };
    match parse_duration(&text.value()) {
        Some(0) => {
            Err(syn::Error::new(text.span(), "the interval is empty: say how much time to leave between snapshots"))
        }
        Some(nanos) => Ok(Interval::Nanos(nanos)),
        None => Err(syn::Error::new(
            text.span(),
            format!(
                "`{}` is not a duration: expected such as \"500ms\", \"30s\", \"5min\", \"2h\", \"1d\" or \"1h 30min\"",
                text.value()
            ),
        )),
    }
}

/// Nanoseconds of `"1h 30min"`; `None` if it is not a duration of at most 584 years.
fn parse_duration(text: &str) -> Option<u64> {
    let mut rest = text.trim();
    if rest.is_empty() {
        return Some(0);
    }
    let mut nanos: u64 = 0;
    while !rest.is_empty() {
        let digits = rest.find(|c: char| !c.is_ascii_digit()).unwrap_or(rest.len());
        let number: u64 = rest[..digits].parse().ok()?;
        rest = rest[digits..].trim_start();
        let letters = rest.find(|c: char| !c.is_alphabetic()).unwrap_or(rest.len());
        let unit: u64 = match &rest[..letters] {
            "ns" => 1,
            "us" | "µs" => 1_000,
            "ms" => 1_000_000,
            "s" | "sec" | "secs" => 1_000_000_000,
            "m" | "min" | "mins" => 60_000_000_000,
            "h" | "hour" | "hours" => 3_600_000_000_000,
            "d" | "day" | "days" => 86_400_000_000_000,
            _ => return None,
        };
        nanos = nanos.checked_add(number.checked_mul(unit)?)?;
        rest = rest[letters..].trim_start();
    }
    Some(nanos)
}

#[cfg(test)]
mod tests {
    use super::parse_duration;

    #[test]
    fn durations() {
        assert_eq!(parse_duration("30s"), Some(30_000_000_000));
        assert_eq!(parse_duration("1h 30min"), Some(5_400_000_000_000));
        assert_eq!(parse_duration("500 ms"), Some(500_000_000));
        assert_eq!(parse_duration(""), Some(0));
        assert_eq!(parse_duration("0s"), Some(0));
        assert_eq!(parse_duration("30"), None);
        assert_eq!(parse_duration("s"), None);
        assert_eq!(parse_duration("3 parsecs"), None);
        assert_eq!(parse_duration("99999999999999d"), None);
    }
}

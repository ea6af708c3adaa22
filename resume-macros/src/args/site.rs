//! The options of a `checkpoint!(…)`.

use proc_macro2::{TokenStream, TokenTree};
use quote::ToTokens;
use syn::parse::{ParseStream, Parser};
use syn::spanned::Spanned;
use syn::{Expr, Lit, LitStr};

use super::{Known, set, value, value_or};
use crate::diag::Sink;
use crate::lower::ungroup;
use crate::syntax::bare;

/// `checkpoint!(…)`
#[derive(Default)]
pub(crate) struct Trigger {
    /// A share of the run's time, from 0 to 1.
    pub(crate) budget: Option<f64>,
    pub(crate) every: Option<Expr>,
    pub(crate) interval: Option<Interval>,
    pub(crate) when: Option<Expr>,
    pub(crate) label: Option<LitStr>,
}

pub(crate) enum Interval {
    /// A literal such as `"30s"`, in nanoseconds.
    Nanos(u64),
    /// An expression of type `Duration`.
    Duration(Box<Expr>),
}

const OF_SITE: Known = Known {
    options: &[
        ("every", "10_000"),
        ("interval", "\"30s\""),
        ("when", "condition"),
        ("budget", "\"2%\""),
        ("label", "\"burn-in\""),
    ],
};

impl Trigger {
    pub(crate) fn parse(tokens: TokenStream, sink: &mut Sink) -> Self {
        // The label of a mistaken one names it all the same.
        let label = written_label(tokens.clone());
        sink.take(Self::read.parse2(tokens)).unwrap_or_else(|| Self { label, ..Self::default() })
    }

    /// The code in it.
    pub(crate) fn exprs(&self) -> impl Iterator<Item = &Expr> {
        let interval = self.interval.as_ref().and_then(|interval| match interval {
            Interval::Duration(expr) => Some(&**expr),
            Interval::Nanos(_) => None,
        });
        self.every.iter().chain(interval).chain(&self.when)
    }

    fn read(input: ParseStream<'_>) -> syn::Result<Self> {
        let mut trigger = Self::default();
        OF_SITE.list(input, |name, input| match name.to_string().as_str() {
            "budget" => {
                let text = "`budget` is a share of the run's time, such as `budget = \"2%\"`";
                set(&mut trigger.budget, name, value_or(input, text).and_then(read_budget)?)
            }
            "every" => set(&mut trigger.every, name, value(input).and_then(check_every)?),
            "interval" => set(&mut trigger.interval, name, value(input).and_then(read_interval)?),
            "when" => set(&mut trigger.when, name, value(input)?),
            _ => {
                let text = "`label` is a text, such as `label = \"burn-in\"`";
                set(&mut trigger.label, name, value_or(input, text).and_then(check_label)?)
            }
        })?;
        Ok(trigger)
    }
}

/// `"2%"` as 0.02.
fn read_budget(text: LitStr) -> syn::Result<f64> {
    let percent = text.value().trim().strip_suffix('%').and_then(|number| number.trim().parse::<f64>().ok());
    match percent {
        Some(percent) if percent > 0.0 && percent <= 100.0 => Ok(percent / 100.0),
        _ => Err(syn::Error::new(
            text.span(),
            format!(
                "`{}` is not a share of the run's time\nhelp: a percentage above 0, at most 100: `budget = \"2%\"`",
                text.value()
            ),
        )),
    }
}

/// The text behind `label =`.
fn written_label(tokens: TokenStream) -> Option<LitStr> {
    let tokens: Vec<TokenTree> = tokens.into_iter().collect();
    let text = tokens.windows(3).find_map(|tokens| match tokens {
        [TokenTree::Ident(name), TokenTree::Punct(equals), text] if name == "label" && equals.as_char() == '=' => {
            Some(text.to_token_stream())
        }
        _ => None,
    })?;
    syn::parse2(text).and_then(check_label).ok()
}

fn check_every(mut expr: Expr) -> syn::Result<Expr> {
    const NO_NUMBER: &str = "`every` is a number of passes, such as `every = 10_000`";
    ungroup(&mut expr);
    let number = bare(&expr);
    if let Expr::Unary(syn::ExprUnary { op: syn::UnOp::Neg(_), expr: inner, .. }) = number
        && matches!(bare(inner), Expr::Lit(_))
    {
        return Err(syn::Error::new_spanned(number, NO_NUMBER));
    }
    if let Expr::Lit(literal) = number {
        let Lit::Int(number) = &literal.lit else { return Err(syn::Error::new(expr.span(), NO_NUMBER)) };
        if number.base10_parse::<u64>()? == 0 {
            return Err(syn::Error::new(
                expr.span(),
                "`every = 0` is never due\nhelp: save at each n-th pass: `every = 10_000`\n\
                 help: or when saving costs little: leave `every` out",
            ));
        }
    }
    Ok(expr)
}

fn check_label(label: LitStr) -> syn::Result<LitStr> {
    if label.value().trim().is_empty() {
        return Err(syn::Error::new(
            label.span(),
            "the label is empty\nhelp: name the site, such as `label = \"burn-in\"`, or leave `label` out",
        ));
    }
    Ok(label)
}

fn read_interval(mut expr: Expr) -> syn::Result<Interval> {
    ungroup(&mut expr);
    let Expr::Lit(literal) = &expr else { return Ok(Interval::Duration(Box::new(expr))) };
    let Lit::Str(text) = &literal.lit else {
        return Err(syn::Error::new(
            expr.span(),
            "`interval` is a text with a unit, such as `interval = \"30s\"`, or a `Duration`",
        ));
    };
    match parse_duration(&text.value()) {
        Some(0) => Err(syn::Error::new(
            text.span(),
            "the interval is empty\nhelp: say how much time to leave between snapshots: `interval = \"30s\"`",
        )),
        Some(nanos) => Ok(Interval::Nanos(nanos)),
        None => Err(syn::Error::new(
            text.span(),
            format!(
                "`{}` is not a duration\nhelp: numbers with units: \"500ms\", \"30s\", \"5min\", \"2h\", \"1d\", \"1h 30min\"",
                text.value()
            ),
        )),
    }
}

/// Nanoseconds of `"1h 30min"`; `None` if it is not a duration of at most 584 years.
pub(super) fn parse_duration(text: &str) -> Option<u64> {
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

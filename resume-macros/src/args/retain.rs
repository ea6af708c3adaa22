//! `keep = last(5)` and `compression = "zstd:3"` of `#[resumable(…)]`.

use proc_macro2::{Ident, TokenStream};
use quote::{ToTokens, quote};
use syn::{Expr, ExprCall, Lit, LitStr};

use super::Options;
use super::site::parse_duration;
use crate::diag::{self, Sink};
use crate::model::Site;

impl Options {
    /// Reports a `pin` that names none of the `sites`. Where something else is wrong, a site may have lost its label by that.
    pub(crate) fn check_pin(&self, sites: &[Site], sink: &mut Sink) {
        let Some(pin) = self.pin.as_ref().filter(|_| sink.is_empty()) else { return };
        if sites.iter().all(|site| site.id != pin.value()) {
            let labels = sites.iter().filter_map(|site| site.trigger.label.as_ref());
            let labels: Vec<String> = labels.map(LitStr::value).collect();
            sink.at(pin.span(), diag::pin_unknown(&pin.value(), &labels));
        }
    }
}

/// Which snapshots of the run are kept.
pub(crate) enum Keep {
    Last(usize),
    All,
    /// In nanoseconds.
    Within(u64),
    Hourly,
    Daily,
}

const HELP: &str = "help: `last(5)`, `all`, `within(\"7d\")`, `hourly` or `daily`";

impl Keep {
    pub(super) fn read(expr: Expr) -> syn::Result<Self> {
        let text = expr.to_token_stream().to_string();
        match (text.as_str(), &expr) {
            ("all", _) => Ok(Self::All),
            ("hourly", _) => Ok(Self::Hourly),
            ("daily", _) => Ok(Self::Daily),
            (_, Expr::Call(call)) => Self::read_call(call),
            _ => Err(unknown(&expr)),
        }
    }

    fn read_call(call: &ExprCall) -> syn::Result<Self> {
        let name = call.func.to_token_stream().to_string();
        let argument = match (call.args.len(), call.args.first()) {
            (1, Some(Expr::Lit(literal))) => &literal.lit,
            _ => return Err(unknown(call)),
        };
        match (name.as_str(), argument) {
            ("last", Lit::Int(number)) => match number.base10_parse()? {
                0 => Err(syn::Error::new(
                    number.span(),
                    "`last(0)` would keep nothing to go on from\nhelp: the newest two are kept by default: `last(2)`",
                )),
                count => Ok(Self::Last(count)),
            },
            ("within", Lit::Str(text)) => match parse_duration(&text.value()) {
                Some(nanos) if nanos > 0 => Ok(Self::Within(nanos)),
                _ => Err(syn::Error::new(
                    text.span(),
                    format!(
                        "`{}` is not a duration\nhelp: such as `within(\"7d\")` or `within(\"12h\")`",
                        text.value()
                    ),
                )),
            },
            _ => Err(unknown(call)),
        }
    }

    pub(crate) fn expand(&self, runtime: &Ident) -> TokenStream {
        match self {
            Self::Last(count) => quote!(#runtime::Keep::last(#count)),
            Self::All => quote!(#runtime::Keep::all()),
            Self::Within(nanos) => quote!(#runtime::Keep::within(::core::time::Duration::from_nanos(#nanos))),
            Self::Hourly => quote!(#runtime::Keep::hourly()),
            Self::Daily => quote!(#runtime::Keep::daily()),
        }
    }
}

fn unknown(at: &impl ToTokens) -> syn::Error {
    let text = at.to_token_stream();
    syn::Error::new_spanned(at, format!("unknown `keep = {text}`\n{HELP}"))
}

/// How snapshots of the run are compressed.
#[derive(Clone, Copy)]
pub(crate) enum Compression {
    None,
    Lz4,
    Zstd(i32),
}

impl Compression {
    pub(super) fn read(text: &LitStr) -> syn::Result<Self> {
        let level = |level: &str| level.parse().ok().filter(|level| (1..=22).contains(level));
        match text.value().as_str() {
            "none" => Ok(Self::None),
            "lz4" => Ok(Self::Lz4),
            "zstd" => Ok(Self::Zstd(1)),
            other => match other.strip_prefix("zstd:").and_then(level) {
                Some(level) => Ok(Self::Zstd(level)),
                None => Err(syn::Error::new(
                    text.span(),
                    format!(
                        "unknown compression `{other}`\nhelp: \"none\", \"lz4\", \"zstd\" or \"zstd:9\" (levels 1 to 22)"
                    ),
                )),
            },
        }
    }

    pub(crate) fn expand(self, runtime: &Ident) -> TokenStream {
        match self {
            Self::None => quote!(#runtime::Compression::None),
            Self::Lz4 => quote!(#runtime::Compression::Lz4),
            Self::Zstd(level) => quote!(#runtime::Compression::Zstd(#level)),
        }
    }
}

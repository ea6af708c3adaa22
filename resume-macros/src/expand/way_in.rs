//! How the value of a captured local comes in, as far as one sees its type.

use crate::model::{Binding, Kind, Let};
use crate::syntax::{self, bare, mention};
use proc_macro2::TokenStream;
use quote::{ToTokens, quote};
use syn::{Expr, Pat};

/// A captured local that is visibly an inclusive range, and may come to its end.
pub(super) fn is_inclusive(local: &Let) -> bool {
    let Some((_, ty)) = local.simple() else { return false };
    local.bindings.iter().any(|binding| binding.mutable)
        && match (ty, local.initialiser()) {
            (Some(syn::Type::Path(path)), _) => {
                path.path.segments.last().is_some_and(|last| last.ident == "RangeInclusive")
            }
            (None, Some(init)) => is_inclusive_range(init),
            _ => false,
        }
}

fn is_inclusive_range(init: &Expr) -> bool {
    match bare(init) {
        Expr::Range(range) => {
            range.start.is_some() && range.end.is_some() && matches!(range.limits, syn::RangeLimits::Closed(_))
        }
        _ => false,
    }
}

/// A captured binding that may be an array `[T; N]` or a reference for all one sees. serde alone stops at 32 elements, and
/// has its own words on references, so the way in is chosen by the type, which takes one more line of code. Gives the
/// method that does it.
pub(super) fn way_in(local: &Let, binding: &Binding) -> Option<TokenStream> {
    if local.kind != Kind::Captured || local.capture.with.is_some() {
        return None;
    }
    if let Some((_, Some(ty))) = local.simple() {
        return matches!(syntax::bare_type(ty), syn::Type::Array(_)).then(|| quote!(.owned()));
    }
    let (pat, init) = part(&local.local.pat, local.initialiser()?, &binding.name());
    let is_visible = matches!(pat, Pat::Ident(_)) && !may_be_array(init);
    // Where the type is inferred later, what is asked of a reference would be taken for it.
    let owned = (!borrows(init)).then(|| quote!(.owned()));
    (!is_visible).then(|| owned.unwrap_or_default())
}

/// What a name is bound to, as far as one sees: of `(a, b) = (x, y)`, `a` to `x`.
fn part<'l>(pat: &'l Pat, init: &'l Expr, name: &str) -> (&'l Pat, &'l Expr) {
    if let (Pat::Tuple(pats), Expr::Tuple(inits)) = (pat, init)
        && pats.elems.len() == inits.elems.len()
        && !pats.elems.iter().any(|pat| matches!(pat, Pat::Rest(_)))
        && let Some((pat, init)) =
            pats.elems.iter().zip(&inits.elems).find(|(pat, _)| mention(pat.to_token_stream(), name).is_some())
    {
        return part(pat, init, name);
    }
    (pat, init)
}

fn may_be_array(init: &Expr) -> bool {
    match init {
        Expr::Call(call) => match &*call.func {
            // `Vec::new`, `module::Type::default`, but not `module::function`.
            Expr::Path(path) => {
                let of = path.path.segments.iter().rev().nth(1);
                path.qself.is_none() && !of.is_some_and(|of| of.ident.to_string().starts_with(char::is_uppercase))
            }
            _ => true,
        },
        Expr::MethodCall(call) => {
            !["collect", "to_vec", "to_owned", "to_string", "len", "sum"].iter().any(|name| call.method == name)
        }
        Expr::Path(_)
        | Expr::Field(_)
        | Expr::Await(_)
        | Expr::Try(_)
        | Expr::If(_)
        | Expr::Match(_)
        | Expr::Block(_)
        | Expr::Repeat(_)
        | Expr::Array(_) => true,
        _ => false,
    }
}

/// Whether this visibly borrows: by methods of the standard library whose result is made of references, whatever is asked
/// for. Of all else the type may be known only by what is done with the local.
fn borrows(init: &Expr) -> bool {
    const METHODS: [&str; 18] = [
        "as_bytes",
        "as_mut_slice",
        "as_os_str",
        "as_path",
        "as_slice",
        "as_str",
        "rsplit_once",
        "split_at",
        "split_at_mut",
        "split_once",
        "strip_prefix",
        "strip_suffix",
        "trim",
        "trim_end",
        "trim_end_matches",
        "trim_matches",
        "trim_start",
        "trim_start_matches",
    ];
    matches!(init, Expr::MethodCall(call) if METHODS.iter().any(|name| call.method == name))
}

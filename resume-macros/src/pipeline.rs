//! The stages of the attribute, in their order (see the crate's documentation): reading, analysing, expanding.

use crate::apart::Parted;
use crate::args::Options;
use crate::diag::Sink;
use crate::expand::Analysed;
use crate::input::{Changing, Parameter};
use crate::model::Kind;
use crate::resolve::Resolved;
use crate::restore::{Given, restore};
use crate::{
    apart, capitals, cfg, check, end, expand, fallback, fingerprint, groups, input, live, lower, macros, misspelt,
    names, resolve, twice, uneven, whole,
};
use proc_macro2::TokenStream;
use quote::ToTokens;
use syn::ItemFn;

/// The whole attribute: arguments and item in, items out.
pub(crate) fn attribute(arguments: TokenStream, item: TokenStream) -> TokenStream {
    let mut sink = Sink::default();
    let arguments = groups::parenthesised(arguments);
    let options = Options::parse(arguments.clone(), &mut sink);
    let fingerprint = fingerprint::of(item.clone());
    let mut function: ItemFn = match syn::parse2(groups::parenthesised(item.clone())) {
        Ok(function) => outer_attributes(function),
        Err(error) => return fallback::no_function(item, &error, sink),
    };
    if let Some(both) = cfg::split(&function, &cfg::attribute(options.runtime.as_ref(), &arguments)) {
        return both;
    }
    misspelt::mend(&mut function, &mut sink);
    match resumable(function.clone(), &options, fingerprint, &mut sink) {
        Ok(tokens) if sink.is_empty() => tokens,
        Ok(_) => fallback::plain(function, TokenStream::new(), sink),
        Err(asked) => fallback::plain(function, asked, sink),
    }
}

/// With its `#![…]` before it: the body that they stand at the front of is made anew.
fn outer_attributes(mut function: ItemFn) -> ItemFn {
    function.attrs.iter_mut().for_each(|attribute| attribute.style = syn::AttrStyle::Outer);
    function
}

/// Output: the function of the same signature, whose body opens a run and can be entered at each site. With mistakes, what
/// still asks the compiler about its types.
fn resumable(
    function: ItemFn,
    options: &Options,
    fingerprint: u64,
    sink: &mut Sink,
) -> Result<TokenStream, TokenStream> {
    let mut read = read(function, sink);
    let parted = analyse(&mut read, options, sink);
    expand(read, &parted, options, fingerprint, sink)
}

/// The function as code, in which each name is bound once.
struct Read {
    function: ItemFn,
    parameters: Vec<Parameter>,
    changing: Changing,
    resolved: Resolved,
}

fn read(mut function: ItemFn, sink: &mut Sink) -> Read {
    capitals::learn(&function);
    names::forget();
    let parameters = input::parameters(&mut function, sink);
    lower::check_places(&function.block, sink);
    let changing = input::mutable_names(&function, &parameters);
    let tokens = function.to_token_stream();
    let mut resolved = resolve::resolve(&mut function.block, &input::names(&parameters), tokens);
    macros::check(&function.block, &resolved, sink);
    twice::check(&function.block, sink);
    whole::bind_items(&mut function.block, &mut resolved);
    end::mark_end(&mut function.block, &function.sig.output);
    Read { function, parameters, changing, resolved }
}

fn analyse(read: &mut Read, options: &Options, sink: &mut Sink) -> Parted {
    let Read { function, changing, resolved, .. } = read;
    let (body, sites) = lower::lower((*function.block).clone(), &resolved.locals, sink);
    options.check_pin(&sites, sink);
    check::check_patterns(&body, &sites, &apart::before(&body, &sites), resolved, sink);
    let uneven = live::uneven(&body, sites.len());
    let parted = apart::apart(body, sites);
    check::check(&parted.body, &parted.sites, &parted.live, resolved, changing, sink);
    if !sink.is_empty() || !uneven::split(&mut function.block, &uneven, resolved) {
        return parted;
    }
    let (body, sites) = lower::lower((*function.block).clone(), &resolved.locals, sink);
    apart::apart(body, sites)
}

fn expand(
    read: Read,
    parted: &Parted,
    options: &Options,
    fingerprint: u64,
    sink: &mut Sink,
) -> Result<TokenStream, TokenStream> {
    let Read { function, mut parameters, resolved, .. } = read;
    // What is to be said of a mistaken one has been said.
    let mistaken = |parameter: &&mut Parameter| parameter.bindings.iter().any(|ident| sink.is_at(ident.span()));
    parameters.iter_mut().filter(mistaken).for_each(|parameter| parameter.kind = Kind::Transient);
    let analysed =
        Analysed { function: &function, fingerprint, options, parameters: &parameters, resolved: &resolved, parted };
    if !sink.is_empty() {
        return Err(expand::asked(&analysed));
    }
    let (code, pinned) = expand::function(&analysed);
    let given = Given::told_apart(&resolved, &pinned, &code);
    given.check(code.clone(), sink);
    Ok(restore(code, &given))
}

#[cfg(test)]
mod tests;

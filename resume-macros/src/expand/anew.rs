//! Macros that stand as statements, and may declare a name that they are given anew (`let $x = …`). What a fresh part
//! declares ends with it, so behind the next site the name would be that of the local from before, which nothing at compile
//! time can tell. Where the value is, before and behind the macro, does.

use super::Generator;
use crate::model::{Sites, Stmt};
use crate::{names, std_macros};
use proc_macro2::{Ident, TokenStream};
use quote::quote;

impl Generator<'_> {
    /// Output: `code`, which is `stmt`, and a look whether what is still needed is what it was. `later` comes behind it.
    pub(super) fn watched(&self, stmt: &Stmt, later: &[Stmt], sites: &Sites, code: TokenStream) -> TokenStream {
        let Stmt::Plain { stmt, mentions } = stmt else { return code };
        let syn::Stmt::Macro(mac) = &**stmt else { return code };
        if std_macros::is_quiet(&mac.mac) {
            return code;
        }
        let mut needed: Vec<Ident> = Vec::new();
        self.body.lets(&mut |local| {
            if !local.is_deferred() && self.live.is_needed(local, sites) {
                needed.extend(local.bindings.iter().map(|binding| binding.ident.clone()));
            }
        });
        let parameters = self.parameters.iter().flat_map(|parameter| &parameter.bindings);
        needed.extend(
            parameters
                .filter(|ident| {
                    *ident != "self" && later.iter().any(|stmt| stmt.mentions().contains(&ident.to_string()))
                })
                .cloned(),
        );
        let (mut before, mut behind) = (TokenStream::new(), TokenStream::new());
        for ident in needed.iter().filter(|ident| mentions.contains(&ident.to_string())) {
            let (runtime, name) = (&self.runtime, ident.to_string());
            let place = names::ident(&format!("place_{}", name.trim_start_matches("r#")));
            let name = self.resolved.user(&name);
            before.extend(quote!(let #place = #runtime::place_of(&#ident);));
            behind.extend(quote!(#runtime::same_place(#place, &#ident, #name);));
        }
        quote!(#before #code #behind)
    }
}

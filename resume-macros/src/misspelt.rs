//! Annotations that are written almost right: rustc would say that there is no such attribute, and the local count as one
//! without an annotation, which is a second error for one mistake.

use crate::args::is_near;
use crate::diag::Sink;
use crate::syntax::ANNOTATIONS;
use syn::visit_mut::{self, VisitMut};
use syn::{Attribute, Ident};

/// Reads the annotations in the function as what they were meant to be, and says so of each.
pub(crate) fn mend(function: &mut syn::ItemFn, sink: &mut Sink) {
    let mut mend = Mend { sink };
    mend.visit_signature_mut(&mut function.sig);
    mend.visit_block_mut(&mut function.block);
}

struct Mend<'s> {
    sink: &'s mut Sink,
}

impl Mend<'_> {
    fn attributes(&mut self, attributes: &mut [Attribute]) {
        for attribute in attributes {
            let meta = &mut attribute.meta;
            let path = match meta {
                syn::Meta::Path(path) => path,
                syn::Meta::List(list) => &mut list.path,
                syn::Meta::NameValue(_) => continue,
            };
            let Some(name) = path.get_ident().cloned() else { continue };
            let written = name.to_string();
            let meant = ANNOTATIONS.into_iter().find(|known| written != *known && is_near(known, &written));
            if let Some(meant) = meant {
                self.sink.at(name.span(), format!("unknown attribute `#[{name}]`\nhelp: did you mean `#[{meant}]`?"));
                *path = Ident::new(meant, name.span()).into();
            }
        }
    }
}

impl VisitMut for Mend<'_> {
    fn visit_item_mut(&mut self, _: &mut syn::Item) {}

    fn visit_receiver_mut(&mut self, receiver: &mut syn::Receiver) {
        self.attributes(&mut receiver.attrs);
    }

    fn visit_pat_type_mut(&mut self, typed: &mut syn::PatType) {
        self.attributes(&mut typed.attrs);
    }

    fn visit_local_mut(&mut self, local: &mut syn::Local) {
        self.attributes(&mut local.attrs);
        visit_mut::visit_local_mut(self, local);
    }

    fn visit_expr_for_loop_mut(&mut self, inner: &mut syn::ExprForLoop) {
        self.attributes(&mut inner.attrs);
        visit_mut::visit_expr_for_loop_mut(self, inner);
    }
}

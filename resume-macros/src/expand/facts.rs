//! What the code of a body says of its locals.

use super::upwards;
use crate::lending::Lending;
use crate::mentions::{self, Names};
use std::collections::HashSet;
use syn::ItemFn;

/// What is known of all locals at once, by their names; nothing for a function of which no body is made.
#[derive(Default)]
pub(super) struct Facts {
    /// The locals that are set anew somewhere.
    pub(super) assigned: Names,
    /// The locals that raw pointers may point at.
    pub(super) pointed: Names,
    /// Which locals may hold a borrow of which.
    pub(super) lending: Lending,
    /// The parameters of which one sees that they are integers.
    pub(super) numbers: Names,
    /// The locals and parameters that are `mut`.
    pub(super) mutable: Names,
    /// What may be a static that is `mut`.
    pub(super) statics: HashSet<String>,
}

impl Facts {
    pub(super) fn of(function: &ItemFn, locals: &Names) -> Self {
        Self {
            assigned: mentions::assigned(&function.block, locals),
            pointed: mentions::pointed(&function.block, locals),
            lending: Lending::of(&function.block, locals),
            numbers: upwards::numbers(function),
            mutable: upwards::mutable(function),
            statics: upwards::statics(function, locals),
        }
    }
}

//! Which arrays are moved like numbers, and which are better left where they are.

use crate::syntax;
use syn::{Expr, Type};

/// The most elements of an array that is moved: the state of a generator, a vector, a matrix.
const FEW: u64 = 32;

/// Whether it is an array of more than a few elements, or of who knows how many.
pub(crate) fn is_long(ty: &Type) -> bool {
    typed(ty).is_none_or(|count| count > FEW)
}

/// The same of what a value is seen to be.
pub(crate) fn is_long_value(value: &Expr) -> bool {
    elements(value).is_none_or(|count| count > FEW)
}

/// How many elements there are; 1 if it is no array.
fn typed(ty: &Type) -> Option<u64> {
    match syntax::bare_type(ty) {
        Type::Array(array) => number(&array.len)?.checked_mul(typed(&array.elem)?),
        _ => Some(1),
    }
}

fn elements(value: &Expr) -> Option<u64> {
    match value {
        Expr::Repeat(array) => number(&array.len)?.checked_mul(elements(&array.expr)?),
        Expr::Array(array) => {
            array.elems.iter().try_fold(0_u64, |count, element| count.checked_add(elements(element)?))
        }
        _ => Some(1),
    }
}

fn number(length: &Expr) -> Option<u64> {
    match length {
        Expr::Lit(syn::ExprLit { lit: syn::Lit::Int(number), .. }) => number.base10_parse().ok(),
        _ => None,
    }
}

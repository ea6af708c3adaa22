//! What is known of macros by their names: those of the standard library, and a few that nearly every program has.
//!
//! A macro of the user's may do anything, but is not called like one of these.

use Is::{Ending, Format, Holding, Pointing, Quiet, Standard};
use proc_macro2::Ident;
use syn::Macro;

/// What a macro is.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Is {
    /// Of the standard library: it neither begins nor ends anything around it.
    Standard,
    /// Standing as a statement, it declares nothing.
    Quiet,
    /// The first text that it is given is a format.
    Format,
    /// What it makes may hold what it was given, or a borrow of that.
    Holding,
    /// What it makes is a raw pointer.
    Pointing,
    /// It does not come to its end.
    Ending,
}

const MACROS: [(&str, &[Is]); 43] = [
    ("addr_of", &[Standard, Holding, Pointing]),
    ("addr_of_mut", &[Standard, Holding, Pointing]),
    ("assert", &[Standard, Quiet]),
    ("assert_eq", &[Standard, Quiet]),
    ("assert_ne", &[Standard, Quiet]),
    ("bail", &[Ending]),
    ("cfg", &[Standard]),
    ("column", &[Standard]),
    ("compile_error", &[Standard]),
    ("concat", &[Standard]),
    ("dbg", &[Standard, Quiet, Holding]),
    ("debug", &[Quiet]),
    ("debug_assert", &[Standard, Quiet]),
    ("debug_assert_eq", &[Standard, Quiet]),
    ("debug_assert_ne", &[Standard, Quiet]),
    ("env", &[Standard]),
    ("eprint", &[Standard, Quiet, Format]),
    ("eprintln", &[Standard, Quiet, Format]),
    ("error", &[Quiet]),
    ("event", &[Quiet]),
    ("file", &[Standard]),
    ("format", &[Standard, Format]),
    ("format_args", &[Standard, Format, Holding]),
    ("include_bytes", &[Standard]),
    ("include_str", &[Standard]),
    ("info", &[Quiet]),
    ("line", &[Standard]),
    ("log", &[Quiet]),
    ("matches", &[Standard, Holding]),
    ("module_path", &[Standard]),
    ("option_env", &[Standard]),
    ("panic", &[Standard, Quiet, Format, Ending]),
    ("print", &[Standard, Quiet, Format]),
    ("println", &[Standard, Quiet, Format]),
    ("stringify", &[Standard]),
    ("todo", &[Standard, Quiet, Format, Ending]),
    ("trace", &[Quiet]),
    ("unimplemented", &[Standard, Quiet, Format, Ending]),
    ("unreachable", &[Standard, Quiet, Format, Ending]),
    ("vec", &[Standard, Quiet, Holding]),
    ("warn", &[Quiet]),
    ("write", &[Standard, Quiet, Format]),
    ("writeln", &[Standard, Quiet, Format]),
];

/// Whether a macro of this name is one of the standard library's, which neither begin nor end anything.
pub(crate) fn is_standard(name: &Ident) -> bool {
    is(name, Standard)
}

/// Whether the first text that a macro of this name is given is a format.
pub(crate) fn has_format(name: &Ident) -> bool {
    is(name, Format)
}

/// Whether it calls one of the standard library's.
pub(crate) fn calls_standard(mac: &Macro) -> bool {
    calls(mac, Standard)
}

/// Whether one sees that it declares nothing where it stands as a statement.
pub(crate) fn is_quiet(mac: &Macro) -> bool {
    calls(mac, Quiet)
}

/// Whether its value may hold what it was given.
pub(crate) fn holds(mac: &Macro) -> bool {
    calls(mac, Holding)
}

/// Whether it makes a raw pointer.
pub(crate) fn points(mac: &Macro) -> bool {
    calls(mac, Pointing)
}

/// Whether by its name it does not come to its end.
pub(crate) fn ends(mac: &Macro) -> bool {
    calls(mac, Ending)
}

fn calls(mac: &Macro, what: Is) -> bool {
    mac.path.segments.last().is_some_and(|last| is(&last.ident, what))
}

fn is(name: &Ident, what: Is) -> bool {
    MACROS.iter().any(|(known, all)| name == known && all.contains(&what))
}

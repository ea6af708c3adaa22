//! One sink for the mistakes of a function, and the texts of them all (listed in `docs/diagnostics.md`).

use crate::iterated::Iterated;
use crate::opened::Opened;
use proc_macro2::{Delimiter, Ident, LineColumn, Span, TokenStream, TokenTree};
use std::fmt::Display;

/// Collects mistakes; every stage adds to it, the entry takes them out.
#[derive(Default)]
pub(crate) struct Sink {
    errors: Vec<syn::Error>,
}

impl Sink {
    /// Adds a mistake at `span`.
    pub(crate) fn at(&mut self, span: Span, message: impl Display) {
        self.add(syn::Error::new(span, message));
    }

    /// Adds a mistake, unless an earlier stage has found one in the same place: one mistake is one error.
    pub(crate) fn add(&mut self, error: syn::Error) {
        if !self.is_at(error.span()) {
            self.errors.push(error);
        }
    }

    /// Whether there is a mistake at `span`.
    pub(crate) fn is_at(&self, span: Span) -> bool {
        self.errors.iter().any(|known| known.span().start() == span.start() && known.span().end() == span.end())
    }

    /// Takes the value, or adds the mistake.
    pub(crate) fn take<T>(&mut self, result: syn::Result<T>) -> Option<T> {
        result.map_err(|error| self.add(error)).ok()
    }

    pub(crate) fn is_empty(&self) -> bool {
        self.errors.is_empty()
    }

    /// All mistakes as `compile_error!`s.
    pub(crate) fn into_tokens(self) -> TokenStream {
        self.errors.into_iter().map(syn::Error::into_compile_error).collect()
    }
}

/// Where `checkpoint!` may stand; ends every message on a misplaced one.
const WHERE: &str = "note: it stands as a statement in the body of the function: in blocks, branches, match arms and \
                     loops, and in blocks that give a `let` or the function its value";

/// A site in `place`, which is not part of the function's own body; `instead` is the way out.
pub(crate) fn site_in(place: &str, instead: &str) -> String {
    format!("`checkpoint!` cannot stand in {place}: a resume could not get back into it\nhelp: {instead}\n{WHERE}")
}

pub(crate) fn local_in(place: &str) -> String {
    format!(
        "a local of {place} cannot be annotated: it is not one of the resumable function\n\
         help: remove the annotation, or make a `#[resumable]` function of it"
    )
}

pub(crate) fn site_in_operand() -> String {
    format!(
        "`checkpoint!` cannot stand here: a resume would lose what was evaluated before it\n\
         help: give the block a name first: `let value = {{ … checkpoint!(); … }};`\n{WHERE}"
    )
}

pub(crate) fn site_as_value() -> String {
    format!(
        "`checkpoint!` is a statement, not a value\n\
         help: write `checkpoint!();` on a line of its own\n{WHERE}"
    )
}

pub(crate) fn label_twice(label: &str) -> String {
    format!(
        "the label `{label}` names two sites: a resume could not tell them apart\n\
         help: give each `checkpoint!` of a function a label of its own"
    )
}

pub(crate) fn label_is_path(label: &str) -> String {
    format!(
        "the label `{label}` is also what a `checkpoint!` without a label is called by where it stands: a resume could not \
         tell them apart\nhelp: choose another label, such as `label = \"{label} 1\"`"
    )
}

/// `labels` are those of the function.
pub(crate) fn pin_unknown(pin: &str, labels: &[String]) -> String {
    let help = match labels {
        [] => format!("label the site whose newest snapshot is to stay: `checkpoint!(label = \"{pin}\")`"),
        [label] => format!("the only label in this function is `{label}`"),
        _ => format!("the labels in this function are {}", listed(labels, "and")),
    };
    format!("no site has the label `{pin}`: no snapshot would be pinned\nhelp: {help}")
}

/// How a local that must be annotated was declared.
#[derive(PartialEq)]
pub(crate) enum Forgotten<'a> {
    /// `let mut p`
    Mutable,
    /// `let p = &mut e;` or `let ref mut p = e;`
    Lent,
    /// `let mut p = resume_runtime::rng()`: the run saves it
    Own,
    /// `let mut p = rand::rng()`: of a type that no snapshot can hold
    Generator,
    /// `let mut p = File::create(…)?`: a handle means nothing to the next process
    File(Opened),
    /// `let mut _p`, alive by its name
    Guard,
    /// `let p;` assigned later
    Deferred,
    /// `#[transient] let p;` assigned later
    DeferredTransient,
    /// `let p = e;` where `e` reads the mutable local
    Reads(&'a str),
    /// `let p = e;` where `e` borrows from the mutable local, to change it
    Borrows(&'a str),
    /// `let p = { … checkpoint!() … };`
    HoldsSite,
}

/// `names` of one `let` are alive at the site in line `line`, and `written` is that `let`.
pub(crate) fn forgotten(names: &[String], how: &Forgotten<'_>, line: usize, written: &str) -> String {
    let needed = format!("needed after the `checkpoint!` in line {line}");
    let (quoted, name) = (listed(names, "and"), &names[0]);
    let (are, have, value, they, again, own) = match names {
        [_] => ("is", "has", "its value", "it", "it", "its"),
        _ => ("are", "have", "their values", "they", "them", "their"),
    };
    let why = match how {
        Forgotten::Own => format!("{quoted} {are} mutable and {needed}"),
        Forgotten::Mutable | Forgotten::Generator | Forgotten::File(_) => {
            format!("{quoted} {are} mutable and {needed}: a resume would lose {value}")
        }
        Forgotten::Lent => format!(
            "{quoted} {are} {needed}, and what {they} {refer} to is made here and may change: a resume would lose it",
            refer = if names.len() > 1 { "refer" } else { "refers" }
        ),
        Forgotten::Guard => format!(
            "`{name}` is mutable and, as its name starts with `_`, kept to the end of its scope, past the `checkpoint!` \
             in line {line}: a resume would lose its value"
        ),
        Forgotten::Deferred => format!("{quoted} {are} assigned later and {needed}: a resume would lose {value}"),
        Forgotten::DeferredTransient => {
            format!("{quoted} {are} {needed}, but {have} no initialiser that a resume could run again")
        }
        Forgotten::Reads(other) | Forgotten::Borrows(other) => {
            format!(
                "{quoted} {are} {needed}, and a resume cannot compute {again} again: {own} initialiser reads `{other}`, \
                 which changes"
            )
        }
        Forgotten::HoldsSite => {
            format!(
                "{quoted} {are} {needed}, and a resume cannot compute {again} again: {own} initialiser holds a \
                 `checkpoint!`"
            )
        }
    };
    let save = match how {
        Forgotten::Own => {
            format!("help: take it anew on every start, as the run saves its state: `#[transient] {written}`")
        }
        Forgotten::Generator => format!(
            "help: take the run's own, whose state is saved: `#[transient] let mut {name} = resume_runtime::rng();`\n\
             help: or one with a seed of its own: `#[resume] let mut {name} = ChaCha8Rng::seed_from_u64(…);`"
        ),
        Forgotten::Lent => format!(
            "help: name the value, which is saved in every snapshot, and lend it where it is needed, as `&mut {name}`: \
             `#[resume] let mut {name} = …;`"
        ),
        Forgotten::Borrows(_) => {
            format!("help: borrow it where it is needed, again behind the `checkpoint!`: `{written}`")
        }
        _ => format!("help: save it in every snapshot: `#[resume] {written}`"),
    };
    let other = match how {
        Forgotten::Generator | Forgotten::Own | Forgotten::Borrows(_) | Forgotten::HoldsSite => String::new(),
        Forgotten::Mutable | Forgotten::Lent | Forgotten::Guard | Forgotten::Reads(_) | Forgotten::File(_) => {
            format!("\nhelp: or run its initialiser again on every start: `#[transient] {written}`")
        }
        Forgotten::Deferred | Forgotten::DeferredTransient => {
            let declared =
                if names.len() > 1 { written.trim_start_matches("let ").trim_end_matches(';') } else { name };
            format!("\nhelp: or assign {again} where {they} {are} declared: `let {declared} = …;`")
        }
    };
    format!("{why}\n{save}{other}")
}

/// `name` is a file; `call` opens it for a run.
pub(crate) fn forgotten_file(name: &str, opened: Opened, line: usize, call: &str, written: &str) -> String {
    let empties = if opened == Opened::ForWriting { ", which empties it" } else { "" };
    format!(
        "`{name}` is mutable and needed after the `checkpoint!` in line {line}: a resume would lose where it was in its file\n\
         help: take a file that goes on there: `#[resume] let mut {name} = resume_runtime::fs::{call};`\n\
         help: or open it again on every start{empties}: `#[transient] {written}`"
    )
}

/// "`a`, `b` and `c`", with `word` before the last.
pub(crate) fn listed(names: &[impl Display], word: &str) -> String {
    let quoted: Vec<String> = names.iter().map(|name| format!("`{name}`")).collect();
    match &quoted[..] {
        [others @ .., last] if !others.is_empty() => format!("{} {word} {last}", others.join(", ")),
        _ => quoted.concat(),
    }
}

/// `name` is captured, declared without a value, and first set in a statement with the site in line `line`.
/// A loop that ends by itself has no value, so the local needs one before.
pub(crate) fn set_beside_site(name: &str, mutable: bool, line: usize, in_loop: bool) -> String {
    let mutability = if in_loop || mutable { "mut " } else { "" };
    let what = if in_loop { "give it a value before the loop" } else { "make it the value of that statement" };
    format!(
        "`{name}` is set in the statement that holds the `checkpoint!` in line {line}, where it may have no value to save\n\
         help: {what}: `#[resume] let {mutability}{name} = …;`"
    )
}

/// `name` is declared by `let pattern;` and not mentioned up to the site in line `line`.
pub(crate) fn declared_too_early(name: &str, pattern: &str, line: usize) -> String {
    format!(
        "`{name}` has no value yet at the `checkpoint!` in line {line}\n\
         help: declare it behind that: `let {pattern};`"
    )
}

/// `name` is captured, and a borrow for all to see.
pub(crate) fn borrowed(name: &str, mutable: bool, owned: &str) -> String {
    let mutability = if mutable { "mut " } else { "" };
    format!(
        "`{name}` cannot be captured: it is a reference, or holds one, and what that refers to is not in the snapshot\n\
         help: capture an owned value (`String` for `&str`, `Vec<T>` for `&[T]`, `T` for `&T`): \
         `#[resume] let {mutability}{name} = {owned};`\n\
         help: or make the reference again on every start: `#[transient] let {mutability}{name} = …;`"
    )
}

pub(crate) fn pattern_binding(name: &str, mutable: bool, place: &str, line: usize) -> String {
    let mutability = if mutable { "mut " } else { "" };
    format!(
        "`{name}` is bound by {place} and needed after the `checkpoint!` in line {line}: a resume would lose its value\n\
         help: capture it, before that `checkpoint!`: `#[resume] let {mutability}{name} = {name};` \
         (`{name}.to_owned()` if it is a `&` reference; what a `&mut` one leads to is borrowed again behind the \
         `checkpoint!`)"
    )
}

pub(crate) fn mutable_item(name: &str, line: usize) -> String {
    format!(
        "`{name}` is mutable and needed after the `checkpoint!` in line {line}: a resume finds the item again, not what \
         was made of it\n\
         help: take `mut` out of the `for`, and begin its body with `#[resume] let mut {name} = {name};`"
    )
}

/// The iterator of a `for` uses the mutable local `name`; `place` is what holds the items, and `once` binds what is taken
/// from it before the loop.
pub(crate) fn loop_reads(name: &str, how: Iterated, place: &str, once: &str) -> String {
    let copy = format!("read a copy that does not change: `#[resume] let fixed = {place}.to_owned();` before the loop");
    let instead = match how {
        Iterated::Borrowed => copy,
        Iterated::Read => format!("{copy}\nhelp: or capture the iterator itself: `#[resume] for …`"),
        Iterated::Consumed => format!(
            "go through a copy that does not change: `#[resume] let fixed = {place}.to_owned();` before the loop, and \
             `for … in fixed.clone()`\n\
             help: or capture the iterator itself: `#[resume] for …`"
        ),
        Iterated::Changed => format!(
            "count, as a range may read what changes: `for i in 0..{place}.len()`, and `{place}[i]` in the body"
        ),
        Iterated::ChangedByKey => format!(
            "go through the keys: `#[resume] let fixed: Vec<_> = {place}.keys().cloned().collect();` before the loop, \
             `for key in &fixed`, and `{place}.get_mut(key)` in the body"
        ),
        Iterated::Taken => {
            format!("take it once, and save what was taken: `{once}` before the loop, and `for … in fixed.clone()`")
        }
    };
    // What is borrowed can neither be captured, nor does it go on by itself.
    let other = match how {
        Iterated::Borrowed => "",
        _ => "\nhelp: or take the iterator as it then comes: `#[transient] for …`",
    };
    format!("this iterator is made again on a resume, but it reads `{name}`, which changes\nhelp: {instead}{other}")
}

pub(crate) fn parameter(name: &Ident, what: &str, written: &str) -> String {
    format!(
        "parameter `{name}` is {what}: a resume would lose what the function made of it\n\
         help: save it in every snapshot and restore it: `#[resume] {written}`\n\
         help: or always take what the caller passes: `#[transient] {written}`"
    )
}

/// The macro `name` has something called `local` among its arguments, which has another name in the expansion.
pub(crate) fn shadowed_in_macro(local: &str, name: &Ident) -> String {
    format!(
        "`{local}` is one of several locals of this name that a `checkpoint!` has to tell apart, and `{name}!` may do anything with \
         its name\n\
         help: give one of them another name\n\
         help: or give it one for this call: `let shown = &{local};`"
    )
}

/// A label of a loop or block inside another one of that label.
pub(crate) fn label_shadowed(label: &str) -> String {
    format!(
        "the label `'{label}` is that of a loop around this one too: a resume could not tell where a jump to it leads\n\
         help: give one of them another name"
    )
}

/// An item of a block with a site, whose name means something else before that block.
pub(crate) fn item_late(name: &Ident) -> String {
    format!(
        "`{name}` has another meaning before this definition: in a resumable function an item counts for what leads to its \
         block too\n\
         help: give it a name of its own, or define it outside of the function"
    )
}

/// A macro in the place of a pattern.
pub(crate) fn pattern_macro(name: &str) -> String {
    format!(
        "`{name}!` stands for a pattern, and what it binds cannot be seen: a resume would lose it\n\
         help: write the pattern out"
    )
}

/// A parameter of which a part is a mutable reference, or a binding by one.
pub(crate) fn lending_parameter(name: &Ident, written: &str) -> String {
    format!(
        "parameter `{name}` is, or is in, a value with a mutable reference: a resume would lose what the function made of \
         that\n\
         help: pass what is saved in every snapshot as a parameter of its own: `#[resume] {name}: &mut …`\n\
         help: or always take what the caller passes: `#[transient] {written}`"
    )
}

/// A captured parameter whose value is behind a reference that cannot be set.
pub(crate) fn unsettable_parameter(name: &Ident) -> String {
    format!(
        "parameter `{name}` is captured, but a resume cannot put a value behind this reference\n\
         help: take it by value, or as a parameter of its own that is `&mut`\n\
         help: or always take what the caller passes: `#[transient]`"
    )
}

/// The macro `name` is defined where `local` is in scope, which it mentions.
pub(crate) fn macro_mentions(name: &Ident, local: &str) -> String {
    format!(
        "`macro_rules! {name}` mentions the local `{local}`: in a resumable function a macro stands before the locals\n\
         help: pass it the local: `{name}!({local})`\n\
         help: or if it means a `{local}` of its own, define the macro outside of the function"
    )
}

/// The macro `name` is defined behind a use or another definition of `name!`.
pub(crate) fn macro_late(name: &Ident) -> String {
    format!(
        "`{name}!` has another meaning before this definition: in a resumable function a macro counts in all of its block\n\
         help: give it a name of its own, or define it outside of the function"
    )
}

/// `attribute`, `#[resume]` or `#[transient]`, where neither may stand.
pub(crate) const PLACES: &str = "`#[resume]` and `#[transient]` stand on a `let`, a `for` or a parameter of a resumable \
                                 function, not here\n\
                                 help: put it on the `let` of each local that is to be saved or made again";

/// `name` is `this local` or `this parameter`.
pub(crate) fn annotated_twice(name: &str) -> String {
    format!(
        "{name} is annotated twice\n\
         help: keep `#[resume]` to save it in every snapshot, or `#[transient]` to make it again on every start"
    )
}

/// `tokens` about as they stand in the source, on one line: for texts that say what to write.
pub(crate) fn source(tokens: TokenStream) -> String {
    let mut text = String::new();
    write_source(tokens, &mut None, &mut text);
    text
}

/// As [`source`], or `…` if that would be long.
pub(crate) fn short(tokens: TokenStream) -> String {
    let text = source(tokens);
    if text.chars().count() > 40 { "…".to_owned() } else { text }
}

/// `end` is where the last token ended. Tokens that touch in the source touch here.
fn write_source(tokens: TokenStream, end: &mut Option<LineColumn>, text: &mut String) {
    for token in tokens {
        let TokenTree::Group(group) = token else {
            put(token.span(), &token.to_string(), end, text);
            continue;
        };
        let (open, close) = match group.delimiter() {
            Delimiter::Parenthesis => ("(", ")"),
            Delimiter::Bracket => ("[", "]"),
            Delimiter::Brace => ("{ ", " }"),
            Delimiter::None => {
                write_source(group.stream(), end, text);
                continue;
            }
        };
        put(group.span(), open, end, text);
        *end = None;
        write_source(group.stream(), end, text);
        text.push_str(close);
        *end = Some(group.span().end());
    }
}

fn put(span: Span, token: &str, end: &mut Option<LineColumn>, text: &mut String) {
    if end.is_some_and(|end| end != span.start()) {
        text.push(' ');
    }
    text.push_str(token);
    *end = Some(span.end());
}

#[cfg(test)]
mod tests {
    use super::{short, source};

    #[test]
    fn code_reads_as_it_was_written() {
        for code in ["rows: &mut Vec<u64>", "let (mut low, high) = (n, n + 1);", "f::<T>(&a[1..], 'x', || b?)"] {
            assert_eq!(source(code.parse().expect("tokens")), code);
        }
        assert_eq!(source("a\n    .b(c)".parse().expect("tokens")), "a .b(c)");
        assert_eq!(short("a_name_that_is + another_name_that_is_long".parse().expect("tokens")), "…");
    }
}

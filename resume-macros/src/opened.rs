//! Locals that are files: what a resume can go on with instead.

use crate::diag;
use crate::made::{called, peeled};
use proc_macro2::TokenStream;
use quote::ToTokens;
use syn::{Expr, ExprCall};

/// Whether the file is written, which a second `create` would empty.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum Opened {
    ForReading,
    ForWriting,
}

/// Whether `init` opens a file, in a buffer or not.
pub(crate) fn opened(init: &Expr) -> Option<Opened> {
    find(init).map(|(opened, _)| opened)
}

/// The call that opens the same file for a run, with what follows the call in `init`. `by_user` gives the names
/// back that the user gave.
pub(crate) fn captured(init: &Expr, by_user: impl Fn(TokenStream) -> TokenStream) -> String {
    let Some((opened, call)) = find(init) else { return String::new() };
    let (path, end) = (diag::source(by_user(call.args.to_token_stream())), if fails(init) { "?" } else { ".unwrap()" });
    match opened {
        Opened::ForReading => format!("InputFile::open({path}){end}"),
        Opened::ForWriting => format!("OutputFile::create({path}){end}"),
    }
}

fn find(expr: &Expr) -> Option<(Opened, &ExprCall)> {
    let (Expr::Call(call), (path, _)) = (peeled(expr), called(expr)?) else { return None };
    match &path[..] {
        [.., of, name] if of == "File" && name == "open" => Some((Opened::ForReading, call)),
        [.., of, name] if of == "File" && name == "create" => Some((Opened::ForWriting, call)),
        [.., of, _] if ["BufReader", "BufWriter", "LineWriter"].iter().any(|name| of == name) => {
            find(call.args.last()?)
        }
        _ => None,
    }
}

/// Whether an error of it leaves the function.
fn fails(expr: &Expr) -> bool {
    match expr {
        Expr::Try(_) => true,
        Expr::Call(call) => call.args.last().is_some_and(fails),
        Expr::MethodCall(call) => fails(&call.receiver),
        _ => false,
    }
}

#[cfg(test)]
mod tests {
    use super::{captured, opened};

    #[test]
    fn files_are_seen_in_their_buffers() {
        for (code, expected) in [
            ("BufWriter::new(File::create(path)?)", "OutputFile::create(path)?"),
            ("std::fs::File::create(\"a\").expect(\"a\")", "OutputFile::create(\"a\").unwrap()"),
            ("BufReader::with_capacity(9, File::open(&p).unwrap())", "InputFile::open(&p).unwrap()"),
            ("File::options().open(path)?", ""),
            ("Profile::create(path)?", ""),
        ] {
            let init = syn::parse_str(code).expect(code);
            assert_eq!(captured(&init, |tokens| tokens), expected, "{code}");
            assert_eq!(opened(&init).is_some(), !expected.is_empty(), "{code}");
        }
    }
}

//! What it costs to put captured values into bytes and to read them back, against a copy of as many bytes and ciborium.
//!
//! ```text
//! cargo bench -p resume-runtime --bench codec             # all of it, as a markdown table
//! cargo bench -p resume-runtime --bench codec -- structs  # the states whose name has this in it
//! ```
//!
//! `docs/benchmarks.md` says what the numbers mean. `size.sh` beside this file measures the size of the code instead.

mod measure;
/// The codec is private to the crate, and its sources are compiled into this program once more.
#[path = "../../src"]
#[allow(dead_code, unreachable_pub, unused, reason = "not all of it is measured")]
mod source {
    pub(crate) mod codec;
}
mod states;

// The sources know themselves by this name.
use source::codec;
use std::env;

fn main() {
    let wanted = env::args().skip(1).find(|argument| !argument.starts_with('-')).unwrap_or_default();
    measure::print_head();
    for (name, run) in states::ALL {
        if name.contains(&wanted) {
            measure::print_row(name, &run());
        }
    }
}

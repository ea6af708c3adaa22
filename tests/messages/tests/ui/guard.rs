// A mutable guard is alive to the end of its scope by its name.
use resume_runtime::{checkpoint, resumable};

#[resumable]
fn walk(n: u64) {
    let mut _span = n;
    _span += 1;
    checkpoint!();
}

fn main() {}

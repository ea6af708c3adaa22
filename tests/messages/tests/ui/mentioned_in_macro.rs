// What stands in the arguments of a macro is a mention.
use resume_runtime::{checkpoint, resumable};

macro_rules! show {
    ($value:expr) => {
        drop($value)
    };
}

#[resumable]
fn walk(n: u64) {
    let mut count = n;
    count += 1;
    checkpoint!();
    show!(count + 1);
}

fn main() {}

// What is memoized must be saved.
use resume_runtime::{checkpoint, resumable};

struct Answer(u64);

#[resumable(on_return = memoize)]
fn walk(n: u64) -> Answer {
    checkpoint!();
    Answer(n)
}

fn main() {}

// Zero, empty, unknown, repeated.
use resume_runtime::{checkpoint, resumable};

#[resumable]
fn walk(n: u64) -> u64 {
    checkpoint!(every = 0);
    checkpoint!(every = (0));
    checkpoint!(every = -1);
    checkpoint!(interval = "");
    checkpoint!(interval = "0s");
    checkpoint!(interval = "10 parsecs");
    checkpoint!(evry = 3);
    checkpoint!(every = 3, every = 4);
    checkpoint!(label = "");
    checkpoint!(budget = "0%");
    checkpoint!(every);
    checkpoint!(10);
    n
}

fn main() {}

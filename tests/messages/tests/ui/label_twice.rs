// A label names one site.
use resume_runtime::{checkpoint, resumable};

#[resumable]
fn walk(n: u64) -> u64 {
    checkpoint!(label = "here");
    checkpoint!(label = "here");
    n
}

fn main() {}

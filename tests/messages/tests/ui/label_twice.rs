// A label names one site.
use resume_runtime::{checkpoint, resumable};

#[resumable]
fn walk(n: u64) -> u64 {
    checkpoint!(label = "here");
    checkpoint!(label = "here");
    n
}

#[resumable]
fn run(n: u64) -> u64 {
    checkpoint!(label = "there", every = 0);
    checkpoint!(label = "there");
    n
}

fn main() {}

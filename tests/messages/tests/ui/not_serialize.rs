// A captured local whose type serde does not know.
use resume_runtime::{checkpoint, resumable};

struct Handle(u64);

#[resumable]
fn walk(n: u64) -> u64 {
    #[resume]
    let mut handle = Handle(n);
    handle.0 += 1;
    checkpoint!();
    handle.0
}

#[resumable]
fn inferred_later(n: u64) -> u64 {
    #[resume]
    let mut best = None;
    for k in 0..n {
        best = Some(Handle(k));
        checkpoint!();
    }
    best.map_or(0, |best| best.0)
}

fn main() {}

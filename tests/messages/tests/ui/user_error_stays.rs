// A mistake that is Rust's own is reported once, at the user's own span.
use resume_runtime::{checkpoint, resumable};

#[resumable]
fn walk(n: u64) -> u64 {
    #[resume]
    let mut sum = 0u64;
    for k in 0..n {
        sum += k;
        checkpoint!();
    }
    sum.missing() + unknown_name
}

fn main() {}

// A `&mut` parameter must say which.
use resume_runtime::{checkpoint, resumable};

#[resumable]
fn walk(rows: &mut Vec<u64>, n: u64) -> usize {
    for k in 0..n {
        rows.push(k);
        checkpoint!();
    }
    rows.len()
}

fn main() {}

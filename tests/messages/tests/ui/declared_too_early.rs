// What has no value at a site cannot be saved there.
use resume_runtime::{checkpoint, resumable};

#[resumable]
fn walk(n: u64) -> u64 {
    let start;
    // Not needed behind that site.
    let early;
    let late;
    if n > 9 {
        checkpoint!();
        return 0;
    }
    early = n;
    drop(early);
    let (mut low, mut high);
    checkpoint!();
    start = n;
    (low, high) = (0, start);
    while low < high {
        low += 1;
        high -= 1;
    }
    late = low;
    late
}

fn main() {}

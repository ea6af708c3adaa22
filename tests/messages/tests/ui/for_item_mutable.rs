// The item of a `for` is found again, not what was made of it.
use resume_runtime::{checkpoint, resumable};

#[resumable]
fn walk(rows: Vec<u64>) -> u64 {
    #[resume]
    let mut sum = 0;
    for mut x in rows.iter().copied() {
        x += 1;
        checkpoint!();
        sum += x;
    }
    sum
}

fn main() {}

// A site without a label is called by where it stands, which no label may be.
use resume_runtime::{checkpoint, resumable};

#[resumable]
fn walk(n: u64) -> u64 {
    #[resume]
    let mut sum = 0;
    for i in 0..n {
        if i % 3 == 0 {
            checkpoint!(label = "for");
        }
        sum += i;
        checkpoint!();
    }
    sum
}

fn main() {}

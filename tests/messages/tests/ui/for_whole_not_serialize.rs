// `#[resume] for` needs an iterator that serde can save.
use resume_runtime::{checkpoint, resumable};

#[resumable]
fn walk(n: u64) -> u64 {
    #[resume]
    let mut sum = n;
    #[resume]
    for row in vec![1, 2, 3].into_iter() {
        #[resume]
        let row = row;
        checkpoint!();
        sum += row;
    }
    sum
}

fn main() {}

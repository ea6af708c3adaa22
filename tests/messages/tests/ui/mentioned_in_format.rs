// Inline format captures are mentions.
use resume_runtime::{checkpoint, resumable};

#[resumable]
fn walk(n: u64) {
    let mut count = 0;
    for k in 0..n {
        count += k;
        checkpoint!();
        println!("{count:>5}");
    }
}

fn main() {}

// A captured local that is set in a branch with a site has no value at the sites of the others.
use resume_runtime::{checkpoint, resumable};

#[resumable]
fn walk(n: u64) -> u64 {
    #[resume]
    let start;
    if n > 3 {
        start = n;
        checkpoint!();
    } else {
        checkpoint!();
        start = 1;
    }
    start
}

fn main() {}

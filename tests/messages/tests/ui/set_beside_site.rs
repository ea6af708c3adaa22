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

#[resumable]
fn count(n: u64) -> u64 {
    #[resume]
    let mut rest;
    #[resume]
    let mut k = 0;
    while k < n {
        k += 1;
        rest = k % 3;
        checkpoint!();
        if rest == 2 {
            return rest;
        }
    }
    k
}

fn main() {}

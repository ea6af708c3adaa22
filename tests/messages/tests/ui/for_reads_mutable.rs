// The iterator of a `for` is made again, so it may not read mutable locals.
use resume_runtime::{checkpoint, resumable};

#[resumable]
fn walk(n: u64) -> u64 {
    #[resume]
    let mut rows = vec![n];
    #[resume]
    let mut sum = 0;
    rows.push(4);
    for row in rows.iter() {
        sum += row;
        checkpoint!();
    }
    #[resume]
    let mut more = vec![n];
    more.push(5);
    for row in more.into_iter().rev() {
        sum += row;
        checkpoint!();
    }
    sum
}

fn main() {}

// A binding that is alive at a site: the fix is `#[resume] let job = job;`.
use resume_runtime::{checkpoint, resumable};

#[resumable]
fn walk(n: u64) -> u64 {
    #[resume]
    let mut queue = vec![n, 2, 3];
    #[resume]
    let mut sum = 0;
    while let Some(job) = queue.pop() {
        checkpoint!();
        sum += job;
    }
    sum + queue.len() as u64
}

fn main() {}

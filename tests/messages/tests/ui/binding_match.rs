// A binding of an arm that is alive at a site: the fix is `#[resume] let job = job;`.
use resume_runtime::{checkpoint, resumable};

#[resumable]
fn walk(n: u64) -> u64 {
    match n.checked_sub(1) {
        Some(job) if job > 2 => {
            checkpoint!();
            job
        }
        _ => 0,
    }
}

fn main() {}

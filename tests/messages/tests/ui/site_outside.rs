// A site outside a resumable function.
use resume_runtime::checkpoint;

fn walk(n: u64) -> u64 {
    checkpoint!();
    n
}

fn main() {
    walk(1);
}

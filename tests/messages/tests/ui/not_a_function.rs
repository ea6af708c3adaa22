// The attribute stands on functions with a body.
use resume_runtime::resumable;

#[resumable]
struct Walk;

trait Walks {
    #[resumable]
    fn walk(&self) -> u64;
}

#[resumable]
const fn fixed() -> u64 {
    3
}

fn main() {}

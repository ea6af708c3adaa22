// `&mut self` must say which.
use resume_runtime::{checkpoint, resumable};

struct Sim {
    state: u64,
}

impl Sim {
    #[resumable]
    fn walk(&mut self, n: u64) -> u64 {
        for k in 0..n {
            self.state += k;
            checkpoint!();
        }
        self.state
    }
}

fn main() {}

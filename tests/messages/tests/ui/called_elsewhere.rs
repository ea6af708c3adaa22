// One mistake is one error, also when the function is called.
use resume_runtime::{checkpoint, resumable};

#[resumable]
fn walk(n: u64) -> u64 {
    let mut sum = n;
    sum += 1;
    checkpoint!();
    sum
}

#[derive(serde::Serialize)]
struct Sim;

impl Sim {
    #[resumable]
    fn run(&self, n: u64) -> u64 {
        let mut sum = n;
        sum += 1;
        checkpoint!();
        sum
    }
}

fn main() {
    let sum: u64 = walk(1) + Sim.run(2);
    println!("{sum}");
}

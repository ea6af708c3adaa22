use resume_runtime::{checkpoint, resumable};

#[resumable]
fn sum(n: u32) -> u32 {
    #[resume(default = "0")]
    let mut sum = 0;
    for i in 0..n {
        sum += i;
        checkpoint!();
    }
    sum
}

fn main() {}

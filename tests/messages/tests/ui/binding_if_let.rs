// A binding that is alive at a site: the fix is `#[resume] let job = job;`.
use resume_runtime::{checkpoint, resumable};

#[resumable]
fn walk(n: u64) -> u64 {
    #[resume]
    let mut queue = vec![n, 2, 3];
    #[resume]
    let mut sum = 0;
    if let Some(job) = queue.pop() {
        checkpoint!();
        sum += job;
    }
    sum + queue.len() as u64
}

#[resumable]
fn digits(text: &str) -> Vec<u32> {
    #[resume]
    let mut digits = Vec::new();
    for c in text.chars() {
        if let Some(digit) = c.to_digit(10) {
            checkpoint!();
            digits.push(digit);
            continue;
        }
        digits.push(u32::from(c));
    }
    digits
}

fn main() {}

use resume_runtime::{checkpoint, resumable};

#[resumable]
fn sum(n: u32, #[Resume] start: &mut u32) -> u32 {
    #[resum]
    let mut sum = 0;
    #[transiet]
    let mut scratch = Vec::new();
    #[resumed]
    for i in 0..n {
        scratch.push(i);
        sum += i;
        *start += 1;
        checkpoint!();
    }
    sum
}

fn main() {
    sum(3, &mut 0);
}

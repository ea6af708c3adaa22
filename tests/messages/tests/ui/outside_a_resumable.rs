// `#[resume]` means nothing outside a resumable function.
fn walk(n: u64) -> u64 {
    #[resume]
    let mut sum = n;
    sum += 1;
    sum
}

fn main() {}

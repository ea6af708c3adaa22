// Unknown, repeated and misplaced options of `#[resume]`.
use resume_runtime::{checkpoint, resumable};

#[resumable]
fn walk(n: u64) -> u64 {
    #[resume(deflaut)]
    let mut one = n;
    #[resume(rename = "old", rename = "older")]
    let mut two = n;
    #[resume(rename = 3)]
    let mut three = n;
    #[transient(default)]
    let mut four = n;
    one += 1;
    two += 1;
    three += 1;
    four += 1;
    checkpoint!();
    one + two + three + four
}

fn main() {}

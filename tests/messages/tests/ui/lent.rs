// What changes behind a reference that is not `mut` itself.
use resume_runtime::{checkpoint, resumable};

#[resumable]
fn counter(n: u64) -> u64 {
    let most = &mut 0;
    let (ref mut sum, width) = (0, 3);
    for ref mut row in vec![[0; 2]; 5] {
        row[0] += n;
        *most = n.max(*most);
        checkpoint!();
        *sum += row[0] + width;
    }
    *most + *sum
}

#[resumable]
fn within((rows, n): (&mut Vec<u64>, u64)) {
    rows.push(n);
    checkpoint!();
}

#[resumable]
fn perhaps(rows: Option<&mut Vec<u64>>) {
    checkpoint!();
    rows.map(|rows| rows.push(1));
}

#[resumable]
fn by_reference(ref mut rows: Vec<u64>) {
    rows.push(1);
    checkpoint!();
}

#[resumable]
fn called(#[transient] step: impl Fn(&mut u64), #[transient] again: fn(&mut u64)) {
    #[resume]
    let mut x = 0;
    step(&mut x);
    again(&mut x);
    checkpoint!();
}

fn main() {}

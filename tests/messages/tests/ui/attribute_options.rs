// Unknown, repeated and wrong options of `#[resumable]`.
use resume_runtime::{checkpoint, resumable};

#[resumable(on_return = forget)]
fn one(n: u64) -> u64 {
    checkpoint!();
    n
}

#[resumable(onreturn = keep)]
fn two(n: u64) -> u64 {
    checkpoint!();
    n
}

#[resumable(strict, strict)]
fn three(n: u64) -> u64 {
    checkpoint!();
    n
}

#[resumable(strict = true)]
fn four(n: u64) -> u64 {
    checkpoint!();
    n
}

#[resumable(keep = last(0), version = "two", compression = "gzip")]
fn five(n: u64) -> u64 {
    checkpoint!();
    n
}

#[resumable(keep = weekly)]
fn six(n: u64) -> u64 {
    checkpoint!();
    n
}

#[resumable(pin = "burn-out")]
fn seven(n: u64) -> u64 {
    checkpoint!(label = "burn-in");
    checkpoint!(label = "production");
    n
}

#[resumable(pin = "burn-in")]
fn eight(n: u64) -> u64 {
    checkpoint!();
    n
}

fn main() {
    one(two(three(four(five(six(seven(eight(1))))))));
}

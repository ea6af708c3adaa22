// Names that mean two things in one function, where a resume has to know which.
use resume_runtime::{checkpoint, resumable};

const STEP: u64 = 1;

#[resumable]
fn labels(n: u64) -> u64 {
    #[resume]
    let mut sum = 0;
    'a: for i in 0..n {
        'a: for j in 0..3 {
            if j == 1 {
                continue 'a;
            }
            sum += i;
        }
        checkpoint!();
    }
    sum
}

#[resumable]
fn items(n: u64) -> u64 {
    #[resume]
    let mut sum = 0;
    for i in 0..n {
        let t = i + STEP;
        {
            const STEP: u64 = 1000;
            sum += t * STEP;
            checkpoint!();
            sum += 1;
        }
    }
    sum
}

macro_rules! some {
    ($x:ident) => {
        Some($x)
    };
}

macro_rules! pair {
    ($x:ident, $y:ident) => {
        ($x, $y)
    };
}

#[resumable]
fn patterns(pair!(a, b): (u64, u64)) -> u64 {
    #[resume]
    let mut sum = 0;
    if let some!(x) = a.checked_add(b) {
        checkpoint!();
        sum += x;
    }
    sum
}

#[resumable]
fn behind(#[resume] count: &std::cell::Cell<u64>, #[resume] (rows, n): (&mut Vec<u64>, u64)) {
    count.set(count.get() + n);
    checkpoint!();
    rows.push(n);
}

fn main() {}

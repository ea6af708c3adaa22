//! Runs that are begun afresh or from an earlier snapshot: `branches <mode> <at> <size>` prints what they give, and dies at
//! pass `at`.

use resume_runtime::{Keep, checkpoint, resumable};

fn main() {
    let mut arguments = std::env::args().skip(1);
    let mode = arguments.next().unwrap_or_default();
    let mut number = || arguments.next().and_then(|text| text.parse().ok()).unwrap_or(u64::MAX);
    let (at, size) = (number(), number());
    match mode.as_str() {
        "all" | "last" => {
            let keep = if mode == "all" { Keep::all() } else { Keep::last(1) };
            resume_runtime::configure().keep(keep);
            println!("{:x}", turns(size, at));
        }
        "sums" => println!("{}", sums(size, at)),
        _ => eprintln!("unknown mode {mode:?}"),
    }
}

fn die(pass: u64, at: u64) {
    assert!(pass != at, "as it was told");
}

/// Three blocks of 128 KiB, of which each pass makes one new, so that the files of snapshots hold parts of one another.
#[resumable]
fn turns(size: u64, #[transient] at: u64) -> u64 {
    const BLOCK: usize = 16 * 1024;
    #[resume]
    let mut state = vec![0_u64; 3 * BLOCK];
    for k in 0..size {
        die(k, at);
        let block = (k % 3) as usize * BLOCK;
        for (n, word) in state[block..block + BLOCK].iter_mut().enumerate() {
            *word = (word.rotate_left(7) ^ (n as u64 + k)).wrapping_mul(0x9e37_79b9_7f4a_7c15);
        }
        checkpoint!(every = 1);
    }
    state.iter().fold(0, |sum, word| sum.rotate_left(1) ^ word)
}

/// What is read from outside, and not part of what names the run: the reason to begin afresh.
fn data() -> u64 {
    std::env::var("DATA").ok().and_then(|text| text.parse().ok()).unwrap_or(1)
}

/// Two child runs before the first pass of its own; passes count on from one to the other.
#[resumable]
fn sums(size: u64, #[transient] at: u64) -> u64 {
    #[resume]
    let mut sum = part(size, 0, at);
    #[resume]
    let second = part(size, 1, at.wrapping_sub(size));
    for k in 0..2 {
        die(k, at.wrapping_sub(2 * size));
        sum = sum * 1000 + second;
        checkpoint!(every = 1);
    }
    sum
}

#[resumable]
fn part(size: u64, which: u64, #[transient] at: u64) -> u64 {
    #[resume]
    let mut sum = which;
    for k in 0..size {
        die(k, at);
        sum += data();
        checkpoint!(every = 1);
    }
    sum
}

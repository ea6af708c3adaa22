// An initialiser that reads a mutable local cannot run again.
use resume_runtime::{checkpoint, resumable};

#[resumable]
fn walk(n: u64) -> u64 {
    #[resume]
    let mut sum = n;
    sum += 1;
    let double = sum * 2;
    checkpoint!();
    sum + double
}

#[resumable]
fn count(words: Vec<String>) -> usize {
    #[resume]
    let mut counts = std::collections::BTreeMap::new();
    for word in &words {
        let count = counts.entry(word.len()).or_insert(0);
        checkpoint!();
        *count += 1;
    }
    counts.len()
}

#[resumable]
fn fill(rows: usize) -> usize {
    #[resume]
    let mut table = vec![Vec::new(); rows];
    #[resume]
    let mut at = 0;
    while at < 9 {
        let row = &mut table[at % 3];
        checkpoint!();
        row.push(at);
        at += 1;
    }
    table.len()
}

fn main() {}

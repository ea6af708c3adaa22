// A copy would take what the loop makes of the items, so another way is offered.
use resume_runtime::{checkpoint, resumable};
use std::collections::BTreeMap;

#[resumable]
fn walk(#[resume] rows: &mut Vec<u64>, #[resume] by_name: &mut BTreeMap<String, u64>) -> u64 {
    #[resume]
    let mut sum = 0;
    for row in rows.iter_mut() {
        *row += 1;
        checkpoint!();
    }
    for count in by_name.values_mut() {
        *count += 1;
        checkpoint!();
    }
    for row in std::mem::take(rows) {
        sum += row;
        checkpoint!();
    }
    #[resume]
    let mut todo = vec![1, 2];
    for one in todo.drain(..).rev() {
        sum += one;
        checkpoint!();
    }
    for row in std::mem::take(&mut todo) {
        sum += row;
        checkpoint!();
    }
    sum
}

#[derive(serde::Serialize, serde::Deserialize)]
struct Sim {
    rows: Vec<u64>,
}

impl Sim {
    #[resumable]
    fn walk(#[resume] &mut self) {
        for row in &mut self.rows {
            *row += 1;
            checkpoint!();
        }
        for row in self.rows.iter().rev() {
            println!("{row}");
            checkpoint!();
        }
    }
}

fn main() {}

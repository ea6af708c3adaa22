// What begins anew on a resume, though one sees that something is made of it, is a warning.
#![deny(warnings)]
use resume_runtime::{checkpoint, resumable};
use std::cell::{Cell, RefCell};
use std::sync::atomic::{AtomicU64, Ordering::Relaxed};
use std::sync::{Arc, Mutex};

pub struct Generator(u64);

impl Generator {
    pub fn seed_from_u64(seed: u64) -> Generator {
        Generator(seed)
    }

    pub fn next(&mut self) -> u64 {
        self.0 += 1;
        self.0
    }
}

#[resumable]
pub fn walk(n: u64, log: &RefCell<Vec<u64>>) -> u64 {
    #[transient]
    let mut rng = Generator::seed_from_u64(7);
    #[transient]
    let mut letters = "abc".chars().rev();
    let hits = Cell::new(0);
    let all = Arc::new(Mutex::new(vec![1]));
    // These begin anew rightly, or are saved.
    #[transient]
    let table: Vec<u64> = {
        let mut rng = Generator::seed_from_u64(7);
        vec![rng.next()]
    };
    #[transient]
    let mut whole = "abc".chars();
    let lock = Mutex::new(());
    #[transient]
    let count = AtomicU64::new(0);
    #[resume]
    let seen = Cell::new(0);
    for i in 0..n {
        drop(lock.lock());
        hits.set(hits.get() + i + rng.next() + table[0]);
        seen.set(seen.get() + 1);
        all.lock().unwrap().push(2);
        log.borrow_mut().push(3);
        count.fetch_add(1, Relaxed);
        letters.next();
        checkpoint!();
    }
    let late = Cell::new(1);
    let read = Mutex::new(vec![2]);
    for i in 0..n {
        let each = Cell::new(i);
        seen.set(seen.get() + read.lock().unwrap()[0] + late.get());
        checkpoint!();
        each.set(each.get() + 1);
        seen.set(seen.get() + each.get());
    }
    late.set(whole.next().map_or(2, u64::from));
    hits.get() + late.get() + seen.get() + count.into_inner()
}

fn main() {
    walk(Generator::seed_from_u64(1).next(), &RefCell::default());
}

//! Small runs for tests of their whole life: `lives <mode> <number>` prints what they give.

use std::collections::{BTreeMap, HashMap};
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Instant;

use resume_runtime::rand_chacha::rand_core::Rng;
use resume_runtime::{checkpoint, resumable};

fn main() {
    let mut arguments = std::env::args().skip(1);
    let mode = arguments.next().unwrap_or_default();
    let number = arguments.next().and_then(|text| text.parse().ok()).unwrap_or(5);
    STOP.store(arguments.next().and_then(|text| text.parse().ok()).unwrap_or(u64::MAX), Ordering::Relaxed);
    match mode.as_str() {
        "keep" => println!("{:?}", squares(number)),
        "memo" => {
            let mut seen = vec![1];
            println!("{} {seen:?} {}", costly(number, &mut seen), CALLS.load(Ordering::Relaxed));
        }
        "fails" => println!("{:?}", fails(number, std::env::var_os("FAIL").is_some())),
        "map" => println!("{}", over_map(number)),
        "ordered" => println!("{}", over_ordered(number)),
        "configured" => println!("{}", configured(number)),
        "enter" => enter(number),
        "sum" => println!("{}", sum(number)),
        "big" => println!("{}", big(number)),
        "noise" => println!("{}", noise(number)),
        "once" => println!("{}", once(number)),
        "more" => println!("{}", more(number)),
        "deep" => println!("{}", deep(number)),
        "patient" => println!("{}", patient(number)),
        _ => eprintln!("unknown mode {mode:?}"),
    }
}

static STOP: AtomicU64 = AtomicU64::new(u64::MAX);
static CALLS: AtomicU64 = AtomicU64::new(0);

fn tick() {
    CALLS.fetch_add(1, Ordering::Relaxed);
    if STOP.fetch_sub(1, Ordering::Relaxed) == 1 {
        resume_runtime::interrupt();
    }
}

#[resumable]
fn sum(size: u64) -> u64 {
    #[resume]
    let mut sum = 1u64;
    for k in 0..size {
        sum = sum.wrapping_mul(3).wrapping_add(k);
        tick();
        checkpoint!(every = 4);
    }
    sum
}

/// Goes on from what it kept, with a child run behind the last snapshot and one behind the end.
#[resumable(on_return = keep)]
fn more(#[transient] goal: u64) -> u64 {
    #[transient]
    let _last = Last;
    #[resume]
    let mut done = 0;
    while done < goal {
        done += 1;
        checkpoint!(every = 2);
    }
    let mut sum = goal;
    added(&mut sum);
    sum
}

#[resumable]
fn added(#[resume] sum: &mut u64) {
    for k in 0..5 {
        *sum += k;
        checkpoint!(every = 1);
    }
}

/// The same with a result that is stored.
#[resumable(on_return = memoize)]
fn once(number: u64) -> u64 {
    #[transient]
    let _last = Last;
    for _ in 0..number {
        checkpoint!(every = 1);
    }
    number
}

struct Last;

impl Drop for Last {
    fn drop(&mut self) {
        added(&mut 7);
    }
}

/// As many runs within one another as `level` says.
#[resumable]
fn deep(level: u64) -> u64 {
    #[resume]
    let mut sum = resume_runtime::rng().next_u64() % 1000;
    if level > 0 {
        checkpoint!(every = 1);
        sum = sum.wrapping_mul(3) + deep(level - 1);
    }
    tick();
    checkpoint!(every = 1);
    sum.wrapping_add(resume_runtime::rng().next_u64() % 1000)
}

/// "n more": each call goes on from where the one before ended.
#[resumable(on_return = keep)]
fn squares(#[transient] more: u64) -> Vec<u64> {
    #[resume]
    let mut squares: Vec<u64> = Vec::new();
    #[resume]
    let mut next = 1u64;
    #[transient]
    let goal = squares.len() as u64 + more;
    while (squares.len() as u64) < goal {
        squares.push(next * next);
        next += 1;
        if std::env::var_os("DIE").is_some() {
            std::process::abort();
        }
        checkpoint!(every = 1);
    }
    squares
}

#[resumable(on_return = memoize)]
fn costly(number: u64, #[resume] seen: &mut Vec<u64>) -> u64 {
    #[resume]
    let mut sum = 0;
    for k in 0..number {
        tick();
        seen.push(k);
        sum += k * k;
        checkpoint!(every = 2);
    }
    sum
}

/// `Err` does not count as finished: the next call resumes.
#[resumable]
fn fails(number: u64, #[transient] fail: bool) -> Result<u64, std::io::Error> {
    #[resume]
    let mut sum = 0;
    for k in 0..number {
        if fail && k == number - 1 {
            return Err(std::io::Error::other("the net is down"));
        }
        sum += k;
        checkpoint!(every = 1);
    }
    Ok(sum)
}

#[resumable]
fn over_map(number: u64) -> u64 {
    let counts: HashMap<u64, u64> = (0..number).map(|k| (k, k * k)).collect();
    #[resume]
    let mut sum = 0;
    for (k, v) in &counts {
        sum += k ^ v;
        checkpoint!(every = 1);
    }
    sum
}

#[resumable]
fn over_ordered(number: u64) -> u64 {
    let counts: BTreeMap<u64, u64> = (0..number).map(|k| (k, k * k)).collect();
    #[resume]
    let mut sum = 0u64;
    for (k, v) in &counts {
        sum = sum.wrapping_mul(5).wrapping_add(k ^ v);
        tick();
        checkpoint!(every = 3);
    }
    sum
}

/// A hash map as an argument names one run, whatever its order.
fn configured(number: u64) -> u64 {
    let options: HashMap<String, u64> = (0..number).map(|k| (format!("option {k}"), k)).collect();
    by_options(options)
}

#[resumable]
fn by_options(options: HashMap<String, u64>) -> u64 {
    #[resume]
    let mut sum = 0u64;
    for k in 0..40 {
        sum = sum.wrapping_mul(3).wrapping_add(k + options.len() as u64);
        tick();
        checkpoint!(every = 4);
    }
    sum
}

#[resumable]
fn nothing(number: u64) -> u64 {
    if number == u64::MAX {
        checkpoint!();
    }
    number
}

/// Prints how many microseconds it takes to enter and leave, the median of many.
fn enter(number: u64) {
    let mut times: Vec<u128> = (0..number)
        .map(|k| {
            let start = Instant::now();
            assert_eq!(nothing(k), k);
            start.elapsed().as_micros()
        })
        .collect();
    times.sort_unstable();
    println!("{}", times[times.len() / 2]);
}

/// Takes its time, and saves at each pass.
#[resumable]
fn patient(size: u64) -> u64 {
    #[resume]
    let mut sum = 1u64;
    for k in 0..size {
        sum = sum.wrapping_mul(3).wrapping_add(k);
        std::thread::sleep(std::time::Duration::from_millis(1));
        checkpoint!(every = 1);
    }
    sum
}

/// Much to save: `number` megabytes that do not compress.
#[resumable]
fn big(number: u64) -> u64 {
    #[resume]
    let mut data: Vec<u64> = Vec::new();
    #[resume]
    let mut state = 1u64;
    for _ in 0..20 {
        for _ in 0..number * 6_000 {
            state ^= state << 13;
            state ^= state >> 7;
            state ^= state << 17;
            data.push(state);
        }
        tick();
        checkpoint!(every = 1);
    }
    data.iter().fold(0, |sum, n| sum ^ n)
}

/// Keeps all its snapshots, of 8 kB that do not compress and are others each time.
#[resumable(keep = all)]
fn noise(number: u64) -> u64 {
    #[resume]
    let mut data = vec![number; 1000];
    #[resume]
    let mut state = number + 1;
    for _ in 0..30 {
        for place in &mut data {
            state ^= state << 13;
            state ^= state >> 7;
            state ^= state << 17;
            *place ^= state;
        }
        tick();
        checkpoint!(every = 1);
    }
    data.iter().fold(0, |sum, n| sum ^ n)
}

//! Timing: all contenders in turn, again and again, and the median of the ratios.

use crate::codec::{Capture, capture, from_slice};
use serde::Serialize;
use serde::de::DeserializeOwned;
use std::fmt::Debug;
use std::hint::black_box;
use std::time::Duration;

/// Microseconds of each contender.
pub(crate) struct Times {
    /// A copy of as many bytes as the values have in memory, into memory that is already there.
    copy: f64,
    write: f64,
    write_ciborium: f64,
    /// A copy of the encoded bytes into memory that is asked for anew.
    fresh: f64,
    read: f64,
    read_ciborium: f64,
    /// Encoded bytes.
    size: usize,
}

pub(crate) fn print_head() {
    println!(
        "| state | encoded, bytes | memcpy, µs | write, µs | x memcpy | ciborium writes, x memcpy | fresh copy, x memcpy | read, µs | x memcpy | ciborium reads, x memcpy |"
    );
    println!("|---|---|---|---|---|---|---|---|---|---|");
}

pub(crate) fn print_row(name: &str, times: &Times) {
    let Times { copy, write, write_ciborium, fresh, read, read_ciborium, size } = times;
    println!(
        "| {name} | {size} | {copy:.2} | {write:.2} | {:.2} | {:.1} | {:.2} | {read:.2} | {:.2} | {:.1} |",
        write / copy,
        write_ciborium / copy,
        fresh / copy,
        read / copy,
        read_ciborium / copy
    );
}

/// Measures one state of `payload` bytes in memory: each contender once a round, `each` times within it.
pub(crate) fn times<T: Serialize + DeserializeOwned + PartialEq + Debug>(
    state: &T,
    payload: usize,
    rounds: usize,
    each: usize,
) -> Times {
    let from = vec![1u8; payload];
    let mut to = vec![0u8; payload];
    let mut into = Capture::default();
    let mut buffer = Vec::new();
    let encode = |into: &mut Capture| {
        into.bytes.reuse(usize::MAX);
        into.arrays.clear();
        capture(black_box(state), into, usize::MAX).expect("encodable");
    };
    encode(&mut into);
    let bytes = into.bytes.to_vec();
    assert!(from_slice::<T>(&bytes).expect("decodable") == *state, "it does not come back as it was");
    ciborium::into_writer(state, &mut buffer).expect("encodable");
    let foreign = buffer.clone();

    let mut samples = [const { Vec::new() }; 6];
    for _ in 0..=rounds {
        let round = [
            micros(each, || black_box(&mut to[..]).copy_from_slice(black_box(&from))),
            micros(each, || encode(&mut into)),
            micros(each, || {
                buffer.clear();
                ciborium::into_writer(black_box(state), &mut buffer).expect("encodable");
            }),
            micros(each, || black_box(&bytes).to_vec()),
            micros(each, || from_slice::<T>(black_box(&bytes)).expect("decodable")),
            micros(each, || ciborium::from_reader::<T, _>(black_box(&foreign[..])).expect("decodable")),
        ];
        samples.iter_mut().zip(round).for_each(|(all, one)| all.push(one));
    }
    // The first round finds caches and memory cold.
    let [copy, write, write_ciborium, fresh, read, read_ciborium] = samples.map(|all| median(all[1..].to_vec()));
    Times { copy, write, write_ciborium, fresh, read, read_ciborium, size: bytes.len() }
}

/// What one of `times` calls takes, without the time for dropping the last result: where one call takes long, it is the
/// only one.
fn micros<R>(times: usize, mut work: impl FnMut() -> R) -> f64 {
    let start = now();
    for _ in 1..times {
        black_box(work());
    }
    let last = black_box(work());
    let spent = now() - start;
    drop(last);
    spent.as_secs_f64() * 1e6 / times as f64
}

/// The time of the processor that this thread has used: what others do on the machine counts less in it.
#[cfg(unix)]
#[allow(unsafe_code, reason = "the standard library has no such clock")]
fn now() -> Duration {
    let mut time = libc::timespec { tv_sec: 0, tv_nsec: 0 };
    // SAFETY: the pointer leads to a `timespec` of this function's own, and the call writes one there.
    let failed = unsafe { libc::clock_gettime(libc::CLOCK_THREAD_CPUTIME_ID, &mut time) };
    assert_eq!(failed, 0, "no clock");
    Duration::new(time.tv_sec as u64, time.tv_nsec as u32)
}

#[cfg(not(unix))]
fn now() -> Duration {
    use std::sync::LazyLock;
    use std::time::Instant;
    static START: LazyLock<Instant> = LazyLock::new(Instant::now);
    START.elapsed()
}

fn median(mut values: Vec<f64>) -> f64 {
    values.sort_by(f64::total_cmp);
    values[values.len() / 2]
}

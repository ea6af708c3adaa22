//! Locals and parameters called as in a textbook of physics.

#![allow(non_snake_case)]

use resume_runtime::testing::{cut_at, cut_everywhere};
use resume_runtime::{checkpoint, configure, resumable, store::Memory};

const LEAST: u64 = 2;

#[resumable]
fn energy(N: u64, (Δx, T): (u64, u64), #[resume] Z: &mut Vec<u64>) -> u64 {
    let M = N * 2;
    let (A, Ω) = (M + T, Δx);
    #[resume]
    let mut E = 0;
    for K in 0..N {
        #[resume]
        let mut E2 = E;
        E2 += K * Ω + A;
        let add = |X: u64| X + M;
        let twice = match K {
            LEAST => 1,
            _ => 2,
        };
        checkpoint!(every = 2);
        if let Some(LEAST) = Some(K) {
            Z.push(K);
        }
        E = add(E2) * twice % 1_000_003;
    }
    E + A
}

fn by_hand(N: u64, T: u64, Δx: u64) -> u64 {
    let (M, A) = (N * 2, N * 2 + T);
    let step = |E, K| (E + K * Δx + A + M) * if K == LEAST { 1 } else { 2 } % 1_000_003;
    (0..N).fold(0, step) + A
}

#[test]
fn they_are_bindings() {
    let f = || {
        let mut Z = vec![7];
        let E = energy(9, (3, 4), &mut Z);
        (E, Z)
    };
    let _ = cut_everywhere(f);
    assert_eq!(f(), (by_hand(9, 4, 3), vec![7, LEAST]));
    let _ = cut_at(3, f);
}

#[resumable(on_return = memoize)]
fn remembered(N: u64, T: u64) -> u64 {
    #[resume]
    let mut sum = 0;
    for _ in 0..3 {
        sum += N * T;
        checkpoint!();
    }
    sum
}

#[test]
fn they_name_the_run() {
    let _ = configure().store_in(Memory::new()).quiet(true);
    assert_eq!((remembered(1, 4), remembered(2, 4), remembered(2, 5)), (12, 24, 30));
    assert_eq!((remembered(1, 4), remembered(2, 4), remembered(2, 5)), (12, 24, 30));
}

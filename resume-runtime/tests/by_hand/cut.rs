//! The function of the contract's first section, cut at every pass.

use crate::PutAll;
use resume_runtime::__v0_1 as private;
use resume_runtime::rand_chacha::ChaCha8Rng;
use resume_runtime::rand_chacha::rand_core::{Rng, SeedableRng};
use resume_runtime::testing;

use crate::{function, get, site};

fn normal(rng: &mut ChaCha8Rng) -> f64 {
    (0..12).map(|_| (rng.next_u64() >> 11) as f64 / (1_u64 << 53) as f64).sum::<f64>() - 6.0
}

/// `forget` leaves the generator out of what is restored, as a wrong expansion would.
fn mean_position(seed: u64, epochs: usize, every: u64, forget: bool) -> f64 {
    let function = function!("mean_position", [site("for", &["rng", "positions", "x", "for"], &["for"])]);
    let call = private::Call::new(function, private::path_of(&|| ()));
    let mut run =
        get!(call.argument("seed", &seed).argument("epochs", &epochs).open(private::Returns::<f64>::NEW.kind()));
    let target: u32 = run.target();
    let mut left_1 = run.credit(1);
    let mut rng = if target == 0 {
        ChaCha8Rng::seed_from_u64(seed)
    } else {
        let saved = get!(run.take("rng"));
        if forget { ChaCha8Rng::seed_from_u64(seed) } else { saved }
    };
    let mut positions = if target == 0 { Vec::with_capacity(epochs) } else { get!(run.take("positions")) };
    let mut x = if target == 0 { 0.0 } else { get!(run.take("x")) };
    let mut steps = if target == 0 { private::Steps::new(0..epochs) } else { get!(run.take_steps("for")) };
    if target == 1 {
        run.arrived();
    }
    while let Some(block) = steps.block(&mut { left_1 }) {
        for _ in block {
            let step = normal(&mut rng);
            x += step;
            positions.push(x);
            left_1 -= 1;
        }
        if left_1 == 0 {
            if run.due(1, 0, private::Trigger::new().every(every)) {
                let held = (rng, positions, x);
                let saved = run.put_all(
                    1,
                    &[left_1],
                    &[
                        ("rng", private::Save(&held.0).value()),
                        ("positions", private::Save(&held.1).value()),
                        ("x", private::Save(&held.2).value()),
                        ("for", private::Save(&steps.here()).value()),
                    ],
                );
                (rng, positions, x) = held;
                get!(saved);
            }
            left_1 = run.credit(1);
        }
    }
    run.done(positions.iter().sum::<f64>() / epochs as f64)
}

fn plain(seed: u64, epochs: usize) -> f64 {
    let mut rng = ChaCha8Rng::seed_from_u64(seed);
    let mut positions = Vec::with_capacity(epochs);
    let mut x = 0.0;
    for _ in 0..epochs {
        let step = normal(&mut rng);
        x += step;
        positions.push(x);
    }
    positions.iter().sum::<f64>() / epochs as f64
}

#[test]
fn whole_run_is_the_plain_one() {
    crate::set_up();
    assert_eq!(mean_position(3, 1000, 100, false).to_bits(), plain(3, 1000).to_bits());
}

#[test]
fn cut_anywhere_it_gives_the_same() {
    for every in [1, 4, 1000] {
        let report = testing::cut_everywhere(|| mean_position(7, 50, every, false));
        assert_eq!((report.passes, report.runs, report.cuts), (50, 1, 50));
    }
    let report = testing::cut_at(7, || mean_position(7, 50, 3, false));
    assert_eq!(report.cuts, 1);
}

#[test]
#[should_panic(expected = "first difference: `rng` at pass 2")]
fn what_is_forgotten_is_found() {
    testing::cut_everywhere(|| mean_position(7, 5, 1, true));
}

#[test]
#[should_panic(expected = "there are 5 passes")]
fn a_pass_that_is_not_there_cannot_be_cut() {
    testing::cut_at(6, || mean_position(7, 5, 1, false));
}

#[test]
fn not_a_number_is_the_same_as_itself() {
    testing::cut_everywhere(|| mean_position(7, 3, 1, false) * f64::NAN);
}

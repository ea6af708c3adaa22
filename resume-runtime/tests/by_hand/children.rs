//! Child runs: named by their parent, on top of its snapshots, with its generator.

use crate::PutAll;
use resume_runtime::__v0_1 as private;
use resume_runtime::rand_chacha::rand_core::Rng;
use resume_runtime::testing;

use crate::{function, get, site};

/// What a walk looks like: its steps are drawn from the ambient generator.
fn walk(steps: u64, place: &mut f64, draws: bool) -> f64 {
    let function = function!("walk", [site("for", &["place", "most", "for"], &["for"])]);
    let mut run = get!(
        private::Call::new(function, private::path_of(&|| ()))
            .argument("steps", &steps)
            .captured("place", private::Save(&*place).value())
            .open(private::Returns::<f64>::NEW.kind())
    );
    let mut target = run.target();
    let mut left_1 = run.credit(1);
    if target != 0 {
        get!(run.restore("place", place));
    }
    let mut most = if target == 0 { f64::MIN } else { get!(run.take("most")) };
    let mut cursor = if target == 0 { private::Steps::new(0..steps) } else { get!(run.take_steps("for")) };
    loop {
        if target == 0 {
            if cursor.next().is_none() {
                break;
            }
            *place += if draws { f64::from(resume_runtime::rng().next_u32()) / 1e9 - 2.0 } else { 0.25 };
        }
        // A site in the middle of a body.
        if target == 0 {
            left_1 -= 1;
            if left_1 == 0 {
                if run.due(1, left_1, private::Trigger::new().every(3)) {
                    get!(run.put_all(
                        1,
                        &[left_1],
                        &[
                            ("place", private::Save(&*place).value()),
                            ("most", private::Save(&most).value()),
                            ("for", private::Save(&cursor.here()).value()),
                        ],
                    ));
                }
                left_1 = run.credit(1);
            }
        } else {
            target = 0;
            run.arrived();
        }
        most = f64::max(most, *place);
    }
    run.done(most)
}

/// A run of several walks, through a plain function and recursively.
fn tour(legs: u32, depth: u32) -> (f64, f64, u64) {
    let function = function!("tour", [site("for", &["place", "best", "for"], &["for"])]);
    let mut run = get!(
        private::Call::new(function, private::path_of(&|| ()))
            .argument("legs", &legs)
            .argument("depth", &depth)
            .open(private::Returns::<(f64, f64, u64)>::NEW.kind())
    );
    let target = run.target();
    let mut left_1 = run.credit(1);
    let mut place = if target == 0 { 1.0 } else { get!(run.take("place")) };
    let mut best = if target == 0 { 0.0 } else { get!(run.take("best")) };
    let mut cursor = if target == 0 { private::Steps::new(0..legs) } else { get!(run.take_steps("for")) };
    // Recomputed: a child run that runs again on the way back.
    let unit = walk(2, &mut 0.5, false);
    if target == 1 {
        run.arrived();
    }
    while let Some(block) = cursor.block(&mut { left_1 }) {
        for leg in block {
            best += unit * walk(u64::from(leg % 3) + 1, &mut place, true);
            if depth > 0 && leg == 1 {
                let (there, _, _) = tour(2, depth - 1);
                best += there;
            }
            best += walk(2, &mut place, true);
            left_1 -= 1;
        }
        if left_1 == 0 {
            if run.due(1, 0, private::Trigger::new().every(2)) {
                get!(run.put_all(
                    1,
                    &[left_1],
                    &[
                        ("place", private::Save(&place).value()),
                        ("best", private::Save(&best).value()),
                        ("for", private::Save(&cursor.here()).value()),
                    ],
                ));
            }
            left_1 = run.credit(1);
        }
    }
    let mut stream = resume_runtime::rng_stream("end");
    run.done((place, best, stream.next_u64()))
}

#[test]
fn nested_runs_are_cut_at_each_pass() {
    let report = testing::cut_everywhere(|| tour(4, 2));
    assert!(report.runs > 10 && report.passes > 30, "{report}");
    assert_eq!(report.cuts, 2 * report.passes);
}

#[test]
fn a_root_run_counts_what_its_captured_parameters_begin_with() {
    crate::set_up();
    let (mut a, mut b) = (0.0, 3.0);
    assert_ne!(walk(3, &mut a, true), walk(3, &mut b, true));
}

/// Draws in the initialiser of a local that is made again.
fn forgetful(n: u64) -> u64 {
    let function = function!("forgetful", [site("for", &["sum", "for"], &["for"])]);
    let call = private::Call::new(function, private::path_of(&|| ()));
    let mut run = get!(call.argument("n", &n).open(private::Returns::<u64>::NEW.kind()));
    let target = run.target();
    let mut left_1 = run.credit(1);
    let noise = resume_runtime::rng().next_u64() % 10;
    let mut sum = if target == 0 { 0 } else { get!(run.take("sum")) };
    let mut cursor = if target == 0 { private::Steps::new(0..n) } else { get!(run.take_steps("for")) };
    while let Some(block) = cursor.block(&mut { left_1 }) {
        for i in block {
            sum += i * noise;
            left_1 -= 1;
        }
        if run.due(1, 0, private::Trigger::new()) {
            get!(run.put_all(
                1,
                &[left_1],
                &[("sum", private::Save(&sum).value()), ("for", private::Save(&cursor.here()).value())]
            ));
        }
        left_1 = run.credit(1);
    }
    run.done(sum)
}

#[test]
#[should_panic(expected = "say `#[resume] let` for it")]
fn drawing_for_what_is_recomputed_is_refused() {
    testing::cut_everywhere(|| forgetful(3));
}

#[test]
fn streams_are_independent_and_a_seed_is_a_seed() {
    fn draw(seed: Option<u64>, n: u64) -> [u64; 4] {
        let function = function!("draw", []);
        let mut call = private::Call::new(function, private::path_of(&|| ())).argument("n", &n);
        if let Some(seed) = seed {
            call = call.seed(&seed);
        }
        let mut run = get!(call.open(private::Returns::<[u64; 4]>::NEW.kind()));
        let draw = |mut rng: resume_runtime::Rng| rng.next_u64();
        run.done([
            draw(resume_runtime::rng()),
            draw(resume_runtime::rng_stream("a")),
            draw(resume_runtime::rng_stream("b")),
            draw(resume_runtime::rng_stream("a")),
        ])
    }
    crate::set_up();
    let drawn = draw(None, 1);
    assert_eq!(drawn, draw(None, 1));
    assert_ne!(drawn, draw(None, 2));
    assert_eq!(draw(Some(5), 1), draw(Some(5), 2));
    assert_ne!(drawn[1], drawn[2]);
    assert_ne!(drawn[1], drawn[3]);
}

#[test]
#[should_panic(expected = "outside a run")]
fn there_is_no_generator_outside_a_run() {
    resume_runtime::rng();
}

#[test]
fn a_walk_is_cut_at_each_pass() {
    testing::cut_everywhere(|| {
        let mut place = 1.0;
        (walk(5, &mut place, true), place)
    });
    testing::cut_everywhere(|| tour(4, 0));
}

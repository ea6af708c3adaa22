// What `#[resumable]` makes of the function in `monte_carlo.rs`, as `cargo expand` shows it.

pub fn mean_position(seed: u64, epochs: usize) -> f64 {
    use ::resume_runtime::__v0_1 as __resume;
    /// A hash of the code; of each site: line, name, cursors of the loops around it, captured locals.
    static FUNCTION: __resume::Function = __resume::Function::new(9794376416721866817)
        .named("mean_position")
        .sites(&[__resume::Site::last(35, "for", &["for"], &["rng", "positions", "x"])]);
    let mut run = match __resume::Call::new(&FUNCTION, __resume::path_of(&|| ()))
        .argument("seed", &seed)
        .argument("epochs", &epochs)
        .open((&__resume::Returns::<f64>::NEW).kind())
    {
        __resume::Ok(value) => value,
        __resume::Err(end) => return end,
    };
    let target = run.target();
    let mut left_1 = run.credit(1);
    let mut rng = match run.local(target == 0, "rng") {
        __resume::Fresh => __resume::own(ChaCha8Rng::seed_from_u64(seed)),
        __resume::Saved(value) => value,
        __resume::Failed(end) => return end,
    };
    let mut positions = match run.local(target == 0, "positions") {
        __resume::Fresh => __resume::own(Vec::with_capacity(epochs)),
        __resume::Saved(value) => value,
        __resume::Failed(end) => return end,
    };
    let mut x = match run.local(target == 0, "x") {
        __resume::Fresh => 0.0,
        __resume::Saved(value) => value,
        __resume::Failed(end) => return end,
    };
    let mut steps_1 = match run.enter_steps(target == 0, "for") {
        __resume::Fresh => __resume::Steps::new(0..epochs),
        __resume::Saved(value) => value,
        __resume::Failed(end) => return end,
    };
    while let __resume::Some(block) = steps_1.block(&mut left_1) {
        for _ in block {
            let step = normal(&mut rng);
            x += step;
            positions.push(x);
        }
        if left_1 == 0 {
            if run.due(1, 0, __resume::Trigger::new().every(10_000)) {
                let held = (rng, positions, x);
                run.put("for", __resume::Save(&steps_1.here()).value());
                run.put("rng", __resume::Save(&held.0).value());
                run.put("positions", __resume::Save(&held.1).value());
                run.put("x", __resume::Save(&held.2).value());
                (rng, positions, x) = held;
                if let __resume::Err(end) = run.commit(1, &[left_1]) {
                    return end;
                }
            }
            left_1 = run.credit(1);
        }
    }
    run.done(positions.iter().sum::<f64>() / epochs as f64)
}

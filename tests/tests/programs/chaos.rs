//! Four processes at a time on the runs of one store, and all that can happen to them: kills, signals, a full disk,
//! damaged files, processes that stand still, files and machines whose clocks jump. Every result is right, every run
//! comes to its end, and nothing is left over.
//!
//! `RESUME_CHAOS=3600` for an hour; `RESUME_CHAOS_SEED=7` for the plan of one that failed (what meets what is up to the
//! machine all the same). The clock of the day jumps by a library that is loaded in front of the C library's, if there is a
//! compiler to make it; the monotonic clocks by time namespaces, where the machine has them; and files seem to be of other
//! times.
#![cfg(target_os = "linux")]

mod disturb;

use std::fs;
use std::path::{Path, PathBuf};
use std::thread;
use std::time::{Duration, Instant};

use disturb::{Disk, Plan};
use resume_tests::child::{Program, Run, Running, Scratch};
use resume_tests::random::Random;

const CHAOS: &str = env!("CARGO_BIN_EXE_chaos");
/// How many runs there are, and how many processes at a time.
const RUNS: usize = 7;
const PROCESSES: usize = 4;

fn scratch(name: &str) -> Scratch {
    Scratch::new(env!("CARGO_TARGET_TMPDIR"), name)
}

fn number(name: &str, default: u64) -> u64 {
    std::env::var(name).ok().and_then(|text| text.parse().ok()).unwrap_or(default)
}

/// A run that nobody disturbs, while it is under way.
struct Begun {
    seed: u64,
    alone: Scratch,
    running: Running,
    /// Its folder in a store.
    folder: PathBuf,
}

impl Begun {
    fn new(seed: u64) -> Begun {
        let alone = scratch("chaos-alone");
        let (store, out) = (alone.path().join("store"), alone.path().join("out"));
        let mut running = program(&store, seed, &out).start();
        let lock = || disturb::files(&store).into_iter().find(|path| path.extension().is_some_and(|end| end == "lock"));
        assert!(running.wait_for(|| lock().is_some()));
        let folder = lock().expect("a lock").with_extension("");
        let folder = folder.strip_prefix(&store).expect("in the store").to_owned();
        running.kill();
        running.finish();
        // As if there were no snapshots in the world.
        let running = program(&store, seed, &out).env("RESUME_OFF", "1").start();
        Begun { seed, alone, running, folder }
    }
}

/// One run, over all its lives.
struct Case {
    seed: u64,
    out: PathBuf,
    /// What it gives, and what it writes.
    want: (String, Vec<u8>),
    /// Where its snapshots are.
    folder: PathBuf,
    /// Whether any file of its present life was damaged: then all may be.
    is_damaged: bool,
}

impl Case {
    fn new(begun: Begun, store: &Path, outs: &Path) -> Case {
        let Begun { seed, alone, running, folder } = begun;
        let result = running.finish().success();
        let want = (result, fs::read(alone.path().join("out")).expect("an output"));
        Case { seed, out: outs.join(format!("out-{seed}")), want, folder: store.join(folder), is_damaged: false }
    }

    fn snapshots(&self) -> Vec<PathBuf> {
        let files = disturb::files(&self.folder).into_iter();
        files.filter(|path| path.extension().is_some_and(|end| end == "snap")).collect()
    }

    /// Whether there is a snapshot of the run itself, not only of child runs.
    fn has_own(&self) -> bool {
        self.snapshots().iter().any(|path| path.parent() == Some(&self.folder))
    }
}

fn program(store: &Path, seed: u64, out: &Path) -> Program {
    Program::new(CHAOS, store, &["run", &seed.to_string(), &out.to_string_lossy()]).env("RESUME_SIGNALS", "USR1")
}

/// A process that is under way.
struct Slot {
    case: usize,
    running: Running,
    plan: Plan,
    /// Whether it must go on from a snapshot, as nobody else is there.
    must_resume: bool,
    /// Whether no other process was in its run, all the time.
    is_alone: bool,
}

#[derive(Default, Debug)]
struct Counts {
    started: u64,
    resumed: u64,
    finished: u64,
    busy: u64,
    damaged: u64,
    given_up: u64,
    unsaved: u64,
}

struct Chaos {
    random: Random,
    store: PathBuf,
    disk: Disk,
    cases: Vec<Case>,
    slots: Vec<Slot>,
    counts: Counts,
}

impl Chaos {
    fn start(&mut self) {
        let case = self.random.below(self.cases.len());
        let plan = Plan::new(&mut self.random, self.disk.is_small());
        let mut is_alone = true;
        for slot in self.slots.iter_mut().filter(|slot| slot.case == case) {
            (slot.is_alone, is_alone) = (false, false);
        }
        let here = &mut self.cases[case];
        if is_alone && self.random.chance(15) {
            disturb::touch(&mut self.random, &here.snapshots());
            here.is_damaged |= disturb::damage(&mut self.random, &here.snapshots());
        }
        let must_resume = is_alone && !here.is_damaged && here.has_own();
        let running = plan.dress(program(&self.store, here.seed, &here.out)).start();
        self.slots.push(Slot { case, running, plan, must_resume, is_alone });
        self.counts.started += 1;
    }

    /// Lets each process have its fate, and looks at those that have ended.
    fn step(&mut self) {
        for index in (0..self.slots.len()).rev() {
            let slot = &mut self.slots[index];
            slot.plan.apply(&mut slot.running);
            if slot.running.has_ended() {
                let slot = self.slots.swap_remove(index);
                self.judge(slot);
            }
        }
        self.disk.disturb(&mut self.random);
        if self.slots.len() < PROCESSES {
            self.start();
        }
        thread::sleep(Duration::from_millis(1));
    }

    fn judge(&mut self, slot: Slot) {
        let run = slot.running.finish();
        let counts = &mut self.counts;
        counts.resumed += u64::from(run.says(&["resumed at pass"]));
        counts.unsaved += u64::from(run.says(&["could not be saved"]));
        let is_alone = slot.is_alone;
        let case = &mut self.cases[slot.case];
        assert!(!run.says(&["panicked"]) && !run.says(&["BUG"]), "{run:?}");
        assert!(!(slot.must_resume && run.says(&["started fresh"])), "snapshots were passed over: {run:?}");
        if run.status.success() {
            counts.finished += 1;
            finished(case, &run, is_alone);
        } else if run.says(&["in use by"]) || run.says(&["no longer has the run"]) {
            counts.busy += 1;
        } else if all_damaged(&run) {
            counts.damaged += 1;
            assert!(case.is_damaged, "nobody damaged it: {run:?}");
            // What a user would do, once nobody is there.
            if is_alone {
                give_up(case, &run);
            }
        } else if self.disk.explains(&run) {
            counts.given_up += 1;
        } else {
            assert!(slot.plan.explains(&run), "it ended for no reason: {:?} {run:?}", slot.plan);
        }
    }

    /// Nothing happens any more: whoever is under way comes to its end, then each run does.
    fn settle(&mut self) {
        self.disk.calm();
        for slot in &mut self.slots {
            slot.plan.calm(&mut slot.running);
        }
        while let Some(slot) = self.slots.pop() {
            self.judge(slot);
        }
        for index in 0..self.cases.len() {
            let case = &mut self.cases[index];
            let must_resume = !case.is_damaged && case.has_own();
            let alone = program(&self.store, case.seed, &case.out);
            let mut run = alone.run();
            if case.is_damaged && all_damaged(&run) {
                give_up(case, &run);
                run = alone.run();
            }
            assert!(!must_resume || run.says(&["resumed at pass"]), "a run was lost: {run:?}");
            assert!(run.status.success(), "{run:?}");
            finished(case, &run, true);
        }
    }
}

/// Each result is right, and so is the file, unless somebody is writing it anew.
fn finished(case: &mut Case, run: &Run, is_alone: bool) {
    assert_eq!(run.out, case.want.0, "{}", run.err);
    if is_alone {
        let out = fs::read(&case.out).expect("an output");
        assert!(out == case.want.1, "{} is wrong: {}", case.out.display(), run.err);
        assert_eq!(case.snapshots(), Vec::<PathBuf>::new(), "{run:?}");
        case.is_damaged = false;
    }
}

/// Ended so. Of a child run it is said in a warning, as that begins anew.
fn all_damaged(run: &Run) -> bool {
    !run.status.success() && (run.says(&["the only snapshot is damaged"]) || run.says(&["snapshots are damaged"]))
}

fn give_up(case: &mut Case, run: &Run) {
    if let Err(error) = fs::remove_dir_all(&case.folder) {
        panic!("{}: {error}: {run:?}", case.folder.display());
    }
    case.is_damaged = false;
}

#[test]
fn chaos() {
    let seed = number("RESUME_CHAOS_SEED", std::process::id().into());
    println!("seed {seed}: RESUME_CHAOS_SEED={seed} for the same plan");
    let (folder, outs) = (scratch("chaos"), scratch("chaos-out"));
    let store = folder.path().join("store");
    let begun: Vec<Begun> = (0..RUNS as u64).map(Begun::new).collect();
    let cases: Vec<Case> = begun.into_iter().map(|begun| Case::new(begun, &store, outs.path())).collect();
    let disk = Disk::new(folder.path());
    let counts = Counts::default();
    let mut chaos = Chaos { random: Random::new(seed), store, disk, cases, slots: Vec::new(), counts };
    let (began, time) = (Instant::now(), Duration::from_secs(number("RESUME_CHAOS", 15)));
    while began.elapsed() < time {
        chaos.step();
    }
    chaos.settle();
    println!("{:?}, {}, the clock of the day jumped: {}", chaos.counts, chaos.disk, disturb::has_days());
    assert_eq!(disturb::files(&chaos.store), Vec::<PathBuf>::new(), "something is left in the store");
    assert_eq!(disturb::files(outs.path()).len(), RUNS, "something is left beside the output");
    assert!(chaos.counts.resumed > 0 && chaos.counts.finished > 0, "{:?}", chaos.counts);
}

/// Threads and descriptors of a process that does many runs in a row stay as many.
#[test]
fn nothing_stays_in_a_process() {
    let folder = scratch("chaos-row");
    let rounds = number("RESUME_CHAOS", 15).clamp(15, 3_000);
    let run = Program::new(CHAOS, folder.path(), &["row", &rounds.to_string()]).env("RESUME_QUIET", "1").run();
    assert_eq!(run.success(), format!("{rounds:016x}\n"));
    assert_eq!(folder.files(), Vec::<PathBuf>::new());
}

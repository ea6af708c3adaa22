//! `flags` in every order that threads can take: loom runs each test once for each of them.

#[allow(clippy::duplicate_mod, reason = "that is the point of it")]
#[path = "flags.rs"]
mod flags;

use flags::Flags;
use loom::sync::Arc;
use loom::thread;
use sync::{AtomicBool, AtomicUsize, Ordering, Ordering::SeqCst};

/// What the modelled `flags` is made of.
mod sync {
    pub(super) use loom::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
}

fn flags(is_lethal: bool) -> Arc<Flags> {
    let (raised, signal, lethal) = (AtomicBool::new(false), AtomicUsize::new(0), AtomicBool::new(is_lethal));
    Arc::new(Flags { raised, signal, lethal })
}

/// What a handler does; tells whether the process ends. The last step is a plain store in truth: loom lets those of two
/// threads come in one order for one reader and in the other for another, which no machine does.
fn handle(flags: &Flags) -> bool {
    if flags.lethal.load(SeqCst) {
        return true;
    }
    flags.signal.store(15, SeqCst);
    flags.raised.store(true, SeqCst);
    flags.lethal.swap(true, SeqCst);
    false
}

#[test]
fn the_second_signal_ends_the_process_whatever_begins_meanwhile() {
    loom::model(|| {
        let flags = flags(false);
        let ours = Arc::clone(&flags);
        let signals = thread::spawn(move || handle(&ours));
        flags.joined();
        assert!(!signals.join().expect("no panic"), "the first signal has ended it");
        assert!(handle(&flags), "the second signal has not ended it");
    });
}

#[test]
fn the_first_signal_ends_no_run() {
    loom::model(|| {
        let flags = flags(true);
        flags.joined();
        let ours = Arc::clone(&flags);
        let other = thread::spawn(move || ours.joined());
        assert!(!handle(&flags));
        other.join().expect("no panic");
        assert!(handle(&flags));
        flags.clear(false);
        flags.left();
        assert!(handle(&flags), "nothing is under way");
    });
}

/// Who ends the process waits until each run in the list has flushed, and may then rely on what that run has done.
#[test]
fn who_has_flushed_has_saved() {
    loom::model(|| {
        let flags = flags(true);
        let run = |number: usize| {
            let (has_flushed, saved) = (Arc::new(AtomicBool::new(false)), Arc::new(AtomicUsize::new(0)));
            flags.joined();
            let ours = (Arc::clone(&flags), Arc::clone(&has_flushed), Arc::clone(&saved));
            let thread = thread::spawn(move || {
                let (flags, has_flushed, saved) = ours;
                // Two passes.
                for _ in 0..2 {
                    if flags.raised.load(Ordering::Relaxed) {
                        saved.store(number, Ordering::Relaxed);
                        has_flushed.store(true, SeqCst);
                        return;
                    }
                }
            });
            (thread, has_flushed, saved)
        };
        let runs = [run(1), run(2)];
        assert!(!handle(&flags));
        for (number, (thread, has_flushed, saved)) in runs.into_iter().enumerate() {
            assert!(!has_flushed.load(SeqCst) || saved.load(Ordering::Relaxed) == number + 1);
            thread.join().expect("no panic");
        }
    });
}

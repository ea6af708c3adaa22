//! Locks of other processes, which are dead, or on other machines.

use super::*;
use crate::store::lock::process::Process;
use std::fs::File;
use std::io::{Seek, SeekFrom, Write};
use std::sync::atomic::AtomicBool;

fn text_of(process: &Process, silence: Duration) -> String {
    record::text(process, "somebody-1", silence).0
}

/// Left by a process of this machine that has ended.
pub(super) fn gone() -> String {
    text_of(&Process { pid: Some(u32::MAX), ..(*Process::this()).clone() }, Duration::from_secs(600))
}

fn elsewhere(silence: Duration) -> String {
    let process = Process { host: Some("n9".into()), pid: Some(1), ..(*Process::this()).clone() };
    text_of(&process, silence)
}

#[test]
#[cfg(target_os = "linux")]
fn who_has_died_on_this_machine_is_replaced_at_once() -> Result<(), Busy> {
    let this = (*Process::this()).clone();
    let later = Process { start: this.start.map(|start| start + 1), ..this.clone() };
    for text in [gone(), text_of(&later, Duration::from_secs(600)), text_of(&this, Duration::from_secs(600))] {
        for system in WAYS {
            let root = Scratch::folder();
            leave(&root, &text)?;
            let lock = acquire(&root, slow(system))?;
            assert!(lock.is_taken_over());
            lock.check()?;
            assert!(!fs::read_to_string(lock_file(&root))?.contains("somebody"));
            assert_eq!(files(&root), [lock_file(&root)]);
            drop(lock);
            assert!(files(&root).is_empty());
        }
    }
    Ok(())
}

#[test]
#[cfg(target_os = "linux")]
fn who_lives_on_this_machine_is_never_replaced() -> io::Result<()> {
    let mut child = std::process::Command::new("sleep").arg("600").spawn()?;
    let stat = fs::read_to_string(format!("/proc/{}/stat", child.id()))?;
    let start = stat.rsplit(')').next().and_then(|rest| rest.split_whitespace().nth(19)?.parse().ok());
    let process = Process { pid: Some(child.id()), start, ..(*Process::this()).clone() };
    for system in WAYS {
        let root = Scratch::folder();
        leave(&root, text_of(&process, Duration::ZERO))?;
        let Err(Busy::Held(holder)) = acquire(&root, quick(system)) else { panic!("taken from one who lives") };
        assert_eq!(holder.pid, Some(child.id()));
        assert!(!holder.is_us());
    }
    child.kill()?;
    // Not waited for, it still has its number.
    let root = Scratch::folder();
    leave(&root, text_of(&process, Duration::ZERO))?;
    while !fs::read_to_string(format!("/proc/{}/stat", child.id()))?.contains(") Z ") {
        thread::yield_now();
    }
    assert!(acquire(&root, slow(false)).is_ok());
    child.wait().map(drop)
}

#[test]
fn who_is_silent_elsewhere_is_replaced_after_a_while() -> Result<(), Busy> {
    for system in WAYS {
        let root = Scratch::folder();
        leave(&root, elsewhere(Duration::ZERO))?;
        // Neither the clock of the other machine nor that of the file counts.
        File::options().write(true).open(lock_file(&root))?.set_modified(std::time::SystemTime::now())?;
        let lock = acquire(&root, quick(system))?;
        assert!(lock.is_taken_over());
        lock.check()?;
        assert_eq!(files(&root), [lock_file(&root)]);
    }
    Ok(())
}

/// Gives signs of life for another machine while `work` runs.
fn beating<T>(root: &Path, every: Duration, work: impl FnOnce() -> T) -> io::Result<T> {
    let text = fs::read_to_string(lock_file(root))?;
    let at = text.find("beat ").expect("a beat") as u64;
    let mut file = File::options().write(true).open(lock_file(root))?;
    let is_over = AtomicBool::new(false);
    thread::scope(|scope| {
        scope.spawn(|| {
            for number in 1.. {
                if is_over.load(Ordering::Relaxed) {
                    break;
                }
                file.seek(SeekFrom::Start(at)).expect("the lock");
                file.write_all(record::beat(number).as_bytes()).expect("a beat");
                // To an old time, as a clock that was set back would.
                file.set_modified(std::time::UNIX_EPOCH).expect("a time");
                thread::sleep(every);
            }
        });
        let result = work();
        is_over.store(true, Ordering::Relaxed);
        Ok(result)
    })
}

/// The other one beats far less often than we would, and says so.
#[test]
fn who_beats_elsewhere_is_left_alone() -> io::Result<()> {
    for system in WAYS {
        let root = Scratch::folder();
        leave(&root, elsewhere(Duration::from_secs(60)))?;
        let result = beating(&root, Duration::from_millis(300), || acquire(&root, quick(system)))?;
        let Err(Busy::Held(holder)) = result else { panic!("taken from one who lives") };
        assert_eq!((holder.pid, holder.host.as_deref()), (Some(1), Some("n9")));
        assert!(fs::read_to_string(lock_file(&root))?.contains("somebody-1"));
        assert_eq!(files(&root), [lock_file(&root)]);
    }
    Ok(())
}

#[test]
fn what_says_nothing_is_replaced_after_a_while() -> Result<(), Busy> {
    let cases = [
        (&b""[..], slow(true)),
        (&[0; 300], slow(false)),
        (b"pid 7\nhost n3\nsince 2026\n", quick(true)),
        (&[b'x'; 9000], quick(true)),
    ];
    for (text, options) in cases {
        let root = Scratch::folder();
        leave(&root, text)?;
        let lock = acquire(&root, options)?;
        assert!(lock.is_taken_over());
        let written = fs::read(lock_file(&root))?;
        assert!(record::Record::parse(&written).is_signed() && written.len() < 1000);
    }
    Ok(())
}

#[test]
fn a_claim_of_a_dead_process_is_no_hindrance() -> Result<(), Busy> {
    for (claim, options) in
        [(gone(), slow(false)), (elsewhere(Duration::ZERO), quick(false)), (String::new(), quick(true))]
    {
        let root = Scratch::folder();
        leave(&root, gone())?;
        fs::write(root.join("f/1.lock.tmp"), claim)?;
        let lock = acquire(&root, options)?;
        lock.check()?;
        assert_eq!(files(&root), [lock_file(&root)]);
    }
    Ok(())
}

/// An owner whose lock is locked by the system, but has been silent: its machine may be gone without the server knowing.
#[test]
fn who_is_silent_elsewhere_is_replaced_though_locked() -> Result<(), Busy> {
    let root = Scratch::folder();
    leave(&root, elsewhere(Duration::ZERO))?;
    let file = File::open(lock_file(&root))?;
    file.lock()?;
    assert!(acquire(&root, quick(true))?.is_taken_over());
    Ok(())
}

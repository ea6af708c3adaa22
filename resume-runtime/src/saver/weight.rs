//! Says so, once, where the snapshots of a run are large.

use std::cmp::Reverse;
use std::fs;
use std::path::{Path, PathBuf};
use std::sync::OnceLock;

use crate::report;
use crate::saver::taken::{Stream, Taken};

/// Snapshots up to this size are nobody's concern, in bytes.
const LARGE: u64 = 256_000_000;
/// How many locals are named.
const NAMED: usize = 5;

/// What is to be said about a snapshot of the run `label`, if it is large: over 256 MB, or a quarter of memory.
pub(crate) fn warning(label: &str, taken: &Taken) -> Option<String> {
    let size = taken.size() as u64;
    let limit = memory().map_or(LARGE, |memory| LARGE.min(memory / 4));
    (size > limit).then(|| text(label, taken))
}

fn text(label: &str, taken: &Taken) -> String {
    let mut locals: Vec<&Stream> = taken.streams().iter().collect();
    locals.sort_by_key(|local| Reverse(local.bytes.len()));
    let size = |local: &Stream| report::size(local.bytes.len() as u64);
    let named = locals.iter().take(NAMED).map(|local| format!("`{}` {}", local.name, size(local)));
    format!(
        "a snapshot of {label} takes {} in memory; the largest captured locals: {}. What can be made again need not be \
         captured: `#[transient]`",
        report::size(taken.size() as u64),
        named.collect::<Vec<_>>().join(", ")
    )
}

/// The memory of the machine, or what the process may have of it, in bytes; `None` where it cannot be told.
fn memory() -> Option<u64> {
    static MEMORY: OnceLock<Option<u64>> = OnceLock::new();
    *MEMORY.get_or_init(|| {
        let machine = fs::read_to_string("/proc/meminfo").ok().and_then(|text| total(&text));
        let groups = fs::read_to_string("/proc/self/cgroup").unwrap_or_default();
        let limits = limits(&groups).into_iter().filter_map(|file| fs::read_to_string(file).ok()?.trim().parse().ok());
        machine.into_iter().chain(limits).min()
    })
}

/// The files with the limits of the process's control groups, from `/proc/self/cgroup`. A limit of a group above counts too,
/// and in a container there may be no other that one can see.
fn limits(groups: &str) -> Vec<PathBuf> {
    let mut files = Vec::new();
    for line in groups.lines() {
        let mut parts = line.splitn(3, ':').skip(1);
        let (Some(controllers), Some(group)) = (parts.next(), parts.next()) else { continue };
        let (root, file) = match controllers {
            "" => ("/sys/fs/cgroup", "memory.max"),
            _ if controllers.split(',').any(|name| name == "memory") => {
                ("/sys/fs/cgroup/memory", "memory.limit_in_bytes")
            }
            _ => continue,
        };
        let group = Path::new(group.trim_start_matches('/'));
        files.extend(group.ancestors().map(|group| Path::new(root).join(group).join(file)));
    }
    files
}

/// From a line such as `MemTotal:       24576000 kB`.
fn total(text: &str) -> Option<u64> {
    let line = text.lines().find_map(|line| line.strip_prefix("MemTotal:"))?;
    line.trim().strip_suffix(" kB")?.trim().parse::<u64>().ok()?.checked_mul(1024)
}

#[cfg(test)]
mod tests {
    use super::{limits, text, total, warning};
    use crate::saver::taken::Taken;
    use std::path::PathBuf;

    #[test]
    fn the_five_largest_are_named() {
        let mut taken = Taken::default();
        for (name, size) in [("a", 10), ("b", 3_000_000), ("c", 5000), ("d", 1), ("e", 20), ("f", 30)] {
            taken.push(name, &vec![0; size]);
        }
        let text = text("f(seed = 1)", &taken);
        assert!(text.contains("f(seed = 1) takes 3.0 MB"), "{text}");
        assert!(text.contains("`b` 3.0 MB, `c` 5.0 kB, `f` 30 bytes, `e` 20 bytes, `a` 10 bytes."), "{text}");
        assert_eq!(warning("f()", &taken), None);
    }

    #[test]
    fn memory_is_read() {
        assert_eq!(total("MemTotal:       24576000 kB\nMemFree: 1 kB\n"), Some(24_576_000 * 1024));
        assert_eq!(total("garbage"), None);
    }

    #[test]
    fn limits_of_groups_above_count_too() {
        let job = "0::/system.slice/job_7\n";
        let of_a_job = ["system.slice/job_7/memory.max", "system.slice/memory.max", "memory.max"];
        assert_eq!(limits(job), of_a_job.map(|file| PathBuf::from("/sys/fs/cgroup").join(file)));
        let older = "11:cpu,cpuacct:/x\n4:hugetlb,memory:/slurm\n1:name=systemd:/\nnonsense\n";
        let of_older = ["slurm/memory.limit_in_bytes", "memory.limit_in_bytes"];
        assert_eq!(limits(older), of_older.map(|file| PathBuf::from("/sys/fs/cgroup/memory").join(file)));
        assert_eq!(limits("0::/\n"), [PathBuf::from("/sys/fs/cgroup/memory.max")]);
        assert!(limits("").is_empty());
    }
}

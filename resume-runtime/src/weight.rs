//! Says so, once, where the snapshots of a run are large.

use std::cmp::Reverse;
use std::fs;
use std::sync::OnceLock;

use crate::report;
use crate::taken::Taken;

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
    let mut locals: Vec<(usize, String)> =
        taken.streams().map(|stream| (stream.bytes.len(), stream.name.to_owned())).collect();
    locals.sort_by_key(|(size, _)| Reverse(*size));
    let named = locals.iter().take(NAMED).map(|(size, name)| format!("`{name}` {}", report::size(*size as u64)));
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
        let group = fs::read_to_string("/sys/fs/cgroup/memory.max").ok().and_then(|text| text.trim().parse().ok());
        machine.into_iter().chain(group).min()
    })
}

/// From a line such as `MemTotal:       24576000 kB`.
fn total(text: &str) -> Option<u64> {
    let line = text.lines().find_map(|line| line.strip_prefix("MemTotal:"))?;
    line.trim().strip_suffix(" kB")?.trim().parse::<u64>().ok()?.checked_mul(1024)
}

#[cfg(test)]
mod tests {
    use super::{text, total, warning};
    use crate::taken::Taken;

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
}

//! Branches that are moved behind the statements that lead to them: what they need is there, and what stays needs nothing
//! of them. Names are those of parameters too, so that a name which is lost is not found again there.

#![allow(clippy::needless_continue)]

use resume_runtime::testing::cut_everywhere;
use resume_runtime::{checkpoint, resumable};

/// No snapshot can hold it, so it has to be dropped before each site.
struct Tool(u64);

impl Tool {
    fn used(&mut self) -> u64 {
        self.0 += 1;
        self.0
    }
}

/// The item of the loop is bound in fresh code that holds another site.
#[resumable]
fn needs_the_item(i: u64) -> u64 {
    #[resume]
    let mut sum = i;
    for (i, name) in ["a", "", "ccc", "", "dd"].iter().enumerate() {
        let length = name.len() as u64;
        if length == 0 {
            let mut tool = Tool(i as u64);
            sum += tool.used();
            checkpoint!();
            continue;
        }
        sum += length;
        checkpoint!();
    }
    sum
}

/// So are the bindings of the patterns around it.
#[resumable]
fn needs_bindings(tool: u64) -> u64 {
    #[resume]
    let mut sum = tool;
    for i in 0..5 {
        let found = (i % 2 == 0).then(|| Tool(i + sum));
        if let Some(mut tool) = found {
            if tool.used() % 3 == 0 {
                sum += tool.used() + i;
                checkpoint!();
                continue;
            }
            if tool.used() % 3 == 2 {
                let mut other = Tool(tool.used());
                sum += other.used();
                checkpoint!();
                break;
            }
            sum += tool.used();
        } else {
            sum += Tool(i).used();
            checkpoint!();
            continue;
        }
        checkpoint!();
    }
    sum
}

fn plain_bindings(tool: u64) -> u64 {
    let mut sum = tool;
    for i in 0..5 {
        let found = (i % 2 == 0).then(|| Tool(i + sum));
        if let Some(mut tool) = found {
            if tool.used() % 3 == 0 {
                sum += tool.used() + i;
                continue;
            }
            if tool.used() % 3 == 2 {
                let mut other = Tool(tool.used());
                sum += other.used();
                break;
            }
            sum += tool.used();
        } else {
            sum += Tool(i).used();
            continue;
        }
    }
    sum
}

/// The branch that leaves is inside of one that does not, which needs `part` where it goes on.
#[resumable]
fn goes_on_without(part: u64) -> u64 {
    #[resume]
    let mut sum = part;
    for i in 0..4 {
        #[resume]
        let part = i * 2;
        if let Some(rest) = sum.checked_sub(2) {
            if let Some(less) = rest.checked_sub(1) {
                if less == 3 {
                    checkpoint!();
                    return sum;
                }
            }
            sum += part;
        }
        for b in 0..2 {
            checkpoint!();
            sum += b;
            checkpoint!();
        }
    }
    sum
}

fn plain_goes_on(part: u64) -> u64 {
    let mut sum = part;
    for i in 0..4 {
        if sum == 6 {
            return sum;
        }
        sum += if sum >= 2 { i * 2 } else { 0 } + 1;
    }
    sum
}

#[test]
fn a_branch_has_what_was_bound_for_it_and_leaves_the_rest() {
    cut_everywhere(|| assert_eq!(needs_the_item(100), 112));
    for n in 0..8 {
        cut_everywhere(|| assert_eq!(needs_bindings(n), plain_bindings(n)));
        cut_everywhere(|| assert_eq!(goes_on_without(n), plain_goes_on(n)));
    }
}

//! Runs under code whose site stands elsewhere in the pass: `edited <items> <version> <stop>` goes over the items, fails before
//! item number `stop`, counted from 0, and prints them all if it comes to its end.
//!
//! `edited parts <version> <stop>` does so in a child run of a run that saves nothing itself.
//!
//! Functions of the same name in constants without a name have the same path, so to the store they are the same run.

use std::hint::black_box;

use resume_runtime::{checkpoint, resumable};

type Walk = fn(usize) -> Result<Vec<u64>, String>;

trait Version {
    const WALK: Walk;
}

/// One version of a walk over the items: with a site behind all that is done with an item, or in front of it.
macro_rules! walk {
    ($version:ident, $items:expr, $item:ident => $number:expr, { $($site:tt)* }) => {
        walk!($version, $items, $item => $number, {} { $($site)* });
    };
    ($version:ident, $items:expr, $item:ident => $number:expr, { $($before:tt)* } { $($site:tt)* }) => {
        struct $version;

        const _: () = {
            #[resumable]
            fn walk(#[transient] stop: usize) -> Result<Vec<u64>, String> {
                #[resume]
                let mut seen = Vec::new();
                for _ in 0..2 {
                    for $item in $items {
                        $($before)*
                        if seen.len() == stop {
                            Err("as far as this one goes")?;
                        }
                        seen.push($number);
                        $($site)*
                    }
                }
                Ok(seen)
            }

            impl Version for $version {
                const WALK: Walk = walk;
            }
        };
    };
}

/// The versions of each walk.
macro_rules! walks {
    ($($name:ident: $items:expr, $item:ident => $number:expr;)*) => {
        $(mod $name {
            use super::*;

            walk!(AtTheEnd, $items, $item => $number, { checkpoint!(every = 1, label = "here"); });
            walk!(InTheMiddle, $items, $item => $number, { checkpoint!(every = 1, label = "here"); black_box(()); });
            walk!(AtTheStart, $items, $item => $number, { checkpoint!(every = 1, label = "here"); } {});
            walk!(InABranch, $items, $item => $number, {
                if black_box(true) {
                    checkpoint!(every = 1, label = "here");
                }
            });

            pub(super) fn of(version: &str) -> Walk {
                match version {
                    "start" => AtTheStart::WALK,
                    "end" => AtTheEnd::WALK,
                    "middle" => InTheMiddle::WALK,
                    "branch" => InABranch::WALK,
                    other => panic!("no version is called {other}"),
                }
            }
        })*

        fn walk_of(items: &str, version: &str) -> Walk {
            match items {
                $(stringify!($name) => $name::of(version),)*
                other => panic!("no items are called {other}"),
            }
        }
    };
}

walks! {
    ranges: 3..6_u64, item => item;
    characters: 'x'..'{', item => u64::from(item);
    inclusive: 3..=5_u64, item => item;
    ends_of_types: 253..=u8::MAX, item => u64::from(item);
    slices: [5, 1, 4].iter(), item => *item;
    arrays: [5, 1, 4], item => item;
    chains: (0..2).chain(7..8_u64), item => item;
}

#[resumable]
fn part(#[transient] stop: usize) -> Result<usize, String> {
    #[resume]
    let mut sum = 0;
    for k in 0..10 {
        if k == stop {
            Err("as far as this one goes")?;
        }
        sum += k;
        checkpoint!(every = 1);
    }
    Ok(sum)
}

/// One version of a run that has a child run.
macro_rules! parts {
    ($version:ident { $($more:tt)* }) => {
        struct $version;

        const _: () = {
            #[resumable]
            fn parts(#[transient] stop: usize) -> Result<Vec<u64>, String> {
                let sum = part(stop)?;
                $($more)*
                Ok(vec![sum as u64])
            }

            impl Version for $version {
                const WALK: Walk = parts;
            }
        };
    };
}

parts!(Before {});
parts!(After {
    black_box(());
});

fn main() -> Result<(), String> {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let [items, version, stop] = &arguments[..] else { panic!("three arguments are wanted") };
    let walk = match (&**items, &**version) {
        ("parts", "before") => Before::WALK,
        ("parts", _) => After::WALK,
        _ => walk_of(items, version),
    };
    println!("{:?}", walk(stop.parse().map_err(|error| format!("{stop}: {error}"))?)?);
    Ok(())
}

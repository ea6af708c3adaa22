//! Locals of one name, all needed at one site, among the arguments of macros that do with a name what they like.

#![allow(clippy::mut_range_bound, clippy::never_loop, clippy::shadow_unrelated, unused_variables)]

use resume_runtime::testing::cut_everywhere;
use resume_runtime::{checkpoint, resumable};

/// A name that is a key, and one that is a local.
macro_rules! entry {
    ($key:ident : $value:expr) => {
        (stringify!($key), $key, $value)
    };
}

/// A text of which nobody asks what is in it.
macro_rules! text {
    ($text:literal) => {
        concat!("<", $text, ">")
    };
}

#[derive(Debug, Clone, PartialEq, serde::Serialize, serde::Deserialize)]
struct Row {
    n: u64,
}

/// One text, as plain Rust and as a resumable function, in which the locals in front are captured.
macro_rules! both {
    ($name:ident($n:ident) { $($local:ident = $init:expr;)* } $($body:tt)*) => {
        mod $name {
            use super::*;

            #[allow(unused_mut, reason = "one text for both")]
            fn plain($n: u64) -> Vec<String> {
                macro_rules! checkpoint {
                    () => {};
                }
                $(let mut $local = $init;)*
                $($body)*
            }

            #[resumable]
            fn resumed($n: u64) -> Vec<String> {
                $(#[resume] let mut $local = $init;)*
                $($body)*
            }

            #[test]
            fn is_the_same() {
                let _ = cut_everywhere(|| resumed(4));
                assert_eq!(resumed(4), plain(4));
            }
        }
    };
}

both! { names(n) { out = Vec::new(); n = n; }
    while n > 0 {
        n -= 1;
        out.push(format!("{:?}", entry!(n: 7)));
        out.push(format!("{}", (1..3).map(|n: u64| n * 10).sum::<u64>()));
        out.push(format!("{}", { let n: u64 = 5; n } + n));
        out.push(format!("{:?}", vec![Row { n }, Row { n: n + 1 }]));
        out.push(format!("{} {n} {n:>1$} {{n}}", "{n}", 4));
        out.push(text!("{n}").to_owned());
        out.push(stringify!(n + 1).to_owned());
        out.push(format!("{}", vec!['n: loop { break 'n n; }][0]));
        out.push(format!("{:?}", matches!(Some(n), Some(n) if n > 1)));
        checkpoint!();
    }
    out.push(format!("{n}"));
    out
}

both! { generated(value) { out = Vec::new(); value = value; end = 3; run = value + end; }
    for item in 0..value {
        value += item;
        out.push(format!("{value} {end} {run} {}", value + run));
        out.push(format!("{:?}", vec![(value, end); 2]));
        checkpoint!();
    }
    out
}

/// Three of one name, all of them saved at the innermost site.
#[resumable]
fn nested(n: u64) -> Vec<String> {
    #[resume]
    let mut out = Vec::new();
    #[resume]
    let mut n = n;
    while n > 0 {
        n -= 1;
        #[resume]
        let mut n = n * 10;
        for n in 0..2 {
            out.push(format!("{n}"));
            #[resume]
            let mut n = n + 100;
            checkpoint!();
            n += 1;
            out.push(format!("{n:?} {}", n));
        }
        n += 5;
        out.push(format!("{n} {}", vec![n; 2].len()));
    }
    out
}

#[test]
fn three_of_one_name_are_told_apart() {
    let mut out = Vec::new();
    for n in (0..3).rev() {
        for k in 0..2 {
            out.extend([format!("{k}"), format!("{0} {0}", k + 101)]);
        }
        out.push(format!("{} 2", n * 10 + 5));
    }
    let _ = cut_everywhere(|| nested(3));
    assert_eq!(nested(3), out);
}

/// What is not in the way of another of its name.
#[resumable]
fn beside(n: u64) -> String {
    #[resume]
    let mut out = String::new();
    for k in 0..n {
        if k % 2 == 0 {
            let width = 2;
            #[resume]
            let mut x = k;
            checkpoint!();
            x += 1;
            out += &format!("{x:>width$}");
        } else {
            let first = k;
            out += &first.to_string();
            #[resume]
            let mut x = k * 2;
            checkpoint!();
            x += first;
            out += text!("{x}");
            out += &format!("{x} {first}");
        }
    }
    out
}

#[test]
fn one_after_the_other() {
    let _ = cut_everywhere(|| beside(5));
    assert_eq!(beside(3), " 11<{x}>3 1 3");
}

//! Branches beside one another: locals of one name in each, and last statements without a semicolon.

use resume_runtime::testing::cut_everywhere;
use resume_runtime::{checkpoint, resumable};

#[resumable]
fn halves(n: u32) -> u32 {
    #[resume]
    let mut sum = 0;
    for i in 0..n {
        if i % 2 == 0 {
            #[resume]
            let x = i * 2;
            checkpoint!(every = 1);
            sum += x;
        } else {
            #[resume]
            let x = i + 5;
            checkpoint!(every = 1);
            sum += x;
        }
    }
    sum
}

#[resumable]
fn arms(n: u32) -> (u32, Vec<String>) {
    #[resume]
    let mut seen = Vec::new();
    #[resume]
    let mut sum = 0;
    for id in 0..n {
        let given = match id % 4 {
            0 => Ok(id),
            1 => Err(id + 100),
            _ => Err(id),
        };
        sum += match given {
            Ok(id) => {
                #[resume]
                let id = id;
                checkpoint!(every = 1);
                seen.push(format!("ok {id}"));
                id
            }
            Err(id) if id > 100 => {
                #[resume]
                let mut id = id;
                checkpoint!(every = 1);
                id -= 1;
                seen.push(format!("large {id} {}", id));
                id
            }
            Err(id) => {
                #[resume]
                let id = id;
                if id % 3 == 0 {
                    #[resume]
                    let id = id + 1;
                    checkpoint!(every = 1);
                    seen.push(format!("third {id:>3}"));
                } else {
                    checkpoint!(every = 1);
                }
                2 * id
            }
        };
        seen.push(format!("{id}"));
    }
    (sum, seen)
}

#[resumable]
fn lasts(n: u32) -> (u32, Vec<u32>, String) {
    #[resume]
    let mut sum = 0;
    #[resume]
    let mut out = Vec::new();
    #[resume]
    let mut text = String::new();
    for i in 1..=n {
        if i % 2 == 0 {
            checkpoint!(every = 1);
            continue;
        }
        sum += i
    }
    for i in 0..n {
        if i % 3 == 0 {
            checkpoint!(every = 1);
            continue;
        }
        out.push(i)
    }
    for i in 0..n {
        let Some(x) = i.checked_sub(2) else {
            checkpoint!(every = 1);
            continue;
        };
        assert_eq!(x + 2, i)
    }
    for i in 0..n {
        if let 3..6 = i {
            checkpoint!(every = 1);
            continue;
        }
        if i > 6 { text.push('>') } else { text.push('<') }
    }
    (sum, out, text)
}

macro_rules! info {
    ($($text:tt)*) => { format!($($text)*) };
}

/// A macro of which nobody knows what it makes of a name, in branches beside one another.
#[resumable]
fn shown(n: u32) -> String {
    #[resume]
    let mut out = String::new();
    for i in 0..n {
        if i % 2 == 0 {
            #[resume]
            let x = i * 2;
            checkpoint!(every = 1);
            out += &info!("even {x} ");
        } else {
            #[resume]
            let x = f64::from(i) / 2.0;
            checkpoint!(every = 1);
            out += &info!("odd {x} {} ", x + 1.0);
        }
    }
    out
}

/// `!` behind a word negates.
#[allow(clippy::nonminimal_bool, reason = "it is what is tested")]
#[resumable]
fn negated(n: u32) -> u32 {
    #[resume]
    let mut stack = vec![n, 0, 5, 9];
    #[resume]
    let mut out = 0;
    while let Some(n) = stack.pop() {
        #[resume]
        let n = n;
        if !(n > 6) {
            checkpoint!(every = 1);
            out += n;
            if !(n > 2) {
                continue;
            }
        }
        out *= 2;
        out += if n > 2 { u32::from(!(n == 5)) } else { 7 };
    }
    out
}

#[test]
fn branches_have_locals_of_one_name() {
    assert_eq!(cut_everywhere(|| assert_eq!(halves(7), 48)).passes, 7);
    cut_everywhere(|| {
        let (sum, seen) = arms(9);
        assert_eq!(sum, 100 + 4 + 6 + 4 + 104 + 12 + 14 + 8);
        let want = "ok 0|0|large 100 100|1|2|third   4|3|ok 4|4|large 104 104|5|third   7|6|7|ok 8|8";
        assert_eq!(seen.join("|"), want);
    });
}

#[test]
fn branches_may_show_them() {
    cut_everywhere(|| assert_eq!(shown(4), "even 0 odd 0.5 1.5 even 4 odd 1.5 2.5 "));
}

#[test]
fn last_statements_need_no_semicolon() {
    cut_everywhere(|| assert_eq!(lasts(8), (16, vec![1, 2, 4, 5, 7], "<<<<>".to_owned())));
}

#[test]
fn a_negation_is_no_macro() {
    cut_everywhere(|| assert_eq!(negated(3), 31));
}

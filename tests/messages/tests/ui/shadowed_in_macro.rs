// Three locals of one name at one site, and macros of which nobody knows what they do with a name.
use resume_runtime::{checkpoint, resumable};

macro_rules! show {
    ($($text:tt)*) => { println!($($text)*) };
}

#[resumable]
fn walk(n: u64) -> u64 {
    #[resume]
    let mut n = n;
    while n > 0 {
        n -= 1;
        #[resume]
        let mut n = n * 2;
        checkpoint!();
        n += 1;
        println!("{n}");
        show!("{n}");
        println!("{}", (0..3).map(|n: u64| n + 1).sum::<u64>());
        println!("{n} {}", "{n}");
        assert!(stringify!(n).len() == 1);
    }
    n
}

fn main() {}

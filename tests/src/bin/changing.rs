//! One run under several versions of its code: `changing <version> <size> [stop]`.
//!
//! Functions of the same name in constants without a name have the same path, so to the store they are the same run.
//! The process interrupts itself at pass `stop`.

use std::sync::atomic::{AtomicU64, Ordering};

use resume_runtime::{Locals, checkpoint, resumable};

fn main() {
    let mut arguments = std::env::args().skip(1);
    let version = arguments.next().unwrap_or_default();
    let size = arguments.next().and_then(|text| text.parse().ok()).unwrap_or(20);
    let stop = arguments.next().and_then(|text| text.parse().ok()).unwrap_or(u64::MAX);
    STOP.store(stop, Ordering::Relaxed);
    println!("{}", walk_of(&version)(size));
}

static STOP: AtomicU64 = AtomicU64::new(0);

/// Counts down to the interrupt.
fn tick() {
    if STOP.fetch_sub(1, Ordering::Relaxed) == 1 {
        resume_runtime::interrupt();
    }
}

/// From version 1 of `walk`, which stated none, to 2.
fn halves(mut old: Locals) -> Result<Locals, resume_runtime::Error> {
    assert_eq!((old.version(), old.site()), (0, "here"));
    let sum: u64 = old.take("sum")?;
    old.put("high", &((sum >> 32) as u32))?;
    old.put("low", &(sum as u32))?;
    old.move_to("there");
    Ok(old)
}

fn nothing(old: Locals) -> Result<Locals, String> {
    Ok(old)
}

/// A version of `walk`.
trait Walks {
    const WALK: fn(u64) -> u64;
}

fn walk_of(version: &str) -> fn(u64) -> u64 {
    match version {
        "spaced" => Spaced::WALK,
        "around" => Around::WALK,
        "body" => Body::WALK,
        "strict" => Strict::WALK,
        "layout" => Layout::WALK,
        "moved" => Moved::WALK,
        "relabelled" => Relabelled::WALK,
        "migrated" => Migrated::WALK,
        "version" => Version::WALK,
        "no-migrate" => NoMigrate::WALK,
        "bad-migrate" => BadMigrate::WALK,
        "lacking-migrate" => LackingMigrate::WALK,
        "retyped" => Retyped::WALK,
        _ => Original::WALK,
    }
}

struct Original;

const _: () = {
    #[resumable]
    fn walk(size: u64) -> u64 {
        #[resume]
        let mut sum = 1u64;
        for k in 0..size {
            sum = sum.wrapping_mul(3).wrapping_add(k);
            tick();
            checkpoint!(every = 4, label = "here");
        }
        sum
    }

    impl Walks for Original {
        const WALK: fn(u64) -> u64 = walk;
    }
};

/// Blanks and comments are not code.
struct Spaced;

const _: () = {
    #[resumable]
    fn walk(size: u64) -> u64 {
        #[resume]
        let mut sum = 1u64;
        for k in 0..size {
            // A comment.
            sum = sum.wrapping_mul(3).wrapping_add(k);
            tick();
            checkpoint!(every = 4, label = "here");
        }

        sum
    }

    impl Walks for Spaced {
        const WALK: fn(u64) -> u64 = walk;
    }
};

/// Nor is what stands around the body part of it.
struct Around;

const _: () = {
    #[resumable(strict, compression = "none")]
    #[inline(never)]
    pub(crate) fn walk(size: u64) -> u64 {
        #[resume]
        let mut sum = 1u64;
        for k in 0..size {
            sum = sum.wrapping_mul(3).wrapping_add(k);
            tick();
            checkpoint!(every = 4, label = "here");
        }
        sum
    }

    impl Walks for Around {
        const WALK: fn(u64) -> u64 = walk;
    }
};

struct Body;

const _: () = {
    #[resumable]
    fn walk(size: u64) -> u64 {
        #[resume]
        let mut sum = 1u64;
        for k in 0..size {
            sum = sum.wrapping_mul(3).wrapping_add(k.wrapping_add(0));
            tick();
            checkpoint!(every = 4, label = "here");
        }
        sum
    }

    impl Walks for Body {
        const WALK: fn(u64) -> u64 = walk;
    }
};

struct Strict;

const _: () = {
    #[resumable(strict)]
    fn walk(size: u64) -> u64 {
        #[resume]
        let mut sum = 1u64;
        for k in 0..size {
            sum = sum.wrapping_mul(3).wrapping_add(k.wrapping_add(0));
            tick();
            checkpoint!(every = 4, label = "here");
        }
        sum
    }

    impl Walks for Strict {
        const WALK: fn(u64) -> u64 = walk;
    }
};

struct Layout;

const _: () = {
    #[resumable]
    fn walk(size: u64) -> u64 {
        #[resume]
        let mut total = 1u64;
        #[resume]
        let mut extra = 0u64;
        for k in 0..size {
            total = total.wrapping_mul(3).wrapping_add(k);
            extra += k;
            tick();
            checkpoint!(every = 4, label = "here");
        }
        total ^ extra
    }

    impl Walks for Layout {
        const WALK: fn(u64) -> u64 = walk;
    }
};

struct Moved;

const _: () = {
    #[resumable]
    fn walk(size: u64) -> u64 {
        #[resume]
        let mut sum = 1u64;
        for k in 0..size {
            sum = sum.wrapping_mul(3).wrapping_add(k);
            if k < size {
                tick();
                checkpoint!(every = 4, label = "elsewhere");
            }
        }
        sum
    }

    impl Walks for Moved {
        const WALK: fn(u64) -> u64 = walk;
    }
};

/// The label of the site and the name of the local.
struct Relabelled;

const _: () = {
    #[resumable]
    fn walk(size: u64) -> u64 {
        #[resume]
        let mut total = 1u64;
        for k in 0..size {
            total = total.wrapping_mul(3).wrapping_add(k);
            tick();
            checkpoint!(every = 4, label = "elsewhere");
        }
        total
    }

    impl Walks for Relabelled {
        const WALK: fn(u64) -> u64 = walk;
    }
};

struct Migrated;

const _: () = {
    #[resumable]
    fn walk(size: u64) -> u64 {
        #[resume(rename = "sum")]
        let mut total = 1u64;
        #[resume(default = 5)]
        let mut extra = 5u64;
        for k in 0..size {
            total = total.wrapping_mul(3).wrapping_add(k);
            extra ^= 0;
            tick();
            checkpoint!(every = 4, label = "here");
        }
        total ^ extra ^ 5
    }

    impl Walks for Migrated {
        const WALK: fn(u64) -> u64 = walk;
    }
};

/// The sum is one of two halves now, which no rename can say.
struct Version;

const _: () = {
    #[resumable(version = 2, migrate = halves)]
    fn walk(size: u64) -> u64 {
        #[resume]
        let mut high = 0u32;
        #[resume]
        let mut low = 1u32;
        for k in 0..size {
            let sum = (u64::from(high) << 32 | u64::from(low)).wrapping_mul(3).wrapping_add(k);
            (high, low) = ((sum >> 32) as u32, sum as u32);
            tick();
            checkpoint!(every = 4, label = "there");
        }
        u64::from(high) << 32 | u64::from(low)
    }

    impl Walks for Version {
        const WALK: fn(u64) -> u64 = walk;
    }
};

struct NoMigrate;

const _: () = {
    #[resumable(version = 3)]
    fn walk(size: u64) -> u64 {
        #[resume]
        let mut sum = 1u64;
        for k in 0..size {
            sum = sum.wrapping_mul(3).wrapping_add(k);
            tick();
            checkpoint!(every = 4, label = "here");
        }
        sum
    }

    impl Walks for NoMigrate {
        const WALK: fn(u64) -> u64 = walk;
    }
};

struct BadMigrate;

const _: () = {
    #[resumable(version = 2, migrate = nothing)]
    fn walk(size: u64) -> u64 {
        #[resume]
        let mut total = 1u64;
        for k in 0..size {
            total = total.wrapping_mul(3).wrapping_add(k);
            tick();
            checkpoint!(every = 4, label = "there");
        }
        total
    }

    impl Walks for BadMigrate {
        const WALK: fn(u64) -> u64 = walk;
    }
};

struct LackingMigrate;

const _: () = {
    #[resumable(version = 2, migrate = nothing)]
    fn walk(size: u64) -> u64 {
        #[resume]
        let mut sum = 1u64;
        #[resume]
        let mut highest = 0u64;
        for k in 0..size {
            sum = sum.wrapping_mul(3).wrapping_add(k);
            highest = highest.max(sum);
            tick();
            checkpoint!(every = 4, label = "here");
        }
        highest
    }

    impl Walks for LackingMigrate {
        const WALK: fn(u64) -> u64 = walk;
    }
};

struct Retyped;

const _: () = {
    #[resumable]
    fn walk(size: u64) -> u64 {
        #[resume]
        let mut sum = String::new();
        for k in 0..size {
            sum += &k.to_string();
            tick();
            checkpoint!(every = 4, label = "here");
        }
        sum.len() as u64
    }

    impl Walks for Retyped {
        const WALK: fn(u64) -> u64 = walk;
    }
};

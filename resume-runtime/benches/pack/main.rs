//! What compression costs and gains: kinds of state against methods, as a markdown table.
//!
//! ```text
//! cargo bench --bench pack            # blocks of 256 KiB
//! cargo bench --bench pack -- 64      # blocks of 64 KiB
//! ```
//!
//! `docs/benchmarks.md` says how the numbers are made and what they mean.

#[allow(dead_code, unused_imports, unreachable_pub, reason = "the crate's own file; the benchmark needs a part of it")]
#[path = "../../src/pack.rs"]
mod pack;

mod kinds;

use std::env;
use std::hint::black_box;
use std::time::Instant;

use kinds::Kind;
use pack::{Compression, Packer, Stored, Unpacker};

/// Each block is packed and unpacked so often; the fastest time counts.
const ROUNDS: usize = 9;

/// A method, and whether numbers are shuffled.
struct Way {
    name: &'static str,
    how: Compression,
    shuffled: bool,
}

const WAYS: [Way; 6] = [
    Way { name: "`none`", how: Compression::None, shuffled: true },
    Way { name: "`lz4`", how: Compression::Lz4, shuffled: true },
    Way { name: "`zstd:1`", how: Compression::Zstd(1), shuffled: true },
    Way { name: "`zstd:3`", how: Compression::Zstd(3), shuffled: true },
    Way { name: "`zstd:9`", how: Compression::Zstd(9), shuffled: true },
    Way { name: "`zstd:1`, not shuffled", how: Compression::Zstd(1), shuffled: false },
];

fn main() {
    let mut arguments = env::args().skip(1).filter(|argument| !argument.starts_with('-'));
    let kib = arguments.next().map_or(256, |size| size.parse().expect("the argument is the size of a block in KiB"));
    println!("Size in %, packed at GB/s, unpacked at GB/s; blocks of {kib} KiB.\n");
    println!("| state |{}", WAYS.iter().map(|way| format!(" {} |", way.name)).collect::<String>());
    println!("|---|{}", "---|".repeat(WAYS.len()));
    for kind in kinds::all() {
        let cells = WAYS.iter().map(|way| format!(" {} |", measure(&kind, way, kib << 10)));
        println!("| {} |{}", kind.name, cells.collect::<String>());
    }
}

/// One cell of the table.
fn measure(kind: &Kind, way: &Way, block: usize) -> String {
    let width = if way.shuffled { kind.width } else { 1 };
    let blocks: Vec<&[u8]> = kind.bytes.chunks(block).collect();
    let mut packer = Packer::new(way.how);
    let (mut packing, mut unpacking) = (Fastest::new(blocks.len()), Fastest::new(blocks.len()));
    // Buffers made before the clock runs: a writer keeps its own, too.
    let mut packed: Vec<(Option<Stored>, Vec<u8>)> = vec![(None, Vec::with_capacity(block)); blocks.len()];
    for _ in 0..ROUNDS {
        for (at, (block, (stored, bytes))) in blocks.iter().zip(&mut packed).enumerate() {
            let result = packing.time(at, || packer.pack(black_box(block), width));
            *stored = Some(result.0);
            bytes.clear();
            bytes.extend_from_slice(result.1);
        }
    }
    let mut unpacker = Unpacker::new();
    let mut out = vec![0; kind.bytes.len()];
    for _ in 0..ROUNDS {
        for (at, ((stored, bytes), block)) in packed.iter().zip(out.chunks_mut(block)).enumerate() {
            let stored = stored.expect("every block was packed");
            unpacking
                .time(at, || unpacker.unpack(stored, black_box(bytes), block))
                .expect("what was packed is unpacked");
        }
    }
    assert!(out == kind.bytes, "{} came back different", kind.name);
    let size: usize = packed.iter().map(|(_, bytes)| bytes.len()).sum();
    let speed = |fastest: &Fastest| kind.bytes.len() as f64 / 1e9 / fastest.seconds();
    let percent = 100.0 * size as f64 / kind.bytes.len() as f64;
    format!("{percent:.1} %, {:.1}, {:.1}", speed(&packing), speed(&unpacking))
}

/// The fastest time of each block: a machine that is busy for a while slows no block in every round.
struct Fastest(Vec<f64>);

impl Fastest {
    fn new(blocks: usize) -> Self {
        Self(vec![f64::INFINITY; blocks])
    }

    fn time<R>(&mut self, block: usize, work: impl FnOnce() -> R) -> R {
        let begin = Instant::now();
        let result = work();
        self.0[block] = self.0[block].min(begin.elapsed().as_secs_f64());
        result
    }

    fn seconds(&self) -> f64 {
        self.0.iter().sum()
    }
}

#!/bin/sh
# What the codec costs in code and compile time: 30 struct types, written and read, against ciborium.
#
#     sh resume-runtime/benches/codec/size.sh     # from the top folder; prints a markdown table
#
# Makes a small crate in a temporary folder, with one program for each contender and one without any. Times are those of
# the processor for compiling the program alone, from nothing, its dependencies being there already. Takes three to five
# minutes on two processors.
set -eu

sources=$(cd "$(dirname "$0")/../../src" && pwd)
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
mkdir -p "$folder/src/bin" "$folder/codec/src"

cat > "$folder/Cargo.toml" <<END
[package]
name = "size"
version = "0.0.0"
edition = "2024"
[dependencies]
codec = { path = "codec" }
ciborium = "0.2"
serde = { version = "1", features = ["derive"] }
[workspace]
members = ["codec"]
END
cat > "$folder/codec/Cargo.toml" <<END
[package]
name = "codec"
version = "0.0.0"
edition = "2024"
[dependencies]
libc = "0.2"
serde = { version = "1", features = ["derive"] }
typeid = "1"
END
cat > "$folder/codec/src/lib.rs" <<END
#[path = "$sources"]
#[allow(dead_code, unreachable_pub, unused)]
mod source {
    pub(crate) mod codec;
}
use source::codec;
pub fn write<T: serde::Serialize>(value: &T) -> Vec<u8> {
    codec::to_vec(value).expect("encodable")
}
pub fn read<T: serde::de::DeserializeOwned>(bytes: &[u8]) -> T {
    codec::from_slice(bytes).expect("decodable")
}
END

# program <name> <statements for each type>
program() {
    {
        echo "use serde::{Deserialize, Serialize}; use std::{collections::HashMap, hint::black_box};"
        number=1
        while [ $number -le 30 ]; do
            echo "#[derive(Serialize, Deserialize, Default, Debug)] struct I$number { a$number: f64, b: [f32; 3], c: u32 }
#[derive(Serialize, Deserialize, Default, Debug)] struct S$number {
    xs$number: Vec<f64>, ns: Vec<u32>, inner: Vec<I$number>, map: HashMap<String, Vec<I$number>>, last: Option<I$number>, done: bool,
}"
            number=$((number + 1))
        done
        echo "fn main() {"
        number=1
        while [ $number -le 30 ]; do
            echo "    { type S = S$number; let value = black_box(S::default()); $2 }"
            number=$((number + 1))
        done
        echo "}"
    } > "$folder/src/bin/$1.rs"
}
program none 'println!("{value:?}");'
program resume 'let bytes = codec::write(&value); println!("{:?}", codec::read::<S>(black_box(&bytes)));'
program ciborium 'let mut bytes = Vec::new(); ciborium::into_writer(&value, &mut bytes).unwrap();
    println!("{:?}", ciborium::from_reader::<S, _>(black_box(&bytes[..])).unwrap());'

cd "$folder"
export CARGO_TARGET_DIR="$folder/target"
# Else the second of two builds in debug mode would find the work of the first.
export CARGO_INCREMENTAL=0
echo "| 30 struct types | text, release, KB | compile, release, s | compile, debug, s |"
echo "|---|---|---|---|"
for flag in --release ""; do
    # With the first program come all dependencies, for the others too.
    cargo build --quiet $flag -p codec
    cargo build --quiet $flag --bin none
    for name in none ciborium resume; do
        touch "src/bin/$name.rs"
        # The times of children are the second line of `times`.
        seconds=$(sh -c "cargo build --quiet $flag --bin $name && times" |
            awk 'NR == 2 { split($1, t, /[ms]/); printf "%.1f", t[1] * 60 + t[2] }')
        echo "$seconds" > "$name$flag.seconds"
    done
done
for name in none ciborium resume; do
    text=$(size "target/release/$name" | awk 'NR == 2 { printf "%.0f", $1 / 1000 }')
    echo "| $name | $text | $(cat "$name--release.seconds") | $(cat "$name.seconds") |"
done

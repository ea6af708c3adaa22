//! Prints the generated body of a seed: `cargo run -p resume-tests --bin show-body -- 17`.

fn main() {
    for seed in std::env::args().skip(1) {
        match seed.parse() {
            Ok(seed) => print!("{}", resume_tests::generate::module(seed)),
            Err(_) => eprintln!("{seed:?} is not a seed: a whole number"),
        }
    }
}

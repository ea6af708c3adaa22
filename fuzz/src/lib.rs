//! The frame of a target: libFuzzer, or a plain `main` without it.

#[cfg(feature = "libfuzzer")]
pub use libfuzzer_sys;

/// Makes a program of a function of bytes.
#[macro_export]
macro_rules! target {
    ($run:path) => {
        #[cfg(feature = "libfuzzer")]
        $crate::libfuzzer_sys::fuzz_target!(|bytes: &[u8]| $run(bytes));

        #[cfg(not(feature = "libfuzzer"))]
        fn main() {
            $crate::over_files($run);
        }
    };
}

/// Runs a target over each of the files that the command line names: a corpus, or what libFuzzer found.
#[cfg(not(feature = "libfuzzer"))]
pub fn over_files(run: fn(&[u8])) {
    let mut count = 0;
    for path in std::env::args_os().skip(1) {
        let bytes = std::fs::read(&path).unwrap_or_else(|error| panic!("{}: {error}", path.display()));
        println!("{}", path.display());
        run(&bytes);
        count += 1;
    }
    println!("{count} files");
}

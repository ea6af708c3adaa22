//! Values of any bytes.
#![cfg_attr(feature = "libfuzzer", no_main)]

resume_fuzz::target!(resume_runtime::fuzz::codec);

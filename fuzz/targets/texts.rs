//! The texts of locks and of the environment.
#![cfg_attr(feature = "libfuzzer", no_main)]

resume_fuzz::target!(resume_runtime::fuzz::texts);

//! The file of a snapshot.
#![cfg_attr(feature = "libfuzzer", no_main)]

resume_fuzz::target!(resume_runtime::fuzz::object);

//! The file of a snapshot whose end vouches for any table.
#![cfg_attr(feature = "libfuzzer", no_main)]

resume_fuzz::target!(resume_runtime::fuzz::sealed);

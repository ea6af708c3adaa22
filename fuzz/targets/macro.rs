//! The attribute over any tokens. A procedural macro cannot be called by a program, so its sources are compiled into this
//! one.
#![cfg_attr(feature = "libfuzzer", no_main)]

#[path = "../../resume-macros/src"]
#[allow(dead_code, unreachable_pub, reason = "not all of it is called")]
mod source {
    pub(crate) mod apart;
    pub(crate) mod args;
    pub(crate) mod arrays;
    pub(crate) mod capitals;
    pub(crate) mod cfg;
    pub(crate) mod check;
    pub(crate) mod diag;
    pub(crate) mod end;
    pub(crate) mod expand;
    pub(crate) mod fallback;
    pub(crate) mod fingerprint;
    pub(crate) mod fuzz;
    pub(crate) mod groups;
    pub(crate) mod hidden;
    pub(crate) mod input;
    pub(crate) mod iterated;
    pub(crate) mod lending;
    pub(crate) mod live;
    pub(crate) mod lower;
    pub(crate) mod macros;
    pub(crate) mod made;
    pub(crate) mod mentions;
    pub(crate) mod misspelt;
    pub(crate) mod model;
    pub(crate) mod names;
    pub(crate) mod opened;
    pub(crate) mod pipeline;
    pub(crate) mod random;
    pub(crate) mod resolve;
    pub(crate) mod restore;
    pub(crate) mod std_macros;
    pub(crate) mod syntax;
    pub(crate) mod twice;
    pub(crate) mod uneven;
    pub(crate) mod ways;
    pub(crate) mod whole;
}

// The sources know themselves by these names.
#[allow(unused_imports, reason = "some only know themselves from within")]
use source::{
    apart, args, arrays, capitals, cfg, check, diag, end, expand, fallback, fingerprint, fuzz, groups, hidden, input,
    iterated, lending, live, lower, macros, made, mentions, misspelt, model, names, opened, pipeline, random, resolve,
    restore, std_macros, syntax, twice, uneven, ways, whole,
};

resume_fuzz::target!(fuzz::attribute);

//! Whole programs, each a process of its own, and what becomes of them. One program, as each costs a link, and as most of
//! these tests wait: another one is under way meanwhile.

mod branches;
mod chaos;
mod code_change;
mod damage;
mod differential;
mod failing;
mod fixtures;
mod kill;
mod life;
mod limits;
mod locks;
mod lost;
mod poison;
mod python;
mod room;
mod trouble;

//! Functions of every kind against plain Rust: as they are, and cut at each pass. One program, as each costs a link.

mod behind;
mod beside;
mod borrows;
mod capitals;
mod corners;
mod cut;
mod dropped;
mod held;
mod indexed;
mod inferred;
mod items;
mod jumping;
mod leave;
mod let_chains;
mod let_else;
mod passing;
mod second_meaning;
mod shadowed;
mod side_by_side;
mod stretches;
mod uneven;
mod valued;

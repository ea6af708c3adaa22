//! Loops with sites: their cursors, which are captured, and the blocks of passes in which no site need be looked at.

pub(crate) mod chunks;
pub(crate) mod cursor;
pub(crate) mod inclusive;
pub(crate) mod indices;
pub(crate) mod items;
pub(crate) mod length;
pub(crate) mod repeat;
pub(crate) mod stretch;
pub(crate) mod upwards;

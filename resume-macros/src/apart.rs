//! Branches at whose sites a local is dead that the statements around them still need.
//!
//! ```text
//! let mut x = f();                        'behind: {
//! if c {                                      let mut x = f();
//!     checkpoint!();           becomes        if c { break 'behind }
//!     continue;                               g(x);
//! }                                           end of the block
//! g(x);                                   }
//!                                         checkpoint!();
//!                                         continue;
//! ```
//!
//! At the site `x` is dead, so it has to be dropped before, in a fresh run too. It ends with its scope, and that cannot
//! end before code that needs it, so the branch comes to stand behind: `decide` says which branches have to, and behind
//! what; `part` moves them. A branch that comes to its end goes behind its own statement, if that is all that needs
//! the local. The order of sites is then that in which the expansion has them.
//!
//! A branch is not moved out of a loop or an `unsafe` block, nor where it needs locals of the blocks that it would leave.
//! What such a branch could only be rid of by that counts as alive in it.

use crate::live::{self, Follow, Live};
use crate::mentions::Names;
use crate::model::{Block, Site};

mod decide;
mod part;

/// What is alive at each site before branches are moved.
pub(crate) fn before(body: &Block, sites: &[Site]) -> Live {
    let none = vec![Names::new(); sites.len()];
    let (reached, direct) = live::alive(body, Follow::Control, &none);
    Live::new(body, reached.clone(), reached, direct)
}

/// A body with its branches moved.
pub(crate) struct Parted {
    pub(crate) body: Block,
    /// In the order of the expansion.
    pub(crate) sites: Vec<Site>,
    /// What is alive at each of them.
    pub(crate) live: Live,
}

/// Moves branches, and says what is alive at each site.
pub(crate) fn apart(body: Block, sites: Vec<Site>) -> Parted {
    let none = vec![Names::new(); sites.len()];
    let (reached, direct) = live::alive(&body, Follow::Control, &none);
    let text = live::alive(&body, Follow::Text, &none).0;
    let decisions = decide::decide(&body, &reached, &text);
    let (kept, kept_direct) = live::alive(&body, Follow::Text, &decisions.freed);
    let both = |one: &[Names], other: &[Names]| -> Vec<Names> {
        one.iter().zip(other).map(|(one, other)| one.union(other).cloned().collect()).collect()
    };
    let (exact, direct) = (both(&reached, &kept), both(&direct, &kept_direct));
    if decisions.moves.iter().all(Option::is_none) {
        let live = Live::new(&body, reached, exact, direct);
        return Parted { body, sites, live };
    }
    let (body, order) = part::part(body, decisions.moves);
    let mut sites: Vec<Option<Site>> = sites.into_iter().map(Some).collect();
    let sites = order.iter().filter_map(|site| sites[site - 1].take()).collect();
    let in_order = |names: &[Names]| order.iter().map(|site| names[site - 1].clone()).collect();
    let live = Live::new(&body, in_order(&reached), in_order(&exact), in_order(&direct));
    Parted { body, sites, live }
}

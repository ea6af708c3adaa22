//! What a macro hides of jumps: in the loop that it stands in, they lead here.

/// Gives one item, so that a `for` over it runs its body once.
///
/// It is known afterwards what ended the body, which the compiler sees in advance: a `continue` asks for the next item, a
/// `break` does not.
#[derive(Debug)]
pub struct Once {
    asked: u8,
}

impl Once {
    /// One that has not been asked yet.
    #[inline(always)]
    #[allow(clippy::new_without_default, reason = "made by generated code alone")]
    pub const fn new() -> Once {
        Once { asked: 0 }
    }

    /// Whether the loop over it was left.
    #[inline(always)]
    pub fn is_left(&self) -> bool {
        self.asked < 2
    }
}

impl Iterator for Once {
    type Item = ();

    #[inline(always)]
    fn next(&mut self) -> Option<()> {
        self.asked += 1;
        (self.asked == 1).then_some(())
    }
}

#[cfg(test)]
mod tests {
    use super::Once;

    #[test]
    #[allow(clippy::never_loop, clippy::needless_continue, reason = "that is what it is for")]
    fn what_ended_the_body_is_known() {
        let (mut ends, mut goes_on, mut leaves) = (Once::new(), Once::new(), Once::new());
        let mut runs = 0;
        for () in &mut ends {
            runs += 1;
        }
        for () in &mut goes_on {
            runs += 1;
            continue;
        }
        for () in &mut leaves {
            runs += 1;
            break;
        }
        assert_eq!((runs, ends.is_left(), goes_on.is_left(), leaves.is_left()), (3, false, false, true));
    }
}

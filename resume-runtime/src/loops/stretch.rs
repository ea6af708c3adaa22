//! Loops with sites elsewhere than at the end of the body: they run in stretches of passes, in which no credit can run out, and
//! in single passes, in which the sites look whether one has. Which of the two it is does not change within, so the compiler
//! makes two loops of the one, and that for the stretches has no test.

/// Some passes: `while let Some(item) = stretch.next(&mut cursor)`.
#[derive(Debug)]
pub struct Stretch<B> {
    pub(crate) items: B,
    looks: bool,
}

impl<B> Stretch<B> {
    /// As many passes as leave something of the credit, or a single one, out of what `block` gives.
    #[inline(always)]
    pub(crate) fn of(credit: u64, block: impl FnOnce(&mut u64) -> Option<B>) -> Option<Stretch<B>> {
        let items = block(&mut credit.saturating_sub(1).max(1))?;
        Some(Stretch { items, looks: credit <= 1 })
    }

    /// Whether this is a single pass, in which a credit may run out.
    #[inline(always)]
    pub fn looks(&self) -> bool {
        self.looks
    }
}

impl<B: Iterator> Stretch<B> {
    /// One item, which the cursor counts as given since the stretch began.
    #[inline(always)]
    pub fn next<C>(&mut self, _cursor: &mut C) -> Option<B::Item> {
        self.items.next()
    }
}

#[cfg(test)]
mod tests {
    use crate::loops::cursor::Steps;
    use crate::loops::items::Source;

    /// What a loop over a source is given in stretches for a credit that is renewed when it has run out.
    macro_rules! check {
        ($cursor:expr, $want:expr) => {{
            for most in [1_u64, 2, 3, 7, 1000] {
                let (mut cursor, mut left, mut got) = ($cursor, most, Vec::new());
                while let Some(mut stretch) = cursor.stretch(left) {
                    let before = got.len();
                    while let Some(item) = stretch.next(&mut cursor) {
                        got.push(item.clone());
                        left -= 1;
                        assert!(left > 0 || stretch.looks(), "it ran out where nothing looks");
                    }
                    assert!(!stretch.looks() || got.len() <= before + 1);
                    left = if left == 0 { most } else { left };
                }
                assert_eq!(got, $want, "{most}");
            }
        }};
    }

    #[test]
    fn stretches_give_all_items_and_leave_something_of_the_credit() {
        let list = [3, 1, 4, 1, 5, 9, 2, 6, 5, 3];
        let mut own = list;
        check!(Steps::new(3..15_u8), (3..15).collect::<Vec<_>>());
        check!(Steps::new(250..=255_u8), (250..=255).collect::<Vec<_>>());
        check!(Steps::new(5..5), [0; 0]);
        check!(Source::new(&list).cursor(), list);
        check!(Source::new(own.iter_mut()).cursor(), list);
        check!(Source::new(list).cursor(), list);
        check!(Source::new(list.iter().rev()).cursor(), list.iter().rev().copied().collect::<Vec<_>>());
    }

    #[test]
    fn the_item_of_a_single_pass_is_given_again() {
        let mut cursor = Steps::new(0..9);
        assert_eq!(cursor.stretch(4).and_then(|mut stretch| stretch.next(&mut cursor)), Some(0));
        let mut single = cursor.stretch(1).expect("a pass");
        assert_eq!(
            (single.next(&mut cursor), cursor.again().next(), single.next(&mut cursor)),
            (Some(3), Some(3), None)
        );
        let mut cursor = Source::new("abc".chars()).cursor();
        let mut single = cursor.stretch(1).expect("a pass");
        assert_eq!((single.next(&mut cursor), cursor.again().0), (Some('a'), 0));
        let mut rest = cursor.stretch(9).expect("perhaps a pass");
        assert_eq!(std::iter::from_fn(|| rest.next(&mut cursor)).count(), 2);
        assert!(cursor.stretch(9).is_none());
        assert_eq!(cursor.here().0, 3);
    }
}

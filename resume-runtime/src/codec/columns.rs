//! Sequences of records by column, while they are being written.
//!
//! The first record tells the shape ([`Step`]); the columns are laid out for the announced number of records, and each
//! record that goes the same way is put into them. One that does not, or another number of records, turns what is there
//! into rows. Nothing was lost by then, and the rest follows as rows.

use super::Error;
use super::TABLE;
use super::compound::Compound;
use super::encode::{ARRAY, BYTES, Encoder, MAP, TAG, UNSIGNED};
use super::row::{Cell, Row, Step};
use super::table::{DEEPEST, GRID, Table};
use serde::ser::{Serialize, SerializeSeq};

/// The fewest records that are stored by column: with fewer, the names and heads weigh as much as the numbers.
pub(super) const FEWEST: usize = 16;

/// What became of a sequence.
pub(super) enum Outcome<'e, 'a, T> {
    /// All of it is written.
    Done,
    /// Some of it is written, as rows; next comes this element, and then the rest.
    Rows(Compound<'e, 'a>, Option<T>),
}

/// Writes a sequence by column, as far as it is one of records of one shape.
#[inline]
pub(super) fn collect<'e, 'a, T: Serialize>(
    encoder: &'e mut Encoder<'a>,
    length: usize,
    first: T,
    rest: &mut impl Iterator<Item = T>,
) -> Result<Outcome<'e, 'a, T>, Error> {
    let mut steps = std::mem::take(&mut encoder.steps);
    steps.clear();
    let layout = match first.serialize(&mut Row::learn(&mut steps)) {
        Ok(()) => Layout::open(encoder, &mut steps, length)?,
        Err(_) => None,
    };
    let Some(layout) = layout else {
        encoder.steps = steps;
        return Ok(Outcome::Rows(Compound::open(encoder, ARRAY, Some(length))?, Some(first)));
    };
    let (done, odd) = fill(&mut steps, encoder.out, length, first, rest);
    encoder.steps = steps;
    if done == length && odd.is_none() {
        layout.list(encoder);
        return Ok(Outcome::Done);
    }
    Ok(Outcome::Rows(layout.into_rows(encoder, done, length)?, odd))
}

/// Puts records into the columns until there are enough or one is something else: how many, and what comes next.
#[inline(never)]
fn fill<T: Serialize>(
    steps: &mut [Step],
    out: &mut [u8],
    length: usize,
    first: T,
    rest: &mut impl Iterator<Item = T>,
) -> (usize, Option<T>) {
    let mut next = Some(first);
    for done in 0..length {
        let Some(element) = next else {
            return (done, None);
        };
        let mut row = Row::put(steps, out);
        if element.serialize(&mut row).is_err() || row.steps.next().is_some() {
            return (done, Some(element));
        }
        next = rest.next();
    }
    (length, next)
}

/// The columns of one table in the buffer.
struct Layout {
    /// Where the table starts.
    start: usize,
    records: usize,
    /// Start, length and width of each column.
    columns: Vec<(usize, usize, usize)>,
}

impl Layout {
    /// Writes the table without its numbers, and the places of the numbers into the steps. `None` where they are no record.
    fn open(encoder: &mut Encoder<'_>, steps: &mut Vec<Step>, records: usize) -> Result<Option<Layout>, Error> {
        let depth = match depth(steps) {
            Some(depth) if encoder.can_enter(1 + depth) => depth,
            _ => return Ok(None),
        };
        if depth > DEEPEST {
            return Ok(None);
        }
        let width: usize = steps.iter().map(Step::size).sum();
        let bytes = width.saturating_mul(records);
        encoder.room(bytes)?;
        // Room for the heads too, as far as that can be said in advance.
        if encoder.out.try_reserve(bytes.saturating_add(32 * steps.len())).is_err() {
            return Ok(None);
        }
        let mut layout = Layout { start: encoder.out.len(), records, columns: Vec::new() };
        encoder.head(TAG, TABLE);
        encoder.head(ARRAY, 2);
        encoder.head(UNSIGNED, records as u64);
        layout.node(encoder, steps)?;
        join(steps);
        encoder.room(0)?;
        Ok(Some(layout))
    }

    /// Lays out what the first steps are. The number of these is given back.
    fn node(&mut self, encoder: &mut Encoder<'_>, steps: &mut [Step]) -> Result<usize, Error> {
        let mut sides = Vec::new();
        if let Some((cell, end)) = grid(steps, &mut sides) {
            self.column(encoder, cell, &sides, &mut steps[..end])?;
            return Ok(end);
        }
        let is_map = matches!(steps[0], Step::Map);
        encoder.head(if is_map { MAP } else { ARRAY }, children(steps));
        let mut at = 1;
        loop {
            match steps[at] {
                Step::End => return Ok(at + 1),
                Step::Name(name) => {
                    encoder.text(name)?;
                    at += 1;
                }
                _ => at += self.node(encoder, &mut steps[at..])?,
            }
        }
    }

    /// Lays out one column: for each record one number, or as many as an array with these sides has.
    fn column(
        &mut self,
        encoder: &mut Encoder<'_>,
        cell: Cell,
        sides: &[u64],
        steps: &mut [Step],
    ) -> Result<(), Error> {
        let size = cell.size();
        let stride = size * sides.iter().product::<u64>() as usize;
        if !sides.is_empty() {
            encoder.head(TAG, GRID);
            encoder.head(ARRAY, 2);
            encoder.head(ARRAY, 1 + sides.len() as u64);
            encoder.head(UNSIGNED, self.records as u64);
            sides.iter().for_each(|side| encoder.head(UNSIGNED, *side));
        }
        if let Cell::Number(kind) = cell {
            encoder.head(TAG, kind.tag());
        }
        let length = stride * self.records;
        encoder.head(BYTES, length as u64);
        let start = encoder.out.len();
        encoder.out.take(length);
        encoder.room(0)?;
        self.columns.push((start, length, size));
        let cells = steps.iter_mut().filter_map(|step| match step {
            Step::Cell { place, stride, .. } => Some((place, stride)),
            _ => None,
        });
        for (number, (place, step)) in cells.enumerate() {
            *place = start + number * size;
            *step = stride;
        }
        Ok(())
    }

    fn list(&self, encoder: &mut Encoder<'_>) {
        for &(start, length, width) in &self.columns {
            encoder.list(start, length, width);
        }
    }

    /// The first records as a plain array, open for more.
    #[cold]
    fn into_rows<'e, 'a>(
        self,
        encoder: &'e mut Encoder<'a>,
        done: usize,
        length: usize,
    ) -> Result<Compound<'e, 'a>, Error> {
        for &(start, length, _) in &self.columns {
            // What is not of these records was there before.
            encoder.out[start + length / self.records * done..start + length].fill(0);
        }
        let bytes = encoder.out[self.start..].to_vec();
        encoder.out.truncate(self.start);
        let table = Table::reread(&bytes)?;
        let mut compound = Compound::open(encoder, ARRAY, Some(length))?;
        for row in table.rows(done) {
            compound.serialize_element(&row)?;
        }
        Ok(compound)
    }
}

/// Makes one step of each array of numbers of one kind. They lie in one column then, side by side.
fn join(steps: &mut Vec<Step>) {
    let (mut done, mut at) = (0, 0);
    while let Some(&step) = steps.get(at) {
        let mut sides = Vec::new();
        let line = match steps[at..] {
            [Step::Array, Step::Cell { cell: Cell::Number(kind), place, stride }, ..] => grid(&steps[at..], &mut sides)
                .map(|(cell, count)| (Step::Line { kind, place, stride, length: (count - 2) * cell.size() }, count)),
            _ => None,
        };
        let (step, count) = line.unwrap_or((step, 1));
        steps[done] = step;
        done += 1;
        at += count;
    }
    steps.truncate(done);
}

/// How deep the record goes, or nothing if it has maps or arrays without content: those would be there as often as a
/// reader is told, without a byte for each.
fn depth(steps: &[Step]) -> Option<usize> {
    let (mut depth, mut deepest) = (0, 0);
    for pair in steps.windows(2) {
        match pair {
            [Step::Map | Step::Array, Step::End] => return None,
            [Step::Map | Step::Array, _] => depth += 1,
            [Step::End, _] => depth -= 1,
            _ => {}
        }
        deepest = deepest.max(depth);
    }
    Some(deepest)
}

/// How many entries or elements the map or array has that starts here.
fn children(steps: &[Step]) -> u64 {
    let (mut depth, mut count) = (0, 0);
    for step in steps {
        let is_value = !matches!(step, Step::End | Step::Name(_));
        count += u64::from(depth == 1 && is_value);
        match step {
            Step::Map | Step::Array => depth += 1,
            Step::End => depth -= 1,
            _ => {}
        }
        if depth == 0 {
            break;
        }
    }
    count
}

/// If the first steps are a number or an array of numbers of one kind with the same sides everywhere: the kind and how
/// many steps. The sides are appended.
fn grid(steps: &[Step], sides: &mut Vec<u64>) -> Option<(Cell, usize)> {
    match *steps.first()? {
        Step::Cell { cell, .. } => return Some((cell, 1)),
        Step::Array => {}
        _ => return None,
    }
    let here = sides.len();
    sides.push(1);
    let (cell, size) = grid(&steps[1..], sides)?;
    let mut at = 1 + size;
    while !matches!(steps.get(at)?, Step::End) {
        let mut other = Vec::new();
        if grid(&steps[at..], &mut other)? != (cell, size) || other != sides[here + 1..] {
            return None;
        }
        sides[here] += 1;
        at += size;
    }
    (cell != Cell::Bool).then_some((cell, at + 1))
}

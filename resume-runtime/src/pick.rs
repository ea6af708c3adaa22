//! Which snapshot a run goes on from: the newest good one, or what the settings say.

use std::path::Path;

use crate::config::Settings;
use crate::error::{Error, ErrorKind};
use crate::object::{self, Fault, Index, Loaded};
use crate::poison;
use crate::recover::{self, Found};
use crate::snapshot::Snapshot;
use crate::store::{self, Key, Store};

/// The snapshot to go on from, and what is known of the others.
pub(crate) struct Picked {
    pub(crate) snapshot: Option<Box<Snapshot>>,
    /// Its captured values.
    pub(crate) values: Vec<(String, Vec<u8>)>,
    /// Its blocks, as far as they are in this run's own files.
    pub(crate) index: Index,
    /// Its number.
    pub(crate) seq: Option<u64>,
    /// This one and those before it, ascending.
    pub(crate) good: Vec<u64>,
    /// Newer ones that cannot be read, and why.
    pub(crate) skipped: Vec<(u64, String)>,
    /// Those that have been started from too often without getting on, the newest first. Where nothing else was left,
    /// the one that was taken is among them.
    pub(crate) poisoned: Vec<u64>,
    /// Whether the settings name it.
    pub(crate) is_named: bool,
    /// The number of the next one: above all that are there.
    pub(crate) next: u64,
    /// Why it is this one, or none.
    pub(crate) note: Option<String>,
}

impl Default for Picked {
    fn default() -> Picked {
        Picked {
            snapshot: None,
            values: Vec::new(),
            index: Index::default(),
            seq: None,
            good: Vec::new(),
            skipped: Vec::new(),
            poisoned: Vec::new(),
            is_named: false,
            next: 1,
            note: None,
        }
    }
}

/// For a root run, as the settings say.
pub(crate) fn root(settings: &Settings, store: &dyn Store, key: &Key) -> Result<Picked, Error> {
    match &settings.from {
        _ if settings.fresh => nothing(store, key),
        Some(from) => named(from, store, key),
        None => unpoisoned(store, key),
    }
}

/// The newest good one.
pub(crate) fn newest(store: &dyn Store, key: &Key) -> Result<Picked, Error> {
    newest_but(store, key, &|_| false)
}

/// The newest good one that runs get on from, if there is one.
pub(crate) fn unpoisoned(store: &dyn Store, key: &Key) -> Result<Picked, Error> {
    let mut picked = newest_but(store, key, &|seq| poison::is_poisoned(store, key, seq))?;
    picked.note = picked.seq.and_then(|seq| poison::note(seq, &picked.poisoned));
    Ok(picked)
}

fn newest_but(store: &dyn Store, key: &Key, is_avoided: &dyn Fn(u64) -> bool) -> Result<Picked, Error> {
    let found = recover::newest_but(store, key, is_avoided)?;
    let next = found.next();
    let Found::Good { seq, loaded, skipped, avoided } = found else {
        return Ok(Picked::default());
    };
    Ok(Picked {
        snapshot: Some(Box::new(loaded.snapshot)),
        values: loaded.values,
        index: loaded.index,
        seq: Some(seq),
        good: list(store, key)?.into_iter().filter(|there| *there <= seq).collect(),
        skipped,
        poisoned: avoided,
        is_named: false,
        next,
        note: None,
    })
}

/// None, whatever there is. What there is stays: it is not counted as this life's own.
pub(crate) fn nothing(store: &dyn Store, key: &Key) -> Result<Picked, Error> {
    let there = list(store, key)?;
    Ok(Picked {
        next: following(&there),
        note: (!there.is_empty()).then(|| format!("{} snapshots ignored, as RESUME_FRESH says", there.len())),
        ..Picked::default()
    })
}

/// The one that RESUME_FROM names: a number for one of the run's own, else a file.
fn named(from: &Path, store: &dyn Store, key: &Key) -> Result<Picked, Error> {
    let there = list(store, key)?;
    let number = from.to_str().and_then(|text| text.parse().ok());
    let siblings = from.parent().unwrap_or(Path::new(""));
    let loaded = object::load(
        &|object| match (number, object) {
            (Some(seq), 0) => store.open(key, seq),
            (Some(_), object) => store.open(key, object),
            (None, 0) => store::open_file(from),
            (None, object) => store::open_file(&siblings.join(store::file_name(object))),
        },
        number.unwrap_or_default(),
    )
    .map_err(|fault| match fault {
        Fault::Damage(damage) => refused(&damage.to_string(), from).of(key),
        Fault::Io(error) => refused("it cannot be read", from).of(key).caused_by(error),
    })?;
    let Loaded { snapshot, values, index } = loaded;
    // The variable is there for all runs of the process, but it can only mean one of them.
    let components = key.components();
    let is_ours = components.get(1).is_some_and(|identity| snapshot.identity.starts_with(identity.as_str()))
        && Key::new(&snapshot.function, "").components().first() == components.first();
    if !is_ours {
        let mut picked = unpoisoned(store, key)?;
        let mut note = format!(
            "RESUME_FROM names a snapshot of {}({}), which is another run",
            snapshot.function, snapshot.arguments
        );
        if let Some(more) = picked.note.take() {
            note = format!("{note}; {more}");
        }
        picked.note = Some(note);
        return Ok(picked);
    }
    let seq = number.or_else(|| own_number(from, &snapshot, store, key, &there));
    Ok(Picked {
        snapshot: Some(Box::new(snapshot)),
        values,
        index: if number.is_some() { index } else { Index::default() },
        seq,
        good: there.iter().copied().filter(|seq| Some(*seq) <= number).collect(),
        skipped: Vec::new(),
        poisoned: Vec::new(),
        is_named: true,
        next: following(&there),
        note: Some("as RESUME_FROM says".to_owned()),
    })
}

/// The number of a file that is one of the run's own, if it is: child runs may stand on top of it.
fn own_number(from: &Path, snapshot: &Snapshot, store: &dyn Store, key: &Key, there: &[u64]) -> Option<u64> {
    let stem = from.file_stem()?.to_str()?.parse().ok()?;
    let is_same = there.contains(&stem)
        && store
            .open(key, stem)
            .ok()
            .and_then(|mut own| object::table(&mut *own).ok())
            .is_some_and(|own| own.snapshot.saved_at == snapshot.saved_at);
    is_same.then_some(stem)
}

fn refused(why: &str, from: &Path) -> Error {
    Error::new(ErrorKind::NoSnapshot, format!("the snapshot that RESUME_FROM names cannot be used: {why}"))
        .at(from)
        .advise("name the file of a snapshot, or the number of one of the run's own, or unset RESUME_FROM")
}

fn list(store: &dyn Store, key: &Key) -> Result<Vec<u64>, Error> {
    store.list(key).map_err(|error| {
        Error::new(ErrorKind::Store, "the snapshots could not be listed").of(key).at(store.place(key)).caused_by(error)
    })
}

fn following(there: &[u64]) -> u64 {
    there.last().map_or(1, |newest| newest.saturating_add(1))
}

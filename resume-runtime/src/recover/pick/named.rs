//! The snapshot that RESUME_FROM names.

use std::collections::BTreeMap;
use std::io;
use std::path::{Path, PathBuf};
use std::sync::Mutex;

use super::{Picked, apart, following, unpoisoned};
use crate::error::{Error, ErrorKind};
use crate::mutex::locked;
use crate::object::{self, Damage, Fault, Index, Loaded};
use crate::recover::lineage::Lineage;
use crate::recover::{list, stated};
use crate::snapshot::Snapshot;
use crate::store::{self, Key, Store};

/// What RESUME_FROM names, as the first run that could read it has seen it.
///
/// The setting is there for all runs of the process, but it can only mean one of them. When that one has ended its snapshots
/// are gone, and the others still have to know that they were not theirs.
#[derive(Clone)]
struct Known {
    function: String,
    /// In hex.
    identity: String,
    /// Shown in messages only.
    arguments: String,
    /// Whether its own run has gone on from it.
    is_taken: bool,
}

/// By the setting, which a program may change.
static KNOWN: Mutex<BTreeMap<PathBuf, Known>> = Mutex::new(BTreeMap::new());

impl Known {
    fn new(snapshot: &Snapshot) -> Known {
        let Snapshot { function, identity, arguments, .. } = snapshot;
        let (function, identity, arguments) = (function.clone(), identity.clone(), arguments.clone());
        Known { function, identity, arguments, is_taken: false }
    }

    fn of(from: &Path) -> Option<Known> {
        locked(&KNOWN).get(from).cloned()
    }

    /// The first one stays, but for whether it is taken.
    fn keep(self, from: &Path) {
        let mut known = locked(&KNOWN);
        let is_taken = self.is_taken;
        known.entry(from.to_owned()).or_insert(self).is_taken |= is_taken;
    }

    fn is_of(&self, key: &Key) -> bool {
        let components = key.components();
        components.get(1).is_some_and(|identity| self.identity.starts_with(identity.as_str()))
            && Key::new(&self.function, "").components().first() == components.first()
    }

    /// The snapshot that a run goes on from which cannot go on from this one, and why it does not.
    fn passed_over(&self, store: &dyn Store, key: &Key) -> Result<Picked, Error> {
        let mut picked = unpoisoned(store, key)?;
        let mut note = if self.is_of(key) {
            "the snapshot that RESUME_FROM names is gone: this process has gone on from it before".to_owned()
        } else {
            let Known { function, arguments, .. } = self;
            format!("RESUME_FROM names a snapshot of {function}({arguments}), which is another run")
        };
        if let Some(more) = picked.note.take() {
            note = format!("{note}; {more}");
        }
        picked.note = Some(note);
        Ok(picked)
    }
}

/// The one that RESUME_FROM names: a number for one of the run's own, else a file.
pub(super) fn named(from: &Path, store: &dyn Store, key: &Key) -> Result<Picked, Error> {
    let number = from.to_str().and_then(|text| text.parse().ok());
    let known = Known::of(from);
    if let Some(known) = known.as_ref().filter(|known| number.is_none() && !known.is_of(key)) {
        return known.passed_over(store, key);
    }
    let there = list(store, key)?;
    let siblings = from.parent().unwrap_or(Path::new(""));
    let loaded = object::load(
        &|object| match (number, object) {
            (Some(seq), 0) => store.open(key, seq),
            (Some(_), object) => store.open(key, object),
            (None, 0) => store::open_file(from),
            (None, object) => store::open_file(&siblings.join(store::file_name(object))),
        },
        number.unwrap_or_default(),
    );
    let Loaded { snapshot, values, index } = match (loaded, known) {
        (Ok(loaded), _) => loaded,
        (Err(Fault::Io(error)), Some(known)) if error.kind() == io::ErrorKind::NotFound && known.is_taken => {
            return known.passed_over(store, key);
        }
        (Err(fault), _) => {
            let place = number.map_or_else(|| from.to_owned(), |seq| store.locate(key, seq).into());
            return Err(refused(fault).of(key).at(place));
        }
    };
    let known = Known::new(&snapshot);
    if !known.is_of(key) {
        let picked = known.passed_over(store, key);
        if number.is_none() {
            known.keep(from);
        }
        return picked;
    }
    Known { is_taken: true, ..known }.keep(from);
    let seq = number.or_else(|| own_number(from, &snapshot, store, key, &there));
    // A file from elsewhere has its own numbers.
    let lineage = if seq.is_some() { snapshot.lineage.clone().among(&there) } else { Lineage::default() };
    let (before, next) = (seq.unwrap_or_default(), following(&there));
    let lineage = lineage.without(before.saturating_add(1), next - 1);
    let (good, others) = apart(&there, before, &lineage);
    Ok(Picked {
        snapshot: Some(Box::new(snapshot)),
        values,
        index: if number.is_some() { index } else { Index::default() },
        seq,
        good,
        others,
        lineage,
        is_named: true,
        next,
        note: Some("as RESUME_FROM says".to_owned()),
        ..Picked::default()
    })
}

/// The number of a file that is one of the run's own, if it is: child runs may stand on top of it.
fn own_number(from: &Path, snapshot: &Snapshot, store: &dyn Store, key: &Key, there: &[u64]) -> Option<u64> {
    let stem = from.file_stem()?.to_str()?.parse().ok()?;
    let is_same =
        there.contains(&stem) && stated(store, key, stem).is_some_and(|own| own.saved_at == snapshot.saved_at);
    is_same.then_some(stem)
}

/// Missing, damaged and of a newer version are three different things, and each has a way on of its own.
fn refused(fault: Fault) -> Error {
    let refused =
        |kind, why: &str| Error::new(kind, format!("the snapshot that RESUME_FROM names cannot be used: {why}"));
    let another = "name the file of a snapshot, or the number of one of the run's own, or unset RESUME_FROM";
    match fault {
        Fault::Damage(damage @ Damage::Version(_)) => {
            refused(ErrorKind::OtherFormat, &format!("it is of another {damage}")).advise(
                "build the program with the version of resume-runtime that wrote it, or a newer one; or unset \
                 RESUME_FROM",
            )
        }
        Fault::Damage(damage) => refused(ErrorKind::Damaged, &damage.to_string()).advise(another),
        Fault::Io(error) => match error.kind() {
            io::ErrorKind::NotFound => refused(ErrorKind::NoSnapshot, "it is not there").advise(another),
            // The store has the bytes no more, and it will not get better.
            io::ErrorKind::InvalidData | io::ErrorKind::UnexpectedEof => {
                refused(ErrorKind::Damaged, &error.to_string()).advise(another)
            }
            _ => refused(ErrorKind::Store, "it cannot be read")
                .caused_by(error)
                .advise("try again when it can be read, or unset RESUME_FROM"),
        },
    }
}

#[cfg(test)]
mod tests {
    use super::named;
    use crate::error::{Error, ErrorKind};
    use crate::object::tests::file;
    use crate::snapshot::Snapshot;
    use crate::store::suite::Scratch;
    use crate::store::{Key, Store};
    use std::path::Path;

    fn key() -> Key {
        Key::new("f", "1")
    }

    fn bytes() -> Vec<u8> {
        let (function, identity, site) = ("f".to_owned(), "1".to_owned(), "for".to_owned());
        file(&Snapshot { function, identity, site, ..Snapshot::default() }, &[])
    }

    fn refusal(from: impl AsRef<Path>, store: &dyn Store) -> Error {
        named(from.as_ref(), store, &key()).map(|picked| picked.seq).expect_err("it cannot be used")
    }

    /// By its number and by its file.
    #[test]
    fn missing_damaged_and_newer_are_told_apart() {
        // Numbers that no other test names: what a process has gone on from, it knows.
        let store = Scratch::store();
        store.put(&key(), 105, &bytes()[..30]).expect("put");
        let mut newer = bytes();
        newer[8] = 9;
        let sum = blake3::hash(&newer[..12]);
        newer[12..16].copy_from_slice(&sum.as_bytes()[..4]);
        store.put(&key(), 106, &newer).expect("put");
        let kinds = [(104, ErrorKind::NoSnapshot), (105, ErrorKind::Damaged), (106, ErrorKind::OtherFormat)];
        for (seq, kind) in kinds {
            let place = store.locate(&key(), seq);
            for from in [seq.to_string(), place.clone()] {
                let error = refusal(&from, &*store);
                assert_eq!(error.kind(), kind, "{error}");
                assert_eq!(error.path(), Some(Path::new(&place)), "{error}");
            }
        }
        // No file system takes such a name.
        assert_eq!(refusal("n".repeat(1000), &*store).kind(), ErrorKind::Store);
    }

    fn put(store: &dyn Store, identity: &str, seq: u64) -> Key {
        let (function, identity) = ("f".to_owned(), identity.to_owned());
        let key = Key::new(&function, &identity);
        let snapshot = Snapshot { function, identity, site: "for".to_owned(), ..Snapshot::default() };
        store.put(&key, seq, &file(&snapshot, &[])).expect("put");
        key
    }

    fn note(from: impl AsRef<Path>, store: &dyn Store, key: &Key) -> String {
        named(from.as_ref(), store, key).expect("picked").note.expect("a note")
    }

    #[test]
    fn a_file_that_is_gone_was_another_runs() {
        let store = Scratch::store();
        let (own, other, third) = (put(&*store, "1", 1), put(&*store, "2", 1), Key::new("f", "3"));
        let from = store.locate(&own, 1);
        assert!(note(&from, &*store, &third).contains("another run"));
        let picked = named(from.as_ref(), &*store, &own).expect("picked");
        assert_eq!((picked.seq, picked.is_named), (Some(1), true));
        store.clear(&own).expect("cleared");
        for key in [&other, &third] {
            let picked = named(from.as_ref(), &*store, key).expect("picked");
            assert_eq!((picked.seq, picked.is_named), ((key == &other).then_some(1), false));
            assert!(picked.note.expect("a note").contains("RESUME_FROM names a snapshot of f(), which is another run"));
        }
        assert!(note(&from, &*store, &own).contains("has gone on from it before"));
    }

    /// Other runs have seen it, but none that it belongs to.
    #[test]
    fn a_file_that_is_gone_before_its_run_began_is_missed() {
        let store = Scratch::store();
        let (own, other) = (put(&*store, "1", 1), Key::new("f", "2"));
        let from = store.locate(&own, 1);
        assert!(note(&from, &*store, &other).contains("another run"));
        store.clear(&own).expect("cleared");
        assert_eq!(refusal(&from, &*store).kind(), ErrorKind::NoSnapshot);
        assert!(note(&from, &*store, &other).contains("another run"));
    }

    #[test]
    fn a_number_has_to_be_one_of_the_first_run() {
        let store = Scratch::store();
        let (own, other) = (put(&*store, "1", 3001), put(&*store, "2", 1));
        let picked = named("3001".as_ref(), &*store, &other).map(|picked| picked.seq);
        assert_eq!(picked.expect_err("not there").kind(), ErrorKind::NoSnapshot);
        assert_eq!(named("3001".as_ref(), &*store, &own).expect("picked").seq, Some(3001));
        let picked = named("3001".as_ref(), &*store, &other).expect("picked");
        assert_eq!((picked.seq, picked.is_named), (Some(1), false));
        assert!(picked.note.expect("a note").contains("another run"));
        // What is there and damaged is no other run's.
        let third = Key::new("f", "3");
        store.put(&third, 3001, b"").expect("put");
        let damaged = named("3001".as_ref(), &*store, &third).map(|picked| picked.seq);
        assert_eq!(damaged.expect_err("damaged").kind(), ErrorKind::Damaged);
    }
}

//! The snapshot that RESUME_FROM names.

use std::io;
use std::path::Path;

use super::{Picked, apart, following, list, unpoisoned};
use crate::error::{Error, ErrorKind};
use crate::lineage::Lineage;
use crate::object::{self, Damage, Fault, Index, Loaded};
use crate::snapshot::Snapshot;
use crate::store::{self, Key, Store};

/// The one that RESUME_FROM names: a number for one of the run's own, else a file.
pub(super) fn named(from: &Path, store: &dyn Store, key: &Key) -> Result<Picked, Error> {
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
    .map_err(|fault| {
        let place = number.map_or_else(|| from.to_owned(), |seq| store.locate(key, seq).into());
        refused(fault).of(key).at(place)
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
    let is_same = there.contains(&stem)
        && store
            .open(key, stem)
            .ok()
            .and_then(|mut own| object::table(&mut *own).ok())
            .is_some_and(|own| own.snapshot.saved_at == snapshot.saved_at);
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
        let store = Scratch::store();
        store.put(&key(), 5, &bytes()[..30]).expect("put");
        let mut newer = bytes();
        newer[8] = 9;
        let sum = blake3::hash(&newer[..12]);
        newer[12..16].copy_from_slice(&sum.as_bytes()[..4]);
        store.put(&key(), 6, &newer).expect("put");
        let kinds = [(4, ErrorKind::NoSnapshot), (5, ErrorKind::Damaged), (6, ErrorKind::OtherFormat)];
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
}

//! Finds the snapshot to go on from. Only reads: what is damaged stays where it is, whatever
//! happens next.

pub(crate) mod layout;
pub(crate) mod lineage;
pub(crate) mod migrate;
pub(crate) mod pick;
pub(crate) mod poison;

use std::cmp::Reverse;
use std::fmt::Write;
use std::io;

use crate::error::{Error, ErrorKind};
use crate::object::{self, Damage, Fault, Loaded};
use crate::run::ends;
use crate::snapshot::Snapshot;
use crate::store::{Key, Store};
use lineage::Lineage;

/// The newest snapshot that can be read.
#[derive(Debug)]
pub(crate) struct Found {
    pub(crate) seq: u64,
    pub(crate) loaded: Box<Loaded>,
    /// Newer ones that cannot, the newest first, each with the reason.
    pub(crate) skipped: Vec<(u64, String)>,
    /// Those that were to be avoided, the newest first; this one too, if nothing else was left.
    pub(crate) avoided: Vec<u64>,
}

impl Found {
    /// The number for the next snapshot: above all that are there, damaged ones too.
    pub(crate) fn next(&self) -> u64 {
        let newer = self.skipped.iter().map(|(seq, _)| seq).chain(&self.avoided);
        newer.fold(self.seq, |newest, seq| newest.max(*seq)).saturating_add(1)
    }
}

/// The newest good snapshot of a run, whatever is known of it.
#[cfg(test)]
pub(crate) fn newest(store: &dyn Store, key: &Key) -> Result<Option<Found>, Error> {
    newest_but(store, key, &|_| false)
}

/// The newest good snapshot of a run, if it has any at all. That there are only damaged ones is an error, as is one that
/// a newer version of this crate has written, or that the store fails to give: in these cases an
/// older one must not silently take its place.
///
/// One that `is_avoided` is taken only if there is no other. Those of another life than the newest one's do not count.
pub(crate) fn newest_but(
    store: &dyn Store,
    key: &Key,
    is_avoided: &dyn Fn(u64) -> bool,
) -> Result<Option<Found>, Error> {
    let seqs = list(store, key)?;
    let (mut skipped, mut avoided) = (Vec::new(), Vec::new());
    let mut lineage = Lineage::default();
    let oldest = seqs.first().copied();
    let (mut ended, mut behind) = (false, None);
    for seq in seqs.into_iter().rev() {
        if !lineage.holds(seq) {
            continue;
        }
        if ended {
            behind = Some(seq);
            break;
        }
        if is_avoided(seq) {
            avoided.push(seq);
        } else {
            match read(store, key, seq)? {
                // It would mean to begin anew, and nobody has asked for that.
                Read::Good(loaded) if loaded.snapshot.is_beginning() && !(skipped.is_empty() && avoided.is_empty()) => {
                }
                Read::Good(loaded) => return Ok(Some(Found { seq, loaded, skipped, avoided })),
                Read::Damaged(why) => skipped.push((seq, why)),
                Read::Gone => {}
            }
        }
        // The blocks of a damaged one are damaged far more often than its table, of which they are the most part.
        lineage.join(stated(store, key, seq).map(|snapshot| snapshot.lineage).unwrap_or_default());
        ended = ends::is_end(store, key, seq);
    }
    // The oldest, which is the one that the run went on from last: its output files have been cut back to that, and a newer
    // one is of longer files. Where a life begins comes last of all.
    let mut beginning = None;
    for seq in avoided.clone().into_iter().rev() {
        match read(store, key, seq)? {
            Read::Good(loaded) if loaded.snapshot.is_beginning() => beginning = Some((seq, loaded)),
            Read::Good(loaded) => return Ok(Some(last_resort(seq, loaded, skipped, avoided))),
            Read::Damaged(why) => {
                skipped.push((seq, why));
                avoided.retain(|avoided| *avoided != seq);
            }
            Read::Gone => {}
        }
    }
    if let Some((seq, loaded)) = beginning {
        return Ok(Some(last_resort(seq, loaded, skipped, avoided)));
    }
    skipped.sort_unstable_by_key(|(seq, _)| Reverse(*seq));
    let other = oldest.filter(|seq| !lineage.holds(*seq));
    if skipped.is_empty() { Ok(None) } else { Err(all_damaged(store, key, &skipped, behind, other)) }
}

/// One that was to be avoided, as there is no other. The damaged ones before it are none of its concern.
fn last_resort(seq: u64, loaded: Box<Loaded>, mut skipped: Vec<(u64, String)>, avoided: Vec<u64>) -> Found {
    skipped.retain(|(damaged, _)| *damaged > seq);
    skipped.sort_unstable_by_key(|(damaged, _)| Reverse(*damaged));
    Found { seq, loaded, skipped, avoided }
}

/// The numbers of the snapshots, ascending.
pub(crate) fn list(store: &dyn Store, key: &Key) -> Result<Vec<u64>, Error> {
    store.list(key).map_err(|error| {
        Error::new(ErrorKind::Store, "the snapshots could not be listed").of(key).at(store.place(key)).caused_by(error)
    })
}

/// What a snapshot says of itself, whatever has become of its values.
pub(crate) fn stated(store: &dyn Store, key: &Key, seq: u64) -> Option<Snapshot> {
    let mut object = store.open(key, seq).ok()?;
    Some(object::table(&mut *object).ok()?.snapshot)
}

/// What the newest snapshot says of itself.
pub(crate) fn newest_table(store: &dyn Store, key: &Key) -> Option<Snapshot> {
    stated(store, key, store.list(key).ok()?.pop()?)
}

enum Read {
    Good(Box<Loaded>),
    Damaged(String),
    /// Removed since it was listed.
    Gone,
}

fn read(store: &dyn Store, key: &Key, seq: u64) -> Result<Read, Error> {
    let failed = |kind, what: &str| Error::new(kind, what).of(key).at(store.locate(key, seq));
    match object::load(&|object| store.open(key, if object == 0 { seq } else { object }), seq) {
        Ok(loaded) => Ok(Read::Good(Box::new(loaded))),
        Err(Fault::Damage(damage @ Damage::Version(_))) => {
            let what = format!("the snapshot is of another {damage}");
            Err(failed(ErrorKind::OtherFormat, &what).advise(
                "build the program with the version of resume-runtime that wrote it, or a newer one.\n\
                 RESUME_FRESH=1 starts afresh and keeps the snapshot.",
            ))
        }
        Err(Fault::Damage(damage)) => Ok(Read::Damaged(damage.to_string())),
        Err(Fault::Io(e)) if e.kind() == io::ErrorKind::NotFound => Ok(Read::Gone),
        // The store has the bytes no more, and it will not get better.
        Err(Fault::Io(e)) if matches!(e.kind(), io::ErrorKind::InvalidData | io::ErrorKind::UnexpectedEof) => {
            Ok(Read::Damaged(e.to_string()))
        }
        // Permissions, a network that is down, too many open files: the snapshot may be sound.
        Err(Fault::Io(e)) => Err(failed(ErrorKind::Store, "the snapshot could not be read").caused_by(e).advise(
            "try again when it can be read. If it is lost, move the file away: the run then \
                 goes on from the one before.",
        )),
    }
}

/// `behind` is one of a call that has ended, and `other` of another life, if there are any.
fn all_damaged(
    store: &dyn Store,
    key: &Key,
    skipped: &[(u64, String)],
    behind: Option<u64>,
    other: Option<u64>,
) -> Error {
    let mut what = match (skipped.len(), behind) {
        (1, None) => "the only snapshot is damaged".to_owned(),
        (1, Some(_)) => "the snapshot that the last call ended with is damaged".to_owned(),
        (n, None) => format!("all {n} snapshots are damaged"),
        (n, Some(_)) => format!("all {n} snapshots from the end of the last call on are damaged"),
    };
    if let Some(seq) = behind {
        let _ = write!(what, " (RESUME_FROM={seq} goes back into that call, and may give its result once more)");
    } else if other.is_some() {
        what.push_str(" (but for those that RESUME_FRESH or RESUME_FROM left behind, which are named by RESUME_FROM)");
    }
    for (seq, why) in skipped {
        let _ = write!(what, "\n  {}: {why}", store.locate(key, *seq));
    }
    let error = Error::new(ErrorKind::Damaged, what).of(key).advise(
        "nothing has been deleted. Bring a copy of a snapshot back, if there is one.\n\
         RESUME_FRESH=1 starts afresh and keeps these files; moving them away does so too.",
    );
    match skipped.first() {
        Some((newest, _)) => error.at(store.locate(key, *newest)),
        None => error,
    }
}

#[cfg(test)]
mod damage;

#[cfg(test)]
mod tests {
    use super::{Found, newest};
    use crate::error::{Error, ErrorKind};
    use crate::object::tests::file;
    use crate::snapshot::Snapshot;
    use crate::store::suite::Scratch;
    use crate::store::{Key, Memory, Store};
    use std::fs;

    fn key() -> Key {
        Key::new("f", "1")
    }

    fn bytes(line: u32) -> Vec<u8> {
        let snapshot = Snapshot { line, ..Snapshot::default() };
        file(&snapshot, &[])
    }

    fn damaged(line: u32) -> Vec<u8> {
        let mut bytes = bytes(line);
        let middle = bytes.len() / 2;
        bytes[middle] ^= 1;
        bytes
    }

    fn store(snapshots: &[(u64, Vec<u8>)]) -> Memory {
        let store = Memory::new();
        for (seq, bytes) in snapshots {
            store.put(&key(), *seq, bytes).expect("put");
        }
        store
    }

    fn kind(store: &Memory) -> Option<ErrorKind> {
        newest(store, &key()).err().map(|error| error.kind())
    }

    #[test]
    fn nothing_is_nothing() {
        assert!(newest(&store(&[]), &key()).is_ok_and(|found| found.is_none()));
    }

    #[test]
    fn the_newest_is_taken() {
        let found = newest(&store(&[(3, bytes(30)), (4, bytes(40))]), &key()).expect("sound").expect("found");
        assert_eq!(found.next(), 5);
        let Found { seq, loaded, skipped, .. } = found;
        assert_eq!((seq, loaded.snapshot.line, skipped.len()), (4, 40, 0));
    }

    #[test]
    fn a_damaged_one_is_stepped_over_and_stays() {
        let store = store(&[(3, bytes(30)), (4, damaged(40)), (5, vec![])]);
        let found = newest(&store, &key()).expect("sound").expect("found");
        assert_eq!(found.next(), 6);
        let Found { seq, loaded, skipped, .. } = found;
        assert_eq!((seq, loaded.snapshot.line), (3, 30));
        assert_eq!(skipped.iter().map(|(seq, _)| *seq).collect::<Vec<_>>(), [5, 4]);
        assert!(skipped[0].1.contains("empty") && skipped[1].1.contains("checksum"));
        assert_eq!(store.list(&key()).ok(), Some(vec![3, 4, 5]));
    }

    #[test]
    fn only_damaged_ones_are_an_error_that_names_them() -> Result<(), Error> {
        let store = Scratch::store();
        for seq in [1, 2] {
            store.put(&key(), seq, &damaged(0)).expect("put");
        }
        let error = newest(&*store, &key()).expect_err("damaged");
        assert_eq!(error.kind(), ErrorKind::Damaged);
        let text = error.to_string();
        for part in ["all 2", "00000001.snap", "00000002.snap", "checksum", "f/1", "RESUME_FRESH"] {
            assert!(text.contains(part), "{part} in {text}");
        }
        assert!(error.path().is_some_and(|path| path.ends_with("00000002.snap")));
        assert_eq!(store.list(&key()).ok(), Some(vec![1, 2]));
        Ok(())
    }

    #[test]
    fn one_of_a_newer_version_is_never_passed_over() {
        let mut newer = bytes(40);
        newer[8] = 2;
        let check = *blake3::hash(&newer[..12]).as_bytes();
        newer[12..16].copy_from_slice(&check[..4]);
        assert_eq!(kind(&store(&[(3, bytes(30)), (4, newer)])), Some(ErrorKind::OtherFormat));
    }

    #[test]
    fn strange_files_in_the_folder_are_damage() {
        let store = Scratch::store();
        store.put(&key(), 1, &bytes(10)).expect("put");
        fs::create_dir(store.root().join("f/1/00000002.snap")).expect("folder");
        let found = newest(&*store, &key()).expect("sound").expect("found");
        assert_eq!((found.seq, found.skipped.len()), (1, 1));
    }
}

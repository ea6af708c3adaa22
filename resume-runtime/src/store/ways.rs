//! Which folders' names are known to be durable: what leads down to a store is synced once in a process, and not by each
//! of its runs again.
//!
//! A name is an entry of the folder above, so it is durable once that has been synced. It stays so as long as it is the
//! name of the same folder: of one that was removed and made anew, the new name is as unsafe as any.

use std::collections::HashMap;
use std::path::{Path, PathBuf};
use std::sync::{Arc, LazyLock, Mutex, MutexGuard};

use super::disk::{Disk, Identity};
use crate::mutex::locked;

#[derive(Default, Debug)]
pub(super) struct Ways(Mutex<HashMap<PathBuf, Identity>>);

/// A name to be made durable.
pub(super) struct Step<'a> {
    /// The folder to sync for it.
    pub(super) above: &'a Path,
    name: &'a Path,
    /// Which folder it is the name of; `None` where it is to be synced each time.
    identity: Option<Identity>,
}

impl Ways {
    /// Those on the disk that all of the process shares.
    pub(super) fn of_process() -> Arc<Ways> {
        static SHARED: LazyLock<Arc<Ways>> = LazyLock::new(Arc::default);
        Arc::clone(&SHARED)
    }

    fn known(&self) -> MutexGuard<'_, HashMap<PathBuf, Identity>> {
        locked(&self.0)
    }

    /// What is to be done for `folder`, from below. The names of `run` and of what is below it are no concern of others;
    /// `made` is the highest folder that was made a moment ago.
    pub(super) fn steps<'a>(
        &self,
        disk: &dyn Disk,
        folder: &'a Path,
        run: &Path,
        made: Option<&Path>,
    ) -> Vec<Step<'a>> {
        let names = folder.ancestors().zip(folder.ancestors().skip(1));
        let step = |(name, above): (&'a Path, &'a Path)| {
            // Before the sync: of a folder that takes its place meanwhile, nothing is known then.
            let identity = if name.starts_with(run) { None } else { disk.identity(name) };
            Step { above, name, identity }
        };
        let is_new = |name: &Path| made.is_some_and(|made| name.starts_with(made));
        let steps = names.map(step);
        steps
            .filter(|step| {
                is_new(step.name) || step.identity.is_none() || self.known().get(step.name) != step.identity.as_ref()
            })
            .collect()
    }

    /// The folder above has been synced.
    pub(super) fn done(&self, step: Step<'_>) {
        if let Some(identity) = step.identity {
            self.known().insert(step.name.to_owned(), identity);
        }
    }
}

#[cfg(all(test, target_os = "linux"))]
mod tests {
    use super::Ways;
    use crate::store::disk::Os;
    use crate::store::suite::Scratch;
    use std::path::{Path, PathBuf};
    use std::{fs, io};

    /// The folders that are synced for a run.
    fn sync(ways: &Ways, run: &Path, made: Option<&Path>) -> Vec<PathBuf> {
        let steps = ways.steps(&Os, run, run, made);
        let above = steps.iter().map(|step| step.above.to_owned()).collect();
        steps.into_iter().for_each(|step| ways.done(step));
        above
    }

    #[test]
    fn a_folder_that_is_made_anew_is_synced_anew() -> io::Result<()> {
        let folder = Scratch::folder();
        let (store, function) = (folder.join("store"), folder.join("store/f"));
        let (one, two) = (function.join("1"), function.join("2"));
        fs::create_dir_all(&one)?;
        fs::create_dir_all(&two)?;
        let ways = Ways::default();
        let all: Vec<PathBuf> = one.ancestors().skip(1).map(Path::to_owned).collect();
        assert_eq!(sync(&ways, &one, Some(&store)), all);
        // The names of runs are synced for each; where nothing is known of when a folder was made, all of them are.
        let times_are_known = fs::metadata(&store)?.created().is_ok();
        let expected = if times_are_known { all[..1].to_vec() } else { all.clone() };
        assert_eq!(sync(&ways, &two, None), expected);
        fs::remove_dir_all(&store)?;
        fs::create_dir_all(&one)?;
        let again = sync(&ways, &one, None);
        assert!(again.starts_with(&all[..3]), "{again:?}");
        assert_eq!(sync(&ways, &one, Some(&store))[..3], all[..3], "whatever was known");
        Ok(())
    }
}

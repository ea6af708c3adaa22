//! From the locals of an older version of a function to those of this one: `#[resumable(version = 2, migrate = path)]`.

use std::collections::BTreeMap;
use std::fmt::{self, Debug, Display, Formatter};

use serde::Serialize;
use serde::de::DeserializeOwned;

use crate::buffer::Buffer;
use crate::codec;
use crate::error::{Error, ErrorKind};
use crate::run::function::Place;
use crate::snapshot::Snapshot;

/// The captured locals of a snapshot, by name: what a `migrate` function gets and gives.
///
/// What it does not touch stays as it is. The cursors of `for` loops are among them, under the names of their loops.
///
/// ```
/// use resume_runtime::{Error, Locals};
///
/// /// Version 2 keeps positions in metres, and counts them.
/// fn migrate(mut old: Locals) -> Result<Locals, Error> {
///     let positions: Vec<f64> = old.take("positions_in_mm")?;
///     old.put("count", &positions.len())?;
///     old.put("positions", &positions.iter().map(|mm| mm / 1000.0).collect::<Vec<_>>())?;
///     Ok(old)
/// }
/// ```
pub struct Locals {
    version: u32,
    site: String,
    values: Vec<(String, Buffer)>,
    types: BTreeMap<String, String>,
    /// The loops around the site that the snapshot was taken at, and where in a pass of the last it stood.
    loops: Vec<String>,
    place: Option<Place>,
    /// What was put in, and is what the code as it is now asks for.
    given: Vec<String>,
}

impl Locals {
    /// The version that the function had when the snapshot was taken; 0 if it stated none.
    pub fn version(&self) -> u32 {
        self.version
    }

    /// The site at which the snapshot was taken: its label, or its place in the body.
    pub fn site(&self) -> &str {
        &self.site
    }

    /// The names that there are.
    pub fn names(&self) -> impl Iterator<Item = &str> {
        self.values.iter().map(|(name, _)| name.as_str())
    }

    /// Takes the value called `name` out.
    ///
    /// # Errors
    /// If there is none, or it is not a `T`.
    pub fn take<T: DeserializeOwned>(&mut self, name: &str) -> Result<T, Error> {
        let index = self.position(name)?;
        let value = self.values.get(index).map_or(&[][..], |(_, bytes)| bytes);
        let value = codec::from_slice(value).map_err(|error| {
            let was = self.types.get(name).map_or_else(String::new, |was| format!(" (it was saved as `{was}`)"));
            Error::new(ErrorKind::Decode, format!("the saved value of `{name}` is not of its type: {error}{was}"))
        })?;
        self.values.remove(index);
        self.leave(name);
        Ok(value)
    }

    /// Puts a value in under `name`, in the place of one that is there.
    ///
    /// # Errors
    /// If it cannot be turned into bytes.
    pub fn put<T: Serialize + ?Sized>(&mut self, name: &str, value: &T) -> Result<(), Error> {
        let bytes = codec::to_vec(value)
            .map_err(|error| Error::new(ErrorKind::Encode, format!("`{name}` cannot be turned into bytes: {error}")))?;
        self.types.remove(name);
        self.given.push(name.to_owned());
        match self.values.iter_mut().find(|(there, _)| there == name) {
            Some((_, value)) => *value = bytes.into(),
            None => self.values.push((name.to_owned(), bytes.into())),
        }
        Ok(())
    }

    /// Gives a value another name, whatever its type.
    ///
    /// # Errors
    /// If there is no `old`, or a `new` already.
    pub fn rename(&mut self, old: &str, new: &str) -> Result<(), Error> {
        let index = self.position(old)?;
        if self.values.iter().any(|(name, _)| name == new) {
            return Err(Error::new(ErrorKind::OtherLayout, format!("there is a `{new}` already")));
        }
        if let Some((name, _)) = self.values.get_mut(index) {
            new.clone_into(name);
        }
        for name in self.loops.iter_mut().chain(&mut self.given).filter(|name| *name == old) {
            new.clone_into(name);
        }
        if let Some(was) = self.types.remove(old) {
            self.types.insert(new.to_owned(), was);
        }
        Ok(())
    }

    /// Drops a value.
    ///
    /// # Errors
    /// If there is none of this name.
    pub fn remove(&mut self, name: &str) -> Result<(), Error> {
        let index = self.position(name)?;
        self.values.remove(index);
        self.leave(name);
        Ok(())
    }

    /// Without the cursor of the innermost loop, the run is in the middle of a pass of the one around it.
    fn leave(&mut self, name: &str) {
        self.given.retain(|given| given != name);
        if self.loops.last().is_some_and(|last| last == name) {
            self.place = self.place.map(|_| Place::Middle);
        }
        self.loops.retain(|there| there != name);
    }

    /// Goes on at another site: its label, or its place in the body.
    pub fn move_to(&mut self, site: &str) {
        site.clone_into(&mut self.site);
    }

    fn position(&self, name: &str) -> Result<usize, Error> {
        self.values.iter().position(|(there, _)| there == name).ok_or_else(|| {
            let names: Vec<String> = self.names().map(|name| format!("`{name}`")).collect();
            let what = format!("the snapshot has no `{name}`, but {}", names.join(", "));
            Error::new(ErrorKind::OtherLayout, what)
        })
    }
}

impl Debug for Locals {
    fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {
        let Locals { version, site, types, .. } = self;
        let names: Vec<&str> = self.names().collect();
        f.debug_struct("Locals")
            .field("version", version)
            .field("site", site)
            .field("names", &names)
            .field("types", types)
            .finish()
    }
}

/// What a function states to bring older snapshots up to date.
pub(crate) type Migrate = fn(Locals) -> Result<Locals, String>;

/// Calls a `migrate` function, whatever its error is.
pub fn migrate<E: Display>(path: impl FnOnce(Locals) -> Result<Locals, E>, old: Locals) -> Result<Locals, String> {
    path(old).map_err(|error| error.to_string())
}

/// Makes a snapshot one of version `to`.
pub(crate) fn bring_up(
    migrate: Migrate,
    to: u32,
    snapshot: &mut Snapshot,
    values: &mut Vec<(String, Buffer)>,
) -> Result<(), Error> {
    let old = Locals {
        version: snapshot.version,
        site: snapshot.site.clone(),
        values: std::mem::take(values),
        types: std::mem::take(&mut snapshot.types),
        loops: std::mem::take(&mut snapshot.loops),
        place: snapshot.place,
        given: Vec::new(),
    };
    let from = old.version;
    let new = migrate(old).map_err(|why| {
        let what = format!("`migrate` could not take the snapshot from version {from} to {to}: {why}");
        Error::new(ErrorKind::OtherLayout, what).advise("mend `migrate`; the snapshot stands as it is")
    })?;
    // The site counts on, under its new name too.
    if new.site != snapshot.site {
        for counts in [&mut snapshot.passes, &mut snapshot.since] {
            if let Some(count) = counts.remove(&snapshot.site) {
                *counts.entry(new.site.clone()).or_default() += count;
            }
        }
    }
    (snapshot.version, snapshot.site, snapshot.types) = (to, new.site, new.types);
    (snapshot.loops, snapshot.place, snapshot.given) = (new.loops, new.place, new.given);
    *values = new.values;
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::{Locals, Migrate, bring_up};
    use crate::codec;
    use crate::run::function::Place;
    use crate::snapshot::Snapshot;

    /// What is left of the place of a snapshot at the end of a pass of the inner of two loops.
    fn after(migrate: Migrate) -> Snapshot {
        let loops = vec!["for".to_owned(), "for/for".to_owned()];
        let mut snapshot = Snapshot { loops: loops.clone(), place: Some(Place::End), ..Snapshot::default() };
        let bytes = codec::to_vec(&(0, 3, 9)).expect("encodable");
        let mut values = loops.into_iter().map(|name| (name, bytes.clone().into())).collect();
        bring_up(migrate, 1, &mut snapshot, &mut values).expect("it migrates");
        snapshot
    }

    fn told<T>(result: Result<T, crate::Error>) -> Result<T, String> {
        result.map_err(|error| error.to_string())
    }

    #[test]
    fn the_place_in_a_pass_is_that_of_the_innermost_loop() {
        let renamed = after(|mut old: Locals| told(old.rename("for/for", "inner")).map(|()| old));
        assert_eq!((&renamed.loops[1][..], renamed.place), ("inner", Some(Place::End)));
        let removed = after(|mut old: Locals| told(old.remove("for/for")).map(|()| old));
        assert_eq!((removed.loops, removed.place), (vec!["for".to_owned()], Some(Place::Middle)));
        let outer = after(|mut old: Locals| told(old.remove("for")).map(|()| old));
        assert_eq!((outer.loops, outer.place), (vec!["for/for".to_owned()], Some(Place::End)));
        let put = after(|mut old: Locals| told(old.put("for/for", &(0, 1, 9))).map(|()| old));
        assert_eq!(put.given, ["for/for"]);
    }
}

//! A process that wants a run: whether somebody has it, and how it is taken over from one who is gone.

use std::fs::{self, File};
use std::io;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::thread;
use std::time::{Duration, Instant};

use super::owned::{Owned, is_same};
use super::process::{Process, Where};
use super::record::{self, Record};
use super::{Options, System, keeper};
use crate::error::named;
use crate::interrupt;
use crate::report;
use crate::store::disk::Os;
use crate::store::{Busy, durable};

/// How long a lock can be blank because its owner is just about to sign it.
const TO_SIGN: Duration = Duration::from_secs(1);
/// How long it can take somebody else to take over a lock whose owner is gone.
const TO_TAKE: Duration = Duration::from_secs(5);
/// So often the lock can be gone or another between two looks at it.
const MOST_TRIES: u32 = 10_000;

pub(super) struct Newcomer<'a> {
    path: &'a Path,
    /// What is to be the lock, while it is being made.
    claim: PathBuf,
    options: Options,
    this: Arc<Process>,
    tries: u32,
    /// How long it has waited for what takes others but a moment, and what the lock said meanwhile.
    waited: Duration,
    said: Vec<u8>,
    watch: Option<Watch>,
    claim_watch: Option<Watch>,
}

/// The run is ours.
pub(super) struct Entered {
    pub(super) owned: Arc<Owned>,
    pub(super) warning: Option<String>,
    pub(super) is_taken_over: bool,
}

enum Step {
    Entered(Entered),
    /// Something has changed.
    Again,
    /// Somebody is in the middle of something.
    Soon,
    /// It is time for another look after this.
    Later(Duration),
}

/// A lock that was there already.
struct Found {
    file: File,
    bytes: Vec<u8>,
    record: Record,
    system: System,
}

#[derive(Clone, Copy, PartialEq, Eq, Debug)]
enum Verdict {
    Alive,
    Gone,
    /// It will be seen from its heartbeat.
    Unsure,
    /// It will be clear in a moment.
    Soon,
}

impl<'a> Newcomer<'a> {
    pub(super) fn new(path: &'a Path, options: Options) -> Newcomer<'a> {
        let mut claim = path.as_os_str().to_owned();
        claim.push(".tmp");
        Newcomer {
            path,
            claim: claim.into(),
            options,
            this: Process::this(),
            tries: 0,
            waited: Duration::ZERO,
            said: Vec::new(),
            watch: None,
            claim_watch: None,
        }
    }

    pub(super) fn enter(mut self) -> Result<Entered, Busy> {
        // Whoever is done removes the lock and the folders above, between any two of the steps below.
        while self.tries < MOST_TRIES {
            match self.step()? {
                Step::Entered(entered) => return Ok(entered),
                Step::Again => self.tries += 1,
                Step::Later(pause) => {
                    thread::sleep(pause);
                    // Waiting is no sign that things go wrong.
                    self.tries = 0;
                }
                Step::Soon => {
                    let pause = (self.waited / 4).clamp(Duration::from_micros(200), Duration::from_millis(20));
                    thread::sleep(pause);
                    self.waited += pause;
                }
            }
        }
        let what = format!("{} is removed or replaced again and again", self.path.display());
        Err(Busy::Io(io::Error::other(what)))
    }

    fn step(&mut self) -> Result<Step, Busy> {
        match create(self.path) {
            Ok(file) => return self.begin(file),
            Err(e) if e.kind() == io::ErrorKind::NotFound => {
                if let Some(folder) = self.path.parent() {
                    durable::make(&Os, folder)?;
                }
                return Ok(Step::Again);
            }
            Err(e) if e.kind() == io::ErrorKind::AlreadyExists => {}
            Err(e) => return Err(named(self.path, &e).into()),
        }
        let Some(found) = self.find(self.path)? else {
            return Ok(Step::Again);
        };
        if self.said != found.bytes {
            self.said.clone_from(&found.bytes);
            self.waited = Duration::ZERO;
        }
        match self.judge(&found) {
            Verdict::Alive => Err(Busy::Held(found.holder())),
            Verdict::Gone => self.take_over(&found, Duration::ZERO),
            Verdict::Unsure => self.look(&found),
            Verdict::Soon => Ok(Step::Soon),
        }
    }

    /// The lock is new.
    fn begin(&self, file: File) -> Result<Step, Busy> {
        let owned = Arc::new(Owned::new(file, self.path, self.options));
        let system = owned.lock()?;
        let signed = owned.sign();
        // We may have stood still for so long that somebody took it for a left-over.
        if system == System::Theirs || !is_same(owned.file(), self.path) {
            return Ok(Step::Again);
        }
        let warning = match signed {
            Ok(()) => None,
            Err(error) => Some(self.unsigned(system, self.path, error)?),
        };
        keeper::hold(&owned);
        Ok(Step::Entered(Entered { owned, warning, is_taken_over: false }))
    }

    /// On a full disk the system's lock holds without a text. Without either, there is no lock.
    fn unsigned(&self, system: System, made: &Path, error: io::Error) -> Result<String, Busy> {
        if system != System::Mine {
            let _ = fs::remove_file(made);
            return Err(error.into());
        }
        Ok(format!(
            "the lock {} could not be written ({error}): a process on another machine may take the run over",
            self.path.display()
        ))
    }

    /// What is at `path`; `None` if it was removed meanwhile.
    fn find(&self, path: &Path) -> io::Result<Option<Found>> {
        // A link would never be the same file as the one that it leads to, however often it is looked at.
        if fs::symlink_metadata(path).is_ok_and(|there| !there.is_file()) {
            return Err(record::not_a_file(path));
        }
        let opened = match record::open(path, true) {
            Err(e) if e.kind() == io::ErrorKind::PermissionDenied => record::open(path, false),
            opened => opened,
        };
        let file = match opened {
            Err(e) if e.kind() == io::ErrorKind::NotFound => return Ok(None),
            opened => opened.map_err(|e| named(path, &e))?,
        };
        // Where a lock keeps out readers too, it cannot be told.
        let bytes = record::read_from(&file).unwrap_or_default();
        let record = Record::parse(&bytes);
        // Whoever makes a lock asks the system first and signs then: before that, nobody may get between.
        let system = match record.is_signed() || self.waited >= TO_SIGN {
            true => System::lock(&file, self.options)?,
            false => System::Unknown,
        };
        if system == System::Mine && !is_same(&file, path) {
            return Ok(None);
        }
        Ok(Some(Found { file, bytes, record, system }))
    }

    fn judge(&self, found: &Found) -> Verdict {
        let Found { record, system, .. } = found;
        if !record.is_signed() {
            return match (self.waited < TO_SIGN, system) {
                (true, _) => Verdict::Soon,
                (false, System::Theirs) => Verdict::Alive,
                // Killed before it was signed, or lost in a power cut. Who only stood still for so long has not begun yet,
                // and sees that another lock has taken the place of its own.
                (false, _) if found.is_blank() => Verdict::Gone,
                (false, _) => Verdict::Unsure,
            };
        }
        if record.token.as_deref().is_some_and(keeper::is_ours) {
            return Verdict::Alive;
        }
        let place = match self.this.is_known() && record.process == *self.this {
            // We hold what we hold: this one could not be removed when it was given back.
            true => Where::Gone,
            false => self.this.locate(&record.process, is_foreign(&found.file), *system == System::Mine),
        };
        match (place, system) {
            // Somebody of this machine is taking it over.
            (Where::Gone, System::Theirs) if self.waited < TO_TAKE => Verdict::Soon,
            (Where::Here, _) | (Where::Gone, System::Theirs) => Verdict::Alive,
            (Where::Gone, _) => Verdict::Gone,
            (Where::Elsewhere, _) => Verdict::Unsure,
        }
    }

    /// One more look at a lock whose owner is not known to live.
    fn look(&mut self, found: &Found) -> Result<Step, Busy> {
        let needed = found.silence(self.options);
        let Some(watch) = &mut self.watch else {
            self.watch = Some(Watch::new(found));
            report::notice(&format!(
                "{} is held by {}: waiting for a sign of life; after {} without one it is taken over",
                self.path.display(),
                found.record.holder(),
                report::span(needed),
            ));
            return Ok(Step::Again);
        };
        let pause = pause(needed);
        match watch.silence(found, pause) {
            None => return Err(Busy::Held(found.holder())),
            Some(silence) if silence > needed + pause => return self.take_over(found, pause),
            Some(_) => {}
        }
        if interrupt::interrupted() {
            return Err(Busy::Io(io::ErrorKind::Interrupted.into()));
        }
        Ok(Step::Later(pause))
    }

    /// Puts a lock of our own in the place of the one that was `found`, whose owner is gone.
    fn take_over(&mut self, found: &Found, settle: Duration) -> Result<Step, Busy> {
        let file = match create(&self.claim) {
            Ok(file) => file,
            Err(e) if e.kind() == io::ErrorKind::NotFound => return Ok(Step::Again),
            Err(e) if e.kind() == io::ErrorKind::AlreadyExists => return self.look_at_claim(),
            Err(e) => return Err(e.into()),
        };
        let owned = Arc::new(Owned::new(file, self.path, self.options));
        let claim = Claim { owned: &owned, path: &self.claim };
        let system = owned.lock()?;
        let warning = match owned.sign() {
            Ok(()) => None,
            Err(error) => Some(self.unsigned(system, &self.claim, error)?),
        };
        // Between our look at it and the claim, somebody else may have been here, or its owner back.
        let is_unchanged =
            is_same(&found.file, self.path) && record::read(self.path).is_ok_and(|bytes| bytes == found.bytes);
        if !is_unchanged || system == System::Theirs {
            return Ok(Step::Again);
        }
        match fs::rename(&self.claim, self.path) {
            // Somebody took our claim for a left-over.
            Err(e) if e.kind() == io::ErrorKind::NotFound => return Ok(Step::Again),
            renamed => renamed?,
        }
        drop(claim);
        // Where "only if it is not there" is not to be relied upon, two may have come to this point.
        thread::sleep(settle);
        if !owned.is_in_place() {
            return Ok(Step::Again);
        }
        keeper::hold(&owned);
        Ok(Step::Entered(Entered { owned, warning, is_taken_over: true }))
    }

    /// Somebody else is about to take over, or has died while doing so.
    fn look_at_claim(&mut self) -> Result<Step, Busy> {
        let Some(found) = self.find(&self.claim)? else {
            return Ok(Step::Again);
        };
        let is_gone = match self.judge(&found) {
            Verdict::Gone => true,
            Verdict::Alive | Verdict::Soon => false,
            Verdict::Unsure => {
                let needed = found.silence(self.options);
                let watch = self.claim_watch.get_or_insert_with(|| Watch::new(&found));
                match watch.silence(&found, pause(needed)) {
                    None => {
                        self.claim_watch = None;
                        false
                    }
                    Some(silence) => silence > needed,
                }
            }
        };
        if is_gone && is_same(&found.file, &self.claim) {
            let _ = fs::remove_file(&self.claim);
            return Ok(Step::Again);
        }
        Ok(Step::Soon)
    }
}

/// A claim goes when it has not become the lock.
struct Claim<'a> {
    owned: &'a Owned,
    path: &'a Path,
}

impl Drop for Claim<'_> {
    fn drop(&mut self) {
        if is_same(self.owned.file(), self.path) {
            let _ = fs::remove_file(self.path);
        }
    }
}

impl Found {
    fn holder(&self) -> crate::store::Holder {
        let is_ours = self.record.token.as_deref().map(keeper::is_ours);
        self.record.holder().known_to_be_us(is_ours)
    }

    /// Whether nothing was written to it, or nothing that has reached the disk.
    fn is_blank(&self) -> bool {
        self.bytes.iter().all(|byte| *byte == 0)
    }

    /// How long its owner has to be silent until it counts as dead.
    fn silence(&self, options: Options) -> Duration {
        self.record.silence.unwrap_or_default().max(options.silence())
    }
}

/// A lock that is being watched for signs of life.
///
/// What counts is that its bytes stay the same from look to look, and how much time of our own has passed between them.
/// No clock of another machine, nor one that can be set, has a say; and a time in which we stood still ourselves, perhaps
/// with all machines around, counts as one look.
struct Watch {
    bytes: Vec<u8>,
    last: Instant,
    silence: Duration,
}

impl Watch {
    fn new(found: &Found) -> Watch {
        Watch { bytes: found.bytes.clone(), last: Instant::now(), silence: Duration::ZERO }
    }

    /// How long it has been silent so far; `None` as soon as it is not.
    fn silence(&mut self, found: &Found, pause: Duration) -> Option<Duration> {
        if self.bytes != found.bytes {
            return None;
        }
        let now = Instant::now();
        self.silence += now.saturating_duration_since(self.last).min(pause * 2);
        self.last = now;
        Some(self.silence)
    }
}

/// The time between two looks.
fn pause(needed: Duration) -> Duration {
    (needed / 30).clamp(Duration::from_millis(1), Duration::from_secs(1))
}

/// A new file, and nobody else's.
fn create(path: &Path) -> io::Result<File> {
    File::options().read(true).write(true).create_new(true).open(path)
}

/// Whether the file is another user's, whose processes may be hidden.
#[cfg(unix)]
fn is_foreign(file: &File) -> bool {
    use std::os::unix::fs::MetadataExt;
    match (file.metadata(), fs::metadata("/proc/self")) {
        (Ok(file), Ok(us)) => file.uid() != us.uid(),
        _ => true,
    }
}

#[cfg(not(unix))]
fn is_foreign(_: &File) -> bool {
    true
}

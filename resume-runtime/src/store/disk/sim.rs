//! A file system in memory that records every call that changes it, and knows what a power cut could leave of it.
//!
//! The model is POSIX at its most hostile. Until a file is synced, any of its bytes may be lost. Until a folder is
//! synced, each change of its names may be lost while later ones are kept. What was synced stays.

use std::collections::{BTreeMap, BTreeSet};
use std::ffi::OsString;
use std::io::{self, Write};
use std::path::{Component, Path, PathBuf};
use std::sync::{Arc, Mutex, MutexGuard};
use std::time::SystemTime;

use super::{Disk, Entry, Identity, Object, Output};

/// The place of a file or folder in [`Image::nodes`].
type Id = usize;

const ROOT: Id = 0;

/// A call that changed something, or made a change durable.
#[derive(Clone, Debug)]
pub(super) enum Op {
    Add { folder: Id, name: OsString, node: Id, is_folder: bool },
    Drop { folder: Id, name: OsString },
    Rename { folder: Id, from: OsString, to: OsString, node: Id },
    Write { node: Id, bytes: Vec<u8> },
    SyncFile { node: Id },
    SyncFolder { node: Id },
}

#[derive(Clone, PartialEq, Debug)]
enum Node {
    File(Arc<Vec<u8>>),
    Folder(BTreeMap<OsString, Id>),
}

/// All files and folders at one moment.
#[derive(Clone, PartialEq, Debug)]
pub(super) struct Image {
    nodes: Vec<Node>,
}

impl Image {
    fn new() -> Image {
        Image { nodes: vec![Node::Folder(BTreeMap::new())] }
    }

    fn folder(&self, id: Id) -> io::Result<&BTreeMap<OsString, Id>> {
        match &self.nodes[id] {
            Node::Folder(entries) => Ok(entries),
            Node::File(_) => Err(io::ErrorKind::NotADirectory.into()),
        }
    }

    fn entries(&mut self, id: Id) -> &mut BTreeMap<OsString, Id> {
        match &mut self.nodes[id] {
            Node::Folder(entries) => entries,
            Node::File(_) => panic!("node {id} is no folder"),
        }
    }

    fn find(&self, path: &Path) -> io::Result<Id> {
        let mut at = ROOT;
        for component in path.components() {
            if let Component::Normal(name) = component {
                at = *self.folder(at)?.get(name).ok_or(io::ErrorKind::NotFound)?;
            }
        }
        Ok(at)
    }

    fn parent(&self, path: &Path) -> io::Result<(Id, OsString)> {
        let name = path.file_name().ok_or(io::ErrorKind::AlreadyExists)?;
        Ok((self.find(path.parent().unwrap_or(Path::new("/")))?, name.to_owned()))
    }

    /// The whole effect of a call, as a running system shows it.
    fn apply(&mut self, op: &Op) {
        self.apply_names(op);
        match op {
            Op::Add { node, is_folder, .. } => {
                debug_assert_eq!(*node, self.nodes.len());
                self.nodes.push(if *is_folder { Node::Folder(BTreeMap::new()) } else { Node::File(Arc::default()) });
            }
            Op::Write { node, bytes } => match &mut self.nodes[*node] {
                Node::File(content) => Arc::make_mut(content).extend(bytes),
                Node::Folder(_) => panic!("node {node} is no file"),
            },
            _ => {}
        }
    }

    fn apply_names(&mut self, op: &Op) {
        match op {
            Op::Add { folder, name, node, .. } => {
                self.entries(*folder).insert(name.clone(), *node);
            }
            Op::Drop { folder, name } => {
                self.entries(*folder).remove(name);
            }
            Op::Rename { folder, from, to, node } => {
                self.entries(*folder).remove(from);
                self.entries(*folder).insert(to.clone(), *node);
            }
            Op::Write { .. } | Op::SyncFile { .. } | Op::SyncFolder { .. } => {}
        }
    }

    /// All files and folders that have a path, with their last name.
    fn reachable(&self) -> BTreeMap<Id, OsString> {
        let mut found = BTreeMap::from([(ROOT, OsString::new())]);
        let mut open = vec![ROOT];
        while let Some(id) = open.pop() {
            if let Node::Folder(entries) = &self.nodes[id] {
                for (name, node) in entries {
                    found.insert(*node, name.clone());
                    open.push(*node);
                }
            }
        }
        found
    }
}

/// What is on the disk after some calls, and what may be.
pub(super) struct Remains {
    durable: Image,
    /// Changes of names that may be lost or kept, each by itself.
    pending: Vec<Op>,
    /// The full content of files whose bytes may be lost.
    unsynced: BTreeMap<Id, Arc<Vec<u8>>>,
}

impl Remains {
    pub(super) fn new() -> Remains {
        Remains { durable: Image::new(), pending: Vec::new(), unsynced: BTreeMap::new() }
    }

    pub(super) fn step(&mut self, op: &Op) {
        match op {
            Op::Add { is_folder, .. } => {
                let node = if *is_folder { Node::Folder(BTreeMap::new()) } else { Node::File(Arc::default()) };
                self.durable.nodes.push(node);
                self.pending.push(op.clone());
            }
            Op::Drop { .. } | Op::Rename { .. } => self.pending.push(op.clone()),
            Op::Write { node, bytes } => {
                let synced = || match &self.durable.nodes[*node] {
                    Node::File(content) => content.clone(),
                    Node::Folder(_) => panic!("node {node} is no file"),
                };
                Arc::make_mut(self.unsynced.entry(*node).or_insert_with(synced)).extend(bytes);
            }
            Op::SyncFile { node } => {
                if let Some(content) = self.unsynced.remove(node) {
                    self.durable.nodes[*node] = Node::File(content);
                }
            }
            Op::SyncFolder { node } => self.sync_folder(*node),
        }
    }

    fn sync_folder(&mut self, id: Id) {
        let (settled, pending) =
            std::mem::take(&mut self.pending).into_iter().partition(|op| folder_of(op) == Some(id));
        self.pending = pending;
        let settled: Vec<Op> = settled;
        settled.iter().for_each(|op| self.durable.apply_names(op));
        // What is in a folder that no power cut can bring back counts no more.
        let mut alive: BTreeSet<Id> = self.durable.reachable().into_keys().collect();
        for op in &self.pending {
            if let Op::Add { node, .. } | Op::Rename { node, .. } = op {
                alive.insert(*node);
            }
        }
        self.pending.retain(|op| folder_of(op).is_some_and(|folder| alive.contains(&folder)));
    }

    /// How many changes of names may be lost or kept.
    pub(super) fn open(&self) -> usize {
        self.pending.len()
    }

    /// What a power cut leaves if `kept` of the open changes get through: one image for each way in which the bytes of
    /// files under their final names can be torn.
    pub(super) fn images(&self, kept: impl Fn(usize) -> bool) -> Vec<Image> {
        let mut whole = self.durable.clone();
        for (_, op) in self.pending.iter().enumerate().filter(|(n, _)| kept(*n)) {
            whole.apply_names(op);
        }
        let names = whole.reachable();
        let torn: Vec<_> = self.unsynced.iter().filter(|(node, _)| names.contains_key(node)).collect();
        let mut images = Vec::new();
        if !torn.is_empty() {
            images.push(whole.clone());
        }
        for (node, content) in &torn {
            whole.nodes[**node] = Node::File(Arc::clone(content));
        }
        images.push(whole.clone());
        for (node, content) in torn {
            // Nobody reads an unfinished file.
            if names[node].as_encoded_bytes().ends_with(b".tmp") {
                continue;
            }
            images.extend(tears(content).map(|bytes| {
                let mut image = whole.clone();
                image.nodes[*node] = Node::File(Arc::new(bytes));
                image
            }));
        }
        images
    }
}

fn folder_of(op: &Op) -> Option<Id> {
    match op {
        Op::Add { folder, .. } | Op::Drop { folder, .. } | Op::Rename { folder, .. } => Some(*folder),
        Op::Write { .. } | Op::SyncFile { .. } | Op::SyncFolder { .. } => None,
    }
}

/// What may be left of a file that was not synced: at each sector cut short, cut off with the length kept, begun late,
/// or with that one sector missing; and all of it zeros or garbage.
fn tears(content: &[u8]) -> impl Iterator<Item = Vec<u8>> {
    let length = content.len();
    let garbage = |from: usize, to: usize| (from..to).map(|i| (i.wrapping_mul(151) >> 3) as u8 ^ 0xa5);
    let all = [vec![0; length], garbage(0, length).collect()];
    all.into_iter().chain([512, 4096].into_iter().flat_map(sectors(length)).flat_map(move |(start, end)| {
        let short = content[..start].to_vec();
        let mut zeros = short.clone();
        zeros.resize(length, 0);
        let mut wild = short.clone();
        wild.extend(garbage(start, length));
        let mut late = vec![0; start];
        late.extend(&content[start..]);
        let mut hole = content.to_vec();
        hole[start..end].fill(0);
        [short, zeros, wild, late, hole]
    }))
}

/// The sectors of a file; of a long one the first, the last and some between.
fn sectors(length: usize) -> impl Fn(usize) -> Vec<(usize, usize)> {
    move |size| {
        let count = length.div_ceil(size);
        let step = (count / 8).max(1);
        let chosen = (0..count).filter(|n| *n < 3 || n + 3 >= count || n % step == 0);
        chosen.map(|n| (n * size, length.min((n + 1) * size))).collect()
    }
}

/// A disk in memory. Clones are the same disk.
#[derive(Clone, Debug)]
pub(super) struct Sim(Arc<Mutex<State>>);

#[derive(Debug)]
struct State {
    image: Image,
    record: Vec<Op>,
    lie: Lie,
}

/// A disk, or a system, that says it has synced and has not: to show that the tests would notice.
#[derive(Clone, PartialEq, Debug)]
pub(super) enum Lie {
    None,
    Files,
    Folder(PathBuf),
}

impl Sim {
    pub(super) fn new(lie: Lie) -> Sim {
        Sim(Arc::new(Mutex::new(State { image: Image::new(), record: Vec::new(), lie })))
    }

    /// The disk that is found when the power is back.
    pub(super) fn after(image: &Image) -> Sim {
        let sim = Sim::new(Lie::None);
        sim.state().image = image.clone();
        sim
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.0.lock().expect("no panic while it is held")
    }

    /// How many calls there were.
    pub(super) fn now(&self) -> usize {
        self.state().record.len()
    }

    pub(super) fn record(&self) -> Vec<Op> {
        self.state().record.clone()
    }
}

impl State {
    fn act(&mut self, op: Op) {
        self.image.apply(&op);
        self.record.push(op);
    }

    fn add(&mut self, path: &Path, is_folder: bool) -> io::Result<Id> {
        let (folder, name) = self.image.parent(path)?;
        if self.image.folder(folder)?.contains_key(&name) {
            return Err(io::ErrorKind::AlreadyExists.into());
        }
        let node = self.image.nodes.len();
        self.act(Op::Add { folder, name, node, is_folder });
        Ok(node)
    }

    fn unlink(&mut self, path: &Path) -> io::Result<()> {
        let (folder, name) = self.image.parent(path)?;
        self.act(Op::Drop { folder, name });
        Ok(())
    }

    fn unlink_tree(&mut self, path: &Path) -> io::Result<()> {
        let id = self.image.find(path)?;
        if let Node::Folder(entries) = self.image.nodes[id].clone() {
            for name in entries.into_keys() {
                self.unlink_tree(&path.join(name))?;
            }
        }
        self.unlink(path)
    }
}

impl Disk for Sim {
    fn create(&self, path: &Path) -> io::Result<Box<dyn Output>> {
        let node = self.state().add(path, false)?;
        Ok(Box::new(SimOutput { sim: self.clone(), node }))
    }

    fn open(&self, path: &Path) -> io::Result<Box<dyn Object>> {
        let state = self.state();
        match &state.image.nodes[state.image.find(path)?] {
            Node::File(bytes) => Ok(Box::new(SimObject(Arc::clone(bytes)))),
            Node::Folder(_) => Err(io::ErrorKind::InvalidData.into()),
        }
    }

    fn rename(&self, from: &Path, to: &Path) -> io::Result<()> {
        let mut state = self.state();
        let node = state.image.find(from)?;
        let (folder, from) = state.image.parent(from)?;
        let (same, to) = state.image.parent(to)?;
        assert_eq!(folder, same, "a rename across folders would need both of them synced");
        if state.image.folder(folder)?.contains_key(&to) {
            return Err(io::ErrorKind::AlreadyExists.into());
        }
        state.act(Op::Rename { folder, from, to, node });
        Ok(())
    }

    fn remove_file(&self, path: &Path) -> io::Result<()> {
        let mut state = self.state();
        match &state.image.nodes[state.image.find(path)?] {
            Node::File(_) => state.unlink(path),
            Node::Folder(_) => Err(io::ErrorKind::IsADirectory.into()),
        }
    }

    fn remove_tree(&self, path: &Path) -> io::Result<()> {
        self.state().unlink_tree(path)
    }

    fn create_folder(&self, path: &Path) -> io::Result<()> {
        self.state().add(path, true).map(drop)
    }

    fn list(&self, folder: &Path) -> io::Result<Vec<Entry>> {
        let state = self.state();
        let entries = state.image.folder(state.image.find(folder)?)?;
        let is_folder = |id: Id| matches!(state.image.nodes[id], Node::Folder(_));
        Ok(entries.iter().map(|(name, id)| Entry { name: name.clone(), is_folder: is_folder(*id) }).collect())
    }

    fn sync_folder(&self, folder: &Path) -> io::Result<()> {
        let mut state = self.state();
        let node = state.image.find(folder)?;
        if state.lie != Lie::Folder(folder.to_owned()) {
            state.act(Op::SyncFolder { node });
        }
        Ok(())
    }

    fn identity(&self, folder: &Path) -> Option<Identity> {
        let number = self.state().image.find(folder).ok()? as u64;
        Some(Identity { device: 0, number, made: SystemTime::UNIX_EPOCH })
    }
}

struct SimOutput {
    sim: Sim,
    node: Id,
}

impl Write for SimOutput {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.sim.state().act(Op::Write { node: self.node, bytes: bytes.to_vec() });
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

impl Output for SimOutput {
    fn sync(&mut self) -> io::Result<()> {
        let mut state = self.sim.state();
        if state.lie != Lie::Files {
            state.act(Op::SyncFile { node: self.node });
        }
        Ok(())
    }
}

struct SimObject(Arc<Vec<u8>>);

impl Object for SimObject {
    fn size(&self) -> u64 {
        self.0.len() as u64
    }

    fn read_at(&mut self, offset: u64, into: &mut [u8]) -> io::Result<()> {
        let start = usize::try_from(offset).map_err(|_| io::ErrorKind::UnexpectedEof)?;
        let bytes = self.0.get(start..).and_then(|rest| rest.get(..into.len()));
        into.copy_from_slice(bytes.ok_or(io::ErrorKind::UnexpectedEof)?);
        Ok(())
    }
}

//! A disk in memory whose power can be cut and whose calls can be made to fail, by number.
//!
//! What a power cut leaves: of what was not synced, any sectors may have arrived, in any order; of the names that were
//! not synced, those that came first. A failed sync loses what it should have written, as Linux does.

use super::sim_db::{SimDb, Tables};
use crate::spool::disk::{Disk, DiskFile, LockGuard, Room};
use crate::spool::queue_db::{DbError, QueueDb};
use engine::random::Random;
use std::collections::{BTreeMap, BTreeSet};
use std::io;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

const SECTOR: usize = 512;

/// A handle; clones share the disk.
#[derive(Clone, Debug, Default)]
pub struct SimDisk(Arc<Mutex<World>>);

/// What is to go wrong.
#[derive(Clone, Copy, Debug, Default)]
pub enum Fault {
    #[default]
    None,
    /// This call fails once.
    Once(u64, io::ErrorKind),
    /// The power goes at this call: it and all later ones do nothing and fail.
    PowerCut(u64),
}

#[derive(Debug, Default)]
struct World {
    files: Vec<Content>,
    names: BTreeMap<PathBuf, usize>,
    durable_names: BTreeMap<PathBuf, usize>,
    changes: Vec<Change>,
    locks: BTreeSet<PathBuf>,
    fault: Fault,
    calls: u64,
    /// Octets that all files together may have.
    room: Option<usize>,
    /// Names that are left, as it says.
    inodes: Option<u64>,
    tables: Tables,
}

#[derive(Clone, Debug, Default)]
struct Content {
    seen: Vec<u8>,
    durable: Vec<u8>,
    unsynced: Vec<(usize, Vec<u8>)>,
}

#[derive(Clone, Debug)]
enum Change {
    Set(PathBuf, usize),
    Unset(PathBuf),
}

impl SimDisk {
    fn world(&self) -> MutexGuard<'_, World> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner) // so that a test that fails says why
    }

    /// Arms a fault; calls are counted from now on.
    pub fn arm(&self, fault: Fault) {
        let mut world = self.world();
        world.fault = fault;
        world.calls = 0;
    }

    /// Calls since the last fault was armed.
    pub fn calls(&self) -> u64 {
        self.world().calls
    }

    /// Looks into the database, or changes it.
    pub fn tables<T>(&self, look: impl FnOnce(&mut Tables) -> T) -> T {
        look(&mut self.world().tables)
    }

    /// Counts a call; how it went, its number, and what was to go wrong.
    pub fn count_call(&self) -> (io::Result<()>, u64, Fault) {
        let mut world = self.world();
        let called = world.call();
        (called, world.calls, world.fault)
    }

    /// Limits what all files together may take.
    pub fn set_room(&self, room: Option<usize>) {
        self.world().room = room;
    }

    /// Limits what is left of names.
    pub fn set_inodes(&self, inodes: Option<u64>) {
        self.world().inodes = inodes;
    }

    /// What all files together take.
    pub fn used(&self) -> usize {
        self.world().used()
    }

    /// A second disk with the same content; nothing is shared, nobody holds a lock.
    pub fn copy(&self) -> SimDisk {
        let world = self.world();
        let files = world.files.clone();
        let (names, durable_names) = (world.names.clone(), world.durable_names.clone());
        let changes = world.changes.clone();
        let tables = world.tables.clone();
        SimDisk(Arc::new(Mutex::new(World { files, names, durable_names, changes, tables, ..World::default() })))
    }

    /// What is there after the power came back.
    pub fn cut_power(&self, random: &mut Random) -> SimDisk {
        let world = self.world();
        let mut names = world.durable_names.clone();
        let arrived = random.below(world.changes.len() as u64 + 1) as usize;
        world.changes[..arrived].iter().for_each(|change| change.apply(&mut names));
        let percent = [0, 50, 90, 100][random.below(4) as usize];
        let survive = |content: &Content| {
            let mut durable = content.durable.clone();
            for (offset, bytes) in &content.unsynced {
                for (at, sector) in sectors(*offset, bytes) {
                    if random.below(100) < percent {
                        put(&mut durable, at, sector);
                    }
                }
            }
            Content { seen: durable.clone(), durable, unsynced: Vec::new() }
        };
        let files = world.files.iter().map(survive).collect();
        let durable_names = names.clone();
        let tables = world.tables.clone();
        SimDisk(Arc::new(Mutex::new(World { files, names, durable_names, tables, ..World::default() })))
    }

    /// Names and contents of all files in a folder, as a program sees them.
    pub fn contents(&self, folder: &Path) -> Vec<(PathBuf, Vec<u8>)> {
        let world = self.world();
        let inside = world.names.iter().filter(|(path, _)| path.parent() == Some(folder));
        inside.map(|(path, &id)| (path.clone(), world.files[id].seen.clone())).collect()
    }

    /// Changes a file behind everybody's back, and durably.
    pub fn tamper(&self, path: &Path, change: impl Fn(&mut Vec<u8>)) {
        let mut world = self.world();
        let id = world.names[path];
        change(&mut world.files[id].seen);
        change(&mut world.files[id].durable);
    }
}

impl World {
    fn used(&self) -> usize {
        self.names.values().map(|&id| self.files[id].seen.len()).sum()
    }

    /// Counts a call and lets it fail if its time has come.
    fn call(&mut self) -> io::Result<()> {
        self.calls += 1;
        match self.fault {
            Fault::Once(number, kind) if number == self.calls => Err(io::Error::from(kind)),
            Fault::PowerCut(number) if number <= self.calls => Err(io::Error::other("no power")),
            _ => Ok(()),
        }
    }

    fn change(&mut self, change: Change) {
        change.apply(&mut self.names);
        self.changes.push(change);
    }
}

impl Change {
    fn apply(&self, names: &mut BTreeMap<PathBuf, usize>) {
        match self {
            Change::Set(path, id) => {
                names.retain(|_, other| other != id); // a move ends the old name
                names.insert(path.clone(), *id);
            }
            Change::Unset(path) => {
                names.remove(path);
            }
        }
    }
}

fn sectors(offset: usize, bytes: &[u8]) -> impl Iterator<Item = (usize, &[u8])> {
    let mut at = 0;
    std::iter::from_fn(move || {
        let start = offset + at;
        let length = (SECTOR - start % SECTOR).min(bytes.len() - at);
        let sector = &bytes[at..at + length];
        at += length;
        (length > 0).then_some((start, sector))
    })
}

fn put(content: &mut Vec<u8>, at: usize, bytes: &[u8]) {
    if content.len() < at + bytes.len() {
        content.resize(at + bytes.len(), 0);
    }
    content[at..at + bytes.len()].copy_from_slice(bytes);
}

#[derive(Debug)]
struct SimFile {
    disk: SimDisk,
    id: usize,
}

#[derive(Debug)]
struct SimLock(SimDisk, PathBuf);

impl Drop for SimLock {
    fn drop(&mut self) {
        self.0.world().locks.remove(&self.1);
    }
}

impl Disk for SimDisk {
    fn create_folder(&self, _path: &Path) -> io::Result<()> {
        self.world().call()
    }

    fn names(&self, folder: &Path) -> io::Result<Vec<String>> {
        let mut world = self.world();
        world.call()?;
        let inside = world.names.keys().filter(|path| path.parent() == Some(folder));
        Ok(inside.filter_map(|path| Some(path.file_name()?.to_string_lossy().into_owned())).collect())
    }

    fn create(&self, path: &Path) -> io::Result<Arc<dyn DiskFile>> {
        let mut world = self.world();
        world.call()?;
        if world.names.contains_key(path) {
            return Err(io::ErrorKind::AlreadyExists.into());
        }
        let id = world.files.len();
        world.files.push(Content::default());
        world.change(Change::Set(path.to_owned(), id));
        Ok(Arc::new(SimFile { disk: self.clone(), id }))
    }

    fn open(&self, path: &Path) -> io::Result<Arc<dyn DiskFile>> {
        let mut world = self.world();
        world.call()?;
        let id = *world.names.get(path).ok_or(io::ErrorKind::NotFound)?;
        Ok(Arc::new(SimFile { disk: self.clone(), id }))
    }

    fn rename(&self, from: &Path, to: &Path) -> io::Result<()> {
        let mut world = self.world();
        world.call()?;
        let id = *world.names.get(from).ok_or(io::ErrorKind::NotFound)?;
        assert!(!world.names.contains_key(to), "a move over another file");
        world.change(Change::Set(to.to_owned(), id));
        Ok(())
    }

    fn remove(&self, path: &Path) -> io::Result<()> {
        let mut world = self.world();
        world.call()?;
        if !world.names.contains_key(path) {
            return Err(io::ErrorKind::NotFound.into());
        }
        world.change(Change::Unset(path.to_owned()));
        Ok(())
    }

    fn sync_folder(&self, _path: &Path) -> io::Result<()> {
        let mut world = self.world();
        world.call()?;
        world.durable_names = world.names.clone();
        world.changes.clear();
        Ok(())
    }

    fn database(&self, _path: &Path) -> Result<Arc<dyn QueueDb>, DbError> {
        self.world().call().map_err(|error| DbError::Failed(error.to_string()))?;
        Ok(Arc::new(SimDb(self.clone())))
    }

    fn room(&self, _path: &Path) -> io::Result<Room> {
        let world = self.world(); // no call that could fail: where it cannot be asked nothing changes
        let bytes = world.room.map_or(u64::MAX, |room| room.saturating_sub(world.used()) as u64);
        Ok(Room { bytes, inodes: world.inodes.unwrap_or(u64::MAX) })
    }

    fn lock(&self, path: &Path) -> io::Result<Option<LockGuard>> {
        let mut world = self.world();
        world.call()?;
        if !world.locks.insert(path.to_owned()) {
            return Ok(None);
        }
        Ok(Some(Box::new(SimLock(self.clone(), path.to_owned()))))
    }
}

impl DiskFile for SimFile {
    fn length(&self) -> io::Result<u64> {
        let mut world = self.disk.world();
        world.call()?;
        Ok(world.files[self.id].seen.len() as u64)
    }

    fn read_at(&self, buffer: &mut [u8], offset: u64) -> io::Result<()> {
        let mut world = self.disk.world();
        world.call()?;
        let from = offset as usize;
        let bytes = world.files[self.id].seen.get(from..from + buffer.len()).ok_or(io::ErrorKind::UnexpectedEof)?;
        buffer.copy_from_slice(bytes);
        Ok(())
    }

    fn write_at(&self, bytes: &[u8], offset: u64) -> io::Result<()> {
        let mut world = self.disk.world();
        let grown = (offset as usize + bytes.len()).saturating_sub(world.files[self.id].seen.len());
        let full = world.room.is_some_and(|room| grown > 0 && world.used() + grown > room);
        let called = world.call();
        let powerless = called.is_err() && matches!(world.fault, Fault::PowerCut(number) if number < world.calls);
        if powerless {
            return called;
        }
        let called = if full { Err(io::ErrorKind::StorageFull.into()) } else { called };
        let written = if called.is_ok() { bytes } else { &bytes[..bytes.len() / 2] };
        let content = &mut world.files[self.id];
        put(&mut content.seen, offset as usize, written);
        content.unsynced.push((offset as usize, written.to_vec()));
        called
    }

    fn sync_data(&self) -> io::Result<()> {
        let mut world = self.disk.world();
        let called = world.call();
        let powerless = matches!(world.fault, Fault::PowerCut(_));
        let content = &mut world.files[self.id];
        match &called {
            Ok(()) => {
                for (offset, bytes) in std::mem::take(&mut content.unsynced) {
                    put(&mut content.durable, offset, &bytes);
                }
            }
            Err(_) if powerless => {}
            Err(_) => content.unsynced.clear(), // what it should have written never comes, though it is seen
        }
        called
    }

    fn sync_all(&self) -> io::Result<()> {
        self.sync_data()
    }
}

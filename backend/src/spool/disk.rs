//! Every call that the spool makes to the file system, and nothing else.
//!
//! Promises: one trait, so that a test can lose power between two calls, or make any one of them fail.
//! Never: retries, decides, or syncs on its own.
//! The walk goes on in `journal`, which says when to write and when to sync.

use crate::spool::queue_db::{DbError, QueueDb, SqliteDb};
use std::fmt::Debug;
use std::fs::{DirBuilder, File, OpenOptions, TryLockError};
use std::io;
use std::os::unix::fs::{DirBuilderExt, FileExt, OpenOptionsExt};
use std::path::Path;
use std::sync::Arc;

/// Folders of mail belong to the daemon alone.
const FOLDER_MODE: u32 = 0o700;
/// Files of mail too.
const FILE_MODE: u32 = 0o600;

/// Keeps a lock for as long as it lives.
pub type LockGuard = Box<dyn Debug + Send + Sync>;

/// A file system, as far as the spool needs one. All calls block.
pub trait Disk: Debug + Send + Sync + 'static {
    /// Makes a folder and those above it; one that is there already is no error.
    fn create_folder(&self, path: &Path) -> io::Result<()>;
    /// The names in a folder, in any order.
    fn names(&self, folder: &Path) -> io::Result<Vec<String>>;
    /// Makes an empty file; `AlreadyExists` if there is one.
    fn create(&self, path: &Path) -> io::Result<Arc<dyn DiskFile>>;
    /// Opens a file to read and write.
    fn open(&self, path: &Path) -> io::Result<Arc<dyn DiskFile>>;
    /// Moves a file within the spool. Durable only after [`Disk::sync_folder`].
    fn rename(&self, from: &Path, to: &Path) -> io::Result<()>;
    /// Removes a file. Durable only after [`Disk::sync_folder`].
    fn remove(&self, path: &Path) -> io::Result<()>;
    /// Makes names that were created, moved or removed durable.
    fn sync_folder(&self, path: &Path) -> io::Result<()>;
    /// Opens the database at this path, or makes it.
    fn database(&self, path: &Path) -> Result<Arc<dyn QueueDb>, DbError>;
    /// How much room there is where this path lies.
    fn room(&self, path: &Path) -> io::Result<Room>;
    /// Takes the lock at this path, or `None` if somebody holds it.
    fn lock(&self, path: &Path) -> io::Result<Option<LockGuard>>;
}

/// What a file system has left for us.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Room {
    /// Octets.
    pub bytes: u64,
    /// Names of files; without a bound on some file systems.
    pub inodes: u64,
}

/// An open file. Positions are octets from its start.
pub trait DiskFile: Debug + Send + Sync {
    /// Its length.
    fn length(&self) -> io::Result<u64>;
    /// Fills the buffer from there; `UnexpectedEof` if the file ends before.
    fn read_at(&self, buffer: &mut [u8], offset: u64) -> io::Result<()>;
    /// Writes all of it there. After an error any part of it may be written.
    fn write_at(&self, bytes: &[u8], offset: u64) -> io::Result<()>;
    /// `fdatasync`: its content, and its length if that changed.
    fn sync_data(&self) -> io::Result<()>;
    /// `fsync`: content and all that belongs to the file.
    fn sync_all(&self) -> io::Result<()>;
}

/// Whether an error means that there is no room left, which may pass by itself.
pub fn is_full(error: &io::Error) -> bool {
    matches!(error.kind(), io::ErrorKind::StorageFull | io::ErrorKind::QuotaExceeded)
}

/// The file system of the machine.
#[derive(Clone, Copy, Debug, Default)]
pub struct OsDisk;

impl Disk for OsDisk {
    fn create_folder(&self, path: &Path) -> io::Result<()> {
        DirBuilder::new().recursive(true).mode(FOLDER_MODE).create(path)
    }

    fn names(&self, folder: &Path) -> io::Result<Vec<String>> {
        std::fs::read_dir(folder)?.map(|entry| Ok(entry?.file_name().to_string_lossy().into_owned())).collect()
    }

    fn create(&self, path: &Path) -> io::Result<Arc<dyn DiskFile>> {
        Ok(Arc::new(OpenOptions::new().read(true).write(true).create_new(true).mode(FILE_MODE).open(path)?))
    }

    fn open(&self, path: &Path) -> io::Result<Arc<dyn DiskFile>> {
        Ok(Arc::new(OpenOptions::new().read(true).write(true).open(path)?))
    }

    fn rename(&self, from: &Path, to: &Path) -> io::Result<()> {
        std::fs::rename(from, to)
    }

    fn remove(&self, path: &Path) -> io::Result<()> {
        std::fs::remove_file(path)
    }

    fn sync_folder(&self, path: &Path) -> io::Result<()> {
        File::open(path)?.sync_all()
    }

    fn database(&self, path: &Path) -> Result<Arc<dyn QueueDb>, DbError> {
        // SQLite gives its other two files the mode of this one.
        let made = OpenOptions::new().write(true).create(true).truncate(false).mode(FILE_MODE).open(path);
        made.map_err(|error| DbError::Failed(error.to_string()))?;
        Ok(Arc::new(SqliteDb::open(path)?))
    }

    fn room(&self, path: &Path) -> io::Result<Room> {
        let found = rustix::fs::statvfs(path)?;
        let inodes = if found.f_files == 0 { u64::MAX } else { found.f_favail };
        Ok(Room { bytes: found.f_bavail.saturating_mul(found.f_frsize), inodes })
    }

    fn lock(&self, path: &Path) -> io::Result<Option<LockGuard>> {
        let file = OpenOptions::new().write(true).create(true).truncate(false).mode(FILE_MODE).open(path)?;
        match file.try_lock() {
            Ok(()) => Ok(Some(Box::new(OsLock(file)))),
            Err(TryLockError::WouldBlock) => Ok(None),
            Err(TryLockError::Error(error)) => Err(error),
        }
    }
}

/// Gives the lock back by name: closing alone would not while a process that is just being started shares the file.
#[derive(Debug)]
struct OsLock(File);

impl Drop for OsLock {
    fn drop(&mut self) {
        let _ = self.0.unlock(); // closing comes next in any case
    }
}

impl DiskFile for File {
    fn length(&self) -> io::Result<u64> {
        Ok(self.metadata()?.len())
    }
    fn read_at(&self, buffer: &mut [u8], offset: u64) -> io::Result<()> {
        self.read_exact_at(buffer, offset)
    }
    fn write_at(&self, bytes: &[u8], offset: u64) -> io::Result<()> {
        self.write_all_at(bytes, offset)
    }
    fn sync_data(&self) -> io::Result<()> {
        File::sync_data(self)
    }
    fn sync_all(&self) -> io::Result<()> {
        File::sync_all(self)
    }
}

//! Why a spool cannot be opened, and how an open one is.

use crate::spool::queue_db::DbError;
use std::fmt;
use std::io;
use std::path::{Path, PathBuf};
use std::sync::{Mutex, PoisonError};

/// Why a spool cannot be opened. Each says what to do.
#[derive(Debug)]
pub enum OpenError {
    /// Another process works on this folder.
    Locked(PathBuf),
    /// A file was written by a newer program.
    NewerFormat {
        /// Which file.
        file: PathBuf,
        /// What in it is not known here.
        what: String,
    },
    /// The database is damaged, or is none.
    Database {
        /// Which file.
        file: PathBuf,
        /// What SQLite said.
        why: String,
    },
    /// A call to the file system failed.
    Io {
        /// What was tried, e.g. "read".
        doing: &'static str,
        /// On what.
        path: PathBuf,
        /// What the system said.
        error: io::Error,
    },
}

impl OpenError {
    /// For `map_err`: a failed call with what was tried, and on what.
    pub(crate) fn io(doing: &'static str, path: &Path) -> impl FnOnce(io::Error) -> OpenError {
        let path = path.to_owned();
        move |error| OpenError::Io { doing, path, error }
    }

    /// The same for a call to the database.
    pub(crate) fn database(path: &Path) -> impl Fn(DbError) -> OpenError {
        let file = path.to_owned();
        move |error| match error {
            DbError::Newer(what) => OpenError::NewerFormat { file: file.clone(), what },
            DbError::Damaged(why) => OpenError::Database { file: file.clone(), why },
            DbError::Full | DbError::Failed(_) => {
                OpenError::Io { doing: "use", path: file.clone(), error: io::Error::other(error.to_string()) }
            }
        }
    }
}

impl fmt::Display for OpenError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            OpenError::Locked(folder) => write!(
                f,
                "the spool {} is in use by another process; stop that one first, or choose another data_dir",
                folder.display()
            ),
            OpenError::NewerFormat { file, what } => write!(
                f,
                "{} was written by a newer version of this program ({what}); start that version, \
                 or let it empty the queue first",
                file.display()
            ),
            OpenError::Database { file, why } => write!(
                f,
                "{} cannot be read ({why}). The mail that waits longest lies in it, so it is left as it is: restore it \
                 from a copy, or repair it with sqlite3's .recover. To start without it, move it (with -wal and -shm) \
                 to another folder; what the journal still holds is then delivered, and what only it held is not",
                file.display()
            ),
            OpenError::Io { doing, path, error } => write!(f, "cannot {doing} {}: {error}", path.display()),
        }
    }
}

impl std::error::Error for OpenError {
    fn source(&self) -> Option<&(dyn std::error::Error + 'static)> {
        match self {
            OpenError::Io { error, .. } => Some(error),
            OpenError::Locked(_) | OpenError::NewerFormat { .. } | OpenError::Database { .. } => None,
        }
    }
}

/// How an open spool is.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum SpoolHealth {
    /// It keeps mail.
    Ok,
    /// The disk has less room than it has to have: results and reports are still written, mail is not taken. Passes by
    /// itself.
    Low,
    /// The disk is full: results are still written, mail is not taken. Passes by itself.
    Full,
    /// A write or a sync failed. Does not pass: the process has to end, and the next one recovers from disk.
    Failed(String),
}

/// How the spool is, as its threads know it together.
#[derive(Debug)]
pub struct Pulse(Mutex<SpoolHealth>);

impl Default for Pulse {
    fn default() -> Pulse {
        Pulse(Mutex::new(SpoolHealth::Ok))
    }
}

impl Pulse {
    /// How it is.
    pub fn get(&self) -> SpoolHealth {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }

    /// A failure stays; everything else may change.
    pub fn set(&self, health: SpoolHealth) {
        let mut now = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        if !matches!(*now, SpoolHealth::Failed(_)) {
            *now = health;
        }
    }
}

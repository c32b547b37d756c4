//! `users.db`: users, sessions, tokens and the audit record on disk, in a database of its own.
//!
//! Promises: 0600 from its first octet on; what answers `Ok` is on disk. Blocks on the disk: called beside the
//! runtime's threads. Never: a secret; only digests and password hashes.

use crate::console::auth::AuthError;
use crate::console::auth::book::{Book, Session, Token, User};
use crate::console::auth::secret::Digest;
use common::vocab::Timestamp;
use common::wire::{AuditRow, Role, TokenRow};
use rusqlite::{Connection, Row, params};
use std::fs::OpenOptions;
use std::net::IpAddr;
use std::os::unix::fs::OpenOptionsExt;
use std::path::Path;
use std::time::Duration;

/// The form of the tables below.
const VERSION: i64 = 2;
/// Rows of the audit record; the oldest go. At a hundred acts a day it is three years.
pub const AUDIT_ROWS_MAX: u64 = 100_000;
/// For how long a row is kept.
pub const AUDIT_KEPT: Duration = Duration::from_secs(366 * 86_400);

const TABLES: &str = "
CREATE TABLE user (name TEXT PRIMARY KEY, role TEXT NOT NULL, kept TEXT NOT NULL, created_at INTEGER NOT NULL,
    seen_at INTEGER) STRICT;
CREATE TABLE session (digest BLOB PRIMARY KEY, user TEXT NOT NULL REFERENCES user (name) ON DELETE CASCADE,
    address TEXT, created_at INTEGER NOT NULL, seen_at INTEGER NOT NULL) STRICT, WITHOUT ROWID;
CREATE TABLE token (id INTEGER PRIMARY KEY AUTOINCREMENT, name TEXT NOT NULL, role TEXT NOT NULL,
    digest BLOB NOT NULL UNIQUE, created_at INTEGER NOT NULL, expires_at INTEGER NOT NULL,
    seen_at INTEGER) STRICT;
CREATE TABLE audit (id INTEGER PRIMARY KEY AUTOINCREMENT, at INTEGER NOT NULL, who TEXT NOT NULL, address TEXT,
    what TEXT NOT NULL, scope TEXT NOT NULL, outcome TEXT NOT NULL) STRICT;
";

/// From the first form to the second: when somebody was last seen.
const SECOND: &str = "ALTER TABLE user ADD COLUMN seen_at INTEGER; ALTER TABLE token ADD COLUMN seen_at INTEGER;
UPDATE user SET seen_at = (SELECT max(seen_at) FROM session WHERE session.user = user.name);";

/// One change of users, sessions or tokens.
#[derive(Clone, Debug)]
pub(super) enum Change {
    /// A user comes or changes.
    Put(User),
    /// A user goes, with their sessions.
    Remove(String),
    /// Somebody signs in.
    Open(Session),
    /// Sessions end.
    Close(Vec<Digest>),
    /// All sessions of a user end.
    CloseAll(String),
    /// A session was seen, and with it its user.
    Seen(Digest, Timestamp),
    /// A token was used.
    TokenSeen(u64, Timestamp),
    /// A token ends.
    Revoke(u64),
}

/// The open database.
pub(super) struct File {
    connection: Connection,
}

impl File {
    /// Opens or makes it.
    pub(super) fn open(path: &Path) -> Result<File, AuthError> {
        // Made here, since SQLite would give it the mode of the umask. Its journal takes the mode of the file.
        let made = OpenOptions::new().write(true).create(true).truncate(false).mode(0o600).open(path);
        made.map_err(|why| AuthError(format!("{} cannot be opened: {why}", path.display())))?;
        let unusable = |why: rusqlite::Error| {
            AuthError(format!("{} cannot be used: {why}. Users and audit record are in there", path.display()))
        };
        let connection = Connection::open(path).map_err(unusable)?;
        prepare(&connection).map_err(unusable)?;
        let version: i64 = connection.query_row("PRAGMA user_version", [], |row| row.get(0)).map_err(unusable)?;
        if version != VERSION {
            return Err(AuthError(format!("{} is of another version of the program ({version})", path.display())));
        }
        Ok(File { connection })
    }

    /// Everything but the audit record.
    pub(super) fn book(&self) -> Result<Book, AuthError> {
        let mut book = Book::default();
        for user in self.all("SELECT name, role, kept, created_at, seen_at FROM user", user)? {
            book.users.insert(user.name.clone(), user);
        }
        for session in self.all("SELECT digest, user, address, created_at, seen_at FROM session", session)? {
            book.sessions.insert(session.digest, session);
        }
        for token in self.all("SELECT id, name, role, digest, created_at, expires_at, seen_at FROM token", token)? {
            book.tokens.insert(token.row.id, token);
        }
        Ok(book)
    }

    /// Makes changes, all or none.
    pub(super) fn change(&mut self, changes: &[Change]) -> Result<(), AuthError> {
        let transaction = self.connection.transaction()?;
        for change in changes {
            apply(&transaction, change)?;
        }
        Ok(transaction.commit()?)
    }

    /// Keeps a token and gives its number; tokens that expired before `now` go.
    pub(super) fn add_token(&mut self, token: &Token, now: Timestamp) -> Result<u64, AuthError> {
        let transaction = self.connection.transaction()?;
        transaction.execute("DELETE FROM token WHERE expires_at <= ?1", [millis(now)])?;
        let row = &token.row;
        transaction.execute(
            "INSERT INTO token (name, role, digest, created_at, expires_at) VALUES (?1, ?2, ?3, ?4, ?5)",
            params![row.name, row.role.word(), token.digest, millis(row.created_at), millis(row.expires_at)],
        )?;
        let id = transaction.last_insert_rowid();
        transaction.commit()?;
        Ok(u64::try_from(id).unwrap_or_default())
    }

    /// Appends to the audit record, and drops what is too old or too much.
    pub(super) fn record(&mut self, row: &AuditRow) -> Result<(), AuthError> {
        let transaction = self.connection.transaction()?;
        transaction.execute(
            "INSERT INTO audit (at, who, address, what, scope, outcome) VALUES (?1, ?2, ?3, ?4, ?5, ?6)",
            params![millis(row.at), row.who, row.address, row.what, row.scope, row.outcome],
        )?;
        let newest = transaction.last_insert_rowid();
        let oldest = newest.saturating_sub(i64::try_from(AUDIT_ROWS_MAX).unwrap_or(i64::MAX));
        transaction.execute("DELETE FROM audit WHERE id <= ?1", [oldest])?;
        // The oldest one alone: as many go as come, and no row is searched for.
        let since = row.at.millis().saturating_sub(AUDIT_KEPT.as_millis() as u64);
        let first = "SELECT id FROM audit ORDER BY id LIMIT 2";
        transaction.execute(
            &format!("DELETE FROM audit WHERE id IN ({first}) AND at < ?1"),
            [i64::try_from(since).unwrap_or(i64::MAX)],
        )?;
        Ok(transaction.commit()?)
    }

    /// Rows before `before`, newest first.
    pub(super) fn audit(&self, before: Option<u64>, limit: usize) -> Result<(Vec<AuditRow>, u64), AuthError> {
        let before = before.and_then(|id| i64::try_from(id).ok()).unwrap_or(i64::MAX);
        let mut statement = self.connection.prepare_cached(
            "SELECT id, at, who, address, what, scope, outcome FROM audit WHERE id < ?1 ORDER BY id DESC LIMIT ?2",
        )?;
        let rows = statement.query_map(params![before, i64::try_from(limit).unwrap_or(i64::MAX)], audit_row)?;
        let rows = rows.collect::<Result<Vec<_>, _>>()?;
        let total: i64 = self.connection.query_row("SELECT count(*) FROM audit", [], |row| row.get(0))?;
        Ok((rows, u64::try_from(total).unwrap_or_default()))
    }

    fn all<T>(&self, query: &str, read: fn(&Row<'_>) -> rusqlite::Result<T>) -> Result<Vec<T>, AuthError> {
        let mut statement = self.connection.prepare(query)?;
        let rows = statement.query_map([], read)?;
        Ok(rows.collect::<Result<_, _>>()?)
    }
}

fn prepare(connection: &Connection) -> rusqlite::Result<()> {
    connection.execute_batch("PRAGMA journal_mode = WAL; PRAGMA synchronous = FULL; PRAGMA foreign_keys = ON;")?;
    let version: i64 = connection.query_row("PRAGMA user_version", [], |row| row.get(0))?;
    if version == 0 {
        connection.execute_batch(&format!("BEGIN; {TABLES} PRAGMA user_version = {VERSION}; COMMIT;"))?;
    } else if version == 1 {
        connection.execute_batch(&format!("BEGIN; {SECOND} PRAGMA user_version = {VERSION}; COMMIT;"))?;
    }
    Ok(())
}

fn apply(transaction: &rusqlite::Transaction<'_>, change: &Change) -> rusqlite::Result<()> {
    match change {
        Change::Put(user) => transaction.execute(
            "INSERT INTO user (name, role, kept, created_at) VALUES (?1, ?2, ?3, ?4)
             ON CONFLICT (name) DO UPDATE SET role = excluded.role, kept = excluded.kept",
            params![user.name, user.role.word(), user.kept, millis(user.created_at)],
        )?,
        Change::Remove(name) => transaction.execute("DELETE FROM user WHERE name = ?1", [name])?,
        Change::Open(session) => {
            transaction.execute(
                "INSERT INTO session (digest, user, address, created_at, seen_at) VALUES (?1, ?2, ?3, ?4, ?5)",
                params![
                    session.digest,
                    session.user,
                    session.address.map(|address| address.to_string()),
                    millis(session.created_at),
                    millis(session.seen_at)
                ],
            )?;
            let user = "UPDATE user SET seen_at = ?2 WHERE name = ?1";
            transaction.execute(user, params![session.user, millis(session.seen_at)])?
        }
        Change::Close(digests) => {
            for digest in digests {
                transaction.execute("DELETE FROM session WHERE digest = ?1", [digest])?;
            }
            digests.len()
        }
        Change::CloseAll(name) => transaction.execute("DELETE FROM session WHERE user = ?1", [name])?,
        Change::Seen(digest, at) => {
            let user = "UPDATE user SET seen_at = ?2 WHERE name = (SELECT user FROM session WHERE digest = ?1)";
            transaction.execute(user, params![digest, millis(*at)])?;
            transaction.execute("UPDATE session SET seen_at = ?2 WHERE digest = ?1", params![digest, millis(*at)])?
        }
        Change::TokenSeen(id, at) => transaction.execute(
            "UPDATE token SET seen_at = ?2 WHERE id = ?1",
            params![i64::try_from(*id).unwrap_or(-1), millis(*at)],
        )?,
        Change::Revoke(id) => {
            transaction.execute("DELETE FROM token WHERE id = ?1", [i64::try_from(*id).unwrap_or(-1)])?
        }
    };
    Ok(())
}

fn millis(at: Timestamp) -> i64 {
    i64::try_from(at.millis()).unwrap_or(i64::MAX)
}

fn time(row: &Row<'_>, at: usize) -> rusqlite::Result<Timestamp> {
    Ok(Timestamp(u64::try_from(row.get::<_, i64>(at)?).unwrap_or_default()))
}

fn maybe_time(row: &Row<'_>, at: usize) -> rusqlite::Result<Option<Timestamp>> {
    Ok(row.get::<_, Option<i64>>(at)?.and_then(|at| u64::try_from(at).ok()).map(Timestamp))
}

/// A role that is not known is the least one.
fn role(row: &Row<'_>, at: usize) -> rusqlite::Result<Role> {
    Ok(Role::from_word(&row.get::<_, String>(at)?).unwrap_or(Role::Viewer))
}

fn user(row: &Row<'_>) -> rusqlite::Result<User> {
    Ok(User {
        name: row.get(0)?,
        role: role(row, 1)?,
        kept: row.get(2)?,
        created_at: time(row, 3)?,
        seen_at: maybe_time(row, 4)?,
    })
}

fn session(row: &Row<'_>) -> rusqlite::Result<Session> {
    let seen_at = time(row, 4)?;
    Ok(Session {
        digest: row.get(0)?,
        user: row.get(1)?,
        address: row.get::<_, Option<String>>(2)?.and_then(|text| text.parse::<IpAddr>().ok()),
        created_at: time(row, 3)?,
        seen_at,
        written_at: seen_at,
    })
}

fn token(row: &Row<'_>) -> rusqlite::Result<Token> {
    let id = u64::try_from(row.get::<_, i64>(0)?).unwrap_or_default();
    let (name, role) = (row.get(1)?, role(row, 2)?);
    let seen_at = maybe_time(row, 6)?;
    let row_of = TokenRow { id, name, role, created_at: time(row, 4)?, expires_at: time(row, 5)?, seen_at };
    Ok(Token { digest: row.get(3)?, row: row_of, written_at: seen_at })
}

fn audit_row(row: &Row<'_>) -> rusqlite::Result<AuditRow> {
    Ok(AuditRow {
        id: u64::try_from(row.get::<_, i64>(0)?).unwrap_or_default(),
        at: time(row, 1)?,
        who: row.get(2)?,
        address: row.get(3)?,
        what: row.get(4)?,
        scope: row.get(5)?,
        outcome: row.get(6)?,
    })
}

//! What is kept besides mail, and the table of suspensions; that of counters is in `counts`.
//!
//! Promises: a suspension whose row is damaged still holds, as far as its scope can be read: mail that waits too long
//! can be sent, mail that was sent cannot be taken back.
//! Never: a word to the tables of mail.

use super::{DbError, counts};
use crate::spool::note::{Note, Notes};
use common::vocab::Timestamp;
use engine::HostScope;
use engine::suspension::Suspension;
use rusqlite::{Connection, params};

/// Made at every opening if they are not there. `suspension.host` is empty for all delivery.
pub const TABLES: &str = "
CREATE TABLE IF NOT EXISTS suspension(host TEXT PRIMARY KEY, by TEXT NOT NULL, reason TEXT, since INTEGER NOT NULL,
    until INTEGER, sum INTEGER NOT NULL) WITHOUT ROWID;
";

/// Writes one note.
pub fn apply(db: &Connection, note: &Note) -> Result<(), DbError> {
    match note {
        Note::Suspended(scope, one) => {
            // Whose time was over before this one began is forgotten.
            db.prepare_cached("DELETE FROM suspension WHERE until < ?1")?.execute([one.since.0 as i64])?;
            db.prepare_cached("INSERT OR REPLACE INTO suspension VALUES (?1, ?2, ?3, ?4, ?5, ?6)")?.execute(
                params![
                    name(scope),
                    &*one.by,
                    one.reason.as_deref(),
                    one.since.0 as i64,
                    one.until.map(|until| until.0 as i64),
                    sum(name(scope), one)
                ],
            )?;
        }
        Note::Counted(memory) => counts::apply(db, memory)?,
        Note::Resumed(HostScope::All) => drop(db.prepare_cached("DELETE FROM suspension")?.execute([])?),
        Note::Resumed(scope) => {
            db.prepare_cached("DELETE FROM suspension WHERE host = ?1")?.execute([name(scope)])?;
        }
    }
    Ok(())
}

/// All that was noted.
pub fn read(db: &Connection) -> Result<Notes, DbError> {
    let mut notes = Notes { counts: counts::read(db)?, ..Notes::default() };
    let mut found = db.prepare_cached("SELECT host, by, reason, since, until, sum FROM suspension")?;
    let mut rows = found.query([])?;
    while let Some(row) = rows.next()? {
        let host: String = row.get(0)?;
        let text = |at: usize| row.get::<_, Option<String>>(at).ok().flatten();
        let mut one = Suspension {
            by: text(1).unwrap_or_default().into(),
            reason: text(2).map(Into::into),
            since: Timestamp(row.get::<_, i64>(3).unwrap_or_default() as u64),
            until: row.get::<_, Option<i64>>(4).ok().flatten().map(|until| Timestamp(until as u64)),
        };
        if row.get::<_, u32>(5).ok() != Some(sum(&host, &one)) {
            tracing::error!(host, "a suspension in queue.db is damaged: it holds until somebody resumes");
            one.until = None;
        }
        match (host.as_str(), host.parse()) {
            ("", _) => notes.suspensions.push((HostScope::All, one)),
            (_, Ok(domain)) => notes.suspensions.push((HostScope::Host(domain), one)),
            (_, Err(why)) => tracing::error!(host, %why, "a suspension in queue.db names no host: it is not kept up"),
        }
    }
    Ok(notes)
}

fn name(scope: &HostScope) -> &str {
    match scope {
        HostScope::All => "",
        HostScope::Host(host) => host.as_str(),
    }
}

fn sum(name: &str, one: &Suspension) -> u32 {
    let parts = [name, &one.by, one.reason.as_deref().unwrap_or_default()];
    let text = parts.iter().fold(0, |sum, part| {
        crc32c::crc32c_append(crc32c::crc32c_append(sum, &(part.len() as u64).to_le_bytes()), part.as_bytes())
    });
    let until = one.until.map_or(u64::MAX, |until| until.0);
    crc32c::crc32c_append(crc32c::crc32c_append(text, &one.since.0.to_le_bytes()), &until.to_le_bytes())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::spool::queue_db::{Change, QueueDb, SqliteDb, schema};

    fn suspension(until: Option<u64>) -> Suspension {
        let reason = Some("they asked for it".into());
        Suspension { by: "console".into(), reason, since: Timestamp(1_000), until: until.map(Timestamp) }
    }

    #[test]
    fn suspensions_are_there_after_it_is_opened_again_and_resuming_all_ends_each() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("queue.db");
        let host = HostScope::Host("a.test".parse().unwrap());
        let db = SqliteDb::open(&path).unwrap();
        let note = |note| db.commit(&[Change::Note(note)]).unwrap();
        note(Note::Suspended(host.clone(), suspension(Some(5_000))));
        note(Note::Suspended(HostScope::All, suspension(None)));
        let found = SqliteDb::open(&path).unwrap().notes().unwrap().suspensions;
        assert_eq!(found, [(HostScope::All, suspension(None)), (host.clone(), suspension(Some(5_000)))]);
        note(Note::Resumed(host));
        assert_eq!(db.notes().unwrap().suspensions.len(), 1);
        note(Note::Resumed(HostScope::All));
        assert_eq!(db.notes().unwrap(), Notes::default());
    }

    #[test]
    fn a_damaged_suspension_holds_without_an_end() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("queue.db");
        let db = SqliteDb::open(&path).unwrap();
        let host = HostScope::Host("a.test".parse().unwrap());
        db.commit(&[Change::Note(Note::Suspended(host.clone(), suspension(Some(5_000))))]).unwrap();
        let other = schema::open_to_write(&path).unwrap();
        other.execute("UPDATE suspension SET until = 4", []).unwrap();
        let found = db.notes().unwrap().suspensions;
        assert_eq!(found, [(host, suspension(None))]);
    }
}

//! The tables of counters: what each host has counted, and all of them together.
//!
//! Promises: hosts and totals of one note are one transaction. Never: a sum of its own; a flipped bit in a counter is a
//! wrong number on a page, and no mail depends on it.

use super::DbError;
use common::vocab::{Counters, Timestamp};
use engine::count::{CountMemory, HOSTS_KEPT_MAX, HostMemory, TotalMemory};
use rusqlite::{Connection, params};

/// Made at every opening if they are not there. The eight columns `c0` to `c7` are `Counters::parts`; times are
/// milliseconds. `count_total` has names as [`NAMES`] and [`PARTS`] say.
pub const TABLES: &str = "
CREATE TABLE IF NOT EXISTS count_host(host TEXT PRIMARY KEY, at INTEGER NOT NULL, since INTEGER NOT NULL,
    resolved INTEGER, c0 INTEGER NOT NULL, c1 INTEGER NOT NULL, c2 INTEGER NOT NULL, c3 INTEGER NOT NULL,
    c4 INTEGER NOT NULL, c5 INTEGER NOT NULL, c6 INTEGER NOT NULL, c7 INTEGER NOT NULL) WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS count_total(name TEXT PRIMARY KEY, value INTEGER NOT NULL) WITHOUT ROWID;
";

const NAMES: [&str; 5] = ["first", "since", "active_at_base", "messages", "messages_at_base"];
const PARTS: [&str; 8] = ["soft", "dns", "5xx", "filter", "expired", "other", "delivered", "deleted"];

/// Writes down what changed.
pub fn apply(db: &Connection, memory: &CountMemory) -> Result<(), DbError> {
    for (host, kept) in &memory.hosts {
        let sql = "INSERT OR REPLACE INTO count_host VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11, ?12)";
        let [c0, c1, c2, c3, c4, c5, c6, c7] = kept.counters.parts().map(|part| part as i64);
        let (at, since) = (kept.at.0 as i64, kept.since.0 as i64);
        let resolved = kept.resolved_at.map(|at| at.0 as i64);
        let values = params![host.as_str(), at, since, resolved, c0, c1, c2, c3, c4, c5, c6, c7];
        db.prepare_cached(sql)?.execute(values)?;
    }
    for host in &memory.forgotten {
        db.prepare_cached("DELETE FROM count_host WHERE host = ?1")?.execute([host.as_str()])?;
    }
    if let Some(total) = &memory.total {
        let set = |name: &str, value: u64| -> Result<(), DbError> {
            db.prepare_cached("INSERT OR REPLACE INTO count_total VALUES (?1, ?2)")?
                .execute(params![name, value as i64])?;
            Ok(())
        };
        let values = [total.first.0, total.since.0, total.active_at_base, total.messages, total.messages_at_base];
        NAMES.iter().zip(values).try_for_each(|(name, value)| set(name, value))?;
        for (prefix, counters) in [("now", total.counters), ("before", total.before)] {
            for (name, part) in PARTS.iter().zip(counters.parts()) {
                set(&format!("{prefix}.{name}"), part)?;
            }
        }
    }
    Ok(())
}

/// All that was counted; of hosts those that changed last.
pub fn read(db: &Connection) -> Result<CountMemory, DbError> {
    let mut totals = std::collections::HashMap::new();
    let mut found = db.prepare_cached("SELECT name, value FROM count_total")?;
    for row in found.query_map([], |row| Ok((row.get::<_, String>(0)?, row.get::<_, i64>(1)? as u64)))? {
        totals.extend([row?]);
    }
    if totals.is_empty() {
        return Ok(CountMemory::default());
    }
    let value = |name: &str| totals.get(name).copied().unwrap_or_default();
    let counters = |prefix: &str| Counters::from_parts(PARTS.map(|name| value(&format!("{prefix}.{name}"))));
    let [first, since, active_at_base, messages, messages_at_base] = NAMES.map(value);
    let total = TotalMemory {
        first: Timestamp(first),
        since: Timestamp(since),
        counters: counters("now"),
        before: counters("before"),
        active_at_base,
        messages,
        messages_at_base,
    };
    Ok(CountMemory { hosts: read_hosts(db)?, total: Some(total), forgotten: Vec::new() })
}

fn read_hosts(db: &Connection) -> Result<Vec<(common::vocab::Domain, HostMemory)>, DbError> {
    let mut hosts = Vec::new();
    let sql =
        "SELECT host, at, since, resolved, c0, c1, c2, c3, c4, c5, c6, c7 FROM count_host ORDER BY at DESC LIMIT ?1";
    let mut found = db.prepare_cached(sql)?;
    let mut rows = found.query([HOSTS_KEPT_MAX as i64])?;
    while let Some(row) = rows.next()? {
        let number = |place: usize| row.get::<_, i64>(place).map_or(0, |value| value as u64);
        let parts = std::array::from_fn(|at| number(4 + at));
        let resolved = row.get::<_, Option<i64>>(3).ok().flatten();
        // A name that does not read any more is nobody's.
        let Ok(host) = row.get::<_, String>(0).unwrap_or_default().parse() else { continue };
        let kept = HostMemory {
            counters: Counters::from_parts(parts),
            since: Timestamp(number(2)),
            resolved_at: resolved.map(|at| Timestamp(at as u64)),
            at: Timestamp(number(1)),
        };
        hosts.push((host, kept));
    }
    Ok(hosts)
}

#[cfg(test)]
mod tests {
    use crate::spool::note::Note;
    use crate::spool::queue_db::{Change, QueueDb, SqliteDb};
    use common::vocab::{Counters, Timestamp};
    use engine::count::{CountMemory, HostMemory, TotalMemory};

    #[test]
    fn what_was_counted_reads_back_and_forgotten_hosts_are_gone() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("queue.db");
        let counters = Counters::from_parts([1, 2, 3, 4, 5, 6, 7, 8]);
        let host =
            |at| HostMemory { counters, since: Timestamp(5), resolved_at: Some(Timestamp(6)), at: Timestamp(at) };
        let total = TotalMemory {
            first: Timestamp(1),
            since: Timestamp(5),
            counters,
            before: Counters::from_parts([9; 8]),
            active_at_base: 10,
            messages: 11,
            messages_at_base: 3,
        };
        let hosts = vec![("a.test".parse().unwrap(), host(8)), ("b.test".parse().unwrap(), host(7))];
        let mut memory = CountMemory { hosts, total: Some(total), forgotten: Vec::new() };
        let db = SqliteDb::open(&path).unwrap();
        assert_eq!(db.notes().unwrap().counts, CountMemory::default());
        db.commit(&[Change::Note(Note::Counted(memory.clone()))]).unwrap();
        assert_eq!(SqliteDb::open(&path).unwrap().notes().unwrap().counts, memory);
        let (forgotten, _) = memory.hosts.pop().unwrap();
        let change = CountMemory { forgotten: vec![forgotten], ..CountMemory::default() };
        db.commit(&[Change::Note(Note::Counted(change))]).unwrap();
        assert_eq!(db.notes().unwrap().counts, memory);
    }
}

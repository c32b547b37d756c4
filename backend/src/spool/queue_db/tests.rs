//! The real database, in real files: what is committed is there, what is damaged is named, what is not ours is left alone.

use super::*;
use crate::spool::queue_db::schema::open_to_write;
use crate::spool::tests::{body_of, message};

fn row(mid: u64, stored: Stored) -> Row {
    let waiting = Waiting { attempts: 2, begun: 0, next_attempt_at: Some(Timestamp(9)), braked: true };
    let outcomes = vec![(RecipientId(0), None), (RecipientId(2), Some(waiting))];
    Row { envelope: message(MessageId(mid), 3, 10).envelope, stored, blob: None, outcomes }
}

fn put(mid: u64) -> Change {
    Change::Put { row: row(mid, Stored::Here), body: Some(body_of(MessageId(mid), 500)) }
}

#[test]
fn what_is_committed_is_there_after_it_is_opened_again() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("queue.db");
    let spot = Spot { number: 4, offset: 8_192, length: 77 };
    let elsewhere = row(2, Stored::Segment(spot));
    let seal = Seal { salt: u64::MAX - 3, number: 4 };
    let key = IdempotencyKey { name: [1; 32], request: [2; 32] };
    let db = SqliteDb::open(&path).unwrap();
    db.commit(&[
        put(1),
        Change::Put { row: elsewhere.clone(), body: None },
        put(3),
        Change::Adopt(seal),
        Change::Batch(5),
        Change::Remove(MessageId(3)),
        Change::Begun(MessageId(1), RecipientId(2), 1),
        Change::Begun(MessageId(1), RecipientId(0), 1),
        Change::Begun(MessageId(3), RecipientId(0), 1),
        Change::BegunThrough(7),
        Change::Key(key, MessageId(1), Timestamp(100)),
    ])
    .unwrap();
    assert!(db.checkpoint().unwrap());
    drop(db);
    let db = SqliteDb::open(&path).unwrap();
    let meta = Meta { batch: 5, begun_through: 7, adopted: vec![seal], oldest: 5, above_seen: 3 };
    assert_eq!(db.meta(), Ok(meta));
    let mut first = row(1, Stored::Here);
    first.outcomes[1].1.as_mut().unwrap().begun = 1;
    assert_eq!(db.rows(MessageId(0), 10), Ok(vec![Ok(first), Ok(elsewhere)]));
    assert_eq!(db.rows(MessageId(1), 10).unwrap().len(), 1);
    assert_eq!(db.rows_in(4), Ok(vec![(MessageId(2), spot)]));
    assert_eq!(db.body(MessageId(1)), Ok(Some(body_of(MessageId(1), 500))));
    assert_eq!(db.body(MessageId(2)), Ok(None));
    assert_eq!(db.key(&[1; 32]), Ok(Some(([2; 32], MessageId(1), Timestamp(100)))));
    db.commit(&[Change::Copy(MessageId(2), body_of(MessageId(2), 9)), Change::ForgetKeys(Timestamp(101))]).unwrap();
    assert_eq!(db.stored(MessageId(2)), Ok(Some(Stored::Here)));
    assert_eq!(db.body(MessageId(2)), Ok(Some(body_of(MessageId(2), 9))));
    assert_eq!(db.key(&[1; 32]), Ok(None));
}

#[test]
fn a_row_or_a_body_with_a_wrong_octet_is_found() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("queue.db");
    let db = SqliteDb::open(&path).unwrap();
    db.commit(&[put(1), put(2), put(3)]).unwrap();
    let other = open_to_write(&path).unwrap();
    other
        .execute(
            "UPDATE message SET envelope = substr(envelope, 1, 20) || x'00' || substr(envelope, 22) WHERE id = 1",
            [],
        )
        .unwrap();
    other.execute("UPDATE outcome SET attempts = attempts + 1 WHERE id = 2 AND rid = 2", []).unwrap();
    other.execute("UPDATE body SET data = x'0102' WHERE id = 3", []).unwrap();
    let rows = db.rows(MessageId(0), 10).unwrap();
    assert_eq!(rows[..2], [Err(MessageId(1)), Err(MessageId(2))]);
    assert!(rows[2].is_ok());
    assert_eq!(db.body(MessageId(3)), Ok(None));
}

#[test]
fn a_file_that_is_no_database_is_refused_and_left_as_it_is() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("queue.db");
    let rubbish = vec![b'x'; 20_000];
    std::fs::write(&path, &rubbish).unwrap();
    assert!(matches!(SqliteDb::open(&path).map(|_| ()), Err(DbError::Damaged(_))));
    assert_eq!(std::fs::read(&path).unwrap(), rubbish);
}

#[test]
fn a_database_of_a_newer_program_or_of_another_one_is_refused() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("queue.db");
    drop(SqliteDb::open(&path).unwrap());
    let db = open_to_write(&path).unwrap();
    db.execute_batch("PRAGMA user_version = 9").unwrap();
    let newer = SqliteDb::open(&path).map(|_| ()).unwrap_err();
    assert_eq!(newer, DbError::Newer("tables of version 9".to_owned()));
    db.execute_batch("PRAGMA user_version = 1; PRAGMA application_id = 1").unwrap();
    assert!(matches!(SqliteDb::open(&path).map(|_| ()), Err(DbError::Damaged(_))));
}

#[test]
fn every_commit_is_synced() {
    let folder = tempfile::tempdir().unwrap();
    let db = open_to_write(&folder.path().join("queue.db")).unwrap();
    let setting = |name: &str| db.pragma_query_value(None, name, |row| row.get::<_, i64>(0)).unwrap();
    assert_eq!((setting("synchronous"), setting("page_size"), setting("mmap_size")), (2, 4_096, 0));
    assert_eq!(db.pragma_query_value(None, "journal_mode", |row| row.get::<_, String>(0)).unwrap(), "wal");
}

#[test]
fn a_database_from_before_there_was_a_brake_opens_with_all_that_is_in_it() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("queue.db");
    let mut before = row(1, Stored::Here);
    before.outcomes[1].1.as_mut().unwrap().braked = false;
    let db = SqliteDb::open(&path).unwrap();
    db.commit(&[Change::Put { row: before.clone(), body: Some(body_of(MessageId(1), 500)) }]).unwrap();
    drop(db);
    let old = rusqlite::Connection::open(&path).unwrap();
    old.execute_batch("ALTER TABLE outcome DROP COLUMN braked; PRAGMA user_version = 1;").unwrap();
    drop(old);
    let db = SqliteDb::open(&path).unwrap();
    assert_eq!(db.rows(MessageId(0), 10), Ok(vec![Ok(before)]));
    db.commit(&[put(2)]).unwrap();
    drop(db);
    let rows = SqliteDb::open(&path).unwrap().rows(MessageId(1), 10);
    assert_eq!(rows, Ok(vec![Ok(row(2, Stored::Here))]), "the brake is kept from now on");
}

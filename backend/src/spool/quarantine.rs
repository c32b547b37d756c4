//! Where damaged octets are set aside, so that a person can look at them; and the list of what lies there.
//!
//! Promises: a copy is on disk when [`Quarantine::put`] answers `Ok`. One file for each damaged place, whose name says all
//! that is known of it (`origin`), so that the list survives whatever else is lost. The folder is bounded: when it is full,
//! a piece stays where it is, and is listed so.
//! Never: feeds anything back into the queue. The walk goes on at the next start, in `recovery/condemned`.

mod origin;

pub use origin::Origin;

use crate::clock::Clock;
use crate::spool::disk::Disk;
use crate::spool::journal::shared::lock;
use common::vocab::MessageId;
use common::wire::{DamageKind, DamagedRecord, Quarantined};
use origin::parse;
use std::collections::BTreeMap;
use std::io;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex};

/// Files in the folder: more would say that the disk is failing, which the first thousand say as well.
const FILES_MAX: usize = 1_000;
/// Octets in the folder, as much as some thirty journal files: damage must not eat the room that mail needs.
const BYTES_MAX: u64 = 1 << 30;
/// Records that a list shows; the newest.
const SHOWN_MAX: usize = 20;

/// The folder of damaged pieces.
#[derive(Clone, Debug)]
pub struct Quarantine {
    disk: Arc<dyn Disk>,
    /// `DIR/quarantine`.
    pub folder: PathBuf,
    book: Arc<Mutex<Book>>,
}

/// What lies in the folder, and what could not be copied there.
#[derive(Debug, Default)]
struct Book {
    /// Each with the name of its file; none if it was left in place.
    pieces: BTreeMap<Origin, (DamagedRecord, Option<String>)>,
}

impl Book {
    fn copied(&self) -> impl Iterator<Item = &DamagedRecord> {
        self.pieces.values().filter(|(_, name)| name.is_some()).map(|(record, _)| record)
    }
}

impl Quarantine {
    /// The folder below the spool's own; nothing is read yet.
    pub fn new(disk: Arc<dyn Disk>, dir: &Path) -> Quarantine {
        Quarantine { disk, folder: dir.join("quarantine"), book: Arc::default() }
    }

    /// Reads the names in the folder: what earlier starts have set aside.
    pub fn read_names(&self) {
        match self.disk.names(&self.folder) {
            Ok(names) => {
                let found = names.into_iter().filter_map(|name| Some((parse(&name)?, name)));
                let found = found.map(|((origin, record), name)| (origin, (record, Some(name))));
                lock(&self.book).pieces.extend(found);
            }
            Err(error) => tracing::error!("the quarantine cannot be listed: {error}"),
        }
    }

    /// Sets aside what lay there. The same place again replaces what an earlier start copied.
    ///
    /// # Errors
    /// The folder or the disk is full, or the disk failed: the piece stays where it is, and is listed so.
    pub fn put(&self, origin: Origin, mid: Option<MessageId>, why: DamageKind, bytes: &[u8]) -> io::Result<()> {
        let octets = bytes.len() as u64;
        let before = lock(&self.book).pieces.get(&origin).cloned();
        if let Some((record, Some(_))) = &before
            && record.octets == octets
        {
            return Ok(());
        }
        let found_at = before.as_ref().and_then(|(record, _)| record.found_at);
        let record = DamagedRecord { found_at: found_at.or_else(now), ..whole(origin, mid, why, octets) };
        let name = origin.name_of(&record);
        let written = self.write(&name, before.and_then(|(_, name)| name), bytes);
        let set_aside = written.is_ok();
        lock(&self.book).pieces.insert(origin, (DamagedRecord { set_aside, ..record }, set_aside.then_some(name)));
        written
    }

    /// Lists what is damaged and cannot be copied: it stays where it is, or is nowhere.
    pub fn leave(&self, origin: Origin, mid: Option<MessageId>, why: DamageKind, octets: u64) {
        let record = DamagedRecord { set_aside: false, ..whole(origin, mid, why, octets) };
        lock(&self.book).pieces.entry(origin).or_insert((record, None));
    }

    fn write(&self, name: &str, before: Option<String>, bytes: &[u8]) -> io::Result<()> {
        if let Some(before) = before {
            self.disk.remove(&self.folder.join(before))?;
        }
        let (files, held) = {
            let book = lock(&self.book);
            (book.copied().count(), book.copied().map(|record| record.octets).sum::<u64>())
        };
        if files >= FILES_MAX || held + bytes.len() as u64 > BYTES_MAX {
            let why = format!("it holds {files} files with {held} octets: look at them and take them away");
            return Err(io::Error::new(io::ErrorKind::QuotaExceeded, why));
        }
        let path = self.folder.join(name);
        let file = match self.disk.create(&path) {
            // Left by a write that was cut off.
            Err(error) if error.kind() == io::ErrorKind::AlreadyExists => {
                self.disk.remove(&path)?;
                self.disk.create(&path)?
            }
            other => other?,
        };
        file.write_at(bytes, 0)?;
        file.sync_all()?;
        self.disk.sync_folder(&self.folder)
    }

    /// Moves a whole journal file here: its header cannot be read, so nothing in it can be trusted. Takes no more room
    /// than it had, so no limit is asked.
    ///
    /// # Errors
    /// The disk failed.
    pub fn take(&self, number: u32, octets: u64, file: &Path) -> io::Result<()> {
        self.take_whole(
            Origin::Journal(number, 0),
            whole(Origin::Journal(number, 0), None, DamageKind::Header, octets),
            file,
        )
    }

    /// Moves the damaged file of a large body here, as it is. Its record is let go of by the next start.
    ///
    /// # Errors
    /// The disk failed: it stays where it is, and is listed so.
    pub fn take_blob(&self, mid: MessageId, octets: u64, file: &Path) -> io::Result<()> {
        let origin = Origin::Blob(mid);
        let taken = self.take_whole(origin, whole(origin, Some(mid), DamageKind::Checksum, octets), file);
        if taken.is_err() {
            self.leave(origin, Some(mid), DamageKind::Checksum, octets);
        }
        taken
    }

    fn take_whole(&self, origin: Origin, record: DamagedRecord, file: &Path) -> io::Result<()> {
        let name = origin.name_of(&record);
        self.disk.rename(file, &self.folder.join(&name))?;
        self.disk.sync_folder(&self.folder)?;
        lock(&self.book).pieces.insert(origin, (record, Some(name)));
        Ok(())
    }

    /// Keeps what belongs to a piece that is listed: the sound record of a message whose large body is damaged, as
    /// `MID.record`.
    ///
    /// # Errors
    /// The folder or the disk is full, or the disk failed.
    pub fn keep_beside(&self, mid: MessageId, bytes: &[u8]) -> io::Result<()> {
        self.write(&format!("{mid}.record"), None, bytes)
    }

    /// Moves the body of a damaged record here, as it is: the record is listed, and the file keeps the message's number.
    /// Takes no more room than it had.
    pub fn take_body(&self, file: &Path) -> io::Result<()> {
        let name = file.file_name().unwrap_or_default();
        self.disk.rename(file, &self.folder.join(name))?;
        self.disk.sync_folder(&self.folder)
    }

    /// Whether a copy of this lies here.
    pub fn holds(&self, origin: Origin) -> bool {
        lock(&self.book).pieces.get(&origin).is_some_and(|(_, name)| name.is_some())
    }

    /// The messages of which something was copied here.
    pub fn messages(&self) -> Vec<(Origin, MessageId)> {
        let book = lock(&self.book);
        let copied = book.pieces.iter().filter(|(_, (_, name))| name.is_some());
        copied.filter_map(|(origin, (record, _))| Some((*origin, record.mid?))).collect()
    }

    /// The newest of what is damaged, and how much there is.
    pub fn list(&self) -> Quarantined {
        let book = lock(&self.book);
        let mut items: Vec<(&Origin, &DamagedRecord)> =
            book.pieces.iter().map(|(at, (record, _))| (at, record)).collect();
        items.sort_by_key(|(origin, record)| std::cmp::Reverse((record.found_at, **origin)));
        let items = items.into_iter().take(SHOWN_MAX).map(|(_, record)| record.clone()).collect();
        let octets = book.pieces.values().map(|(record, _)| record.octets).sum();
        Quarantined { total: book.pieces.len() as u64, octets, folder: self.folder.display().to_string(), items }
    }
}

/// A piece that was found just now, and lies here whole.
fn whole(origin: Origin, mid: Option<MessageId>, why: DamageKind, octets: u64) -> DamagedRecord {
    let (file, offset) = (origin.file(), origin.offset());
    DamagedRecord { file, offset, octets, found_at: now(), mid, why, set_aside: true }
}

fn now() -> Option<common::vocab::Timestamp> {
    Some(Clock.now())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::spool::disk::OsDisk;

    fn quarantine(dir: &Path) -> Quarantine {
        std::fs::create_dir_all(dir.join("quarantine")).unwrap();
        let quarantine = Quarantine::new(Arc::new(OsDisk), dir);
        quarantine.read_names();
        quarantine
    }

    #[test]
    fn what_was_set_aside_is_listed_again_after_a_start() {
        let dir = tempfile::tempdir().unwrap();
        let first = quarantine(dir.path());
        first.put(Origin::Journal(3, 8_192), Some(MessageId(7)), DamageKind::Checksum, b"damaged").unwrap();
        first.put(Origin::Journal(3, 8_192), Some(MessageId(7)), DamageKind::Checksum, b"damaged").unwrap();
        let whole = dir.path().join("00000009.jnl");
        std::fs::write(&whole, b"no header").unwrap();
        first.take(9, 9, &whole).unwrap();
        let listed = first.list();
        assert_eq!((listed.total, listed.octets), (2, 16));
        let again = quarantine(dir.path()).list();
        assert_eq!(again, listed);
        let record = again.items.iter().find(|record| record.mid == Some(MessageId(7))).unwrap();
        assert_eq!((record.file.as_str(), record.offset, record.why), ("00000003.jnl", 8_192, DamageKind::Checksum));
    }

    #[test]
    fn when_it_is_full_a_record_stays_in_place_and_is_listed_so() {
        let dir = tempfile::tempdir().unwrap();
        let quarantine = quarantine(dir.path());
        for offset in 0..FILES_MAX as u32 {
            let (origin, record) = parse(&format!("00000001-{offset:010}-1-5-checksum-0.bin")).unwrap();
            lock(&quarantine.book).pieces.insert(origin, (record, Some("elsewhere".into())));
        }
        let refused = quarantine.put(Origin::Journal(2, 0), None, DamageKind::Checksum, b"damaged").unwrap_err();
        assert_eq!(refused.kind(), io::ErrorKind::QuotaExceeded);
        let listed = quarantine.list();
        assert_eq!((listed.total, listed.items.len()), (FILES_MAX as u64 + 1, SHOWN_MAX));
        assert!(!listed.items[0].set_aside, "the newest: {:?}", listed.items[0]);
        assert_eq!(std::fs::read_dir(&quarantine.folder).unwrap().count(), 0);
    }
}

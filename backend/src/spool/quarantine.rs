//! Where damaged octets are set aside, so that a person can look at them; and the list of what lies there.
//!
//! Promises: a copy is on disk when [`Quarantine::put`] answers `Ok`. One file for each damaged place, whose name says all
//! that is known of it, so that the list survives whatever else is lost. The folder is bounded: when it is full, a record
//! stays where it is, and its journal file is kept for it.
//! Never: feeds anything back into the queue.

use crate::clock::Clock;
use crate::spool::disk::Disk;
use crate::spool::journal::shared::lock;
use common::vocab::{MessageId, Timestamp};
use common::wire::{DamageKind, DamagedRecord, Quarantined};
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

/// Where a record lay: journal file and offset.
type Place = (u32, u32);

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
    pieces: BTreeMap<Place, (DamagedRecord, Option<String>)>,
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
                let found = found.map(|(record, name)| ((number(&record), record.offset as u32), (record, Some(name))));
                lock(&self.book).pieces.extend(found);
            }
            Err(error) => tracing::error!("the quarantine cannot be listed: {error}"),
        }
    }

    /// Sets aside what lay at this offset of this segment. The same place again replaces what an earlier start copied.
    ///
    /// # Errors
    /// The folder or the disk is full, or the disk failed: the record stays where it is, and is listed so.
    pub fn put(&self, place: Place, mid: Option<MessageId>, why: DamageKind, bytes: &[u8]) -> io::Result<()> {
        let octets = bytes.len() as u64;
        let before = lock(&self.book).pieces.get(&place).cloned();
        if let Some((record, Some(_))) = &before
            && record.octets == octets
        {
            return Ok(());
        }
        let found_at = Some(before.as_ref().and_then(|(record, _)| record.found_at).unwrap_or_else(|| Clock.now()));
        let file = format!("{:08}.jnl", place.0);
        let record = DamagedRecord { file, offset: place.1.into(), octets, found_at, mid, why, set_aside: true };
        let name = name_of(place, &record);
        let written = self.write(&name, before.and_then(|(_, name)| name), bytes);
        let set_aside = written.is_ok();
        lock(&self.book).pieces.insert(place, (DamagedRecord { set_aside, ..record }, set_aside.then_some(name)));
        written
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
    pub fn take(&self, number: u32, octets: u64, file: &Path) -> io::Result<()> {
        let (place, found_at) = ((number, 0), Some(Clock.now()));
        let named = format!("{number:08}.jnl");
        let why = DamageKind::Header;
        let record = DamagedRecord { file: named, offset: 0, octets, found_at, mid: None, why, set_aside: true };
        let name = name_of(place, &record);
        self.disk.rename(file, &self.folder.join(&name))?;
        self.disk.sync_folder(&self.folder)?;
        lock(&self.book).pieces.insert(place, (record, Some(name)));
        Ok(())
    }

    /// Moves the body of a damaged record here, as it is: the record is listed, and the file keeps the message's number.
    /// Takes no more room than it had.
    pub fn take_body(&self, file: &Path) -> io::Result<()> {
        let name = file.file_name().unwrap_or_default();
        self.disk.rename(file, &self.folder.join(name))?;
        self.disk.sync_folder(&self.folder)
    }

    /// The newest of what is damaged, and how much there is.
    pub fn list(&self) -> Quarantined {
        let book = lock(&self.book);
        let mut items: Vec<DamagedRecord> = book.pieces.values().map(|(record, _)| record.clone()).collect();
        items.sort_by_key(|record| std::cmp::Reverse((record.found_at, number(record), record.offset)));
        items.truncate(SHOWN_MAX);
        let octets = book.pieces.values().map(|(record, _)| record.octets).sum();
        Quarantined { total: book.pieces.len() as u64, octets, folder: self.folder.display().to_string(), items }
    }
}

/// The number of the journal file.
fn number(record: &DamagedRecord) -> u32 {
    record.file.split('.').next().and_then(|digits| digits.parse().ok()).unwrap_or_default()
}

/// `NUMBER-OFFSET-OCTETS-FOUND-WHY-MID.bin`: found in milliseconds, MID 0 where it is not known.
fn name_of((number, offset): Place, record: &DamagedRecord) -> String {
    let (found, mid) = (record.found_at.map_or(0, |at| at.0), record.mid.map_or(0, |mid| mid.0));
    format!("{number:08}-{offset:010}-{}-{found}-{}-{mid}.bin", record.octets, record.why.as_str())
}

/// `None` for a file that somebody else has put here.
fn parse(name: &str) -> Option<DamagedRecord> {
    let parts: Vec<&str> = name.strip_suffix(".bin")?.split('-').collect();
    let [number, offset, octets, found, why, mid] = parts[..] else { return None };
    let (number, offset): (u32, u32) = (number.parse().ok()?, offset.parse().ok()?);
    let (found, mid): (u64, u64) = (found.parse().ok()?, mid.parse().ok()?);
    Some(DamagedRecord {
        file: format!("{number:08}.jnl"),
        offset: offset.into(),
        octets: octets.parse().ok()?,
        found_at: (found > 0).then_some(Timestamp(found)),
        mid: (mid > 0).then_some(MessageId(mid)),
        why: DamageKind::named(why)?,
        set_aside: true,
    })
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
        first.put((3, 8_192), Some(MessageId(7)), DamageKind::Checksum, b"damaged").unwrap();
        first.put((3, 8_192), Some(MessageId(7)), DamageKind::Checksum, b"damaged").unwrap();
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
            let record = parse(&format!("00000001-{offset:010}-1-5-checksum-0.bin")).unwrap();
            lock(&quarantine.book).pieces.insert((1, offset), (record, Some("elsewhere".into())));
        }
        let refused = quarantine.put((2, 0), None, DamageKind::Checksum, b"damaged").unwrap_err();
        assert_eq!(refused.kind(), io::ErrorKind::QuotaExceeded);
        let listed = quarantine.list();
        assert_eq!((listed.total, listed.items.len()), (FILES_MAX as u64 + 1, SHOWN_MAX));
        assert!(!listed.items[0].set_aside, "the newest: {:?}", listed.items[0]);
        assert_eq!(std::fs::read_dir(&quarantine.folder).unwrap().count(), 0);
    }
}

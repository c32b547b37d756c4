//! The journal's files in their order: which one is written, which ones still count, which ones may be used again.
//!
//! Promises: a header is on disk before the first record behind it; a file goes only when nothing in it counts any more
//! and it is the oldest, so that a `done` outlives the `accept` it speaks of, and not before the database holds for certain
//! what moved out of it; one spare stays in reserve, so that
//! results can be written when the disk is full.
//! Never: looks into a record, or syncs twice after a failure (the caller stops for good).

use crate::spool::disk::{Disk, DiskFile};
use crate::spool::frame::{END_BYTES, Seal};
use crate::spool::journal::mover::mark;
use crate::spool::journal::shared::Files;
use crate::spool::segment::{HEADER_BYTES, Header, Previous, file_name, new_salt};
use crate::spool::settings::SpoolSettings;
use common::vocab::MessageId;
use std::collections::VecDeque;
use std::io;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::thread::JoinHandle;
use std::time::Duration;

/// Spares that mail may not take: reports and results are written to them when the disk is full.
const RESERVE: usize = 2;
/// A file that is mostly header would be no journal.
const SEGMENT_BYTES_MIN: u32 = 4 * HEADER_BYTES;
/// Octets written at once when a file is filled with zeros.
const ZEROS_BYTES: usize = 1 << 20;
/// Octets of zeros between two syncs: in one piece of 32 MiB they would hold up the syncs of mail beside them.
const ZEROS_SYNC_BYTES: usize = 4 << 20;

/// For whom a journal file is begun: who empties the queue may take what mail may not.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Claim {
    /// Mail.
    Mail,
    /// A report, which is mail and ends mail: a disk full of mail that bounces empties itself by them.
    Report,
    /// A result, by which room comes back.
    Result,
}

impl Claim {
    /// Spares that it has to leave.
    fn leaves(self) -> usize {
        match self {
            Claim::Mail => RESERVE,
            Claim::Report => 1,
            Claim::Result => 0,
        }
    }
}

/// A journal file in use.
#[derive(Debug)]
pub struct Segment {
    /// Number and salt.
    pub seal: Seal,
    /// Octets of the file.
    pub capacity: u32,
    /// Octets written.
    pub written: u32,
    /// Octets on disk for certain.
    pub durable: u32,
    /// What holds it: messages in it that are not done, changes and attempts that only it knows, and pieces that could
    /// not be set aside.
    pub live: u32,
    /// When the next one was begun, on the writer's clock.
    pub full_at: Option<Duration>,
    /// It belongs to the database once nothing holds it here.
    pub adopted: bool,
    /// Its header says so already, though the database never did.
    pub marked: bool,
    /// The file.
    pub file: Arc<dyn DiskFile>,
}

/// A file of full length in which nothing counts.
#[derive(Debug)]
pub struct Spare {
    /// The number in its name.
    pub number: u32,
    /// Its length.
    pub capacity: u32,
    /// The file.
    pub file: Arc<dyn DiskFile>,
}

/// See the top of this file.
#[derive(Debug)]
pub struct Chain {
    disk: Arc<dyn Disk>,
    folder: PathBuf,
    segment_bytes: u32,
    spares_max: usize,
    prepare_ahead: bool,
    /// Oldest first; the last one is written.
    segments: VecDeque<Segment>,
    /// In the order in which they came free; the first one is used, or removed, first.
    spares: VecDeque<Spare>,
    preparing: Option<JoinHandle<io::Result<Spare>>>,
    next_number: u32,
    files: Files,
    /// The writer's clock.
    now: Duration,
    /// The database holds what the files say that hold nothing: they may go.
    checkpointed: bool,
}

impl Chain {
    /// From what the start found; may be empty, then [`Chain::roll`] comes first.
    pub fn new(disk: Arc<dyn Disk>, folder: PathBuf, settings: &SpoolSettings, next_number: u32) -> Chain {
        Chain {
            disk,
            folder,
            segment_bytes: settings.segment_bytes.max(SEGMENT_BYTES_MIN),
            spares_max: settings.spares_max.max(RESERVE),
            prepare_ahead: settings.prepare_ahead,
            segments: VecDeque::new(),
            spares: VecDeque::new(),
            preparing: None,
            next_number,
            files: Files::default(),
            now: Duration::ZERO,
            checkpointed: true,
        }
    }

    /// Tells the time.
    pub fn at(&mut self, now: Duration) {
        self.now = now;
    }

    /// What it was told.
    pub fn now(&self) -> Duration {
        self.now
    }

    /// Whether files may go as far as the database is concerned.
    pub fn set_checkpointed(&mut self, checkpointed: bool) {
        self.checkpointed = checkpointed;
    }

    /// Segments in use.
    pub fn count(&self) -> usize {
        self.segments.len()
    }

    /// Octets of a segment.
    pub fn segment_bytes(&self) -> u64 {
        u64::from(self.segment_bytes)
    }

    /// The oldest segment, unless it is written at present.
    pub fn oldest_to_empty(&self) -> Option<&Segment> {
        self.segments.front().filter(|oldest| self.segments.len() > 1 && !oldest.adopted)
    }

    /// Since when the oldest segment is full, while something holds it.
    pub fn oldest_full_at(&self) -> Option<Duration> {
        self.oldest_to_empty().filter(|oldest| oldest.live > 0)?.full_at
    }

    /// Nothing holds the oldest segment, so it could go.
    pub fn oldest_is_empty(&self) -> bool {
        self.segments.len() > 1 && self.segments[0].live == 0
    }

    /// The number of the oldest segment.
    pub fn oldest_number(&self) -> u32 {
        self.segments.front().map_or(0, |oldest| oldest.seal.number)
    }

    /// This segment goes to the database instead of being used again.
    pub fn adopt(&mut self, number: u32) {
        if let Some(segment) = self.find(number) {
            segment.adopted = true;
        }
    }

    /// A file that the database gave back may be used again.
    pub fn give_back(&mut self, number: u32, file: Arc<dyn DiskFile>) -> io::Result<()> {
        self.files.remove(number);
        let capacity = u32::try_from(file.length()?).unwrap_or(u32::MAX);
        self.push_spare(Spare { number, capacity, file })
    }

    /// The files in use, for readers.
    pub fn files(&self) -> Files {
        self.files.clone()
    }

    /// Adds a segment behind the others.
    pub fn push(&mut self, segment: Segment) {
        self.files.insert(segment.seal, segment.file.clone());
        self.segments.push_back(segment);
    }

    /// Adds a file found at the start that may be used again; one of another length, as when its making was interrupted,
    /// is removed. At the start the order does not matter: the headers on disk say already that these do not count.
    pub fn push_spare(&mut self, spare: Spare) -> io::Result<()> {
        if spare.capacity == self.segment_bytes {
            self.spares.push_back(spare);
            return Ok(());
        }
        self.disk.remove(&self.folder.join(file_name(spare.number)))?;
        self.disk.sync_folder(&self.folder)
    }

    /// The segment that is written.
    ///
    /// # Panics
    /// Before the first [`Chain::roll`] of an empty chain; the start always ends with a segment.
    pub fn current(&self) -> &Segment {
        self.segments.back().expect("the start ends with a segment")
    }

    /// Whether so many octets, and the end behind them, have room in the present segment.
    pub fn fits(&self, bytes: usize) -> bool {
        let current = self.current();
        current.written as usize + bytes + END_BYTES <= current.capacity as usize
    }

    /// Writes records that [`Chain::fits`] approved of; `bytes` ends with the zero end, which does not count.
    pub fn write(&mut self, bytes: &[u8]) -> io::Result<()> {
        let current = self.segments.back_mut().expect("the start ends with a segment");
        current.file.write_at(bytes, u64::from(current.written))?;
        current.written += (bytes.len() - END_BYTES) as u32; // fits in the segment, whose length is 32 bits
        Ok(())
    }

    /// Wipes what a failed write may have left, so far as the disk allows it.
    pub fn wipe(&mut self, length: usize) {
        let current = self.current();
        let _ = current.file.write_at(&vec![0; length], u64::from(current.written));
    }

    /// Syncs what was wiped.
    pub fn sync_wiped(&self) -> io::Result<()> {
        self.current().file.sync_data()
    }

    /// Syncs what is written; nothing to do if that is on disk.
    pub fn sync(&mut self) -> io::Result<()> {
        let current = self.segments.back_mut().expect("the start ends with a segment");
        if current.durable < current.written {
            current.file.sync_data()?;
            current.durable = current.written;
        }
        Ok(())
    }

    /// Whether all that is written is on disk.
    pub fn is_synced(&self) -> bool {
        self.current().durable == self.current().written
    }

    /// One more message in this segment is not done.
    pub fn hold(&mut self, number: u32) {
        if let Some(segment) = self.find(number) {
            segment.live += 1;
        }
    }

    /// A message in this segment is done, and that is on disk.
    pub fn release(&mut self, number: u32) {
        if let Some(segment) = self.find(number) {
            segment.live = segment.live.saturating_sub(1);
        }
    }

    fn find(&mut self, number: u32) -> Option<&mut Segment> {
        let at = self.segments.binary_search_by_key(&number, |segment| segment.seal.number).ok()?;
        self.segments.get_mut(at)
    }

    /// Frees the oldest segments that nothing holds. Only while [`Chain::is_synced`].
    pub fn retire(&mut self) -> io::Result<()> {
        while self.checkpointed && self.oldest_is_empty() {
            let Some(oldest) = self.segments.pop_front() else { break };
            let number = oldest.seal.number;
            if oldest.adopted {
                continue; // readers still find it
            }
            if oldest.marked {
                mark(&*oldest.file, number, false)?;
            }
            self.files.remove(number);
            self.spares.push_back(Spare { number, capacity: oldest.capacity, file: oldest.file });
        }
        // Strictly one after the other: if the older file outlived the younger one, its messages would come back.
        // One that was made for a huge record takes the older ones with it; that is rare.
        let wanted = self.segment_bytes;
        while self.spares.len() > self.spares_max || self.spares.iter().any(|spare| spare.capacity != wanted) {
            let Some(spare) = self.spares.pop_front() else { break };
            self.disk.remove(&self.folder.join(file_name(spare.number)))?;
            self.disk.sync_folder(&self.folder)?;
        }
        Ok(())
    }

    /// Begins a new segment with room for a record of so many octets. The present one must be synced.
    pub fn roll(&mut self, record_bytes: usize, claim: Claim, next_message: MessageId) -> io::Result<()> {
        let needed = record_bytes + HEADER_BYTES as usize + END_BYTES;
        let spare = if needed <= self.segment_bytes as usize {
            self.retire()?;
            self.ensure_spares(1 + claim.leaves())?;
            self.spares.pop_front().ok_or_else(|| io::Error::from(io::ErrorKind::StorageFull))?
        } else {
            let capacity = u32::try_from(needed).map_err(|_| io::Error::from(io::ErrorKind::FileTooLarge))?;
            self.create(capacity)?
        };
        let spare = self.rename(spare)?;
        self.begin(spare, next_message)?;
        self.prepare();
        Ok(())
    }

    /// Gives a spare its new number, durably: while the old name may come back, its old content may not be touched.
    fn rename(&mut self, mut spare: Spare) -> io::Result<Spare> {
        let number = self.take_number();
        let path = |number| self.folder.join(file_name(number));
        let mut renamed = self.disk.rename(&path(spare.number), &path(number));
        if renamed.is_ok() {
            spare.number = number;
            renamed = self.disk.sync_folder(&self.folder);
        }
        match renamed {
            Ok(()) => Ok(spare),
            Err(error) => {
                self.spares.push_front(spare);
                Err(error)
            }
        }
    }

    /// Writes the header and makes it durable; after that the segment may be written.
    fn begin(&mut self, spare: Spare, next_message: MessageId) -> io::Result<()> {
        let seal = Seal { salt: new_salt(), number: spare.number };
        let before = |last: &Segment| Previous { seal: last.seal, length: last.written, synced: last.durable };
        let previous = self.segments.back().map(before);
        let oldest = self.segments.front().map_or(seal.number, |first| first.seal.number);
        let header = Header { seal, next_message, oldest, previous, adopted: false };
        let durable = spare.file.write_at(&header.encode(), 0).and_then(|()| spare.file.sync_data());
        if let Err(error) = durable {
            self.spares.push_front(spare);
            return Err(error);
        }
        let Spare { capacity, file, .. } = spare;
        if let Some(full) = self.segments.back_mut() {
            full.full_at = Some(self.now);
        }
        let (written, durable) = (HEADER_BYTES, HEADER_BYTES);
        self.push(Segment {
            seal,
            capacity,
            written,
            durable,
            live: 0,
            full_at: None,
            adopted: false,
            marked: false,
            file,
        });
        Ok(())
    }

    /// Sees to it that so many spares are there; makes new ones where needed.
    pub fn ensure_spares(&mut self, count: usize) -> io::Result<()> {
        while self.spares.len() < count {
            let spare = match self.preparing.take() {
                Some(preparing) => preparing.join().unwrap_or_else(|_| Err(io::Error::other("preparing panicked")))?,
                None => self.create(self.segment_bytes)?,
            };
            self.spares.push_back(spare);
        }
        Ok(())
    }

    /// Makes room for mail beyond the reserve.
    pub fn make_ready_for_mail(&mut self) -> io::Result<()> {
        self.ensure_spares(1 + RESERVE)
    }

    /// Whether mail may begin a new segment without asking the disk for room.
    pub fn is_ready_for_mail(&self) -> bool {
        self.spares.len() > RESERVE
    }

    /// Whether a report may begin a new segment without asking the disk for room.
    pub fn is_ready_for_a_report(&self) -> bool {
        self.spares.len() > Claim::Report.leaves()
    }

    /// Lets a thread make the next file while the present one fills: zeros take as long as the mail itself.
    fn prepare(&mut self) {
        if !self.prepare_ahead || self.is_ready_for_mail() || self.preparing.is_some() {
            return;
        }
        let (disk, folder, number) = (self.disk.clone(), self.folder.clone(), self.take_number());
        let capacity = self.segment_bytes;
        let thread = std::thread::Builder::new().name("spool-prepare".to_owned());
        // Without a thread the file is made when it is needed.
        self.preparing = thread.spawn(move || create(&*disk, &folder, number, capacity)).ok();
    }

    fn create(&mut self, capacity: u32) -> io::Result<Spare> {
        let number = self.take_number();
        create(&*self.disk, &self.folder, number, capacity)
    }

    fn take_number(&mut self) -> u32 {
        let number = self.next_number;
        self.next_number = self.next_number.saturating_add(1); // used up after 137 PB of mail: creating then fails
        number
    }
}

impl Drop for Chain {
    /// A file that is being made must not appear after the lock is gone.
    fn drop(&mut self) {
        if let Some(preparing) = self.preparing.take() {
            let _ = preparing.join();
        }
    }
}

/// Makes a file full of zeros, so that writing to it later needs neither room nor a change of its length.
fn create(disk: &dyn Disk, folder: &Path, number: u32, capacity: u32) -> io::Result<Spare> {
    let path = folder.join(file_name(number));
    let file = disk.create(&path)?;
    let fill = || {
        let zeros = vec![0; ZEROS_BYTES.min(capacity as usize)];
        let mut at = 0;
        while at < capacity as usize {
            let step = zeros.len().min(capacity as usize - at);
            file.write_at(&zeros[..step], at as u64)?;
            at += step;
            if at % ZEROS_SYNC_BYTES == 0 {
                file.sync_data()?;
            }
        }
        file.sync_all()
    };
    match fill() {
        Ok(()) => Ok(Spare { number, capacity, file }),
        Err(error) => {
            let _ = disk.remove(&path); // gives back what room there is
            Err(error)
        }
    }
}

//! The journal's files in their order: which one is written, which ones still count.
//!
//! Promises: a header is on disk before the first record behind it; a file goes only when nothing in it counts any more
//! and it is the oldest, so that a `done` outlives the `accept` it speaks of, and not before the database holds for certain
//! what moved out of it.
//! Never: looks into a record, or syncs twice after a failure (the caller stops for good).
//! The walk goes on in `spares`, where what is free waits to be used again.

use crate::spool::disk::{Disk, DiskFile};
use crate::spool::frame::{END_BYTES, Seal};
use crate::spool::journal::mover::mark;
use crate::spool::journal::shared::Files;
use crate::spool::journal::spares::{Claim, Spare, Spares};
use crate::spool::segment::{HEADER_BYTES, Header, Previous, new_salt};
use crate::spool::settings::SpoolSettings;
use common::vocab::MessageId;
use std::collections::VecDeque;
use std::io;
use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

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

/// See the top of this file.
#[derive(Debug)]
pub struct Chain {
    /// Oldest first; the last one is written.
    segments: VecDeque<Segment>,
    /// What the next ones are begun from.
    pub spares: Spares,
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
            segments: VecDeque::new(),
            spares: Spares::new(disk, folder, settings, next_number),
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
        u64::from(self.spares.segment_bytes())
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
        self.spares.push_found(Spare { number, capacity, file })
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
            self.spares.push(Spare { number, capacity: oldest.capacity, file: oldest.file });
        }
        self.spares.trim()
    }

    /// Begins a new segment with room for a record of so many octets. The present one must be synced.
    pub fn roll(&mut self, record_bytes: usize, claim: Claim, next_message: MessageId) -> io::Result<()> {
        let needed = record_bytes + HEADER_BYTES as usize + END_BYTES;
        if needed <= self.spares.segment_bytes() as usize {
            self.retire()?;
        }
        let spare = self.spares.take(needed, claim)?;
        self.begin(spare, next_message)?;
        self.spares.prepare();
        Ok(())
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
            self.spares.give_back(spare);
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
}

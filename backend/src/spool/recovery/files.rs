//! Which journal files there are, and what each one is: a segment that counts, a spare, or damaged.
//!
//! Promises: the order of the segments is proven by their headers, not only by their names; a link that is broken is
//! counted, and what can be read is read all the same: twice is better than never.
//! Never: reads a record.

use crate::spool::disk::{Disk, DiskFile};
use crate::spool::failure::OpenError;
use crate::spool::frame::Seal;
use crate::spool::journal::spares::Spare;
use crate::spool::quarantine::Quarantine;
use crate::spool::queue_db::Meta;
use crate::spool::segment::{HEADER_BYTES, Header, HeaderRead, Previous, number_of};
use std::path::{Path, PathBuf};
use std::sync::Arc;

/// A segment that counts.
#[derive(Debug)]
pub struct SegmentFile {
    /// Its header.
    pub header: Header,
    /// Its path, for messages.
    pub path: PathBuf,
    /// The open file.
    pub file: Arc<dyn DiskFile>,
    /// Octets of the file.
    pub capacity: u32,
}

/// All journal files.
#[derive(Debug)]
pub struct Files {
    /// Oldest first.
    pub segments: Vec<SegmentFile>,
    /// In the order in which they are to be used again.
    pub spares: Vec<Spare>,
    /// Those that belong to the database.
    pub adopted: Vec<(Seal, Arc<dyn DiskFile>)>,
    /// Headers that cannot be read, and segments that should be there and are not.
    pub damaged: u64,
    /// Above every number in a name.
    pub next_number: u32,
}

impl Files {
    /// Reads the names and the headers.
    pub fn read(disk: &dyn Disk, folder: &Path, quarantine: &Quarantine, meta: &Meta) -> Result<Files, OpenError> {
        let names = disk.names(folder).map_err(OpenError::io("list", folder))?;
        let mut found: Vec<(u32, PathBuf)> =
            names.iter().filter_map(|name| Some((number_of(name)?, folder.join(name)))).collect();
        found.sort_unstable();
        let next_number = found.last().map_or(1, |(number, _)| number.saturating_add(1));
        let (segments, spares) = (Vec::new(), Vec::new());
        let mut files = Files { segments, spares, adopted: Vec::new(), damaged: 0, next_number };
        for (number, path) in found {
            if let Some(seal) = meta.adopted.iter().find(|seal| seal.number == number) {
                files.adopted.push((*seal, disk.open(&path).map_err(OpenError::io("open", &path))?));
                continue; // its seal is known: not even its header has to be readable
            }
            files.sort_in(disk, number, path, quarantine)?;
        }
        files.set_retired_apart(meta.oldest);
        files.check_links();
        Ok(files)
    }

    fn sort_in(
        &mut self,
        disk: &dyn Disk,
        number: u32,
        path: PathBuf,
        quarantine: &Quarantine,
    ) -> Result<(), OpenError> {
        let file = disk.open(&path).map_err(OpenError::io("open", &path))?;
        let length = file.length().map_err(OpenError::io("read the length of", &path))?;
        // No segment is so long; a spare of such a length is removed, like any other of a wrong length.
        let capacity = u32::try_from(length).unwrap_or(u32::MAX);
        let mut start = vec![0; capacity.min(HEADER_BYTES) as usize];
        file.read_at(&mut start, 0).map_err(OpenError::io("read", &path))?;
        match Header::read(&start, number) {
            HeaderRead::Own(header) => self.segments.push(SegmentFile { header, path, file, capacity }),
            // One whose making was interrupted has another length, and is removed when the chain meets it.
            HeaderRead::Unused => self.spares.push(Spare { number, capacity, file }),
            HeaderRead::Newer(version) => {
                return Err(OpenError::NewerFormat { file: path, what: format!("format {version}") });
            }
            HeaderRead::Damaged => {
                tracing::error!(file = %path.display(), "the header of a journal file is damaged: it is set aside");
                quarantine.take(number, length, &path).map_err(OpenError::io("set aside", &path))?;
                self.damaged += 1;
            }
        }
        Ok(())
    }

    /// The last header says which segment was the oldest that counted; the database may know it better.
    fn set_retired_apart(&mut self, known: u32) {
        let Some(oldest) = self.segments.last().map(|last| last.header.oldest.max(known)) else { return };
        // One that says that it was adopted, and of which the database knows nothing, is read again: twice is better
        // than never.
        let segments = std::mem::take(&mut self.segments).into_iter();
        let counts = |segment: &SegmentFile| segment.header.seal.number >= oldest || segment.header.adopted;
        let (counting, retired): (Vec<SegmentFile>, Vec<SegmentFile>) = segments.partition(counts);
        self.segments = counting;
        let retired: Vec<Spare> = retired
            .into_iter()
            .map(|segment| Spare { number: segment.header.seal.number, capacity: segment.capacity, file: segment.file })
            .collect();
        self.spares.splice(..0, retired);
    }

    /// Each names the one before. Nothing can be said of the oldest: those before it may have been freed since.
    fn check_links(&mut self) {
        for pair in self.segments.windows(2) {
            if pair[0].header.adopted {
                continue; // those between the two may have been used again
            }
            if pair[1].header.previous.map(|previous| previous.seal) != Some(pair[0].header.seal) {
                tracing::error!(file = %pair[1].path.display(), "the journal file before this one is missing");
                self.damaged += 1;
            }
        }
    }
}

impl SegmentFile {
    /// What the next segment says of this one: how much of it counts, and how much was on disk for certain.
    pub fn completed_by(&self, next: Option<&SegmentFile>) -> Option<Previous> {
        next?.header.previous.filter(|previous| previous.seal == self.header.seal)
    }

    /// Reads the segment from its start into the buffer, so much of it as counts.
    /// A file that is shorter than it should be reads as zeros there: damage, found by the scan.
    pub fn read_records(&self, completed: Option<Previous>, buffer: &mut Vec<u8>) -> Result<(), OpenError> {
        let wanted = completed.map_or(self.capacity, |previous| previous.length) as usize;
        buffer.clear();
        buffer.resize(wanted, 0);
        let there = wanted.min(self.capacity as usize);
        self.file.read_at(&mut buffer[..there], 0).map_err(OpenError::io("read", &self.path))
    }
}

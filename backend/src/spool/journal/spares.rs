//! Journal files in which nothing counts, full of zeros or of what counts no more: the next segments are begun from them.
//!
//! Promises: they are used, and removed, in the order in which they came free; some stay in reserve, so that reports and
//! results can be written when the disk is full; a file that is being made does not appear after the lock is gone.
//! Never: touches the content of a file whose old name may come back.

use crate::spool::disk::{Disk, DiskFile};
use crate::spool::segment::{HEADER_BYTES, file_name};
use crate::spool::settings::SpoolSettings;
use std::collections::VecDeque;
use std::io;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::thread::JoinHandle;

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

/// Files that were made ahead, and why there are no more of them.
type Prepared = (Vec<Spare>, io::Result<()>);

/// See the top of this file.
#[derive(Debug)]
pub struct Spares {
    disk: Arc<dyn Disk>,
    folder: PathBuf,
    segment_bytes: u32,
    max: usize,
    prepare_ahead: bool,
    /// In the order in which they came free; the first one is used, or removed, first.
    free: VecDeque<Spare>,
    preparing: Option<JoinHandle<Prepared>>,
    next_number: u32,
}

impl Spares {
    /// None yet; names begin with this number.
    pub fn new(disk: Arc<dyn Disk>, folder: PathBuf, settings: &SpoolSettings, next_number: u32) -> Spares {
        Spares {
            disk,
            folder,
            segment_bytes: settings.segment_bytes.max(SEGMENT_BYTES_MIN),
            max: settings.spares_max.max(RESERVE),
            prepare_ahead: settings.prepare_ahead,
            free: VecDeque::new(),
            preparing: None,
            next_number,
        }
    }

    /// Octets of one.
    pub fn segment_bytes(&self) -> u32 {
        self.segment_bytes
    }

    /// A file came free.
    pub fn push(&mut self, spare: Spare) {
        self.free.push_back(spare);
    }

    /// One that was taken could not be begun.
    pub fn give_back(&mut self, spare: Spare) {
        self.free.push_front(spare);
    }

    /// Adds a file found at the start that may be used again; one of another length, as when its making was interrupted,
    /// is removed. At the start the order does not matter: the headers on disk say already that these do not count.
    pub fn push_found(&mut self, spare: Spare) -> io::Result<()> {
        if spare.capacity == self.segment_bytes {
            self.free.push_back(spare);
            return Ok(());
        }
        self.disk.remove(&self.folder.join(file_name(spare.number)))?;
        self.disk.sync_folder(&self.folder)
    }

    /// Removes what is too many.
    pub fn trim(&mut self) -> io::Result<()> {
        // Strictly one after the other: if the older file outlived the younger one, its messages would come back.
        // One that was made for a huge record takes the older ones with it; that is rare.
        let wanted = self.segment_bytes;
        while self.free.len() > self.max || self.free.iter().any(|spare| spare.capacity != wanted) {
            let Some(spare) = self.free.pop_front() else { break };
            self.disk.remove(&self.folder.join(file_name(spare.number)))?;
            self.disk.sync_folder(&self.folder)?;
        }
        Ok(())
    }

    /// One with room for so many octets, under a number of its own.
    pub fn take(&mut self, octets: usize, claim: Claim) -> io::Result<Spare> {
        let spare = if octets <= self.segment_bytes as usize {
            self.ensure(1 + claim.leaves())?;
            self.free.pop_front().ok_or_else(|| io::Error::from(io::ErrorKind::StorageFull))?
        } else {
            let capacity = u32::try_from(octets).map_err(|_| io::Error::from(io::ErrorKind::FileTooLarge))?;
            self.create(capacity)?
        };
        self.rename(spare)
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
                self.free.push_front(spare);
                Err(error)
            }
        }
    }

    /// Sees to it that so many spares are there; makes new ones where needed.
    pub fn ensure(&mut self, count: usize) -> io::Result<()> {
        while self.free.len() < count {
            let Some(preparing) = self.preparing.take() else {
                let spare = self.create(self.segment_bytes)?;
                self.free.push_back(spare);
                continue;
            };
            let panicked = |_| (Vec::new(), Err(io::Error::other("preparing panicked")));
            let (made, end) = preparing.join().unwrap_or_else(panicked);
            self.free.extend(made);
            end?;
        }
        Ok(())
    }

    /// Makes room for mail beyond the reserve.
    pub fn make_ready_for_mail(&mut self) -> io::Result<()> {
        self.ensure(1 + RESERVE)
    }

    /// Whether mail may begin a new segment without asking the disk for room.
    pub fn is_ready_for_mail(&self) -> bool {
        self.free.len() > RESERVE
    }

    /// Whether a report may begin a new segment without asking the disk for room.
    pub fn is_ready_for_a_report(&self) -> bool {
        self.free.len() > Claim::Report.leaves()
    }

    /// Lets a thread make the next files while the present one fills: zeros take as long as the mail itself.
    pub fn prepare(&mut self) {
        if !self.prepare_ahead || self.is_ready_for_mail() || self.preparing.is_some() {
            return;
        }
        let missing = 1 + RESERVE - self.free.len();
        let numbers: Vec<u32> = (0..missing).map(|_| self.take_number()).collect();
        let (disk, folder, capacity) = (self.disk.clone(), self.folder.clone(), self.segment_bytes);
        let thread = std::thread::Builder::new().name("spool-prepare".to_owned());
        // Without a thread the file is made when it is needed.
        self.preparing = thread
            .spawn(move || {
                let mut made = Vec::new();
                for number in numbers {
                    match create(&*disk, &folder, number, capacity) {
                        Ok(spare) => made.push(spare),
                        Err(error) => return (made, Err(error)),
                    }
                }
                (made, Ok(()))
            })
            .ok();
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

impl Drop for Spares {
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

//! The journal as a spool: it conforms, on the disk of the machine and on the one in memory, with its threads.

use super::conformance::{Place, conforms};
use super::sim_disk::SimDisk;
use super::{Whole, message, small, whole, whole_body};
use crate::spool::disk::{Disk, DiskFile, LockGuard, OsDisk, Room};
use crate::spool::queue_db::{DbError, QueueDb};
use crate::spool::{Begun, JournalSpool, Kept, OpenError, Spool, SpoolError, SpoolHealth, SpoolSettings};
use std::io;
use std::os::unix::fs::PermissionsExt;
use std::path::Path;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Condvar, Mutex};

struct Folder {
    folder: tempfile::TempDir,
    settings: SpoolSettings,
}

impl Place for Folder {
    type Spool = JournalSpool;
    fn open(&self) -> Whole<JournalSpool> {
        whole(JournalSpool::open(self.folder.path(), self.settings.clone()).unwrap())
    }
    async fn close(&self, spool: Arc<JournalSpool>) {
        spool.stop().await.unwrap().unwrap();
    }
}

fn folder(settings: SpoolSettings) -> Folder {
    Folder { folder: tempfile::tempdir().unwrap(), settings }
}

mod on_the_disk_of_the_machine {
    use super::*;
    conforms!(folder(SpoolSettings { prepare_ahead: true, ..small() }));
}

mod with_no_body_in_memory {
    use super::*;
    conforms!(folder(SpoolSettings { cache_bytes_max: 0, ..small() }));
}

struct Memory(SimDisk);

impl Place for Memory {
    type Spool = JournalSpool;
    fn open(&self) -> Whole<JournalSpool> {
        whole(JournalSpool::open_on(Arc::new(self.0.clone()), Path::new("/spool"), small()).unwrap())
    }
    async fn close(&self, spool: Arc<JournalSpool>) {
        spool.stop().await.unwrap().unwrap();
    }
}

mod on_a_disk_in_memory {
    use super::*;
    conforms!(Memory(SimDisk::default()));
}

#[tokio::test]
async fn a_second_open_is_refused_and_names_the_folder() {
    let place = folder(small());
    let opened = place.open();
    let error = JournalSpool::open(place.folder.path(), small()).map(|_| ()).unwrap_err();
    assert!(matches!(error, OpenError::Locked(_)));
    assert!(error.to_string().contains(&place.folder.path().display().to_string()), "{error}");
    place.close(opened.spool).await;
    place.close(place.open().spool).await;
}

#[tokio::test]
async fn a_stopped_spool_says_so() {
    let place = folder(small());
    let opened = place.open();
    place.close(opened.spool.clone()).await;
    let mid = opened.spool.reserve();
    assert_eq!(opened.spool.keep(message(mid, 1, 10)).await.unwrap(), Err(SpoolError::Stopped));
    assert_eq!(opened.spool.flush().await.unwrap(), Err(SpoolError::Stopped));
}

#[tokio::test]
async fn mail_is_readable_by_its_owner_alone() {
    let place = folder(small());
    let opened = place.open();
    let mode = |path: &Path| std::fs::metadata(path).unwrap().permissions().mode() & 0o777;
    let journal = place.folder.path().join("journal");
    assert_eq!(mode(&journal), 0o700);
    for entry in std::fs::read_dir(&journal).unwrap() {
        assert_eq!(mode(&entry.unwrap().path()), 0o600);
    }
    for name in ["queue.db", "queue.db-wal", "queue.db-shm"] {
        assert_eq!(mode(&place.folder.path().join(name)), 0o600, "{name}");
    }
    place.close(opened.spool).await;
}

#[tokio::test]
async fn a_handle_that_is_dropped_leaves_everything_written() {
    let place = folder(small());
    let opened = place.open();
    let mid = opened.spool.reserve();
    opened.spool.keep(message(mid, 1, 10)).await.unwrap().unwrap();
    drop(opened);
    // The writer gives the lock back when it is through.
    let again = loop {
        match JournalSpool::open(place.folder.path(), small()) {
            Ok(opened) => break whole(opened),
            Err(OpenError::Locked(_)) => tokio::task::yield_now().await,
            Err(error) => panic!("{error}"),
        }
    };
    assert_eq!(again.recovered.len(), 1);
    assert_eq!(again.spool.reserve().0, mid.0 + 1, "after a peaceful end no number is skipped");
    place.close(again.spool).await;
}

/// The disk of the machine with a gate before every sync, and counts of those that came to it and that passed.
#[derive(Clone, Debug, Default)]
struct Gated {
    /// So many may pass while it is closed; `None`: it is open.
    gate: Arc<(Mutex<Option<u64>>, Condvar)>,
    came: Arc<AtomicU64>,
    syncs: Arc<AtomicU64>,
}

#[derive(Debug)]
struct GatedFile(Arc<dyn DiskFile>, Gated);

impl Gated {
    /// Lets so many syncs through, and then none; `None`: all.
    fn let_through(&self, count: Option<u64>) {
        *self.gate.0.lock().unwrap() = count;
        self.gate.1.notify_all();
    }

    fn pass(&self) {
        self.came.fetch_add(1, Ordering::SeqCst);
        let mut left = self.gate.1.wait_while(self.gate.0.lock().unwrap(), |left| *left == Some(0)).unwrap();
        *left = left.map(|left| left - 1);
        self.syncs.fetch_add(1, Ordering::SeqCst);
    }

    /// Waits until so many have come to it.
    async fn until_came(&self, count: u64) {
        while self.came.load(Ordering::SeqCst) < count {
            tokio::task::yield_now().await;
        }
    }

    fn wrap(&self, file: Arc<dyn DiskFile>) -> Arc<dyn DiskFile> {
        Arc::new(GatedFile(file, self.clone()))
    }
}

impl Disk for Gated {
    fn create_folder(&self, path: &Path) -> io::Result<()> {
        OsDisk.create_folder(path)
    }
    fn names(&self, folder: &Path) -> io::Result<Vec<String>> {
        OsDisk.names(folder)
    }
    fn create(&self, path: &Path) -> io::Result<Arc<dyn DiskFile>> {
        OsDisk.create(path).map(|file| self.wrap(file))
    }
    fn open(&self, path: &Path) -> io::Result<Arc<dyn DiskFile>> {
        OsDisk.open(path).map(|file| self.wrap(file))
    }
    fn rename(&self, from: &Path, to: &Path) -> io::Result<()> {
        OsDisk.rename(from, to)
    }
    fn remove(&self, path: &Path) -> io::Result<()> {
        OsDisk.remove(path)
    }
    fn sync_folder(&self, path: &Path) -> io::Result<()> {
        OsDisk.sync_folder(path)
    }
    fn database(&self, path: &Path) -> Result<Arc<dyn QueueDb>, DbError> {
        OsDisk.database(path)
    }
    fn room(&self, path: &Path) -> io::Result<Room> {
        OsDisk.room(path)
    }
    fn lock(&self, path: &Path) -> io::Result<Option<LockGuard>> {
        OsDisk.lock(path)
    }
}

impl DiskFile for GatedFile {
    fn length(&self) -> io::Result<u64> {
        self.0.length()
    }
    fn read_at(&self, buffer: &mut [u8], offset: u64) -> io::Result<()> {
        self.0.read_at(buffer, offset)
    }
    fn write_at(&self, bytes: &[u8], offset: u64) -> io::Result<()> {
        self.0.write_at(bytes, offset)
    }
    fn sync_data(&self) -> io::Result<()> {
        self.1.pass();
        self.0.sync_data()
    }
    fn sync_all(&self) -> io::Result<()> {
        self.0.sync_all()
    }
}

#[tokio::test]
async fn many_messages_share_one_sync() {
    let (folder, disk) = (tempfile::tempdir().unwrap(), Gated::default());
    let settings = SpoolSettings { segment_bytes: 4 << 20, ..small() };
    let opened = JournalSpool::open_on(Arc::new(disk.clone()), folder.path(), settings).unwrap();
    drop(opened.kept);
    let before = disk.syncs.load(Ordering::SeqCst);
    disk.let_through(Some(0)); // whatever comes meanwhile waits for the sync in progress
    let keep = |_| opened.spool.keep(message(opened.spool.reserve(), 1, 1_000));
    let answers: Vec<_> = (0..300).map(keep).collect();
    disk.let_through(None);
    for answer in answers {
        assert_eq!(answer.await.unwrap(), Ok(Kept::New));
    }
    let syncs = disk.syncs.load(Ordering::SeqCst) - before;
    assert!((1..=2).contains(&syncs), "300 messages, {syncs} syncs");
}

#[tokio::test]
async fn while_a_sync_takes_its_time_nobody_is_acknowledged_and_what_is_on_disk_is_delivered() {
    let (folder, disk) = (tempfile::tempdir().unwrap(), Gated::default());
    let settings = SpoolSettings { segment_bytes: 4 << 20, cache_bytes_max: 0, ..small() };
    let opened = JournalSpool::open_on(Arc::new(disk.clone()), folder.path(), settings).unwrap();
    let (spool, _kept) = (opened.spool, opened.kept);
    let keep = || spool.keep(message(spool.reserve(), 1, 1_000));
    let waits = spool.reserve();
    spool.keep(message(waits, 1, 1_000)).await.unwrap().unwrap();

    disk.let_through(Some(0));
    let before = disk.came.load(Ordering::SeqCst);
    let mut slow = keep();
    disk.until_came(before + 1).await;
    assert!(slow.try_recv().is_err(), "it is written, and not acknowledged before the sync");
    assert_eq!(whole_body(&*spool, waits).await, Ok(super::body_of(waits, 1_000)), "a body is read meanwhile");
    let rids = vec![common::vocab::RecipientId(0)];
    let begun = spool.begun(Begun { attempt: common::vocab::AttemptId(1), mid: waits, rids });
    let mut later = keep();

    // A dot waits for the sync in progress at most, never for the one that it rides with.
    disk.let_through(Some(1));
    assert_eq!(slow.await.unwrap(), Ok(Kept::New));
    assert_eq!(begun.await.unwrap(), Ok(()));
    disk.until_came(before + 2).await;
    assert!(later.try_recv().is_err(), "nor is the next");
    disk.let_through(None);
    assert_eq!(later.await.unwrap(), Ok(Kept::New));
    assert_eq!(spool.health(), SpoolHealth::Ok);
    spool.stop().await.unwrap().unwrap();
}

#[tokio::test]
async fn results_alone_cause_no_sync_and_are_written_all_the_same() {
    let (folder, disk) = (tempfile::tempdir().unwrap(), Gated::default());
    let opened = JournalSpool::open_on(Arc::new(disk.clone()), folder.path(), small()).unwrap();
    let mid = opened.spool.reserve();
    opened.spool.keep(message(mid, 1, 10)).await.unwrap().unwrap();
    let before = disk.syncs.load(Ordering::SeqCst);
    let recipients = vec![(common::vocab::RecipientId(0), engine::envelope::Settled::Delivered)];
    opened.spool.settle(vec![engine::envelope::Settlement { mid, recipients, message_done: true }]);
    while whole_body(&*opened.spool, mid).await.is_ok() {
        tokio::task::yield_now().await; // it counts once it is written
    }
    assert_eq!(disk.syncs.load(Ordering::SeqCst), before);
    assert_eq!(opened.spool.health(), SpoolHealth::Ok);
    opened.spool.stop().await.unwrap().unwrap();
}

#[tokio::test]
async fn a_begun_is_answered_once_it_is_in_the_file_and_causes_no_sync() {
    let (folder, disk) = (tempfile::tempdir().unwrap(), Gated::default());
    let opened = JournalSpool::open_on(Arc::new(disk.clone()), folder.path(), small()).unwrap();
    let mid = opened.spool.reserve();
    opened.spool.keep(message(mid, 1, 10)).await.unwrap().unwrap();
    let before = disk.syncs.load(Ordering::SeqCst);
    let attempt = common::vocab::AttemptId(0x0123_4567_89ab_cdef);
    let begun = Begun { attempt, mid, rids: vec![common::vocab::RecipientId(0)] };
    opened.spool.begun(begun.clone()).await.unwrap().unwrap();
    let mut record = Vec::new();
    crate::spool::record::put_begun(&mut record, &begun);
    let mut files = std::fs::read_dir(folder.path().join("journal")).unwrap();
    let holds = |file: &[u8]| file.windows(record.len()).any(|octets| octets == record);
    let found = files.any(|file| std::fs::read(file.unwrap().path()).is_ok_and(|octets| holds(&octets)));
    assert!(found, "a killed process leaves it behind");
    assert_eq!(disk.syncs.load(Ordering::SeqCst), before);
    opened.spool.stop().await.unwrap().unwrap();
}

#[tokio::test]
async fn mail_is_taken_again_by_itself_when_a_full_disk_has_room() {
    let disk = SimDisk::default();
    let settings = SpoolSettings { full_retry: std::time::Duration::from_millis(20), ..small() };
    let opened = JournalSpool::open_on(Arc::new(disk.clone()), Path::new("/spool"), settings).unwrap();
    drop(opened.kept);
    disk.set_room(Some(disk.used()));
    let keep = || opened.spool.keep(message(opened.spool.reserve(), 1, 5_000));
    let refused = loop {
        if let Err(why) = keep().await.unwrap() {
            break why;
        }
    };
    assert_eq!((refused, opened.spool.health()), (SpoolError::Full, SpoolHealth::Full));
    disk.set_room(None);
    let wait = async {
        while opened.spool.health() != SpoolHealth::Ok {
            tokio::time::sleep(std::time::Duration::from_millis(5)).await; // nothing is asked of the spool
        }
    };
    tokio::time::timeout(std::time::Duration::from_secs(30), wait).await.expect("it asks by itself");
    assert_eq!(keep().await.unwrap(), Ok(Kept::New));
    opened.spool.stop().await.unwrap().unwrap();
}

#[tokio::test]
async fn after_a_failed_sync_every_question_is_answered_with_it() {
    let disk = SimDisk::default();
    let opened = JournalSpool::open_on(Arc::new(disk.clone()), Path::new("/spool"), small()).unwrap();
    let mid = opened.spool.reserve();
    opened.spool.keep(message(mid, 1, 10)).await.unwrap().unwrap();
    disk.arm(super::sim_disk::Fault::Once(2, io::ErrorKind::Other)); // 1 is the write
    for _ in 0..3 {
        let answer = opened.spool.keep(message(opened.spool.reserve(), 1, 10)).await.unwrap();
        assert!(matches!(answer, Err(SpoolError::Failed(_))), "{answer:?}");
    }
    assert!(matches!(opened.spool.flush().await.unwrap(), Err(SpoolError::Failed(_))));
    assert!(matches!(opened.spool.health(), SpoolHealth::Failed(_)));
    assert_eq!(whole_body(&*opened.spool, mid).await, Ok(super::body_of(mid, 10)), "what is kept can be read");
    assert!(matches!(opened.spool.stop().await.unwrap(), Err(SpoolError::Failed(_))));
}

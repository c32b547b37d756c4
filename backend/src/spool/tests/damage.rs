//! Bits that flip, records that somebody made up, octets of an earlier use, files that are missing.

use super::sim_disk::SimDisk;
use super::{Found, message, whole_body};
use crate::spool::frame::{self, FRAME_BYTES};
use crate::spool::journal::index::{Place, Spot};
use crate::spool::journal::log::Log;
use crate::spool::journal::op::Op;
use crate::spool::journal::read_body;
use crate::spool::segment::{HEADER_BYTES, Header, HeaderRead, number_of};
use crate::spool::{Kept, OpenError, Spool, SpoolError, SpoolSettings, Submission, record};
use bytes::Bytes;
use common::vocab::{MessageId, RecipientId};
use engine::envelope::{Settled, Settlement};
use engine::random::Random;
use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use tokio::sync::oneshot;

const DIR: &str = "/spool";
const JOURNAL: &str = "/spool/journal";
const QUARANTINE: &str = "/spool/quarantine";

fn open(disk: &SimDisk) -> Found {
    super::start(disk, &super::small()).unwrap()
}

fn keep(log: &mut Log, submission: Submission) -> MessageId {
    let mid = submission.envelope.mid;
    let (reply, mut answer) = oneshot::channel();
    log.run(&mut vec![Op::Keep(submission, reply)]);
    assert_eq!(answer.try_recv(), Ok(Ok(Kept::New)));
    mid
}

fn keep_new(log: &mut Log, size: usize) -> MessageId {
    let mid = log.shared().reserve().0;
    keep(log, message(mid, 2, size))
}

fn settle(log: &mut Log, mid: MessageId) {
    let recipients = [0, 1].map(|rid| (RecipientId(rid), Settled::Delivered)).into();
    log.run(&mut vec![Op::Settle(vec![Settlement { mid, recipients, message_done: true }])]);
}

/// What waits, with its bodies; `None` where the body cannot be read.
fn queue(start: &Found) -> BTreeMap<MessageId, (usize, Option<Bytes>)> {
    let body = |mid| read_body(start.log.shared(), &start.quarantine, mid).ok();
    let rows = start.recovered.iter();
    rows.map(|r| (r.envelope.mid, (r.waiting.len(), body(r.envelope.mid)))).collect()
}

fn spot(start: &Found, mid: MessageId) -> Spot {
    match start.log.shared().place(mid) {
        Some(Place::Journal(spot)) => spot,
        other => panic!("{mid} lies in {other:?}"),
    }
}

fn path_of(place: Spot) -> PathBuf {
    Path::new(JOURNAL).join(crate::spool::segment::file_name(place.number))
}

/// A journal of several files with mail that waits and mail that is done, closed in peace.
fn journal() -> SimDisk {
    let disk = SimDisk::default();
    let mut start = open(&disk);
    let mut random = Random::new(5);
    for turn in 0..60 {
        let mid = keep_new(&mut start.log, random.below(8_000) as usize);
        if turn % 3 != 0 {
            settle(&mut start.log, mid);
        }
    }
    start.log.finish().unwrap();
    disk
}

#[test]
fn a_flipped_bit_never_gives_a_wrong_body_and_never_goes_unseen() {
    let disk = journal();
    let before = queue(&open(&disk.copy()));
    assert_eq!(before.len(), 20);
    let files = disk.contents(Path::new(JOURNAL));
    assert!(files.len() > 3);
    let mut random = Random::new(77);
    let mut seen = 0;
    for _ in 0..200 {
        let disk = disk.copy();
        let (path, bytes) = &files[random.below(files.len() as u64) as usize];
        let bit = random.below(bytes.len() as u64 * 8) as usize;
        disk.tamper(path, |content| content[bit / 8] ^= 1 << (bit % 8));
        let start = open(&disk);
        let after = queue(&start);
        let counted = start.report.damaged > 0 || start.report.torn_bytes > 0;
        for (mid, (waiting, body)) in &after {
            let known = before.get(mid);
            assert!(body.is_none() || known.is_none() || *body == known.unwrap().1, "a wrong body of {mid}");
            assert!(counted || known.is_some_and(|(rids, _)| rids == waiting), "{mid} returned unseen, {path:?} {bit}");
        }
        assert!(counted || after == before, "something is missing and nothing was counted, {path:?} bit {bit}");
        if counted {
            seen += 1;
            assert!(!disk.contents(Path::new(QUARANTINE)).is_empty(), "damage is set aside");
        }
    }
    assert!(seen > 40, "{seen} of 200 flips hit something that counts");
}

#[tokio::test]
async fn a_record_that_rots_while_we_run_is_missing_and_set_aside() {
    let disk = SimDisk::default();
    let settings = SpoolSettings { cache_bytes_max: 0, ..super::small() };
    let opened = crate::spool::JournalSpool::open_on(Arc::new(disk.clone()), Path::new(DIR), settings).unwrap();
    let spool = opened.spool;
    let (good, bad) = (spool.reserve(), spool.reserve());
    for mid in [good, bad] {
        spool.keep(message(mid, 2, 500)).await.unwrap().unwrap();
    }
    let body = super::body_of(bad, 500);
    let (path, _) = disk.contents(Path::new(JOURNAL)).remove(0);
    disk.tamper(&path, |content| {
        let at = content.windows(500).position(|window| window == body).unwrap();
        content[at + 250] ^= 4;
    });
    for _ in 0..3 {
        assert_eq!(whole_body(&*spool, bad).await, Err(SpoolError::Missing(bad)));
        assert_eq!(whole_body(&*spool, good).await, Ok(super::body_of(good, 500)));
    }
    assert_eq!(spool.quarantined(), 1, "counted once");
    assert_eq!(disk.contents(Path::new(QUARANTINE)).len(), 1);
}

#[test]
fn a_record_forged_inside_a_body_does_not_pass() {
    let disk = SimDisk::default();
    let mut start = open(&disk);
    let victim = keep_new(&mut start.log, 100);
    // A true record of this very segment, and one with all that can be known of it: everything but the salt.
    let place = spot(&start, victim);
    let (seal, _) = start.log.shared().files.get(place.number).unwrap();
    let content = disk.contents(Path::new(JOURNAL)).remove(0).1;
    let (from, to) = (place.offset as usize, (place.offset + place.length) as usize);
    let mut body = content[from..to].to_vec();
    let after = to + FRAME_BYTES; // where the payload of the carrier begins
    for shift in 0..200u32 {
        let start = frame::begin(&mut body);
        record::put_accept(&mut body, &message(MessageId(900), 1, 0).envelope, &[], None, None, b"forged");
        let seal = frame::Seal { salt: u64::from(shift), ..seal };
        let offset = (after + start) as u32 + shift % 100; // wherever the envelope before it may end
        frame::finish(&mut body, start, record::ACCEPT, seal, offset, 0);
    }
    let mid = start.log.shared().reserve().0;
    let carrier = keep(&mut start.log, Submission { body: bytes::Bytes::from(body).into(), ..message(mid, 1, 0) });
    let last = keep_new(&mut start.log, 100);
    let place = spot(&start, carrier);
    start.log.finish().unwrap();
    drop(start);
    disk.tamper(&path_of(place), |content| content[place.offset as usize + 9] ^= 1); // its head, so that we search
    let start = open(&disk);
    assert_eq!(queue(&start).into_keys().collect::<Vec<_>>(), [victim, last]);
    assert_eq!(start.report.damaged, 1);
    let aside = disk.contents(Path::new(QUARANTINE));
    assert_eq!(aside.len(), 1);
    assert_eq!(aside[0].1.len(), place.length as usize, "all of it, and only that");
}

#[test]
fn octets_of_an_earlier_use_do_not_pass() {
    let disk = SimDisk::default();
    let mut start = open(&disk);
    let mut stale: Vec<Vec<u8>> = Vec::new();
    for _ in 0..200 {
        let mid = keep_new(&mut start.log, 3_000);
        settle(&mut start.log, mid);
        let (path, content) = disk.contents(Path::new(JOURNAL)).pop().unwrap();
        if stale.last() != Some(&content) && number_of(&path.file_name().unwrap().to_string_lossy()).is_some() {
            stale.push(content);
        }
    }
    let waiting = keep_new(&mut start.log, 50);
    let place = spot(&start, waiting);
    drop(start);
    let files = disk.contents(Path::new(JOURNAL));
    assert!(files.len() <= 6, "files are used again: {}", files.len());
    let end = (place.offset + place.length) as usize;
    // Behind the end, at their own offsets: everything that ever lay in these files.
    for old in stale.iter().rev().take(40) {
        let disk = disk.copy();
        disk.tamper(&path_of(place), |content| content[end..].copy_from_slice(&old[end..]));
        let start = open(&disk);
        assert_eq!(queue(&start).into_keys().collect::<Vec<_>>(), [waiting]);
    }
}

#[test]
fn a_file_without_a_readable_header_is_set_aside_and_the_others_are_read() {
    let disk = journal();
    let before = queue(&open(&disk.copy()));
    let files = disk.contents(Path::new(JOURNAL));
    let own = |(path, bytes): &&(PathBuf, Vec<u8>)| {
        let number = number_of(&path.file_name().unwrap().to_string_lossy()).unwrap();
        matches!(Header::read(bytes, number), HeaderRead::Own(_))
    };
    let (path, _) = files.iter().filter(own).nth(1).unwrap();
    disk.tamper(path, |content| {
        content[20] ^= 1;
        content[HEADER_BYTES as usize / 2 + 30] ^= 1;
    });
    let start = open(&disk);
    assert!(start.report.damaged >= 1);
    assert!(start.recovered.len() < before.len() + 40 && !start.recovered.is_empty());
    let aside = disk.contents(Path::new(QUARANTINE));
    assert!(aside.iter().any(|(aside, _)| aside.file_name() == path.file_name()));
}

#[test]
fn a_file_that_is_missing_is_counted() {
    let disk = journal();
    let files = disk.contents(Path::new(JOURNAL));
    let full: Vec<&PathBuf> = files.iter().filter(|(_, bytes)| bytes[0] != 0).map(|(path, _)| path).collect();
    crate::spool::disk::Disk::remove(&disk, full[full.len() - 2]).unwrap();
    assert!(open(&disk).report.damaged >= 1);
}

#[test]
fn a_record_of_a_newer_program_stops_the_start_and_says_so() {
    let disk = SimDisk::default();
    let mut start = open(&disk);
    let mid = keep_new(&mut start.log, 100);
    let place = spot(&start, mid);
    let (seal, _) = start.log.shared().files.get(place.number).unwrap();
    drop(start);
    disk.tamper(&path_of(place), |content| {
        let at = place.offset + place.length;
        let mut frame = Vec::new();
        frame::begin(&mut frame);
        frame.extend_from_slice(b"other");
        frame::finish(&mut frame, 0, 7, seal, at, at);
        content[at as usize..at as usize + frame.len()].copy_from_slice(&frame);
    });
    let error = super::start(&disk, &super::small()).map(|_| ()).unwrap_err();
    assert!(matches!(error, OpenError::NewerFormat { .. }));
    assert!(error.to_string().contains("newer version of this program (record kind 7)"), "{error}");
}

//! The power is cut 20 times under load: the process is paused, the image of its disk copied, the copy mounted, and the
//! next server starts on that. Whatever was answered 250 arrives, unchanged; whatever arrives twice was written down
//! before it was sent.
//!
//! A part of the mail goes to a next hop that is down: it is deferred, moves to the long-term half of the spool, and its
//! journal files retire or are adopted under it while the cuts go on. Bodies of 60 KiB fill journal files quickly; beside
//! them come bodies of up to 4 MiB, which are files of their own. Three of four cuts wait for a change of the files and come
//! with it; which ones were met is counted.

use backend::lab::behaviour::Behaviour;
use backend::lab::{Lab, LabSettings};
use engine::random::Random;
use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;
use std::time::Duration;
use tests::image::Image;
use tests::load::{Acknowledged, Mail, hand_in};
use tests::playground::towards;
use tests::server::Server;
use tests::tally::Tally;

const CUTS: u64 = 20;
/// Room for the journal's files, its long-term half and their copies.
const IMAGE_MEBIBYTES: u64 = 4_096;
const BODY_BYTES: usize = 60 * 1024;
/// Large bodies of a round: how many, and their octets. Each kind has a session of its own.
const LARGE: [(u64, usize); 3] = [(40, 300 << 10), (10, 1 << 20), (6, 4 << 20)];

#[tokio::test(flavor = "multi_thread")]
#[ignore = "minutes, and root: cargo xtask soak power"]
async fn power_cuts_under_load_lose_nothing() {
    let lab = Lab::start(LabSettings { record: true, ..LabSettings::default() }).await.expect("the lab");
    let settings = towards(&lab);
    let folder = tempfile::tempdir().expect("a folder");
    let mut image = Image::create(folder.path(), "disk-0", IMAGE_MEBIBYTES);
    let acknowledged = Acknowledged::default();
    let mut named = BTreeSet::new();
    let mut met: BTreeMap<Change, u32> = BTreeMap::new();
    let mut random = Random::new(20);
    for round in 0..CUTS {
        let mut server = Server::serve_at(image.path().join("data"), &settings).await;
        let mails = (0..20_000).map(|n| Mail { id: format!("p{round}-{n}"), to: recipient(n) });
        let mut load = tokio::task::JoinSet::new();
        load.spawn(hand_in(server.smtp, 10, mails.collect(), BODY_BYTES, acknowledged.clone()));
        for (count, bytes) in LARGE {
            let mails = (0..count).map(|n| Mail { id: format!("l{round}-{bytes}-{n}"), to: recipient(n) });
            load.spawn(hand_in(server.smtp, 1, mails.collect(), bytes, acknowledged.clone()));
        }
        let moment = acknowledged.lock().unwrap().len() + 50 + random.below(1_500) as usize;
        let data = image.path().join("data");
        let mut files = Files::of(&data);
        loop {
            let before = std::mem::replace(&mut files, Files::of(&data));
            let reached = acknowledged.lock().unwrap().len() >= moment;
            let changed = Change::between(&before, &files);
            let awaited = match round % 4 {
                1 => Some(Change::UsedAgain),
                2 => Some(Change::Large),
                3 => Some(Change::Adopted),
                _ => None,
            };
            if reached && (awaited.is_none() || awaited == changed) {
                changed.into_iter().for_each(|change| *met.entry(change).or_default() += 1);
                break;
            }
            // What it waits for did not come any more: it is a cut like others.
            while load.try_join_next().is_some() {}
            if load.is_empty() {
                break;
            }
            tokio::time::sleep(Duration::from_millis(1)).await;
        }
        server.pause().await;
        // What was sent before the cut was written down before: in the files as the process left them, if not on the device.
        named.extend(begun_in(&image.path().join("data")));
        let next = image.after_a_power_cut(folder.path(), &format!("disk-{}", round + 1));
        server.kill().await;
        load.join_all().await; // it ends when the server does
        drop(server);
        image = next;
    }
    lab.set("refused", Behaviour::Healthy).await.expect("the lab has it");
    let server = Server::serve_at(image.path().join("data"), &settings).await;
    let (code, _, errors) = server.verb(&["delivernow", "all"]).await;
    assert_eq!(code, 0, "{errors}");
    server.until_totals(Duration::from_secs(300), |totals| totals["active_recipients"] == 0).await;
    let acknowledged = acknowledged.lock().unwrap().clone();
    let tally = Tally::of(&acknowledged, lab.ledger(), &named);
    println!("{CUTS} power cuts: {tally}; {met:?}");
    tally.must_be_whole();
    for change in [Change::Adopted, Change::UsedAgain, Change::Large] {
        assert!(met.contains_key(&change), "no cut came with {change:?}: {met:?}");
    }
    lab.stop().await;
}

/// What a cut came with, within a millisecond or two.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
enum Change {
    /// A file had just gone over to the database.
    Adopted,
    /// A retired or released file had just been given a new number.
    UsedAgain,
    /// The file of a large body had just been begun.
    Large,
}

impl Change {
    fn between(before: &Files, after: &Files) -> Option<Change> {
        let (journal, blobs) = (&after.journal, &after.blobs);
        let adopted = journal.iter().any(|(number, adopted)| *adopted && before.journal.get(number) == Some(&false));
        let gone = before.journal.keys().any(|number| !journal.contains_key(number));
        let begun = blobs.iter().any(|name| !before.blobs.contains(name));
        [(adopted, Change::Adopted), (gone, Change::UsedAgain), (begun, Change::Large)]
            .into_iter()
            .find_map(|(happened, change)| happened.then_some(change))
    }
}

/// The files of a spool by name.
#[derive(Default)]
struct Files {
    /// Those of the journal, and whether the header of each says that it belongs to the database.
    journal: BTreeMap<String, bool>,
    /// Those of large bodies.
    blobs: BTreeSet<String>,
}

impl Files {
    /// As they are now. A file that is renamed meanwhile is missed once.
    fn of(data: &Path) -> Files {
        use std::os::unix::fs::FileExt;
        /// Where a header says so, by the format that `spool/segment` describes.
        const ADOPTED_AT: u64 = 57;
        let entries = |folder: &str| std::fs::read_dir(data.join(folder)).into_iter().flatten().flatten();
        let name = |entry: &std::fs::DirEntry| entry.file_name().to_string_lossy().into_owned();
        let journal = entries("journal").filter_map(|entry| {
            let mut flag = [0];
            std::fs::File::open(entry.path()).and_then(|file| file.read_exact_at(&mut flag, ADOPTED_AT)).ok()?;
            Some((name(&entry), flag[0] != 0))
        });
        Files { journal: journal.collect(), blobs: entries("blobs").map(|entry| name(&entry)).collect() }
    }
}

/// Every second message goes to the next hop that is down: more than a quarter of a file stays, so that it is adopted.
fn recipient(n: u64) -> String {
    if n.is_multiple_of(2) { format!("r{n}@refused.test") } else { format!("r@d{}.many.test", n % 50) }
}

/// The messages of which the journal says that a dot was about to go: a reader of its own for the one kind of record, by
/// the format that `spool/frame` describes. No body of this test holds the octets that begin a frame.
fn begun_in(data: &Path) -> BTreeSet<u64> {
    const BEGUN: [u8; 8] = [0xf5, b'N', 0xff, b'J', 2, 0, 0, 0];
    let mut found = BTreeSet::new();
    for file in std::fs::read_dir(data.join("journal")).expect("a journal") {
        let octets = std::fs::read(file.expect("an entry").path()).expect("a file of the journal");
        for at in memchr::memmem::find_iter(&octets, &BEGUN) {
            // Behind the frame of 24 octets: the version, the attempt, the message.
            let (_, rest) = number(&octets[at + 25..]);
            found.insert(number(rest).0);
        }
    }
    found
}

/// A LEB128 number and what follows it.
fn number(octets: &[u8]) -> (u64, &[u8]) {
    let end = octets.iter().position(|octet| octet & 0x80 == 0).expect("a number ends");
    let value = octets[..=end].iter().rev().fold(0, |value, octet| value << 7 | u64::from(octet & 0x7f));
    (value, &octets[end + 1..])
}

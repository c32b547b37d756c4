//! 200 single bits are flipped in a spool at rest, one at a time: every message comes back byte for byte, or its damage is
//! found and counted, or the start is refused with a sentence. Nothing differs in silence.

use backend::lab::{Lab, LabSettings};
use backend::spool::{JournalSpool, Opened, Spool, SpoolSettings};
use engine::random::Random;
use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use tests::load::{Acknowledged, Mail, hand_in};
use tests::playground::towards;
use tests::server::Server;

const FLIPS: u64 = 200;
const SMALL_MESSAGES: usize = 200;
/// Above 256 KiB, where bodies are files of their own.
const LARGE_MESSAGES: usize = 5;

/// What a message has to be after the start: its envelope as text, and a sum of its body.
type Contents = BTreeMap<u64, (String, u32)>;

#[tokio::test(flavor = "multi_thread")]
#[ignore = "minutes: cargo xtask soak flips"]
async fn flips_of_single_bits_are_found_and_shown() {
    let folder = tempfile::tempdir().expect("a folder");
    let at_rest = a_spool_at_rest(folder.path()).await;
    let (whole, _) = contents(&copy(&at_rest, folder.path())).await.expect("an undamaged spool opens");
    assert_eq!(whole.len(), SMALL_MESSAGES + LARGE_MESSAGES, "the spool holds what was handed in");
    let mut random = Random::new(200);
    let (mut untouched, mut found, mut refused, mut harmed) = (0, 0, 0, 0);
    for flip in 0..FLIPS {
        let damaged = copy(&at_rest, folder.path());
        let place = flip_a_bit(&damaged, flip, &mut random);
        match contents(&damaged).await {
            // A start that says no is an answer: nothing is sent, nothing is dropped.
            Err(sentence) => {
                refused += 1;
                println!("  {flip}: {place}: refused: {sentence}");
            }
            Ok((left, told)) => {
                for (mid, is) in &left {
                    assert_eq!(Some(is), whole.get(mid), "{flip}: {place}: message {mid} differs in silence");
                }
                let missing = whole.len() - left.len();
                if told == 0 {
                    println!("  {flip}: {place}: nothing reads it");
                }
                assert!(missing == 0 || told > 0, "{flip}: {place}: {missing} messages are gone and nothing says so");
                harmed += missing;
                if told > 0 { found += 1 } else { untouched += 1 }
            }
        }
    }
    println!(
        "{FLIPS} flipped bits: {found} found and counted, {refused} starts refused with a sentence, \
         {untouched} in octets that nothing reads; {harmed} messages set aside, 0 differ"
    );
}

/// Mail that waits for a next hop that is down, in a spool that was stopped in order.
async fn a_spool_at_rest(folder: &Path) -> PathBuf {
    let lab = Lab::start(LabSettings::default()).await.expect("the lab");
    let data = folder.join("at-rest");
    let settings = towards(&lab);
    let mut server = Server::serve_at(data.clone(), &settings).await;
    for (count, bytes) in [(SMALL_MESSAGES, 4 * 1024), (LARGE_MESSAGES, 400 * 1024)] {
        let mails = (0..count).map(|n| Mail { id: format!("b{bytes}-{n}"), to: recipient(n) });
        let acknowledged = Acknowledged::default();
        hand_in(server.smtp, 4, mails.collect(), bytes, acknowledged.clone()).await;
        assert_eq!(acknowledged.lock().unwrap().len(), count);
    }
    until_the_database_holds_half(&data).await;
    server.stop().await;
    lab.stop().await;
    data
}

/// Half of it is put off by its next hop, and so moves to the database; the other half waits for a host that is down, and
/// stays in the journal.
fn recipient(n: usize) -> String {
    if n.is_multiple_of(2) { format!("r{n}@full.test") } else { format!("r{n}@refused.test") }
}

async fn until_the_database_holds_half(data: &Path) {
    let length = |name: &str| std::fs::metadata(data.join(name)).map_or(0, |file| file.len());
    let end = tokio::time::Instant::now() + std::time::Duration::from_secs(60);
    while length("queue.db") + length("queue.db-wal") < (SMALL_MESSAGES as u64 / 2) * 4 * 1024 {
        assert!(tokio::time::Instant::now() < end, "what is put off moves to the database");
        tokio::time::sleep(std::time::Duration::from_millis(50)).await;
    }
}

/// A copy that may be harmed; it takes the place of the one before.
fn copy(data: &Path, folder: &Path) -> PathBuf {
    let to = folder.join("harmed");
    let _ = std::fs::remove_dir_all(&to);
    let copied = std::process::Command::new("cp").args(["-a", "--sparse=always"]).arg(data).arg(&to).status();
    assert!(copied.expect("`cp` runs").success());
    to
}

/// Flips one bit of an octet that is not zero; says where.
fn flip_a_bit(data: &Path, flip: u64, random: &mut Random) -> String {
    let mut files = Vec::new();
    collect(data, &mut files);
    let mut occupied = Vec::new();
    for file in files {
        let octets = std::fs::read(&file).expect("a file of the spool");
        let places = octets.iter().enumerate().filter(|(_, octet)| **octet != 0).map(|(at, _)| at);
        let places: Vec<usize> = places.collect();
        if !places.is_empty() {
            occupied.push((file, octets, places));
        }
    }
    // Every other flip takes any file alike, so that the small ones have their share.
    let file = match flip.is_multiple_of(2) {
        true => random.below(occupied.len() as u64) as usize,
        false => weighted(&occupied.iter().map(|(_, _, places)| places.len() as u64).collect::<Vec<_>>(), random),
    };
    let (file, mut octets, places) = occupied.swap_remove(file);
    let (at, bit) = (places[random.below(places.len() as u64) as usize], random.below(8));
    octets[at] ^= 1 << bit;
    std::fs::write(&file, octets).expect("the flip");
    format!("{} octet {at} bit {bit}", file.strip_prefix(data).expect("inside").display())
}

/// One of the places, as often as its weight says.
fn weighted(weights: &[u64], random: &mut Random) -> usize {
    let mut chosen = random.below(weights.iter().sum());
    for (place, weight) in weights.iter().enumerate() {
        if chosen < *weight {
            return place;
        }
        chosen -= weight;
    }
    unreachable!("the number is below the sum")
}

fn collect(folder: &Path, files: &mut Vec<PathBuf>) {
    for entry in std::fs::read_dir(folder).expect("a folder of the spool").flatten() {
        let kind = entry.file_type().expect("a kind");
        if kind.is_dir() {
            collect(&entry.path(), files);
        } else if kind.is_file() {
            files.push(entry.path());
        }
    }
    files.sort();
}

/// What a start finds, and how many damaged pieces it tells of; or why it does not start.
async fn contents(data: &Path) -> Result<(Contents, u64), String> {
    let opened = JournalSpool::open(data, SpoolSettings::default()).map_err(|why| why.to_string())?;
    let Opened { spool, mut backlog, kept: _kept, .. } = opened;
    let (recovered, report) = backlog.whole().await;
    let mut found = Contents::new();
    for message in recovered {
        let mid = message.envelope.mid;
        let Ok(Ok(body)) = spool.body(mid).await else { continue };
        if let Ok(body) = body.whole().await {
            found.insert(mid.0, (format!("{:?}", message.envelope), crc32c::crc32c(&body)));
        }
    }
    let told = report.damaged + spool.quarantined();
    spool.stop().await.expect("it answers").expect("it stops");
    Ok((found, told))
}

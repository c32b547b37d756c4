//! 200 single bits are flipped in a spool at rest, one at a time: every message comes back byte for byte, or its damage is
//! found and counted, or the start is refused with a sentence. Nothing differs in silence.

use backend::lab::{Lab, LabSettings};
use backend::spool::{JournalSpool, Opened, Spool, SpoolSettings};
use engine::random::Random;
use std::collections::BTreeMap;
use std::os::unix::fs::FileExt;
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
    let (whole, ..) = contents(&copy(&at_rest, folder.path())).await.expect("an undamaged spool opens");
    assert_eq!(whole.len(), SMALL_MESSAGES + LARGE_MESSAGES, "the spool holds what was handed in");
    let occupied = occupied(&at_rest);
    let mut random = Random::new(200);
    let (mut untouched, mut found, mut refused, mut harmed) = (0, 0, 0, 0);
    for flip in 0..FLIPS {
        let damaged = copy(&at_rest, folder.path());
        let place = flip_a_bit(&damaged, &occupied, flip, &mut random);
        match contents(&damaged).await {
            // A start that says no is an answer: nothing is sent, nothing is dropped.
            Err(sentence) => {
                refused += 1;
                println!("  {flip}: {place}: refused: {sentence}");
            }
            Ok((left, told, listed)) => {
                for (mid, is) in &left {
                    assert_eq!(Some(is), whole.get(mid), "{flip}: {place}: message {mid} differs in silence");
                }
                let missing = whole.len() - left.len();
                if told == 0 {
                    println!("  {flip}: {place}: nothing reads it");
                }
                assert!(missing == 0 || told > 0, "{flip}: {place}: {missing} messages are gone and nothing says so");
                assert!(
                    missing == 0 || listed > 0,
                    "{flip}: {place}: {missing} messages are gone and nothing is listed"
                );
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

/// A file of the spool, and where in it something is written.
struct Occupied {
    /// Below the spool's folder.
    name: PathBuf,
    /// Octets that are not zero: all others are as they were when the file was filled.
    places: Vec<usize>,
}

/// What a flip may meet. Looked up once: the copies are alike.
fn occupied(data: &Path) -> Vec<Occupied> {
    let mut files = Vec::new();
    collect(data, &mut files);
    let look = |file: PathBuf| {
        let octets = std::fs::read(&file).expect("a file of the spool");
        let places = octets.iter().enumerate().filter(|(_, octet)| **octet != 0).map(|(at, _)| at).collect();
        Occupied { name: file.strip_prefix(data).expect("inside").to_owned(), places }
    };
    files.into_iter().map(look).filter(|file| !file.places.is_empty()).collect()
}

/// Flips one bit; says where.
fn flip_a_bit(data: &Path, occupied: &[Occupied], flip: u64, random: &mut Random) -> String {
    // Every other flip takes any file alike, so that the small ones have their share.
    let file = match flip.is_multiple_of(2) {
        true => random.below(occupied.len() as u64) as usize,
        false => weighted(&occupied.iter().map(|file| file.places.len() as u64).collect::<Vec<_>>(), random),
    };
    let Occupied { name, places } = &occupied[file];
    let (at, bit) = (places[random.below(places.len() as u64) as usize], random.below(8));
    let file = std::fs::File::options().read(true).write(true).open(data.join(name)).expect("the file");
    let mut octet = [0];
    file.read_exact_at(&mut octet, at as u64).expect("the octet");
    file.write_all_at(&[octet[0] ^ 1 << bit], at as u64).expect("the flip");
    format!("{} octet {at} bit {bit}", name.display())
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

/// What a start finds, how many damaged pieces it tells of, and how many `status` would list; or why it does not start.
async fn contents(data: &Path) -> Result<(Contents, u64, u64), String> {
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
    let (told, listed) = (report.damaged + spool.quarantined(), spool.damaged().total);
    spool.stop().await.expect("it answers").expect("it stops");
    Ok((found, told, listed))
}

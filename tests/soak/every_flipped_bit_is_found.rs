//! 200 single bits are flipped in a spool at rest, one at a time: every message comes back byte for byte, or its damage is
//! found and counted, or the start is refused with a sentence. Nothing differs in silence.

use backend::lab::{Lab, LabSettings};
use backend::spool::{JournalSpool, Opened, Spool, SpoolSettings};
use engine::random::Random;
use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use tests::load::{Acknowledged, Mail, hand_in};
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
        let place = flip_a_bit(&damaged, &mut random);
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
    let settings = format!(
        "[dns]\nservers = [\"{}\"]\n[delivery]\nport = {}\nallow_targets = [\"127.0.0.0/8\"]\n",
        lab.dns(),
        lab.port()
    );
    let mut server = Server::serve_at(data.clone(), &settings).await;
    for (count, bytes) in [(SMALL_MESSAGES, 4 * 1024), (LARGE_MESSAGES, 400 * 1024)] {
        let mails = (0..count).map(|n| Mail { id: format!("b{bytes}-{n}"), to: format!("r{n}@refused.test") });
        let acknowledged = Acknowledged::default();
        hand_in(server.smtp, 4, mails.collect(), bytes, acknowledged.clone()).await;
        assert_eq!(acknowledged.lock().unwrap().len(), count);
    }
    server.stop().await;
    lab.stop().await;
    data
}

/// A copy that may be harmed; it takes the place of the one before.
fn copy(data: &Path, folder: &Path) -> PathBuf {
    let to = folder.join("harmed");
    let _ = std::fs::remove_dir_all(&to);
    let copied = std::process::Command::new("cp").args(["-a", "--sparse=always"]).arg(data).arg(&to).status();
    assert!(copied.expect("`cp` runs").success());
    to
}

/// Flips one bit of an octet that is not zero, in a file chosen by its octets; says where.
fn flip_a_bit(data: &Path, random: &mut Random) -> String {
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
    let total: u64 = occupied.iter().map(|(_, _, places)| places.len() as u64).sum();
    let mut chosen = random.below(total) as usize;
    for (file, mut octets, places) in occupied {
        if chosen < places.len() {
            let (at, bit) = (places[chosen], random.below(8));
            octets[at] ^= 1 << bit;
            std::fs::write(&file, octets).expect("the flip");
            return format!("{} octet {at} bit {bit}", file.strip_prefix(data).expect("inside").display());
        }
        chosen -= places.len();
    }
    unreachable!("the number is below the total")
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
    let Opened { spool, recovered, report, .. } = opened;
    let mut found = Contents::new();
    for message in recovered {
        let mid = message.envelope.mid;
        if let Ok(Ok(body)) = spool.body(mid).await {
            found.insert(mid.0, (format!("{:?}", message.envelope), crc32c::crc32c(&body)));
        }
    }
    let told = report.damaged + spool.quarantined();
    spool.stop().await.expect("it answers").expect("it stops");
    Ok((found, told))
}

//! Where reads happen to end is chance: it must not show in any answer or any body.

use super::double::{octets_of, without_trace};
use super::wire::{House, settings};
use crate::intake::smtp::session;
use proptest::prelude::*;
use std::collections::VecDeque;
use std::io;
use std::net::{IpAddr, Ipv4Addr};
use std::pin::Pin;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};
use std::task::{Context, Poll};
use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};

/// A client as a stream: says one group after the other, each once the one before was answered, in pieces of the
/// given sizes.
struct Script {
    groups: VecDeque<Vec<u8>>,
    saying: VecDeque<u8>,
    sizes: std::iter::Cycle<std::vec::IntoIter<usize>>,
    heard: Arc<Mutex<Vec<u8>>>,
    heard_before: usize,
    writes: Arc<AtomicUsize>,
}

impl AsyncRead for Script {
    fn poll_read(mut self: Pin<&mut Self>, _: &mut Context<'_>, room: &mut ReadBuf<'_>) -> Poll<io::Result<()>> {
        if self.saying.is_empty() {
            if self.heard.lock().unwrap().len() == self.heard_before {
                return Poll::Pending;
            }
            self.saying = self.groups.pop_front().unwrap_or_default().into();
        }
        let size = self.sizes.next().unwrap_or(usize::MAX).min(room.remaining()).min(self.saying.len());
        let piece: Vec<u8> = self.saying.drain(..size).collect();
        room.put_slice(&piece);
        if self.saying.is_empty() {
            let heard = self.heard.lock().unwrap().len();
            self.heard_before = heard;
        }
        Poll::Ready(Ok(()))
    }
}

impl AsyncWrite for Script {
    fn poll_write(self: Pin<&mut Self>, _: &mut Context<'_>, octets: &[u8]) -> Poll<io::Result<usize>> {
        self.heard.lock().unwrap().extend_from_slice(octets);
        self.writes.fetch_add(1, Ordering::Relaxed);
        Poll::Ready(Ok(octets.len()))
    }
    fn poll_flush(self: Pin<&mut Self>, _: &mut Context<'_>) -> Poll<io::Result<()>> {
        Poll::Ready(Ok(()))
    }
    fn poll_shutdown(self: Pin<&mut Self>, _: &mut Context<'_>) -> Poll<io::Result<()>> {
        Poll::Ready(Ok(()))
    }
}

/// All that was answered, all that was kept, and how many writes it took.
fn play_counting(groups: &[Vec<u8>], sizes: Vec<usize>) -> (String, Vec<Vec<u8>>, usize) {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_time().start_paused(true).build().unwrap();
    runtime.block_on(async {
        let house = House::without_port(settings());
        let heard = Arc::<Mutex<Vec<u8>>>::default();
        let writes = Arc::<AtomicUsize>::default();
        let script = Script {
            groups: groups.to_vec().into(),
            saying: VecDeque::new(),
            sizes: sizes.into_iter().cycle(),
            heard: heard.clone(),
            heard_before: 0,
            writes: writes.clone(),
        };
        session::run(&house.intake, script, IpAddr::V4(Ipv4Addr::LOCALHOST), house.stop.subscribe()).await;
        let heard = String::from_utf8(heard.lock().unwrap().clone()).unwrap();
        let kept = house.spool.kept().iter().map(|kept| without_trace(&octets_of(&kept.body))).collect();
        (heard, kept, writes.load(Ordering::Relaxed))
    })
}

/// All that was answered, and all that was kept.
fn play(groups: &[Vec<u8>], sizes: Vec<usize>) -> (String, Vec<Vec<u8>>) {
    let (heard, kept, _) = play_counting(groups, sizes);
    (heard, kept)
}

#[test]
fn a_group_is_answered_by_one_write() {
    let deep = [b"x: y\r\n\r\n.\r\n", ENVELOPE].concat();
    let groups = [b"EHLO client.test\r\n".to_vec(), ENVELOPE.to_vec(), deep, b".\r\nQUIT\r\n".to_vec()];
    let (_, kept, writes) = play_counting(&groups, vec![usize::MAX]);
    // The greeting, EHLO, the envelope, a body with the next envelope behind it, the last body with QUIT.
    assert_eq!((kept.len(), writes), (2, 5));
}

/// A body with everything that scanners trip over, stuffed, with its final dot.
fn body() -> impl Strategy<Value = Vec<u8>> {
    let piece = prop_oneof![
        4 => Just("\r\n".to_owned()),
        1 => Just(".".to_owned()),
        1 => Just("..".to_owned()),
        1 => Just("\n".to_owned()),
        1 => Just("\r".to_owned()),
        4 => "[a-z:]{1,9}",
        1 => Just("\u{e9}\0".to_owned()),
    ];
    proptest::collection::vec(piece, 0..20).prop_map(|pieces| {
        let text = pieces.concat() + "\r\n";
        let stuffed: String = text
            .split_inclusive("\r\n")
            .map(|line| if line.starts_with('.') { format!(".{line}") } else { line.to_owned() })
            .collect();
        (stuffed + ".\r\n").into_bytes()
    })
}

/// Commands that may stand in a group.
fn commands() -> impl Strategy<Value = Vec<u8>> {
    let command = prop_oneof![
        Just("NOOP\r\n"),
        Just("RSET\r\n"),
        Just("FOO\r\n"),
        Just("NOOP\n"),
        Just("NO\rOP\r\n"),
        Just("NO\0OP\r\n"),
        Just("RCPT TO:<\"a\\\"b\"@x.test>\r\n"),
        Just("MAIL FROM:<>\r\n"),
    ];
    proptest::collection::vec(command, 0..4).prop_map(|commands| commands.concat().into_bytes())
}

const ENVELOPE: &[u8] = b"RSET\r\nMAIL FROM:<a@b.test>\r\nRCPT TO:<c@d.test>\r\nDATA\r\n";

proptest! {
    #[test]
    fn the_borders_of_reads_show_in_no_answer_and_no_body(
        before in commands(),
        messages in proptest::collection::vec((body(), commands()), 1..4),
        sizes in proptest::collection::vec(1usize..12, 1..8),
    ) {
        let mut groups = vec![b"EHLO client.test\r\n".to_vec(), [before, ENVELOPE.to_vec()].concat()];
        for (body, commands) in &messages {
            groups.push([body, commands.as_slice(), ENVELOPE].concat());
        }
        groups.push(b"last\r\n.\r\nQUIT\r\n".to_vec());
        let whole = play(&groups, vec![usize::MAX]);
        prop_assert_eq!(whole.0.matches("\r\n354 ").count(), messages.len() + 1, "{}", whole.0);
        prop_assert_eq!(whole.0.matches("queued as").count(), whole.1.len());
        prop_assert!(whole.0.ends_with("221 2.0.0 Bye\r\n"));
        prop_assert_eq!(play(&groups, sizes), whole);
    }

    #[test]
    fn whatever_comes_in_whatever_state_every_answer_is_well_formed(
        state in 0usize..5,
        octets in prop_oneof![
            proptest::collection::vec(any::<u8>(), 1..400),
            "(MAIL|RCPT|DATA|EHLO|<|>|@|:|\"| |\r\n|\n|\r|\\.|FROM|TO|a|SIZE=|=){1,60}".prop_map(String::into_bytes),
        ],
        sizes in proptest::collection::vec(1usize..50, 1..4),
    ) {
        let lines: [&[u8]; 4] = [b"EHLO client.test\r\n", b"MAIL FROM:<>\r\n", b"RCPT TO:<a@x.test>\r\n", b"DATA\r\n"];
        let mut groups: Vec<Vec<u8>> = lines[..state].iter().map(|line| line.to_vec()).collect();
        groups.push(octets);
        let (answers, kept) = play(&groups, sizes);
        for line in answers.split_terminator("\r\n") {
            let well_formed = line.len() > 4
                && matches!(line.as_bytes()[0], b'2'..=b'5')
                && line[..3].parse::<u16>().is_ok()
                && line.bytes().all(|octet| matches!(octet, b' '..=b'~'));
            prop_assert!(well_formed, "{:?}", line);
        }
        prop_assert_eq!(answers.matches("queued as").count(), kept.len());
    }
}

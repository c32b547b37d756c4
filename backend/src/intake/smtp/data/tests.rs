//! The scanner against its rules, and against a naive reading of the whole input.

use super::naive::{Scanned, read_slowly as naive};
use super::*;
use proptest::prelude::*;

fn scan(wire: &[u8], limit: u64, cuts: &[usize]) -> Scanned {
    let mut scanner = Scanner::new(limit);
    let mut body = Vec::new();
    let mut at = 0;
    let mut sizes = cuts.iter().copied().cycle();
    while at < wire.len() {
        let size = sizes.next().unwrap_or(wire.len()).clamp(1, wire.len() - at);
        match scanner.feed(&wire[at..at + size], &mut body) {
            Progress::More => at += size,
            Progress::Ended(count) => return Some((body, scanner.findings().clone(), wire[at + count..].to_vec())),
            Progress::Unbroken => return None,
        }
    }
    None
}

fn stuffed(body: &[u8]) -> Vec<u8> {
    let mut wire = Vec::new();
    for line in body.split_inclusive(|&octet| octet == b'\n') {
        if line.starts_with(b".") {
            wire.push(b'.');
        }
        wire.extend_from_slice(line);
    }
    wire
}

#[test]
fn only_crlf_dot_crlf_ends_a_message() {
    let falsehoods: [&[u8]; 15] = [
        b"\n.\n",
        b"\n.\r\n",
        b"\r.\r",
        b"\r.\n",
        b"\n.\r",
        b"\r.\r\n",
        b"\r\n.\r",
        b"\r\n.\n",
        b"\r\n\0.\r\n",
        b"\r\n.\0\r\n",
        b"\r\n.\r\r\n",
        b"\r\r\n.\r\r\n",
        b"\r\n.\n\r\n",
        b"\n\n.\r\n",
        b"\r\n. \r\n",
    ];
    for (number, falsehood) in falsehoods.iter().enumerate() {
        let wire = [b"a: b\r\n\r\nfirst", *falsehood, b"MAIL FROM:<x@y.test>\r\nlast\r\n.\r\nQUIT\r\n"].concat();
        for size in 1..=wire.len() {
            let (body, findings, rest) = scan(&wire, 1_000, &[size]).unwrap();
            assert_eq!(rest, b"QUIT\r\n", "{falsehood:?} in chunks of {size}");
            assert!(body.ends_with(b"last\r\n"));
            let harmless = number == 14;
            assert_eq!(findings.bare || findings.nul, !harmless, "{falsehood:?} in chunks of {size}");
        }
    }
}

#[test]
fn a_leading_dot_is_removed_exactly_once() {
    let (body, findings, _) = scan(b"..\r\n...\r\n..a\r\n.b\r\na.\r\n.\r\n", 100, &[]).unwrap();
    assert_eq!(body, b".\r\n..\r\n.a\r\nb\r\na.\r\n");
    assert_eq!(findings, Findings { size_bytes: body.len() as u64, ..Findings::default() });
}

#[test]
fn an_empty_message_ends_at_once() {
    assert_eq!(scan(b".\r\n", 100, &[]).unwrap().0, b"");
    assert_eq!(scan(b".\r\n", 100, &[1]).unwrap().0, b"");
    assert_eq!(
        scan(b"\r\n.\r\nX", 100, &[]).unwrap(),
        (b"\r\n".to_vec(), Findings { size_bytes: 2, ..Findings::default() }, b"X".to_vec())
    );
}

#[test]
fn a_line_of_998_octets_is_no_long_line_and_its_stuffed_dot_does_not_count() {
    for (length, dot, long) in [(998, "", false), (999, "", true), (998, ".", false), (999, ".", true)] {
        let line = if dot.is_empty() { "a".repeat(length) } else { format!("..{}", "a".repeat(length - 1)) };
        let (_, findings, _) = scan(format!("{line}\r\n.\r\n").as_bytes(), 10_000, &[97]).unwrap();
        assert_eq!(findings.long_line, long, "{length} {dot:?}");
    }
}

#[test]
fn a_message_at_its_limit_is_kept_and_one_octet_more_is_not() {
    let wire = b"0123456789\r\n.\r\n";
    let (body, findings, _) = scan(wire, 12, &[5]).unwrap();
    assert_eq!((body.len(), findings.oversize), (12, false));
    let (body, findings, _) = scan(wire, 11, &[5]).unwrap();
    assert_eq!((body.capacity(), findings.oversize, findings.size_bytes), (0, true, 12));
}

#[test]
fn a_mebibyte_without_a_line_end_is_given_up() {
    let mut scanner = Scanner::new(u64::MAX);
    let mut body = Vec::new();
    let chunk = vec![b'a'; 64 * 1024];
    let fed = (1..100).find(|_| scanner.feed(&chunk, &mut body) == Progress::Unbroken);
    assert_eq!(fed, Some(17));
}

/// Pieces that the rules are about, so that random input meets them.
fn wire() -> impl Strategy<Value = Vec<u8>> {
    let piece = prop_oneof![
        Just(b"\r\n".to_vec()),
        Just(b".".to_vec()),
        Just(b"\r".to_vec()),
        Just(b"\n".to_vec()),
        Just(b"\0".to_vec()),
        Just(b"\r\n.\r\n".to_vec()),
        Just(vec![b'a'; 997]),
        "[a-z: .]{0,9}".prop_map(String::into_bytes),
        proptest::collection::vec(any::<u8>(), 0..4),
    ];
    proptest::collection::vec(piece, 0..40).prop_map(|pieces| pieces.concat())
}

proptest! {
    #[test]
    fn the_scanner_reads_what_a_naive_reader_reads(
        wire in wire(),
        cuts in proptest::collection::vec(1usize..20, 1..6),
        limit in prop_oneof![Just(10_000u64), 0u64..200],
    ) {
        let expected = naive(&wire, limit);
        prop_assert_eq!(scan(&wire, limit, &[]), expected.clone());
        prop_assert_eq!(scan(&wire, limit, &cuts), expected);
    }

    #[test]
    fn the_kept_body_stuffed_again_is_what_came(
        lines in proptest::collection::vec("\\.{0,3}[ -~]{0,30}", 0..20),
        cuts in proptest::collection::vec(1usize..20, 1..6),
    ) {
        let body: Vec<u8> = lines.iter().flat_map(|line| [line.as_bytes(), b"\r\n"].concat()).collect();
        let wire = [stuffed(&body), b".\r\n".to_vec()].concat();
        let (kept, _, rest) = scan(&wire, 10_000, &cuts).unwrap();
        prop_assert_eq!(&kept, &body);
        prop_assert_eq!(stuffed(&kept), &wire[..wire.len() - 3]);
        prop_assert!(rest.is_empty());
    }
}

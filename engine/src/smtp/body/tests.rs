//! The encoder against a reader that was written independently of it.

use super::*;
use proptest::prelude::*;

fn encode(chunks: &[&[u8]]) -> Vec<u8> {
    let mut out = Vec::new();
    let mut encoder = BodyEncoder::new();
    for chunk in chunks {
        encoder.encode(chunk, &mut out);
    }
    encoder.finish(&mut out);
    out
}

/// What a strict receiver keeps: lines up to the final dot, and what stands behind it.
/// Only CRLF ends a line; a CR or LF anywhere else is an error.
fn receive(wire: &[u8]) -> Result<(Vec<u8>, Vec<u8>), &'static str> {
    let (mut body, mut rest) = (Vec::new(), wire);
    loop {
        let end = rest.windows(2).position(|pair| pair == b"\r\n").ok_or("no final dot")?;
        let (line, behind) = (&rest[..end], &rest[end + 2..]);
        if line.contains(&b'\r') || line.contains(&b'\n') {
            return Err("a stray CR or LF");
        }
        if line == b"." {
            return Ok((body, behind.to_vec()));
        }
        body.extend_from_slice(line.strip_prefix(b".").unwrap_or(line));
        body.extend_from_slice(b"\r\n");
        rest = behind;
    }
}

#[test]
fn dots_are_doubled_and_the_end_is_marked() {
    for (body, wire) in [
        (&b""[..], &b".\r\n"[..]),
        (b"a\r\n", b"a\r\n.\r\n"),
        (b"a", b"a\r\n.\r\n"),
        (b".", b"..\r\n.\r\n"),
        (b".\r\n", b"..\r\n.\r\n"),
        (b"..a\r\n.b\r\nc.\r\n", b"...a\r\n..b\r\nc.\r\n.\r\n"),
        (b"\r\n.\r\n\r\n", b"\r\n..\r\n\r\n.\r\n"),
        (b"\xe9\x80\0\r\n", b"\xe9\x80\0\r\n.\r\n"),
    ] {
        assert_eq!(encode(&[body]), wire, "{body:?}");
    }
}

#[test]
fn a_stray_cr_or_lf_becomes_a_space() {
    for (body, wire) in [
        (&b"a\nb\r\n"[..], &b"a b\r\n.\r\n"[..]),
        (b"a\rb\r\n", b"a b\r\n.\r\n"),
        (b"a\r\r\n", b"a \r\n.\r\n"),
        (b"a\n\r\n", b"a \r\n.\r\n"),
        (b"a\r", b"a \r\n.\r\n"),
        (b"a\n", b"a \r\n.\r\n"),
        (b"\r", b" \r\n.\r\n"),
        (b"a\n.\nMAIL FROM:<x@y.test>\n", b"a . MAIL FROM:<x@y.test> \r\n.\r\n"),
        (b"a\r\n.\rb\r\n", b"a\r\n.. b\r\n.\r\n"),
        (b"a\r\n\n.\r\n", b"a\r\n .\r\n.\r\n"),
    ] {
        assert_eq!(encode(&[body]), wire, "{body:?}");
    }
}

/// Octets in which line ends and dots are frequent.
fn octets() -> impl Strategy<Value = Vec<u8>> {
    let octet = prop_oneof![Just(b'.'), Just(b'\r'), Just(b'\n'), any::<u8>()];
    proptest::collection::vec(octet, 0..200)
}

/// A body as the intake keeps it: whole lines ended by CRLF, no CR or LF within.
fn proper_body() -> impl Strategy<Value = Vec<u8>> {
    let octet = prop_oneof![Just(b'.'), any::<u8>().prop_filter("no line end", |o| *o != b'\r' && *o != b'\n')];
    let line = proptest::collection::vec(octet, 0..6).prop_map(|mut line| {
        line.extend_from_slice(b"\r\n");
        line
    });
    proptest::collection::vec(line, 0..30).prop_map(|lines| lines.concat())
}

proptest! {
    #[test]
    fn a_proper_body_arrives_as_it_was_kept(body in proper_body(), size in 1usize..9) {
        let wire = encode(&body.chunks(size).collect::<Vec<_>>());
        prop_assert_eq!(receive(&wire), Ok((body, Vec::new())));
    }

    #[test]
    fn no_body_can_end_before_its_end(body in octets(), size in 1usize..9) {
        let wire = encode(&body.chunks(size).collect::<Vec<_>>());
        let (received, behind) = receive(&wire).map_err(TestCaseError::fail)?;
        prop_assert!(behind.is_empty());
        // Nothing was lost: the same octets where neither CR nor LF stood.
        let kept = |octets: &[u8]| octets.iter().copied().filter(|o| !b"\r\n ".contains(o)).collect::<Vec<u8>>();
        prop_assert_eq!(kept(&received), kept(&body));
    }

    #[test]
    fn where_the_chunks_are_cut_makes_no_difference(body in octets(), size in 1usize..9) {
        prop_assert_eq!(encode(&body.chunks(size).collect::<Vec<_>>()), encode(&[&body]));
    }
}

//! The end of DATA, on the way in and on the way out.

use super::{cuts, pieces};
use crate::intake::smtp::data::naive::{Scanned, read_slowly};
use crate::intake::smtp::data::{Progress, Scanner};
use engine::smtp::body::BodyEncoder;

/// Larger than any input: what is too large is another matter.
const LIMIT: u64 = 1 << 30;

/// Body, findings and what follows are those of a slow reading of the whole, in whatever pieces it comes.
pub fn a_body_ends_at_its_dot_alone(input: &[u8]) {
    let (sizes, wire) = cuts(input);
    assert_eq!(scan(wire, &sizes), read_slowly(wire, LIMIT));
}

/// A message of proper lines comes out of our own wire form as it went in, and nothing behind it.
pub fn a_body_survives_the_wire(input: &[u8]) {
    let (sizes, octets) = cuts(input);
    let mut encoder = BodyEncoder::new();
    let mut wire = Vec::new();
    for piece in pieces(octets, &sizes) {
        encoder.encode(piece, &mut wire);
    }
    encoder.finish(&mut wire);
    let (body, findings, rest) = scan(&wire, &sizes).expect("the wire form has an end");
    assert!(rest.is_empty() && !findings.bare, "{} octets follow the dot; {findings:?}", rest.len());
    assert_eq!(body, proper(octets));
}

fn scan(wire: &[u8], sizes: &[usize]) -> Scanned {
    let mut scanner = Scanner::new(LIMIT);
    let (mut body, mut seen) = (Vec::new(), 0);
    for piece in pieces(wire, sizes) {
        match scanner.feed(piece, &mut body) {
            Progress::More => seen += piece.len(),
            Progress::Ended(count) => return Some((body, scanner.findings().clone(), wire[seen + count..].to_vec())),
            Progress::Unbroken => return None,
        }
    }
    None
}

/// What the encoder promises to send: a stray CR or LF is a space, the last line ends.
fn proper(octets: &[u8]) -> Vec<u8> {
    let mut body = Vec::new();
    let mut left = octets;
    while let Some((&first, rest)) = left.split_first() {
        if left.starts_with(b"\r\n") {
            body.extend_from_slice(b"\r\n");
            left = &left[2..];
        } else {
            body.push(if matches!(first, b'\r' | b'\n') { b' ' } else { first });
            left = rest;
        }
    }
    if !body.is_empty() && !body.ends_with(b"\r\n") {
        body.extend_from_slice(b"\r\n");
    }
    body
}

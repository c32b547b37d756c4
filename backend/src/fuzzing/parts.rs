//! The same parsers and the journal's form by themselves, for a stopwatch (`cargo xtask bench pure`).
//!
//! Promises: each does the work of one message and returns something of it, so that no part can be left out.

use crate::intake::smtp::command;
use crate::intake::smtp::data::{Progress, Scanner};
use crate::spool::frame::{self, FRAME_BYTES, Seal};
use crate::spool::record;
use common::vocab::Domain;
use engine::envelope::Envelope;

/// Where the frame of a stopwatch lies: somewhere.
const SEAL: Seal = Seal { salt: 0x5eed, number: 7 };
const OFFSET: u32 = 4_096;
/// Larger than any message here.
const LIMIT: u64 = 1 << 30;

/// How many of the lines are commands that the intake knows.
pub fn commands(lines: &[&[u8]], hostname: &Domain) -> usize {
    lines.iter().filter(|line| command::parse(line, hostname).is_ok()).count()
}

/// Octets of the body that ends in `wire`, freed of its dots.
pub fn scanned(wire: &[u8], body: &mut Vec<u8>) -> usize {
    body.clear();
    match Scanner::new(LIMIT).feed(wire, body) {
        Progress::Ended(_) => body.len(),
        Progress::More | Progress::Unbroken => 0,
    }
}

/// An accept as the journal holds it: framed, summed.
pub fn written(envelope: &Envelope, body: &[u8], buffer: &mut Vec<u8>) {
    buffer.clear();
    let start = frame::begin(buffer);
    record::put_accept(buffer, envelope, &[], None, None, body);
    frame::finish(buffer, start, record::ACCEPT, SEAL, OFFSET, 0);
}

/// Whether what was written passes its sum and can be read.
pub fn reads(written: &[u8]) -> bool {
    frame::read_head(written, SEAL, OFFSET).is_some_and(|head| {
        let payload = &written[FRAME_BYTES..head.total().min(written.len())];
        frame::payload_passes(&head, payload, SEAL, OFFSET) && record::read(record::ACCEPT, payload).is_ok()
    })
}

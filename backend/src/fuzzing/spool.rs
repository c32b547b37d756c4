//! What lies on the disk.

use crate::spool::frame::{self, FRAME_BYTES, Seal};
use crate::spool::record::{self, Record};

/// A payload that can be read says the same once it is written again.
pub fn a_record_reads_back(input: &[u8]) {
    let Some((&kind, payload)) = input.split_first() else { return };
    let kind = kind % 8;
    let Ok(said) = record::read(kind, payload) else { return };
    let mut again = Vec::new();
    match &said {
        Record::Accept(accept) => {
            record::put_accept(
                &mut again,
                &accept.envelope,
                &accept.settles,
                accept.key.as_ref(),
                accept.blob,
                b"body",
            );
        }
        Record::Begun(begun) => record::put_begun(&mut again, begun),
        Record::Done(settlement) => record::put_done(&mut again, settlement),
        Record::Moved(batch, mids) => record::put_moved(&mut again, *batch, mids),
        Record::Numbers(next) => record::put_numbers(&mut again, *next),
    }
    assert_eq!(record::read(kind, &again), Ok(said));
}

/// A frame passes where and when it was written; one octet changed, another place, another use: it does not. Octets of
/// an input never pass for a frame, since who makes them up does not know the salt: it follows from all of them, for a
/// fuzzer looks up what its octets are compared with.
pub fn a_frame_passes_only_as_it_was_written(input: &[u8]) {
    let Some((place, payload)) = input.split_first_chunk::<4>() else { return };
    let seal = Seal { salt: salt_of(input), number: u32::from(place[0]) + 1 };
    let offset = u32::from(place[1]) + 1;
    let mut written = Vec::new();
    let start = frame::begin(&mut written);
    written.extend_from_slice(payload);
    frame::finish(&mut written, start, 1, seal, offset, 0);
    let passes = |octets: &[u8], seal: Seal, offset: u32| {
        let head = frame::read_head(octets, seal, offset);
        head.is_some_and(|head| {
            let end = octets.len().min(head.total());
            frame::payload_passes(&head, &octets[FRAME_BYTES..end], seal, offset)
        })
    };
    assert!(!passes(payload, seal, offset), "octets that were made up pass");
    assert!(passes(&written, seal, offset), "a frame does not pass where it was written");
    assert!(!passes(&written, seal, offset - 1), "a frame passes at another place");
    assert!(!passes(&written, Seal { number: seal.number - 1, ..seal }, offset), "a frame passes in another file");
    assert!(!passes(&written, Seal { salt: seal.salt - 1, ..seal }, offset), "a frame passes in another use");
    let at = (usize::from(place[2]) << 8 | usize::from(place[3])) % written.len();
    written[at] ^= 1 << (place[0] % 8);
    assert!(!passes(&written, seal, offset), "octet {at} is changed and the frame passes");
}

/// FNV-1a over all of them.
fn salt_of(input: &[u8]) -> u64 {
    input
        .iter()
        .fold(0xcbf2_9ce4_8422_2325, |salt, octet| (salt ^ u64::from(*octet)).wrapping_mul(0x0000_0100_0000_01b3))
}

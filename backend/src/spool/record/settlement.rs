//! How recipients ended, in octets: the payload of a done, and what an accept settles.

use super::wire::{Reader, put_number};
use common::vocab::{HardBounce, MessageId, Timestamp};
use engine::envelope::{Settled, Settlement};

/// Octets of a settlement at least: number, flag and count.
pub const SETTLEMENT_BYTES_MIN: usize = 3;
/// Octets of one settled recipient at most: its number, a word, attempts and time.
pub const SETTLED_BYTES_MAX: usize = 5 + 1 + 5 + 10;
/// Octets before the recipients of a settlement at most.
pub const SETTLEMENT_HEAD_BYTES_MAX: usize = 10 + 1 + 10;

/// Appends a settlement.
pub fn put_settlement(buffer: &mut Vec<u8>, settlement: &Settlement) {
    put_number(buffer, settlement.mid.0);
    buffer.push(u8::from(settlement.message_done));
    put_number(buffer, settlement.recipients.len() as u64);
    for (rid, settled) in &settlement.recipients {
        put_number(buffer, u64::from(rid.0));
        match settled {
            Settled::Delivered => buffer.push(0),
            Settled::Deleted => buffer.push(1),
            Settled::Bounced(why) => buffer.extend_from_slice(&[2, bounce_code(*why)]),
            Settled::Deferred { attempts, next_attempt_at, braked } => {
                buffer.push(if *braked { 4 } else { 3 });
                put_number(buffer, u64::from(*attempts));
                put_number(buffer, next_attempt_at.0);
            }
        }
    }
}

/// Reads a settlement.
pub fn read_settlement(reader: &mut Reader<'_>) -> Option<Settlement> {
    let mid = MessageId(reader.number()?);
    let message_done = reader.octet()? != 0;
    let recipients = reader.list(2, |reader| Some((reader.rid()?, read_settled(reader)?)))?;
    Some(Settlement { mid, recipients, message_done })
}

fn read_settled(reader: &mut Reader<'_>) -> Option<Settled> {
    Some(match reader.octet()? {
        0 => Settled::Delivered,
        1 => Settled::Deleted,
        2 => Settled::Bounced(match reader.octet()? {
            0 => HardBounce::Dns,
            1 => HardBounce::FiveXx,
            2 => HardBounce::Filter,
            3 => HardBounce::Expired,
            4 => HardBounce::Other,
            _ => return None,
        }),
        how @ (3 | 4) => {
            let (attempts, next_attempt_at) = (reader.small()?, Timestamp(reader.number()?));
            Settled::Deferred { attempts, next_attempt_at, braked: how == 4 }
        }
        _ => return None,
    })
}

fn bounce_code(why: HardBounce) -> u8 {
    match why {
        HardBounce::Dns => 0,
        HardBounce::FiveXx => 1,
        HardBounce::Filter => 2,
        HardBounce::Expired => 3,
        HardBounce::Other => 4,
    }
}

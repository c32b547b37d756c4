//! What stands in the pen's buffer and waits for its sync: mail with whoever handed it in, and what rides with it.
//!
//! Never: written or answered here; that is `log`, and `count` when it is on disk.

use crate::spool::journal::index::Spot;
use crate::spool::journal::op::Reply;
use crate::spool::record;
use crate::spool::{Begun, Kept, Submission};
use common::vocab::MessageId;
use engine::envelope::Settlement;

/// Records that ride with the next sync.
#[derive(Debug)]
pub enum Rider {
    /// With whoever waits to hear that it is written.
    Begun(Begun, Option<Reply>),
    /// How recipients ended, or when they are tried again.
    Done(Settlement),
    /// The batch of this number went to the database.
    Moved(u64, Vec<MessageId>),
    /// Numbers below this may be given out.
    Numbers(u64),
}

/// What the buffer holds, in its order.
#[derive(Debug)]
pub enum Pending {
    /// A message.
    Keep {
        /// With its body.
        submission: Submission,
        /// Who waits for it.
        reply: Reply<Kept>,
        /// Where its record stands.
        spot: Spot,
    },
    /// The same was kept before, or stands in this very group: answered when that is on disk.
    Echo(Kept, Reply<Kept>),
    /// With the segment of its record.
    Rider(Rider, u32),
}

impl Rider {
    /// Appends the payload of its record; answers the kind of that.
    pub fn put(&self, buffer: &mut Vec<u8>) -> u8 {
        match self {
            Rider::Begun(begun, _) => {
                record::put_begun(buffer, begun);
                record::BEGUN
            }
            Rider::Done(settlement) => {
                record::put_done(buffer, settlement);
                record::DONE
            }
            Rider::Moved(batch, mids) => {
                record::put_moved(buffer, *batch, mids);
                record::MOVED
            }
            Rider::Numbers(next) => {
                record::put_numbers(buffer, MessageId(*next));
                record::NUMBERS
            }
        }
    }
}

//! Messages of which an earlier run found, while it read a body, that it is damaged: what can be kept of each lies in the
//! quarantine, and this start lets go of the rest.
//!
//! Promises: a message whose body can be read after all stays; one is let go of only once all that is known of it is in
//! the quarantine, and is counted as damaged. A damaged record of the journal needs nothing of this: it is not read again.
//! Never: sends anything. The walk goes on in `merge`, for which such a message has ended.

use super::merge::Merge;
use super::replay::Replay;
use crate::spool::journal::mover::read_record;
use crate::spool::quarantine::Origin;
use crate::spool::queue_db::{DbError, Stored};
use crate::spool::record;
use common::vocab::MessageId;

impl Merge<'_> {
    /// Marks them as ended; answers how many are counted nowhere else.
    pub(super) fn let_go(&self, replay: &mut Replay) -> Result<u64, DbError> {
        let mut counted = 0;
        for (origin, mid) in self.quarantine.messages() {
            let stored = self.stored(mid)?;
            let gone = match (origin, replay.messages.get(&mid)) {
                _ if replay.ended.contains(&mid) => false,
                (Origin::Blob(_), Some(message)) => {
                    let record = read_record(&self.chain.files(), message.spot);
                    record.is_some_and(|record| self.keeps_beside(mid, &record))
                }
                // It was read just now, so its record is sound.
                (_, Some(_)) => false,
                (Origin::Blob(_), None) => match self.octets(mid, stored)? {
                    Some(octets) => self.keeps_beside(mid, &octets),
                    None => false,
                },
                (Origin::Row(_) | Origin::Journal(..), None) => stored.is_some() && !self.can_be_read(mid, stored)?,
            };
            if gone {
                // A row that is damaged is counted when all of them are read.
                counted += u64::from(replay.messages.remove(&mid).is_some() || self.is_sound(mid)?);
                replay.others.remove(&mid);
                replay.ended.insert(mid);
            }
        }
        Ok(counted)
    }

    /// Whether row and body of a stored message are sound; of a large body, its front.
    pub(super) fn can_be_read(&self, mid: MessageId, stored: Option<Stored>) -> Result<bool, DbError> {
        let body = match stored {
            None => None,
            Some(Stored::Here) => self.db.body(mid)?,
            Some(Stored::Segment(spot)) => {
                read_record(&self.chain.files(), spot).and_then(|it| record::read_body(it, mid))
            }
        };
        Ok(body.is_some() && self.is_sound(mid)?)
    }

    fn is_sound(&self, mid: MessageId) -> Result<bool, DbError> {
        let row = self.db.rows(MessageId(mid.0 - 1), 1)?.pop();
        Ok(row.is_some_and(|row| row.is_ok_and(|row| row.mid() == mid)))
    }

    /// All octets of a row, with those of its body or front wherever they lie.
    fn octets(&self, mid: MessageId, stored: Option<Stored>) -> Result<Option<Vec<u8>>, DbError> {
        let Some(stored) = stored else { return Ok(None) };
        let mut octets = self.db.octets(mid)?;
        if let (Some(octets), Stored::Segment(spot)) = (&mut octets, stored) {
            octets.extend(read_record(&self.chain.files(), spot).into_iter().flatten());
        }
        Ok(octets)
    }

    fn keeps_beside(&self, mid: MessageId, octets: &[u8]) -> bool {
        let kept = self.quarantine.keep_beside(mid, octets);
        if let Err(error) = &kept {
            tracing::error!(%mid, "the record of a damaged body cannot be copied to the quarantine: {error}");
        }
        kept.is_ok()
    }
}

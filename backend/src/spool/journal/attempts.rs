//! Attempts whose final dot was about to go and whose end is not written down: each holds the journal file that says so.
//!
//! Promises: an attempt is open until its recipient is settled or the database counts it in.
//! Never: holds or frees a file; it says which.

use crate::spool::queue_db::Change;
use common::vocab::{MessageId, RecipientId};
use engine::envelope::Settlement;
use std::collections::HashMap;

/// By message: recipients, each with the file that says so.
#[derive(Debug, Default)]
pub struct OpenAttempts(HashMap<MessageId, Vec<(RecipientId, u32)>>);

impl OpenAttempts {
    /// Attempts were begun, as this file says.
    pub fn begin(&mut self, mid: MessageId, rids: &[RecipientId], number: u32) {
        self.0.entry(mid).or_default().extend(rids.iter().map(|rid| (*rid, number)));
    }

    /// Recipients were settled; with the last of them the message ended. Answers the files that are held no longer.
    pub fn settled(&mut self, settlement: &Settlement, message_ended: bool) -> Vec<u32> {
        let mut ended = Vec::new();
        let Some(open) = self.0.get_mut(&settlement.mid) else { return ended };
        let over = |rid: RecipientId| message_ended || settlement.recipients.iter().any(|(of, _)| *of == rid);
        open.retain(|(rid, number)| {
            let over = over(*rid);
            if over {
                ended.push(*number);
            }
            !over
        });
        if open.is_empty() {
            self.0.remove(&settlement.mid);
        }
        ended
    }

    /// What the database has to hear of those that only this file knows of.
    pub fn of_file(&self, number: u32) -> Vec<Change> {
        let mut open: Vec<(MessageId, RecipientId)> = Vec::new();
        for (mid, begun) in &self.0 {
            open.extend(begun.iter().filter(|(_, of)| *of == number).map(|(rid, _)| (*mid, *rid)));
        }
        open.sort_unstable();
        let through = (!open.is_empty()).then_some(Change::BegunThrough(number));
        open.into_iter().map(|(mid, rid)| Change::Begun(mid, rid, 1)).chain(through).collect()
    }

    /// The database counts in those of this file. Answers it once for each that held it.
    pub fn counted_in(&mut self, number: u32) -> Vec<u32> {
        let mut freed = Vec::new();
        self.0.retain(|_, open| {
            open.retain(|(_, of)| {
                freed.extend((of == &number).then_some(*of));
                *of != number
            });
            !open.is_empty()
        });
        freed
    }
}

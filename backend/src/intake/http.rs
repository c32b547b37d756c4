//! The HTTP door: a whole message with its envelope in one request, kept before it is answered.
//!
//! Promises: the limits, the rules of our own names and the memory of the SMTP door; an answer with a number only after
//! the spool said that the message is on disk; one key keeps one message. What a client of HTTP cannot be asked to know
//! is done for it (RFC 6409 §8): line ends become CRLF, a missing Date, Message-ID or From is added, and fields that
//! must not travel (`Bcc` above all) are taken out. All else of the message stays as it came.
//! Never: reads HTTP itself (that is `console/http/post`); knows who asks.
//! The walk goes on in `spool`.

mod address;
mod dsn;
mod fields;
mod front;
mod json;
mod key;
mod lines;
mod receive;
mod refusal;

#[cfg(test)]
mod tests;

pub use address::Addressed;
pub use dsn::Wish;
pub use json::{JSON_BYTES_MAX, JSON_REST_BYTES_MAX};
pub use key::{KEY_BYTES_MAX, Key};
pub use lines::Letter;

use crate::clock::Clock;
use crate::intake::incoming::Incoming;
use crate::intake::settings::IntakeSettings;
use crate::intake::smtp::header::{self, HeaderFault};
use crate::intake::smtp::limits::TEXT_LINE_BYTES_MAX;
use crate::intake::smtp::memory::{Hold, Memory};
use crate::intake::smtp::received::Trace;
use crate::spool::{Kept, Spool, SpoolError, Submission};
use arc_swap::ArcSwap;
use common::vocab::{MessageId, RecipientId};
use common::wire::{AcceptedMessage, AcceptedRecipient, ApiError};
use engine::envelope::Envelope;
use fields::Fields;
use front::Front;
use std::net::IpAddr;
use std::sync::Arc;

/// The HTTP door. Made by the SMTP door, with which it shares rules, spool and memory.
pub struct HttpIntake {
    settings: Arc<ArcSwap<IntakeSettings>>,
    spool: Arc<dyn Spool>,
    clock: Clock,
    memory: Memory,
}

impl HttpIntake {
    /// A door in front of `spool`.
    pub(in crate::intake) fn new(
        settings: Arc<ArcSwap<IntakeSettings>>,
        spool: Arc<dyn Spool>,
        clock: Clock,
        memory: Memory,
    ) -> HttpIntake {
        HttpIntake { settings, spool, clock, memory }
    }

    /// Octets of the largest message that is taken.
    pub fn max_message_bytes(&self) -> u64 {
        self.settings.load().max_message_bytes
    }

    /// Octets of the largest JSON body that is read for a message: quotes and line ends take more room there.
    pub fn max_json_bytes(&self) -> usize {
        let twice = self.settings.load().max_message_bytes.saturating_mul(2);
        usize::try_from(twice).unwrap_or(JSON_BYTES_MAX).min(JSON_BYTES_MAX)
    }

    /// Checks whom the message is from and for.
    ///
    /// # Errors
    /// The field at fault and what is wrong with it.
    pub fn address(&self, from: &str, to: &[String], wish: &Wish) -> Result<Addressed, ApiError> {
        address::check(from, to, wish, &self.settings.load())
    }

    /// Memory for a message that begins to come.
    ///
    /// # Errors
    /// Too many come at once, for longer than one waits.
    pub async fn begin(&self) -> Result<Hold, ApiError> {
        self.memory.begin().await.map_err(|_| refusal::no_memory())
    }

    /// An empty letter for a client at this address; `None` for a program of this machine on the control socket.
    /// With a key its octets are summed.
    pub fn letter(&self, client: Option<IpAddr>, key: Option<Key>) -> Letter {
        let settings = self.settings.load();
        let trace = Trace::by_http(client, &settings.hostname);
        let room = Front::room(&trace, &settings.hostname);
        let begin = if key.is_some() { Incoming::summed } else { Incoming::new };
        Letter::new(begin(self.spool.clone(), room), settings.max_message_bytes, trace, key)
    }

    /// Checks the letter, keeps it, and answers with its number once it is on disk.
    ///
    /// # Errors
    /// What is wrong with the message, with the key, or with our disk; nothing was kept then.
    pub async fn keep(&self, addressed: Addressed, letter: Letter) -> Result<AcceptedMessage, ApiError> {
        let (trace, key, message, findings) = letter.finish();
        let room = message.room();
        if findings.oversize {
            return Err(refusal::too_large(self.max_message_bytes()));
        }
        if findings.nul {
            return Err(refusal::nul());
        }
        if findings.longest_line > TEXT_LINE_BYTES_MAX {
            return Err(refusal::long_line());
        }
        if let Some(loss) = message.loss() {
            return Err(refusal::lost(loss, self.max_message_bytes()));
        }
        let header = header::check(message.front()).map_err(|fault| match fault {
            HeaderFault::TooLarge => refusal::header_too_large(),
            HeaderFault::TooManyHops => refusal::too_many_hops(),
        })?;
        let fields = Fields::read(message.front()).map_err(refusal::no_field)?;
        let mut whole = message.finish().await.map_err(|why| refusal::not_kept(&why))?;
        fields.take_out(&mut whole.front, room);
        let (mid, received_at) = (whole.mid, self.clock.now());
        let start = Front { trace: &trace, mid, received_at, hostname: &self.settings.load().hostname }.write(
            &fields,
            addressed.from(),
            &mut whole.front[..room],
        );
        let rest = whole.rest;
        let body = whole.into_body(start);
        let smtputf8 = addressed.needs_smtputf8(header);
        let (size_bytes, eight_bit) = (body.size_bytes(), findings.eight_bit);
        let (from, recipients, dsn) = addressed.into_parts();
        let envelope = Arc::new(Envelope { mid, from, recipients, size_bytes, received_at, eight_bit, smtputf8, dsn });
        let key = key.zip(rest).map(|(key, rest)| {
            let header = &body.front()[room - start..body.front().len() - rest.in_front];
            key.seal(&envelope, header, &rest.sum)
        });
        let submission = Submission { envelope: envelope.clone(), body, settles: Vec::new(), key };
        match self.spool.keep(submission).await.unwrap_or(Err(SpoolError::Stopped)) {
            Ok(Kept::New) => Ok(accepted(mid, &envelope)),
            Ok(Kept::Before(earlier)) => Ok(accepted(earlier, &envelope)),
            Ok(Kept::OtherRequest(earlier)) => Err(refusal::key_of_another(earlier)),
            Err(why) => Err(refusal::not_kept(&why)),
        }
    }
}

fn accepted(mid: MessageId, envelope: &Envelope) -> AcceptedMessage {
    let recipients = (0..).zip(&envelope.recipients).map(|(rid, address)| AcceptedRecipient {
        rid: RecipientId(rid),
        address: address.clone(),
        host: address.domain().clone(),
    });
    AcceptedMessage { mid, recipients: recipients.collect() }
}

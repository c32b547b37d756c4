//! The dialogue with a stream lent to it: does what it says and gives it what is heard, until it is done with a piece.
//!
//! Promises: the spool knows of an attempt before its final dot goes out; nothing is sent while something unasked
//! lies unread. Never: decides what to say. The outcomes go back to `session`.

use crate::connect::wire::{Wire, Written};
use crate::deliver::owed::OrderInHand;
use crate::deliver::settings::SessionSettings;
use crate::spool::{Begun, Pieces, Spool, SpoolError};
use common::vocab::{MessageId, RecipientId, Reply};
use engine::failure::{Failure, Outcome, Stage, Trouble};
use engine::peer::Peer;
use engine::smtp::{BodyEncoder, Command, Dialogue, Plan, Step};
use engine::tls::{TlsFacts, TlsRule};
use std::sync::Arc;
use std::time::Duration;
use tokio::io::{AsyncRead, AsyncWrite};
use tokio::time::{Instant, timeout};
use tokio_rustls::rustls::pki_types::ServerName;

/// How long the spool may take to find a body, or to read a piece of it. A disk that is slower than this has failed.
const SPOOL_WAIT_MAX: Duration = Duration::from_secs(60);

/// One session's conversation on its stream.
pub(super) struct Talk<S> {
    wire: Wire<S>,
    dialogue: Dialogue,
    settings: Arc<SessionSettings>,
    spool: Arc<dyn Spool>,
    /// What the peer's certificate is to prove.
    name: ServerName<'static>,
    /// What it proved, once hands were shaken.
    tls: Option<Arc<TlsFacts>>,
    /// When the latest answer came, or the piece began.
    since: Instant,
}

/// What is being carried, while something is.
struct Cargo<'a> {
    order: &'a mut OrderInHand,
    body: Pieces,
}

impl<S: AsyncRead + AsyncWrite + Unpin> Talk<S> {
    /// Over a stream that was just opened. `rule` is what the session must give, `name` what a certificate is to prove.
    pub(super) fn new(
        stream: S,
        settings: Arc<SessionSettings>,
        spool: Arc<dyn Spool>,
        rule: TlsRule,
        name: ServerName<'static>,
    ) -> Talk<S> {
        let dialogue = Dialogue::new(settings.hello_name.clone(), Plan::Deliver, rule);
        Talk { wire: Wire::new(stream), dialogue, settings, spool, name, tls: None, since: Instant::now() }
    }

    /// Takes the greeting, says EHLO, shakes hands where the rule wants it. Says what the other side is.
    pub(super) async fn open(&mut self) -> Result<Peer, Failure> {
        match self.go(Step::Read, None).await {
            Step::Ready if self.wire.is_quiet() => {
                Ok(Peer { reports: self.dialogue.extensions().dsn, tls: self.tls.clone() })
            }
            Step::Failed(failure) => Err(failure),
            _ => Err(Failure { stage: Stage::Ehlo, trouble: out_of_turn(), elapsed: self.since.elapsed() }),
        }
    }

    /// Stops before it is ready.
    pub(super) fn give_up(&mut self, trouble: Trouble) -> Failure {
        let elapsed = self.since.elapsed();
        match self.dialogue.on_failure(trouble.clone(), elapsed) {
            Step::Failed(failure) => failure,
            _ => Failure { stage: Stage::Ehlo, trouble, elapsed },
        }
    }

    /// Carries one order. The answer to it, and whether the session can carry another one.
    pub(super) async fn carry(&mut self, order: &mut OrderInHand) -> (Vec<Outcome>, bool) {
        self.since = Instant::now();
        // The body is fetched first: once DATA is answered by 354, nothing but a body can follow.
        let body = match self.fetch(order.order().envelope.mid).await {
            Ok(body) => body,
            Err(why) => return (self.all_failed(order, why), true),
        };
        let step = self.dialogue.deliver(order.order().clone());
        match self.go(step, Some(Cargo { order, body })).await {
            Step::TransactionDone { outcomes, reusable } => (outcomes, reusable && self.wire.is_quiet()),
            _ => (self.all_failed(order, "the dialogue ended without an answer for the order".into()), false),
        }
    }

    /// Says QUIT and waits a little for the answer.
    pub(super) async fn quit(&mut self) {
        let step = self.dialogue.quit();
        self.go(step, None).await;
        self.wire.end(self.settings.quit).await;
    }

    /// Says QUIT to a peer that refused us before we were ready, or gave less than was demanded, where the dialogue is over already:
    /// RFC 5321 §3.1 has them wait for it.
    pub(super) async fn take_leave(&mut self) {
        let quit = [Command::Quit];
        if self.wire.is_quiet() && self.wire.send(&quit, self.settings.quit).await == Ok(Written::All) {
            let _ = self.wire.reply(self.settings.quit).await;
        }
        self.wire.end(self.settings.quit).await;
    }

    /// Waits until the peer of an idle session speaks or hangs up.
    pub(super) async fn disturbed(&mut self) {
        self.wire.disturbed().await;
    }

    /// Does step after step until the dialogue is ready, done or over.
    async fn go(&mut self, mut step: Step, mut cargo: Option<Cargo<'_>>) -> Step {
        loop {
            let asked = match step {
                Step::ShakeHands => {
                    step = self.shake_hands().await;
                    continue;
                }
                Step::Read => Ok(Written::All),
                Step::Send(_) | Step::SendBody { .. } if !self.wire.is_quiet() => Err(out_of_turn()),
                Step::Send(commands) => self.wire.send(&commands, self.settings.block).await,
                Step::SendBody { accepted } => self.send_body(accepted, cargo.as_mut()).await,
                end => return end,
            };
            let heard = match asked {
                // A write that failed is no answer yet: the peer may have said why before it hung up.
                Ok(_) => self.hear().await,
                Err(trouble) => Err(trouble),
            };
            let waited = self.since.elapsed();
            step = match heard {
                Ok(reply) => self.dialogue.on_reply(reply, waited),
                Err(trouble) => self.dialogue.on_failure(trouble, waited),
            };
            self.since = Instant::now();
        }
    }

    async fn shake_hands(&mut self) -> Step {
        let secured = self.wire.secure(&self.settings.tls, &self.name, self.settings.handshake).await;
        let waited = self.since.elapsed();
        self.since = Instant::now();
        match secured {
            Ok(facts) => {
                let step = self.dialogue.on_secured(&facts, waited);
                self.tls = Some(Arc::new(facts));
                step
            }
            Err(trouble) => self.dialogue.on_failure(trouble, waited),
        }
    }

    async fn hear(&mut self) -> Result<Reply, Trouble> {
        let expected = self.dialogue.expected();
        let within = expected.map_or(self.settings.quit, |expected| self.settings.within(expected));
        self.wire.reply(within).await
    }

    /// Sends the body, its last block together with the final dot.
    async fn send_body(
        &mut self,
        accepted: Vec<RecipientId>,
        cargo: Option<&mut Cargo<'_>>,
    ) -> Result<Written, Trouble> {
        let Some(cargo) = cargo else { return Err(Trouble::Ours("there is no body to send".into())) };
        let mut encoder = BodyEncoder::new();
        loop {
            // The last piece comes only if all were right: a damaged body is cut off before its final dot.
            let piece = in_time(cargo.body.next()).await.map_err(Trouble::Ours)?;
            self.wire.out.clear();
            encoder.encode(&piece, &mut self.wire.out);
            if cargo.body.is_done() {
                break;
            }
            if self.wire.send_block(self.settings.block).await? == Written::Interrupted {
                return Ok(Written::Interrupted);
            }
        }
        encoder.finish(&mut self.wire.out);
        // Written down before it is done: a repeat after a crash is then one that was named. A full disk does not stop
        // delivery; a spool that has failed does.
        let order = cargo.order.order();
        let begun = Begun { attempt: order.attempt, mid: order.envelope.mid, rids: accepted };
        match self.spool.begun(begun).await.unwrap_or(Err(SpoolError::Stopped)) {
            Ok(()) | Err(SpoolError::Full) => {}
            Err(why) => return Err(Trouble::Ours(why.to_string().into())),
        }
        cargo.order.dot_goes_out();
        let written = self.wire.send_block(self.settings.block).await?;
        if written == Written::All {
            self.dialogue.on_body_sent();
        }
        Ok(written)
    }

    async fn fetch(&self, mid: MessageId) -> Result<Pieces, Arc<str>> {
        in_time(async {
            let mut pieces = self.spool.body(mid).await.unwrap_or(Err(SpoolError::Stopped))?.pieces();
            pieces.open().await.map(|()| pieces)
        })
        .await
    }

    fn all_failed(&self, order: &OrderInHand, why: Arc<str>) -> Vec<Outcome> {
        let (trouble, elapsed) = (Trouble::Ours(why), self.since.elapsed());
        let failure = Failure { stage: Stage::MailFrom, trouble, elapsed };
        order.order().rids.iter().map(|_| Outcome::Failed(failure.clone())).collect()
    }
}

/// What the spool answers, or why there is no answer.
async fn in_time<T>(answer: impl Future<Output = Result<T, SpoolError>>) -> Result<T, Arc<str>> {
    let answer = timeout(SPOOL_WAIT_MAX, answer).await;
    answer.map_err(|_| "the spool did not answer in time")?.map_err(|error| error.to_string().into())
}

/// Bytes came where no answer was due (response injection, or a peer that is out of step).
fn out_of_turn() -> Trouble {
    Trouble::Protocol("they answered before they were asked".into())
}

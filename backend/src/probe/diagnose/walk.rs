//! One address: connect, be greeted, say EHLO, shake hands as the domain's policy says, say EHLO again, say QUIT.
//!
//! Promises: the dialogue is delivery's own; each stage is told once, when it has ended; where delivery would go on in clear
//! after a broken handshake, so does this. Never: a word behind EHLO but QUIT.

use super::{Diagnose, News, milliseconds};
use crate::connect::dial::dial;
use crate::connect::tls::name_to_prove;
use crate::connect::tls::state::tls_state;
use crate::connect::wire::{Wire, Written};
use common::vocab::{Reply, VerdictCode};
use common::wire::{DiagnosisCell, DiagnosisStage, StageState};
use common::words::Language;
use engine::failure::{Failure, Stage, Trouble};
use engine::route::Hop;
use engine::smtp::{Command, Dialogue, Expect, Plan, Step};
use engine::tls::{Protection, TlsFacts, TlsRule};
use engine::verdict;
use std::sync::Arc;
use tokio::net::TcpStream;
use tokio::sync::mpsc;
use tokio::time::Instant;

/// Characters of what they say that are kept.
const SAID_CHARS_MAX: usize = 300;

/// Tells what happens at one place.
pub(super) struct Teller {
    pub(super) place: usize,
    pub(super) tell: mpsc::Sender<(usize, News)>,
}

impl Teller {
    async fn cell(&self, cell: DiagnosisCell) {
        self.say(News::Cell(Box::new(cell))).await;
    }

    async fn say(&self, news: News) {
        // Nobody listens any more: the walk ends with the set it is in.
        let _ = self.tell.send((self.place, news)).await;
    }
}

/// Where and why a walk ended early.
struct Stopped {
    stage: DiagnosisStage,
    failure: Failure,
}

impl Stopped {
    fn verdict(&self) -> VerdictCode {
        verdict::of_failure(&self.failure).code
    }

    fn cell(&self, state: StageState) -> DiagnosisCell {
        let said = match &self.failure.trouble {
            Trouble::Reply(reply) => Some(shown(reply)),
            Trouble::Protocol(text) | Trouble::Handshake(text) | Trouble::Ours(text) | Trouble::Unsupported(text) => {
                Some(cut(text))
            }
            _ => None,
        };
        let ms = Some(self.failure.elapsed.as_millis() as u64);
        DiagnosisCell { stage: self.stage, state, ms, verdict: Some(self.verdict()), said, tls: None }
    }
}

/// Walks to the end, and says what it comes to.
pub(super) async fn walk(way: &Diagnose, hop: &Arc<Hop>, rule: TlsRule, teller: &Teller) {
    let mut end = converse(way, hop, rule, teller, false).await;
    if let Err(stopped) = &end
        && stopped.failure.stage == Stage::StartTls
        && rule == TlsRule::Opportunistic
    {
        // Delivery would dial again and go in clear: so do we, and tell only what is new.
        teller.cell(stopped.cell(StageState::Warning)).await;
        end = converse(way, hop, TlsRule::None, teller, true).await;
    }
    let verdict = match end {
        Ok(()) => VerdictCode::Ok,
        Err(stopped) => {
            teller.cell(stopped.cell(StageState::Failed)).await;
            stopped.verdict()
        }
    };
    teller.say(News::Over(verdict)).await;
}

/// One conversation on the way.
struct Talk<'a> {
    way: &'a Diagnose,
    teller: &'a Teller,
    dialogue: Dialogue,
    wire: Wire<TcpStream>,
    rule: TlsRule,
    /// What was told already is not told again.
    again: bool,
    secured: bool,
    since: Instant,
}

async fn converse(way: &Diagnose, hop: &Hop, rule: TlsRule, teller: &Teller, again: bool) -> Result<(), Stopped> {
    let since = Instant::now();
    let dialled = if (way.may_dial)(hop) {
        dial(hop.address, way.limits.connect).await
    } else {
        Err(Failure { stage: Stage::Connect, trouble: Trouble::Forbidden, elapsed: since.elapsed() })
    };
    let stream = dialled.map_err(|failure| Stopped { stage: DiagnosisStage::Tcp, failure })?;
    let dialogue = Dialogue::new(way.hello.clone(), Plan::StopAfterEhlo, rule);
    let wire = Wire::new(stream);
    let mut talk = Talk { way, teller, dialogue, wire, rule, again, secured: false, since };
    talk.done(DiagnosisStage::Tcp, None).await;
    talk.go(hop).await
}

impl Talk<'_> {
    async fn go(&mut self, hop: &Hop) -> Result<(), Stopped> {
        let mut step = Step::Read;
        loop {
            step = match step {
                Step::Failed(failure) => return Err(Stopped { stage: self.stage_of(&failure), failure }),
                Step::ShakeHands => self.shake_hands(hop).await,
                Step::Send(commands) => {
                    if matches!(commands[..], [Command::Quit]) && self.rule.wants() && !self.secured {
                        self.not_offered().await;
                    }
                    let limit = self.way.limits.reply;
                    match self.wire.send(&commands, limit).await {
                        Ok(Written::All | Written::Interrupted) => self.hear().await,
                        Err(trouble) => self.dialogue.on_failure(trouble, self.since.elapsed()),
                    }
                }
                Step::Read => self.hear().await,
                // The dialogue of a look ends behind EHLO.
                Step::Closed | Step::Ready | Step::SendBody { .. } | Step::TransactionDone { .. } => return Ok(()),
            };
        }
    }

    async fn hear(&mut self) -> Step {
        let expected = self.dialogue.expected();
        let limit = if expected == Some(Expect::Quit) { self.way.limits.quit } else { self.way.limits.reply };
        match self.wire.reply(limit).await {
            Ok(reply) => {
                let said = shown(&reply);
                let positive = reply.code.is_positive();
                let step = self.dialogue.on_reply(reply, self.since.elapsed());
                let stage = expected.and_then(|expected| self.stage_answered(expected));
                // A refused EHLO is followed by HELO; what failed is told where it ends.
                if let Some(stage) = stage.filter(|_| positive && !matches!(step, Step::Failed(_))) {
                    self.done(stage, Some(said)).await;
                }
                step
            }
            Err(trouble) => self.dialogue.on_failure(trouble, self.since.elapsed()),
        }
    }

    /// The stage that ends with the answer to this; STARTTLS ends with the handshake.
    fn stage_answered(&self, expected: Expect) -> Option<DiagnosisStage> {
        match expected {
            Expect::Greeting => Some(DiagnosisStage::Banner),
            Expect::Ehlo | Expect::Helo if self.secured => Some(DiagnosisStage::EhloTls),
            Expect::Ehlo | Expect::Helo => Some(DiagnosisStage::Ehlo),
            Expect::Quit => Some(DiagnosisStage::Quit),
            _ => None,
        }
    }

    /// Where a failure is shown: a certificate that proves too little is not a broken handshake.
    fn stage_of(&self, failure: &Failure) -> DiagnosisStage {
        match failure.stage {
            Stage::Connect => DiagnosisStage::Tcp,
            Stage::Greeting => DiagnosisStage::Banner,
            Stage::Ehlo if self.secured => DiagnosisStage::EhloTls,
            Stage::Ehlo => DiagnosisStage::Ehlo,
            Stage::StartTls if matches!(failure.trouble, Trouble::Unproven(_)) => DiagnosisStage::Certificate,
            Stage::StartTls => DiagnosisStage::Starttls,
            Stage::MailFrom | Stage::RcptTo | Stage::Data | Stage::Body | Stage::EndOfData => DiagnosisStage::Quit,
        }
    }

    async fn shake_hands(&mut self, hop: &Hop) -> Step {
        let secured = self.wire.secure(&self.way.tls, &name_to_prove(hop), self.way.limits.reply).await;
        match secured {
            Ok(facts) => {
                self.secured = true;
                let waited = self.since.elapsed();
                self.done(DiagnosisStage::Starttls, None).await;
                let step = self.dialogue.on_secured(&facts, waited);
                // A proof that the policy demands and they do not give is told as the failure that it is.
                if !matches!(step, Step::Failed(_)) {
                    self.certificate(facts).await;
                }
                step
            }
            Err(trouble) => self.dialogue.on_failure(trouble, self.since.elapsed()),
        }
    }

    async fn certificate(&mut self, facts: TlsFacts) {
        let verdict = facts.proof.err().map(|why| why.code());
        let state = if verdict.is_some() { StageState::Warning } else { StageState::Ok };
        let tls = Some(tls_state(&Protection::Tls(Arc::new(facts)), Language::En));
        self.tell(DiagnosisCell { stage: DiagnosisStage::Certificate, state, ms: Some(0), verdict, said: None, tls })
            .await;
    }

    async fn not_offered(&mut self) {
        let (stage, state) = (DiagnosisStage::Starttls, StageState::Warning);
        self.tell(DiagnosisCell { stage, state, ms: None, verdict: None, said: None, tls: None }).await;
    }

    async fn done(&mut self, stage: DiagnosisStage, said: Option<String>) {
        let ms = Some(milliseconds(self.since));
        self.since = Instant::now();
        self.tell(DiagnosisCell { stage, state: StageState::Ok, ms, verdict: None, said, tls: None }).await;
    }

    async fn tell(&self, cell: DiagnosisCell) {
        if !self.again || cell.stage == DiagnosisStage::Quit {
            self.teller.cell(cell).await;
        }
    }
}

fn shown(reply: &Reply) -> String {
    cut(&reply.to_string())
}

fn cut(text: &str) -> String {
    text.chars().take(SAID_CHARS_MAX).collect()
}

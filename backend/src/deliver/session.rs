//! One session: a task that dials, greets, and carries one order after the other until it is closed.
//!
//! Events, in order: one `SessionReady` or `SessionFailed` (nothing follows the latter); one `Attempted` per order;
//! `SessionClosed` at the end, unless the last order was answered with `reusable: false`, which ends it too.
//! An order that crosses with a peer's hanging up is answered as dropped at MAIL. If the session had already said
//! `SessionClosed` by then, both arrive, in this order: nobody could know better.
//! A session closed before it was ready says `SessionFailed` with a trouble of ours.
//! The walk goes on in the engine.

use crate::connect::dial::dial;
use crate::connect::tls::name_to_prove;
use crate::deliver::owed::{OrderInHand, OwedBySession};
use crate::deliver::settings::SessionSettings;
use crate::deliver::talk::Talk;
use crate::spool::Spool;
use common::vocab::SessionId;
use engine::Event;
use engine::envelope::Order;
use engine::failure::{Failure, Stage, Trouble};
use engine::route::Hop;
use engine::tls::TlsRule;
use std::sync::Arc;
use std::time::Duration;
use tokio::io::{AsyncRead, AsyncWrite};
use tokio::net::TcpStream;
use tokio::sync::mpsc;

/// Where sessions tell what happened. Unbounded in type and bounded by construction: a session never has more than
/// one event in it that the engine did not cause.
pub type EventSender = mpsc::UnboundedSender<Event>;

/// Says whether a hop may be connected to; asked right before dialling.
pub type HopGuard = Arc<dyn Fn(&Hop) -> bool + Send + Sync>;

enum Work {
    Deliver(OrderInHand),
    Close,
}

/// The engine's end of a session. Dropping it closes the session.
pub struct SessionHandle {
    session: SessionId,
    events: EventSender,
    /// Bounded by construction: the engine has at most one order in hand per session.
    work: mpsc::UnboundedSender<Work>,
}

impl SessionHandle {
    /// Hands over an order; never waits. Answered by one [`Event::Attempted`], also if the session has ended.
    pub fn deliver(&self, order: Order) {
        let order = OrderInHand::new(order, self.session, self.events.clone());
        // If the task has ended the order comes back, and answers for itself when it is dropped here.
        let _ = self.work.send(Work::Deliver(order));
    }

    /// Asks for QUIT and the end; never waits. An order in hand is finished first.
    pub fn close(&self) {
        let _ = self.work.send(Work::Close);
    }
}

struct Session {
    hop: Arc<Hop>,
    tls: TlsRule,
    settings: Arc<SessionSettings>,
    spool: Arc<dyn Spool>,
    guard: HopGuard,
}

/// Starts a session to a hop that gives what `tls` says before it is ready. Must be called within a tokio runtime.
pub fn open(
    session: SessionId,
    hop: Arc<Hop>,
    tls: TlsRule,
    settings: Arc<SessionSettings>,
    spool: Arc<dyn Spool>,
    events: EventSender,
    guard: HopGuard,
) -> SessionHandle {
    let (work, mailbox) = mpsc::unbounded_channel();
    let owed = OwedBySession::new(session, events.clone());
    tokio::spawn(Session { hop, tls, settings, spool, guard }.run(owed, mailbox));
    SessionHandle { session, events, work }
}

impl Session {
    async fn run(self, mut owed: OwedBySession, mut mailbox: mpsc::UnboundedReceiver<Work>) {
        let stream = tokio::select! {
            biased;
            stream = self.dial() => stream,
            () = closing(&mut mailbox) => Err(failed_to_connect(closed_early())),
        };
        let stream = match stream {
            Ok(stream) => stream,
            Err(failure) => return owed.failed(failure),
        };
        let name = name_to_prove(&self.hop);
        let mut talk = Talk::new(stream, self.settings, self.spool, self.tls, name);
        let opened = tokio::select! {
            biased;
            opened = talk.open() => opened,
            () = closing(&mut mailbox) => Err(talk.give_up(closed_early())),
        };
        let peer = match opened {
            Ok(peer) => peer,
            Err(failure) => {
                let listens = matches!(failure.trouble, Trouble::Reply(_) | Trouble::NoTls | Trouble::Unproven(_));
                owed.failed(failure);
                if listens {
                    talk.take_leave().await;
                }
                return;
            }
        };
        owed.ready(peer);
        serve(talk, owed, mailbox).await;
    }

    async fn dial(&self) -> Result<TcpStream, Failure> {
        if !(self.guard)(&self.hop) {
            return Err(failed_to_connect(Trouble::Forbidden));
        }
        dial(self.hop.address, self.settings.connect).await
    }
}

/// Carries orders until the session is closed, the peer leaves, or an order ends it.
async fn serve<S: AsyncRead + AsyncWrite + Unpin>(
    mut talk: Talk<S>,
    mut owed: OwedBySession,
    mut mailbox: mpsc::UnboundedReceiver<Work>,
) {
    loop {
        let work = tokio::select! {
            biased;
            () = talk.disturbed() => break,
            work = mailbox.recv() => work,
        };
        let Some(Work::Deliver(mut order)) = work else {
            talk.quit().await;
            break;
        };
        owed.lend();
        order.work_began();
        let (outcomes, reusable) = talk.carry(&mut order).await;
        order.answer(outcomes, reusable);
        if !reusable {
            return;
        }
        owed.take_back();
    }
    mailbox.close();
    while let Ok(work) = mailbox.try_recv() {
        // An order that crossed with the end answers for itself, and its answer says that the session is gone.
        if let Work::Deliver(_) = work {
            owed.lend();
        }
    }
}

/// Ends when the session is to be closed. An order before the session is ready breaks the engine's own rule;
/// dropped here, it is answered as one that came too late.
async fn closing(mailbox: &mut mpsc::UnboundedReceiver<Work>) {
    while let Some(Work::Deliver(_)) = mailbox.recv().await {}
}

fn closed_early() -> Trouble {
    Trouble::Ours("the session was closed before it was ready".into())
}

fn failed_to_connect(trouble: Trouble) -> Failure {
    Failure { stage: Stage::Connect, trouble, elapsed: Duration::ZERO }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::deliver::tests::world::{SESSION, TestSpool, order, words};
    use engine::peer::Peer;
    use tokio::io::duplex;

    /// On one thread nothing runs between two lines without `await`, so the end of the stream and the order are both
    /// there when the task looks.
    #[tokio::test(flavor = "current_thread")]
    async fn an_order_that_crosses_with_the_peers_leaving_is_answered_once_and_alone() {
        let (ours, theirs) = duplex(1_024);
        let (events, mut told) = mpsc::unbounded_channel();
        let (work, mailbox) = mpsc::unbounded_channel();
        let handle = SessionHandle { session: SESSION, events: events.clone(), work };
        let mut owed = OwedBySession::new(SESSION, events);
        owed.ready(Peer::default());
        let name = "mx.x.test".try_into().unwrap();
        let talk = Talk::new(ours, Arc::default(), Arc::new(TestSpool::default()), TlsRule::None, name);
        let task = tokio::spawn(serve(talk, owed, mailbox));
        assert!(matches!(told.recv().await, Some(Event::SessionReady { .. })));
        tokio::task::yield_now().await;
        drop(theirs);
        handle.deliver(order(1, 2));
        task.await.unwrap();
        drop(handle);
        let Some(Event::Attempted { outcomes, reusable: false, .. }) = told.recv().await else { panic!() };
        assert_eq!(words(&outcomes), ["failed MailFrom Dropped"; 2]);
        assert!(told.recv().await.is_none());
    }
}

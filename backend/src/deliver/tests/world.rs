//! One session, its peer, and a spool in memory.

use crate::deliver::tests::peer::Peer;
use crate::deliver::{SessionHandle, SessionSettings, open};
use crate::spool::{Answer, Begun, BlobWriter, Body, Kept, Note, Spool, SpoolError, Submission};
use bytes::Bytes;
use common::vocab::{AttemptId, MessageId, RecipientId, ReplyCode, SessionId, Timestamp};
use engine::Event;
use engine::envelope::{Envelope, Order, Settlement};
use engine::failure::{Failure, Outcome, Stage, Trouble};
use engine::route::{Hop, NamedBy};
use engine::tls::TlsRule;
use std::collections::BTreeMap;
use std::future::Future;
use std::net::SocketAddr;
use std::sync::{Arc, Mutex};
use std::time::Duration;
use tokio::net::TcpListener;
use tokio::sync::{mpsc, oneshot};
use tokio::time::timeout;

/// So long a test waits for anything. Only a broken test ever waits so long.
const BOUND: Duration = Duration::from_secs(20);
/// The number of the one session of a world.
pub(in crate::deliver) const SESSION: SessionId = SessionId(7);

/// Bodies in memory; remembers what was begun.
#[derive(Default)]
pub(in crate::deliver) struct TestSpool {
    pub(in crate::deliver) bodies: BTreeMap<u64, Bytes>,
    /// The large one of message 1.
    pub(in crate::deliver) large: Option<Body>,
    pub(in crate::deliver) begun: Mutex<Vec<Begun>>,
    /// What writing `begun` fails with.
    pub(in crate::deliver) begun_answer: Option<SpoolError>,
    /// Asking for this body panics.
    pub(in crate::deliver) cursed: Option<u64>,
}

impl Spool for TestSpool {
    fn reserve(&self) -> MessageId {
        unreachable!("a session reserves nothing")
    }
    fn keep(&self, _: Submission) -> Answer<Kept> {
        unreachable!("a session keeps nothing")
    }
    fn begun(&self, begun: Begun) -> Answer<()> {
        self.begun.lock().unwrap().push(begun);
        let (sender, receiver) = oneshot::channel();
        let _ = sender.send(self.begun_answer.clone().map_or(Ok(()), Err));
        receiver
    }
    fn settle(&self, _: Vec<Settlement>) {
        unreachable!("a session settles nothing")
    }
    fn blob_from(&self) -> usize {
        usize::MAX
    }
    fn stream(&self, _: MessageId) -> Answer<BlobWriter> {
        unreachable!("all bodies are small here")
    }
    fn body(&self, mid: MessageId) -> Answer<Body> {
        assert_ne!(self.cursed, Some(mid.0), "a cursed body (this panic belongs to a test)");
        let (sender, receiver) = oneshot::channel();
        let large = self.large.clone().filter(|_| mid == MessageId(1));
        let found = large.or_else(|| self.bodies.get(&mid.0).cloned().map(Body::from));
        let _ = sender.send(found.ok_or(SpoolError::Missing(mid)));
        receiver
    }
    fn note(&self, _: Vec<Note>) -> Answer<()> {
        unreachable!("a delivery notes nothing")
    }

    fn flush(&self) -> Answer<()> {
        unreachable!("a session flushes nothing")
    }
}

/// A session with its peer.
pub(in crate::deliver) struct World {
    pub(in crate::deliver) handle: SessionHandle,
    pub(in crate::deliver) spool: Arc<TestSpool>,
    events: mpsc::UnboundedReceiver<Event>,
    peer: Option<tokio::task::JoinHandle<()>>,
}

/// Deadlines that no test reaches.
pub(in crate::deliver) fn patient() -> SessionSettings {
    SessionSettings { hello_name: "mail.example.net".parse().unwrap(), quit: BOUND, reset: BOUND, ..Default::default() }
}

/// Deadlines that a silent peer reaches soon.
pub(in crate::deliver) fn hasty() -> SessionSettings {
    let soon = Duration::from_millis(150);
    SessionSettings {
        hello_name: "mail.example.net".parse().unwrap(),
        connect: BOUND,
        greeting: soon,
        ehlo: soon,
        mail: soon,
        rcpt: soon,
        data: soon,
        block: soon,
        end_of_data: soon,
        reset: soon,
        quit: soon,
        handshake: soon,
        tls: Arc::default(),
    }
}

/// A session to a peer that runs the script; message 1 has a body of two lines.
pub(in crate::deliver) async fn world<F>(settings: SessionSettings, script: impl FnOnce(Peer) -> F) -> World
where
    F: Future<Output = ()> + Send + 'static,
{
    world_with_rule(settings, TlsRule::Opportunistic, script).await
}

/// The same with a spool of the test's own.
pub(in crate::deliver) async fn world_with<F>(
    settings: SessionSettings,
    spool: TestSpool,
    script: impl FnOnce(Peer) -> F,
) -> World
where
    F: Future<Output = ()> + Send + 'static,
{
    world_of(settings, spool, TlsRule::Opportunistic, script).await
}

/// The same with what the session must give.
pub(in crate::deliver) async fn world_with_rule<F>(
    settings: SessionSettings,
    rule: TlsRule,
    script: impl FnOnce(Peer) -> F,
) -> World
where
    F: Future<Output = ()> + Send + 'static,
{
    let spool = TestSpool { bodies: [(1, Bytes::from("Subject: x\r\n\r\n.dot\r\n"))].into(), ..Default::default() };
    world_of(settings, spool, rule, script).await
}

/// The same with all of it.
pub(in crate::deliver) async fn world_of<F>(
    settings: SessionSettings,
    spool: TestSpool,
    rule: TlsRule,
    script: impl FnOnce(Peer) -> F,
) -> World
where
    F: Future<Output = ()> + Send + 'static,
{
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let mut world = start_with_rule(settings, spool, listener.local_addr().unwrap(), true, rule);
    let (stream, _) = timeout(BOUND, listener.accept()).await.expect("a connection in time").unwrap();
    world.peer = Some(tokio::spawn(script(Peer::new(stream))));
    world
}

/// A session to an address where there may be nobody.
pub(in crate::deliver) fn start(
    settings: SessionSettings,
    spool: TestSpool,
    address: SocketAddr,
    allowed: bool,
) -> World {
    start_with_rule(settings, spool, address, allowed, TlsRule::Opportunistic)
}

/// The same with what the session must give.
pub(in crate::deliver) fn start_with_rule(
    settings: SessionSettings,
    spool: TestSpool,
    address: SocketAddr,
    allowed: bool,
    rule: TlsRule,
) -> World {
    let hop = Hop { exchanger: "mx.x.test".into(), preference: 0, address, named_by: NamedBy::RouteAddress };
    let (sender, events) = mpsc::unbounded_channel();
    let spool = Arc::new(spool);
    let guard = Arc::new(move |hop: &Hop| allowed && hop.address == address);
    let settings = Arc::new(settings);
    let handle = open(SESSION, Arc::new(hop), rule, settings, spool.clone(), sender, guard);
    World { handle, spool, events, peer: None }
}

/// An order of message `mid` with its size as the spool has it.
pub(in crate::deliver) fn order(mid: u64, recipients: u32) -> Order {
    Order {
        attempt: AttemptId(mid + 100),
        envelope: Arc::new(Envelope {
            mid: MessageId(mid),
            from: "a@sender.test".parse().ok(),
            recipients: (0..recipients).map(|n| format!("u{n}@x.test").parse().unwrap()).collect(),
            size_bytes: 20,
            received_at: Timestamp(0),
            eight_bit: false,
            smtputf8: false,
            dsn: Default::default(),
        }),
        rids: (0..recipients).map(RecipientId).collect(),
        host: "x.test".parse().unwrap(),
    }
}

impl World {
    /// The next event, which must come.
    pub(in crate::deliver) async fn event(&mut self) -> Event {
        timeout(BOUND, self.events.recv()).await.expect("an event in time").expect("the session still owes")
    }

    pub(in crate::deliver) async fn ready(&mut self) {
        let event = self.event().await;
        assert!(matches!(event, Event::SessionReady { session: SESSION, .. }), "{event:?}");
    }

    pub(in crate::deliver) async fn failed(&mut self) -> Failure {
        match self.event().await {
            Event::SessionFailed { session: SESSION, failure } => failure,
            other => panic!("{other:?}"),
        }
    }

    pub(in crate::deliver) async fn closed(&mut self) {
        let event = self.event().await;
        assert!(matches!(event, Event::SessionClosed { session: SESSION }), "{event:?}");
    }

    /// Hands over an order of message 1 and waits for its answer.
    pub(in crate::deliver) async fn deliver(&mut self, recipients: u32) -> (Vec<Outcome>, bool) {
        self.handle.deliver(order(1, recipients));
        self.attempted().await
    }

    pub(in crate::deliver) async fn attempted(&mut self) -> (Vec<Outcome>, bool) {
        match self.event().await {
            Event::Attempted { session: SESSION, outcomes, reusable, .. } => (outcomes, reusable),
            other => panic!("{other:?}"),
        }
    }

    /// The script ran to its end, the session's task too, and nothing more was told.
    /// Is told to close, says so, and ends.
    pub(in crate::deliver) async fn closes(mut self) {
        self.handle.close();
        self.closed().await;
        self.ends().await;
    }

    /// The session's task ran to its end; the peer may go on for ever.
    pub(in crate::deliver) async fn left_alone(mut self) {
        self.peer.take().inspect(tokio::task::JoinHandle::abort);
        self.ends().await;
    }

    pub(in crate::deliver) async fn ends(self) {
        let World { handle, mut events, peer, .. } = self;
        drop(handle);
        let rest = timeout(BOUND, events.recv()).await.expect("the session ends in time");
        assert!(rest.is_none(), "one event too many: {rest:?}");
        if let Some(peer) = peer {
            timeout(BOUND, peer).await.expect("the script ends in time").expect("the script held");
        }
    }
}

/// `delivered`, `refused RcptTo 550`, `failed Data Dropped`: an outcome in a word.
pub(in crate::deliver) fn word(outcome: &Outcome) -> String {
    match outcome {
        Outcome::Delivered(_) => "delivered".into(),
        Outcome::Refused { stage, reply } => format!("refused {stage:?} {}", reply.code),
        Outcome::Failed(failure) => format!("failed {}", trouble(failure)),
    }
}

/// `Data Dropped`, `Ehlo reply 421`: a failure in a word.
pub(in crate::deliver) fn trouble(failure: &Failure) -> String {
    let Failure { stage, trouble, .. } = failure;
    match trouble {
        Trouble::Reply(reply) => format!("{stage:?} reply {}", reply.code),
        Trouble::Protocol(why) | Trouble::Unsupported(why) | Trouble::Ours(why) => format!("{stage:?}: {why}"),
        other => format!("{stage:?} {other:?}"),
    }
}

/// The words of all outcomes.
pub(in crate::deliver) fn words(outcomes: &[Outcome]) -> Vec<String> {
    outcomes.iter().map(word).collect()
}

/// A refusal at a stage with a code.
pub(in crate::deliver) fn refused(outcome: &Outcome, at: Stage, by: u16) -> bool {
    matches!(outcome, Outcome::Refused { stage, reply } if *stage == at && reply.code == ReplyCode(by))
}

//! The house around the console, played: a driver with some hosts, name servers, mail servers; and clients.

use crate::clock::Clock;
use crate::connect::tls::TlsClient;
use crate::console::auth::Auth;
use crate::console::http::assets::{Site, SiteFile};
use crate::console::{ConsoleParts, ConsoleSettings, ConsoleState, Looks, feed, serve, serve_control};
use crate::driver::desk::{Changes, Desk, Question};
use crate::intake::IntakeSettings;
use crate::intake::smtp::Intake;
use crate::intake::smtp::tests::double::MemorySpool;
use crate::probe::diagnose::{Diagnose, DiagnoseLimits};
use crate::probe::telnet::{Telnet, TelnetSettings};
use crate::spool::{Reading, Report};
use common::vocab::{CauseCounts, Counters, Domain, HostStatus, MessageId, Reply, ReplyCode, Timestamp, VerdictCode};
use common::vocab::{RecipientId, WaitCause};
use common::wire::{
    ApiError, ClientFrame, DigAnswer, DigRequest, ErrorCode, Health, Hello, HostsQuery, SUBPROTOCOL, ServerFrame, Topic,
};
use common::words::Language;
use engine::count::{CountsView, TotalMemory};
use engine::envelope::Envelope;
use engine::failure::RouteFailure;
use engine::tls::TlsRule;
use engine::view::{
    Evidence, Found, HostDetailView, HostView, MessageView, Picked, RecipientView, RetryProgress, RetryView, Search,
    SuspendView,
};
use futures_util::{FutureExt, SinkExt, StreamExt};
use std::collections::HashMap;
use std::net::SocketAddr;
use std::path::PathBuf;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex};
use std::time::Duration;
use tokio::io::{AsyncRead, AsyncReadExt, AsyncWrite, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::{mpsc, watch};
use tokio::task::JoinHandle;
use tokio_tungstenite::WebSocketStream;
use tokio_tungstenite::tungstenite::Message;
use tokio_tungstenite::tungstenite::client::IntoClientRequest;

/// Generous: a test that waits so long has failed.
pub(super) const PATIENCE: Duration = Duration::from_secs(20);
/// 2026-11-24T04:00:00Z.
pub(super) const MORNING: Timestamp = Timestamp(1_795_492_800_000);

/// A host that was never tried, with so many recipients waiting for a connection.
pub(super) fn host(name: &str, active: u64) -> HostView {
    let mut causes = CauseCounts::default();
    causes[WaitCause::Slot] = active;
    HostView {
        host: name.parse().unwrap(),
        status: HostStatus::Unknown,
        status_since: None,
        limited: None,
        held: None,
        evidence: None,
        counters: Counters::default(),
        windows: None,
        unattempted: active,
        attempted: 0,
        causes,
        cause: (active > 0).then_some(WaitCause::Slot),
        basis: None,
        also: Vec::new(),
        connections: 0,
        pending: 0,
        connections_max: 2,
        oldest_at: (active > 0).then_some(MORNING),
        next_attempt_at: None,
        last_activity_at: None,
    }
}

/// The same, refused at its only address.
pub(super) fn down(name: &str, active: u64) -> HostView {
    HostView {
        status: HostStatus::Down,
        status_since: Some(MORNING),
        evidence: Some(Evidence {
            code: VerdictCode::TcpRefused,
            reply: None,
            exchanger: Some("mx.test".into()),
            address: Some("127.0.0.9:25".parse().unwrap()),
            at: MORNING,
            addresses_tried: 1,
        }),
        next_attempt_at: Some(Timestamp(MORNING.0 + 60_000)),
        ..host(name, active)
    }
}

pub(super) fn changes(changed: Vec<HostView>) -> Changes {
    Changes {
        as_of: MORNING,
        counters_since: MORNING,
        changed,
        counts: CountsView {
            total: TotalMemory { messages: 7, ..TotalMemory::default() },
            recipients_accepted: 9,
            ..CountsView::default()
        },
        complete: true,
        ..Changes::default()
    }
}

/// The one message that the played driver has: number 7 to a.test.
fn message() -> MessageView {
    let envelope = Envelope {
        mid: MessageId(7),
        from: None,
        recipients: vec!["x@a.test".parse().unwrap(), "secretary@a.test".parse().unwrap()],
        size_bytes: 1_234,
        received_at: MORNING,
        eight_bit: false,
        smtputf8: false,
        dsn: Default::default(),
    };
    let waiting = RecipientView {
        rid: RecipientId(1),
        cause: WaitCause::Retry,
        basis: Default::default(),
        also: Vec::new(),
        waited: Vec::new(),
        attempts: 2,
        next_attempt_at: Some(MORNING),
        expires_at: MORNING,
        latest: Some((VerdictCode::SmtpGreylist, Some(Reply::new(ReplyCode(451), "4.7.1 later")))),
    };
    MessageView { envelope: Arc::new(envelope), as_of: MORNING, recipients: vec![waiting] }
}

/// Files of a page.
pub(super) struct Files(pub(super) HashMap<&'static str, &'static str>);

impl Site for Files {
    fn file(&self, path: &str) -> Option<SiteFile> {
        let data = self.0.get(path)?.as_bytes();
        let mut digest = [0; 32];
        digest[0] = data.len() as u8;
        Some(SiteFile { data: data.into(), digest })
    }
}

pub(super) struct House {
    pub(super) address: SocketAddr,
    pub(super) control: PathBuf,
    pub(super) changes: mpsc::Sender<Changes>,
    pub(super) retries: Arc<AtomicU64>,
    pub(super) spool: Arc<MemorySpool>,
    pub(super) health: watch::Sender<Health>,
    pub(super) reading: watch::Sender<Reading>,
    pub(super) stop: watch::Sender<bool>,
    pub(super) server: JoinHandle<()>,
    pub(super) state: Arc<ConsoleState>,
    hosts: Arc<Mutex<HashMap<Domain, HostView>>>,
    pub(super) folder: tempfile::TempDir,
}

impl House {
    pub(super) async fn new() -> House {
        House::with(ConsoleSettings::default(), HashMap::new()).await
    }

    pub(super) async fn with(settings: ConsoleSettings, files: HashMap<&'static str, &'static str>) -> House {
        House::build(settings, files, false).await
    }

    /// One where people sign in.
    pub(super) async fn with_sign_in() -> House {
        House::build(ConsoleSettings::default(), HashMap::new(), true).await
    }

    async fn build(settings: ConsoleSettings, files: HashMap<&'static str, &'static str>, sign_in: bool) -> House {
        let folder = tempfile::tempdir().unwrap();
        let settings =
            ConsoleSettings { hostname: "mail.test".into(), version: "0.1".into(), up_since: MORNING, ..settings };
        let (desk, questions) = Desk::new();
        let hosts = Arc::<Mutex<HashMap<Domain, HostView>>>::default();
        let retries = Arc::<AtomicU64>::default();
        tokio::spawn(play_driver(questions, hosts.clone(), retries.clone()));
        let (changes, received) = mpsc::channel(16);
        let (published, index) = feed::channel();
        let (stop, stopping) = watch::channel(false);
        let (health, healthy) = watch::channel(Health::Online);
        let (reading, reading_seen) = watch::channel(Reading::Done(Report::default()));
        tokio::spawn(feed::run(received, published, Language::En, stopping.clone()));
        let spool = Arc::<MemorySpool>::default();
        let telnet = TelnetSettings { sessions_max: 2, ..TelnetSettings::default() };
        let parts = ConsoleParts {
            desk,
            hosts: index,
            clock: Clock,
            settings,
            health: healthy,
            looks: play_looks(telnet),
            mail: Arc::new(Intake::new(intake_settings(), spool.clone(), Clock).http()),
            spool: spool.clone(),
            auth: Arc::new(Auth::open(folder.path(), sign_in, Clock).unwrap()),
            reading: reading_seen,
        };
        let state = ConsoleState::with_site(parts, Arc::new(Files(files)));
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = listener.local_addr().unwrap();
        let control = folder.path().join("control.sock");
        let (tcp, unix) = (state.clone(), state.clone());
        let (path, stopping_too) = (control.clone(), stopping.clone());
        let server = tokio::spawn(async move {
            let (a, b) = tokio::join!(serve(listener, None, tcp, stopping), serve_control(&path, unix, stopping_too));
            a.unwrap();
            b.unwrap();
        });
        let house =
            House { address, control, changes, retries, spool, health, reading, stop, server, state, hosts, folder };
        house.eventually(|house| house.control.exists()).await;
        house
    }

    /// Hosts change: the driver knows it, and says so.
    pub(super) async fn change(&self, changed: Vec<HostView>) {
        for view in &changed {
            self.hosts.lock().unwrap().insert(view.host.clone(), view.clone());
        }
        self.changes.send(changes(changed)).await.unwrap();
    }

    /// Waits until the published index has so many hosts.
    pub(super) async fn shows(&self, hosts: u64) {
        self.eventually(|house| house.state.index().totals.hosts == hosts).await;
    }

    pub(super) async fn eventually(&self, holds: impl Fn(&House) -> bool) {
        let wait = async {
            while !holds(self) {
                tokio::time::sleep(Duration::from_millis(5)).await;
            }
        };
        tokio::time::timeout(PATIENCE, wait).await.expect("it never came to be");
    }

    /// `GET` as our own page does it.
    pub(super) async fn get(&self, path: &str) -> Answer {
        self.ask(&format!("GET {path} HTTP/1.1\r\nHost: {}\r\n", self.address), "").await
    }

    /// `POST` of JSON as our own page does it.
    pub(super) async fn post(&self, path: &str, body: &str) -> Answer {
        let head = format!(
            "POST {path} HTTP/1.1\r\nHost: {0}\r\nOrigin: http://{0}\r\nContent-Type: application/json\r\n",
            self.address
        );
        self.ask(&head, body).await
    }

    /// A request as it is written here, over TCP.
    pub(super) async fn ask(&self, head: &str, body: &str) -> Answer {
        ask(TcpStream::connect(self.address).await.unwrap(), head, body).await
    }

    /// Octets as they are written here, over TCP.
    pub(super) async fn ask_raw(&self, octets: &str) -> Answer {
        exchange(TcpStream::connect(self.address).await.unwrap(), octets.to_owned()).await
    }

    /// A websocket of our own page that has been welcomed.
    pub(super) async fn console(&self) -> Console<TcpStream> {
        let mut console = self.open(Some(&format!("http://{}", self.address))).await.expect("our own page is let in");
        console.say(ClientFrame::Hello(Hello { build: "test".into(), locale: "en".into() })).await;
        assert!(matches!(console.hear().await, ServerFrame::Welcome(_)));
        console
    }

    /// A websocket from a page of this origin, or the status with which it was refused.
    pub(super) async fn open(&self, origin: Option<&str>) -> Result<Console<TcpStream>, u16> {
        let stream = TcpStream::connect(self.address).await.unwrap();
        open(stream, &format!("ws://{}/api/v1/ws", self.address), origin).await
    }
}

pub(super) async fn open<S: AsyncRead + AsyncWrite + Unpin>(
    stream: S,
    url: &str,
    origin: Option<&str>,
) -> Result<Console<S>, u16> {
    use tokio_tungstenite::tungstenite::Error;
    let mut request = url.into_client_request().unwrap();
    request.headers_mut().insert("sec-websocket-protocol", SUBPROTOCOL.parse().unwrap());
    if let Some(origin) = origin {
        request.headers_mut().insert("origin", origin.parse().unwrap());
    }
    match tokio_tungstenite::client_async(request, stream).await {
        Ok((socket, answer)) => {
            assert_eq!(answer.headers()["sec-websocket-protocol"], SUBPROTOCOL);
            Ok(Console { socket })
        }
        Err(Error::Http(answer)) => Err(answer.status().as_u16()),
        Err(why) => panic!("{why}"),
    }
}

pub(super) struct Console<S> {
    pub(super) socket: WebSocketStream<S>,
}

impl<S: AsyncRead + AsyncWrite + Unpin> Console<S> {
    pub(super) async fn say(&mut self, frame: ClientFrame) {
        self.text(&frame.encode()).await;
    }

    pub(super) async fn text(&mut self, text: &str) {
        self.socket.send(Message::text(text)).await.unwrap();
    }

    /// The next frame that is no tick.
    pub(super) async fn hear(&mut self) -> ServerFrame {
        self.hear_text().await.0
    }

    /// The same, with its text as it came.
    pub(super) async fn hear_text(&mut self) -> (ServerFrame, String) {
        loop {
            match self.message().await {
                Message::Text(text) => match ServerFrame::decode(&text).unwrap() {
                    ServerFrame::Tick { .. } => {}
                    frame => return (frame, text.to_string()),
                },
                Message::Ping(_) => {}
                other => panic!("no frame: {other:?}"),
            }
        }
    }

    /// The close code and reason that come next, after frames that do not matter.
    pub(super) async fn closes(&mut self) -> (u16, String) {
        loop {
            if let Message::Close(close) = self.message().await {
                let close = close.expect("a close with its reason");
                return (close.code.into(), close.reason.to_string());
            }
        }
    }

    async fn message(&mut self) -> Message {
        let next = tokio::time::timeout(PATIENCE, self.socket.next()).await.expect("nothing came");
        next.expect("the connection is open").expect("the connection holds")
    }

    pub(super) async fn follow(&mut self, sid: u32, query: HostsQuery) {
        self.say(ClientFrame::Subscribe { sid, topic: Topic::Hosts { query } }).await;
    }

    pub(super) async fn ack(&mut self, sid: u32, seq: u64) {
        self.say(ClientFrame::Ack { sid, seq }).await;
    }
}

/// An answer as it came.
#[derive(Debug)]
pub(super) struct Answer {
    pub(super) status: u16,
    pub(super) head: String,
    pub(super) body: Vec<u8>,
}

impl Answer {
    /// What the octets are so far, and whether the body is whole by its length; `None` before the head is.
    fn read(octets: &[u8]) -> Option<(Answer, bool)> {
        let end = octets.windows(4).position(|four| four == b"\r\n\r\n")?;
        let head = String::from_utf8(octets[..end].to_vec()).unwrap();
        let status = head.split(' ').nth(1).unwrap().parse().unwrap();
        let answer = Answer { status, head, body: octets[end + 4..].to_vec() };
        let length = answer.field("content-length").map(|length| length.parse::<usize>().unwrap());
        let whole = length.is_some_and(|length| answer.body.len() >= length);
        Some((answer, whole))
    }

    pub(super) fn text(&self) -> String {
        String::from_utf8(self.body.clone()).unwrap()
    }

    pub(super) fn json(&self) -> serde_json::Value {
        assert_eq!(self.field("content-type"), Some("application/json"), "{self:?}");
        serde_json::from_slice(&self.body).unwrap()
    }

    /// The refusal in the body; its code must fit the status.
    pub(super) fn refusal(&self) -> ApiError {
        serde_json::from_value(self.json()).unwrap()
    }

    pub(super) fn field(&self, name: &str) -> Option<&str> {
        let lines = self.head.lines().filter_map(|line| line.split_once(": "));
        lines.into_iter().find(|(field, _)| field.eq_ignore_ascii_case(name)).map(|(_, value)| value)
    }
}

pub(super) async fn ask<S: AsyncRead + AsyncWrite + Unpin>(stream: S, head: &str, body: &str) -> Answer {
    let length = if body.is_empty() { String::new() } else { format!("Content-Length: {}\r\n", body.len()) };
    exchange(stream, format!("{head}{length}Connection: close\r\n\r\n{body}")).await
}

/// A request without a body whose head says itself what becomes of the connection.
pub(super) async fn ask_as_is<S: AsyncRead + AsyncWrite + Unpin>(stream: S, head: &str) -> Answer {
    exchange(stream, format!("{head}\r\n")).await
}

async fn exchange<S: AsyncRead + AsyncWrite + Unpin>(mut stream: S, request: String) -> Answer {
    let exchange = async {
        // The server may refuse before it has read everything.
        let _ = stream.write_all(request.as_bytes()).await;
        let mut octets = Vec::new();
        loop {
            let answer = Answer::read(&octets);
            if let Some((answer, true)) = answer {
                return answer;
            }
            if stream.read_buf(&mut octets).await.unwrap_or(0) == 0 {
                return answer.expect("a whole head").0;
            }
        }
    };
    tokio::time::timeout(PATIENCE, exchange).await.expect("no answer")
}

/// Three slices with one message each, numbers 7 to 9, whatever is asked for; the filter is the engine's.
fn play_search(search: &Search) -> Found {
    let mid = search.after.map_or(7, |mid| mid.0 + 1);
    let mut view = message();
    Arc::make_mut(&mut view.envelope).mid = MessageId(mid);
    let wanted = search.shown_after.is_none_or(|shown| mid > shown.0);
    let shows = wanted && search.room > 0;
    let place = (mid < 9).then_some(MessageId(mid));
    Found { shown: if shows { vec![view] } else { Vec::new() }, messages: 1, more: wanted && !shows, place }
}

async fn play_driver(
    mut questions: mpsc::Receiver<Question>,
    hosts: Arc<Mutex<HashMap<Domain, HostView>>>,
    retries: Arc<AtomicU64>,
) {
    let retry = || RetryView {
        recipients: 5,
        hosts: 1,
        sample: vec!["a.test".parse().unwrap()],
        already_due: 2,
        ..RetryView::default()
    };
    let held = |suspended| SuspendView { recipients: 5, sending: 1, hosts: 1, suspended, ..SuspendView::default() };
    while let Some(question) = questions.recv().await {
        match question {
            Question::Retry { answer, .. } => {
                retries.fetch_add(1, Ordering::SeqCst);
                let _ = answer.send(retry());
            }
            Question::Pick { retry: act, answer, .. } => {
                retries.fetch_add(act.is_some().into(), Ordering::SeqCst);
                let _ = answer.send(Picked { messages: 1, sums: retry(), ..Picked::default() });
            }
            Question::Progress { answer, .. } => {
                let _ = answer.send(Some(RetryProgress { total: 5, delivered: 5, ..RetryProgress::default() }));
            }
            Question::PreviewRetry { answer, .. } => drop(answer.send(retry())),
            Question::PreviewSuspend { answer, .. } => drop(answer.send(held(false))),
            Question::PreviewResume { answer, .. } => drop(answer.send(held(true))),
            Question::ResetCounters { answer, .. } => {
                let _ = answer.send(Ok(()));
            }
            Question::Suspend { answer, .. } | Question::Resume { answer, .. } => {
                let _ = answer.send(());
            }
            Question::Host { host, answer } => {
                let row = hosts.lock().unwrap().get(&host).cloned();
                let detail = row.map(|row| {
                    let (last_4xx, last_5xx) = (Some((Reply::new(ReplyCode(451), "4.7.1 later"), MORNING)), None);
                    let addresses = Vec::new();
                    Box::new(HostDetailView {
                        row,
                        counters_since: MORNING,
                        route: None,
                        addresses,
                        last_4xx,
                        last_5xx,
                        last_tls: None,
                        protection: None,
                    })
                });
                let _ = answer.send(detail);
            }
            Question::Search { search, answer } => drop(answer.send(play_search(&search))),
            Question::Message { mid, answer } => {
                let _ = answer.send((mid == MessageId(7)).then(|| Box::new(message())));
            }
        }
    }
}

/// Small limits, so that tests reach them.
fn intake_settings() -> IntakeSettings {
    IntakeSettings {
        hostname: "mail.test".parse().unwrap(),
        aliases: [("root".to_owned(), "admin@example.com".parse().unwrap())].into(),
        max_message_bytes: 1_000_000,
        ..IntakeSettings::default()
    }
}

/// Name servers: `slow.test` takes its time, `stuck.test` for ever, `bad` is no name, `silent.test` does not answer.
async fn play_dig(request: DigRequest) -> Result<DigAnswer, ApiError> {
    match request.name.as_str() {
        "bad" => return Err(ApiError::field(ErrorCode::BadField, "name", "This is no name.")),
        "slow.test" => tokio::time::sleep(Duration::from_millis(200)).await,
        "stuck.test" => std::future::pending().await,
        "silent.test" => {
            tokio::task::yield_now().await;
            return Err(ApiError::new(ErrorCode::Unavailable, "No name server answered."));
        }
        _ => {}
    }
    Ok(DigAnswer {
        name: format!("{}.", request.name),
        rtype: "A".into(),
        status: "NOERROR".into(),
        id: 1,
        flags: vec!["qr".into()],
        answer: Vec::new(),
        authority: Vec::new(),
        additional: Vec::new(),
        left_out: 0,
        query_ms: 3,
        server: "127.0.0.1:53".into(),
        transport: "UDP".into(),
        at: MORNING,
        size_bytes: 40,
        delivery: None,
    })
}

/// Looks that see nothing but loopback.
fn play_looks(telnet: TelnetSettings) -> Looks {
    Looks {
        digger: Arc::new(|request: DigRequest, _| play_dig(request).boxed()),
        telnet: Telnet::new(
            Arc::new(|_: Domain, port: u16| async move { Ok(vec![SocketAddr::from(([127, 0, 0, 1], port))]) }.boxed()),
            Arc::new(
                |address: SocketAddr| {
                    if address.ip().is_loopback() { Ok(()) } else { Err(common::vocab::TargetRule::Documentation) }
                },
            ),
            Arc::new(TlsClient::default()),
            telnet,
        ),
        diagnose: Diagnose {
            find: Arc::new(|_| async { Err(RouteFailure::Nxdomain) }.boxed()),
            real: Arc::new(|_| async { Vec::new() }.boxed()),
            may_dial: Arc::new(|_| false),
            rule_of: Arc::new(|_| TlsRule::default()),
            tls: Arc::default(),
            hello: "mail.test".parse().unwrap(),
            clock: Clock,
            limits: DiagnoseLimits::default(),
        },
    }
}

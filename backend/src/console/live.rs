//! The websocket: who may open it, and one connection with its subscriptions.
//!
//! Promises: a slow console gets fewer, fresher frames, never a backlog; frames of a subscription are numbered without
//! a gap; what a person typed into a probe and what the peer said is never dropped; what breaks a bound is told why
//! before the connection closes.
//! A session or token that ends takes its connections with it.
//! Never: an act of its own. Commands take the same way as `POST /api/v1/actions`.

mod host;
pub(super) mod hosts;
pub(super) mod overview;
mod pace;
mod terminal;

use crate::console::auth::{Caller, Permission, Right};
use crate::console::http::gate::Page;
use crate::console::http::{Refusal, Shared};
use crate::console::mask;
use crate::console::serve::stopped;
use crate::console::state::ConsoleState;
use axum::Extension;
use axum::extract::State;
use axum::extract::ws::rejection::WebSocketUpgradeRejection;
use axum::extract::ws::{CloseFrame, Message, WebSocket, WebSocketUpgrade};
use axum::http::{HeaderMap, header};
use axum::response::{IntoResponse, Response};
use common::wire::{
    ActionRequest, ApiError, ClientFrame, ErrorCode, FRAME_BYTES_MAX, HostsQuery, Limits, SUBPROTOCOL, ServerFrame,
    Topic, Welcome,
};
use common::words::Language;
use host::HostFollower;
use hosts::HostsFollower;
use overview::OverviewFollower;
use pace::Pace;
use std::collections::BTreeMap;
use std::time::Duration;
use terminal::Terminal;
use tokio::sync::OwnedSemaphorePermit;
use tokio::task::JoinSet;
use tokio::time::{Instant, timeout};

/// Subscriptions of a connection.
pub const SUBSCRIPTIONS_MAX: usize = 16;
/// Rows of a window.
pub const WINDOW_ROWS_MAX: u32 = 200;
/// Commands of a connection that wait for their reply.
const COMMANDS_MAX: usize = 16;
/// A frame is said at least so often: a page cannot see protocol pings.
const TICK_EVERY: Duration = Duration::from_secs(5);
/// Protocol pings keep proxies from closing an idle connection (many do after 60 s).
const PING_EVERY: Duration = Duration::from_secs(20);
/// Who does not even answer pings for so long is gone.
const SILENCE_MAX: Duration = Duration::from_secs(45);
/// For a frame to leave our side.
const SEND_WITHIN: Duration = Duration::from_secs(30);
/// For the other side to agree to a close.
const CLOSE_WITHIN: Duration = Duration::from_secs(1);

/// `GET /api/v1/ws`: the websocket of the page and of `telnet`, subprotocol `nexthop.v1.json`.
#[utoipa::path(get, path = "/api/v1/ws", tag = "server", responses(
    (status = 101, description = "Frames of JSON from here on"),
    (status = "default", description = "Refused", body = ApiError),
))]
pub(super) async fn upgrade(
    State(shared): State<Shared>,
    Extension(caller): Extension<Caller>,
    fields: HeaderMap,
    upgrade: Result<WebSocketUpgrade, WebSocketUpgradeRejection>,
) -> Result<Response, Refusal> {
    // A program sends its token; everybody else is a page, and a foreign one may have been told to ask.
    if !matches!(caller.right, Right::Token { .. }) {
        let refused = |why: &ApiError| {
            let origin = fields.get(header::ORIGIN).map(|origin| String::from_utf8_lossy(origin.as_bytes()));
            let origin = origin.unwrap_or_default();
            shared.console.auth.refused(&caller, "origin", &origin, &why.error.sentence);
        };
        shared.door.check_origin(&fields, Page::Origin).inspect_err(refused)?;
    }
    let upgrade = upgrade.map_err(|why| {
        let body = ApiError::new(ErrorCode::BadRequest, format!("This address is a websocket. {why}"));
        Refusal::with_status(why.into_response().status(), body)
    })?;
    let upgrade = upgrade.protocols([SUBPROTOCOL]);
    if upgrade.requested_protocols().next().is_some() && upgrade.selected_protocol().is_none() {
        let sentence = format!("The websocket speaks {SUBPROTOCOL}.");
        return Err(ApiError::new(ErrorCode::BadRequest, sentence).into());
    }
    let seat = shared.console.live.clone().try_acquire_owned().map_err(|_| {
        let most = shared.console.settings.live_max;
        ApiError::new(ErrorCode::Busy, format!("{most} consoles are open already. Close one, or try again later."))
    })?;
    let upgrade = upgrade.max_message_size(FRAME_BYTES_MAX).max_frame_size(FRAME_BYTES_MAX);
    Ok(upgrade.on_upgrade(move |socket| Connection::new(socket, shared, caller).run(seat)))
}

/// Why a connection ends: a close code and a sentence.
#[derive(Clone, Debug, PartialEq, Eq)]
struct Farewell {
    code: u16,
    reason: String,
}

impl Farewell {
    fn new(code: u16, reason: impl Into<String>) -> Farewell {
        Farewell { code, reason: reason.into() }
    }
    /// The other side has gone: there is nobody to tell.
    fn gone() -> Farewell {
        Farewell::new(0, "")
    }
}

/// What a connection follows.
enum Subscription {
    Hosts(Box<HostsFollower>),
    Overview(OverviewFollower),
    Host(Box<HostFollower>),
    Smtp(Terminal),
}

struct Connection {
    socket: WebSocket,
    shared: Shared,
    caller: Caller,
    /// That of the page.
    language: Language,
    number: u64,
    subscriptions: BTreeMap<u32, Subscription>,
    commands: JoinSet<ServerFrame>,
    looks: JoinSet<host::Look>,
    pace: Pace,
    said_at: Instant,
    pinged_at: Instant,
    heard_at: Instant,
}

impl Connection {
    fn new(socket: WebSocket, shared: Shared, caller: Caller) -> Connection {
        let now = Instant::now();
        Connection {
            socket,
            number: shared.console.next_connection(),
            language: shared.console.settings.language,
            shared,
            caller,
            subscriptions: BTreeMap::new(),
            commands: JoinSet::new(),
            looks: JoinSet::new(),
            pace: Pace::new(now),
            said_at: now,
            pinged_at: now,
            heard_at: now,
        }
    }

    async fn run(mut self, seat: OwnedSemaphorePermit) {
        tracing::debug!(connection = self.number, "a console opened");
        let farewell = match self.hold().await {
            Ok(()) => Farewell::new(1001, "The server is stopping."),
            Err(farewell) => farewell,
        };
        tracing::debug!(connection = self.number, code = farewell.code, reason = ?farewell.reason, "a console closed");
        self.subscriptions.clear();
        if farewell.code == 0 {
            // Reading on is what sends the answer to their close.
            let _ = timeout(CLOSE_WITHIN, self.socket.recv()).await;
        } else {
            self.close(farewell).await;
        }
        drop(seat);
    }

    /// Serves the connection until the server stops (`Ok`) or something ends it.
    async fn hold(&mut self) -> Result<(), Farewell> {
        let mut hosts = self.shared.console.hosts.clone();
        let mut stop = self.shared.door.stop.clone();
        let mut rights = self.shared.console.auth.changed();
        let mut feed_runs = true;
        let welcome = ServerFrame::Welcome(welcome(&self.shared.console, self.number));
        self.say(&welcome).await?;
        loop {
            let wake = self.wake(hosts.borrow().version);
            tokio::select! {
                message = self.socket.recv() => self.hear(message).await?,
                changed = hosts.changed(), if feed_runs => feed_runs = changed.is_ok(),
                (sid, frames) = terminal::next(&mut self.subscriptions) => self.pass_on(sid, frames).await?,
                Some(reply) = self.commands.join_next() => {
                    if let Ok(reply) = reply {
                        self.say(&reply).await?;
                    }
                }
                Some(look) = self.looks.join_next() => {
                    if let Ok(look) = look {
                        self.looked(look).await?;
                    }
                }
                () = tokio::time::sleep_until(wake) => {}
                _ = rights.changed() => {}
                () = stopped(&mut stop) => {
                    let drain = ServerFrame::Drain { retry_ms: retry_after(self.number) };
                    return self.say(&drain).await;
                }
            }
            self.still_holds()?;
            let index = hosts.borrow_and_update().clone();
            self.follow_hosts(&index).await?;
            self.look_at_hosts(index.version);
            self.stay_in_touch().await?;
        }
    }

    /// Ends a connection whose session was ended or has expired. Asked at least at every tick.
    fn still_holds(&self) -> Result<(), Farewell> {
        if self.shared.console.auth.holds(&self.caller.right) {
            return Ok(());
        }
        Err(Farewell::new(4401, "The session or the token has ended. Sign in again."))
    }

    /// The next moment at which something is to be done though nothing happens.
    fn wake(&self, version: u64) -> Instant {
        let touch = (self.said_at + TICK_EVERY).min(self.pinged_at + PING_EVERY).min(self.heard_at + SILENCE_MAX);
        let followers = self.subscriptions.values().filter_map(|subscription| match subscription {
            Subscription::Hosts(follower) => follower.wake(version),
            Subscription::Overview(follower) => follower.wake(version),
            Subscription::Host(follower) => follower.wake(version),
            Subscription::Smtp(_) => None,
        });
        followers.fold(touch, Instant::min)
    }

    /// Says what changed in the lists that are followed.
    async fn follow_hosts(&mut self, index: &crate::console::index::HostsIndex) -> Result<(), Farewell> {
        let now = Instant::now();
        let mut frames = Vec::new();
        for (sid, subscription) in &mut self.subscriptions {
            match subscription {
                Subscription::Hosts(follower) if follower.is_slow(now) => {
                    return Err(Farewell::new(4008, "No frame was acknowledged for 30 s: the connection is too slow."));
                }
                Subscription::Hosts(follower) => frames.extend(follower.step(*sid, now, index)),
                Subscription::Overview(follower) => {
                    frames.extend(follower.step(*sid, now, index.version, || {
                        let console = &self.shared.console;
                        console.overview.of(console, index, now)
                    }));
                }
                Subscription::Host(_) | Subscription::Smtp(_) => {}
            }
        }
        for frame in frames {
            self.say(&frame).await?;
        }
        Ok(())
    }

    /// Asks for the hosts that are looked at on their own, where something has changed.
    fn look_at_hosts(&mut self, version: u64) {
        let now = Instant::now();
        for (sid, subscription) in &mut self.subscriptions {
            let Subscription::Host(follower) = subscription else { continue };
            if let Some(question) = follower.step(*sid, now, version) {
                self.looks.spawn(question.ask(self.shared.console.clone()));
            }
        }
    }

    /// Says what a look found, if it is news.
    async fn looked(&mut self, look: host::Look) -> Result<(), Farewell> {
        let sid = look.sid;
        let Some(Subscription::Host(follower)) = self.subscriptions.get_mut(&sid) else { return Ok(()) };
        match follower.found(look) {
            Some(frame) => self.say(&frame).await,
            None => Ok(()),
        }
    }

    /// Ticks, pings, and the end of a connection that nobody answers.
    async fn stay_in_touch(&mut self) -> Result<(), Farewell> {
        let now = Instant::now();
        if now >= self.heard_at + SILENCE_MAX {
            return Err(Farewell::gone());
        }
        if now >= self.pinged_at + PING_EVERY {
            self.pinged_at = now;
            self.send(Message::Ping(axum::body::Bytes::new())).await?;
        }
        if now >= self.said_at + TICK_EVERY {
            let tick = ServerFrame::Tick { now: self.shared.console.clock.now() };
            self.say(&tick).await?;
        }
        Ok(())
    }

    async fn say(&mut self, frame: &ServerFrame) -> Result<(), Farewell> {
        let text = frame.encode();
        let text = if self.caller.sees_masked() { mask::json(&text) } else { text };
        self.send(Message::Text(text.into())).await?;
        self.said_at = Instant::now();
        Ok(())
    }

    async fn send(&mut self, message: Message) -> Result<(), Farewell> {
        match timeout(SEND_WITHIN, self.socket.send(message)).await {
            Ok(Ok(())) => Ok(()),
            Ok(Err(_)) | Err(_) => Err(Farewell::gone()),
        }
    }

    /// Takes what the client said.
    async fn hear(&mut self, message: Option<Result<Message, axum::Error>>) -> Result<(), Farewell> {
        let message = match message {
            None => return Err(Farewell::gone()),
            Some(Err(why)) => return Err(broken(&why)),
            Some(Ok(message)) => message,
        };
        self.heard_at = Instant::now();
        if !self.pace.allows(self.heard_at) {
            return Err(Farewell::new(1008, "More than 50 frames in a second."));
        }
        match message {
            Message::Text(text) => match ClientFrame::decode(&text) {
                Ok(frame) => self.frame(frame).await,
                Err(why) => Err(Farewell::new(4400, why.to_string())),
            },
            Message::Binary(_) => Err(Farewell::new(1003, format!("{SUBPROTOCOL} is text."))),
            Message::Ping(_) | Message::Pong(_) => Ok(()),
            Message::Close(_) => Err(Farewell::gone()),
        }
    }

    async fn frame(&mut self, frame: ClientFrame) -> Result<(), Farewell> {
        if let Some(permission) = Permission::of_frame(&frame) {
            self.still_holds()?;
            if let Err(refusal) = self.shared.console.permit(&self.caller, permission, "websocket") {
                return self.refuse(&frame, refusal).await;
            }
            self.shared.console.auth.seen(&self.caller.right);
        }
        match frame {
            ClientFrame::Hello(hello) => {
                tracing::debug!(connection = self.number, build = ?hello.build, locale = ?hello.locale, "hello");
                self.language = Language::accepted(&hello.locale).unwrap_or(self.language);
            }
            ClientFrame::Subscribe { sid, topic } => {
                if let Err(refusal) = self.subscribe(sid, topic) {
                    self.say(&ServerFrame::End { sid, error: Some(refusal) }).await?;
                }
            }
            ClientFrame::Tune { sid, query } => return self.tune(sid, query).await,
            ClientFrame::Unsubscribe { sid } => drop(self.subscriptions.remove(&sid)),
            ClientFrame::Ack { sid, seq } => {
                if let Some(Subscription::Hosts(follower)) = self.subscriptions.get_mut(&sid) {
                    follower.acknowledge(seq);
                }
            }
            ClientFrame::Command { id, action } => return self.command(id, action).await,
            ClientFrame::Input { sid, data, eol } => {
                if let Some(Subscription::Smtp(terminal)) = self.subscriptions.get_mut(&sid) {
                    terminal.typed(data, eol);
                }
            }
            ClientFrame::Ping { n } => self.say(&ServerFrame::Pong { n }).await?,
        }
        Ok(())
    }

    /// Says no to a frame that its sender may not send.
    async fn refuse(&mut self, frame: &ClientFrame, refusal: ApiError) -> Result<(), Farewell> {
        let answer = match frame {
            ClientFrame::Command { id, .. } => ServerFrame::Reply { id: *id, result: Err(refusal) },
            ClientFrame::Subscribe { sid, .. } | ClientFrame::Tune { sid, .. } | ClientFrame::Input { sid, .. } => {
                ServerFrame::End { sid: *sid, error: Some(refusal) }
            }
            ClientFrame::Hello(_)
            | ClientFrame::Unsubscribe { .. }
            | ClientFrame::Ack { .. }
            | ClientFrame::Ping { .. } => return Ok(()),
        };
        self.say(&answer).await
    }

    /// Begins to follow something; the same `sid` again begins anew.
    fn subscribe(&mut self, sid: u32, topic: Topic) -> Result<(), ApiError> {
        self.subscriptions.remove(&sid);
        if sid == 0 {
            return Err(ApiError::field(ErrorCode::BadField, "sid", "Subscriptions are numbered from 1."));
        }
        if self.subscriptions.len() >= SUBSCRIPTIONS_MAX {
            return Err(ApiError::new(ErrorCode::Busy, "A connection has 16 subscriptions at most. End one first."));
        }
        let subscription = match topic {
            Topic::Hosts { query } => Subscription::Hosts(Box::new(HostsFollower::new(query)?)),
            Topic::Overview => Subscription::Overview(OverviewFollower::default()),
            Topic::Host { host, locale } => {
                let language = Language::known_tag(&locale).unwrap_or(self.shared.console.settings.language);
                Subscription::Host(Box::new(HostFollower::new(host, language)))
            }
            Topic::Smtp { request } => {
                let stop = self.shared.door.stop.clone();
                let probes = &self.shared.console.probes;
                let (id, input) = probes.open(&request, &self.caller.right.to_string(), self.language, stop)?;
                self.shared.console.auth.note(&self.caller, "telnet", &request.host, &format!("probe {id}"));
                Subscription::Smtp(Terminal::new(probes.follow(id).ok_or_else(|| no_probe(id))?, Some(input)))
            }
            Topic::Probe { id } => {
                let events = self.shared.console.probes.follow(id).ok_or_else(|| no_probe(id))?;
                Subscription::Smtp(Terminal::new(events, None))
            }
            Topic::Other => {
                return Err(ApiError::field(
                    ErrorCode::BadField,
                    "topic",
                    "This server knows the topics hosts, host, smtp and probe.",
                ));
            }
        };
        self.subscriptions.insert(sid, subscription);
        Ok(())
    }

    /// Looks at another part of a list. A subscription that is over already is no error: the frames crossed.
    async fn tune(&mut self, sid: u32, query: HostsQuery) -> Result<(), Farewell> {
        let Some(Subscription::Hosts(follower)) = self.subscriptions.get_mut(&sid) else { return Ok(()) };
        if let Err(refusal) = follower.tune(query) {
            self.subscriptions.remove(&sid);
            self.say(&ServerFrame::End { sid, error: Some(refusal) }).await?;
        }
        Ok(())
    }

    async fn command(&mut self, id: u64, action: ActionRequest) -> Result<(), Farewell> {
        if self.commands.len() >= COMMANDS_MAX {
            let refusal = ApiError::new(ErrorCode::Busy, "16 commands wait for their reply already. Wait for one.");
            return self.say(&ServerFrame::Reply { id, result: Err(refusal) }).await;
        }
        let (console, caller, language) = (self.shared.console.clone(), self.caller.clone(), self.language);
        self.commands
            .spawn(async move { ServerFrame::Reply { id, result: console.act(&caller, action, language).await } });
        Ok(())
    }

    /// Passes a probe's events on; the last ones come with the end.
    async fn pass_on(&mut self, sid: u32, frames: Vec<ServerFrame>) -> Result<(), Farewell> {
        if frames.iter().any(|frame| matches!(frame, ServerFrame::End { .. })) {
            self.subscriptions.remove(&sid);
        }
        for frame in frames {
            self.say(&frame).await?;
        }
        Ok(())
    }

    /// Says why, and waits a moment for the other side to agree.
    async fn close(&mut self, farewell: Farewell) {
        let mut reason = farewell.reason;
        reason.truncate(reason.floor_char_boundary(CLOSE_REASON_BYTES_MAX));
        let close = Message::Close(Some(CloseFrame { code: farewell.code, reason: reason.into() }));
        let goodbye = async {
            if self.socket.send(close).await.is_ok() {
                while let Some(Ok(_)) = self.socket.recv().await {}
            }
        };
        let _ = timeout(CLOSE_WITHIN, goodbye).await; // not even that: the connection is dropped
    }
}

fn no_probe(id: u64) -> ApiError {
    ApiError::new(ErrorCode::NotFound, format!("No record of probe: {id}"))
}

/// The first frame: who is at the other end, and what may be asked for.
pub(super) fn welcome(console: &ConsoleState, conn: u64) -> Welcome {
    Welcome {
        conn,
        epoch: console.epoch(),
        build: console.settings.version.clone(),
        now: console.clock.now(),
        hostname: console.settings.hostname.clone(),
        lab: console.settings.lab,
        limits: Limits {
            subscriptions: SUBSCRIPTIONS_MAX as u32,
            window_rows: WINDOW_ROWS_MAX,
            frame_bytes: FRAME_BYTES_MAX as u32,
        },
    }
}

/// Octets of a close reason (RFC 6455 §5.5: a control frame has 125, two of them are the code).
const CLOSE_REASON_BYTES_MAX: usize = 123;

/// What a client is told when the websocket itself broke.
fn broken(why: &axum::Error) -> Farewell {
    use tokio_tungstenite::tungstenite::Error;
    let cause = std::error::Error::source(why).and_then(|source| source.downcast_ref::<Error>());
    match cause {
        Some(Error::Capacity(_)) => Farewell::new(1009, "A frame has 64 KiB at most."),
        Some(Error::Utf8(_)) => Farewell::new(1007, "The text is no UTF-8."),
        Some(Error::Protocol(_)) => Farewell::new(1002, "The frame breaks the protocol."),
        _ => Farewell::gone(),
    }
}

/// When a console may come back: spread, so that not all come in the same instant.
fn retry_after(connection: u64) -> u64 {
    500 + connection * 137 % 2_000
}

//! The line to the server, and the only file that knows the socket: open, follow, acknowledge, back off, rejoin.
//!
//! Where websockets do not come through, it asks over plain HTTP every few seconds, and goes on trying.
//!
//! Promises: reconnects for ever; applies what came once per animation frame and acknowledges it then; a command
//! that was not answered is repeated with its key on the next connection, so it happens once; a page that is hidden
//! for a minute stops following. Never: writes of server facts (see `store::apply`). The walk goes on there.

mod backoff;
mod polling;
mod socket;

use crate::browser;
use crate::store::{Applied, Link, Notice, Store, apply, begin_again, welcome};
use common::vocab::Domain;
use common::wire::{ActionRequest, ClientFrame, Hello, HostsQuery, LineEnd, ServerFrame, TelnetRequest, Topic};
use gloo_timers::callback::Timeout;
use leptos::prelude::*;
use socket::Socket;
use std::cell::{Cell, RefCell};
use std::rc::{Rc, Weak};
use std::time::Duration;

/// The subscription to the list of hosts.
const HOSTS_SID: u32 = 1;
/// The subscription to the overview, which every page keeps: the rail says how many hosts are down.
const OVERVIEW_SID: u32 = 2;
/// The subscription to the host whose page is open.
const HOST_SID: u32 = 3;
/// The first subscription to an SMTP session. Each has a number of its own: frames of the one before may be on their way.
const SESSION_SID: u32 = 100;
/// The server speaks every 5 s. After so long without a word the line is dead, whatever the socket says.
const DEAD_AFTER: Duration = Duration::from_secs(20);
/// A hidden page stops following after so long.
const HIDDEN_MS: u32 = 60_000;
/// A line that is lost for so long is told to the reader.
const TELL_LOST_MS: u32 = 10_000;
/// That it is back is said for so long.
const TELL_BACK_MS: u32 = 10_000;
/// A try to connect that gets no welcome for so long is given up; browsers would wait for minutes.
const WELCOME_MS: u64 = 10_000;
/// Time between two looks at another part of a list: the server takes 50 frames in a second.
const TUNE_MS: u64 = 100;

/// The line, as pages see it. Cheap to copy.
#[derive(Clone, Copy)]
pub struct Live(StoredValue<Rc<Line>, LocalStorage>);

struct Line {
    me: Weak<Line>,
    store: Store,
    locale: Box<dyn Fn() -> &'static str>,
    socket: RefCell<Option<Socket>>,
    /// Nobody is signed in: there is no line.
    resting: Cell<bool>,
    welcomed: Cell<bool>,
    subscribed: Cell<bool>,
    overview: Cell<bool>,
    /// The host whose page is open, and the language of its sentences.
    host: RefCell<Option<(Domain, &'static str)>>,
    session: Cell<u32>,
    query: RefCell<Option<HostsQuery>>,
    inbox: RefCell<Vec<ServerFrame>>,
    paint_awaited: Cell<bool>,
    opened_at: Cell<u64>,
    attempts: Cell<u32>,
    drained_ms: Cell<Option<u64>>,
    tuned_at: Cell<u64>,
    next_tune: RefCell<Option<Timeout>>,
    polling: polling::Polling,
    unanswered: RefCell<Vec<(u64, ActionRequest)>>,
    last_command: Cell<u64>,
    next_try: RefCell<Option<Timeout>>,
    tell_lost: RefCell<Option<Timeout>>,
    hide: RefCell<Option<Timeout>>,
}

impl Live {
    /// A line that rests until [`Live::begin`]. `locale` is asked at every connection.
    pub fn start(store: Store, locale: impl Fn() -> &'static str + 'static) -> Live {
        let line = Rc::new_cyclic(|me| Line {
            me: me.clone(),
            store,
            locale: Box::new(locale),
            socket: RefCell::default(),
            resting: Cell::new(true),
            welcomed: Cell::default(),
            subscribed: Cell::default(),
            overview: Cell::default(),
            host: RefCell::default(),
            session: Cell::new(SESSION_SID),
            query: RefCell::default(),
            inbox: RefCell::default(),
            paint_awaited: Cell::default(),
            opened_at: Cell::default(),
            attempts: Cell::default(),
            drained_ms: Cell::default(),
            tuned_at: Cell::default(),
            next_tune: RefCell::default(),
            polling: polling::Polling::default(),
            unanswered: RefCell::default(),
            last_command: Cell::default(),
            next_try: RefCell::default(),
            tell_lost: RefCell::default(),
            hide: RefCell::default(),
        });
        let live = Live(StoredValue::new_local(line));
        window_event_listener_untyped("online", move |_| live.try_now());
        window_event_listener_untyped("visibilitychange", move |_| live.with(Line::visibility_changed));
        live
    }

    /// From the context.
    pub fn here() -> Live {
        expect_context()
    }

    fn with(self, act: impl FnOnce(&Line)) {
        self.0.with_value(|line| act(line));
    }

    /// Shows another part of the list of hosts.
    pub fn tune(self, query: HostsQuery) {
        self.with(|line| {
            if line.query.borrow().as_ref() == Some(&query) {
                return;
            }
            line.query.replace(Some(query));
            line.tune();
        });
    }

    /// The page of a host is open, in this language, or none is any more.
    pub fn look_at(self, host: Option<(Domain, &'static str)>) {
        self.with(|line| {
            if line.host.replace(host).is_some() && line.host.borrow().is_none() {
                line.send(&ClientFrame::Unsubscribe { sid: HOST_SID });
            }
            line.follow_host();
        });
    }

    /// Begins an SMTP session; the one before ends.
    pub fn open_session(self, request: TelnetRequest) {
        self.with(|line| {
            line.leave_session();
            line.store.session.begin(browser::now_ms());
            match line.welcomed.get() {
                true => line.send(&ClientFrame::Subscribe { sid: line.session.get(), topic: Topic::Smtp { request } }),
                false => line.store.session.lost(),
            }
        });
    }

    /// Sends a line in the session.
    pub fn type_line(self, data: String) {
        self.with(|line| line.send(&ClientFrame::Input { sid: line.session.get(), data, eol: LineEnd::Crlf }));
    }

    /// Nobody types in the session any more: the server says QUIT for us.
    pub fn close_session(self) {
        self.with(|line| {
            line.leave_session();
            line.store.session.end(None);
        });
    }

    /// Nobody looks at the list any more.
    pub fn leave_list(self) {
        self.with(|line| {
            line.query.take();
            line.next_tune.take();
            if line.subscribed.replace(false) {
                line.send(&ClientFrame::Unsubscribe { sid: HOSTS_SID });
            }
        });
    }

    /// Asks the server to do something. The answer comes as a notice.
    pub fn command(self, action: ActionRequest) {
        self.with(|line| {
            let id = line.last_command.get() + 1;
            line.last_command.set(id);
            line.unanswered.borrow_mut().push((id, action.clone()));
            line.store.notices.say(Notice::RetryAsked);
            match line.polling.is_on() {
                true => line.act_by_polling(id, action),
                false => line.send(&ClientFrame::Command { id, action }),
            }
        });
    }

    /// Opens the line and keeps it open.
    pub fn begin(self) {
        self.with(|line| {
            if line.resting.replace(false) {
                line.open();
            }
        });
    }

    /// Nobody is signed in any more: closes the line, and opens none before [`Live::begin`].
    pub fn rest(self) {
        self.with(|line| {
            line.resting.set(true);
            line.lost();
            line.next_try.take();
            line.tell_lost.take();
            line.unanswered.borrow_mut().clear();
            line.polling.stop();
            line.attempts.set(0);
            line.store.link.set(Link::Connecting);
        });
    }

    /// Does not wait for the next try.
    pub fn try_now(self) {
        self.with(Line::open_if_lost);
    }

    /// Nothing was heard for so long: if that is too long, begins anew.
    pub fn silence(self, silence: Duration) {
        self.with(|line| {
            let trying = line.socket.borrow().is_some() && !line.welcomed.get();
            let given_up = trying && browser::now_ms().saturating_sub(line.opened_at.get()) >= WELCOME_MS;
            if given_up || (silence >= DEAD_AFTER && line.welcomed.get()) {
                line.lost();
            }
        });
    }
}

impl Line {
    fn open(&self) {
        self.next_try.take();
        self.opened_at.set(browser::now_ms());
        if !matches!(self.store.link.get_untracked(), Link::Connecting | Link::Polling) {
            self.store.link.set(Link::Retrying { attempt: self.attempts.get() });
        }
        let (heard, opened, closed) = (self.me.clone(), self.me.clone(), self.me.clone());
        let socket = Socket::open(
            move || with(&opened, Line::opened),
            move |text| with(&heard, |line| line.heard(&text)),
            move || with(&closed, Line::lost),
        );
        match socket {
            Some(socket) => drop(self.socket.replace(Some(socket))),
            None => self.lost(),
        }
    }

    fn open_if_lost(&self) {
        if self.socket.borrow().is_none() && !self.resting.get() {
            self.open();
        }
    }

    /// Asks for what is wanted now: at once, or with whatever is wanted when the pause since the last time is over.
    fn tune(&self) {
        if !self.subscribed.get() {
            return if self.polling.is_on() { self.poll_now() } else { self.subscribe() };
        }
        let since = browser::now_ms().saturating_sub(self.tuned_at.get());
        if since < TUNE_MS {
            let me = self.me.clone();
            let later = Timeout::new((TUNE_MS - since) as u32, move || with(&me, Line::tune));
            self.next_tune.replace(Some(later));
            return;
        }
        self.tuned_at.set(browser::now_ms());
        if let Some(query) = self.query.borrow().clone() {
            self.send(&ClientFrame::Tune { sid: HOSTS_SID, query });
        }
    }

    fn send(&self, frame: &ClientFrame) {
        if let Some(socket) = &*self.socket.borrow() {
            socket.send(&frame.encode());
        }
    }

    fn opened(&self) {
        self.send(&ClientFrame::Hello(Hello {
            build: env!("CARGO_PKG_VERSION").into(),
            locale: (self.locale)().into(),
        }));
    }

    fn subscribe(&self) {
        let Some(query) = self.query.borrow().clone().filter(|_| self.welcomed.get()) else {
            return;
        };
        begin_again(&self.store);
        self.subscribed.set(true);
        self.send(&ClientFrame::Subscribe { sid: HOSTS_SID, topic: Topic::Hosts { query } });
    }

    fn follow_host(&self) {
        if self.polling.is_on() {
            self.poll_host();
        }
        if let Some((host, locale)) = self.host.borrow().clone().filter(|_| self.welcomed.get()) {
            let topic = Topic::Host { host, locale: locale.into() };
            self.send(&ClientFrame::Subscribe { sid: HOST_SID, topic });
        }
    }

    fn leave_session(&self) {
        let sid = self.session.replace(self.session.get() + 1);
        self.send(&ClientFrame::Unsubscribe { sid });
    }

    fn follow_overview(&self) {
        if self.welcomed.get() {
            self.overview.set(true);
            self.send(&ClientFrame::Subscribe { sid: OVERVIEW_SID, topic: Topic::Overview });
        }
    }

    /// A frame came. What is about the line is done at once; what is about the page waits for the next paint.
    fn heard(&self, text: &str) {
        let now = browser::now_ms();
        self.store.heard(now);
        match ServerFrame::decode(text) {
            Ok(ServerFrame::Welcome(body)) => {
                welcome(&self.store, &body, now);
                self.store.tick(now);
                self.joined();
            }
            Ok(ServerFrame::Tick { now: server }) => self.store.set_clock(server, now),
            Ok(ServerFrame::Drain { retry_ms }) => self.drained_ms.set(Some(retry_ms)),
            Ok(frame) => self.await_paint(frame),
            Err(why) => {
                leptos::logging::warn!("{why}");
                self.subscribe(); // what it would have said is lost
            }
        }
    }

    fn joined(&self) {
        self.welcomed.set(true);
        self.polling.stop();
        self.attempts.set(0);
        self.drained_ms.set(None);
        self.tell_lost.take();
        if self.store.notices.alert.with_untracked(|alert| matches!(alert, Some(Notice::ConnectionLost(_)))) {
            self.store.notices.say(Notice::ConnectedAgain);
            let notices = self.store.notices;
            Timeout::new(TELL_BACK_MS, move || notices.unsay(|said| *said == Notice::ConnectedAgain)).forget();
        }
        self.store.link.set(Link::Live);
        self.follow_overview();
        self.follow_host();
        self.subscribe();
        for (id, action) in self.unanswered.borrow().iter() {
            self.send(&ClientFrame::Command { id: *id, action: action.clone() });
        }
    }

    fn await_paint(&self, frame: ServerFrame) {
        self.inbox.borrow_mut().push(frame);
        if !self.paint_awaited.replace(true) {
            let me = self.me.clone();
            request_animation_frame(move || with(&me, Line::paint));
        }
    }

    /// Everything that came since the last paint, once, with one acknowledgement of the last frame.
    fn paint(&self) {
        self.paint_awaited.set(false);
        let mut painted = None;
        for frame in self.inbox.take() {
            if self.is_of_session(&frame) {
                continue;
            }
            match apply(&self.store, &frame) {
                Applied::Painted { sid, seq } => painted = Some((sid, seq)),
                Applied::Gap => self.subscribe(),
                Applied::Ended => self.subscribed.set(false),
                Applied::Answered(id) => self.unanswered.borrow_mut().retain(|(asked, _)| *asked != id),
                Applied::Nothing => {}
            }
        }
        if let Some((sid, seq)) = painted {
            self.send(&ClientFrame::Ack { sid, seq });
        }
    }

    /// Takes a frame of an SMTP session, of this one or of one that was left.
    fn is_of_session(&self, frame: &ServerFrame) -> bool {
        let session = self.store.session;
        match frame {
            ServerFrame::Events { sid, body, .. } if *sid == self.session.get() => {
                session.heard(&body.items, browser::now_ms());
            }
            ServerFrame::End { sid, error } if *sid == self.session.get() => session.end(error.as_ref()),
            ServerFrame::Events { .. } => {}
            ServerFrame::End { sid, .. } => return *sid >= SESSION_SID,
            _ => return false,
        }
        true
    }

    /// The line is gone: waits, longer each time, and tries again.
    fn lost(&self) {
        let socket = self.socket.take();
        Timeout::new(0, move || drop(socket)).forget(); // it may be the one that is calling
        self.subscribed.set(false);
        self.overview.set(false);
        self.store.session.lost();
        let was_welcomed = self.welcomed.replace(false);
        if self.resting.get() {
            return;
        }
        match was_welcomed {
            true => self.polling.forget_failures(),
            false => self.upgrade_failed(),
        }
        if !self.unanswered.borrow().is_empty() && !self.polling.is_on() {
            self.store.notices.say(Notice::RetryUnanswered);
        }
        let pause = backoff::pause(self.attempts.get(), self.drained_ms.take(), browser::random());
        self.attempts.set(self.attempts.get().saturating_add(1));
        let pause_ms = pause.as_millis() as u32;
        let retry_at = browser::now_ms() + u64::from(pause_ms);
        if !self.polling.is_on() {
            self.store.link.set(Link::Lost { retry_at, attempt: self.attempts.get() });
        }
        let me = self.me.clone();
        self.next_try.replace(Some(Timeout::new(pause_ms, move || with(&me, Line::open_if_lost))));
        if self.tell_lost.borrow().is_none() {
            let me = self.me.clone();
            self.tell_lost.replace(Some(Timeout::new(TELL_LOST_MS, move || with(&me, Line::say_lost))));
        }
    }

    fn say_lost(&self) {
        if self.store.server.with_untracked(Option::is_some) && !self.polling.is_on() {
            let as_of = browser::clock(self.store.last_heard().0, (self.locale)());
            self.store.notices.say(Notice::ConnectionLost(as_of));
        }
    }

    fn visibility_changed(&self) {
        if browser::is_visible() {
            self.hide.take();
            self.store.tick(browser::now_ms());
            self.open_if_lost();
            if !self.overview.get() {
                self.follow_overview();
            }
            if !self.subscribed.get() {
                self.subscribe();
            }
        } else {
            let me = self.me.clone();
            self.hide.replace(Some(Timeout::new(HIDDEN_MS, move || with(&me, Line::unsubscribe))));
        }
    }

    fn unsubscribe(&self) {
        if self.subscribed.replace(false) {
            self.send(&ClientFrame::Unsubscribe { sid: HOSTS_SID });
        }
        if self.overview.replace(false) {
            self.send(&ClientFrame::Unsubscribe { sid: OVERVIEW_SID });
        }
    }
}

fn with(line: &Weak<Line>, act: impl FnOnce(&Line)) {
    if let Some(line) = line.upgrade() {
        act(&line);
    }
}

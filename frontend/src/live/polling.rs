//! The line without a websocket: when it begins, one question after the other, when it ends.
//!
//! Promises: it begins after three websockets that brought no welcome although the server answers over HTTP; the next
//! question is asked only after the answer; it ends with the first welcome over a websocket.

use super::{HOST_SID, Line, with};
use crate::ask::ask;
use crate::browser;
use crate::store::{Applied, Link, Notice, apply, welcome};
use common::wire::{ActionRequest, ApiError, HostDetail, HostsQuery, Polled, ServerFrame};
use gloo_timers::callback::Timeout;
use leptos::prelude::*;
use std::cell::{Cell, RefCell};

/// Websockets without a welcome, one after the other, before HTTP is tried.
const FAILURES: u32 = 3;
/// Time between an answer and the next question.
const POLL_MS: u32 = 5_000;

/// What is known of polling.
#[derive(Default)]
pub(super) struct Polling {
    on: Cell<bool>,
    failures: Cell<u32>,
    asking: Cell<bool>,
    /// What the latest answer was for, and its cursor.
    answered: RefCell<Option<(HostsQuery, String)>>,
    next: RefCell<Option<Timeout>>,
}

impl Polling {
    pub(super) fn is_on(&self) -> bool {
        self.on.get()
    }

    pub(super) fn forget_failures(&self) {
        self.failures.set(0);
    }

    /// A websocket came through.
    pub(super) fn stop(&self) {
        self.on.set(false);
        self.failures.set(0);
        self.next.take();
        self.answered.take();
    }
}

/// Where the list is asked for, or what has changed of it since the cursor.
fn address(query: &HostsQuery, cursor: &str) -> String {
    let order = serde_json::to_string(&query.sort).unwrap_or_default();
    let sort = format!("{}{}", if query.ascending { "" } else { "-" }, order.trim_matches('"'));
    let filter = String::from(js_sys::encode_uri_component(&query.filter));
    let (first, len) = (query.window.first, query.window.len);
    format!("/api/v1/poll?cursor={cursor}&q={filter}&sort={sort}&first={first}&len={len}")
}

impl Line {
    /// A websocket ended before its welcome.
    pub(super) fn upgrade_failed(&self) {
        let failures = self.polling.failures.get().saturating_add(1);
        self.polling.failures.set(failures);
        if failures >= FAILURES {
            self.poll_now();
        }
    }

    /// Asks, unless a question is under way or nobody looks.
    pub(super) fn poll_now(&self) {
        let query = self.query.borrow().clone().unwrap_or_default(); // the overview comes with the list
        if !browser::is_visible() || self.welcomed.get() || self.resting.get() || self.polling.asking.replace(true) {
            return;
        }
        let same = |(of, _): &&(HostsQuery, String)| HostsQuery { freeze: query.freeze, ..of.clone() } == query;
        let known = self.polling.answered.borrow().as_ref().filter(same).map(|(_, cursor)| cursor.clone());
        let me = self.me.clone();
        ask("GET", &address(&query, &known.unwrap_or_default()), None::<&()>, move |status, text| {
            let answer = if status == 200 { common::wire::read(&text).ok() } else { None };
            with(&me, |line| line.polled(query, answer));
        });
    }

    fn polled(&self, query: HostsQuery, answer: Option<Polled>) {
        self.polling.asking.set(false);
        if self.welcomed.get() || self.resting.get() {
            return; // a websocket was quicker, or nobody is signed in any more
        }
        let Some(answer) = answer else {
            if self.polling.on.replace(false) {
                self.store.link.set(Link::Retrying { attempt: self.attempts.get() });
            }
            return;
        };
        let now = browser::now_ms();
        self.store.heard(now);
        for raw in &answer.frames {
            match ServerFrame::decode(raw.get()) {
                Ok(ServerFrame::Welcome(body)) => welcome(&self.store, &body, now),
                Ok(ServerFrame::Tick { now: server }) => self.store.set_clock(server, now),
                Ok(frame) => drop(apply(&self.store, &frame)),
                Err(why) => leptos::logging::warn!("{why}"),
            }
        }
        self.polling.answered.replace(Some((query, answer.cursor)));
        self.poll_host();
        if !self.polling.on.replace(true) {
            self.begin_polling();
        }
        let me = self.me.clone();
        self.polling.next.replace(Some(Timeout::new(POLL_MS, move || with(&me, Line::poll_now))));
    }

    /// Asks for the host whose page is open. An answer about another one, or none, changes nothing.
    pub(super) fn poll_host(&self) {
        let Some((host, _)) = self.host.borrow().clone() else { return };
        let path = format!("/api/v1/hosts/{}", js_sys::encode_uri_component(host.as_str()));
        let me = self.me.clone();
        ask::<()>("GET", &path, None, move |status, text| {
            let found = match status {
                200 => common::wire::read::<Box<HostDetail>>(&text).ok().map(Some),
                404 => Some(None),
                _ => None,
            };
            with(&me, |line| {
                let is_open = line.host.borrow().as_ref().is_some_and(|(open, _)| *open == host);
                if let Some(body) = found.filter(|_| is_open && !line.welcomed.get()) {
                    apply(&line.store, &ServerFrame::Host { sid: HOST_SID, seq: 0, body });
                }
            });
        });
    }

    fn begin_polling(&self) {
        self.store.link.set(Link::Polling);
        self.tell_lost.take();
        self.store.notices.unsay(|said| matches!(said, Notice::ConnectionLost(_) | Notice::RetryUnanswered));
        self.store.tick(browser::now_ms());
        for (id, action) in self.unanswered.borrow().clone() {
            self.act_by_polling(id, action);
        }
    }

    /// Has something done over HTTP. Not answered, it is repeated on the next line with its key.
    pub(super) fn act_by_polling(&self, id: u64, action: ActionRequest) {
        let me = self.me.clone();
        ask("POST", "/api/v1/actions", Some(&action), move |status, text| {
            let result = match status {
                0 => return,
                200..300 => common::wire::read(&text).map(Ok),
                _ => common::wire::read::<ApiError>(&text).map(Err),
            };
            let Ok(result) = result else { return };
            with(&me, |line| {
                if let Applied::Answered(id) = apply(&line.store, &ServerFrame::Reply { id, result }) {
                    line.unanswered.borrow_mut().retain(|(asked, _)| *asked != id);
                }
                line.poll_now();
            });
        });
    }
}

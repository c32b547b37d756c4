//! The SMTP session that this page holds: what was said so far, and whether it goes on. `live` alone writes it.
//!
//! Promises: what was said stays when the session or the line to the server is over.

use common::wire::{ApiError, ProbeEvent};
use leptos::prelude::*;

/// Where a session stands.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub enum SessionStage {
    /// None was begun.
    #[default]
    None,
    /// It was asked for, or goes on.
    Open,
    /// It is over.
    Over,
    /// The server refused to begin it, with its sentence.
    Refused(String),
    /// The line to the server broke, and the session with it.
    Lost,
}

/// What is known of a session.
#[derive(Default)]
pub struct Held {
    /// What happened, in order.
    pub events: Vec<ProbeEvent>,
    /// Where it stands.
    pub stage: SessionStage,
    /// When something was last said by either side, by the browser's clock.
    pub said_at: u64,
}

/// The session as a signal. Cheap to copy.
#[derive(Clone, Copy)]
pub struct SmtpSession(pub RwSignal<Held>);

impl SmtpSession {
    pub(super) fn new() -> SmtpSession {
        SmtpSession(RwSignal::new(Held::default()))
    }

    /// Another page begins: what was said to another peer is none of its business.
    pub fn forget(&self) {
        self.0.set(Held::default());
    }

    /// A new one is asked for.
    pub fn begin(&self, local_ms: u64) {
        self.0.set(Held { events: Vec::new(), stage: SessionStage::Open, said_at: local_ms });
    }

    /// Something happened.
    pub fn heard(&self, more: &[ProbeEvent], local_ms: u64) {
        self.0.update(|held| {
            if more.iter().any(|event| !matches!(event, ProbeEvent::Waiting { .. } | ProbeEvent::NotSent { .. })) {
                held.said_at = local_ms;
            }
            held.events.extend_from_slice(more);
        });
    }

    /// It is over: by itself, or with the server's refusal.
    pub fn end(&self, refusal: Option<&ApiError>) {
        self.become_over(match refusal {
            None => SessionStage::Over,
            Some(refusal) => SessionStage::Refused(refusal.error.sentence.clone()),
        });
    }

    /// The line broke.
    pub fn lost(&self) {
        self.become_over(SessionStage::Lost);
    }

    /// The first reason stays.
    fn become_over(&self, stage: SessionStage) {
        if self.0.with_untracked(|held| held.stage == SessionStage::Open) {
            self.0.update(|held| held.stage = stage);
        }
    }
}

impl Held {
    /// The number under which it is kept.
    pub fn id(&self) -> Option<u64> {
        match self.events.first() {
            Some(ProbeEvent::Opened { id, .. }) => Some(*id),
            _ => None,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use common::wire::ErrorCode;

    fn session() -> (Owner, SmtpSession) {
        let owner = Owner::new();
        owner.set();
        (owner, SmtpSession::new())
    }

    #[test]
    fn the_first_end_of_a_session_is_the_one_that_is_told() {
        let (_owner, session) = session();
        let stage = || session.0.with_untracked(|held| held.stage.clone());
        session.lost();
        assert_eq!(stage(), SessionStage::None, "there was none to lose");
        session.begin(1_000);
        session.end(Some(&ApiError::new(ErrorCode::Busy, "Later.")));
        session.lost();
        assert_eq!(stage(), SessionStage::Refused("Later.".into()));
    }

    #[test]
    fn silence_counts_from_what_a_side_said_and_not_from_our_own_remarks() {
        let (_owner, session) = session();
        session.begin(1_000);
        session.heard(&[ProbeEvent::Line { ms: 1, text: "220 x".into() }], 2_000);
        session.heard(&[ProbeEvent::Waiting { ms: 9, seconds: 10 }], 3_000);
        assert_eq!(session.0.with_untracked(|held| (held.said_at, held.events.len())), (2_000, 2));
    }
}

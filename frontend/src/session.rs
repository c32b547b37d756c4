//! Who is signed in: asked when the page begins and whenever the line breaks, changed by signing in and out.
//!
//! Promises: nothing of the queue is asked for before somebody is signed in; signing out loads the page anew, so that
//! nothing stays in memory. Never: a password that outlives its request; what a role may do is the server's word, the
//! page only leaves out what it would refuse.

use crate::ask::ask;
use crate::browser;
use common::wire::{ApiError, ErrorCode, Role, Session, SetUp, SignIn};
use common::words::Note;
use gloo_timers::callback::Timeout;
use leptos::prelude::*;

/// A server that did not answer is asked again after so long.
const AGAIN_MS: u32 = 2_000;

const SESSION: &str = "/api/v1/session";

/// What the reader sees.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Stage {
    /// The server has not answered yet.
    Unknown,
    /// There is no user yet.
    SetUp,
    /// Somebody has to sign in.
    SignIn,
    /// The console.
    In,
}

/// The session, as pages see it.
#[derive(Clone, Copy)]
pub struct Entry {
    session: RwSignal<Option<Session>>,
    /// What the form says, and which field it is about.
    pub refusal: RwSignal<Option<Refusal>>,
    /// A form is on its way.
    pub busy: RwSignal<bool>,
}

/// Why the form was refused.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Refusal {
    /// In words of the catalogue.
    pub note: Note,
    /// The field at fault.
    pub field: Option<String>,
}

impl Entry {
    /// Nothing is known yet; asks.
    pub fn start() -> Entry {
        let entry = Entry { session: RwSignal::new(None), refusal: RwSignal::new(None), busy: RwSignal::new(false) };
        entry.look();
        entry
    }

    /// From the context.
    pub fn here() -> Entry {
        expect_context()
    }

    /// What to show; tracked.
    pub fn stage(self) -> Stage {
        self.session.with(|session| match session {
            None => Stage::Unknown,
            Some(Session { role: Some(_), .. }) => Stage::In,
            Some(Session { set_up: true, .. }) => Stage::SetUp,
            Some(_) => Stage::SignIn,
        })
    }

    /// Who is signed in; tracked.
    pub fn name(self) -> Option<String> {
        self.session.with(|session| session.as_ref().and_then(|session| session.name.clone()))
    }

    /// Whether the reader has this role; tracked.
    pub fn has(self, least: Role) -> bool {
        self.session.with(|session| session.as_ref().and_then(|session| session.role).is_some_and(|role| role >= least))
    }

    /// Whether the reader looks after people who sign in here; tracked.
    pub fn manages(self) -> bool {
        self.has(Role::Admin) && self.session.with(|session| session.as_ref().is_some_and(|session| session.sign_in))
    }

    /// Asks who is signed in.
    pub fn look(self) {
        ask("GET", SESSION, None::<&()>, move |status, text| match common::wire::read::<Session>(&text) {
            Ok(session) if status == 200 => self.know(session),
            _ if self.session.with_untracked(Option::is_none) => {
                Timeout::new(AGAIN_MS, move || self.look()).forget();
            }
            _ => {}
        });
    }

    /// The line broke: where people sign in, it may be that the session has ended.
    pub fn look_again(self) {
        if self.session.with_untracked(|session| session.as_ref().is_some_and(|session| session.sign_in)) {
            self.look();
        }
    }

    /// Signs in.
    pub fn sign_in(self, form: &SignIn) {
        self.hand_in(SESSION, form);
    }

    /// Makes the first admin.
    pub fn set_up(self, form: &SetUp) {
        self.hand_in("/api/v1/setup", form);
    }

    /// Signs out, and begins anew.
    pub fn sign_out(self) {
        ask("DELETE", SESSION, None::<&()>, |_, _| browser::reload());
    }

    fn hand_in<T: serde::Serialize>(self, path: &str, form: &T) {
        if self.busy.get_untracked() {
            return;
        }
        self.busy.set(true);
        self.refusal.set(None);
        ask("POST", path, Some(form), move |status, text| {
            self.busy.set(false);
            match common::wire::read::<Session>(&text) {
                Ok(session) if status == 200 => self.know(session),
                _ => {
                    let refusal = refusal(&text);
                    if refusal.note == Note::SetUpAlready {
                        self.look();
                    }
                    self.refusal.set(Some(refusal));
                }
            }
        });
    }

    fn know(self, session: Session) {
        if self.session.with_untracked(|known| known.as_ref() != Some(&session)) {
            self.session.set(Some(session));
        }
    }
}

/// What the form says of an answer that is no session.
fn refusal(answer: &str) -> Refusal {
    let Ok(ApiError { error }) = common::wire::read::<ApiError>(answer) else {
        return Refusal { note: Note::ServerUnreached, field: None };
    };
    let note = match (error.code, error.field.as_deref()) {
        (ErrorCode::SignIn, _) => Note::SignInWrong,
        (ErrorCode::Busy, _) => Note::SignInTooOften,
        (ErrorCode::Conflict, _) => Note::SetUpAlready,
        (ErrorCode::NotAllowed, Some("token")) => Note::SetUpTokenWrong,
        (ErrorCode::BadField, Some("password")) => Note::PasswordRule,
        (ErrorCode::BadField, Some("name")) => Note::NameRule,
        _ => Note::SignInFailed,
    };
    Refusal { note, field: error.field }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn note(code: ErrorCode, field: Option<&str>) -> Note {
        let answer = match field {
            Some(field) => ApiError::field(code, field, "in the server's words"),
            None => ApiError::new(code, "in the server's words"),
        };
        refusal(&serde_json::to_string(&answer).unwrap()).note
    }

    #[test]
    fn a_refusal_is_said_in_the_readers_language() {
        assert_eq!(note(ErrorCode::SignIn, None), Note::SignInWrong);
        assert_eq!(note(ErrorCode::Busy, None), Note::SignInTooOften);
        assert_eq!(note(ErrorCode::NotAllowed, Some("token")), Note::SetUpTokenWrong);
        assert_eq!(note(ErrorCode::NotAllowed, None), Note::SignInFailed);
        assert_eq!(note(ErrorCode::BadField, Some("password")), Note::PasswordRule);
        assert_eq!(refusal("<html>").note, Note::ServerUnreached);
        assert_eq!(refusal("").note, Note::ServerUnreached);
    }
}

//! Who may use the console: users with passwords, sessions, bearer tokens, and the record of what was done.
//!
//! Promises: a secret is kept as its digest only; a change is on disk before it counts; what is revoked or has expired
//! counts no more from that moment on, and open connections are told (`changed`); a sign-in that fails says and costs
//! the same whatever was wrong. Never: a decision about mail. The walk goes on in `http/gate`, which asks at every
//! request, and in `live`, which asks at every frame.

mod attempts;
mod audit;
mod book;
mod caller;
mod file;
mod password;
mod people;
mod permission;
mod secret;
mod signing;

pub use book::{SESSION_IDLE, SESSION_LIFETIME};
pub use caller::{Caller, Right};
pub use file::{AUDIT_KEPT, AUDIT_ROWS_MAX};
pub use permission::Permission;
pub use signing::SETUP_LIFETIME;

use crate::clock::Clock;
use attempts::Attempts;
use audit::Refusals;
use book::Book;
use common::wire::{ApiError, ErrorCode, Session};
use file::{Change, File};
use password::Passwords;
use signing::SetUpToken;
use std::fmt;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use tokio::sync::watch;

/// The database, in the data directory.
const FILE: &str = "users.db";

/// Why users cannot be read or written: a sentence for a person.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct AuthError(pub String);

impl fmt::Display for AuthError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}
impl std::error::Error for AuthError {}

impl From<rusqlite::Error> for AuthError {
    fn from(why: rusqlite::Error) -> AuthError {
        AuthError(format!("users.db: {why}"))
    }
}

impl From<AuthError> for ApiError {
    fn from(why: AuthError) -> ApiError {
        tracing::error!(%why, "users and sessions");
        ApiError::new(ErrorCode::Unavailable, "Users and sessions cannot be written now. Try again; the log says why.")
    }
}

/// Everything about who may what. One for all doors of the console.
pub struct Auth {
    /// Whether people sign in; else whoever reaches the listener may do everything.
    sign_in: bool,
    clock: Clock,
    file: Arc<Mutex<File>>,
    book: Mutex<Book>,
    /// Held by whoever changes something: looked at, written, then put into the book, one at a time.
    changing: tokio::sync::Mutex<()>,
    passwords: Passwords,
    attempts: Mutex<Attempts>,
    set_up: Mutex<Option<SetUpToken>>,
    set_up_file: PathBuf,
    refusals: Mutex<Refusals>,
    changed: watch::Sender<u64>,
}

impl Auth {
    /// Opens `users.db` in the data directory, or makes it. Where people sign in and nobody can yet, a one-time token is
    /// made, written to a file of the owner's, and told in the log.
    ///
    /// # Errors
    /// The file cannot be opened, or is damaged; there is no randomness.
    pub fn open(data_dir: &Path, sign_in: bool, clock: Clock) -> Result<Auth, AuthError> {
        let file = File::open(&data_dir.join(FILE))?;
        let book = file.book()?;
        let auth = Auth {
            sign_in,
            clock,
            file: Arc::new(Mutex::new(file)),
            book: Mutex::new(book),
            changing: tokio::sync::Mutex::default(),
            passwords: Passwords::new()?,
            attempts: Mutex::default(),
            set_up: Mutex::default(),
            set_up_file: data_dir.join(signing::SETUP_FILE),
            refusals: Mutex::default(),
            changed: watch::Sender::new(0),
        };
        auth.begin_set_up()?;
        Ok(auth)
    }

    /// By which right a request comes over TCP: with the text of its cookie, or behind `Bearer`.
    /// `SignIn` for a token that is not known or has expired; a cookie like that is none.
    pub fn identify(&self, cookie: Option<&str>, bearer: Option<&str>) -> Result<Right, ApiError> {
        let now = self.clock.now();
        if let Some(text) = bearer {
            let found = secret::digest(text).and_then(|digest| self.book().token(&digest, now));
            return match found {
                Some(right) => Ok(right),
                None if self.sign_in => {
                    Err(ApiError::new(ErrorCode::SignIn, "This token is not known, or has expired. Ask for a new one."))
                }
                None => Ok(Right::Anybody),
            };
        }
        if !self.sign_in {
            return Ok(Right::Anybody);
        }
        let right = cookie.and_then(secret::digest).and_then(|digest| self.book().session(&digest, now));
        Ok(right.unwrap_or(Right::Nobody))
    }

    /// Whether a right holds at this moment.
    pub fn holds(&self, right: &Right) -> bool {
        self.book().holds(right, self.clock.now())
    }

    /// The person behind a session, or a program by its token, did something. Now and then that is written down.
    pub fn seen(&self, right: &Right) {
        let now = self.clock.now();
        let change = match right {
            Right::User { session, .. } => self.book().seen(session, now).then_some(Change::Seen(*session, now)),
            Right::Token { id, .. } => self.book().token_seen(*id, now).then_some(Change::TokenSeen(*id, now)),
            Right::Socket | Right::Anybody | Right::Nobody => None,
        };
        if let Some(change) = change {
            let file = self.file.clone();
            tokio::task::spawn_blocking(move || {
                if let Err(why) = lock(&file).change(&[change]) {
                    tracing::warn!(%why, "that a session or token is in use could not be written down");
                }
            });
        }
    }

    /// Changes whenever a right may have ended.
    pub fn changed(&self) -> watch::Receiver<u64> {
        self.changed.subscribe()
    }

    /// Who is asking, for the page.
    pub fn session(&self, caller: &Caller) -> Session {
        let (name, expires_at) = match &caller.right {
            Right::User { name, session, .. } => {
                let ends = self.book().sessions.get(session).map(|session| session.created_at + SESSION_LIFETIME);
                (Some(name.clone()), ends)
            }
            Right::Token { name, .. } => (Some(name.clone()), None),
            Right::Socket | Right::Anybody | Right::Nobody => (None, None),
        };
        let set_up = self.sign_in && self.book().users.is_empty();
        Session { sign_in: self.sign_in, set_up, name, role: caller.role(), expires_at }
    }

    fn book(&self) -> MutexGuard<'_, Book> {
        lock(&self.book)
    }

    /// Work with the file, beside the runtime's threads.
    async fn on_disk<T: Send + 'static>(
        &self,
        work: impl FnOnce(&mut File) -> Result<T, AuthError> + Send + 'static,
    ) -> Result<T, ApiError> {
        let file = self.file.clone();
        let done = tokio::task::spawn_blocking(move || work(&mut lock(&file))).await;
        Ok(done.map_err(|why| AuthError(why.to_string()))??)
    }

    /// Writes changes, then lets them count.
    async fn write(&self, changes: Vec<Change>) -> Result<(), ApiError> {
        let written = changes.clone();
        self.on_disk(move |file| file.change(&written)).await?;
        let mut book = self.book();
        for change in changes {
            match change {
                Change::Put(user) => drop(book.users.insert(user.name.clone(), user)),
                Change::Remove(name) => {
                    book.users.remove(&name);
                    book.sessions.retain(|_, session| session.user != name);
                }
                Change::Open(session) => {
                    if let Some(user) = book.users.get_mut(&session.user) {
                        user.seen_at = Some(session.seen_at);
                    }
                    book.sessions.insert(session.digest, session);
                }
                Change::Close(digests) => book.sessions.retain(|digest, _| !digests.contains(digest)),
                Change::CloseAll(name) => book.sessions.retain(|_, session| session.user != name),
                Change::Seen(..) | Change::TokenSeen(..) => {}
                Change::Revoke(id) => drop(book.tokens.remove(&id)),
            }
        }
        drop(book);
        self.changed.send_modify(|version| *version += 1);
        Ok(())
    }

    /// Lets every session be older, as time does.
    #[cfg(test)]
    pub(super) fn age_sessions(&self, by: std::time::Duration) {
        for session in self.book().sessions.values_mut() {
            session.created_at = common::vocab::Timestamp(session.created_at.0 - by.as_millis() as u64);
            session.seen_at = common::vocab::Timestamp(session.seen_at.0 - by.as_millis() as u64);
        }
        self.changed.send_modify(|version| *version += 1);
    }
}

fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

/// A name as it is kept: 1 to 64 of a–z, 0–9, `.`, `_`, `-`, `@`; capitals become small.
fn name(text: &str) -> Result<String, ApiError> {
    let name = text.trim().to_ascii_lowercase();
    let sound = (1..=64).contains(&name.len())
        && name.bytes().all(|octet| octet.is_ascii_lowercase() || octet.is_ascii_digit() || b"._-@".contains(&octet));
    if sound {
        return Ok(name);
    }
    let sentence = "A name has 1 to 64 of these: a to z, 0 to 9, and . _ - @";
    Err(ApiError::field(ErrorCode::BadField, "name", sentence))
}

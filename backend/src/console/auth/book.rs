//! Users, sessions and tokens as they stand: in memory, asked at every request.
//!
//! Promises: what has expired counts no more from that moment on; everything in here is on disk first (`file`), except
//! when a session was last seen. Never: a secret; only digests.

use crate::console::auth::caller::Right;
use crate::console::auth::secret::Digest;
use common::vocab::Timestamp;
use common::wire::{Role, TokenRow, UserRow};
use std::collections::{BTreeMap, HashMap};
use std::net::IpAddr;
use std::time::Duration;

/// A session ends when its person did nothing for so long: a screen that was left is closed. What a page does by itself
/// (its websocket's acknowledgements) is no deed of a person.
pub const SESSION_IDLE: Duration = Duration::from_secs(2 * 3_600);
/// And after so long in any case: a working day.
pub const SESSION_LIFETIME: Duration = Duration::from_secs(12 * 3_600);
/// Sessions of one user; the one that was seen longest ago goes.
pub(super) const SESSIONS_MAX: usize = 10;
/// That a session was seen is written down no more often: a restart forgets no more than this.
const SEEN_EVERY: Duration = Duration::from_secs(5 * 60);
/// Users.
pub(super) const USERS_MAX: usize = 1_000;
/// Tokens that have not expired.
pub(super) const TOKENS_MAX: usize = 1_000;

/// A person who may sign in.
#[derive(Clone, Debug)]
pub(super) struct User {
    pub(super) name: String,
    pub(super) role: Role,
    /// The password's PHC string.
    pub(super) kept: String,
    pub(super) created_at: Timestamp,
    /// When they last did something, in whatever session.
    pub(super) seen_at: Option<Timestamp>,
}

/// Somebody who did.
#[derive(Clone, Debug)]
pub(super) struct Session {
    pub(super) digest: Digest,
    pub(super) user: String,
    pub(super) address: Option<IpAddr>,
    pub(super) created_at: Timestamp,
    pub(super) seen_at: Timestamp,
    /// `seen_at` on disk.
    pub(super) written_at: Timestamp,
}

impl Session {
    fn ends_at(&self) -> Timestamp {
        (self.created_at + SESSION_LIFETIME).min(self.seen_at + SESSION_IDLE)
    }
}

/// A program's token.
#[derive(Clone, Debug)]
pub(super) struct Token {
    pub(super) digest: Digest,
    pub(super) row: TokenRow,
    /// `row.seen_at` on disk.
    pub(super) written_at: Option<Timestamp>,
}

/// The whole.
#[derive(Debug, Default)]
pub(super) struct Book {
    pub(super) users: BTreeMap<String, User>,
    pub(super) sessions: HashMap<Digest, Session>,
    pub(super) tokens: BTreeMap<u64, Token>,
}

impl Book {
    /// Who has this session now.
    pub(super) fn session(&self, digest: &Digest, now: Timestamp) -> Option<Right> {
        let session = self.sessions.get(digest).filter(|session| now < session.ends_at())?;
        let user = self.users.get(&session.user)?;
        Some(Right::user(&user.name, user.role, session.digest))
    }

    /// The session's person did something. `true` if that is to be written down.
    pub(super) fn seen(&mut self, digest: &Digest, now: Timestamp) -> bool {
        let Some(session) = self.sessions.get_mut(digest).filter(|session| now < session.ends_at()) else {
            return false;
        };
        session.seen_at = session.seen_at.max(now);
        if let Some(user) = self.users.get_mut(&session.user) {
            user.seen_at = user.seen_at.max(Some(now));
        }
        let due = now.since(session.written_at) >= SEEN_EVERY;
        if due {
            session.written_at = now;
        }
        due
    }

    /// A token was used. `true` if that is to be written down.
    pub(super) fn token_seen(&mut self, id: u64, now: Timestamp) -> bool {
        let Some(token) = self.tokens.get_mut(&id) else { return false };
        token.row.seen_at = token.row.seen_at.max(Some(now));
        let due = token.written_at.is_none_or(|written| now.since(written) >= SEEN_EVERY);
        if due {
            token.written_at = Some(now);
        }
        due
    }

    /// Who has this token now.
    pub(super) fn token(&self, digest: &Digest, now: Timestamp) -> Option<Right> {
        let token = self.tokens.values().find(|token| token.digest == *digest && now < token.row.expires_at)?;
        Some(Right::Token { id: token.row.id, name: token.row.name.clone(), role: token.row.role })
    }

    /// Whether the right by which somebody came still holds.
    pub(super) fn holds(&self, right: &Right, now: Timestamp) -> bool {
        match right {
            Right::Socket | Right::Anybody => true,
            Right::User { session, .. } => self.session(session, now).as_ref() == Some(right),
            Right::Token { id, .. } => self.tokens.get(id).is_some_and(|token| now < token.row.expires_at),
            Right::Nobody => false,
        }
    }

    /// The sessions that go when this user opens another: all but the latest nine, and those that have ended.
    pub(super) fn superfluous(&self, user: &str, now: Timestamp) -> Vec<Digest> {
        let mut own: Vec<&Session> = self.sessions.values().filter(|session| session.user == user).collect();
        own.sort_by_key(|session| (now < session.ends_at(), session.seen_at));
        let ended = own.iter().filter(|session| now >= session.ends_at()).count();
        let surplus = (own.len() + 1).saturating_sub(SESSIONS_MAX);
        own.into_iter().take(ended.max(surplus)).map(|session| session.digest).collect()
    }

    /// Whether somebody else is an admin.
    pub(super) fn has_other_admin(&self, name: &str) -> bool {
        self.users.values().any(|user| user.role == Role::Admin && user.name != name)
    }

    pub(super) fn user_rows(&self, now: Timestamp) -> Vec<UserRow> {
        let open = |name: &str| {
            let own = self.sessions.values().filter(|session| session.user == name && now < session.ends_at());
            own.count() as u64
        };
        let row = |user: &User| UserRow {
            name: user.name.clone(),
            role: user.role,
            created_at: user.created_at,
            sessions: open(&user.name),
            seen_at: user.seen_at,
        };
        self.users.values().map(row).collect()
    }

    /// Those that have not expired.
    pub(super) fn token_rows(&self, now: Timestamp) -> Vec<TokenRow> {
        self.tokens.values().filter(|token| now < token.row.expires_at).map(|token| token.row.clone()).collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const START: Timestamp = Timestamp(1_000_000_000);

    fn book() -> Book {
        let mut book = Book::default();
        let user =
            User { name: "ann".into(), role: Role::Viewer, kept: String::new(), created_at: START, seen_at: None };
        book.users.insert("ann".into(), user);
        book
    }

    fn open(book: &mut Book, digest: u8, at: Timestamp) {
        let digest = [digest; 32];
        let session =
            Session { digest, user: "ann".into(), address: None, created_at: at, seen_at: at, written_at: at };
        book.sessions.insert(digest, session);
    }

    #[test]
    fn a_session_ends_when_nobody_is_seen_and_after_a_day_in_any_case() {
        let mut book = book();
        open(&mut book, 1, START);
        assert!(book.session(&[1; 32], START + SESSION_IDLE - Duration::from_millis(1)).is_some());
        assert!(book.session(&[1; 32], START + SESSION_IDLE).is_none());
        let mut now = START;
        while now < START + SESSION_LIFETIME {
            assert!(book.session(&[1; 32], now).is_some());
            book.seen(&[1; 32], now);
            now = now + Duration::from_secs(3_600);
        }
        assert!(book.session(&[1; 32], now).is_none());
        assert!(!book.seen(&[1; 32], now), "what has ended does not begin anew");
    }

    #[test]
    fn that_somebody_was_seen_is_written_down_now_and_then() {
        let mut book = book();
        open(&mut book, 1, START);
        assert!(!book.seen(&[1; 32], START + SEEN_EVERY - Duration::from_millis(1)));
        assert!(book.seen(&[1; 32], START + SEEN_EVERY));
        assert!(!book.seen(&[1; 32], START + SEEN_EVERY));
        assert_eq!(book.user_rows(START)[0].seen_at, Some(START + SEEN_EVERY));
    }

    #[test]
    fn a_tokens_first_use_is_written_down_and_then_one_now_and_then() {
        let mut book = book();
        let expires_at = START + SESSION_LIFETIME;
        let row =
            TokenRow { id: 7, name: "x".into(), role: Role::Viewer, created_at: START, expires_at, seen_at: None };
        book.tokens.insert(7, Token { digest: [7; 32], row, written_at: None });
        assert!(book.token_seen(7, START) && !book.token_seen(7, START) && book.token_seen(7, START + SEEN_EVERY));
        assert!(!book.token_seen(8, START));
        assert_eq!(book.token_rows(START)[0].seen_at, Some(START + SEEN_EVERY));
    }

    #[test]
    fn the_eleventh_session_ends_the_one_that_rested_longest() {
        let mut book = book();
        for n in 0..10 {
            open(&mut book, n, START + Duration::from_secs(u64::from(n)));
        }
        book.seen(&[0; 32], START + Duration::from_secs(60));
        assert_eq!(book.superfluous("ann", START + Duration::from_secs(60)), [[1; 32]]);
        assert_eq!(book.superfluous("ann", START + SESSION_LIFETIME).len(), 10, "those that ended go all");
        assert!(book.superfluous("ben", START).is_empty());
    }

    #[test]
    fn another_role_is_another_right() {
        let mut book = book();
        open(&mut book, 1, START);
        let right = book.session(&[1; 32], START).unwrap();
        assert!(book.holds(&right, START));
        book.users.get_mut("ann").unwrap().role = Role::Admin;
        assert!(!book.holds(&right, START));
    }
}

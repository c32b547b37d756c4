//! Who is asking, and what they may do.

use crate::console::auth::permission::Permission;
use crate::console::auth::secret::Digest;
use common::wire::{ApiError, ErrorCode, Role};
use std::fmt;
use std::net::IpAddr;

/// By which right somebody asks.
#[derive(Clone, PartialEq, Eq)]
pub enum Right {
    /// They opened the control socket, which is its owner's alone.
    Socket,
    /// There is no sign-in here: whoever reaches the listener.
    Anybody,
    /// They signed in.
    User {
        /// Who.
        name: String,
        /// What they may do.
        role: Role,
        /// By which their session is known.
        session: [u8; 32],
    },
    /// They sent a bearer token.
    Token {
        /// Its number.
        id: u64,
        /// For which program.
        name: String,
        /// What it may do.
        role: Role,
    },
    /// They did not sign in.
    Nobody,
}

impl Right {
    pub(super) fn user(name: &str, role: Role, session: Digest) -> Right {
        Right::User { name: name.to_owned(), role, session }
    }
}

/// As the audit record and the log name it; a session is not shown.
impl fmt::Display for Right {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Right::Socket => f.write_str("socket"),
            Right::Anybody => f.write_str("anybody"),
            Right::User { name, .. } => write!(f, "user {name}"),
            Right::Token { id, name, .. } => write!(f, "token {id} {name}"),
            Right::Nobody => f.write_str("nobody"),
        }
    }
}

impl fmt::Debug for Right {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

/// Who asks and from where.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Caller {
    /// By which right.
    pub right: Right,
    /// From where; `None` on the control socket.
    pub address: Option<IpAddr>,
}

impl Caller {
    /// What they may do; `None` before the sign-in.
    pub fn role(&self) -> Option<Role> {
        match &self.right {
            Right::Socket | Right::Anybody => Some(Role::Admin),
            Right::User { role, .. } | Right::Token { role, .. } => Some(*role),
            Right::Nobody => None,
        }
    }

    /// Whether addresses and subjects are masked for them.
    pub fn sees_masked(&self) -> bool {
        !self.role().is_some_and(|role| Permission::Addresses.is_had_by(role))
    }

    /// Refuses what the caller may not do: `SignIn` to nobody, `NotAllowed` to a role that is too small.
    pub fn check(&self, permission: Permission) -> Result<(), ApiError> {
        match self.role() {
            None => Err(ApiError::new(ErrorCode::SignIn, "Sign in first, or send a token: Authorization: Bearer …")),
            Some(role) if permission.is_had_by(role) => Ok(()),
            Some(role) => {
                let (least, has) = (permission.least().word(), role.word());
                let sentence = format!("This needs the role {least}; yours is {has}. Ask an admin of the console.");
                Err(ApiError::new(ErrorCode::NotAllowed, sentence))
            }
        }
    }
}

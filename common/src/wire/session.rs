//! Who may use the console: signing in, users, bearer tokens, and the record of what was done (`/api/v1/session` and on).

use crate::vocab::Timestamp;
use serde::{Deserialize, Serialize};
use std::fmt;

/// What somebody may do. Each may do what the one before may.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(rename_all = "snake_case")]
pub enum Role {
    /// Looks.
    Viewer,
    /// Moves mail and probes the outside.
    Operator,
    /// Says who else may.
    Admin,
}

impl Role {
    /// All of them, the least first.
    pub const ALL: [Role; 3] = [Role::Viewer, Role::Operator, Role::Admin];

    /// As it is written.
    pub fn word(self) -> &'static str {
        match self {
            Role::Viewer => "viewer",
            Role::Operator => "operator",
            Role::Admin => "admin",
        }
    }

    /// From its word.
    pub fn from_word(word: &str) -> Option<Role> {
        Role::ALL.into_iter().find(|role| role.word() == word)
    }
}

/// A password or a one-time token on its way in. It shows itself to nobody.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(transparent)]
pub struct Secret(pub String);

impl fmt::Debug for Secret {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("***")
    }
}

/// `GET /api/v1/session`: who is asking.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct Session {
    /// Whether people sign in here; else whoever reaches the console may do everything.
    pub sign_in: bool,
    /// Whether nobody can sign in before a first admin is made.
    pub set_up: bool,
    /// Who; `null` without sign-in or before it.
    pub name: Option<String>,
    /// What they may do; `null` before the sign-in.
    pub role: Option<Role>,
    /// When the session ends at the latest.
    pub expires_at: Option<Timestamp>,
}

/// `POST /api/v1/session`: signs in.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct SignIn {
    /// Who.
    pub name: String,
    /// Their password.
    pub password: Secret,
}

/// `POST /api/v1/setup`: makes the first admin.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct SetUp {
    /// The one-time token of this start.
    pub token: Secret,
    /// The admin's name.
    pub name: String,
    /// The admin's password.
    pub password: Secret,
}

/// `POST /api/v1/users`: a new user.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct NewUser {
    /// 1 to 64 of a–z, 0–9, `.`, `_`, `-`, `@`.
    pub name: String,
    /// What they may do; `null` for an admin if it is the first user, else a viewer.
    #[serde(default)]
    pub role: Option<Role>,
    /// 12 to 128 characters.
    pub password: Secret,
}

/// `PUT /api/v1/users/{name}`: what changes of a user. Their sessions end.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct UserChange {
    /// Another role.
    #[serde(default)]
    pub role: Option<Role>,
    /// Another password.
    #[serde(default)]
    pub password: Option<Secret>,
}

/// A user.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct UserRow {
    /// Who.
    pub name: String,
    /// What they may do.
    pub role: Role,
    /// Since when they are known.
    pub created_at: Timestamp,
    /// Open sessions.
    pub sessions: u64,
    /// When they last did something here; `null` if they never signed in.
    #[serde(default)]
    pub seen_at: Option<Timestamp>,
}

/// `POST /api/v1/tokens`: a token for a program.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct NewToken {
    /// Which program; as a user's name.
    pub name: String,
    /// What it may do.
    pub role: Role,
    /// For how long; at most two years.
    pub lifetime_s: u64,
}

/// A token, without its secret.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct TokenRow {
    /// Its number.
    pub id: u64,
    /// For which program.
    pub name: String,
    /// What it may do.
    pub role: Role,
    /// When it was made.
    pub created_at: Timestamp,
    /// When it ends.
    pub expires_at: Timestamp,
    /// When it was last used; `null` if it never was.
    #[serde(default)]
    pub seen_at: Option<Timestamp>,
}

/// A new token. Its secret is shown this once.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct MintedToken {
    /// What the program sends behind `Bearer`.
    pub secret: Secret,
    /// The token.
    pub token: TokenRow,
}

/// What was done or refused (`GET /api/v1/audit`), newest first.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct AuditRow {
    /// Its number; they have no gap except where old rows were dropped.
    pub id: u64,
    /// When.
    pub at: Timestamp,
    /// `user NAME`, `token ID NAME`, `socket`, `anybody` (no sign-in), or `nobody`.
    pub who: String,
    /// Where from; `null` on the control socket.
    pub address: Option<String>,
    /// What: `retry`, `sign_in`, `refused`, and so on.
    pub what: String,
    /// To what.
    pub scope: String,
    /// What came of it: counts, before and after, or why it was refused.
    pub outcome: String,
}

//! Users and tokens: made, changed, ended. Whoever asks is an admin: the gate has seen to it.
//!
//! Promises: a user whose role or password changes loses every session, and with it every open page; there is always an
//! admin once there was one; a token's secret is shown once.

use crate::console::auth::book::{TOKENS_MAX, Token, USERS_MAX, User};
use crate::console::auth::caller::Caller;
use crate::console::auth::file::Change;
use crate::console::auth::secret;
use crate::console::auth::{Auth, AuthError, name};
use common::wire::{ApiError, ErrorCode, MintedToken, NewToken, NewUser, Role, TokenRow, UserChange, UserRow};
use std::time::Duration;

/// Longest life of a token. A secret that works for ever is one that nobody remembers.
const TOKEN_LIFETIME_MAX: Duration = Duration::from_secs(2 * 366 * 86_400);

impl Auth {
    /// All users, by name.
    pub fn users(&self) -> Vec<UserRow> {
        self.book().user_rows(self.clock.now())
    }

    /// Makes a user. `Conflict` if the name is taken.
    pub async fn add_user(&self, by: &Caller, new: NewUser) -> Result<UserRow, ApiError> {
        let who = name(&new.name)?;
        let kept = self.passwords.hash(new.password).await?;
        let _changing = self.changing.lock().await;
        if self.book().users.contains_key(&who) {
            let sentence = format!("There is a user {who} already. Take another name, or change that user.");
            return Err(ApiError::field(ErrorCode::Conflict, "name", sentence));
        }
        if self.book().users.len() >= USERS_MAX {
            return Err(ApiError::new(ErrorCode::Conflict, "There are 1,000 users already. Remove some first."));
        }
        let first = self.book().users.is_empty();
        let role = new.role.unwrap_or(if first { Role::Admin } else { Role::Viewer });
        if first && role != Role::Admin {
            let sentence = "The first user is an admin: nobody else could make the next.";
            return Err(ApiError::field(ErrorCode::BadField, "role", sentence));
        }
        let user = User { name: who.clone(), role, kept, created_at: self.clock.now(), seen_at: None };
        self.write(vec![Change::Put(user)]).await?;
        if first {
            self.end_set_up();
        }
        self.record(by, "user_add", &who, role.word()).await;
        self.row(&who)
    }

    /// Changes a user, whose sessions end.
    pub async fn change_user(&self, by: &Caller, who: &str, change: UserChange) -> Result<UserRow, ApiError> {
        let kept = match change.password {
            Some(password) => Some(self.passwords.hash(password).await?),
            None => None,
        };
        let _changing = self.changing.lock().await;
        let Some(before) = self.book().users.get(who).cloned() else { return Err(no_user(who)) };
        let role = change.role.unwrap_or(before.role);
        if role != Role::Admin {
            self.keep_an_admin(who, before.role)?;
        }
        let other_password = kept.is_some();
        let after = User { role, kept: kept.unwrap_or(before.kept), ..before };
        self.write(vec![Change::Put(after), Change::CloseAll(who.to_owned())]).await?;
        let mut outcome = format!("{} to {}", before.role.word(), role.word());
        if other_password {
            outcome.push_str(", another password");
        }
        self.record(by, "user_change", who, &outcome).await;
        self.row(who)
    }

    /// Ends every session of a user, who may sign in again.
    pub async fn end_sessions(&self, by: &Caller, who: &str) -> Result<UserRow, ApiError> {
        let _changing = self.changing.lock().await;
        let before = self.row(who)?.sessions;
        self.write(vec![Change::CloseAll(who.to_owned())]).await?;
        self.record(by, "sessions_end", who, &format!("{before} sessions")).await;
        self.row(who)
    }

    /// Ends a user with all their sessions.
    pub async fn remove_user(&self, by: &Caller, who: &str) -> Result<(), ApiError> {
        let _changing = self.changing.lock().await;
        let Some(before) = self.book().users.get(who).map(|user| user.role) else { return Err(no_user(who)) };
        self.keep_an_admin(who, before)?;
        self.write(vec![Change::Remove(who.to_owned())]).await?;
        self.record(by, "user_remove", who, before.word()).await;
        Ok(())
    }

    /// All tokens that have not expired, by number.
    pub fn tokens(&self) -> Vec<TokenRow> {
        self.book().token_rows(self.clock.now())
    }

    /// Makes a token. Its secret is in the answer and nowhere else.
    pub async fn add_token(&self, by: &Caller, new: NewToken) -> Result<MintedToken, ApiError> {
        let who = name(&new.name)?;
        let lifetime = Duration::from_secs(new.lifetime_s);
        if lifetime.is_zero() || lifetime > TOKEN_LIFETIME_MAX {
            let sentence = "A token lives for a second to two years.";
            return Err(ApiError::field(ErrorCode::BadField, "lifetime_s", sentence));
        }
        let _changing = self.changing.lock().await;
        let now = self.clock.now();
        if self.book().token_rows(now).len() >= TOKENS_MAX {
            return Err(ApiError::new(ErrorCode::Conflict, "There are 1,000 tokens already. Revoke some first."));
        }
        let text = secret::new()?;
        let digest = secret::digest(&text.0).ok_or_else(|| AuthError("a secret without a digest".into()))?;
        let row =
            TokenRow { id: 0, name: who, role: new.role, created_at: now, expires_at: now + lifetime, seen_at: None };
        let mut token = Token { digest, row, written_at: None };
        let kept = token.clone();
        token.row.id = self.on_disk(move |file| file.add_token(&kept, now)).await?;
        let row = token.row.clone();
        {
            let mut book = self.book();
            book.tokens.retain(|_, token| now < token.row.expires_at);
            book.tokens.insert(row.id, token);
        }
        let scope = format!("{} {}", row.id, row.name);
        let outcome = format!("{} until {}", row.role.word(), row.expires_at);
        self.record(by, "token_add", &scope, &outcome).await;
        Ok(MintedToken { secret: text, token: row })
    }

    /// Ends a token.
    pub async fn revoke_token(&self, by: &Caller, id: u64) -> Result<(), ApiError> {
        let _changing = self.changing.lock().await;
        let now = self.clock.now();
        let found = self.book().token_rows(now).into_iter().find(|row| row.id == id);
        let missing = || ApiError::new(ErrorCode::NotFound, format!("There is no token {id}."));
        let row = found.ok_or_else(missing)?;
        self.write(vec![Change::Revoke(id)]).await?;
        self.record(by, "token_revoke", &format!("{id} {}", row.name), row.role.word()).await;
        Ok(())
    }

    fn row(&self, who: &str) -> Result<UserRow, ApiError> {
        self.users().into_iter().find(|row| row.name == who).ok_or_else(|| no_user(who))
    }

    /// Refuses what would leave nobody to let others in.
    fn keep_an_admin(&self, who: &str, role: Role) -> Result<(), ApiError> {
        if role != Role::Admin || self.book().has_other_admin(who) {
            return Ok(());
        }
        Err(ApiError::new(ErrorCode::Conflict, format!("{who} is the last admin. Make another one first.")))
    }
}

fn no_user(who: &str) -> ApiError {
    let shown: String = who.chars().filter(|letter| !letter.is_control()).take(64).collect();
    ApiError::new(ErrorCode::NotFound, format!("There is no user {shown}."))
}

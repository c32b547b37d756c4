//! Signing in and out, and the first admin.
//!
//! Promises: a try counts before its password is looked at; whoever fails is told the same and waits as long, whether
//! the name is known or not; the one-time token works once, for an hour, while there is no user.

use crate::console::auth::book::{Session, User};
use crate::console::auth::caller::{Caller, Right};
use crate::console::auth::file::Change;
use crate::console::auth::secret::{self, Digest};
use crate::console::auth::{Auth, AuthError, lock, name};
use common::wire::{ApiError, ErrorCode, Role, Secret, SetUp, SignIn};
use std::fs::{self, OpenOptions};
use std::io::{self, Write};
use std::net::IpAddr;
use std::os::unix::fs::OpenOptionsExt;
use std::time::Duration;
use tokio::time::Instant;

/// The file of the one-time token, in the data directory.
pub(super) const SETUP_FILE: &str = "setup-token";
/// For how long the one-time token works: whoever reads the log later finds nothing. A restart makes another.
pub const SETUP_LIFETIME: Duration = Duration::from_secs(3_600);

/// The one-time token of this start.
pub(super) struct SetUpToken {
    digest: Digest,
    made_at: Instant,
}

impl Auth {
    /// Makes the one-time token where nobody can sign in yet; removes what an earlier start left.
    pub(super) fn begin_set_up(&self) -> Result<(), AuthError> {
        self.end_set_up();
        if !self.sign_in || !self.book().users.is_empty() {
            return Ok(());
        }
        let token = secret::new()?;
        let file = self.set_up_file.display();
        let written = OpenOptions::new().write(true).create_new(true).mode(0o600).open(&self.set_up_file);
        let written = written.and_then(|mut file| writeln!(file, "{}", token.0));
        written.map_err(|why| AuthError(format!("{file} cannot be written: {why}")))?;
        tracing::warn!(
            "nobody can sign in yet. Open the console's page /setup within an hour and enter this one-time token: {} \
             (it is in {file} too). Or run `nexthop user add NAME` on this machine",
            token.0
        );
        if let Some(digest) = secret::digest(&token.0) {
            *lock(&self.set_up) = Some(SetUpToken { digest, made_at: Instant::now() });
        }
        Ok(())
    }

    /// There is a user: the one-time token is worth nothing any more.
    pub(super) fn end_set_up(&self) {
        lock(&self.set_up).take();
        match fs::remove_file(&self.set_up_file) {
            Err(why) if why.kind() != io::ErrorKind::NotFound => {
                tracing::warn!(%why, file = %self.set_up_file.display(), "the old one-time token could not be removed");
            }
            Ok(()) | Err(_) => {}
        }
    }

    /// Signs in; the secret goes into the cookie. `SignIn` for a wrong name or password, `Busy` after too many tries.
    pub async fn sign_in(&self, address: Option<IpAddr>, asked: SignIn) -> Result<(Secret, Caller), ApiError> {
        self.is_wanted()?;
        // A name that cannot be one is tried like any other.
        let who = name(&asked.name).unwrap_or_default();
        self.begin_try(address, &who)?;
        let known = self.book().users.get(&who).cloned();
        let fits = self.passwords.fits(asked.password, known.as_ref().map(|user| user.kept.clone())).await?;
        let Some(user) = known.filter(|_| fits) else {
            self.refuse_try(address, &who, "wrong name or password");
            return Err(ApiError::new(ErrorCode::SignIn, "Name or password is wrong."));
        };
        lock(&self.attempts).succeeded(address, &who);
        let _changing = self.changing.lock().await;
        // What was looked at may have changed while the hash was made.
        if self.book().users.get(&who).is_none_or(|now| now.kept != user.kept) {
            return Err(ApiError::new(ErrorCode::SignIn, "Name or password is wrong."));
        }
        self.open_session(address, &user, Vec::new()).await
    }

    /// Signs out.
    pub async fn sign_out(&self, caller: &Caller) -> Result<(), ApiError> {
        let Right::User { session, .. } = &caller.right else { return Ok(()) };
        let _changing = self.changing.lock().await;
        self.write(vec![Change::Close(vec![*session])]).await?;
        self.record(caller, "sign_out", "", "").await;
        Ok(())
    }

    /// Makes the first admin and signs them in. `NotAllowed` for a token that is wrong or too old, `Conflict` if there is
    /// a user already.
    pub async fn set_up(&self, address: Option<IpAddr>, asked: SetUp) -> Result<(Secret, Caller), ApiError> {
        self.is_wanted()?;
        let who = name(&asked.name)?;
        let _changing = self.changing.lock().await;
        if !self.book().users.is_empty() {
            let sentence = "The console is set up already: sign in, or ask its admin for a user.";
            return Err(ApiError::new(ErrorCode::Conflict, sentence));
        }
        self.begin_try(address, SETUP_FILE)?;
        let given = secret::digest(asked.token.0.trim());
        let fits = lock(&self.set_up)
            .as_ref()
            .is_some_and(|token| given == Some(token.digest) && token.made_at.elapsed() < SETUP_LIFETIME);
        if !fits {
            self.refuse_try(address, SETUP_FILE, "wrong one-time token");
            let sentence = "This is not the one-time token of the latest start, or it is over an hour old. It stands in \
                            the server's log and in the file setup-token of its data directory; a restart makes another.";
            return Err(ApiError::field(ErrorCode::NotAllowed, "token", sentence));
        }
        lock(&self.attempts).succeeded(address, SETUP_FILE);
        let kept = self.passwords.hash(asked.password).await?;
        let user = User { name: who, role: Role::Admin, kept, created_at: self.clock.now(), seen_at: None };
        let opened = self.open_session(address, &user, vec![Change::Put(user.clone())]).await?;
        self.end_set_up();
        Ok(opened)
    }

    fn is_wanted(&self) -> Result<(), ApiError> {
        if self.sign_in {
            return Ok(());
        }
        let sentence = "This console has no sign-in: its configuration says auth = \"none\".";
        Err(ApiError::new(ErrorCode::BadRequest, sentence))
    }

    fn begin_try(&self, address: Option<IpAddr>, who: &str) -> Result<(), ApiError> {
        if lock(&self.attempts).begin(address, who, Instant::now()) {
            return Ok(());
        }
        self.refuse_try(address, who, "too many tries");
        let sentence = "Too many tries failed of late. Wait a quarter of an hour, then try again.";
        Err(ApiError::new(ErrorCode::Busy, sentence))
    }

    /// A name that is not known is not written down: it may be a password in the wrong field.
    fn refuse_try(&self, address: Option<IpAddr>, who: &str, why: &str) {
        let shown = if who == SETUP_FILE || self.book().users.contains_key(who) { who } else { "an unknown name" };
        let caller = Caller { right: Right::Nobody, address };
        self.refused(&caller, "sign_in", shown, why);
    }

    /// A session for somebody who showed who they are. `before` is written with it.
    async fn open_session(
        &self,
        address: Option<IpAddr>,
        user: &User,
        before: Vec<Change>,
    ) -> Result<(Secret, Caller), ApiError> {
        let text = secret::new()?;
        let now = self.clock.now();
        let digest = secret::digest(&text.0).ok_or_else(|| AuthError("a secret without a digest".into()))?;
        let superfluous = self.book().superfluous(&user.name, now);
        let session =
            Session { digest, user: user.name.clone(), address, created_at: now, seen_at: now, written_at: now };
        let what = if before.is_empty() { "sign_in" } else { "set_up" };
        let mut changes = before;
        changes.extend([Change::Close(superfluous), Change::Open(session)]);
        self.write(changes).await?;
        let caller = Caller { right: Right::user(&user.name, user.role, digest), address };
        self.record(&caller, what, &user.name, user.role.word()).await;
        Ok((text, caller))
    }
}

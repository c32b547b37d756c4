//! Passwords: hashed by argon2id, beside the runtime's threads, two at once.
//!
//! Promises: a sign-in costs the same for a name that is not known; a flood of sign-ins takes bounded memory and is
//! told to come later. Never: shows or logs a password.

use crate::console::auth::{AuthError, secret};
use argon2::password_hash::{PasswordHash, PasswordHasher, PasswordVerifier, SaltString};
use argon2::{Algorithm, Argon2, Params, Version};
use common::wire::{ApiError, ErrorCode, Secret};
use std::sync::Arc;
use tokio::sync::Semaphore;

/// KiB of memory for a hash, and its passes: what OWASP names as the least for argon2id; a tenth of a second here.
const MEMORY_KIB: u32 = 19 * 1_024;
const PASSES: u32 = 2;
/// One lane: more would take processors from delivery.
const LANES: u32 = 1;
/// Hashes at once: each takes its memory and a processor.
const AT_ONCE: usize = 2;
/// Hashes that may wait. They take a second or two; who comes behind is told to come later.
const WAITING_MAX: usize = 32;
/// Characters of a password. Shorter falls to a guesser who has the file; longer is no password but a load.
pub(super) const LENGTH: std::ops::RangeInclusive<usize> = 12..=128;

/// Hashes and compares. Cheap to clone.
#[derive(Clone)]
pub(super) struct Passwords {
    argon: Arc<Argon2<'static>>,
    /// Those at work and those who wait.
    seats: Arc<Semaphore>,
    at_work: Arc<Semaphore>,
}

impl Passwords {
    pub(super) fn new() -> Result<Passwords, AuthError> {
        let params = Params::new(MEMORY_KIB, PASSES, LANES, None).map_err(|why| AuthError(why.to_string()))?;
        Ok(Passwords {
            argon: Arc::new(Argon2::new(Algorithm::Argon2id, Version::V0x13, params)),
            seats: Arc::new(Semaphore::new(AT_ONCE + WAITING_MAX)),
            at_work: Arc::new(Semaphore::new(AT_ONCE)),
        })
    }

    /// The text under which a password is kept (PHC string). `BadField` if it is too short or too long.
    pub(super) async fn hash(&self, password: Secret) -> Result<String, ApiError> {
        if !LENGTH.contains(&password.0.chars().count()) {
            let sentence = "A password has 12 to 128 characters. A sentence that only you know does well.";
            return Err(ApiError::field(ErrorCode::BadField, "password", sentence));
        }
        let salt = salt().map_err(ApiError::from)?;
        self.work(move |argon| argon.hash_password(password.0.as_bytes(), &salt).map(|hash| hash.to_string()))
            .await?
            .map_err(|why| ApiError::from(AuthError(why.to_string())))
    }

    /// Whether the password is the one that was kept. Without one (`None`) it takes as long and is not.
    pub(super) async fn fits(&self, password: Secret, kept: Option<String>) -> Result<bool, ApiError> {
        if password.0.chars().count() > *LENGTH.end() {
            return Ok(false);
        }
        let salt = salt().map_err(ApiError::from)?;
        self.work(move |argon| match kept.as_deref().map(PasswordHash::new) {
            Some(Ok(hash)) => argon.verify_password(password.0.as_bytes(), &hash).is_ok(),
            Some(Err(_)) | None => {
                // The work itself is wanted, nothing of what it gives.
                drop(argon.hash_password(password.0.as_bytes(), &salt));
                false
            }
        })
        .await
    }

    async fn work<T: Send + 'static>(
        &self,
        work: impl FnOnce(&Argon2<'static>) -> T + Send + 'static,
    ) -> Result<T, ApiError> {
        let busy = || ApiError::new(ErrorCode::Busy, "Too many people sign in at once. Try again in a few seconds.");
        let seat = self.seats.clone().try_acquire_owned().map_err(|_| busy())?;
        let turn = self.at_work.clone().acquire_owned().await.map_err(|_| busy())?;
        let argon = self.argon.clone();
        let done = tokio::task::spawn_blocking(move || {
            let result = work(&argon);
            drop((seat, turn));
            result
        });
        done.await.map_err(|_| ApiError::new(ErrorCode::Internal, "The password could not be hashed. See the log."))
    }
}

fn salt() -> Result<SaltString, AuthError> {
    SaltString::encode_b64(&secret::random::<16>()?).map_err(|why| AuthError(why.to_string()))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn secret(text: &str) -> Secret {
        Secret(text.into())
    }

    #[tokio::test]
    async fn only_the_right_password_fits_and_the_kept_text_says_by_which_means() {
        let passwords = Passwords::new().unwrap();
        let kept = passwords.hash(secret("correct horse battery")).await.unwrap();
        assert!(kept.starts_with("$argon2id$v=19$m=19456,t=2,p=1$"), "{kept}");
        assert!(passwords.fits(secret("correct horse battery"), Some(kept.clone())).await.unwrap());
        assert!(!passwords.fits(secret("correct horse batterz"), Some(kept.clone())).await.unwrap());
        assert!(!passwords.fits(secret("correct horse battery"), None).await.unwrap());
        assert!(!passwords.fits(secret("correct horse battery"), Some("junk".into())).await.unwrap());
        assert_ne!(kept, passwords.hash(secret("correct horse battery")).await.unwrap(), "each has a salt of its own");
    }

    #[tokio::test]
    async fn a_short_or_endless_password_is_refused_by_its_field() {
        let passwords = Passwords::new().unwrap();
        for text in ["", "elevenchars", &"x".repeat(129)] {
            let refusal = passwords.hash(secret(text)).await.unwrap_err().error;
            assert_eq!((refusal.code, refusal.field.as_deref()), (ErrorCode::BadField, Some("password")));
        }
        // Twelve characters, not octets.
        assert!(passwords.hash(secret(&"日".repeat(12))).await.is_ok());
    }

    #[tokio::test]
    async fn a_flood_of_sign_ins_is_told_to_come_later() {
        let passwords = Passwords::new().unwrap();
        let held = passwords.seats.clone().acquire_many_owned((AT_ONCE + WAITING_MAX) as u32).await.unwrap();
        let refusal = passwords.fits(secret("whatever"), None).await.unwrap_err();
        assert_eq!(refusal.error.code, ErrorCode::Busy);
        drop(held);
        assert!(!passwords.fits(secret("whatever"), None).await.unwrap());
    }
}

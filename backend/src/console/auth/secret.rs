//! Secrets that nobody could guess: 256 random bits as text, and the digest under which we keep them.
//!
//! Promises: the text is never kept; a plain SHA-256 is enough where the secret itself is random.

use crate::console::auth::AuthError;
use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use common::wire::Secret;
use sha2::{Digest as _, Sha256};

/// Octets of a secret.
const SECRET_BYTES: usize = 32;
/// Octets of a secret's text, far above any of ours: longer is not digested.
const TEXT_BYTES_MAX: usize = 256;

/// By what a secret is known. Two are compared as a whole; what a comparison's time tells of a digest helps nobody.
pub(super) type Digest = [u8; 32];

/// A new secret. Errors: the system has no randomness.
pub(super) fn new() -> Result<Secret, AuthError> {
    Ok(Secret(URL_SAFE_NO_PAD.encode(random::<SECRET_BYTES>()?)))
}

/// Random octets.
pub(super) fn random<const N: usize>() -> Result<[u8; N], AuthError> {
    let mut octets = [0; N];
    getrandom::fill(&mut octets).map_err(|why| AuthError(format!("the system gives no randomness: {why}")))?;
    Ok(octets)
}

/// The digest of a secret's text; `None` for what cannot be one of ours.
pub(super) fn digest(text: &str) -> Option<Digest> {
    (!text.is_empty() && text.len() <= TEXT_BYTES_MAX).then(|| Sha256::digest(text.as_bytes()).into())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn no_two_secrets_are_alike_and_none_shows_itself() {
        let (a, b) = (new().unwrap(), new().unwrap());
        assert_ne!(a, b);
        assert_eq!(a.0.len(), 43);
        assert_eq!(format!("{a:?}"), "***");
        assert_eq!(digest(&a.0), digest(&a.0));
        assert_eq!((digest(""), digest(&"a".repeat(257))), (None, None));
    }
}

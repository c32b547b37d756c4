//! STARTTLS (RFC 3207): from clear text to TLS within a session.
//!
//! Promises: nothing that came in clear text counts afterwards, neither a name nor an envelope nor an octet; a handshake
//! ends within its wait. Never: goes back to clear text.

use crate::intake::smtp::input::Input;
use crate::intake::smtp::reply;
use crate::intake::smtp::session::{Ended, Session, Step, stopped};
use tokio::io::{AsyncRead, AsyncWrite};
use tokio::time::timeout;

impl<S: AsyncRead + AsyncWrite + Unpin> Session<'_, S> {
    /// STARTTLS. What is already behind it in clear text was put there by somebody else, or by a client that does not
    /// wait: either way the session ends.
    pub(super) async fn start_tls(&mut self) -> Step<()> {
        if self.input.peek(&mut self.stream).await {
            return self.end(reply::TALKED_TOO_EARLY);
        }
        let Some(certificate) = self.settings.certificate.clone() else { return self.answer(reply::NOT_OFFERED) };
        if !self.stream.is_clear() {
            return self.answer(reply::TLS_TWICE);
        }
        if self.transaction.is_some() {
            return self.answer(reply::TLS_IN_TRANSACTION);
        }
        let config = certificate.fresh().await;
        reply::START_TLS.write_to(&mut self.out);
        self.flush().await?;
        (self.input, self.trace) = (Input::default(), None);
        let wait = self.settings.limits.handshake_wait;
        let handshake = timeout(wait, self.stream.secure(config));
        let agreed = tokio::select! {
            agreed = handshake => agreed,
            () = stopped(&mut self.stop) => return Err(Ended::Gone),
        };
        match agreed {
            Ok(Ok(tls)) => {
                self.tls = Some(tls);
                Ok(())
            }
            Ok(Err(why)) => {
                tracing::info!(client = %self.client, %why, "smtp client failed the TLS handshake");
                Err(Ended::Gone)
            }
            Err(_) => {
                tracing::info!(client = %self.client, "smtp client did not finish the TLS handshake in time");
                Err(Ended::Gone)
            }
        }
    }
}

//! How long a session waits for what, and the name it gives.

use crate::connect::tls::TlsClient;
use common::vocab::Domain;
use engine::smtp::Expect;
use std::sync::Arc;
use std::time::Duration;

/// Settings of every session. `Default` is what DESIGN 6 says; each deadline is for a whole reply, not for an octet
/// (RFC 5321 §4.5.3.2).
#[derive(Clone, Debug)]
pub struct SessionSettings {
    /// The name in EHLO: our host name.
    pub hello_name: Domain,
    /// For the TCP connection.
    pub connect: Duration,
    /// For the greeting.
    pub greeting: Duration,
    /// For the answer to EHLO, HELO or STARTTLS.
    pub ehlo: Duration,
    /// For the whole TLS handshake.
    pub handshake: Duration,
    /// For the answer to MAIL.
    pub mail: Duration,
    /// For the answer to each RCPT.
    pub rcpt: Duration,
    /// For the answer to DATA.
    pub data: Duration,
    /// For each block of a body to be taken, and for commands to be taken.
    pub block: Duration,
    /// For the answer to the final dot.
    pub end_of_data: Duration,
    /// For the answer to RSET. Short: the outcomes are known by then, and wait for it.
    pub reset: Duration,
    /// For the answer to QUIT. Short: nobody needs it.
    pub quit: Duration,
    /// Shakes hands for every session.
    pub tls: Arc<TlsClient>,
}

impl Default for SessionSettings {
    fn default() -> SessionSettings {
        let (seconds, minutes) = (Duration::from_secs, |count: u64| Duration::from_secs(count * 60));
        SessionSettings {
            hello_name: "localhost".parse().expect("a domain"),
            connect: seconds(30),
            greeting: minutes(5),
            ehlo: minutes(5),
            handshake: seconds(60),
            mail: minutes(5),
            rcpt: minutes(5),
            data: minutes(2),
            block: minutes(3),
            end_of_data: minutes(10),
            reset: seconds(20),
            quit: seconds(5),
            tls: Arc::default(),
        }
    }
}

impl SessionSettings {
    /// How long the answer to this is waited for.
    pub(super) fn within(&self, expect: Expect) -> Duration {
        match expect {
            Expect::Greeting => self.greeting,
            Expect::Ehlo | Expect::Helo | Expect::StartTls => self.ehlo,
            Expect::Handshake => self.handshake,
            Expect::MailFrom => self.mail,
            Expect::RcptTo(_) => self.rcpt,
            Expect::Data => self.data,
            // Only read while a body is under way because the peer spoke, or hung up.
            Expect::Body => self.block,
            Expect::EndOfData => self.end_of_data,
            Expect::Rset => self.reset,
            Expect::Quit => self.quit,
        }
    }
}
